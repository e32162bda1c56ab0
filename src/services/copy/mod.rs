//! Moving house: a whole portal, its objects, its key and its rows, from one database and data folder into others.
//!
//! The rows come from one snapshot and go into one transaction, so that what is interrupted leaves none. Before the commit every row of
//! the target is compared with the source as it is by then, held still: no write that was acknowledged is left behind. Run again, it
//! goes on with the objects and begins anew with the rows. For the command line; nothing is served meanwhile.

mod key;
mod objects;
mod rows;

use std::cell::RefCell;
use std::path::PathBuf;

use tokio_util::sync::CancellationToken;

use super::Failure;
use crate::config::Config;
use crate::config::key::KeyError;
use crate::domain::actor::Actor;
use crate::policy::{Action, authorise};
use crate::store::schema::{self, Standing};
use crate::store::{Database, DbErr, View, copy as tables};

pub use key::Key;
pub use objects::Moved;

/// A portal's place.
pub struct Side {
    /// Its database: the source's at this program's schema, the target's too or without any.
    pub database: Database,
    /// Where its data folder and its key are.
    pub config: Config,
}

/// How far a copy has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Objects that are at the target as they should be.
    Objects {
        /// How many.
        done: u64,
        /// Of how many.
        of: u64,
        /// Their bytes.
        bytes: u64,
    },
    /// Rows of a table.
    Rows {
        /// What is done with them.
        step: &'static str,
        /// The table.
        table: &'static str,
        /// How many are done.
        done: u64,
        /// Of how many.
        of: u64,
    },
}

/// What was moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    /// Rows of all tables.
    pub rows: u64,
    /// Objects.
    pub objects: Moved,
    /// What became of the server's key.
    pub key: Key,
}

/// Why nothing was moved.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// Rows are there already.
    #[error("the target holds a portal already (there are rows in {0}); name a database that is empty")]
    Occupied(&'static str),
    /// The database is another program's.
    #[error("the target holds tables that are no portal's ({}); name a database that is empty", .0.join(", "))]
    Strangers(Vec<String>),
    /// Both sides have a key, and not the same.
    #[error(
        "the server's key {0} is not the one in {1}, which this portal was made with; take it away, or name another folder with --to-data"
    )]
    OtherKey(PathBuf, PathBuf),
    /// The key is another one than the source was made with.
    #[error(
        "the server's key {0} is not the one that the source was made with; put the right one in its place, from a backup"
    )]
    ForeignKey(PathBuf),
    /// The key cannot be read or written.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The folder of the source's objects is not there.
    #[error(
        "{count} files are attached, and their folder {folder} is not there; name the data folder of the source with --from-data"
    )]
    NoObjects {
        /// The folder.
        folder: PathBuf,
        /// How many files there should be.
        count: u64,
    },
    /// Evidence is missing or altered: a line each.
    #[error("{} files are lost; restore their objects from a backup:\n  {}", .0.len(), .0.join("\n  "))]
    Lost(Vec<String>),
    /// The source was written to meanwhile.
    #[error("the source was written to meanwhile ({table}, first at {row}); stop its gateway first")]
    Changed {
        /// The table where it shows.
        table: &'static str,
        /// The first row where it shows.
        row: String,
    },
    /// The source could not be held still: somebody writes and does not end, or the role may not lock its tables.
    #[error("the source could not be held still for the comparison; stop its gateway first ({0})")]
    Busy(#[source] DbErr),
    /// The target gives back something else than it was given.
    #[error("the target does not hold what it was given ({table}, first at {row}); please report this")]
    Misfit {
        /// The table.
        table: &'static str,
        /// The first such row.
        row: String,
    },
    /// A table could not be read or written.
    #[error("table {table}: {cause}")]
    Table {
        /// Which.
        table: &'static str,
        /// Why.
        cause: DbErr,
    },
    /// It was told to stop.
    #[error("interrupted")]
    Interrupted,
    /// Everything was written and compared, and the commit got no answer.
    #[error("the last step, the commit, got no answer: {0}")]
    Uncertain(#[source] DbErr),
    /// Something else.
    #[error("{0:?}")]
    Failed(Failure),
}

impl<E: Into<Failure>> From<E> for CopyError {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// What a copy works with.
struct Moving<'a> {
    from: &'a Side,
    to: &'a Side,
    progress: RefCell<&'a mut dyn FnMut(Progress)>,
}

impl Moving<'_> {
    fn tell(&self, progress: Progress) {
        (self.progress.borrow_mut())(progress);
    }

    /// The source as it is now, which nobody changes until the view is dropped. It is another database than the one that is being
    /// written to, so that this waits for no connection of that one's.
    async fn held_source(&self) -> Result<View, CopyError> {
        tables::hold(&self.from.database).await.map_err(CopyError::Busy)
    }
}

/// Moves a portal into an empty place, until it is done, fails or is told to stop.
pub async fn copy(
    actor: &Actor,
    from: &Side,
    to: &Side,
    stop: &CancellationToken,
    progress: &mut dyn FnMut(Progress),
) -> Result<Copied, CopyError> {
    authorise(actor, Action::MovePortal)?;
    let moving = Moving { from, to, progress: RefCell::new(progress) };
    let snapshot = from.database.snapshot().await?;
    let key = key::judge(&from.config, &to.config, &snapshot).await?;
    expect_empty(&to.database).await?;
    let objects = until(stop, objects::copy(&moving, &snapshot)).await?;
    let key = key.bring(&to.config)?;
    let rows = rows::copy(&moving, &snapshot, stop).await?;
    Ok(Copied { rows, objects, key })
}

/// Refuses a database that holds anything, and brings one that holds nothing to this program's schema.
async fn expect_empty(database: &Database) -> Result<(), CopyError> {
    let strangers = tables::strangers(database).await?;
    if !strangers.is_empty() {
        return Err(CopyError::Strangers(strangers));
    }
    if schema::standing(database).await? == Standing::Empty {
        schema::up(database).await?;
    }
    let view = database.snapshot().await?;
    for table in tables::TABLES {
        if !table.is_empty(&view).await? {
            return Err(CopyError::Occupied(table.name()));
        }
    }
    Ok(())
}

/// Works until it is done or told to stop, whichever comes first.
async fn until<T>(stop: &CancellationToken, work: impl Future<Output = Result<T, CopyError>>) -> Result<T, CopyError> {
    tokio::select! {
        biased;
        () = stop.cancelled() => Err(CopyError::Interrupted),
        done = work => done,
    }
}
