//! `.xls`: a compound file ([MS-CFB]) with a workbook's stream in its directory.
//!
//! The directory may lie anywhere, in pieces. Its entries have 128 bytes at multiples of 128, so they are picked out as the file
//! passes; of the streams that a program keeps its document in, the first tells what the file is.

use super::FileType;
use super::content::COMPOUND_HEAD;
use crate::domain::refusal::Reason;

const ENTRY: usize = 128;
const STORAGE: u8 = 1;
const STREAM: u8 = 2;
const DAMAGED: Reason = Reason::FileDamaged { file_type: FileType::Xls };

/// What a stream says of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Holds {
    Workbook,
    Encrypted,
    Other,
}

/// The directory's entries, as they are met.
#[derive(Debug)]
pub(super) struct Directory {
    /// Where its first sector ends.
    reaches: u64,
    /// The piece of an entry that has come so far.
    piece: Vec<u8>,
    holds: Option<Holds>,
    has_macros: bool,
}

impl Directory {
    /// Reads the header ([MS-CFB] 2.2).
    pub(super) fn try_new(head: &[u8]) -> Result<Self, Reason> {
        let number = |at: usize| head.get(at..at + 2).map_or(0, |two| u16::from_le_bytes([two[0], two[1]]));
        let shift = number(30);
        let is_ours = head.starts_with(COMPOUND_HEAD) && number(28) == 0xFFFE && matches!(shift, 9 | 12);
        if !is_ours {
            return Err(DAMAGED);
        }
        let first = u64::from(number(48)) | u64::from(number(50)) << 16;
        Ok(Self { reaches: (first + 2) << shift, piece: Vec::with_capacity(ENTRY), holds: None, has_macros: false })
    }

    /// Takes the next bytes, the first of the file at first.
    pub(super) fn take(&mut self, mut bytes: &[u8]) {
        if !self.piece.is_empty() {
            let (now, later) = bytes.split_at(bytes.len().min(ENTRY - self.piece.len()));
            self.piece.extend_from_slice(now);
            bytes = later;
            if self.piece.len() < ENTRY {
                return;
            }
            let whole = std::mem::take(&mut self.piece);
            self.look_at(&whole);
        }
        let mut entries = bytes.chunks_exact(ENTRY);
        entries.by_ref().for_each(|entry| self.look_at(entry));
        self.piece.extend_from_slice(entries.remainder());
    }

    fn look_at(&mut self, entry: &[u8]) {
        // Every name that matters begins with one of these; hardly any other 128 bytes do.
        if !matches!(entry[0], b'W' | b'B' | b'P' | b'V' | b'E' | b'_') || entry[1] != 0 {
            return;
        }
        let Some(name) = name(entry) else { return };
        let holds = match (entry[66], name.as_str()) {
            (STREAM, "Workbook" | "Book") => Holds::Workbook,
            (STREAM, "EncryptedPackage") => Holds::Encrypted,
            (STREAM, "WordDocument" | "PowerPoint Document" | "VisioDocument") => Holds::Other,
            (STORAGE, "_VBA_PROJECT_CUR") => return self.has_macros = true,
            _ => return,
        };
        self.holds.get_or_insert(holds);
    }

    /// Judges a compound file of `size` bytes, all of which has passed.
    pub(super) fn judge(self, size: u64) -> Result<(), Reason> {
        match self.holds {
            _ if self.reaches > size => Err(DAMAGED),
            Some(Holds::Encrypted) => Err(Reason::FileProtected),
            Some(Holds::Workbook) if self.has_macros => Err(Reason::FileHasMacros),
            Some(Holds::Workbook) => Ok(()),
            Some(Holds::Other) | None => Err(Reason::UnsupportedFileType { photo: false }),
        }
    }
}

/// The name of a directory entry ([MS-CFB] 2.6.1): UTF-16 with a NUL, and its length in bytes.
fn name(entry: &[u8]) -> Option<String> {
    let length = usize::from(u16::from_le_bytes([entry[64], entry[65]]));
    let units =
        entry[..64].get(..length.checked_sub(2)?)?.chunks_exact(2).map(|two| u16::from_le_bytes([two[0], two[1]]));
    char::decode_utf16(units).collect::<Result<_, _>>().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &str, kind: u8) -> Vec<u8> {
        let mut entry: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let length = u8::try_from(entry.len() + 2).expect("short");
        entry.resize(ENTRY, 0);
        (entry[64], entry[66]) = (length, kind);
        entry
    }

    fn file(entries: &[Vec<u8>]) -> Vec<u8> {
        let mut head = vec![0; 512];
        head[..8].copy_from_slice(COMPOUND_HEAD);
        head[28..32].copy_from_slice(&[0xFE, 0xFF, 9, 0]);
        head[48] = 2;
        let mut file = [head, vec![1; 1024]].concat();
        file.extend(entries.concat());
        file.resize(file.len().max(2048), 0);
        file
    }

    fn judged(file: &[u8], chunk: usize) -> Result<(), Reason> {
        let mut directory = Directory::try_new(file)?;
        file.chunks(chunk).for_each(|bytes| directory.take(bytes));
        directory.judge(file.len() as u64)
    }

    /// The directory is found however the bytes come, and its first document tells.
    #[test]
    fn the_first_document_tells() {
        let (root, book, word) = (entry("Root Entry", 5), entry("Workbook", STREAM), entry("WordDocument", STREAM));
        for chunk in [1, 100, 128, 513, 10_000] {
            assert_eq!(judged(&file(&[root.clone(), book.clone()]), chunk), Ok(()));
            assert_eq!(judged(&file(&[root.clone(), book.clone(), word.clone()]), chunk), Ok(()));
            let other = Err(Reason::UnsupportedFileType { photo: false });
            assert_eq!(judged(&file(&[root.clone(), word.clone(), book.clone()]), chunk), other);
            assert_eq!(judged(&file(std::slice::from_ref(&root)), chunk), other);
        }
        assert_eq!(judged(&file(&[root.clone(), entry("Book", STREAM)]), 64), Ok(()));
        let locked = file(&[root.clone(), entry("EncryptedPackage", STREAM)]);
        assert_eq!(judged(&locked, 64), Err(Reason::FileProtected));
        let macros = file(&[root, book, entry("_VBA_PROJECT_CUR", STORAGE)]);
        assert_eq!(judged(&macros, 64), Err(Reason::FileHasMacros));
        assert_eq!(judged(&macros[..1500], 64), Err(DAMAGED));
    }
}
