//! Several papers in one archive.

use std::io::{Cursor, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::PaperError;

/// Packs papers in the order given, not compressed: a PDF is already. The same papers give the same bytes.
///
/// Papers are taken one after another, so memory holds the archive and one paper more: about 50 kB for each.
pub fn accounts_zip(
    papers: impl IntoIterator<Item = Result<(String, Vec<u8>), PaperError>>,
) -> Result<Vec<u8>, PaperError> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    // The entries hold secrets: whoever unpacks them on a shared machine keeps them to himself.
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o600);
    for paper in papers {
        let (name, bytes) = paper?;
        archive.start_file(name, options)?;
        archive.write_all(&bytes).map_err(zip::result::ZipError::from)?;
    }
    Ok(archive.finish()?.into_inner())
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    /// Names and bytes come out as they went in, in order; twice the same is the same.
    #[test]
    fn papers_come_out_as_they_went_in() {
        let papers = || ["W0000001.pdf", "𠮷.pdf"].map(|name| Ok((name.to_owned(), name.repeat(1000).into_bytes())));
        let bytes = accounts_zip(papers()).expect("an archive");
        assert_eq!(bytes, accounts_zip(papers()).expect("an archive"));
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).expect("an archive");
        for (at, name) in ["W0000001.pdf", "𠮷.pdf"].into_iter().enumerate() {
            let mut entry = archive.by_index(at).expect("an entry");
            let mut content = Vec::new();
            entry.read_to_end(&mut content).expect("its bytes");
            assert_eq!(entry.name().expect("a name"), name);
            assert_eq!(content, name.repeat(1000).into_bytes());
        }
        let broken = accounts_zip([Err(PaperError::DoesNotFit)]);
        assert!(matches!(broken, Err(PaperError::DoesNotFit)), "a paper that fails fails the archive");
    }
}
