//! JSON as it goes out: bytes in the order in which the pages show them.

use std::collections::HashMap;
use std::io::Write as _;

use chrono::{DateTime, Utc};
use madoguchi_ids::kind::ReviewCase;
use madoguchi_ids::{ApplicationId, AttachmentId, EligibilityAccountId, FacilityId, Id, Kind};
use serde::Serialize;
use uuid::Uuid;

use super::sql::{Account, Application, Attachment, Facility};

/// Rows by the key that they belong to.
pub struct Rows<'a, T>(HashMap<Uuid, Vec<&'a T>>);

impl<'a, T> Rows<'a, T> {
    pub fn by(rows: &'a [T], key: impl Fn(&T) -> Uuid) -> Self {
        let mut found: HashMap<_, Vec<_>> = HashMap::with_capacity(rows.len());
        for row in rows {
            found.entry(key(row)).or_default().push(row);
        }
        Self(found)
    }

    pub fn of(&self, key: Uuid) -> impl Iterator<Item = &'a T> {
        self.0.get(&key).into_iter().flatten().copied()
    }
}

/// An answer that is being written. Writing to memory cannot fail.
pub struct Json(Vec<u8>);

impl Json {
    /// `{"data":{"<root>":`
    pub fn begin(root: &str) -> Self {
        let mut text = Vec::with_capacity(16 * 1024);
        let _ = write!(text, r#"{{"data":{{"{root}":"#);
        Self(text)
    }

    pub fn end(mut self) -> Vec<u8> {
        self.0.extend_from_slice(b"}}");
        self.0
    }

    pub fn null(mut self) -> Self {
        self.0.extend_from_slice(b"null");
        self
    }

    pub fn key(&mut self, name: &str) {
        self.comma();
        let _ = write!(self.0, r#""{name}":"#);
    }

    /// Opens an object; the next of a list, or the value of a key.
    pub fn begin_object(&mut self) {
        self.comma();
        self.0.push(b'{');
    }

    pub fn end_object(&mut self) {
        self.0.push(b'}');
    }

    /// A page up to the beginning of its nodes.
    pub fn page(&mut self, has_next: bool, end: Option<&str>) {
        self.begin_object();
        self.key("pageInfo");
        self.begin_object();
        self.field("hasNextPage", &has_next);
        self.field("endCursor", &end);
        self.end_object();
        self.key("nodes");
        self.0.push(b'[');
    }

    pub fn end_page(&mut self) {
        self.0.extend_from_slice(b"]}");
    }

    /// A facility, left open.
    pub fn facility(&mut self, (id, kind, code, name): &Facility) {
        self.begin_object();
        self.id(FacilityId::from_uuid(*id));
        self.field("kind", kind);
        self.field("name", name);
        self.key("code");
        self.begin_object();
        self.field("value", code);
        self.end_object();
    }

    /// An application, left open.
    pub fn application(&mut self, (id, number, _, status, version, created, submitted, decided): &Application) {
        self.begin_object();
        self.id(ApplicationId::from_uuid(*id));
        self.field("number", number);
        self.field("status", status);
        self.field("version", version);
        self.time("createdAt", Some(*created));
        self.time("submittedAt", *submitted);
        self.time("decidedAt", *decided);
    }

    /// A case with its application, both left open.
    pub fn case(&mut self, id: Uuid, since: DateTime<Utc>, application: &Application) {
        self.begin_object();
        self.id(Id::<ReviewCase>::from_uuid(id));
        self.time("waitingSince", Some(since));
        self.key("application");
        self.begin_object();
        self.id(ApplicationId::from_uuid(id));
        self.field("number", &application.1);
        self.field("status", &application.3);
        self.time("submittedAt", application.6);
    }

    pub fn attachments<'a>(&mut self, attachments: impl Iterator<Item = &'a Attachment>) {
        self.key("attachments");
        self.0.push(b'[');
        for (id, _, kind, name, file_type, size, uploaded) in attachments {
            self.begin_object();
            self.id(AttachmentId::from_uuid(*id));
            self.field("kind", kind);
            self.field("fileName", name);
            self.field("type", file_type);
            self.field("size", size);
            self.time("uploadedAt", Some(*uploaded));
            self.end_object();
        }
        self.0.push(b']');
    }

    pub fn accounts<'a>(&mut self, accounts: impl Iterator<Item = &'a Account>) {
        self.key("accounts");
        self.0.push(b'[');
        for (id, _, name, status, issued) in accounts {
            self.begin_object();
            self.id(EligibilityAccountId::from_uuid(*id));
            self.field("accountId", name);
            self.field("status", status);
            self.time("issuedAt", Some(*issued));
            self.end_object();
        }
        self.0.push(b']');
    }

    fn id<K: Kind>(&mut self, id: Id<K>) {
        self.key("id");
        let _ = write!(self.0, "\"{id}\"");
    }

    fn time(&mut self, name: &str, at: Option<DateTime<Utc>>) {
        self.key(name);
        match at {
            Some(at) => {
                let _ = write!(self.0, "\"{}\"", at.to_rfc3339());
            }
            None => self.0.extend_from_slice(b"null"),
        }
    }

    fn field(&mut self, name: &str, value: &impl Serialize) {
        self.key(name);
        let _ = serde_json::to_writer(&mut self.0, value);
    }

    /// Before whatever is not the first.
    fn comma(&mut self) {
        if !matches!(self.0.last(), Some(b'{' | b'[' | b':')) {
            self.0.push(b',');
        }
    }
}
