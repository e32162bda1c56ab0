//! A whole portal as rows: each table from one database into another, and whether both hold the same.
//!
//! No scope is asked here: who moves a portal moves all of it. A new table is a row of [`TABLES`], below those that it refers to; a test
//! holds that none is missing.

mod table;

use entities::{
    application_events, applications, attachments, audit_entries, decisions, eligibility_accounts, facilities,
    facility_members, idempotency_keys, outbox_messages, password_resets, portal_facts, registrations,
    registry_records, review_cases, sessions, start_of_use_applications, throttles, used_tickets, users,
    verification_attempts,
};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, FromQueryResult, Statement};

use super::database::take_time;
use super::{Database, Transaction, View};
use table::of;
pub use table::{Difference, Table};

/// Every table whose rows are moved as they are, each below those that it refers to.
pub const TABLES: [&dyn Table; 21] = [
    of::<users::Entity>(),
    of::<facilities::Entity>(),
    of::<facility_members::Entity>(),
    of::<registrations::Entity>(),
    of::<password_resets::Entity>(),
    of::<sessions::Entity>(),
    of::<throttles::Entity>(),
    of::<registry_records::Entity>(),
    of::<verification_attempts::Entity>(),
    of::<applications::Entity>(),
    of::<start_of_use_applications::Entity>(),
    of::<idempotency_keys::Entity>(),
    of::<attachments::Entity>(),
    of::<review_cases::Entity>(),
    of::<decisions::Entity>(),
    of::<eligibility_accounts::Entity>(),
    of::<application_events::Entity>(),
    of::<outbox_messages::Entity>(),
    of::<audit_entries::Entity>(),
    of::<portal_facts::Entity>(),
    of::<used_tickets::Entity>(),
];

/// Tables that are moved in another way, or belong to the schema: the counters, which PostgreSQL keeps as sequences
/// (`store::counters`), and the list of migrations.
pub const OTHERS: [&str; 2] = ["counters", "seaql_migrations"];

/// The files of attached evidence, which rows are counted before their objects are moved.
pub const ATTACHMENTS: &dyn Table = of::<attachments::Entity>();

/// Holds a database as it is now until the view is dropped: who writes waits, and fails after a while. Gives up when somebody
/// else's write does not end.
pub async fn hold(database: &Database) -> Result<View, DbErr> {
    let view = database.writers_place().await?;
    lock(&view).await?;
    Ok(view)
}

/// Makes a write ready to take a portal in: all the time it needs, and nobody else's rows beside it.
pub async fn make_ready(tx: &Transaction) -> Result<(), DbErr> {
    take_time(tx).await?;
    lock(tx).await
}

/// Tells the database what came in, so that it finds its ways from the first request on. SQLite goes by its indexes alone.
pub async fn settle(tx: &Transaction) -> Result<(), DbErr> {
    match tx.get_database_backend() {
        DbBackend::Postgres => tx.execute_unprepared(&format!("ANALYZE {}", names().join(", "))).await.map(drop),
        _ => Ok(()),
    }
}

async fn lock(conn: &DatabaseTransaction) -> Result<(), DbErr> {
    if conn.get_database_backend() == DbBackend::Postgres {
        let tables = names().join(", ");
        conn.execute_unprepared(&format!("LOCK TABLE {tables} IN SHARE ROW EXCLUSIVE MODE")).await?;
    }
    Ok(())
}

fn names() -> Vec<&'static str> {
    TABLES.iter().map(|table| table.name()).chain(["counters"]).collect()
}

#[derive(FromQueryResult)]
struct Name {
    name: String,
}

/// The tables of a database that are none of a portal's, by name.
pub async fn strangers(database: &Database) -> Result<Vec<String>, DbErr> {
    let ours: Vec<_> = TABLES.iter().map(|table| table.name()).chain(OTHERS).collect();
    let sql = match database.is_embedded() {
        true => "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name",
        false => "SELECT tablename::text AS name FROM pg_tables WHERE schemaname = current_schema() ORDER BY 1",
    };
    let conn = database.reader();
    let found = Name::find_by_statement(Statement::from_string(conn.get_database_backend(), sql)).all(conn).await?;
    Ok(found.into_iter().map(|found| found.name).filter(|name| !ours.contains(&name.as_str())).collect())
}
