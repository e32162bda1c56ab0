//! Migrations with data in place: down and up again leave the same schema and lose nothing else; a crash inside one leaves nothing (R14).

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use madoguchi::store::{Database, schema};
use migration::{Migrator, MigratorTrait};
use sea_orm::sqlx::{Connection, Executor, PgConnection};
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use tempfile::TempDir;

use crate::support::gateway::{open_database, program_for};
use crate::support::{Portal, data_folder};

/// Each migration in turn, from the last to the first, is taken back and applied again over the demonstration's data: the schema is as
/// before, and so is every row of every column that was there in between.
#[tokio::test(flavor = "multi_thread")]
async fn down_and_up_again_loses_nothing_else() {
    let portal = Portal::demo().await;
    let database = &portal.services.database;
    let whole = describe(database).await;
    assert!(whole.len() > 60, "the schema was not read: {whole:?}");
    let mut rows = 0;
    for steps in 1..=u32::try_from(Migrator::migrations().len()).unwrap() {
        let before = contents(database, &columns(database).await).await;
        assert_eq!(schema::down(database, steps).await.unwrap(), steps);
        let kept = columns(database).await;
        let between = contents(database, &kept).await;
        schema::up(database).await.unwrap();
        assert_eq!(describe(database).await, whole, "after {steps} steps");
        assert_eq!(contents(database, &kept).await, between, "after {steps} steps");
        for (table, of_table) in &between {
            assert_eq!(of_table.len(), before[table].len(), "rows of {table} after {steps} steps");
            rows += of_table.len();
        }
    }
    println!("{} migrations down and up; {rows} rows compared", Migrator::migrations().len());
}

/// The migrations that move rows, taken back and applied again over 100,000 applications: the schema and every row are as before; then all
/// of them, to an empty database and back.
#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_thousand_applications_go_down_and_up_again() {
    const MOVING: u32 = 2;
    let portal = Portal::empty().await;
    madoguchi::app::demo::add_applications(&portal.services, 100_000, &mut |_| {}).await.unwrap();
    let database = &portal.services.database;
    let (whole, tables) = (describe(database).await, columns(database).await);
    let before = digests(database, &tables).await;
    let rows: usize = before.values().map(|(rows, _)| rows).sum();
    assert!(before["applications"].0 > 100_000 && rows > 700_000, "{before:?}");
    assert_eq!(schema::down(database, MOVING).await.unwrap(), MOVING);
    assert_ne!(describe(database).await, whole);
    schema::up(database).await.unwrap();
    assert_eq!(describe(database).await, whole);
    assert_eq!(digests(database, &tables).await, before);
    let all = u32::try_from(Migrator::migrations().len()).unwrap();
    assert_eq!(schema::down(database, all).await.unwrap(), all);
    schema::up(database).await.unwrap();
    assert_eq!(describe(database).await, whole);
    println!("{rows} rows down and up again");
}

/// Killed inside each migration, the program leaves the schema that was there; run again it brings it up.
#[tokio::test(flavor = "multi_thread")]
async fn a_crash_inside_a_migration_leaves_nothing() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    assert!(program_for(&data).args(["migrate", "up"]).output().unwrap().status.success());
    let (mut inside, mut after) = (0, 0);
    for steps in (1..=u32::try_from(Migrator::migrations().len()).unwrap()).rev() {
        let database = open_database(&data).await;
        schema::up(&database).await.unwrap();
        let whole = describe(&database).await;
        schema::down(&database, steps).await.unwrap();
        let less = describe(&database).await;
        database.close().await.unwrap();
        kill_inside(&data, steps).await;
        let database = open_database(&data).await;
        let left = describe(&database).await;
        database.close().await.unwrap();
        assert!(left == less || left == whole, "half a migration was left: {left:?}");
        *if left == less { &mut inside } else { &mut after } += 1;
        assert!(program_for(&data).args(["migrate", "up"]).output().unwrap().status.success());
        let database = open_database(&data).await;
        assert_eq!(describe(&database).await, whole);
        database.close().await.unwrap();
    }
    println!("killed {inside} times before the commit, {after} times after it");
    assert!(inside > 0);
}

