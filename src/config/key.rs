//! The server's key: 32 random bytes in a file of the data folder that its owner alone can read.
//!
//! It is made once. Without it, the registry's digests and the links in mails mean nothing: back it up apart from the database.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file cannot be read or made.
    #[error("the server's key {file} cannot be read or made: {cause}")]
    File {
        /// The file.
        file: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// The file holds something else.
    #[error("the server's key {0} is not 64 hexadecimal digits; put the right file in its place, from a backup")]
    Malformed(PathBuf),
    /// Others can read the file.
    #[error("the server's key {0} can be read by others; run: chmod 600 {0}")]
    Exposed(PathBuf),
    /// The machine gives no randomness.
    #[error("this machine gives no random bytes: {0}")]
    NoRandomness(String),
}

/// Reads the key of a data folder, making it when there is none.
pub fn load(data: &Path) -> Result<[u8; 32], KeyError> {
    let path = data.join("server.key");
    let failed = |cause| KeyError::File { file: path.clone(), cause };
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(data).map_err(failed)?;
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path) {
        Ok(file) => make(file, data).map_err(|error| error.unwrap_or_else(failed)),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => read(&path),
        Err(error) => Err(failed(error)),
    }
}

/// A failure of the file, or another.
struct Failure(Result<std::io::Error, KeyError>);

impl Failure {
    fn unwrap_or_else(self, failed: impl FnOnce(std::io::Error) -> KeyError) -> KeyError {
        match self.0 {
            Ok(cause) => failed(cause),
            Err(error) => error,
        }
    }
}

fn make(mut file: File, folder: &Path) -> Result<[u8; 32], Failure> {
    let mut key = [0; 32];
    rand::TryRng::try_fill_bytes(&mut rand::rngs::SysRng, &mut key)
        .map_err(|error| Failure(Err(KeyError::NoRandomness(error.to_string()))))?;
    let written = file.write_all(hex(&key).as_bytes()).and_then(|()| file.sync_all());
    // The folder's entry too, so that no crash leaves digests without the key they were made with.
    written.and_then(|()| File::open(folder)?.sync_all()).map_err(|cause| Failure(Ok(cause)))?;
    Ok(key)
}

fn read(path: &Path) -> Result<[u8; 32], KeyError> {
    let failed = |cause| KeyError::File { file: path.to_owned(), cause };
    let mut file = File::open(path).map_err(failed)?;
    if file.metadata().map_err(failed)?.permissions().mode() & 0o077 != 0 {
        return Err(KeyError::Exposed(path.to_owned()));
    }
    let mut text = String::new();
    file.read_to_string(&mut text).map_err(failed)?;
    unhex(text.trim()).ok_or_else(|| KeyError::Malformed(path.to_owned()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    let mut key = [0; 32];
    for (at, byte) in key.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    Some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key is made once, read again, and refused when others can read it or it was changed.
    #[test]
    fn the_key_is_made_once_and_guarded() {
        let folder = tempfile::tempdir().expect("a folder");
        let first = load(folder.path()).expect("a key");
        assert_eq!(load(folder.path()).expect("the same key"), first);
        let file = folder.path().join("server.key");
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).expect("permissions");
        assert!(matches!(load(folder.path()), Err(KeyError::Exposed(_))));
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).expect("permissions");
        std::fs::write(&file, "short").expect("a file");
        assert!(matches!(load(folder.path()), Err(KeyError::Malformed(_))));
    }
}
