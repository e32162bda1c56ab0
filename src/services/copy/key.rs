//! The server's key on its way along: a portal without the key that it was made with cannot be served.

use std::path::PathBuf;

use super::CopyError;
use crate::config::{Config, key};
use crate::services::ServerKey;
use crate::store::{View, facts};

/// What became of the server's key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key {
    /// It was there.
    There(PathBuf),
    /// It went along.
    Brought(PathBuf),
    /// It is on neither side; it belongs here.
    Missing(PathBuf),
}

/// What is to be done with the key.
pub(super) struct Judged {
    bring: Option<[u8; 32]>,
    key: Key,
}

impl Judged {
    /// Does it.
    pub(super) fn bring(self, to: &Config) -> Result<Key, CopyError> {
        if let Some(key) = self.bring {
            key::put(to, &key)?;
        }
        Ok(self.key)
    }
}

/// Looks at both sides' keys, and refuses one that is not the source's own.
pub(super) async fn judge(from: &Config, to: &Config, snapshot: &View) -> Result<Judged, CopyError> {
    let (source, target) = (from.server_key_file(), to.server_key_file());
    let (here, there) = (key::find(&source)?, key::find(&target)?);
    let known = facts::get(&**snapshot, facts::SERVER_KEY).await?;
    let is_own = |key: &[u8; 32]| known.as_ref().is_none_or(|known| *known == ServerKey::new(*key).fingerprint());
    Ok(match (here, there) {
        (Some(here), _) if !is_own(&here) => return Err(CopyError::ForeignKey(source)),
        (None, Some(there)) if !is_own(&there) => return Err(CopyError::ForeignKey(target)),
        (Some(here), Some(there)) if here != there => return Err(CopyError::OtherKey(target, source)),
        (Some(here), None) => Judged { bring: Some(here), key: Key::Brought(target) },
        (_, Some(_)) => Judged { bring: None, key: Key::There(target) },
        (None, None) => Judged { bring: None, key: Key::Missing(target) },
    })
}
