//! The status machine of all kinds of application.
//!
//! The operating bodies publish no status words; these are the project's own, and the enum stays open for more.

use super::language::Language;
use super::refusal::Reason;

/// Where an application stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ApplicationStatus {
    /// Being filled in.
    Draft,
    /// Sent, waiting for a reviewer.
    Submitted,
    /// A reviewer has it.
    InReview,
    /// Sent back to be corrected.
    Returned,
    /// Approved; its accounts are being issued.
    Approved,
    /// Accounts are issued and the completion mail is on its way.
    Completed,
    /// Refused for good; a new application may be made.
    Rejected,
    /// Taken back by its applicant.
    Withdrawn,
}

/// What may be done to an application as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Command {
    /// The applicant sends it, for the first time or corrected.
    Submit,
    /// A reviewer takes it.
    Claim,
    /// The reviewer puts it back.
    Release,
    /// The reviewer approves it.
    Approve,
    /// The gateway issues its accounts.
    IssueAccounts,
    /// The reviewer sends it back to be corrected.
    Return,
    /// The reviewer refuses it.
    Reject,
    /// The applicant takes it back.
    Withdraw,
}

impl ApplicationStatus {
    /// Every status, in the order of a life.
    pub const ALL: [Self; 8] = [
        Self::Draft,
        Self::Submitted,
        Self::InReview,
        Self::Returned,
        Self::Approved,
        Self::Completed,
        Self::Rejected,
        Self::Withdrawn,
    ];

    /// The status in the reader's language.
    pub fn label(self, language: Language) -> &'static str {
        match self {
            Self::Draft => language.pick("作成中", "a draft"),
            Self::Submitted => language.pick("受付済み", "submitted"),
            Self::InReview => language.pick("審査中", "in review"),
            Self::Returned => language.pick("差戻し", "returned"),
            Self::Approved => language.pick("承認済み", "approved"),
            Self::Completed => language.pick("手続き完了", "completed"),
            Self::Rejected => language.pick("却下", "rejected"),
            Self::Withdrawn => language.pick("取下げ", "withdrawn"),
        }
    }

    /// The status after a command, or the refusal that it is no time for it.
    pub const fn after(self, command: Command) -> Result<Self, Reason> {
        match (self, command) {
            (Self::Draft | Self::Returned, Command::Submit) | (Self::InReview, Command::Release) => Ok(Self::Submitted),
            // A claim on a case in review is a take-over; whether its lease has run out is the review's rule.
            (Self::Submitted | Self::InReview, Command::Claim) => Ok(Self::InReview),
            (Self::InReview, Command::Approve) => Ok(Self::Approved),
            (Self::Approved, Command::IssueAccounts) => Ok(Self::Completed),
            (Self::InReview, Command::Return) => Ok(Self::Returned),
            (Self::InReview, Command::Reject) => Ok(Self::Rejected),
            // A returned application may be taken back too: who cannot correct it must not be stuck with it.
            (Self::Draft | Self::Submitted | Self::Returned, Command::Withdraw) => Ok(Self::Withdrawn),
            _ => Err(Reason::InvalidStateTransition { status: self, command }),
        }
    }

    /// Whether its applicant may change what it says.
    pub const fn is_editable(self) -> bool {
        matches!(self, Self::Draft | Self::Returned)
    }

    /// Whether it still says what was sent last: it was sent, and could not be changed since.
    pub const fn is_as_sent(self) -> bool {
        matches!(self, Self::Submitted | Self::InReview | Self::Approved | Self::Completed | Self::Rejected)
    }

    /// Whether nothing more can happen to it.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Completed | Self::Rejected | Self::Withdrawn)
    }

    /// Whether it keeps the facility from beginning another of its kind (E20).
    pub const fn blocks_another(self) -> bool {
        !matches!(self, Self::Rejected | Self::Withdrawn)
    }
}

impl Command {
    /// Every command.
    pub const ALL: [Self; 8] = [
        Self::Submit,
        Self::Claim,
        Self::Release,
        Self::Approve,
        Self::IssueAccounts,
        Self::Return,
        Self::Reject,
        Self::Withdraw,
    ];
}

#[cfg(test)]
mod tests {
    use super::*;
    use ApplicationStatus::{Approved, Completed, Draft, InReview, Rejected, Returned, Submitted, Withdrawn};

    /// Every status under every command: the allowed ones lead where the picture says, all others are refused.
    #[test]
    fn every_status_under_every_command() {
        let allowed = [
            (Draft, Command::Submit, Submitted),
            (Draft, Command::Withdraw, Withdrawn),
            (Submitted, Command::Claim, InReview),
            (Submitted, Command::Withdraw, Withdrawn),
            (InReview, Command::Claim, InReview),
            (InReview, Command::Release, Submitted),
            (InReview, Command::Approve, Approved),
            (InReview, Command::Return, Returned),
            (InReview, Command::Reject, Rejected),
            (Returned, Command::Submit, Submitted),
            (Returned, Command::Withdraw, Withdrawn),
            (Approved, Command::IssueAccounts, Completed),
        ];
        for status in ApplicationStatus::ALL {
            for command in Command::ALL {
                let expected = allowed.iter().find(|row| (row.0, row.1) == (status, command)).map(|row| row.2);
                assert_eq!(status.after(command).ok(), expected, "{status:?} under {command:?}");
            }
        }
    }

    /// A final status accepts no command at all.
    #[test]
    fn nothing_happens_after_the_end() {
        for status in ApplicationStatus::ALL.into_iter().filter(|status| status.is_final()) {
            assert!(Command::ALL.into_iter().all(|command| status.after(command).is_err()), "{status:?}");
        }
    }
}
