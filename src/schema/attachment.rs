//! 添付ファイル: files of evidence, and the inputs that bring and take them.

use async_graphql::{Enum, InputObject, SimpleObject};

use super::application::Application;
use super::errors::UserError;
use super::scalars::Upload;
use crate::domain;

/// 添付ファイル: a file that was attached to an application as evidence (method 2).
#[derive(Debug, Clone)]
pub struct Attachment(pub domain::attachment::Attachment);

/// A type of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::attachment::FileType")]
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

/// Input of `addAttachment`.
#[derive(InputObject)]
pub struct AddAttachmentInput {
    /// The application: a draft, or a returned one whose evidence is open for correction.
    pub application_id: async_graphql::ID,
    /// The file: PDF, PNG or Excel, as `startOfUseForm` tells. It travels by the GraphQL multipart request specification.
    pub file: Upload,
    /// A file of the application whose place this one takes. One that a reviewer may have seen stays in the history.
    pub replaces: Option<async_graphql::ID>,
    /// The version that you saw. Without one, the file is added whatever was changed meanwhile.
    pub expected_version: Option<i32>,
}

/// Input of `removeAttachment`.
#[derive(Debug, InputObject)]
pub struct RemoveAttachmentInput {
    /// The file.
    pub attachment_id: async_graphql::ID,
    /// The version of its application that you saw. Without one, the file is removed whatever was changed meanwhile.
    pub expected_version: Option<i32>,
}

/// What came of `addAttachment`.
#[derive(Debug, SimpleObject)]
pub struct AddAttachmentPayload {
    /// The file; null when it was refused. The same file under the same name, sent again, is the one that is there.
    pub attachment: Option<Attachment>,
    /// The application as it now stands; null when the file was refused.
    pub application: Option<Application>,
    /// Why it was refused; nothing of the file is kept then.
    pub user_errors: Vec<UserError>,
}

/// What came of `removeAttachment`.
#[derive(Debug, SimpleObject)]
pub struct RemoveAttachmentPayload {
    /// The application as it now stands; null when it was refused.
    pub application: Option<Application>,
    /// Why it was refused; empty when the file is gone.
    pub user_errors: Vec<UserError>,
}
