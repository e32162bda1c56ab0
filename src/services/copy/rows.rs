//! The rows: out of a snapshot, into one transaction, and compared before that becomes true.

use std::cell::Cell;

use tokio_util::sync::CancellationToken;

use super::{CopyError, Moving, Progress, until};
use crate::store::copy::{self, TABLES, Table};
use crate::store::counters::{self, Counter};
use crate::store::{DbErr, Transaction, View};

/// Writes and compares every row, and commits when all is well. Gives the number of rows.
pub(super) async fn copy(moving: &Moving<'_>, snapshot: &View, stop: &CancellationToken) -> Result<u64, CopyError> {
    let may_commit = &Cell::new(false);
    let copied = moving.to.database.write_once(|tx| async move {
        let done = until(stop, write_and_compare(moving, snapshot, &tx)).await?;
        may_commit.set(true);
        Ok(done)
    });
    match copied.await {
        // Only now may the source change again.
        Ok((rows, _held)) => Ok(rows),
        Err(CopyError::Failed(failure)) if may_commit.get() => {
            Err(CopyError::Uncertain(DbErr::Custom(format!("{failure:?}"))))
        }
        Err(error) => Err(error),
    }
}

/// Gives the source, held still, with the number of rows.
async fn write_and_compare(moving: &Moving<'_>, snapshot: &View, tx: &Transaction) -> Result<(u64, View), CopyError> {
    copy::make_ready(tx).await?;
    let mut all = 0;
    for table in TABLES {
        if !table.is_empty(tx).await? {
            return Err(CopyError::Occupied(table.name()));
        }
        let of = table.count(snapshot).await.map_err(at(table))?;
        let told = |done| moving.tell(Progress::Rows { step: "writing", table: table.name(), done, of });
        all += table.copy(snapshot, tx, &told).await.map_err(at(table))?;
    }
    for counter in Counter::ALL {
        counters::go_on_after(tx, counter, counters::last(&**snapshot, counter).await?).await?;
    }
    copy::settle(tx).await?;
    Ok((all, compare(moving, snapshot, tx).await?))
}

/// Compares with the source as it is now, and keeps it so until the end; the commit comes right after. A difference is a write that
/// came after the snapshot, or, where the snapshot differs too, a row that the target did not take as it was.
async fn compare(moving: &Moving<'_>, snapshot: &View, tx: &Transaction) -> Result<View, CopyError> {
    let held = moving.held_source().await?;
    let now = &held;
    for table in TABLES {
        let of = table.count(now).await.map_err(at(table))?;
        let told = |done| moving.tell(Progress::Rows { step: "comparing", table: table.name(), done, of });
        let Some(difference) = table.difference(now, tx, &told).await.map_err(at(table))? else {
            if of > 0 {
                told(of);
            }
            continue;
        };
        let misfit = table.difference(snapshot, tx, &|_| ()).await.map_err(at(table))?;
        return Err(match misfit {
            Some(misfit) => CopyError::Misfit { table: table.name(), row: misfit.key },
            None => CopyError::Changed { table: table.name(), row: difference.key },
        });
    }
    for counter in Counter::ALL {
        if counters::last(&**now, counter).await? != counters::last(&**tx, counter).await? {
            return Err(CopyError::Changed { table: "counters", row: format!("{counter:?}") });
        }
    }
    Ok(held)
}

fn at(table: &dyn Table) -> impl Fn(DbErr) -> CopyError {
    let table = table.name();
    move |cause| CopyError::Table { table, cause }
}
