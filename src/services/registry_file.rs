//! The registry's file: CSV in UTF-8 or Shift_JIS, read as a stream of rows with their lines.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use csv::{ByteRecord, ReaderBuilder};
use encoding_rs::{Encoding, SHIFT_JIS, UTF_8};

use crate::domain::secret::Confidential;
use crate::domain::text::fold;

/// The columns by their two names, in the order of [`Row`].
const COLUMNS: [(&str, &str); 5] = [
    ("facility_kind", "施設区分"),
    ("code", "コード"),
    ("name", "名称"),
    ("prefecture", "都道府県"),
    ("key", "照合キー"),
];

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
    reader: csv::Reader<BufReader<File>>,
    encoding: &'static Encoding,
    columns: [usize; 5],
    record: ByteRecord,
}

/// Opens a file and reads its header.
pub(super) fn open(file: &Path) -> Result<Rows, String> {
    let encoding = encoding_of(file).map_err(|error| error.to_string())?;
    let open = File::open(file).map_err(|error| error.to_string())?;
    let mut reader = ReaderBuilder::new().flexible(true).from_reader(BufReader::with_capacity(1 << 16, open));
    let header = reader.byte_headers().map_err(|error| error.to_string())?.clone();
    let names: Vec<String> = header.iter().map(|name| fold(&encoding.decode(name).0)).collect();
    let mut columns = [0; 5];
    for ((english, japanese), at) in COLUMNS.iter().zip(&mut columns) {
        let found = names.iter().position(|name| name.eq_ignore_ascii_case(english) || name == japanese);
        *at = found.ok_or_else(|| {
            let all: Vec<_> = COLUMNS.iter().map(|(english, japanese)| format!("{english} ({japanese})")).collect();
            format!("line 1: the header has no column {english} ({japanese}); it needs {}", all.join(", "))
        })?;
    }
    Ok(Rows { reader, encoding, columns, record: ByteRecord::new() })
}

impl Rows {
    /// The next row; an error names its line.
    pub fn next_row(&mut self) -> Result<Option<Row>, String> {
        let more = self.reader.read_byte_record(&mut self.record);
        let line = self.record.position().map_or(0, csv::Position::line);
        if !more.map_err(|error| format!("line {line}: this row cannot be read: {error}"))? {
            return Ok(None);
        }
        let [kind, code, name, prefecture, key] = self.columns;
        let cell = |at: usize| self.cell(at, line);
        Ok(Some(Row {
            line,
            kind: cell(kind)?,
            code: cell(code)?,
            name: cell(name)?,
            prefecture: cell(prefecture)?,
            key: Confidential::new(cell(key)?),
        }))
    }

    fn cell(&self, at: usize, line: u64) -> Result<String, String> {
        let (english, japanese) = COLUMNS[self.columns.iter().position(|column| *column == at).unwrap_or(0)];
        let bytes = self
            .record
            .get(at)
            .ok_or_else(|| format!("line {line}, column {english} ({japanese}): the row ends before it"))?;
        let text = self.encoding.decode_without_bom_handling_and_without_replacement(bytes);
        let broken =
            || format!("line {line}, column {english} ({japanese}): a character that is not {}", self.encoding.name());
        text.map(std::borrow::Cow::into_owned).ok_or_else(broken)
    }
}

/// UTF-8 when the whole file is that, Shift_JIS otherwise; read in pieces.
fn encoding_of(file: &Path) -> std::io::Result<&'static Encoding> {
    let mut reader = BufReader::with_capacity(1 << 16, File::open(file)?);
    let mut decoder = UTF_8.new_decoder_without_bom_handling();
    let (mut input, mut output) = (vec![0; 1 << 16], String::with_capacity(1 << 18));
    loop {
        let read = reader.read(&mut input)?;
        output.clear();
        let (result, _) = decoder.decode_to_string_without_replacement(&input[..read], &mut output, read == 0);
        if let encoding_rs::DecoderResult::Malformed(..) = result {
            return Ok(SHIFT_JIS);
        }
        if read == 0 {
            return Ok(UTF_8);
        }
    }
}
