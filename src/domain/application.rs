//! An application of any kind: what it shares with all others, and its kind's own details.

use chrono::{DateTime, Utc};

use super::attachment::Attachment;
use super::ids::{ApplicationId, FacilityId, UserId};
use super::kinds::Details;
use super::refusal::Reason;
use super::review::CorrectionTarget;
use super::status::{ApplicationStatus, Command};

/// An application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Application {
    /// Its id.
    pub id: ApplicationId,
    /// 受付番号: can be said on the phone.
    pub number: String,
    /// The facility that applies.
    pub facility: FacilityId,
    /// Who applies for it.
    pub applicant: UserId,
    /// Where it stands.
    pub status: ApplicationStatus,
    /// Grows by one with each change; what `expectedVersion` is compared with.
    pub version: i32,
    /// When its draft was begun.
    pub created_at: DateTime<Utc>,
    /// When it was last sent.
    pub submitted_at: Option<DateTime<Utc>>,
    /// When it was last decided on.
    pub decided_at: Option<DateTime<Utc>>,
    /// What its last return pinned; empty unless it is returned.
    pub open_corrections: Vec<CorrectionTarget>,
    /// What its kind asks.
    pub details: Details,
}

impl Application {
    /// Moves on by a command: the new status and one version more.
    pub fn apply(&mut self, command: Command) -> Result<(), Reason> {
        self.status = self.status.after(command)?;
        self.version += 1;
        if self.status != ApplicationStatus::Returned {
            self.open_corrections.clear();
        }
        Ok(())
    }

    /// Refuses when somebody changed it since the version that the client saw.
    pub fn expect_version(&self, expected: i32) -> Result<(), Reason> {
        if self.version == expected { Ok(()) } else { Err(Reason::VersionConflict { current: self.version }) }
    }

    /// What its applicant may do now, in the order of the form.
    pub fn actions_of_applicant(&self) -> Vec<ApplicationAction> {
        let mut actions = Vec::new();
        if self.status.is_editable() {
            actions.push(ApplicationAction::Update);
            if self.details.takes_registry_match() && self.is_open(CorrectionTarget::FacilityVerification) {
                actions.push(ApplicationAction::VerifyFacility);
            }
            if self.details.clone().choose_evidence().is_ok() && self.expect_evidence_open().is_ok() {
                actions.push(ApplicationAction::AddAttachment);
            }
        }
        for (command, action) in
            [(Command::Submit, ApplicationAction::Submit), (Command::Withdraw, ApplicationAction::Withdraw)]
        {
            if self.status.after(command).is_ok() {
                actions.push(action);
            }
        }
        actions
    }

    /// What a reviewer may do now, when this is who holds its case: what they hold they may decide, what nobody holds they may take, and of
    /// their own application neither.
    pub fn actions_of_reviewer(&self, reviewer: UserId, holder: Option<UserId>) -> Vec<ApplicationAction> {
        let table = [
            (Command::Claim, ApplicationAction::Claim),
            (Command::Release, ApplicationAction::Release),
            (Command::Approve, ApplicationAction::Approve),
            (Command::Return, ApplicationAction::Return),
            (Command::Reject, ApplicationAction::Reject),
        ];
        let may = |command| match holder {
            _ if self.applicant == reviewer => false,
            Some(holder) => holder == reviewer,
            None => command == Command::Claim,
        };
        let now = table.into_iter().filter(|(command, _)| may(*command) && self.status.after(*command).is_ok());
        now.map(|(_, action)| action).collect()
    }

    /// Whether the applicant may change this part: anything in a draft, what was pinned in a returned application.
    pub fn is_open(&self, target: CorrectionTarget) -> bool {
        match self.status {
            ApplicationStatus::Draft => true,
            ApplicationStatus::Returned => self.open_corrections.iter().any(|open| open.opens(target)),
            _ => false,
        }
    }

    /// Refuses a change to a part that is not open.
    pub fn expect_open(&self, target: CorrectionTarget) -> Result<(), Reason> {
        self.expect(self.is_open(target))
    }

