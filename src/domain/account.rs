//! Accounts of the eligibility app: one a device, issued once for an approved application (R53–R55).

use chrono::{DateTime, Utc};

use super::ids::{ApplicationId, EligibilityAccountId, FacilityId};
use super::secret::Confidential;

/// The most accounts that the numbering can hold: seven digits after the W.
pub const LAST_ACCOUNT_NUMBER: u32 = 9_999_999;

/// The name under which the app knows an account: W and seven digits (domain 2.7; one sample is published).
pub fn account_name(number: u32) -> String {
    format!("W{number:07}")
}

/// How many characters an initial password has: 80 bits.
pub const INITIAL_SECRET_LENGTH: usize = 16;

/// What an initial password is made of: capitals and digits, none of which is taken for another on paper (no 0, 1, I, O). They are 32,
/// so that five bits of chance make one, none more often than another.
const INITIAL_SECRET_ALPHABET: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

/// The initial password that chance makes.
pub fn initial_secret(chance: &[u8; INITIAL_SECRET_LENGTH]) -> Confidential {
    let character = |byte: &u8| char::from(INITIAL_SECRET_ALPHABET[usize::from(byte % 32)]);
    Confidential::new(chance.iter().map(character).collect())
}

/// How an account stands; the operating bodies publish no words for it, these are the project's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AccountStatus {
    /// Issued, and not reported as registered in the app.
    Issued,
}

/// An account of the eligibility app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EligibilityAccount {
    /// Its id in this gateway.
    pub id: EligibilityAccountId,
    /// Its name in the app, `W0000001`; never given twice.
    pub account_name: String,
    /// The facility that uses it.
    pub facility: FacilityId,
    /// The application that it was issued for.
    pub application: ApplicationId,
    /// How it stands.
    pub status: AccountStatus,
    /// When it was issued.
    pub issued_at: DateTime<Utc>,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each of the 32 characters comes as often as the others, and none of those that look alike comes at all.
    #[test]
    fn initial_passwords_are_read_without_doubt() {
        let all: String = (0..16)
            .map(|first: u8| {
                let chance = std::array::from_fn(|at| first * 16 + u8::try_from(at).expect("a small number"));
                initial_secret(&chance).expose().to_owned()
            })
            .collect();
        for character in char::MIN..='\u{7F}' {
            let wanted =
                if (character.is_ascii_uppercase() || character.is_ascii_digit()) && !"01IO".contains(character) {
                    8
                } else {
                    0
                };
            assert_eq!(all.matches(character).count(), wanted, "{character:?}");
        }
    }
}
