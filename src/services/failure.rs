//! What a use case gives when it does not succeed: a refusal that the user can mend, or a fault that we must.

use std::error::Error;
use std::fmt;

use crate::domain::refusal::{Reason, Refusal};
use crate::storage::StorageError;
use crate::store::{Cause, DbErr, is_busy};

/// The outcome of a use case.
pub type Outcome<T> = Result<T, Failure>;

/// Refusal or fault, nothing between.
#[derive(Debug)]
pub enum Failure {
    /// The user can mend it: at least one refusal.
    Refused(Vec<Refusal>),
    /// We must mend it; its cause goes to the log only.
    Fault(Fault),
}

/// A fault with its cause.
#[derive(Debug)]
pub struct Fault(Box<dyn Error + Send + Sync>);

impl Fault {
    /// Wraps a cause.
    pub fn new(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(cause.into())
    }

    /// Whether the database had no connection free in time, or no turn to write, which passes by itself.
    pub fn is_overload(&self) -> bool {
        self.0.downcast_ref().is_some_and(|error| matches!(error, DbErr::ConnectionAcquire(_)) || is_busy(error))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

impl Error for Fault {}

impl From<Reason> for Failure {
    fn from(reason: Reason) -> Self {
        Self::Refused(vec![reason.into()])
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(vec![refusal])
    }
}

impl From<Vec<Refusal>> for Failure {
    fn from(refusals: Vec<Refusal>) -> Self {
        Self::Refused(refusals)
    }
}

impl From<DbErr> for Failure {
    fn from(error: DbErr) -> Self {
        Self::Fault(Fault::new(error))
    }
}

impl Cause for Failure {
    fn cause(&self) -> Option<&DbErr> {
        match self {
            Self::Fault(Fault(cause)) => cause.downcast_ref(),
            Self::Refused(_) => None,
        }
    }
}

impl From<StorageError> for Failure {
    fn from(error: StorageError) -> Self {
        if error.is_full() {
            tracing::error!(cause = %error, "the disk for objects is full");
            return Reason::StorageFull.into();
        }
        Self::Fault(Fault::new(error))
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}
