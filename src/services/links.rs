//! Tokens of links in mails: made of a row's id and the server's key, so that neither database nor mail queue holds one.
//!
//! A token is base64url of the id's sixteen bytes and their digest. Whether the row still accepts it is the row's matter.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use uuid::Uuid;

use super::{KeyPurpose, ServerKey};
use crate::domain::ids::{Id, PasswordResetId, RegistrationId};
use crate::domain::secret::Confidential;

/// The token that completes a registration.
pub fn registration_token(key: &ServerKey, id: RegistrationId) -> Confidential {
    write(key, KeyPurpose::RegistrationLink, id)
}

/// The token that sets a new password.
pub fn reset_token(key: &ServerKey, id: PasswordResetId) -> Confidential {
    write(key, KeyPurpose::PasswordResetLink, id)
}

pub(super) fn read_registration_token(key: &ServerKey, token: &Confidential) -> Option<RegistrationId> {
    read(key, KeyPurpose::RegistrationLink, token)
}

pub(super) fn read_reset_token(key: &ServerKey, token: &Confidential) -> Option<PasswordResetId> {
    read(key, KeyPurpose::PasswordResetLink, token)
}

fn write<K>(key: &ServerKey, purpose: KeyPurpose, id: Id<K>) -> Confidential {
    let id = id.uuid();
    let token = [id.as_bytes().as_slice(), &key.digest(purpose, &[id.as_bytes()])].concat();
    Confidential::new(BASE64_URL_SAFE_NO_PAD.encode(token))
}

fn read<K>(key: &ServerKey, purpose: KeyPurpose, token: &Confidential) -> Option<Id<K>> {
    // Spaces and line breaks come along when a token is copied out of a mail.
    let token = BASE64_URL_SAFE_NO_PAD.decode(token.expose().trim()).ok()?;
    let (id, digest) = token.split_first_chunk::<16>()?;
    key.verify(purpose, &[id], digest).then(|| Id::from_uuid(Uuid::from_bytes(*id)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A token reads back as its id; another purpose, another key, a changed or cut one reads as nothing.
    #[test]
    fn only_the_token_itself_is_read() {
        let (key, id) = (ServerKey::new([7; 32]), RegistrationId::from_uuid(Uuid::from_u128(42)));
        let token = registration_token(&key, id);
        assert_eq!(token.expose().len(), 64);
        assert_eq!(read_registration_token(&key, &token), Some(id));
        assert_eq!(read_registration_token(&key, &Confidential::new(format!(" {}\n", token.expose()))), Some(id));
        assert_eq!(read_reset_token(&key, &token), None);
        assert_eq!(read_registration_token(&ServerKey::new([8; 32]), &token), None);
        for text in ["", "AAAA", &token.expose()[..60], &token.expose().replace('A', "B")] {
            assert_eq!(read_registration_token(&key, &Confidential::new(text.to_owned())), None, "{text}");
        }
    }
}
