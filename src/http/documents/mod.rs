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
use crate::execution::{Answer, Cache, Engine, GraphqlRequest, Operation, OperationKind, RequestErrorCode};

use super::error_code::HttpErrorCode;
use super::payload::{Asked, Document};
use super::refusal::Refusal;
use manifest::Manifest;

/// Bytes of documents that clients have made known by sending them once.
const KNOWN_BYTES: usize = 2 * 1024 * 1024;
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

    /// Everything up to the run. `Err` is the answer to a document that cannot run, or may not.
    pub(super) fn prepare(
        &self,
        engine: &Engine,
        asked: Asked,
        actor: &Actor,
        language: Language,
    ) -> Result<Operation, Box<Answer>> {
        let refused = |refusal: Refusal| Box::new(refusal.in_language(language).into_answer());
        let is_developer = self.settings.developers.include(actor.role());
        let Asked { document, operation_name, variables, extensions } = asked;
        let query = self.text_of(&document, is_developer).map_err(refused)?;
        let request = GraphqlRequest { query: query.to_string(), operation_name, variables, extensions };
        let may_know_schema = self.settings.introspection || is_developer;
        let operation = engine.prepare(&request).map_err(|mut answer| {
            if may_know_schema {
                engine.suggest(&mut answer);
            }
            answer
        })?;
        if operation.describes_schema() && !may_know_schema {
            let code = RequestErrorCode::IntrospectionDisabled;
            return Err(Box::new(Answer::request_error(code, code.meaning())));
        }
        if let (Document::Whole { id: Some(id), .. }, DocumentMode::Prefer) = (&document, self.settings.mode)
            && self.trusted(id).is_none()
        {
            let weight = query.len();
            self.known.insert(plain(id).into_owned(), query, weight);
        }
        Ok(operation)
    }

    /// What the operation that is asked for does, as far as its document is known and fits.
    pub(super) fn kind(&self, engine: &Engine, asked: &Asked, actor: &Actor) -> Option<OperationKind> {
        let query = self.text_of(&asked.document, self.settings.developers.include(actor.role())).ok()?;
        engine.kind(&query, asked.operation_name.as_deref())
    }

    /// The document's text.
    fn text_of(&self, document: &Document, is_developer: bool) -> Result<Arc<str>, Refusal> {
        match document {
            Document::Whole { text, id } => self.whole(text, id.as_deref(), is_developer),
            Document::Known(id) => self.by_id(id),
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
