//! Opening the portal for a command: its database at this program's schema, and the use cases over it.

use std::sync::Arc;

use super::Failed;
use crate::app::{self, RandomIds, SystemClock};
use crate::config::{Config, DatabaseAddress};
use crate::domain::clock::World;
use crate::domain::content::Content;
use crate::services::Services;
use crate::store::Database;
use crate::store::schema::{self, Standing};

/// The use cases, for commands that do one thing and end; an empty database becomes a portal.
pub(super) async fn open(config: Config) -> Result<Services, Failed> {
    let database = database(&config).await?;
    services(config, database).await
}

/// The same over a portal that is there: a wrong `--data` is told, not filled.
pub(super) async fn open_existing(config: Config) -> Result<Services, Failed> {
    let database = expect_existing(&config).await?;
    expect_current(&database).await?;
    services(config, database).await
}

async fn services(config: Config, database: Database) -> Result<Services, Failed> {
    app::make_data_folder(&config).map_err(Failed::broken)?;
    let key = app::key::load(&config, &database).await.map_err(Failed::broken)?;
    app::services(config, database, key, Content::default(), world()).map_err(Failed::broken)
}

/// Opens the database at this program's schema; an empty one is brought to it.
pub(super) async fn database(config: &Config) -> Result<Database, Failed> {
    let database = app::open_database(config).await.map_err(Failed::broken)?;
    if schema::standing(&database).await.map_err(Failed::broken)? == Standing::Empty {
        schema::up(&database).await.map_err(Failed::broken)?;
    }
    expect_current(&database).await?;
    Ok(database)
}

/// Opens the database of a portal, at whatever schema; `None` when there is no portal in it. A file is not made to find out.
pub(super) async fn existing(config: &Config) -> Result<Option<Database>, Failed> {
    if matches!(config.database(), DatabaseAddress::Sqlite(file) if !file.exists()) {
        return Ok(None);
    }
    let database = app::open_database(config).await.map_err(Failed::broken)?;
    if schema::standing(&database).await.map_err(Failed::broken)? == Standing::Empty {
        database.close().await.map_err(Failed::broken)?;
        return Ok(None);
    }
    Ok(Some(database))
}

/// The same for commands that need one.
pub(super) async fn expect_existing(config: &Config) -> Result<Database, Failed> {
    let missing = || Failed::Broken(format!("there is no portal in {}", config.database()));
    existing(config).await?.ok_or_else(missing)
}

/// Refuses a database that is not at this program's schema, and says what to run.
pub(super) async fn expect_current(database: &Database) -> Result<(), Failed> {
    let standing = schema::standing(database).await.map_err(Failed::broken)?;
    refuse_newer(&standing)?;
    let Standing::Older(pending) = standing else { return Ok(()) };
    Err(Failed::Broken(format!(
        "the database is of an older version of this program and lacks {}; make a backup, then run, with the same --data and \
         --database: madoguchi migrate up",
        pending.join(", ")
    )))
}

/// Refuses a database that a newer program has touched: what this one writes there might mean something else.
pub(super) fn refuse_newer(standing: &Standing) -> Result<(), Failed> {
    let Standing::Newer(unknown) = standing else { return Ok(()) };
    Err(Failed::Broken(format!(
        "the database has migrations that this program does not know ({}); run the newer program, or take them back with it: \
         madoguchi migrate down --yes --steps {}",
        unknown.join(", "),
        unknown.len()
    )))
}

/// Real time and chance.
pub(super) fn world() -> World {
    World::new(Arc::new(SystemClock), Arc::new(RandomIds::default()))
}
