//! Which documents are run, and who may ask more than others.

use std::path::PathBuf;

use crate::domain::actor::Role;

/// Trusted documents, and what is told to whom.
#[derive(Debug, Clone, Default)]
pub struct Documents {
    /// `None` for [`DocumentMode::Only`] in production and [`DocumentMode::Prefer`] otherwise.
    pub mode: Option<DocumentMode>,
    /// Files of trusted documents, of this and of older releases of clients.
    pub manifests: Vec<PathBuf>,
    /// Who may send any document and ask for the schema, where others may not.
    pub developers: Developers,
}

/// Which documents are run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DocumentMode {
    /// Those that are sent whole; none is known by an id.
    Off,
    /// Any; those of the manifests, and those that were sent before, also by their id.
    Prefer,
    /// Those of the manifests.
    Only,
}

impl DocumentMode {
    const ALL: [(Self, &'static str); 3] = [(Self::Off, "off"), (Self::Prefer, "prefer"), (Self::Only, "only")];

    /// Reads the word of the configuration.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find_map(|(mode, word)| (word == text).then_some(mode))
    }

    /// The word of the configuration.
    pub fn as_str(self) -> &'static str {
        Self::ALL.into_iter().find_map(|(mode, word)| (mode == self).then_some(word)).unwrap_or_default()
    }
}

/// Who may send any document and ask for the schema, once logged in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Developers {
    /// No one.
    Nobody,
    /// Operators.
    #[default]
    Operators,
    /// Operators and reviewers.
    Staff,
}

impl Developers {
    const ALL: [(Self, &'static str); 3] =
        [(Self::Nobody, "nobody"), (Self::Operators, "operators"), (Self::Staff, "staff")];

    /// Reads the word of the configuration.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find_map(|(who, word)| (word == text).then_some(who))
    }

    /// The word of the configuration.
    pub fn as_str(self) -> &'static str {
        Self::ALL.into_iter().find_map(|(who, word)| (who == self).then_some(word)).unwrap_or_default()
    }

    /// Whether they include this role.
    pub fn include(self, role: Option<Role>) -> bool {
        match self {
            Self::Nobody => false,
            Self::Operators => role == Some(Role::Operator),
            Self::Staff => role.is_some_and(Role::is_staff),
        }
    }
}
