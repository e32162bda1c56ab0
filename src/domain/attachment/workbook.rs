//! `.xlsx`: a ZIP whose table of contents is a workbook's. Only the table at the end is read (APPNOTE 6.3.10, 4.3.12 and 4.3.16).
//!
//! The sizes in it are the sender's word; they keep honest mistakes out. Whoever unpacks one has to count for himself.

use std::collections::HashSet;

use super::FileType;
use crate::domain::refusal::Reason;

/// Files inside; a workbook of a hundred sheets with pictures has some three hundred.
const MOST_ENTRIES: usize = 2000;
/// Bytes of all files inside, unpacked.
const MOST_UNPACKED: u64 = 300_000_000;
/// Unpacked for each packed byte, over the whole.
const MOST_RATIO: u64 = 100;
/// Below this a high ratio harms nobody: small workbooks are mostly repetition.
const RATIO_COUNTS_FROM: u64 = 10_000_000;

const END: &[u8] = b"PK\x05\x06";
const END_LENGTH: usize = 22;
const ENTRY: &[u8] = b"PK\x01\x02";
const ENTRY_LENGTH: usize = 46;
const IS_ENCRYPTED: u16 = 1;
const MADE_BY_UNIX: u8 = 3;
const LINK: u32 = 0o120_000;

const DAMAGED: Reason = Reason::FileDamaged { file_type: FileType::Xlsx };

/// One file inside.
struct Entry<'a> {
    name: &'a str,
    packed: u64,
    unpacked: u64,
    is_encrypted: bool,
    is_link: bool,
}

/// Judges a ZIP of `size` bytes by its tail.
pub(super) fn judge(tail: &[u8], size: u64) -> Result<(), Reason> {
    let entries = entries(tail, size)?;
    let has = |name: &str| entries.iter().any(|entry| entry.name == name);
    if entries.iter().any(|entry| entry.is_encrypted) {
        return Err(Reason::FileProtected);
    }
    if entries.iter().any(|entry| is_of_macros(entry.name)) {
        return Err(Reason::FileHasMacros);
    }
    if !has("[Content_Types].xml") || !has("xl/workbook.xml") {
        return Err(Reason::UnsupportedFileType { photo: false });
    }
    let (packed, unpacked) = entries.iter().fold((0_u64, 0_u64), |(packed, unpacked), entry| {
        (packed.saturating_add(entry.packed), unpacked.saturating_add(entry.unpacked))
    });
    let is_bomb = unpacked > MOST_UNPACKED || (unpacked > RATIO_COUNTS_FROM && unpacked / packed.max(1) > MOST_RATIO);
    let names: HashSet<_> = entries.iter().map(|entry| entry.name).collect();
    if is_bomb || names.len() < entries.len() || entries.iter().any(is_strange) {
        return Err(Reason::FileUnsafe);
    }
    Ok(())
}

/// Where programs keep macros: the project under its usual name, what belongs to it, sheets of Excel 4.
fn is_of_macros(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.contains("vbaproject") || name.contains("vbadata") || name.starts_with("xl/macrosheets/")
}

fn ends_with(name: &str, end: &str) -> bool {
    name.to_ascii_lowercase().ends_with(end)
}

/// What no program that writes workbooks puts into one.
fn is_strange(entry: &Entry<'_>) -> bool {
    let leads_out = entry.name.starts_with('/')
        || entry.name.contains(['\\', ':', '\0'])
        || entry.name.split('/').any(|part| part == "..");
    leads_out || entry.is_link || [".zip", ".exe", ".dll"].iter().any(|end| ends_with(entry.name, end))
}

fn entries(tail: &[u8], size: u64) -> Result<Vec<Entry<'_>>, Reason> {
    let end = find_end(tail).ok_or(DAMAGED)?;
    let record = &tail[end..];
    let (count, length, offset) = (u16_at(record, 10)?, u32_at(record, 12)?, u32_at(record, 16)?);
    // Nothing before the first file and nothing between the table and its end: else it is two files in one. A ZIP of more than
    // 4 GiB, which writes ones here, is none of ours.
    let begins = usize::try_from(length).ok().and_then(|length| end.checked_sub(length));
    let is_joined = u64::from(offset) + u64::from(length) + (tail.len() - end) as u64 == size;
    if !is_joined {
        return Err(DAMAGED);
    }
    let (Some(begins), true) = (begins, usize::from(count) <= MOST_ENTRIES) else { return Err(Reason::FileUnsafe) };
    let mut rest = &tail[begins..end];
    let mut entries = Vec::with_capacity(count.into());
    let mut first = u32::MAX;
    while !rest.is_empty() {
        let (entry, place, after) = entry(rest)?;
        first = first.min(place);
        entries.push(entry);
        rest = after;
    }
    if entries.len() != usize::from(count) || first != 0 { Err(DAMAGED) } else { Ok(entries) }
}

/// The end record, whose comment reaches to the last byte.
fn find_end(tail: &[u8]) -> Option<usize> {
    let last = tail.len().checked_sub(END_LENGTH)?;
    let earliest = last.saturating_sub(usize::from(u16::MAX));
    (earliest..=last).rev().find(|at| {
        let comment = u16_at(tail, at + 20).map_or(usize::MAX, usize::from);
        tail[*at..].starts_with(END) && at + END_LENGTH + comment == tail.len()
    })
}

