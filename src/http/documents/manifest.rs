//! Files of trusted documents, in the forms in which tools of clients write them.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use super::digest_of;

/// How Apollo's manifests name their form.
const APOLLO: &str = "apollo-persisted-query-manifest";

/// Trusted documents by their ids. What each is known by beside the id of its file: the SHA-256 of its text.
#[derive(Debug, Default)]
pub struct Manifest {
    by_id: HashMap<String, Arc<str>>,
    /// Every document once, with the id that its first file gave it.
    documents: Vec<(String, Arc<str>)>,
}

/// A form of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// What `persistConfig` of relay-compiler writes: an object of texts by id.
    Relay,
    /// What `generate-persisted-query-manifest` of Apollo writes.
    Apollo,
    /// What the client preset of graphql-codegen writes (`persisted-documents.json`): as Relay's.
    Codegen,
}

/// One operation for a file.
#[derive(Debug)]
pub struct Entry {
    /// The operation's name.
    pub name: String,
    /// `query`, `mutation` or `subscription`.
    pub kind: &'static str,
    /// The document.
    pub text: String,
}

#[derive(Serialize, Deserialize)]
struct ApolloManifest {
    format: String,
    version: u32,
    operations: Vec<ApolloOperation>,
}

#[derive(Serialize, Deserialize)]
struct ApolloOperation {
    id: String,
    name: String,
    #[serde(rename = "type")]
    kind: String,
    body: String,
}

/// Why a file is no manifest.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// It is not JSON.
    #[error("it is not JSON: {0}")]
    Json(String),
    /// It is JSON of no known form.
    #[error("it is neither an object of documents by id (Relay, graphql-codegen) nor {APOLLO} version 1")]
    Form,
    /// An id stands for two texts.
    #[error("the id {0} stands for another document as well, in this file or an earlier one")]
    Ambiguous(String),
}

impl Manifest {
    /// Takes a file's documents in, beside those of the files before.
    pub fn add(&mut self, file: &str) -> Result<(), ManifestError> {
        for (id, text) in read(file)? {
            let text: Arc<str> = text.into();
            let id = super::plain(&id).into_owned();
            let digest = digest_of(&text);
            if !self.by_id.contains_key(&digest) {
                self.documents.push((id.clone(), Arc::clone(&text)));
            }
            for id in [digest, id] {
                let held = self.by_id.entry(id.clone()).or_insert_with(|| Arc::clone(&text));
                if *held != text {
                    return Err(ManifestError::Ambiguous(id));
                }
            }
        }
        Ok(())
    }

    /// The document of an id.
    pub(super) fn find(&self, id: &str) -> Option<Arc<str>> {
        self.by_id.get(id).cloned()
    }

    /// Every document once, with the id that its first file gave it.
    pub fn documents(&self) -> impl Iterator<Item = (&str, &str)> {
        self.documents.iter().map(|(id, text)| (&**id, &**text))
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.documents.is_empty()
    }
}

fn read(file: &str) -> Result<Vec<(String, String)>, ManifestError> {
    // Some editors write the mark; no reader of JSON need take it (RFC 8259, section 8.1).
    let file = file.strip_prefix('\u{FEFF}').unwrap_or(file);
    if let Ok(manifest) = serde_json::from_str::<ApolloManifest>(file) {
        let is_known = manifest.format == APOLLO && manifest.version == 1;
        let documents = manifest.operations.into_iter().map(|operation| (operation.id, operation.body));
        return is_known.then(|| documents.collect()).ok_or(ManifestError::Form);
    }
    serde_json::from_str(file).map(|Texts(texts)| texts).map_err(|error| match error.is_data() {
        true => ManifestError::Form,
        false => ManifestError::Json(error.to_string()),
    })
}

/// An object of texts with every member, those that are named twice among them.
struct Texts(Vec<(String, String)>);

impl<'de> Deserialize<'de> for Texts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;

        impl<'de> Visitor<'de> for Reader {
            type Value = Texts;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object of texts")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Texts, A::Error> {
                let mut texts = Vec::new();
                while let Some(member) = members.next_entry()? {
                    texts.push(member);
                }
                Ok(Texts(texts))
            }
        }

        deserializer.deserialize_map(Reader)
    }
}

impl Form {
    /// A file of these operations. Each is known by the SHA-256 of its text.
    pub fn write(self, entries: &[Entry]) -> String {
        let file = match self {
            Self::Relay | Self::Codegen => {
                let documents = entries.iter().map(|entry| (digest_of(&entry.text), Value::from(entry.text.clone())));
                serde_json::to_string_pretty(&documents.collect::<Map<_, _>>())
            }
            Self::Apollo => serde_json::to_string_pretty(&ApolloManifest {
                format: APOLLO.to_owned(),
                version: 1,
                operations: entries.iter().map(ApolloOperation::from).collect(),
            }),
        };
        // Texts always serialise.
        file.unwrap_or_default() + "\n"
    }
}

impl From<&Entry> for ApolloOperation {
    fn from(entry: &Entry) -> Self {
        let Entry { name, kind, text } = entry;
        Self { id: digest_of(text), name: name.clone(), kind: (*kind).to_owned(), body: text.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &str) -> Entry {
        Entry { name: name.to_owned(), kind: "query", text: format!("query {name} {{ hello }}") }
    }

    /// What is written in each form is read back by the digest of its text; files of several releases stand side by side.
    #[test]
    fn files_are_read_as_they_are_written() {
        let mut manifest = Manifest::default();
        for (form, name) in [(Form::Relay, "A"), (Form::Apollo, "B"), (Form::Codegen, "A")] {
            assert_eq!(manifest.add(&form.write(&[entry(name)])), Ok(()));
        }
        for name in ["A", "B"] {
            let text = entry(name).text;
            assert_eq!(manifest.find(&digest_of(&text)).as_deref(), Some(&*text));
        }
        assert!(manifest.find("A").is_none());
    }

    /// Ids of a client's own are kept beside digests, with or without the draft's prefix; one id has one document.
    #[test]
    fn ids_are_the_files() {
        let mut manifest = Manifest::default();
        assert_eq!(manifest.add(r#"{"hello-1": "{hello}", "sha256:x": "{a}"}"#), Ok(()));
        assert_eq!(manifest.find("hello-1").as_deref(), Some("{hello}"));
        assert_eq!(manifest.find("x").as_deref(), Some("{a}"));
        let digits = "0A".repeat(32);
        assert_eq!(manifest.add(&format!(r#"{{"{digits}": "{{c}}"}}"#)), Ok(()));
        assert_eq!(manifest.find(&super::super::plain(&digits)).as_deref(), Some("{c}"));
        assert_eq!(manifest.add(r#"{"hello-1": "{other}"}"#), Err(ManifestError::Ambiguous("hello-1".to_owned())));
        let twice = manifest.add(r#"{"k": "{a}", "k": "{b}"}"#);
        assert_eq!(twice, Err(ManifestError::Ambiguous("k".to_owned())), "one id twice in one file");
        for wrong in ["[]", "{\"a\": 1}", r#"{"format": "other", "version": 1, "operations": []}"#] {
            assert_eq!(manifest.add(wrong), Err(ManifestError::Form), "{wrong}");
        }
        for cut in ["", "{\"a\": \"{b}\""] {
            assert!(
                matches!(manifest.add(cut), Err(ManifestError::Json(words)) if words.contains("line 1 column")),
                "{cut}"
            );
        }
        assert_eq!(manifest.add("\u{FEFF}{\"b\": \"{b}\"}"), Ok(()));
    }
}
