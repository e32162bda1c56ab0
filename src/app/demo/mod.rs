//! Demonstration data: a small portal to try everything on, the same each time that it is made.
//!
//! It is made by the use cases themselves, on a clock and with ids of its own, so that every row is one that the gateway could have
//! written. It is made once, in an empty database; a folder that holds anything else is refused.

mod many;
mod script;
mod world;

pub use many::add as add_applications;
pub use script::{FACILITIES, LOGINS, PASSWORD};

use crate::config::Config;
use crate::services::{Failure, Services};
use crate::store::{facts, users};

/// The version of the data; a folder that holds another was made by another program.
const VERSION: &str = "1";
/// What a portal's data folder holds.
const OUR_FILES: [&str; 6] = ["madoguchi.db", "madoguchi.db-wal", "madoguchi.db-shm", "server.key", "mail", "objects"];
const UNFINISHED: &str = "unfinished";

/// What came of filling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filled {
    /// The data was made now.
    Now,
    /// It was there already, with whatever was done to it since.
    Before,
}

/// Why a database was not filled.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// Somebody else's data is in it.
    #[error(
        "this data folder holds a portal that is no demonstration; it was left alone. Name another folder with --data, or start \
         without --demo"
    )]
    NotOurs,
    /// Something else than a portal is in the folder.
    #[error(
        "the data folder holds {0}, which is not of a portal; it was left alone. Demonstration data goes into a new or an empty \
         folder: name one with --data, or start without --demo"
    )]
    Foreign(String),
    /// The folder could not be looked at.
    #[error("the data folder could not be looked at: {0}")]
    Folder(#[source] std::io::Error),
    /// An earlier filling was cut off, or was another version's.
    #[error(
        "this data folder holds a demonstration that was not finished, or of another version; delete the folder and start again"
    )]
    NotWhole,
    /// It holds another number of made applications.
    #[error("this portal holds a demonstration of {0} applications; delete it, or name another folder or database")]
    OtherSize(String),
    /// A use case failed.
    #[error("the demonstration data could not be made: {0:?}")]
    Failed(Failure),
}

impl<E: Into<Failure>> From<E> for DemoError {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// Refuses a folder that holds anything else than a portal's files, before any is made in it.
pub fn expect_own_folder(config: &Config) -> Result<(), DemoError> {
    let entries = match std::fs::read_dir(&config.data) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(DemoError::Folder(error)),
    };
    for entry in entries {
        let name = entry.map_err(DemoError::Folder)?.file_name().to_string_lossy().into_owned();
        // A crash may have left a half-made key beside its place.
        if !OUR_FILES.contains(&name.as_str()) && !name.starts_with("server.key.") {
            return Err(DemoError::Foreign(name));
        }
    }
    Ok(())
}

/// Fills an empty database; leaves alone one that was filled before.
pub async fn fill(services: &Services) -> Result<Filled, DemoError> {
    let reader = services.database.reader();
    match facts::get(reader, facts::DEMONSTRATION).await?.as_deref() {
        Some(VERSION) => return Ok(Filled::Before),
        Some(_) => return Err(DemoError::NotWhole),
        None if users::exist(reader).await? => return Err(DemoError::NotOurs),
        None => {}
    }
    mark(services, UNFINISHED).await?;
    script::play(services).await?;
    mark(services, VERSION).await?;
    Ok(Filled::Now)
}

async fn mark(services: &Services, value: &str) -> Result<(), DemoError> {
    services.database.write(|tx| async move { facts::put(&tx, facts::DEMONSTRATION, value).await }).await?;
    Ok(())
}
