//! People who log in, and how they come to be.

use async_graphql::{Enum, InputObject, SimpleObject};

use super::errors::UserError;
use super::facility::{Facility, FacilityKind};
use super::scalars::ConfidentialText;
use crate::domain;

/// What a person is to the counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::actor::Role")]
pub enum Role {
    /// 申請者: applies for the facilities that they hold.
    Applicant,
    /// 審査担当: decides on applications.
    Reviewer,
    /// 運用担当: runs the gateway; reads everything, decides nothing.
    Operator,
}

/// A person who can log in.
#[derive(Debug, Clone)]
pub struct User(pub domain::person::User);

/// Input of `registerUser` (ユーザー登録).
#[derive(Debug, InputObject)]
pub struct RegisterUserInput {
    /// Your name (氏名), 1 to 100 characters.
    pub display_name: String,
    /// The kind of your facility (施設区分).
    pub facility_kind: FacilityKind,
    /// Its code as your papers show it: 登録記号番号, 健診等機関番号 or 助産所コード. Hyphens and full-width digits are fine.
    pub facility_code: String,
    /// Its name (施設名), at most 100 characters; when left out it is called by kind and code.
    pub facility_name: Option<String>,
    /// Your telephone number (電話番号): 10 or 11 digits from a leading zero, hyphens as you like.
    pub phone_number: String,
    /// Your mail address (メールアドレス), by which you will log in.
    pub email: String,
    /// A password (パスワード) of at least 15 characters and at most 128 bytes.
    pub password: ConfidentialText,
}

/// Payload of `registerUser`. It is the same whether or not the address has a login already.
#[derive(Debug, SimpleObject)]
pub struct RegisterUserPayload {
    /// What to do next, in words; null when something was refused.
    pub next_step: Option<String>,
    /// What was refused, and how to mend it.
    pub user_errors: Vec<UserError>,
}

/// Input of `confirmRegistration`.
#[derive(Debug, InputObject)]
pub struct ConfirmRegistrationInput {
    /// The token out of the mail.
    pub token: ConfidentialText,
}

/// Payload of `confirmRegistration`.
#[derive(Debug, SimpleObject)]
pub struct ConfirmRegistrationPayload {
    /// The new user; log in to see what is theirs. Null when something was refused.
    pub user: Option<User>,
    /// What was refused, and how to mend it.
    pub user_errors: Vec<UserError>,
}

/// Input of `addFacility`.
#[derive(Debug, InputObject)]
pub struct AddFacilityInput {
    /// The kind of the facility (施設区分).
    pub kind: FacilityKind,
    /// Its code as your papers show it: 登録記号番号, 健診等機関番号 or 助産所コード.
    pub code: String,
    /// Its name (施設名), at most 100 characters; when left out it is called by kind and code.
    pub name: Option<String>,
}

/// Payload of `addFacility`.
#[derive(Debug, SimpleObject)]
pub struct AddFacilityPayload {
    /// The facility, now yours; null when something was refused.
    pub facility: Option<Facility>,
    /// What was refused, and how to mend it.
    pub user_errors: Vec<UserError>,
}