fn entry(table: &[u8]) -> Result<(Entry<'_>, u32, &[u8]), Reason> {
    if !table.starts_with(ENTRY) {
        return Err(DAMAGED);
    }
    let lengths = [u16_at(table, 28)?, u16_at(table, 30)?, u16_at(table, 32)?].map(usize::from);
    let (name, after) = table.get(ENTRY_LENGTH..).and_then(|rest| rest.split_at_checked(lengths[0])).ok_or(DAMAGED)?;
    let entry = Entry {
        name: std::str::from_utf8(name).map_err(|_| Reason::FileUnsafe)?,
        packed: u32_at(table, 20)?.into(),
        unpacked: u32_at(table, 24)?.into(),
        is_encrypted: u16_at(table, 8)? & IS_ENCRYPTED != 0,
        is_link: table[5] == MADE_BY_UNIX && (u32_at(table, 38)? >> 16) & 0o170_000 == LINK,
    };
    let after = after.get(lengths[1] + lengths[2]..).ok_or(DAMAGED)?;
    Ok((entry, u32_at(table, 42)?, after))
}

fn u16_at(bytes: &[u8], at: usize) -> Result<u16, Reason> {
    bytes.get(at..at + 2).and_then(|two| two.try_into().ok()).map(u16::from_le_bytes).ok_or(DAMAGED)
}

fn u32_at(bytes: &[u8], at: usize) -> Result<u32, Reason> {
    bytes.get(at..at + 4).and_then(|four| four.try_into().ok()).map(u32::from_le_bytes).ok_or(DAMAGED)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A table that says what it is told to say.
    fn zip(entries: &[(&str, u32, u32, u16)]) -> Vec<u8> {
        let mut table = Vec::new();
        for (name, packed, unpacked, flags) in entries {
            let mut entry = vec![0; ENTRY_LENGTH];
            entry[..4].copy_from_slice(ENTRY);
            entry[8..10].copy_from_slice(&flags.to_le_bytes());
            entry[20..24].copy_from_slice(&packed.to_le_bytes());
            entry[24..28].copy_from_slice(&unpacked.to_le_bytes());
            entry[28..30].copy_from_slice(&u16::try_from(name.len()).expect("short").to_le_bytes());
            table.extend(entry);
            table.extend(name.bytes());
        }
        let mut zip = vec![0; 1000];
        let mut end = [END, &[0; 18]].concat();
        let count = u16::try_from(entries.len()).expect("few").to_le_bytes();
        end[8..10].copy_from_slice(&count);
        end[10..12].copy_from_slice(&count);
        end[12..16].copy_from_slice(&u32::try_from(table.len()).expect("short").to_le_bytes());
        end[16..20].copy_from_slice(&1000_u32.to_le_bytes());
        zip.extend(table);
        zip.extend(end);
        zip
    }

    fn judged(beside: &[(&str, u32, u32, u16)]) -> Result<(), Reason> {
        let book = [("[Content_Types].xml", 100, 200, 0), ("xl/workbook.xml", 100, 200, 0)];
        let zip = zip(&[&book[..], beside].concat());
        judge(&zip, zip.len() as u64)
    }

    /// The bounds of T10, each at its edge.
    #[test]
    fn a_workbook_keeps_its_bounds() {
        assert_eq!(judged(&[]), Ok(()));
        assert_eq!(judged(&[("xl/worksheets/sheet1.xml", 3_000_000, 299_000_000, 0)]), Ok(()));
        assert_eq!(judged(&[("xl/worksheets/sheet1.xml", 4_000_000, 300_000_001, 0)]), Err(Reason::FileUnsafe));
        assert_eq!(judged(&[("xl/worksheets/sheet1.xml", 1000, 200_000_000, 0)]), Err(Reason::FileUnsafe));
        for macros in ["xl/vbaProject.bin", "xl/vbaData.xml", "xl/macrosheets/sheet1.xml"] {
            assert_eq!(judged(&[(macros, 10, 10, 0)]), Err(Reason::FileHasMacros), "{macros}");
        }
        assert_eq!(judged(&[("xl/customProperty1.bin", 10, 10, 0)]), Ok(()));
        for strange in ["[Content_Types].xml", "xl/embeddings/x.exe"] {
            assert_eq!(judged(&[(strange, 10, 10, 0)]), Err(Reason::FileUnsafe), "{strange}");
        }
        assert_eq!(judged(&[("xl/a.xml", 10, 10, 1)]), Err(Reason::FileProtected));
        for strange in ["/etc/passwd", "xl/../../x", "a.zip", "C:\\x"] {
            assert_eq!(judged(&[(strange, 10, 10, 0)]), Err(Reason::FileUnsafe), "{strange}");
        }
        let names: Vec<String> = (0..MOST_ENTRIES - 2).map(|number| format!("a{number}")).collect();
        let many: Vec<_> = names.iter().map(|name| (name.as_str(), 1, 1, 0)).collect();
        assert_eq!(judged(&many), Ok(()));
        assert_eq!(judged(&[&many[..], &[("b", 1, 1, 0)]].concat()), Err(Reason::FileUnsafe));
    }

    /// A ZIP that is no workbook, has something before it, or broke off.
    #[test]
    fn other_zips_are_refused() {
        let other = zip(&[("word/document.xml", 10, 10, 0)]);
        assert_eq!(judge(&other, other.len() as u64), Err(Reason::UnsupportedFileType { photo: false }));
        assert_eq!(judge(&other, other.len() as u64 + 5), Err(DAMAGED));
        assert_eq!(judge(&other[..other.len() - 1], other.len() as u64 - 1), Err(DAMAGED));
    }

    proptest! {
        /// Whatever the bytes are, there is a judgement.
        #[test]
        fn nothing_panics(mut bytes in prop::collection::vec(any::<u8>(), 0..300), at in 0_usize..300) {
            let at = at.min(bytes.len());
            bytes.splice(at..at, END.iter().copied());
            let _ = judge(&bytes, bytes.len() as u64);
        }
    }
}
