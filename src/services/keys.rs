//! The server's key: it stays outside the database, and what is made with it cannot be made from a copy of the database.

use std::fmt;
use std::sync::Arc;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

/// What a digest is made for; digests of different purposes never coincide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyPurpose {
    /// The registry's keys of method ①.
    RegistryKey,
    /// Links that complete a registration.
    RegistrationLink,
    /// Links that set a new password.
    PasswordResetLink,
    /// What tries are counted by.
    Throttle,
    /// Addresses of files.
    Download,
    /// How a database knows its key again.
    Fingerprint,
    /// The key that the initial passwords of accounts are encrypted with.
    AccountSecret,
}

/// 32 secret bytes, from a file beside the database.
#[derive(Clone)]
pub struct ServerKey(Arc<Zeroizing<[u8; 32]>>);

impl ServerKey {
    /// Takes the bytes over.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Arc::new(Zeroizing::new(bytes)))
    }

    /// HMAC-SHA-256 over purpose and parts; each part is preceded by its length, so that no two lists of parts look alike.
    pub fn digest(&self, purpose: KeyPurpose, parts: &[&[u8]]) -> [u8; 32] {
        self.mac(purpose, parts).finalize().into_bytes().into()
    }

    /// What a database keeps to know its key again; no key can be had from it.
    pub fn fingerprint(&self) -> String {
        self.digest(KeyPurpose::Fingerprint, &[]).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Compares in constant time.
    pub fn verify(&self, purpose: KeyPurpose, parts: &[&[u8]], digest: &[u8]) -> bool {
        self.mac(purpose, parts).verify_slice(digest).is_ok()
    }

    fn mac(&self, purpose: KeyPurpose, parts: &[&[u8]]) -> Hmac<Sha256> {
        let purpose: &[u8] = match purpose {
            KeyPurpose::RegistryKey => b"registry-key",
            KeyPurpose::RegistrationLink => b"registration-link",
            KeyPurpose::PasswordResetLink => b"password-reset-link",
            KeyPurpose::Throttle => b"throttle",
            KeyPurpose::Download => b"download",
            KeyPurpose::AccountSecret => b"account-secret",
            KeyPurpose::Fingerprint => b"fingerprint",
        };
        // A key shorter than the block is padded with zeros (RFC 2104, section 2); done here, no length can be wrong.
        let mut block = Zeroizing::new([0; 64]);
        block[..32].copy_from_slice(&self.0[..]);
        let mut mac = Hmac::<Sha256>::new((&*block).into());
        for part in std::iter::once(purpose).chain(parts.iter().copied()) {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac
    }
}

impl fmt::Debug for ServerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Purpose, key and the cut between parts all change the digest; the same input verifies.
    #[test]
    fn digests_depend_on_everything() {
        let key = ServerKey::new([1; 32]);
        let digest = key.digest(KeyPurpose::RegistryKey, &[b"ab", b"c"]);
        assert!(key.verify(KeyPurpose::RegistryKey, &[b"ab", b"c"], &digest));
        assert!(!key.verify(KeyPurpose::RegistryKey, &[b"a", b"bc"], &digest));
        assert!(!key.verify(KeyPurpose::Throttle, &[b"ab", b"c"], &digest));
        assert!(!ServerKey::new([2; 32]).verify(KeyPurpose::RegistryKey, &[b"ab", b"c"], &digest));
    }
}