/// Begins to migrate and kills the program: on PostgreSQL while a migration that is done waits to be written down; on SQLite, where
/// nothing makes it wait, at once or a little after it has taken the lock to write.
async fn kill_inside(data: &std::path::Path, steps: u32) {
    let migrate = || -> Child {
        let mut command = program_for(data);
        command.args(["migrate", "up"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    };
    let Some(address) = data_folder::database(data) else {
        let mut child = migrate();
        while child.try_wait().unwrap().is_none() && !holds_the_write_lock(child.id()) {
            std::thread::sleep(Duration::from_micros(100));
        }
        std::thread::sleep(Duration::from_millis(2 * u64::from(steps % 4)));
        child.kill().unwrap();
        child.wait().unwrap();
        return;
    };
    let mut other = PgConnection::connect(&address).await.unwrap();
    other.execute("BEGIN; LOCK TABLE seaql_migrations IN SHARE MODE").await.unwrap();
    let mut child = migrate();
    let waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'seaql_migrations'::regclass";
    let started = Instant::now();
    while sea_orm::sqlx::query_scalar::<_, i64>(waiting).fetch_one(&mut other).await.unwrap() == 0 {
        assert!(started.elapsed() < Duration::from_secs(20), "the migration does not come to its end");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    child.kill().unwrap();
    child.wait().unwrap();
    other.execute("ROLLBACK").await.unwrap();
}

/// Whether a process has SQLite's lock to write: that of the byte 120 of the shared memory (SQLite, "WAL-mode File Format", 2.3).
fn holds_the_write_lock(process: u32) -> bool {
    let locks = std::fs::read_to_string("/proc/locks").unwrap();
    locks.lines().any(|lock| lock.contains(&format!(" WRITE {process} ")) && lock.ends_with(" 120 120"))
}

async fn texts(database: &Database, sql: &str) -> Vec<String> {
    let reader = database.reader();
    let rows = reader.query_all_raw(Statement::from_string(reader.get_database_backend(), sql)).await.unwrap();
    rows.into_iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
}

fn is_postgres(database: &Database) -> bool {
    database.reader().get_database_backend() == DbBackend::Postgres
}

/// Everything that makes the schema, a line each, in order.
async fn describe(database: &Database) -> Vec<String> {
    let sql = if is_postgres(database) {
        "SELECT 'column ' || table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable || ' ' || coalesce(column_default, '')
             FROM information_schema.columns WHERE table_schema = 'public'
         UNION ALL SELECT 'index ' || indexdef FROM pg_indexes WHERE schemaname = 'public'
         UNION ALL SELECT 'constraint ' || conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid)
             FROM pg_constraint WHERE connamespace = 'public'::regnamespace
         UNION ALL SELECT 'sequence ' || sequencename FROM pg_sequences WHERE schemaname = 'public' ORDER BY 1"
    } else {
        "SELECT 'column ' || m.name || '.' || c.name || ' ' || c.type || ' ' || c.\"notnull\" || ' ' || coalesce(c.dflt_value, '') || ' ' || c.pk
             FROM sqlite_master AS m JOIN pragma_table_info(m.name) AS c WHERE m.type = 'table'
         UNION ALL SELECT 'index ' || name || ' ' || coalesce(sql, '') FROM sqlite_master WHERE type = 'index'
         UNION ALL SELECT 'foreign key ' || m.name || ' ' || f.\"from\" || ' ' || f.\"table\" || ' ' || coalesce(f.\"to\", '')
             FROM sqlite_master AS m JOIN pragma_foreign_key_list(m.name) AS f WHERE m.type = 'table' ORDER BY 1"
    };
    texts(database, sql).await
}

/// The columns of each table, but for the list of migrations.
async fn columns(database: &Database) -> BTreeMap<String, Vec<String>> {
    let sql = if is_postgres(database) {
        "SELECT table_name || '.' || column_name FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1"
    } else {
        "SELECT m.name || '.' || c.name FROM sqlite_master AS m JOIN pragma_table_info(m.name) AS c
         WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' ORDER BY 1"
    };
    let mut tables: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for name in texts(database, sql).await {
        let (table, column) = name.split_once('.').unwrap();
        // Numbers go from the counters to the sequences and back.
        if !["seaql_migrations", "counters"].contains(&table) {
            tables.entry(table.to_owned()).or_default().push(column.to_owned());
        }
    }
    tables
}

/// The rows of these columns, as text.
async fn contents(database: &Database, columns: &BTreeMap<String, Vec<String>>) -> BTreeMap<String, Vec<String>> {
    let mut tables = BTreeMap::new();
    for (table, columns) in columns {
        let quote = |column: &String| match is_postgres(database) {
            true => format!("quote_nullable(\"{column}\"::text)"),
            false => format!("quote(\"{column}\")"),
        };
        let row = columns.iter().map(quote).collect::<Vec<_>>().join(" || ',' || ");
        tables.insert(table.clone(), texts(database, &format!("SELECT {row} FROM \"{table}\" ORDER BY 1")).await);
    }
    tables
}

/// How many rows each table has, and a digest of all that stands in them.
async fn digests(database: &Database, columns: &BTreeMap<String, Vec<String>>) -> BTreeMap<String, (usize, u64)> {
    let mut digests = BTreeMap::new();
    for (table, columns) in columns {
        let one = BTreeMap::from([(table.clone(), columns.clone())]);
        for (table, rows) in contents(database, &one).await {
            let mut hasher = DefaultHasher::new();
            rows.hash(&mut hasher);
            digests.insert(table, (rows.len(), hasher.finish()));
        }
    }
    digests
}
