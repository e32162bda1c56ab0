//! The type of a file by its bytes, as they pass: the head decides at once, the tail once it is all there.
//!
//! The type is asked for at the first byte and the end mark near the last, so that a file that is two things at once, or that broke
//! off, is refused. Nothing is unpacked or drawn: a reviewer's own program does that. What the name says does not count here.

use super::FileType;
use super::compound::Directory;
use super::workbook;
use crate::domain::refusal::Reason;

/// Bytes of the head by which every type is told.
const HEAD: usize = 512;
/// Bytes of the tail that are kept: a workbook's table of contents has to fit in.
pub(super) const TAIL: usize = 512 * 1024;
/// How near its end a PDF says so (ISO 32000-1, annex H.3.4.4: readers look at the last 1,024 bytes).
const PDF_END: usize = 1024;

const PNG_HEAD: &[u8] = b"\x89PNG\r\n\x1A\n\0\0\0\rIHDR";
const PNG_END: &[u8] = b"\0\0\0\0IEND\xAE\x42\x60\x82";
const ZIP_HEAD: &[u8] = b"PK\x03\x04";
pub(super) const COMPOUND_HEAD: &[u8] = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1";

/// Looks at a file as it passes.
#[derive(Debug, Default)]
pub struct Inspector {
    size: u64,
    head: Vec<u8>,
    tail: Vec<u8>,
    directory: Option<Directory>,
}

impl Inspector {
    /// Takes the next bytes. `Err` as soon as the file can be none of the accepted types.
    pub fn take(&mut self, bytes: &[u8]) -> Result<(), Reason> {
        let before = self.head.len();
        self.head.extend_from_slice(&bytes[..bytes.len().min(HEAD - before)]);
        self.size += bytes.len() as u64;
        self.tail.extend_from_slice(&bytes[bytes.len().saturating_sub(TAIL)..]);
        // Let it double before it is cut, so that cutting costs little.
        if self.tail.len() > 2 * TAIL {
            self.tail.drain(..self.tail.len() - TAIL);
        }
        if before < HEAD && self.head.len() == HEAD {
            self.begin(before)?;
        }
        if let Some(directory) = &mut self.directory {
            directory.take(bytes);
        }
        Ok(())
    }

    /// How many bytes have passed.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Reads the head, once it is whole or all there is; so many bytes of it have passed already.
    fn begin(&mut self, passed: usize) -> Result<(), Reason> {
        if told_by(&self.head)? == FileType::Xls {
            let mut directory = Directory::try_new(&self.head)?;
            directory.take(&self.head[..passed]);
            self.directory = Some(directory);
        }
        Ok(())
    }

    /// What it was, now that all of it has passed.
    pub fn finish(mut self) -> Result<FileType, Reason> {
        if self.size == 0 {
            return Err(Reason::FileEmpty);
        }
        if self.head.len() < HEAD {
            self.begin(self.head.len())?;
        }
        let file_type = told_by(&self.head)?;
        let damaged = Reason::FileDamaged { file_type };
        let tail = &self.tail[self.tail.len().saturating_sub(TAIL)..];
        match file_type {
            FileType::Pdf => {
                let end = &tail[tail.len().saturating_sub(PDF_END)..];
                end.windows(5).any(|bytes| bytes == b"%%EOF").then_some(file_type).ok_or(damaged)
            }
            FileType::Png => {
                let is_whole = self.head.starts_with(PNG_HEAD) && tail.ends_with(PNG_END);
                is_whole.then_some(file_type).ok_or(damaged)
            }
            FileType::Xlsx => workbook::judge(tail, self.size).map(|()| file_type),
            FileType::Xls => self.directory.ok_or(damaged)?.judge(self.size).map(|()| file_type),
        }
    }
}

/// The type that a head begins; a ZIP is taken for a workbook and a compound file for an older one until their tables are read.
fn told_by(head: &[u8]) -> Result<FileType, Reason> {
    let signatures = [
        (&b"%PDF-"[..], FileType::Pdf),
        (&PNG_HEAD[..8], FileType::Png),
        (ZIP_HEAD, FileType::Xlsx),
        (COMPOUND_HEAD, FileType::Xls),
    ];
    let known = signatures.iter().find(|(signature, _)| head.starts_with(signature));
    known.map(|(_, file_type)| *file_type).ok_or_else(|| Reason::UnsupportedFileType { photo: is_photo(head) })
}

/// Whether a camera or a scanner may have made it: JPEG, HEIC and AVIF, TIFF, WebP, GIF, BMP.
fn is_photo(head: &[u8]) -> bool {
    const BRANDS: [&[u8]; 10] =
        [b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"avif", b"avis"];
    let signatures: [&[u8]; 5] = [b"\xFF\xD8\xFF", b"II*\0", b"MM\0*", b"GIF8", b"BM"];
    let is_heic = head.get(4..8) == Some(b"ftyp") && head.get(8..12).is_some_and(|brand| BRANDS.contains(&brand));
    let is_webp = head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WEBP");
    is_heic || is_webp || signatures.iter().any(|signature| head.starts_with(signature))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(bytes: &[u8], chunk: usize) -> Result<FileType, Reason> {
        let mut inspector = Inspector::default();
        bytes.chunks(chunk).try_for_each(|bytes| inspector.take(bytes))?;
        inspector.finish()
    }

    fn png(length: usize) -> Vec<u8> {
        [PNG_HEAD, &vec![7; length], PNG_END].concat()
    }

    /// However the bytes come, the judgement is the same.
    #[test]
    fn chunks_do_not_matter() {
        for chunk in [1, 7, 511, 512, 513, 70_000, usize::MAX] {
            for length in [0, 500, 600, 3 * TAIL] {
                assert_eq!(judged(&png(length), chunk), Ok(FileType::Png), "{length} bytes by {chunk}");
            }
            assert_eq!(judged(b"%PDF-1.7\n%%EOF\n", chunk), Ok(FileType::Pdf));
        }
    }

    /// A photo is told from other files, within its first bytes.
    #[test]
    fn photos_are_told_apart() {
        let heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic".to_vec();
        for photo in [heic, b"\xFF\xD8\xFF\xE0\0\x10JFIF".to_vec(), b"RIFF\0\0\0\0WEBPVP8 ".to_vec()] {
            assert_eq!(judged(&photo, 4), Err(Reason::UnsupportedFileType { photo: true }));
            let mut inspector = Inspector::default();
            let early = inspector.take(&[photo, vec![0; HEAD]].concat());
            assert_eq!(early, Err(Reason::UnsupportedFileType { photo: true }));
        }
        assert_eq!(judged(b"#!/bin/sh", 100), Err(Reason::UnsupportedFileType { photo: false }));
    }

    /// What broke off, has something before it, or is nothing at all is refused.
    #[test]
    fn broken_files_are_refused() {
        let whole = png(5000);
        assert_eq!(judged(&whole[..whole.len() - 1], 100), Err(Reason::FileDamaged { file_type: FileType::Png }));
        let late = [b"%PDF-1.7\n%%EOF".to_vec(), vec![b' '; 2000]].concat();
        assert_eq!(judged(&late, 100), Err(Reason::FileDamaged { file_type: FileType::Pdf }));
        assert_eq!(judged(b"\n%PDF-1.7\n%%EOF", 100), Err(Reason::UnsupportedFileType { photo: false }));
        assert_eq!(judged(b"", 1), Err(Reason::FileEmpty));
    }
}
