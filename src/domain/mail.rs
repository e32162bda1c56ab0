//! The mails that the counter sends: which, to whom, and the facts inside. Words and looks are templates.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::ids::{ApplicationId, DecisionId, OutboxMessageId, PasswordResetId, RegistrationId};

/// A mail to be written. It names rows instead of repeating them, and never holds a token, a password or an account (E27, R54).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "mail", rename_all = "kebab-case")]
pub enum Mail {
    /// The link that completes a registration.
    ConfirmRegistration {
        /// The registration.
        registration: RegistrationId,
        /// Where to.
        to: String,
    },
    /// Somebody registered with an address that has a login already.
    AlreadyRegistered {
        /// Where to.
        to: String,
    },
    /// The link that sets a new password.
    ResetPassword {
        /// The request.
        reset: PasswordResetId,
        /// Where to.
        to: String,
    },
    /// Somebody asked for a new password with an address that has no login.
    NoSuchLogin {
        /// Where to.
        to: String,
    },
    /// It was sent, for the first time or corrected.
    ApplicationSubmitted {
        /// The application.
        application: ApplicationId,
    },
    /// It was sent back to be corrected.
    ApplicationReturned {
        /// The application.
        application: ApplicationId,
        /// The decision, with its reason and corrections.
        decision: DecisionId,
    },
    /// It was refused.
    ApplicationRejected {
        /// The application.
        application: ApplicationId,
        /// The decision, with its reason.
        decision: DecisionId,
    },
    /// 手続き完了 (R51–R58); goes to the address that the applicant has when it is sent (E26).
    ApplicationCompleted {
        /// The application.
        application: ApplicationId,
    },
}

/// Every template, in the order in which an applicant meets them.
pub const TEMPLATES: [&str; 8] = [
    "confirm-registration",
    "already-registered",
    "reset-password",
    "no-such-login",
    "application-submitted",
    "application-returned",
    "application-rejected",
    "application-completed",
];

/// How a mail stands, as operators see it: no address and nothing that it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posting {
    /// The message's id; also its Message-ID.
    pub id: OutboxMessageId,
    /// The template's name; `None` for a row that this program cannot read.
    pub template: Option<&'static str>,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
    /// How often it was tried in vain.
    pub attempts: i32,
    /// Why the last try failed, in a word.
    pub last_error: Option<String>,
    /// Where it is.
    pub standing: PostingStanding,
}

/// Where a mail is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PostingStanding {
    /// It goes out at this instant, or as soon as the gateway runs.
    Waiting(DateTime<Utc>),
    /// It was handed over.
    Delivered(DateTime<Utc>),
    /// It was given up and goes out only when an operator sends it again.
    Dead(DateTime<Utc>),
}

/// Whom a mail goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recipient {
    /// The address that was typed.
    Address(String),
    /// Whoever applied, at the address that they have when it is sent (E26).
    ApplicantOf(ApplicationId),
}

impl Mail {
    /// Whom it goes to.
    pub fn recipient(&self) -> Recipient {
        match self {
            Self::ConfirmRegistration { to, .. }
            | Self::AlreadyRegistered { to }
            | Self::ResetPassword { to, .. }
            | Self::NoSuchLogin { to } => Recipient::Address(to.clone()),
            Self::ApplicationSubmitted { application }
            | Self::ApplicationReturned { application, .. }
            | Self::ApplicationRejected { application, .. }
            | Self::ApplicationCompleted { application } => Recipient::ApplicantOf(*application),
        }
    }

    /// The template's name.
    pub const fn template(&self) -> &'static str {
        match self {
            Self::ConfirmRegistration { .. } => "confirm-registration",
            Self::AlreadyRegistered { .. } => "already-registered",
            Self::ResetPassword { .. } => "reset-password",
            Self::NoSuchLogin { .. } => "no-such-login",
            Self::ApplicationSubmitted { .. } => "application-submitted",
            Self::ApplicationReturned { .. } => "application-returned",
            Self::ApplicationRejected { .. } => "application-rejected",
            Self::ApplicationCompleted { .. } => "application-completed",
        }
    }
}
