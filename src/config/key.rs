//! The server's key: 32 random bytes in a file that its owner alone can read, in the data folder or where the operator wants it.
//!
//! It is made once. Without it, the registry's digests and the links in mails mean nothing: back it up apart from the database. Which
//! database it belongs to is asked in `app/key.rs`.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::Config;

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

/// Reads the server's key, making it when there is none. Only the data folder is made for it: a folder that the operator names and
/// that is not there is a mistake.
pub fn load(config: &Config) -> Result<[u8; 32], KeyError> {
    let path = config.server_key_file();
    let failed = |cause| KeyError::File { file: path.clone(), cause };
    DirBuilder::new().recursive(true).mode(0o700).create(&config.data).map_err(failed)?;
    if !path.try_exists().map_err(failed)? {
        let mut key = [0; 32];
        rand::TryRng::try_fill_bytes(&mut rand::rngs::SysRng, &mut key)
            .map_err(|error| KeyError::NoRandomness(error.to_string()))?;
        make(&path, &key).map_err(failed)?;
    }
    read(&path)
}

/// Reads a key; `None` where there is none.
pub fn find(path: &Path) -> Result<Option<[u8; 32]>, KeyError> {
    let is_there = path.try_exists().map_err(|cause| KeyError::File { file: path.to_owned(), cause })?;
    is_there.then(|| read(path)).transpose()
}

/// Puts a key that comes from elsewhere into its place, durably; one that is there already stays.
pub fn put(config: &Config, key: &[u8; 32]) -> Result<(), KeyError> {
    let path = config.server_key_file();
    let failed = |cause| KeyError::File { file: path.clone(), cause };
    DirBuilder::new().recursive(true).mode(0o700).create(&config.data).map_err(failed)?;
    make(&path, key).map_err(failed)
}

/// Writes the key beside its place and then gives it its name, so that no crash leaves half a key, and of two processes that begin
/// at once both end with the first one's.
fn make(path: &Path, key: &[u8; 32]) -> io::Result<()> {
    let draft = path.with_added_extension(std::process::id().to_string());
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
    file.write_all(hex(key).as_bytes())?;
    file.sync_all()?;
    let named = fs::hard_link(&draft, path);
    fs::remove_file(&draft)?;
    match named {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
        // The folder's entry too, so that no crash leaves digests without the key they were made with.
        _ => File::open(folder(path))?.sync_all(),
    }
}

fn folder(path: &Path) -> &Path {
    // The folder of a bare name is the working one.
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn read(path: &Path) -> Result<[u8; 32], KeyError> {
    let failed = |cause| KeyError::File { file: path.to_owned(), cause };
    let file = File::open(path).map_err(failed)?;
    let about = file.metadata().map_err(failed)?;
    if !about.is_file() {
        return Err(KeyError::Malformed(path.to_owned()));
    }
    if about.permissions().mode() & 0o077 != 0 {
        return Err(KeyError::Exposed(path.to_owned()));
    }
    let mut text = Vec::new();
    file.take(1024).read_to_end(&mut text).map_err(failed)?;
    let text = std::str::from_utf8(&text).unwrap_or_default();
    parse(text).ok_or_else(|| KeyError::Malformed(path.to_owned()))
}

/// The key that a file's text is, when it is one.
pub fn parse(text: &str) -> Option<[u8; 32]> {
    unhex(text.trim())
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
        let config = Config { data: folder.path().to_owned(), ..Config::default() };
        let first = load(&config).expect("a key");
        assert_eq!(load(&config).expect("the same key"), first);
        assert_ne!(first, [0; 32]);
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1, "no draft is left");
        let file = folder.path().join("server.key");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).expect("permissions");
        assert!(matches!(load(&config), Err(KeyError::Exposed(_))));
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("permissions");
        fs::write(&file, "short").expect("a file");
        assert!(matches!(load(&config), Err(KeyError::Malformed(_))));
    }

    /// A key can stand apart from the data; a folder that is not there is told and not made.
    #[test]
    fn the_key_can_stand_elsewhere() {
        let (data, apart) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
        let at =
            |file: PathBuf| Config { data: data.path().to_owned(), server_key_file: Some(file), ..Config::default() };
        let config = at(apart.path().join("portal.key"));
        let first = load(&config).expect("a key");
        assert_eq!(load(&config).expect("the same key"), first);
        let names: Vec<_> =
            fs::read_dir(apart.path()).expect("a folder").map(|entry| entry.expect("a file").file_name()).collect();
        assert_eq!(names, ["portal.key"], "no draft is left");
        assert_eq!(fs::read_dir(data.path()).expect("a folder").count(), 0);
        let nowhere = apart.path().join("nowhere/portal.key");
        assert!(load(&at(nowhere)).expect_err("a mistake").to_string().contains("nowhere/portal.key"));
    }
}
