//! The sources of the gateway without comments and tests, and the paths that they name.
//!
//! It reads what rustfmt writes: an attribute stands on a line of its own, and an item ends with a brace as far in as it began.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::support::generated;

/// A file of `src/`.
pub struct Source {
    /// From the repository's root.
    pub path: String,
    /// The folder or file directly under `src/`.
    pub layer: String,
    /// Lines as people see them, tests included.
    pub length: usize,
    /// How deep its module is below the crate's root: how many `super` lead there.
    depth: usize,
    /// Without comments and tests; line for line as in the file.
    code: String,
    /// Modules that exist in tests only.
    test_modules: Vec<String>,
}

/// A public async function of the services.
pub struct UseCase<'a> {
    /// Where it begins.
    pub line: usize,
    /// Its name.
    pub name: &'a str,
    /// From its parameters to its answer.
    pub parameters: &'a str,
    /// Its body and all that follows it.
    pub body: &'a str,
}

/// Every file of `src/` that is part of the program.
pub fn all() -> Vec<Source> {
    let mut files = Vec::new();
    collect(&generated::path("src"), &mut files);
    let of_tests: BTreeSet<_> = files.iter().flat_map(|file: &Source| file.test_modules.clone()).collect();
    files.retain(|file| !of_tests.contains(&file.path));
    assert!(files.len() > 50, "the sources were not found");
    files
}

fn collect(folder: &Path, files: &mut Vec<Source>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let relative = path.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap();
            files.push(Source::new(relative.to_str().unwrap(), &fs::read_to_string(&path).unwrap()));
        }
    }
}

impl Source {
    /// Reads one file's text.
    pub fn new(path: &str, text: &str) -> Self {
        let module = path.trim_start_matches("src/").trim_end_matches(".rs").trim_end_matches("/mod");
        let segments: Vec<_> = module.split('/').collect();
        let (code, modules) = without_tests(text);
        let folder = if path.ends_with("/mod.rs") { format!("src/{module}") } else { path.replace(".rs", "") };
        Self {
            path: path.to_owned(),
            layer: segments[0].to_owned(),
            length: text.lines().count(),
            depth: segments.len(),
            code,
            test_modules: modules.into_iter().map(|name| format!("{folder}/{name}.rs")).collect(),
        }
    }

    /// Each path into the crate, as segments below its root, with its line.
    pub fn imports(&self) -> Vec<(usize, Vec<String>)> {
        let to_root = "super::".repeat(self.depth);
        let mut found = Vec::new();
        for root in ["crate::", &to_root] {
            for (at, _) in self.code.match_indices(root).filter(|(at, _)| starts_word(&self.code, *at)) {
                let mut rest = &self.code[at + root.len()..];
                let mut paths = Vec::new();
                read_paths(&mut rest, &[], &mut paths);
                found.extend(paths.into_iter().map(|path| (self.line(at), path)));
            }
        }
        found
    }

    /// The lines that name something of another crate.
    pub fn lines_with_crate(&self, name: &str) -> Vec<usize> {
        let begin = format!("{name}::");
        let places = self.code.match_indices(&begin).filter(|(at, _)| starts_word(&self.code, *at));
        places.map(|(at, _)| self.line(at)).collect()
    }

    /// The lines that hold one of the words, with the word.
    pub fn lines_with(&self, words: &[&'static str]) -> Vec<(usize, &'static str)> {
        let places = words.iter().flat_map(|word| self.code.match_indices(word).map(|(at, _)| (self.line(at), *word)));
        places.collect()
    }

    /// Each public async function: its line, its name, its parameters, and what its body begins with.
    pub fn use_cases(&self) -> Vec<UseCase<'_>> {
        let begin = "\npub async fn ";
        let places = self.code.match_indices(begin).map(|(at, _)| (at, &self.code[at + begin.len()..]));
        let cases = places.filter_map(|(at, rest)| {
            let (signature, body) = rest.split_once(" {\n")?;
            let (name, parameters) = signature.split_once(['(', '<'])?;
            Some(UseCase { line: self.line(at) + 1, name, parameters, body: body.trim_start() })
        });
        cases.collect()
    }

