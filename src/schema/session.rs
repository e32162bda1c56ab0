//! Logging in and out, and new passwords: inputs and payloads.

use async_graphql::{Enum, InputObject, SimpleObject};
use chrono::{DateTime, Utc};

use super::errors::UserError;
use super::person::User;
use super::scalars::ConfidentialText;

/// How a client gets its session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Enum)]
pub enum SessionDelivery {
    /// As a token in the payload, to be sent as `Authorization: Bearer …`: for apps and scripts.
    #[default]
    Bearer,
    /// As a cookie that scripts of a page cannot read: for browsers. Works over HTTP only.
    Cookie,
}

/// Input of `logIn` (ログイン).
#[derive(Debug, InputObject)]
pub struct LogInInput {
    /// The mail address that you registered with.
    pub email: String,
    /// Your password.
    pub password: ConfidentialText,
    /// How the session comes to you.
    #[graphql(default)]
    pub delivery: SessionDelivery,
}

/// Payload of `logIn`.
#[derive(Debug, SimpleObject)]
pub struct LogInPayload {
    /// The session's token, shown this once; null with delivery `COOKIE` or when something was refused.
    pub token: Option<String>,
    /// When the session ends by itself; null when something was refused.
    pub expires_at: Option<DateTime<Utc>>,
    /// Who is logged in, with what is theirs; null when something was refused.
    pub user: Option<User>,
    /// What was refused, and how to mend it.
    pub user_errors: Vec<UserError>,
}

/// Payload of `logOut`.
#[derive(Debug, SimpleObject)]
pub struct LogOutPayload {
    /// What was refused: nothing is at present.
    pub user_errors: Vec<UserError>,
}

/// Input of `requestPasswordReset` (パスワードの再設定).
#[derive(Debug, InputObject)]
pub struct RequestPasswordResetInput {
    /// The mail address that you registered with.
    pub email: String,
}

/// Payload of `requestPasswordReset`. It is the same whether or not the address has a login.
#[derive(Debug, SimpleObject)]
pub struct RequestPasswordResetPayload {
    /// What to do next, in words; null when something was refused.
    pub next_step: Option<String>,
    /// What was refused, and how to mend it.
    pub user_errors: Vec<UserError>,
}

/// Input of `resetPassword`.
#[derive(Debug, InputObject)]
pub struct ResetPasswordInput {
    /// The token out of the mail.
    pub token: ConfidentialText,
    /// A new password of at least 15 characters and at most 128 bytes.
    pub new_password: ConfidentialText,
}

/// Payload of `resetPassword`.
#[derive(Debug, SimpleObject)]
pub struct ResetPasswordPayload {
    /// What to do next, in words; null when something was refused.
    pub next_step: Option<String>,
    /// What was refused, and how to mend it.
    pub user_errors: Vec<UserError>,
}
