//! The registry's file: CSV in UTF-8 or Shift_JIS, read as a stream of rows with their lines.
//!
//! It knows columns and cells, and nothing of what they mean; that is `registry_import`.

use std::fmt;
use std::fs::File;
use std::io::{self, BufReader, Chain, Read};
use std::path::Path;

use csv::{ByteRecord, ReaderBuilder, Terminator};
use encoding_rs::{Encoding, SHIFT_JIS, UTF_8};

use crate::domain::secret::Confidential;
use crate::domain::text::fold;

/// A column of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    Kind,
    Code,
    Name,
    Prefecture,
    Key,
}

impl Column {
    const ALL: [Self; 5] = [Self::Kind, Self::Code, Self::Name, Self::Prefecture, Self::Key];

    const fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Kind => ("facility_kind", "施設区分"),
            Self::Code => ("code", "コード"),
            Self::Name => ("name", "名称"),
            Self::Prefecture => ("prefecture", "都道府県"),
            Self::Key => ("key", "照合キー"),
        }
    }
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (english, japanese) = self.names();
        write!(f, "{english} ({japanese})")
    }
}

/// One row as it was typed.
#[derive(Debug)]
pub(super) struct Row {
    /// The line that it begins on; the header is line 1.
    pub line: u64,
    pub kind: String,
    pub code: String,
    pub name: String,
    pub prefecture: String,
    pub key: Confidential,
}

/// The rows of a file.
pub(super) struct Rows {
    reader: csv::Reader<Metered<Chain<BufReader<File>, &'static [u8]>>>,
    encoding: Detected,
    columns: [usize; 5],
    record: ByteRecord,
    /// Nothing can be read after a row that does not end.
    is_over: bool,
}

/// How many bytes a row may take, far more than five cells need: an open quotation mark is not to bring the rest of the file into memory.
const LONGEST_ROW: usize = 1 << 20;
const NO_END: &str =
    "この行が終わりません。引用符（\"）を閉じてください。 / This row does not end; is a quotation mark left open?";

/// Reads as far as one row may reach.
struct Metered<R> {
    inner: R,
    left: usize,
    is_at_end: bool,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            return Err(io::Error::other(NO_END));
        }
        let most = buffer.len().min(self.left);
        let read = self.inner.read(&mut buffer[..most])?;
        self.left -= read;
        self.is_at_end = read == 0;
        Ok(read)
    }
}

/// What a file is written in.
#[derive(Clone, Copy)]
struct Detected {
    encoding: &'static Encoding,
    /// The first line that is not UTF-8.
    because_of: Option<u64>,
}

/// Opens a file and reads its header.
pub(super) fn open(file: &Path) -> Result<Rows, String> {
    let told = |error: io::Error| error.to_string();
    if !std::fs::metadata(file).map_err(told)?.is_file() {
        return Err(
            "this is no regular file; it is read more than once, so save what a program writes first".to_owned()
        );
    }
    let encoding = detect(file).map_err(told)?;
    let open = BufReader::with_capacity(1 << 16, File::open(file).map_err(told)?);
    // Lines end at the line feed alone, and the last one always does, so that lines can be counted: see `Rows::read`. The carriage
    // return before it goes when the cell is trimmed.
    let mut reader = ReaderBuilder::new()
        .flexible(true)
        .has_headers(false)
        .terminator(Terminator::Any(b'\n'))
        .from_reader(Metered { inner: open.chain(b"\n".as_slice()), left: LONGEST_ROW, is_at_end: false });
    let mut header = ByteRecord::new();
    reader.read_byte_record(&mut header).map_err(|error| format!("line 1: {error}"))?;
    let columns = columns(&header, encoding)?;
    Ok(Rows { reader, encoding, columns, record: ByteRecord::new(), is_over: false })
}

/// Where each column stands in the header.
fn columns(header: &ByteRecord, encoding: Detected) -> Result<[usize; 5], String> {
    let names: Vec<String> = header.iter().map(|name| fold(&encoding.encoding.decode(name).0)).collect();
    let mut columns = [0; 5];
    for (column, at) in Column::ALL.iter().zip(&mut columns) {
        let (english, japanese) = column.names();
        let mut found =
            (0..names.len()).filter(|at| names[*at].eq_ignore_ascii_case(english) || names[*at] == japanese);
        *at = found.next().ok_or_else(|| {
            let all = Column::ALL.map(|column| column.to_string()).join(", ");
            let note = encoding.note().map_or_else(String::new, |note| format!("; {note}"));
            format!("line 1: the header has no column {column}; it needs {all}{note}")
        })?;
        if found.next().is_some() {
            return Err(format!("line 1: the header has column {column} twice"));
        }
    }
    Ok(columns)
}

