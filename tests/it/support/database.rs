//! A database of its own for each test: a file of SQLite, or, where MADOGUCHI_TEST_DATABASE names the superuser of a server, a database
//! of PostgreSQL. Either is a copy of one that was made once.
//!
//! The unit tests include this file too, so it knows nothing of the gateway.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use sea_orm::sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use tempfile::TempDir;
use url::Url;

/// The server of this run's databases; none for SQLite.
pub fn server() -> Option<Url> {
    let address = std::env::var("MADOGUCHI_TEST_DATABASE").ok().filter(|address| !address.is_empty())?;
    Some(
        Url::parse(&address)
            .expect("MADOGUCHI_TEST_DATABASE is an address like postgres://postgres@127.0.0.1/postgres"),
    )
}

/// A database that others are copied from.
pub struct Template {
    original: String,
    _folder: TempDir,
}

impl Template {
    /// Makes one; `fill` gets its address and lets go of it.
    pub async fn make(fill: impl AsyncFnOnce(&str)) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let original = match server() {
            None => file_in(folder.path()),
            Some(server) => create(&server, None).await,
        };
        fill(&original).await;
        Self { original, _folder: folder }
    }

    /// A copy, whose file, when it is one, is in a folder; gives its address.
    pub async fn copy(&self, folder: &Path) -> String {
        match server() {
            None => {
                let copy = file_in(folder);
                std::fs::copy(path_of(&self.original), path_of(&copy)).expect("a copy");
                copy
            }
            Some(server) => create(&server, Some(name_of(&self.original))).await,
        }
    }
}

fn file_in(folder: &Path) -> String {
    format!("sqlite:{}", folder.join("madoguchi.db").display())
}

fn path_of(address: &str) -> PathBuf {
    PathBuf::from(address.trim_start_matches("sqlite:"))
}

fn name_of(address: &str) -> &str {
    address.rsplit_once('/').expect("a name").1
}

/// Makes a database under a name that nobody has, and gives its address.
pub async fn create(server: &Url, template: Option<&str>) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let name = format!("madoguchi_test_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let mut connection = PgConnection::connect(server.as_str()).await.expect("the server of MADOGUCHI_TEST_DATABASE");
    let template = template.map_or_else(String::new, |template| format!(" TEMPLATE {template}"));
    let statement = format!("CREATE DATABASE {name}{template}");
    // Who has just let go of a template may still be seen there.
    for tries in 1.. {
        match connection.execute(AssertSqlSafe(statement.clone())).await {
            Ok(_) => break,
            Err(error) if tries < 100 && error.to_string().contains("being accessed by other users") => {
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
            Err(error) => panic!("{statement}: {error}"),
        }
    }
    connection.close().await.expect("a closed connection");
    let mut address = server.clone();
    address.set_path(&name);
    address.to_string()
}
