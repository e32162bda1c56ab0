//! Importing the registry from a CSV file of any size: every row is judged first, then all are written in one transaction.
//!
//! The file is read as a stream, twice, so that memory does not grow with it but for 16 bytes a record (to find duplicates). The
//! keys are digested as they are read; no message repeats one.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

use super::registry_file::{self, Row, Rows};
use super::verification::registry_digest;
use super::{Failure, Services};
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

/// How many bad rows are named before reading stops.
const MOST_ERRORS: usize = 20;
/// How many records are written in one statement: six values each, within SQLite's 32,766.
const CHUNK: usize = 2000;

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
    /// Rows that are wrong, each by line and column.
    Rows(Vec<String>),
    /// The file cannot be read, or its header is not one.
    File(String),
    /// Something else.
    Failed(Failure),
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
    judge(services, file, progress)?;
    let now = services.world.now();
    let tx = services.database.begin().await?;
    let mut rows = registry_file::open(file).map_err(ImportError::File)?;
    let (mut written, mut chunk) = (0, Vec::with_capacity(CHUNK));
    loop {
        let row = next(&mut rows)?;
        let is_last = row.is_none();
        if let Some(row) = row {
            chunk.push(record(services, &row).map_err(|error| ImportError::Rows(vec![error]))?);
        }
        if chunk.len() == CHUNK || (is_last && !chunk.is_empty()) {
            registry::put_many(&tx, &chunk, now).await?;
            written += chunk.len() as u64;
            chunk.clear();
            progress(Progress { step: "writing", rows: written });
        }
        if is_last {
            break;
        }
    }
    let detail = serde_json::json!({ "records": written });
    let entry = Entry { action: "import-registry", subject: "registry".to_owned(), detail, actor };
    audit::record(&tx, &services.world, entry).await?;
    tx.commit().await?;
    Ok(written)
}

/// Reads every row once; nothing is written when any is wrong.
fn judge(services: &Services, file: &Path, progress: &mut (dyn FnMut(Progress) + Send)) -> Result<(), ImportError> {
    let mut rows = registry_file::open(file).map_err(ImportError::File)?;
    let (mut lines, mut errors, mut count) = (HashMap::new(), Vec::new(), 0_u64);
    while errors.len() < MOST_ERRORS {
        let row = match rows.next_row() {
            Ok(None) => break,
            Ok(Some(row)) => row,
            Err(error) => {
                errors.push(error);
                continue;
            }
        };
        count += 1;
        match record(services, &row) {
            Err(error) => errors.push(error),
            Ok(record) => {
                if let Some(before) = lines.insert(fingerprint(&record), row.line) {
                    errors.push(format!(
                        "line {}, column code (コード): the same kind and code as line {before}",
                        row.line
                    ));
                }
            }
        }
        if count.is_multiple_of(10_000) {
            progress(Progress { step: "checking", rows: count });
        }
    }
    match (errors.is_empty(), count) {
        (true, 0) => Err(ImportError::File("the file holds no records".to_owned())),
        (true, _) => Ok(()),
        (false, _) => Err(ImportError::Rows(errors)),
    }
}

fn next(rows: &mut Rows) -> Result<Option<Row>, ImportError> {
    rows.next_row().map_err(|error| ImportError::Rows(vec![error]))
}

/// Kind and code in 128 bits: two records of a million share it by chance once in 10^26 files.
fn fingerprint(record: &Record) -> (u64, u64) {
    let half = |salt: u8| {
        let mut hasher = DefaultHasher::new();
        (salt, record.kind, &record.code).hash(&mut hasher);
        hasher.finish()
    };
    (half(0), half(1))
}

fn record(services: &Services, row: &Row) -> Result<Record, String> {
    let wrong = |column: &str, words: &str| format!("line {}, column {column}: {words}", row.line);
    let told = |column: &str, reason: Reason| {
        wrong(column, &format!("{} / {}", reason.message(Language::Ja), reason.message(Language::En)))
    };
    let kind = kind(&row.kind).ok_or_else(|| {
        wrong(
            "facility_kind (施設区分)",
            "施術所・健診実施機関等・助産所のいずれかを入力してください。 / Not one of 施術所, 健診実施機関等, 助産所.",
        )
    })?;
    let code = FacilityCode::parse(kind, &row.code).map_err(|reason| told("code (コード)", reason))?;
    let name = person::name(&row.name).map_err(|reason| told("name (名称)", reason))?;
    let prefecture = Prefecture::parse(&row.prefecture).ok_or_else(|| {
        wrong(
            "prefecture (都道府県)",
            "都道府県名か01～47の番号を入力してください。 / Not a prefecture, by name or by number 01 to 47.",
        )
    })?;
    let today = day_in_japan(services.world.now());
    let key = VerificationKey::parse(VerificationKeyKind::of(kind), &row.key, today);
    let key = key.map_err(|reason| told("key (照合キー)", reason))?;
    let key_digest = registry_digest(&services.key, kind, &code, &key);
    Ok(Record { kind, code, name, prefecture, key_digest })
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
