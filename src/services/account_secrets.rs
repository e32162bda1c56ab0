//! Initial passwords of accounts: made once, kept encrypted, opened for the settings document and for nothing else (T17).
//!
//! What is kept can be opened with the server's key and the account's own id alone: a row's secret moved to another account, changed, or
//! read with another key is a fault, never a wrong password.

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use rand::TryRng;
use rand::rngs::SysRng;
use zeroize::Zeroizing;

use super::{Fault, KeyPurpose, ServerKey};
use crate::domain::account::{INITIAL_SECRET_LENGTH, initial_secret};
use crate::domain::ids::EligibilityAccountId;
use crate::domain::secret::Confidential;

const NONCE: usize = 24;

/// Makes a secret by the operating system's randomness.
pub(super) fn make() -> Result<Confidential, Fault> {
    let mut bytes = Zeroizing::new([0; INITIAL_SECRET_LENGTH]);
    SysRng.try_fill_bytes(&mut *bytes).map_err(|error| Fault::new(error.to_string()))?;
    Ok(initial_secret(&bytes))
}

/// Encrypts an account's secret: a random nonce, then the ciphertext with its tag.
pub(super) fn seal(key: &ServerKey, account: EligibilityAccountId, secret: &Confidential) -> Result<Vec<u8>, Fault> {
    let mut nonce = [0; NONCE];
    SysRng.try_fill_bytes(&mut nonce).map_err(|error| Fault::new(error.to_string()))?;
    let id = account.uuid();
    let payload = Payload { msg: secret.expose().as_bytes(), aad: id.as_bytes() };
    let sealed = cipher(key).encrypt(&XNonce::from(nonce), payload);
    let sealed = sealed.map_err(|_| Fault::new("an account's secret could not be encrypted"))?;
    Ok([nonce.as_slice(), &sealed].concat())
}

/// Decrypts an account's secret.
pub(super) fn open(key: &ServerKey, account: EligibilityAccountId, sealed: &[u8]) -> Result<Confidential, Fault> {
    let cannot = || {
        Fault::new(format!(
            "the initial password of {account} cannot be decrypted: the server's key is not the one that it was encrypted with, or the \
             row was changed"
        ))
    };
    let (nonce, sealed) = sealed.split_first_chunk::<NONCE>().ok_or_else(cannot)?;
    let id = account.uuid();
    let payload = Payload { msg: sealed, aad: id.as_bytes() };
    let opened = cipher(key).decrypt(&XNonce::from(*nonce), payload).map_err(|_| cannot())?;
    String::from_utf8(opened).map(Confidential::new).map_err(|_| cannot())
}

fn cipher(key: &ServerKey) -> XChaCha20Poly1305 {
    let key = Zeroizing::new(key.digest(KeyPurpose::AccountSecret, &[]));
    XChaCha20Poly1305::new((&*key).into())
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    /// A secret opens with its key and its account; with another of either, or with a bit changed, nothing does.
    #[test]
    fn only_key_and_account_open_a_secret() {
        let (key, id) = (ServerKey::new([1; 32]), EligibilityAccountId::from_uuid(Uuid::from_u128(1)));
        let secret = make().expect("a secret");
        let sealed = seal(&key, id, &secret).expect("a sealed secret");
        assert_eq!(open(&key, id, &sealed).expect("the secret").expose(), secret.expose());
        assert_ne!(seal(&key, id, &secret).expect("a sealed secret"), sealed, "twice the same does not look the same");
        assert!(!sealed.windows(4).any(|window| secret.expose().as_bytes().starts_with(window)));

        let another = EligibilityAccountId::from_uuid(Uuid::from_u128(2));
        let mut changed = sealed.clone();
        changed[30] ^= 1;
        let refused = [
            open(&ServerKey::new([2; 32]), id, &sealed),
            open(&key, another, &sealed),
            open(&key, id, &changed),
            open(&key, id, &sealed[..20]),
        ];
        for outcome in refused {
            let fault = outcome.expect_err("a fault").to_string();
            assert!(fault.contains("cannot be decrypted") && !fault.contains(secret.expose()), "{fault}");
        }
    }
}
