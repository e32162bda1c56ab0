//! What can be fetched as a file, and how long an address for it works.

use chrono::Duration;

use super::ids::{ApplicationId, AttachmentId, EligibilityAccountId, FacilityId};

/// A file that is fetched outside GraphQL, by an address that GraphQL gives out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Download {
    /// The settings document of an account: it shows the initial secret (R53–R55).
    Settings(EligibilityAccountId),
    /// The settings documents of a facility's accounts in one archive.
    SettingsArchive(FacilityId),
    /// 控え: what was submitted.
    Receipt(ApplicationId),
    /// 添付ファイル: a file of evidence, as it was attached.
    Attachment(AttachmentId),
}

impl Download {
    /// How long an address works from the moment it is given out: as long as it takes to press a button.
    pub const LIFETIME: Duration = Duration::minutes(5);

    /// Whether the first fetch is the last: what shows a secret is handed over once for each time that it is asked for.
    pub const fn is_single_use(self) -> bool {
        matches!(self, Self::Settings(_) | Self::SettingsArchive(_))
    }

    /// What it is for, as an address says it.
    pub const fn purpose(self) -> &'static str {
        match self {
            Self::Settings(_) => "settings",
            Self::SettingsArchive(_) => "settings-archive",
            Self::Receipt(_) => "receipt",
            Self::Attachment(_) => "attachment",
        }
    }

    /// The id of what it belongs to.
    pub fn subject(self) -> String {
        match self {
            Self::Settings(id) => id.to_string(),
            Self::SettingsArchive(id) => id.to_string(),
            Self::Receipt(id) => id.to_string(),
            Self::Attachment(id) => id.to_string(),
        }
    }

    /// Reads purpose and id back.
    pub fn parse(purpose: &str, subject: &str) -> Option<Self> {
        match purpose {
            "settings" => subject.parse().ok().map(Self::Settings),
            "settings-archive" => subject.parse().ok().map(Self::SettingsArchive),
            "receipt" => subject.parse().ok().map(Self::Receipt),
            "attachment" => subject.parse().ok().map(Self::Attachment),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::Id;

    /// Each kind of download reads back as it was written, and under no other purpose.
    #[test]
    fn a_download_reads_back() {
        let nil = uuid::Uuid::nil();
        let all = [
            Download::Settings(Id::from_uuid(nil)),
            Download::SettingsArchive(Id::from_uuid(nil)),
            Download::Receipt(Id::from_uuid(nil)),
            Download::Attachment(Id::from_uuid(nil)),
        ];
        for one in all {
            assert_eq!(Download::parse(one.purpose(), &one.subject()), Some(one));
            for other in all.iter().filter(|other| **other != one) {
                assert_eq!(Download::parse(other.purpose(), &one.subject()), None);
            }
        }
    }
}
