//! Who acts: an actor is what the policy judges and what every scope is a predicate of.

use madoguchi_ids::{SessionId, UserId};

/// What a person is to the counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// Applies for the facilities that they hold.
    Applicant,
    /// Staff of the operating bodies who decide on applications.
    Reviewer,
    /// Runs the gateway; reads everything, decides nothing.
    Operator,
}

impl Role {
    /// Whether this role works at the counter rather than in front of it.
    pub const fn is_staff(self) -> bool {
        matches!(self, Self::Reviewer | Self::Operator)
    }
}

/// Who makes a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Actor {
    /// Nobody logged in.
    Anonymous,
    /// A logged-in person.
    User {
        /// The person.
        user: UserId,
        /// What they are to the counter.
        role: Role,
        /// The login that this request belongs to.
        session: SessionId,
    },
    /// The gateway itself: jobs and the command line.
    System,
}

impl Actor {
    /// The person, when there is one.
    pub const fn user(&self) -> Option<UserId> {
        match self {
            Self::User { user, .. } => Some(*user),
            Self::Anonymous | Self::System => None,
        }
    }

    /// The login that the person came by.
    pub const fn session(&self) -> Option<SessionId> {
        match self {
            Self::User { session, .. } => Some(*session),
            Self::Anonymous | Self::System => None,
        }
    }

    /// The role, when a person acts.
    pub const fn role(&self) -> Option<Role> {
        match self {
            Self::User { role, .. } => Some(*role),
            Self::Anonymous | Self::System => None,
        }
    }
}
