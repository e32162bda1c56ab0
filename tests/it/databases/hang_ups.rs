//! Who asks and hangs up costs the database no connection.

use madoguchi::config::Pool;
use sea_orm::{ConnectionTrait as _, DbBackend, Statement};

use crate::support::Portal;

/// A statement whose asker has gone is read to its end, and the next one is asked on the same connection. Were it closed, a crowd
/// that hangs up would make the server open one after another.
#[tokio::test(flavor = "multi_thread")]
async fn a_broken_off_statement_keeps_its_connection() {
    let portal = Portal::with(|config| config.pool = Pool { writers: 2, readers: 1 }).await;
    let reader = portal.services.database.reader();
    let (mark, slow, look) = match reader.get_database_backend() {
        DbBackend::Sqlite => (
            "PRAGMA busy_timeout = 4321",
            "WITH RECURSIVE counted(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted LIMIT 500000) SELECT max(n) FROM counted",
            "SELECT CAST(timeout AS TEXT) AS mark FROM pragma_busy_timeout",
        ),
        _ => (
            "SET lock_timeout = 4321",
            "SELECT pg_sleep(0.3)::text",
            "SELECT setting AS mark FROM pg_settings WHERE name = 'lock_timeout'",
        ),
    };
    let ask = |sql: &str| reader.query_all_raw(Statement::from_string(reader.get_database_backend(), sql));
    ask(mark).await.unwrap();
    for _ in 0..3 {
        let mut asked = Box::pin(ask(slow));
        assert!(futures_util::poll!(&mut asked).is_pending(), "answered at once");
        drop(asked);
        let rows = ask(look).await.unwrap();
        assert_eq!(rows[0].try_get::<String>("", "mark").unwrap(), "4321", "another connection");
    }
}
