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

/// The use cases, for commands that do one thing and end.
pub(super) async fn open(config: Config) -> Result<Services, Failed> {
    let database = database(&config).await?;
    let key = app::key::load(&config, &database).await.map_err(Failed::broken)?;
    Ok(app::services(config, database, key, Content::default(), world()))
}

/// The same over a database that is there: a wrong `--data` is told, not filled.
pub(super) async fn open_existing(config: Config) -> Result<Services, Failed> {
    expect_there(&config)?;
    open(config).await
}

/// Opens the database at this program's schema; an empty one is brought to it.
pub(super) async fn database(config: &Config) -> Result<Database, Failed> {
    let database = app::open_database(config).await.map_err(Failed::broken)?;
    let standing = schema::standing(&database).await.map_err(Failed::broken)?;
    refuse_newer(&standing)?;
    match standing {
        Standing::Empty => schema::up(&database).await.map(drop).map_err(Failed::broken)?,
        Standing::Older(pending) => {
            return Err(Failed::Broken(format!(
                "the database is of an older version of this program and lacks {}; make a backup, then run with the same --data and \
                 --database: madoguchi migrate up",
                pending.join(", ")
            )));
        }
        Standing::Current | Standing::Newer(_) => {}
    }
    Ok(database)
}

/// Refuses a file that is not there, which opening would make. Whether a server has a database is told by connecting.
pub(super) fn expect_there(config: &Config) -> Result<(), Failed> {
    match config.database() {
        DatabaseAddress::Sqlite(file) if !file.exists() => {
            Err(Failed::Broken(format!("there is no database at {}", file.display())))
        }
        DatabaseAddress::Sqlite(_) | DatabaseAddress::Postgres(_) => Ok(()),
    }
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
