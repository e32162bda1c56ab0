//! The words about files and their upload: enough for a clerk with a phone to get a file in with nothing else to read.

use super::Reason;
use crate::domain::attachment::{FileType, size};
use crate::domain::language::Language;

/// What is accepted, and how a photo becomes that (R43, E12).
const OF_A_PHOTO: (&str, &str) = (
    "写真（JPEG・HEICなど）はこのままでは添付できません。添付できるのはPDF・PNG・Excel（.xlsx／.xls）です。iPhoneは写真を開き「共有」→「プリント」で表示された用紙を広げて「共有」→「“ファイル”に保存」とするとPDFになります。Androidは写真を開き「印刷」→「PDFとして保存」を選んでください。写真を画面に表示してスクリーンショットを撮るとPNGになります（iPhone、多くのAndroid）。",
    "A photo (JPEG, HEIC and the like) cannot be attached as it is; PDF, PNG and Excel (.xlsx, .xls) can. On an iPhone open the photo, choose Share, Print, spread the preview with two fingers, then Share, Save to Files: that is a PDF. On Android open the photo, choose Print, then Save as PDF. A screenshot of the photo is a PNG (iPhone, most Androids).",
);

impl Reason {
    /// Both texts, when this is about a file.
    pub(super) fn words_of_files(&self, language: Language) -> Option<(String, String)> {
        if let Some((ja, en)) = self.fixed_words_of_files() {
            return Some((ja.to_owned(), en.to_owned()));
        }
        Some(match self {
            Self::FileTooLarge { max } => {
                let (largest, bytes) = (size(*max), grouped(*max));
                (
                    format!(
                        "ファイルが大きすぎます。1ファイルの上限は{largest}（{bytes}バイト）です。解像度を下げて保存し直すか、ページを分けて添付してください。"
                    ),
                    format!(
                        "The file is too large: at most {largest} ({bytes} bytes) a file. Save it at a lower resolution, or attach its pages as several files."
                    ),
                )
            }
            Self::FileExtensionMismatch { file_type, found } => mismatch(*file_type, found.as_deref(), language),
            Self::FileDamaged { file_type } => {
                let label = file_type.label(language);
                (
                    format!(
                        "{label}が壊れているか、途中で切れています。開けることを確認し、保存し直してから添付してください。"
                    ),
                    format!(
                        "This {label} is damaged or cut short. Check that it opens, save it again, and attach that."
                    ),
                )
            }
            Self::TooManyFiles { max } => (
                format!("添付できるファイルは1申請につき{max}個までです。不要なファイルを削除してください。"),
                format!("An application takes at most {max} files. Remove one that is not needed."),
            ),
            Self::TooManyUploads { max } => (
                format!(
                    "同時に送信できるファイルは{max}個までです。送信中のファイルが終わってからもう一度お試しください。"
                ),
                format!("At most {max} files can be sent at once. Try again when one of them is through."),
            ),
            _ => return None,
        })
    }

    fn fixed_words_of_files(&self) -> Option<(&'static str, &'static str)> {
        Some(match self {
            Self::UnsupportedFileType { photo: true } => OF_A_PHOTO,
            Self::UnsupportedFileType { photo: false } => (
                "このファイルは添付できません。添付できるのはPDF・PNG・Excel（.xlsx／.xls）です。いずれかの形式で保存し直してください。",
                "This file cannot be attached; PDF, PNG and Excel (.xlsx, .xls) can. Save it as one of them.",
            ),
            Self::FileExpected => (
                "ファイルは multipart/form-data（GraphQL multipart request specification）で送信してください。",
                "Send the file as multipart/form-data, by the GraphQL multipart request specification.",
            ),
            Self::FileNameMissing => (
                "ファイル名がないか、UTF-8ではありません。名前と拡張子（.pdf など）を付けてください。",
                "The file has no name, or none in UTF-8. Give it one with an extension (.pdf for example).",
            ),
            Self::FileEmpty => (
                "ファイルが空です（0バイト）。内容のあるファイルを選択してください。",
                "The file is empty. Choose one that has content.",
            ),
            Self::FileProtected => (
                "パスワードで保護されたExcelファイルは添付できません。パスワードを解除して保存し直してください。",
                "The workbook is protected by a password. Save it without one.",
            ),
            Self::FileHasMacros => (
                "マクロを含むExcelファイルは添付できません。「Excelブック（.xlsx）」として保存し直してください。",
                "The workbook holds macros. Save it as an Excel workbook without macros (.xlsx).",
            ),
            Self::FileUnsafe => (
                "Excelファイルの内部構造が通常と異なるため添付できません。Excelで開いて保存し直すか、PDFに変換してください。",
                "The workbook is built in an unusual way. Open it in Excel and save it again, or make a PDF of it.",
            ),
            Self::UploadInterrupted => (
                "通信が途中で切れたため、ファイルは保存されていません。もう一度添付してください。",
                "The line broke off, and nothing of the file was kept. Attach it again.",
            ),
            Self::UploadTimedOut => (
                "時間内に送信が終わらなかったため、ファイルは保存されていません。通信環境のよい場所でもう一度添付してください。",
                "The file did not arrive in time, and nothing of it was kept. Attach it again where the connection is better.",
            ),
            Self::UploadMalformed => (
                "ファイルの送信形式が正しくありません。mapに書いた順にファイルを送信してください。",
                "The request's parts are not as its map says. Send the files in the order of the map.",
            ),
            Self::StorageFull => (
                "ただいまファイルを保存できません。運用担当者に連絡済みです。時間をおいてもう一度お試しください。",
                "Files cannot be stored just now; the operator has been told. Try again later.",
            ),
            _ => return None,
        })
    }
}

fn mismatch(file_type: FileType, found: Option<&str>, language: Language) -> (String, String) {
    let (label, wanted) = (file_type.label(language), file_type.extension());
    match found {
        Some(found) => (
            format!(
                "内容は{label}ですが、ファイル名の拡張子が「.{found}」です。拡張子を「.{wanted}」にして添付してください。"
            ),
            format!("By its content this is a {label}, but its name ends in .{found}. Rename it to end in .{wanted}."),
        ),
        None => (
            format!(
                "ファイル名に拡張子がありません。内容は{label}です。ファイル名の最後に「.{wanted}」を付けてください。"
            ),
            format!(
                "The file's name has no extension. By its content this is a {label}: let the name end in .{wanted}."
            ),
        ),
    }
}

/// A number with a comma before every third digit.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
