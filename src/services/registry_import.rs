//! Importing the registry from a CSV file of any size: every row is judged first, then all are written in one transaction.
//!
//! The file is read as a stream, twice, so that memory does not grow with it but for some bytes a record (to find duplicates). Keys
//! are digested on their way into the database; no message repeats one. It blocks its thread: for the command line, not the gateway.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

use chrono::NaiveDate;
use tokio::sync::Mutex;

use super::registry_file::{self, Column, Row};
use super::verification::registry_digest;
use super::{Failure, ServerKey, Services};
use crate::domain::actor::Actor;
use crate::domain::clock::day_in_japan;
use crate::domain::facility::{FacilityCode, FacilityKind};
use crate::domain::language::Language;
use crate::domain::person;
use crate::domain::prefecture::Prefecture;
use crate::domain::refusal::Reason;
use crate::domain::text::fold;
use crate::domain::verification::{VerificationKey, VerificationKeyKind};
use crate::policy::{Action, authorise};
use crate::store::audit::{self, Entry};
use crate::store::registry::{self, Record};
use crate::store::{Cause, DbErr, Transaction};

/// How many mistakes are named before reading stops.
const MOST_MISTAKES: usize = 20;
/// How many records are written in one statement: six values each, within SQLite's 32,766.
const CHUNK: usize = 2000;
/// After how many rows progress is told; whole chunks.
const PROGRESS_EVERY: u64 = 10_000;

/// How far an import has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// What is being done.
    pub step: &'static str,
    /// How many rows are done.
    pub rows: u64,
}

/// Why nothing was imported.
#[derive(Debug)]
pub enum ImportError {
    /// Rows that are wrong, each by line and column; at the end what else there is to say.
    Rows(Vec<String>),
    /// The file cannot be read, or its header is not one.
    File(String),
    /// Something else.
    Failed(Failure),
}

impl Cause for ImportError {
    fn cause(&self) -> Option<&DbErr> {
        match self {
            Self::Failed(failure) => failure.cause(),
            Self::File(_) | Self::Rows(_) => None,
        }
    }
}

