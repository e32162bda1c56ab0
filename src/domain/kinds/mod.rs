//! The kinds of application. A new one is a file here, a variant of [`Details`] and a row in [`all`].
//!
//! The only match on the kind is in this file: review, events, outbox and transport speak of applications.

use super::refusal::{Reason, Refusal};
use super::review::CorrectionTarget;

pub mod start_of_use;

pub use start_of_use::StartOfUse;

/// A kind of application.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ApplicationKind {
    /// 利用開始申請.
    StartOfUse,
}

/// What a kind asks of its applicant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Details {
    /// 利用開始申請.
    StartOfUse(StartOfUse),
}

/// Every kind.
pub const fn all() -> &'static [ApplicationKind] {
    &[ApplicationKind::StartOfUse]
}

impl Details {
    /// Which kind this is.
    pub const fn kind(&self) -> ApplicationKind {
        match self {
            Self::StartOfUse(_) => ApplicationKind::StartOfUse,
        }
    }

    /// What is still missing or wrong, in the form's order; an empty list can be sent.
    pub fn readiness(&self, circumstances: &start_of_use::Circumstances<'_>) -> Vec<Refusal> {
        match self {
            Self::StartOfUse(details) => details.readiness(circumstances),
        }
    }

    /// What sending fixes: a match is used up, its terms stay accepted.
    pub fn mark_submitted(&mut self, now: chrono::DateTime<chrono::Utc>) {
        match self {
            Self::StartOfUse(details) => details.mark_submitted(now),
        }
    }

    /// What a return undoes: a pinned check must be passed again.
    pub fn reopen(&mut self, corrections: &[CorrectionTarget]) {
        match self {
            Self::StartOfUse(details) => details.reopen(corrections),
        }
    }

    /// Whether the check of method ① can be run: it is chosen, or none is and the check chooses it.
    pub const fn takes_registry_match(&self) -> bool {
        match self {
            Self::StartOfUse(details) => details.takes_registry_match(),
        }
    }

    /// Whether method ② is chosen, so that files count.
    pub const fn takes_evidence(&self) -> bool {
        match self {
            Self::StartOfUse(details) => details.takes_evidence(),
        }
    }

    /// Makes ready for a file: method ② is chosen by it when no method is, and refused when the other one is.
    pub fn choose_evidence(&mut self) -> Result<(), Reason> {
        match self {
            Self::StartOfUse(details) => details.choose_evidence(),
        }
    }

    /// How many accounts approval issues.
    pub fn accounts_to_issue(&self) -> u32 {
        match self {
            Self::StartOfUse(details) => details.device_count.unwrap_or(0),
        }
    }
}
