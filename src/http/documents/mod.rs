//! From what a client sent to an operation that may run: a document by its text or by its id (GraphQL-over-HTTP draft, appendix on
//! persisted documents; Apollo's automatic persisted queries), within what the mode allows this actor.
//!
//! [`manifest`] reads and writes the files of trusted documents. A trusted document takes the same way through the engine as any
//! other: the same guard, the same policy.

pub mod manifest;

use std::borrow::Cow;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::config::{Developers, DocumentMode};
use crate::domain::actor::Actor;
use crate::domain::language::Language;
use crate::execution::{Answer, Cache, Document, Engine, Operation, OperationKind, RequestErrorCode};

use super::error_code::HttpErrorCode;
use super::payload::{self, Asked};
use super::refusal::Refusal;
use manifest::Manifest;

/// Bytes of documents that clients have made known by sending them once.
const KNOWN_BYTES: usize = 2 * 1024 * 1024;
/// What the map takes for each of them beside its text.
const KNOWN_EACH: usize = 400;
/// How the draft writes an id that is a digest.
const DIGEST: &str = "sha256:";

/// What the router is told of documents.
#[derive(Debug, Clone)]
pub struct DocumentSettings {
    /// Which documents are run.
    pub mode: DocumentMode,
    /// The trusted ones.
    pub manifest: Arc<Manifest>,
    /// Whether everybody may ask for the schema.
    pub introspection: bool,
    /// Who may send any document and ask for the schema all the same.
    pub developers: Developers,
}

impl Default for DocumentSettings {
    fn default() -> Self {
        let developers = Developers::default();
        Self { mode: DocumentMode::Prefer, manifest: Arc::default(), introspection: true, developers }
    }
}

/// What is asked for, with its document.
pub(super) struct Found {
    asked: Asked,
    text: Arc<str>,
    document: Arc<Document>,
    may_know_schema: bool,
}

impl Found {
    /// What the operation that is asked for does; nothing when the document has none of its name.
    pub(super) fn kind(&self) -> Option<OperationKind> {
        self.document.kind(self.asked.operation_name.as_deref())
    }
}

/// The documents that clients need not send whole.
pub(super) struct Documents {
    settings: DocumentSettings,
    /// What clients have made known, by its digest.
    known: Cache<String, Arc<str>>,
}

impl Documents {
    pub(super) fn new(settings: DocumentSettings) -> Self {
        Self { settings, known: Cache::new(KNOWN_BYTES) }
    }

    /// Finds what is asked for and reads it. `Err` is the answer to a document that cannot run, or may not.
    pub(super) fn find(
        &self,
        engine: &Engine,
        asked: Asked,
        actor: &Actor,
        language: Language,
    ) -> Result<Found, Box<Answer>> {
        let is_developer = self.settings.developers.include(actor.role());
        let may_know_schema = self.settings.introspection || is_developer;
        let text = self.text_of(&asked.document, is_developer);
        let text = text.map_err(|refusal| Box::new(refusal.in_language(language).into_answer()))?;
        let document = engine.document(&text).map_err(|answer| suggest(engine, may_know_schema, answer))?;
        Ok(Found { asked, text, document, may_know_schema })
    }

    /// Everything else up to the run. `Err` is the answer to what cannot run so.
    pub(super) fn prepare(&self, engine: &Engine, found: Found) -> Result<Operation, Box<Answer>> {
        let Found { asked, text, document, may_know_schema } = found;
        let Asked { document: named, operation_name, variables, extensions } = asked;
        let operation =
            engine.prepare_of(&document, operation_name.as_deref(), variables.as_ref(), extensions.as_ref());
        let operation = operation.map_err(|answer| suggest(engine, may_know_schema, answer))?;
        if operation.describes_schema() && !may_know_schema {
            let code = RequestErrorCode::IntrospectionDisabled;
            return Err(Box::new(Answer::request_error(code, code.meaning())));
        }
        if let (payload::Document::Whole { id: Some(id), .. }, DocumentMode::Prefer) = (&named, self.settings.mode)
            && self.trusted(id).is_none()
        {
            let weight = text.len() + KNOWN_EACH;
            self.known.insert(plain(id).into_owned(), text, weight);
        }
        Ok(operation)
    }

    /// The document's text.
    fn text_of(&self, document: &payload::Document, is_developer: bool) -> Result<Arc<str>, Refusal> {
        match document {
            payload::Document::Whole { text, id } => self.whole(text, id.as_deref(), is_developer),
            payload::Document::Known(id) => self.by_id(id),
        }
    }

    fn whole(&self, query: &str, id: Option<&str>, is_developer: bool) -> Result<Arc<str>, Refusal> {
        // A link may print the text in its own way, or add to it: what the manifest has under this id is meant.
        if let Some(trusted) = id.and_then(|id| self.trusted(id)) {
            return Ok(trusted);
        }
        if id.is_some_and(|id| *plain(id) != digest_of(query)) {
            return Err(Refusal::new(HttpErrorCode::DocumentHashMismatch));
        }
        if self.settings.mode == DocumentMode::Only && !is_developer {
            let trusted = self.settings.manifest.find(&digest_of(query));
            return trusted.ok_or_else(|| Refusal::new(HttpErrorCode::DocumentNotTrusted));
        }
        Ok(query.into())
    }

    /// What the manifest has under an id, if ids are taken at all.
    fn trusted(&self, id: &str) -> Option<Arc<str>> {
        if self.settings.mode == DocumentMode::Off { None } else { self.settings.manifest.find(&plain(id)) }
    }

    fn by_id(&self, id: &str) -> Result<Arc<str>, Refusal> {
        if self.settings.mode == DocumentMode::Off {
            return Err(Refusal::new(HttpErrorCode::PersistedQueryNotSupported));
        }
        let found = self.trusted(id).or_else(|| self.known.get(&plain(id).into_owned()));
        found.ok_or_else(|| Refusal::new(HttpErrorCode::PersistedQueryNotFound))
    }
}

/// Tells those who may know the schema which name may have been meant.
fn suggest(engine: &Engine, may_know_schema: bool, mut answer: Box<Answer>) -> Box<Answer> {
    if may_know_schema {
        engine.suggest(&mut answer);
    }
    answer
}

/// An id without the draft's prefix; a digest's digits are told apart by nobody's case.
fn plain(id: &str) -> Cow<'_, str> {
    let id = id.strip_prefix(DIGEST).unwrap_or(id);
    let is_digest = id.len() == 64 && id.bytes().all(|digit| digit.is_ascii_hexdigit());
    if is_digest { id.to_ascii_lowercase().into() } else { id.into() }
}

/// The SHA-256 of a document's text, in hexadecimal digits.
pub fn digest_of(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}