impl Rows {
    /// The next row; an error names its line and column. Rows whose cells are all empty, as spreadsheets leave at the end, are none.
    pub fn next_row(&mut self) -> Result<Option<Row>, String> {
        loop {
            let Some(line) = self.read()? else { return Ok(None) };
            if self.record.iter().any(|cell| !cell.trim_ascii().is_empty()) {
                return self.row(line).map(Some);
            }
        }
    }

    /// What should be said with the mistakes of this file, if anything.
    pub fn note(&self) -> Option<String> {
        self.encoding.note()
    }

    /// Reads a record and tells the line that it begins on. The reader's own count is that of the end of the record before, which
    /// empty lines part from this one; the end of this one, less the line feeds within its cells, does not depend on them.
    fn read(&mut self) -> Result<Option<u64>, String> {
        if self.is_over {
            return Ok(None);
        }
        let begin = self.reader.position().line();
        self.reader.get_mut().left = LONGEST_ROW;
        match self.reader.read_byte_record(&mut self.record) {
            Ok(true) => {}
            Ok(false) => return Ok(None),
            Err(error) => {
                self.is_over = true;
                return Err(format!("line {begin}: {error}"));
            }
        }
        let within = self.record.as_slice().iter().filter(|byte| **byte == b'\n').count() as u64;
        // The last line feed ends every row but one that a quotation mark holds open: the file's end does.
        self.is_over = self.reader.get_ref().is_at_end;
        let line = (self.reader.position().line() + u64::from(self.is_over)).saturating_sub(1 + within);
        if self.is_over { Err(format!("line {line}: {NO_END}")) } else { Ok(Some(line)) }
    }

    fn row(&self, line: u64) -> Result<Row, String> {
        let cell = |column| self.cell(column).map_err(|words| format!("line {line}, column {column}: {words}"));
        Ok(Row {
            line,
            kind: cell(Column::Kind)?,
            code: cell(Column::Code)?,
            name: cell(Column::Name)?,
            prefecture: cell(Column::Prefecture)?,
            key: Confidential::new(cell(Column::Key)?),
        })
    }

    fn cell(&self, column: Column) -> Result<String, String> {
        let bytes = self.record.get(self.columns[column as usize]);
        let bytes = bytes.ok_or("この列がありません。 / The row ends before this column.")?.trim_ascii();
        let encoding = self.encoding.encoding;
        let text = if encoding == UTF_8 {
            // The same as below, several times as fast without optimisation.
            std::str::from_utf8(bytes).ok().map(str::to_owned)
        } else {
            let text = encoding.decode_without_bom_handling_and_without_replacement(bytes);
            text.map(std::borrow::Cow::into_owned)
        };
        text.ok_or_else(|| {
            let name = encoding.name();
            format!("{name}として読めない文字があります。 / A character that is not {name}.")
        })
    }
}

impl Detected {
    /// Without this, one broken character in a file of UTF-8 would show as nonsense in every row.
    fn note(self) -> Option<String> {
        self.because_of.map(|line| format!("the file was read as Shift_JIS, because line {line} is not UTF-8"))
    }
}