    /// Refuses a further file unless this is a draft, or a correction was pinned to evidence.
    pub fn expect_evidence_open(&self) -> Result<(), Reason> {
        let is_pinned = self.open_corrections.iter().any(|open| open.takes_evidence());
        self.expect(self.status == ApplicationStatus::Draft || (self.status.is_editable() && is_pinned))
    }

    /// Refuses to let go of a file that was sent, unless a correction was pinned to it. One that was added since is open.
    pub fn expect_removable(&self, attachment: &Attachment) -> Result<(), Reason> {
        self.expect_evidence_open()?;
        if attachment.was_sent_with(self) {
            return self.expect_open(CorrectionTarget::Attachment(attachment.id));
        }
        Ok(())
    }

    fn expect(&self, is_open: bool) -> Result<(), Reason> {
        if is_open {
            Ok(())
        } else if self.status == ApplicationStatus::Returned {
            Err(Reason::FieldNotOpen { open: self.open_corrections.clone() })
        } else {
            Err(Reason::NotEditable { status: self.status })
        }
    }
}

/// Something that can be done to an application, as a client shows it: one button each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ApplicationAction {
    /// Change what it says.
    Update,
    /// Run the facility check of method ①.
    VerifyFacility,
    /// Attach a file of method ②.
    AddAttachment,
    /// Send it.
    Submit,
    /// Take it back.
    Withdraw,
    /// Take the case for review.
    Claim,
    /// Put the case back.
    Release,
    /// Approve it.
    Approve,
    /// Send it back to be corrected.
    Return,
    /// Refuse it.
    Reject,
}

/// Which of a facility's applications are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct ApplicationFilter {
    /// Only these statuses; empty for all.
    pub statuses: Vec<ApplicationStatus>,
}

/// The place of an application in a list: newest first.
pub type ApplicationKey = (DateTime<Utc>, ApplicationId);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::domain::ids::Id;
    use crate::domain::kinds::StartOfUse;

    fn draft() -> Application {
        Application {
            id: Id::from_uuid(Uuid::nil()),
            number: "S0000001".to_owned(),
            facility: Id::from_uuid(Uuid::nil()),
            applicant: Id::from_uuid(Uuid::nil()),
            status: ApplicationStatus::Draft,
            version: 1,
            created_at: DateTime::UNIX_EPOCH,
            submitted_at: None,
            decided_at: None,
            open_corrections: Vec::new(),
            details: Details::StartOfUse(StartOfUse::default()),
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 10_000, failure_persistence: None, ..ProptestConfig::default() })]

        /// Ten thousand random histories: a refused command changes nothing, an accepted one is one version; accounts are issued at
        /// most once and only after an approval; nothing follows the end; corrections are open only while it is returned.
        #[test]
        fn random_histories_keep_the_rules(commands in prop::collection::vec(prop::sample::select(&Command::ALL[..]), 0..40)) {
            let mut application = draft();
            let (mut approvals, mut issues) = (0, 0);
            for command in commands {
                let before = application.clone();
                if application.apply(command).is_err() {
                    prop_assert_eq!(&application, &before);
                    continue;
                }
                prop_assert!(!before.status.is_final());
                prop_assert_eq!(application.version, before.version + 1);
                approvals += u32::from(command == Command::Approve);
                issues += u32::from(command == Command::IssueAccounts);
                if application.status == ApplicationStatus::Returned {
                    application.open_corrections.push(CorrectionTarget::DeviceCount);
                }
                prop_assert_eq!(application.open_corrections.is_empty(), application.status != ApplicationStatus::Returned);
                prop_assert_eq!(application.is_open(CorrectionTarget::DeviceCount), application.status.is_editable());
                prop_assert_eq!(application.is_open(CorrectionTarget::StaffCount), application.status == ApplicationStatus::Draft);
            }
            prop_assert!(issues <= approvals && approvals <= 1);
            prop_assert_eq!(issues == 1, application.status == ApplicationStatus::Completed);
        }
    }
}
