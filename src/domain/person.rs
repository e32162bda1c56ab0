//! People who log in: names, addresses and passwords, and what is asked of each.

use std::fmt;

use super::actor::Role;
use super::ids::UserId;
use super::refusal::Reason;
use super::secret::Confidential;
use super::text::{fold, fold_number, has_forbidden_character, is_blank};

/// A person who can log in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Their id.
    pub id: UserId,
    /// Their name, as they wrote it.
    pub display_name: String,
    /// Their mail address, by which they log in (R03).
    pub email: EmailAddress,
    /// What they are to the counter.
    pub role: Role,
}

/// A mail address, compared without regard to case.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct EmailAddress(String);

impl EmailAddress {
    /// Reads an address: a dot-atom, one `@`, a host with a dot, no IP literal, at most 254 bytes (RFC 5321, 4.1.2 and 4.5.3.1).
    pub fn parse(text: &str) -> Result<Self, Reason> {
        let address = fold(text).to_lowercase();
        let (local, host) = address.rsplit_once('@').ok_or(Reason::InvalidEmail)?;
        let host_fits = host.contains('.') && host.split('.').all(is_host_label);
        let local_fits = (1..=64).contains(&local.len())
            && local.bytes().all(|b| b.is_ascii_alphanumeric() || b".!#$%&'*+/=?^_`{|}~-".contains(&b))
            && local.split('.').all(|atom| !atom.is_empty());
        if local_fits && host_fits && address.len() <= 254 { Ok(Self(address)) } else { Err(Reason::InvalidEmail) }
    }

    /// Wraps an address that the database holds.
    pub fn from_canonical(address: String) -> Self {
        Self(address)
    }

    /// The address in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_host_label(label: &str) -> bool {
    let inside = label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    (1..=63).contains(&label.len()) && inside && !label.starts_with('-') && !label.ends_with('-')
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Reads a person's or a facility's name: 1 to 100 characters, one of them visible, no control characters (T20, E37).
pub fn name(text: &str) -> Result<String, Reason> {
    // Not folded: variant kanji and selectors are part of a name.
    let name = text.trim();
    let fits = name.chars().count() <= 100 && !is_blank(name) && !has_forbidden_character(name);
    if fits { Ok(name.to_owned()) } else { Err(Reason::InvalidName) }
}

/// Reads a Japanese telephone number: 10 or 11 digits from a leading zero, hyphens as one likes.
pub fn phone_number(text: &str) -> Result<String, Reason> {
    let digits: String = fold_number(text).chars().filter(|c| !matches!(c, '(' | ')')).collect();
    let fits =
        (10..=11).contains(&digits.len()) && digits.starts_with('0') && digits.bytes().all(|b| b.is_ascii_digit());
    if fits { Ok(digits) } else { Err(Reason::InvalidPhoneNumber) }
}

/// The shortest password: fifteen characters, as a password alone protects the login (NIST SP 800-63B-4, 3.1.1.2).
pub const PASSWORD_MIN: usize = 15;
/// The longest password, in bytes: what one hash is made to work on.
pub const PASSWORD_MAX: usize = 128;

/// Judges a new password, for a login by this address where it is known already, by length, monotony and whether it repeats what everybody knows of the person.
pub fn check_new_password(password: &Confidential, email: Option<&EmailAddress>) -> Result<(), Reason> {
    let text = password.expose();
    if text.chars().count() < PASSWORD_MIN || text.len() > PASSWORD_MAX {
        return Err(Reason::PasswordLength);
    }
    let distinct = text.chars().collect::<std::collections::BTreeSet<_>>().len();
    let lower = text.to_lowercase();
    let repeats_address = email.is_some_and(|email| {
        let local = email.as_str().split('@').next().unwrap_or(email.as_str());
        lower.contains(email.as_str()) || (local.len() >= 8 && lower.contains(local))
    });
    let sequence = "01234567890123456789abcdefghijklmnopqrstuvwxyz".contains(lower.as_str());
    if distinct < 5 || repeats_address || sequence || lower.starts_with("password") {
        return Err(Reason::PasswordTooEasy);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a mail server could take is taken; header injections, IP literals and noise are not.
    #[test]
    fn addresses_are_judged() {
        assert_eq!(
            EmailAddress::parse(" Clinic@Example.JP ").map(|a| a.as_str().to_owned()),
            Ok("clinic@example.jp".into())
        );
        for text in [
            "",
            "a",
            "a@b",
            "a@[127.0.0.1]",
            "a b@example.jp",
            "a@example.jp\r\nBcc: c@example.jp",
            "@example.jp",
            "a@.jp",
            "a@-b.jp",
            ".a@example.jp",
            "a..b@example.jp",
        ] {
            assert_eq!(EmailAddress::parse(text), Err(Reason::InvalidEmail), "{text:?}");
        }
    }

    /// The demonstration's password passes; short, monotonous and borrowed ones do not.
    #[test]
    fn passwords_are_judged() {
        let email = EmailAddress::parse("yamada.hanako@example.jp").expect("an address");
        let judge = |text: &str| check_new_password(&Confidential::new(text.into()), Some(&email));
        assert_eq!(judge("madoguchi-demo-2026"), Ok(()));
        assert_eq!(judge("短い"), Err(Reason::PasswordLength));
        assert_eq!(judge(&"long ".repeat(30)), Err(Reason::PasswordLength));
        for text in ["aaaaaaaaaaaaaaaa", "123456789012345", "yamada.hanako2026", "password12345678"] {
            assert_eq!(judge(text), Err(Reason::PasswordTooEasy), "{text}");
        }
    }

    /// Telephone numbers are folded to digits.
    #[test]
    fn telephone_numbers_are_folded() {
        assert_eq!(phone_number("０３（１２３４）５６７８"), Ok("0312345678".into()));
        assert_eq!(phone_number("090-1234-5678"), Ok("09012345678".into()));
        assert_eq!(phone_number("12345"), Err(Reason::InvalidPhoneNumber));
    }
}