/// UTF-8 when the whole file is that or says so by its first bytes, Shift_JIS otherwise; read in pieces.
fn detect(file: &Path) -> std::io::Result<Detected> {
    let mut open = File::open(file)?;
    let mut piece = vec![0; 1 << 16];
    let (mut line, mut kept, mut is_first) = (1, 0, true);
    let lines_in = |bytes: &[u8]| bytes.iter().filter(|byte| **byte == b'\n').count() as u64;
    loop {
        let read = open.read(&mut piece[kept..])?;
        let filled = kept + read;
        if std::mem::take(&mut is_first) && piece[..filled].starts_with(b"\xEF\xBB\xBF") {
            return Ok(Detected { encoding: UTF_8, because_of: None });
        }
        let good = match std::str::from_utf8(&piece[..filled]) {
            Ok(_) => filled,
            // A character that the end of the piece cuts off; at the end of the file it is a broken one.
            Err(error) if error.error_len().is_none() && read > 0 => error.valid_up_to(),
            Err(error) => {
                line += lines_in(&piece[..error.valid_up_to()]);
                return Ok(Detected { encoding: SHIFT_JIS, because_of: Some(line) });
            }
        };
        if read == 0 {
            return Ok(Detected { encoding: UTF_8, because_of: None });
        }
        line += lines_in(&piece[..good]);
        piece.copy_within(good..filled, 0);
        kept = filled - good;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &[u8]) -> (Vec<Result<u64, String>>, Option<String>) {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("registry.csv");
        std::fs::write(&file, text).expect("a file");
        let mut rows = open(&file).expect("a header");
        let lines = std::iter::from_fn(|| rows.next_row().transpose()).map(|row| row.map(|row| row.line)).collect();
        (lines, rows.note())
    }

    /// Lines are those that an editor shows, whatever ends them: empty ones, cells over two lines, no end at all.
    #[test]
    fn rows_know_their_lines() {
        let text = "code,name,key,prefecture,facility_kind\n1,a,k,13,x\n\n2,\"b\nb\",k,13,x\n,,,,\n3,c,k,13,\"x\"";
        for text in [text.to_owned(), text.replace('\n', "\r\n"), format!("\u{FEFF}{text}\n\n")] {
            assert_eq!(lines(text.as_bytes()), (vec![Ok(2), Ok(4), Ok(7)], None), "{text:?}");
        }
    }

    /// A character that two pieces of reading share is one character.
    #[test]
    fn characters_on_the_edge_of_a_piece_are_whole() {
        for shift in 0..3 {
            let name = format!("{}{}", "a".repeat(shift), "窓".repeat(1 << 16));
            let text = format!("facility_kind,code,name,prefecture,key\nx,1,{name},13,k\n");
            assert_eq!(lines(text.as_bytes()), (vec![Ok(2)], None));
        }
    }

    /// Cells come out by the header, whichever way round, in either encoding and without the carriage return.
    #[test]
    fn cells_are_found_by_the_header() {
        let text = "照合キー,施設区分,コード,名称,都道府県\r\n鍵,助産所,AB12,窓口\\表,東京都\r\n";
        for bytes in [text.as_bytes().to_vec(), SHIFT_JIS.encode(text).0.into_owned()] {
            let folder = tempfile::tempdir().expect("a folder");
            let file = folder.path().join("registry.csv");
            std::fs::write(&file, bytes).expect("a file");
            let row = open(&file).expect("a header").next_row().expect("a row").expect("a row");
            assert_eq!(
                (row.kind.as_str(), row.name.as_str(), row.prefecture.as_str()),
                ("助産所", "窓口\\表", "東京都")
            );
            assert!(!format!("{row:?}").contains('鍵'), "the key is never printed");
        }
    }

    /// A short row and a broken character are mistakes of their row; what the encoding was taken from is told.
    #[test]
    fn broken_rows_are_named() {
        let (rows, note) = lines(b"facility_kind,code,name,prefecture,key\nx,1,\xFF\xFF,13,k\nx,1\n");
        let errors: Vec<_> = rows.into_iter().filter_map(Result::err).collect();
        assert!(errors[0].starts_with("line 2, column name (名称): Shift_JIS"), "{errors:?}");
        assert!(errors[1].starts_with("line 3, column name (名称): この列がありません"), "{errors:?}");
        assert_eq!(note.as_deref(), Some("the file was read as Shift_JIS, because line 2 is not UTF-8"));
    }

    /// A quotation mark that is never closed is named where it opens, whether the file ends soon or is too long to be one row.
    #[test]
    fn a_row_without_end_is_named_where_it_begins() {
        for rows in [1, 100_000] {
            let rest = "x,4,c,13,k\n".repeat(rows);
            let text =
                format!("facility_kind,code,name,prefecture,key\nx,1,a,13,k\nx,2,\"b\nb\",13,k\nx,3,\"b,13,k\n{rest}");
            let (rows, _) = lines(text.as_bytes());
            assert_eq!(rows, [Ok(2), Ok(3), Err(format!("line 5: {NO_END}"))]);
        }
    }

    /// What cannot be read as rows of five columns is refused before any row.
    #[test]
    fn a_doubtful_file_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let refused = |file: &Path| open(file).err().expect("a refusal");
        assert!(refused(folder.path()).starts_with("this is no regular file"));
        let file = folder.path().join("registry.csv");
        std::fs::write(&file, "facility_kind,code,name,コード,prefecture,key\n").expect("a file");
        assert_eq!(refused(&file), "line 1: the header has column code (コード) twice");
        std::fs::write(&file, "x".repeat(2 * LONGEST_ROW)).expect("a file");
        assert_eq!(refused(&file), format!("line 1: {NO_END}"));
    }
}
