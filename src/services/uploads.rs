//! Files on their way in: what a transport hands over, unread, and how many of them there may be at once.
//!
//! A use case decides whether it wants a file before the transport pulls a byte of it. Nothing here knows how files travel.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;

use crate::config::Uploads as Limits;
use crate::domain::ids::UserId;
use crate::domain::refusal::Reason;

/// The files of one request, as its transport offers them.
pub type Uploads = Arc<dyn Files>;

/// What a transport offers.
pub trait Files: Send + Sync {
    /// Reads on until a part begins, and gives it. Files come in the order in which they were announced: those before it that nobody
    /// asked for are passed over, and one that was passed is gone.
    fn open<'a>(&'a self, part: &'a str) -> BoxFuture<'a, Result<IncomingFile, Broken>>;
}

/// One file, of which nothing but its name has been read.
pub struct IncomingFile {
    /// What its sender calls it.
    pub name: Option<String>,
    /// Its bytes, as they come.
    pub bytes: BoxStream<'static, Result<Bytes, Broken>>,
}

/// Why no more of a file comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// The sender has gone.
    #[error("the line broke off")]
    Line,
    /// The sender was silent for too long, or took too long.
    #[error("not there in time")]
    Time,
    /// The parts are not those that were announced.
    #[error("not the parts that were announced")]
    Form,
}

impl From<Broken> for Reason {
    fn from(broken: Broken) -> Self {
        match broken {
            Broken::Line => Self::UploadInterrupted,
            Broken::Time => Self::UploadTimedOut,
            Broken::Form => Self::UploadMalformed,
        }
    }
}

/// A file that an input names.
#[derive(Clone)]
pub struct Upload {
    /// The part that holds it.
    pub part: String,
    /// The request's files; `None` when it came without any.
    pub files: Option<Uploads>,
}

/// Who sends files now. A clone counts the same senders.
#[derive(Clone, Default)]
pub struct Seats(Arc<Mutex<HashMap<UserId, u32>>>);

/// A sender's place, given up when it is dropped.
pub struct Seat {
    seats: Seats,
    user: UserId,
}

impl Seats {
    /// Takes a place for a user; refuses when the user, or everybody together, has as many as may be.
    pub(super) fn take(&self, user: UserId, limits: &Limits) -> Result<Seat, Reason> {
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let overall: u32 = taken.values().sum();
        for (count, max) in
            [(taken.get(&user).copied().unwrap_or(0), limits.at_once_per_user), (overall, limits.at_once_overall)]
        {
            if count >= max {
                return Err(Reason::TooManyUploads { max });
            }
        }
        *taken.entry(user).or_default() += 1;
        Ok(Seat { seats: self.clone(), user })
    }

    /// How many places are taken.
    pub(super) fn taken(&self) -> u32 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).values().sum()
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.seats.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = taken.get_mut(&self.user) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.user);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    /// Two places a user, eight in all; each is free again when its file is through.
    #[test]
    fn places_are_counted() {
        let (seats, limits) = (Seats::default(), Config::default().uploads);
        let take = |n| seats.take(UserId::from_uuid(uuid::Uuid::from_u128(n)), &limits);
        let mut held: Vec<_> = (0..8).map(|n| take(n / 2).expect("a place")).collect();
        assert_eq!(take(9).err(), Some(Reason::TooManyUploads { max: 8 }));
        held.remove(7);
        assert_eq!(take(0).err(), Some(Reason::TooManyUploads { max: 2 }));
        held.push(take(9).expect("a place"));
        drop(held);
        assert!(take(0).is_ok() && seats.0.lock().expect("a table").is_empty());
    }
}
