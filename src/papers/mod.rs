//! Papers: from facts to the bytes of a PDF, pure. No clock, no database, no request; who may have a paper is the services' matter.
//!
//! `settings` and `receipt` say what stands on a paper; `sheet` and `table` place it, `text` breaks lines, `font` knows the characters,
//! `pdf` writes the file with its tags. A new paper is a file beside `receipt`.

mod archive;
mod font;
mod pdf;
mod qr;
mod receipt;
mod settings;
mod sheet;
mod table;
mod text;

pub use archive::accounts_zip;
pub use receipt::{ReceiptFacts, receipt};
pub use settings::{SettingsFacts, settings_document};

/// Why a paper could not be made; always ours to mend.
#[derive(Debug, thiserror::Error)]
pub enum PaperError {
    /// The embedded font cannot be read: the program was built with a broken file.
    #[error("the embedded font cannot be read")]
    Font,
    /// A paper of one page has more to say than the page holds.
    #[error("the paper does not fit on one page")]
    DoesNotFit,
    /// The PDF could not be written, or breaks a rule of PDF/UA-1.
    #[error("the PDF could not be written: {0}")]
    Pdf(String),
    /// The account id cannot be put into a QR code.
    #[error("the QR code could not be made: {0}")]
    QrCode(String),
    /// The archive could not be written.
    #[error("the archive could not be written: {0}")]
    Archive(#[from] zip::result::ZipError),
}

/// `2026年11月24日`, the day in Japan.
fn day(at: chrono::DateTime<chrono::Utc>) -> String {
    crate::domain::clock::day_in_japan(at).format("%Y年%-m月%-d日").to_string()
}

/// `2026年11月24日 10時05分`, the time in Japan.
fn minute(at: chrono::DateTime<chrono::Utc>) -> String {
    at.with_timezone(&crate::domain::clock::japan()).format("%Y年%-m月%-d日 %-H時%M分").to_string()
}