    /// What runs inside a write: the closures that are handed to one, and the functions that take its transaction; each with its line.
    pub fn inside_writes(&self) -> Vec<(usize, &str)> {
        let begins = [".write(|", ".write_once(|"];
        let closures = begins.iter().flat_map(|begin| self.code.match_indices(begin)).map(|(at, begin)| {
            let rest = &self.code[at + begin.len()..];
            (self.line(at), &rest[..end_of_arguments(rest)])
        });
        let begin = "async fn ";
        let functions = self.code.match_indices(begin).filter_map(|(at, _)| {
            let (signature, rest) = self.code[at + begin.len()..].split_once("{\n")?;
            let indent = indent_of(self.code[..at].rsplit('\n').next().unwrap_or_default());
            let body = rest.split(&format!("\n{indent}}}")).next()?;
            signature.contains("tx: &Transaction").then(|| (self.line(at), body))
        });
        closures.chain(functions).collect()
    }

    fn line(&self, at: usize) -> usize {
        self.code[..at].matches('\n').count() + 1
    }
}

/// Where the arguments end that begin here: at the bracket that closes what was opened before.
pub fn end_of_arguments(text: &str) -> usize {
    let mut open = 0_i32;
    let closing = text.char_indices().find(|(_, letter)| {
        open += match letter {
            '(' | '[' | '{' => 1,
            ')' | ']' | '}' => -1,
            _ => 0,
        };
        open < 0
    });
    closing.map_or(text.len(), |(at, _)| at)
}

/// Whether no longer name or path ends here.
fn starts_word(code: &str, at: usize) -> bool {
    !code[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_' || before == ':')
}

/// Reads `a::{b, c::d}` as a::b and a::c::d, as far as it is a path.
fn read_paths(rest: &mut &str, before: &[String], paths: &mut Vec<Vec<String>>) {
    let mut path = before.to_vec();
    loop {
        *rest = rest.trim_start();
        if let Some(group) = rest.strip_prefix('{') {
            *rest = group;
            while !rest.trim_start().starts_with('}') && !rest.is_empty() {
                read_paths(rest, &path, paths);
                *rest = rest.trim_start().trim_start_matches(',');
            }
            *rest = rest.trim_start().trim_start_matches('}');
            return;
        }
        let end = rest.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(rest.len());
        path.push(rest[..end].to_owned());
        // What is no name (a `*`, say) ends the path; skipping it keeps the loop going.
        let skipped = if end == 0 { rest.chars().next().map_or(0, char::len_utf8) } else { end };
        *rest = &rest[skipped..];
        match rest.strip_prefix("::") {
            Some(deeper) if !deeper.starts_with('<') => *rest = deeper,
            _ => break,
        }
    }
    *rest = rest.find([',', '}', ';']).map_or("", |end| &rest[end..]);
    paths.push(path);
}

/// The text with comments and tests blanked, and the names of modules that are files of tests.
fn without_tests(text: &str) -> (String, Vec<String>) {
    let mut code = String::new();
    let mut modules = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.trim() != "#[cfg(test)]" {
            code.push_str(without_comment(line));
            code.push('\n');
            continue;
        }
        let indent = indent_of(line);
        code.push('\n');
        for skipped in lines.by_ref() {
            code.push('\n');
            let item = skipped.trim();
            if let Some(module) = item.strip_suffix(';').and_then(|item| item.split("mod ").nth(1)) {
                modules.push(module.to_owned());
            }
            if indent_of(skipped) == indent && item.ends_with(['}', ';', ',']) {
                break;
            }
        }
    }
    (code, modules)
}

fn indent_of(line: &str) -> &str {
    &line[..line.len() - line.trim_start().len()]
}

fn without_comment(line: &str) -> &str {
    if line.trim_start().starts_with("//") { "" } else { line.split(" // ").next().unwrap_or(line) }
}
