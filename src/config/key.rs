//! The server's key: 32 random bytes in a file of the data folder that its owner alone can read.
//!
//! It is made once. Without it, the registry's digests and the links in mails mean nothing: back it up apart from the database.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
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
    DirBuilder::new().recursive(true).mode(0o700).create(data).map_err(failed)?;
    if !path.try_exists().map_err(failed)? {
        let mut key = [0; 32];
        rand::TryRng::try_fill_bytes(&mut rand::rngs::SysRng, &mut key)
            .map_err(|error| KeyError::NoRandomness(error.to_string()))?;
        make(&path, data, &key).map_err(failed)?;
    }
    read(&path)
}

/// Writes the key beside its place and then gives it its name, so that no crash leaves half a key, and of two processes that begin
/// at once both end with the first one's.
fn make(path: &Path, folder: &Path, key: &[u8; 32]) -> io::Result<()> {
    let draft = folder.join(format!("server.key.{}", std::process::id()));
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
    file.write_all(hex(key).as_bytes())?;
    file.sync_all()?;
    let named = fs::hard_link(&draft, path);
    fs::remove_file(&draft)?;
    match named {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
        // The folder's entry too, so that no crash leaves digests without the key they were made with.
        _ => File::open(folder)?.sync_all(),
    }
}

fn read(path: &Path) -> Result<[u8; 32], KeyError> {
    let failed = |cause| KeyError::File { file: path.to_owned(), cause };
    let file = File::open(path).map_err(failed)?;
    if file.metadata().map_err(failed)?.permissions().mode() & 0o077 != 0 {
        return Err(KeyError::Exposed(path.to_owned()));
    }
    let mut text = Vec::new();
    file.take(1024).read_to_end(&mut text).map_err(failed)?;
    let text = std::str::from_utf8(&text).unwrap_or_default();
    unhex(text.trim()).ok_or_else(|| KeyError::Malformed(path.to_owned()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
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
        assert_ne!(first, [0; 32]);
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1, "no draft is left");
        let file = folder.path().join("server.key");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).expect("permissions");
        assert!(matches!(load(folder.path()), Err(KeyError::Exposed(_))));
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("permissions");
        fs::write(&file, "short").expect("a file");
        assert!(matches!(load(folder.path()), Err(KeyError::Malformed(_))));
    }
}
