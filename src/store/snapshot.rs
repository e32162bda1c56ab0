//! A copy of an SQLite database as it was at one moment: taking it beside whoever writes, and reading it without changing it.
//!
//! For backups alone, of whatever version the schema is: only what every version has is named here.

use std::collections::BTreeMap;
use std::path::Path;

use sea_orm::{ConnectOptions, ConnectionTrait, DatabaseConnection, DbErr, Statement, TryGetable};

use super::attachments::{self, Named};
use super::schema::{self, Standing};
use super::{Database, facts};
use crate::domain::ids::AttachmentId;

/// How many faults of a damaged database are named.
const MOST_FAULTS: usize = 20;

/// Writes the database as it is now into a new file, or an empty one. Nobody waits for it: in WAL mode it is one more reader.
pub async fn take(database: &Database, file: &Path) -> Result<(), DbErr> {
    let conn = database.reader();
    let path = file.to_str().ok_or_else(|| DbErr::Custom(format!("{} is not UTF-8", file.display())))?;
    let statement = Statement::from_sql_and_values(conn.get_database_backend(), "VACUUM INTO ?", [path.into()]);
    conn.execute_raw(statement).await.map(drop)
}

/// About how many bytes a snapshot will have.
pub async fn expected_size(database: &Database) -> Result<u64, DbErr> {
    let conn = database.reader();
    let (pages, size): (i64, i64) = (one(conn, "PRAGMA page_count").await?, one(conn, "PRAGMA page_size").await?);
    Ok(u64::try_from(pages.saturating_mul(size)).unwrap_or(0))
}

/// A snapshot's file, read.
pub struct Snapshot {
    conn: DatabaseConnection,
    tables: Vec<String>,
}

impl Snapshot {
    /// Opens a file that nobody writes to. Nothing of it changes, and no file is made beside it.
    pub async fn open(file: &Path) -> Result<Self, DbErr> {
        let file = file.to_owned();
        let mut options = ConnectOptions::new("sqlite::memory:");
        options.max_connections(1).sqlx_logging(false).map_sqlx_sqlite_opts(move |sqlite| {
            sqlite.filename(&file).in_memory(false).shared_cache(false).read_only(true).immutable(true)
        });
        let conn = sea_orm::Database::connect(options).await?;
        let tables = all(
            &conn,
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
        );
        let tables = tables.await?;
        Ok(Self { conn, tables })
    }

    /// What is wrong with the file itself and with references between rows; nothing, of a sound one.
    pub async fn faults(&self) -> Result<Vec<String>, DbErr> {
        let mut faults: Vec<String> = all(&self.conn, &format!("PRAGMA integrity_check({MOST_FAULTS})")).await?;
        faults.retain(|fault| fault != "ok");
        let foreign: Vec<String> = all(
            &self.conn,
            "SELECT DISTINCT \"table\" || ' refers to a missing row of ' || \"parent\" FROM pragma_foreign_key_check",
        )
        .await?;
        faults.extend(foreign);
        Ok(faults)
    }

    /// The migrations that it has seen, in order.
    pub async fn migrations(&self) -> Result<Vec<String>, DbErr> {
        if !self.has("seaql_migrations") {
            return Ok(Vec::new());
        }
        all(&self.conn, "SELECT version FROM seaql_migrations ORDER BY version").await
    }

    /// How many rows each table has.
    pub async fn counts(&self) -> Result<BTreeMap<String, u64>, DbErr> {
        let mut counts = BTreeMap::new();
        for table in &self.tables {
            let quoted = table.replace('"', "\"\"");
            let count: i64 = one(&self.conn, &format!("SELECT COUNT(*) FROM \"{quoted}\"")).await?;
            counts.insert(table.clone(), u64::try_from(count).unwrap_or(0));
        }
        Ok(counts)
    }

    /// A fact of the database, when it is known.
    pub async fn fact(&self, name: &str) -> Result<Option<String>, DbErr> {
        if self.has("portal_facts") { facts::get(&self.conn, name).await } else { Ok(None) }
    }

    /// The objects of the next files after an id.
    pub async fn objects_after(&self, id: Option<AttachmentId>, count: u64) -> Result<Vec<Named>, DbErr> {
        if self.has("attachments") { attachments::objects_after(&self.conn, id, count).await } else { Ok(Vec::new()) }
    }

    /// Closes the file.
    pub async fn close(self) -> Result<(), DbErr> {
        self.conn.close().await
    }

    fn has(&self, table: &str) -> bool {
        self.tables.iter().any(|known| known == table)
    }
}

/// Compares the migrations of a snapshot with this program.
pub fn standing(migrations: &[String]) -> Standing {
    schema::compared(migrations)
}

async fn all<T: TryGetable>(conn: &impl ConnectionTrait, sql: &str) -> Result<Vec<T>, DbErr> {
    let rows = conn.query_all_raw(Statement::from_string(conn.get_database_backend(), sql)).await?;
    rows.iter().map(|row| row.try_get_by_index(0)).collect()
}

async fn one<T: TryGetable>(conn: &impl ConnectionTrait, sql: &str) -> Result<T, DbErr> {
    all(conn, sql).await?.into_iter().next().ok_or_else(|| DbErr::RecordNotFound(sql.to_owned()))
}
