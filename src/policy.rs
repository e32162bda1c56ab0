//! Who may do what: one table of actions and standings, pure.
//!
//! The table answers for the role; which rows a person sees is `store::scope`, what a status allows is the status machine. The
//! committed matrix in docs/authorization.md is tested against a running gateway.

use crate::domain::actor::{Actor, Role};
use crate::domain::refusal::Reason;

/// Something that is done at the counter. Each service function asks for one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// Read announcements, questions, terms and contact; register, log in, ask for a new password (R02, R06).
    UsePublicPages,
    /// See one's own login and what belongs to it.
    SeeOwnLogin,
    /// See a facility, its form, its menus and its accounts (R01).
    SeeFacility,
    /// See an application, its history and its decisions.
    SeeApplication,
    /// Register a further facility (E38).
    AddFacility,
    /// Make a login for somebody else: the command line only.
    CreateUser,
    /// Take the settings documents of accounts, with their initial passwords (R11, R53).
    TakeSettings,
    /// Take the receipt of an application that was sent.
    TakeReceipt,
    /// Begin, change, verify, send or take back an application.
    Apply,
    /// See review cases.
    SeeReview,
    /// Claim a case, put it back, decide on it.
    Review,
    /// Bring the registry in; the command line only.
    ImportRegistry,
    /// See how mails stand and send them again; the command line only.
    ManageMails,
    /// Look for objects without rows and rows without objects; the command line only.
    SweepObjects,
    /// Take a backup, check one, restore one; the command line only.
    KeepBackups,
    /// Move a whole portal to another database; the command line only.
    MovePortal,
}

impl Action {
    /// Every action.
    pub const ALL: [Self; 16] = [
        Self::UsePublicPages,
        Self::SeeOwnLogin,
        Self::SeeFacility,
        Self::SeeApplication,
        Self::AddFacility,
        Self::CreateUser,
        Self::TakeSettings,
        Self::TakeReceipt,
        Self::Apply,
        Self::SeeReview,
        Self::Review,
        Self::ImportRegistry,
        Self::ManageMails,
        Self::SweepObjects,
        Self::KeepBackups,
        Self::MovePortal,
    ];

    /// The roles that may; anonymous visitors may only use the public pages.
    const fn roles(self) -> &'static [Role] {
        match self {
            Self::UsePublicPages | Self::SeeOwnLogin | Self::SeeFacility | Self::SeeApplication | Self::TakeReceipt => {
                &[Role::Applicant, Role::Reviewer, Role::Operator]
            }
            // Staff never see an initial password: who could see it could use the account.
            Self::AddFacility | Self::Apply | Self::TakeSettings => &[Role::Applicant],
            Self::CreateUser
            | Self::ImportRegistry
            | Self::ManageMails
            | Self::SweepObjects
            | Self::KeepBackups
            | Self::MovePortal => &[],
            Self::SeeReview => &[Role::Reviewer, Role::Operator],
            Self::Review => &[Role::Reviewer],
        }
    }
}

/// Lets the actor go on, or says why not: nobody logged in, or a role without a part in this.
pub fn authorise(actor: &Actor, action: Action) -> Result<(), Reason> {
    match actor {
        Actor::System => Ok(()),
        Actor::Anonymous if action == Action::UsePublicPages => Ok(()),
        Actor::Anonymous => Err(Reason::Unauthenticated),
        Actor::User { role, .. } if action.roles().contains(role) => Ok(()),
        Actor::User { .. } => Err(Reason::Forbidden),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::{SessionId, UserId};

    /// The whole table, written out: a changed row is a changed line here.
    #[test]
    fn the_table_is_as_written() {
        let user = |role| {
            let nil = uuid::Uuid::nil();
            Actor::User { user: UserId::from_uuid(nil), role, session: SessionId::from_uuid(nil) }
        };
        let actors = [Actor::Anonymous, user(Role::Applicant), user(Role::Reviewer), user(Role::Operator)];
        let table: Vec<String> = Action::ALL
            .iter()
            .map(|action| {
                let marks: String =
                    actors.iter().map(|a| if authorise(a, *action).is_ok() { 'x' } else { '-' }).collect();
                format!("{marks} {action:?}")
            })
            .collect();
        let expected = [
            "xxxx UsePublicPages",
            "-xxx SeeOwnLogin",
            "-xxx SeeFacility",
            "-xxx SeeApplication",
            "-x-- AddFacility",
            "---- CreateUser",
            "-x-- TakeSettings",
            "-xxx TakeReceipt",
            "-x-- Apply",
            "--xx SeeReview",
            "--x- Review",
            "---- ImportRegistry",
            "---- ManageMails",
            "---- SweepObjects",
            "---- KeepBackups",
            "---- MovePortal",
        ];
        assert_eq!(table, expected);
    }
}
