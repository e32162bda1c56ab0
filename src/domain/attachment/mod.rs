//! Files that are attached to an application: what they may be, how many, and what becomes of one that is replaced.
//!
//! [`name`] brings a file's name into shape, [`content`] tells its type by its bytes. Nothing here reads a file or stores one.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::application::Application;
use super::evidence::EvidenceKind;
use super::ids::{ApplicationId, AttachmentId, FacilityId, UserId};
use super::language::Language;

pub mod content;
pub mod name;

mod compound;
mod workbook;

/// The one field of the object that stands in a variable for a file on its way; it holds the name of the file's part.
pub const PART: &str = "part";

/// A count of bytes in words: `100 MB`, `1.5 MB`, `1 kB`.
pub fn size(bytes: u64) -> String {
    let (unit, name) = if bytes >= 1_000_000 { (1_000_000, "MB") } else { (1_000, "kB") };
    let (whole, tenths) = (bytes / unit, bytes % unit * 10 / unit);
    if tenths == 0 { format!("{whole} {name}") } else { format!("{whole}.{tenths} {name}") }
}

/// A type of file that evidence may have (R43).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FileType {
    /// PDF.
    Pdf,
    /// PNG image.
    Png,
    /// Excel workbook, `.xlsx`.
    Xlsx,
    /// Excel workbook of the older format, `.xls`.
    Xls,
}

impl FileType {
    /// Every type.
    pub const ALL: [Self; 4] = [Self::Pdf, Self::Png, Self::Xlsx, Self::Xls];

    /// The extension that a name of this type ends in, after the dot.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Png => "png",
            Self::Xlsx => "xlsx",
            Self::Xls => "xls",
        }
    }

    /// The media type under which it is handed out.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Png => "image/png",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Xls => "application/vnd.ms-excel",
        }
    }

    /// What people call it.
    pub fn label(self, language: Language) -> &'static str {
        match self {
            Self::Pdf => "PDF",
            Self::Png => language.pick("PNG画像", "PNG image"),
            Self::Xlsx | Self::Xls => language.pick("Excelファイル", "Excel workbook"),
        }
    }
}

/// A file that was attached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Its id.
    pub id: AttachmentId,
    /// The application that it belongs to.
    pub application: ApplicationId,
    /// The application's facility.
    pub facility: FacilityId,
    /// Which paper it is: follows from the facility's kind.
    pub kind: EvidenceKind,
    /// Its name, cleaned. Text, never a path.
    pub file_name: String,
    /// Its type, told by its bytes.
    pub file_type: FileType,
    /// Its size in bytes.
    pub size: u64,
    /// The SHA-256 of its bytes.
    pub sha256: [u8; 32],
    /// The name of its object in the storage; no client sees it.
    pub object: Uuid,
    /// Who attached it.
    pub uploaded_by: UserId,
    /// When.
    pub uploaded_at: DateTime<Utc>,
    /// When it was replaced or taken away after a reviewer could have seen it; it then no longer counts.
    pub replaced_at: Option<DateTime<Utc>>,
}

impl Attachment {
    /// Whether it was part of what was sent: then it is history, and is kept when it is replaced.
    pub fn was_sent_with(&self, application: &Application) -> bool {
        application.submitted_at.is_some_and(|sent| self.uploaded_at <= sent)
    }

    /// Whether it counts as evidence.
    pub const fn is_current(&self) -> bool {
        self.replaced_at.is_none()
    }
}
