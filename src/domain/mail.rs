//! The mails that the counter sends: which, to whom, and the facts inside. Words and looks are templates.

use serde::{Deserialize, Serialize};

use super::ids::{ApplicationId, PasswordResetId, RegistrationId};

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
    /// 手続き完了 (R51–R58); goes to the address that the applicant has when it is sent (E26).
    ApplicationCompleted {
        /// The application.
        application: ApplicationId,
    },
}

impl Mail {
    /// The template's name.
    pub const fn template(&self) -> &'static str {
        match self {
            Self::ConfirmRegistration { .. } => "confirm-registration",
            Self::AlreadyRegistered { .. } => "already-registered",
            Self::ResetPassword { .. } => "reset-password",
            Self::NoSuchLogin { .. } => "no-such-login",
            Self::ApplicationCompleted { .. } => "application-completed",
        }
    }
}
