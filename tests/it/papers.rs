//! Papers as their readers have them: text copied out, pages rendered, tags read, secrets kept.

mod pages;
mod taken;

use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

/// A PDF in a file, looked at with the programs of poppler.
pub struct Paper {
    folder: TempDir,
}

impl Paper {
    pub fn new(bytes: &[u8]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("paper.pdf"), bytes).unwrap();
        Self { folder }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("paper.pdf")
    }

    fn ask(&self, program: &str, options: &[&str], after: &[&str]) -> String {
        let output = Command::new(program).args(options).arg(self.file()).args(after).output();
        let output = output.unwrap_or_else(|error| panic!("{program} of poppler-utils is needed: {error}"));
        assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
        // Poppler prints the titles of elements in UTF-16 amid everything else.
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// The text, a line a line, in the order in which it is read.
    pub fn text(&self) -> String {
        self.ask("pdftotext", &["-raw", "-enc", "UTF-8"], &["-"])
    }

    /// The text without the ends of its lines and its spaces, which do not tell a wrapped line from two.
    fn letters(&self) -> String {
        letters(&self.text())
    }

    fn info(&self) -> String {
        self.ask("pdfinfo", &["-enc", "UTF-8"], &[])
    }

    /// The tree of tags with their text.
    fn tags(&self) -> String {
        self.ask("pdfinfo", &["-struct-text", "-enc", "UTF-8"], &[])
    }

    fn pages(&self) -> usize {
        let info = self.info();
        info.lines().find_map(|line| line.strip_prefix("Pages:")).unwrap().trim().parse().unwrap()
    }

    /// The first page in grey: width, height, and a byte a pixel.
    fn rendered(&self) -> (usize, usize, Vec<u8>) {
        let image = self.folder.path().join("page");
        self.ask("pdftoppm", &["-gray", "-r", "120", "-singlefile"], &[image.to_str().unwrap()]);
        let bytes = std::fs::read(image.with_extension("pgm")).unwrap();
        let mut parts = bytes.splitn(4, |byte| byte.is_ascii_whitespace());
        let mut number = |at: &str| -> usize {
            let part = std::str::from_utf8(parts.next().unwrap()).unwrap();
            if part == at { 0 } else { part.parse().unwrap() }
        };
        let (_, width, height) = (number("P5"), number(""), number(""));
        let pixels = bytes[bytes.len() - width * height..].to_vec();
        (width, height, pixels)
    }
}

fn letters(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}
