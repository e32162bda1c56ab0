//! The keys of objects: ASCII, made by the gateway, never taken from a client.

use object_store::path::Path;
use uuid::Uuid;

/// What an object is, and which one; its path follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ObjectKey {
    /// A file that was attached to an application.
    Attachment(Uuid),
}

impl ObjectKey {
    /// The path under the folder of the objects: the same in a portal and in its backup.
    pub fn path(self) -> String {
        Path::from(self).to_string()
    }

    /// The key of such a path, when it is one.
    pub fn parse(path: &str) -> Option<Self> {
        Self::from_path(&Path::parse(path).ok()?)
    }

    /// The key of a path; `None` when none of ours has it.
    pub(super) fn from_path(path: &Path) -> Option<Self> {
        let (folder, name) = path.as_ref().split_once('/')?;
        let uuid = Uuid::parse_str(name).ok()?;
        let key = match folder {
            "attachments" => Self::Attachment(uuid),
            _ => return None,
        };
        // A UUID can be written in several ways; only ours is a key.
        (Path::from(key) == *path).then_some(key)
    }
}

impl From<ObjectKey> for Path {
    fn from(key: ObjectKey) -> Self {
        match key {
            ObjectKey::Attachment(uuid) => Self::from(format!("attachments/{uuid}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A key reads as it was written; nothing else is one.
    #[test]
    fn a_key_reads_as_it_was_written() {
        let key = ObjectKey::Attachment(Uuid::from_u128(7));
        assert_eq!(Path::from(key).as_ref(), "attachments/00000000-0000-0000-0000-000000000007");
        assert_eq!(ObjectKey::from_path(&Path::from(key)), Some(key));
        assert_eq!(ObjectKey::parse(&key.path()), Some(key));
        assert_eq!(ObjectKey::parse("attachments/../00000000-0000-0000-0000-000000000007"), None);
        for other in [
            "attachments",
            "attachments/x",
            "other/00000000-0000-0000-0000-000000000007",
            "attachments/0000000000000000000000000000000A",
        ] {
            assert_eq!(ObjectKey::from_path(&Path::from(other)), None, "{other}");
        }
    }
}
