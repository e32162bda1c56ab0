//! Typed identifiers: a UUIDv7 that knows what it names, written as a TypeID (`application_01k…`).
//!
//! The one crate that the domain and the database models share, so that an id keeps its kind from a client's text to a column.
//! A new noun is one row of the table at the end. Format: TypeID specification 0.3 (prefix, `_`, 26 characters of base 32).

use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use typeid_suffix::prelude::TypeIdSuffix;
use uuid::Uuid;

#[cfg(feature = "sea-orm")]
mod column;

/// What an id names.
pub trait Kind: 'static {
    /// The part of the text before the underscore.
    const PREFIX: &'static str;
}

/// An identifier of one kind of thing.
pub struct Id<K> {
    uuid: Uuid,
    kind: PhantomData<fn() -> K>,
}

impl<K> Id<K> {
    /// Wraps a UUID that is known to name this kind of thing.
    pub const fn from_uuid(uuid: Uuid) -> Self {
        Self { uuid, kind: PhantomData }
    }

    /// The bare UUID, as the database stores it.
    pub const fn uuid(self) -> Uuid {
        self.uuid
    }

    /// The same UUID as the name of something that exists once for each of these (a review case for each application).
    pub const fn cast<Other>(self) -> Id<Other> {
        Id::from_uuid(self.uuid)
    }
}

/// Why a text is not an id of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IdError {
    /// A well-formed id, but of something else.
    WrongKind {
        /// The prefix that was wanted.
        expected: &'static str,
        /// The prefix that was given.
        found: String,
    },
    /// Not an id at all.
    Malformed {
        /// The prefix that was wanted.
        expected: &'static str,
    },
}

impl fmt::Display for IdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WrongKind { expected, found } => {
                write!(f, "expected an id of kind {expected}, found one of kind {found}")
            }
            Self::Malformed { expected } => write!(f, "not an id; ids of this kind look like {expected}_01k…"),
        }
    }
}

impl std::error::Error for IdError {}

/// The longest prefix that a TypeID has, in bytes.
const LONGEST_PREFIX: usize = 63;

/// Splits a text into prefix and UUID; `None` when it is no TypeID.
pub fn parse_any(text: &str) -> Option<(&str, Uuid)> {
    let (prefix, suffix) = text.rsplit_once('_')?;
    let known =
        (1..=LONGEST_PREFIX).contains(&prefix.len()) && prefix.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    let suffix = TypeIdSuffix::from_str(suffix).ok()?;
    known.then(|| (prefix, suffix.to_uuid()))
}

impl<K: Kind> FromStr for Id<K> {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match parse_any(text) {
            Some((prefix, uuid)) if prefix == K::PREFIX => Ok(Self::from_uuid(uuid)),
            Some((prefix, _)) => Err(IdError::WrongKind { expected: K::PREFIX, found: prefix.to_owned() }),
            None => Err(IdError::Malformed { expected: K::PREFIX }),
        }
    }
}

impl<K: Kind> fmt::Display for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}", K::PREFIX, TypeIdSuffix::from(self.uuid))
    }
}

impl<K: Kind> fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<K> Clone for Id<K> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K> Copy for Id<K> {}

impl<K> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.uuid == other.uuid
    }
}

impl<K> Eq for Id<K> {}

impl<K> PartialOrd for Id<K> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<K> Ord for Id<K> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.uuid.cmp(&other.uuid)
    }
}

impl<K> Hash for Id<K> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.uuid.hash(state);
    }
}

impl<K: Kind> Serialize for Id<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, K: Kind> Deserialize<'de> for Id<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident $id:ident $prefix:literal;)*) => {
        /// Markers, one for each kind of thing that has an id.
        pub mod kind {
            $($(#[$doc])* #[derive(Debug)] pub enum $name {}
            impl crate::Kind for $name {
                const PREFIX: &'static str = $prefix;
            })*
        }
        $($(#[$doc])* pub type $id = Id<kind::$name>;)*
    };
}

kinds! {
    /// A person who can log in.
    User UserId "user";
    /// A clinic, a checkup provider or a midwifery home.
    Facility FacilityId "facility";
    /// An application of any kind.
    Application ApplicationId "application";
    /// The reviewers' side of an application; the same UUID as the application's.
    ReviewCase ReviewCaseId "review_case";
    /// One decision of a reviewer.
    Decision DecisionId "decision";
    /// A file that was added to an application.
    Attachment AttachmentId "attachment";
    /// An account of the eligibility app, one a device.
    EligibilityAccount EligibilityAccountId "account";
    /// One event in the life of an application.
    ApplicationEvent ApplicationEventId "event";
    /// A login of a user.
    Session SessionId "session";
    /// A registration that waits for its link to be followed.
    Registration RegistrationId "registration";
    /// A request to set a new password.
    PasswordReset PasswordResetId "password_reset";
    /// One try at matching a facility with the registry.
    VerificationAttempt VerificationAttemptId "verification_attempt";
    /// One row of the outbox; for a mail also its Message-ID.
    OutboxMessage OutboxMessageId "outbox";
    /// An address of a file that was given out.
    Ticket TicketId "ticket";
    /// One row of the audit trail.
    AuditEntry AuditEntryId "audit";
    /// An announcement of the operating bodies.
    Announcement AnnouncementId "announcement";
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The specification's own example reads and writes unchanged.
    #[test]
    fn an_id_reads_as_it_was_written() {
        let text = "user_01h455vb4pex5vsknk084sn02q";
        let id: Result<UserId, _> = text.parse();
        assert_eq!(id.map(|id| id.to_string()).as_deref(), Ok(text));
    }

    /// An id of another kind is refused by name, and a prefix with an underscore is one prefix.
    #[test]
    fn an_id_of_another_kind_is_refused() {
        let id: Result<FacilityId, _> = "review_case_01h455vb4pex5vsknk084sn02q".parse();
        assert_eq!(id, Err(IdError::WrongKind { expected: "facility", found: "review_case".into() }));
    }

    /// What is not an id at all is told so.
    #[test]
    fn noise_is_malformed() {
        for text in ["", "_", "user", "user_", "user_81h455vb4pex5vsknk084sn02q", "USER_01h455vb4pex5vsknk084sn02q"] {
            let id: Result<UserId, _> = text.parse();
            assert_eq!(id, Err(IdError::Malformed { expected: "user" }), "{text}");
        }
        // The prefix is repeated to whoever sent it, and the specification bounds it.
        let of = |length: usize| format!("{}_01h455vb4pex5vsknk084sn02q", "k".repeat(length));
        assert!(parse_any(&of(63)).is_some() && parse_any(&of(64)).is_none());
    }
}