impl<E: Into<Failure>> From<E> for ImportError {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// Imports a file, all of it or nothing, and tells how many records it held.
pub async fn import(
    services: &Services,
    actor: &Actor,
    file: &Path,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<u64, ImportError> {
    authorise(actor, Action::ImportRegistry)?;
    judge(day_in_japan(services.world.now()), file, progress)?;
    // A write that loses a race is run again, so that its progress is shared and not its own.
    let progress = &Mutex::new(progress);
    services.database.write(|tx| async move { write(services, actor, &tx, file, progress).await }).await
}

async fn write(
    services: &Services,
    actor: &Actor,
    tx: &Transaction,
    file: &Path,
    progress: &Mutex<&mut (dyn FnMut(Progress) + Send)>,
) -> Result<u64, ImportError> {
    let now = services.world.now();
    let today = day_in_japan(now);
    let mut rows = registry_file::open(file).map_err(ImportError::File)?;
    let (mut written, mut chunk) = (0, Vec::with_capacity(CHUNK));
    loop {
        // Judged again: the file may have changed since.
        let row = rows.next_row().map_err(|mistake| ImportError::Rows(vec![mistake]))?;
        let is_last = row.is_none();
        if let Some(row) = row {
            chunk.push(Judged::of(&row, today).map_err(ImportError::Rows)?.digested(&services.key));
        }
        if chunk.len() == CHUNK || (is_last && !chunk.is_empty()) {
            registry::put_many(tx, &chunk, now).await?;
            written += chunk.len() as u64;
            chunk.clear();
            if is_last || written.is_multiple_of(PROGRESS_EVERY) {
                (progress.lock().await)(Progress { step: "writing", rows: written });
            }
        }
        if is_last {
            break;
        }
    }
    let detail = serde_json::json!({ "records": written });
    let entry = Entry { action: "import-registry", subject: "registry".to_owned(), detail, actor };
    audit::record(tx, &services.world, entry).await?;
    Ok(written)
}

/// Reads every row once; nothing is written when any is wrong.
fn judge(today: NaiveDate, file: &Path, progress: &mut (dyn FnMut(Progress) + Send)) -> Result<(), ImportError> {
    let mut rows = registry_file::open(file).map_err(ImportError::File)?;
    let (mut lines, mut mistakes, mut count) = (HashMap::new(), Vec::new(), 0_u64);
    while mistakes.len() < MOST_MISTAKES {
        let row = match rows.next_row() {
            Ok(None) => break,
            Ok(Some(row)) => row,
            Err(mistake) => {
                mistakes.push(mistake);
                continue;
            }
        };
        count += 1;
        match Judged::of(&row, today) {
            Err(more) => mistakes.extend(more),
            Ok(judged) => {
                if let Some(before) = lines.insert(judged.fingerprint(), row.line) {
                    let words = format!("{before}行目と同じ施設です。 / The same kind and code as line {before}.");
                    mistakes.push(mistake(row.line, Column::Code, &words));
                }
            }
        }
        if count.is_multiple_of(PROGRESS_EVERY) {
            progress(Progress { step: "checking", rows: count });
        }
    }
    if mistakes.is_empty() {
        return if count == 0 { Err(ImportError::File("the file holds no records".to_owned())) } else { Ok(()) };
    }
    if mistakes.len() >= MOST_MISTAKES {
        mistakes.truncate(MOST_MISTAKES);
        mistakes.push(format!("these are the first {MOST_MISTAKES} mistakes; there may be more"));
    }
    mistakes.extend(rows.note());
    Err(ImportError::Rows(mistakes))
}

/// A row that is a record, its key still readable.
struct Judged {
    kind: FacilityKind,
    code: FacilityCode,
    name: String,
    prefecture: Prefecture,
    key: VerificationKey,
}

impl Judged {
    /// Reads a row; what is wrong is told column by column.
    fn of(row: &Row, today: NaiveDate) -> Result<Self, Vec<String>> {
        let mut mistakes = Vec::new();
        let mut told = |column, reason: Reason| {
            let words = format!("{} / {}", reason.message(Language::Ja), reason.message(Language::En));
            mistakes.push(mistake(row.line, column, &words));
        };
        let name = person::name(&row.name).map_err(|reason| told(Column::Name, reason)).ok();
        let kind = kind(&row.kind);
        let code = kind
            .and_then(|kind| FacilityCode::parse(kind, &row.code).map_err(|reason| told(Column::Code, reason)).ok());
        let key = kind.and_then(|kind| {
            let key = VerificationKey::parse(VerificationKeyKind::of(kind), &row.key, today);
            key.map_err(|reason| told(Column::Key, reason)).ok()
        });
        if kind.is_none() {
            let words = "施術所・健診実施機関等・助産所のいずれかを入力してください。 / Not one of 施術所, 健診実施機関等, 助産所.";
            mistakes.push(mistake(row.line, Column::Kind, words));
        }
        let prefecture = Prefecture::parse(&row.prefecture);
        if prefecture.is_none() {
            let words =
                "都道府県名か01～47の番号を入力してください。 / Not a prefecture, by name or by number 01 to 47.";
            mistakes.push(mistake(row.line, Column::Prefecture, words));
        }
        match (kind, code, name, prefecture, key) {
            (Some(kind), Some(code), Some(name), Some(prefecture), Some(key)) => {
                Ok(Self { kind, code, name, prefecture, key })
            }
            _ => Err(mistakes),
        }
    }

    fn digested(self, key_of_server: &ServerKey) -> Record {
        let Self { kind, code, name, prefecture, key } = self;
        let key_digest = registry_digest(key_of_server, kind, &code, &key);
        Record { kind, code, name, prefecture, key_digest }
    }

    /// Kind and code in 128 bits: two records of a million share it by chance once in 10^26 files.
    fn fingerprint(&self) -> (u64, u64) {
        let half = |salt: u8| {
            let mut hasher = DefaultHasher::new();
            (salt, self.kind, &self.code).hash(&mut hasher);
            hasher.finish()
        };
        (half(0), half(1))
    }
}

fn mistake(line: u64, column: Column, words: &str) -> String {
    format!("line {line}, column {column}: {words}")
}

fn kind(text: &str) -> Option<FacilityKind> {
    match fold(text).as_str() {
        "施術所" | "TREATMENT_CLINIC" => Some(FacilityKind::TreatmentClinic),
        "健診実施機関等" | "健診実施機関" | "HEALTH_CHECKUP_PROVIDER" => {
            Some(FacilityKind::HealthCheckupProvider)
        }
        "助産所" | "MIDWIFERY_HOME" => Some(FacilityKind::MidwiferyHome),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services::fixture::Fixture;

    const HEADER: &str = "施設区分,コード,名称,都道府県,照合キー\n";

    async fn import_text(portal: &Fixture, text: &str) -> Result<u64, Vec<String>> {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("registry.csv");
        std::fs::write(&file, text).expect("a file");
        import(&portal.services, &Actor::System, &file, &mut |_| ()).await.map_err(|error| match error {
            ImportError::Rows(lines) => lines,
            ImportError::File(line) => vec![line],
            ImportError::Failed(failure) => panic!("{failure:?}"),
        })
    }

    /// Every mistake of a row is told, in both languages and without its key; nothing of the file is written.
    #[tokio::test]
    async fn one_bad_row_holds_back_the_file() {
        let portal = Fixture::new().await;
        let good = "施術所,協131234500,窓口接骨院,東京都,1970-01-31\n";
        let again = "TREATMENT_CLINIC,協１３１２３４５-0-0,窓口,13,1971-01-31\n";
        let text = format!("{HEADER}{good}助産所,AB12,,京,98765432\n病院,1,名,13,7654321\n{again}");
        let mistakes = import_text(&portal, &text).await.expect_err("mistakes");
        let starts = [
            "line 3, column name (名称): 名前は",
            "line 3, column key (照合キー): ",
            "line 3, column prefecture (都道府県): 都道府県名",
            "line 4, column facility_kind (施設区分): 施術所・",
            "line 5, column code (コード): 2行目と同じ施設です。 / The same kind and code as line 2.",
        ];
        assert_eq!(mistakes.len(), starts.len(), "{mistakes:#?}");
        for (mistake, start) in mistakes.iter().zip(starts) {
            assert!(mistake.starts_with(start), "{mistakes:#?}");
        }
        assert!(!mistakes.concat().contains("8765432"), "a key is repeated: {mistakes:#?}");
        assert_eq!(registry::count(portal.services.database.reader()).await, Ok(0));
    }

    /// A file of another kind of rows is not told row by row to its end.
    #[tokio::test]
    async fn the_first_mistakes_are_enough() {
        let portal = Fixture::new().await;
        let mistakes = import_text(&portal, &format!("{HEADER}{}", "x,,,,\n".repeat(100))).await.expect_err("mistakes");
        assert_eq!(mistakes.len(), MOST_MISTAKES + 1);
        assert_eq!(mistakes[MOST_MISTAKES], "these are the first 20 mistakes; there may be more");
    }

    /// A record that is brought in again takes the old one's place.
    #[tokio::test]
    async fn known_records_are_replaced() {
        let portal = Fixture::new().await;
        for name in ["旧", "新"] {
            let text = format!("{HEADER}助産所,AB12,{name},13,1234567\n");
            assert_eq!(import_text(&portal, &text).await, Ok(1));
        }
        assert_eq!(registry::count(portal.services.database.reader()).await, Ok(1));
        assert_eq!(import_text(&portal, HEADER).await, Err(vec!["the file holds no records".to_owned()]));
    }
}
