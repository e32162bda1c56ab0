//! A corpus of generated files, each with its label: over the wire, what is labelled good is there and what is labelled bad leaves nothing.

use serde_json::json;

use super::files::{Entry, book, chunk, compound, heic, jpeg, pdf, png, xls, xlsx, xlsx_with, zip};
use super::{assert_nothing, objects, rows};
use crate::support::Portal;
use crate::support::steps::draft;
use crate::support::upload::Form;

/// Label, file name, content.
type Case = (&'static str, &'static str, Vec<u8>);

fn good() -> Vec<Case> {
    let mut late_end = pdf();
    late_end.extend(vec![b'\n'; 1000]);
    let mut commented = zip(&book());
    let comment = b"made by a program that signs its work";
    let at = commented.len() - 2;
    commented[at] = u8::try_from(comment.len()).unwrap();
    commented.extend(comment);
    vec![
        ("PDF", "受領委任承諾通知書.pdf", pdf()),
        ("PDF", "UPPER.PDF", pdf()),
        ("PDF", "two.dots.pdf", late_end),
        ("PNG", "scan.png", png()),
        ("PNG", "scan.PnG", png()),
        ("XLSX", "届.xlsx", xlsx()),
        ("XLSX", "commented.xlsx", commented),
        ("XLSX", "pictures.xlsx", xlsx_with(Entry::new("xl/media/image1.png", "not looked at"))),
        ("XLS", "届.xls", xls()),
        ("XLS", "old.xls", compound(&[("Book", 2)])),
        ("XLS", "long-directory.xls", compound(&[("a", 2), ("b", 2), ("c", 2), ("d", 2), ("Workbook", 2)])),
        ("XLS", "with-a-letter-inside.xls", compound(&[("Workbook", 2), ("MBD0001", 1), ("WordDocument", 2)])),
    ]
}

fn cut(bytes: Vec<u8>, by: usize) -> Vec<u8> {
    bytes[..bytes.len() - by].to_vec()
}

fn after(before: &[u8], bytes: Vec<u8>) -> Vec<u8> {
    [before, &bytes].concat()
}

fn entry(change: impl Fn(&mut Entry)) -> Vec<u8> {
    let mut entry = Entry::new("xl/worksheets/sheet2.xml", "<worksheet/>");
    change(&mut entry);
    xlsx_with(entry)
}

fn images_and_others() -> Vec<Case> {
    let avif = [&b"\0\0\0\x1Cftypavif\0\0\0\0mif1miaf"[..], &[7; 600]].concat();
    vec![
        ("UNSUPPORTED_FILE_TYPE", "IMG_0001.JPG", jpeg()),
        ("UNSUPPORTED_FILE_TYPE", "IMG_0001.HEIC", heic()),
        ("UNSUPPORTED_FILE_TYPE", "renamed.png", jpeg()),
        ("UNSUPPORTED_FILE_TYPE", "renamed.pdf", heic()),
        ("UNSUPPORTED_FILE_TYPE", "photo.avif", avif),
        ("UNSUPPORTED_FILE_TYPE", "scan.tiff", after(b"II*\0", vec![0; 900])),
        ("UNSUPPORTED_FILE_TYPE", "a.gif", b"GIF89a".to_vec()),
        ("UNSUPPORTED_FILE_TYPE", "a.webp", after(b"RIFF\x10\0\0\0WEBPVP8 ", vec![0; 900])),
        ("UNSUPPORTED_FILE_TYPE", "notes.txt", "メモ".into()),
        ("UNSUPPORTED_FILE_TYPE", "page.pdf", b"<html><script>alert(1)</script></html>".to_vec()),
        ("UNSUPPORTED_FILE_TYPE", "setup.exe", after(b"MZ\x90\0", vec![0; 2000])),
        ("UNSUPPORTED_FILE_TYPE", "archive.xlsx", zip(&[Entry::new("a.txt", "a")])),
        (
            "UNSUPPORTED_FILE_TYPE",
            "letter.xlsx",
            zip(&[Entry::new("[Content_Types].xml", ""), Entry::new("word/document.xml", "")]),
        ),
        ("UNSUPPORTED_FILE_TYPE", "letter.xls", compound(&[("WordDocument", 2), ("ObjectPool", 1), ("Workbook", 2)])),
        ("UNSUPPORTED_FILE_TYPE", "mail.xls", compound(&[("__properties_version1.0", 2)])),
        ("UNSUPPORTED_FILE_TYPE", "two-in-one.pdf", after(b"GARBAGE\n", pdf())),
        ("UNSUPPORTED_FILE_TYPE", "byte-order-mark.pdf", after(b"\xEF\xBB\xBF", pdf())),
    ]
}

fn damaged() -> Vec<Case> {
    let polyglot = [xlsx(), b"appended".to_vec()].concat();
    let headless = [&b"\x89PNG\r\n\x1A\n"[..], &chunk(b"IDAT", &[0; 30]), &chunk(b"IEND", &[])].concat();
    vec![
        ("FILE_EMPTY", "empty.pdf", Vec::new()),
        ("FILE_DAMAGED", "cut.pdf", cut(pdf(), 20)),
        ("FILE_DAMAGED", "end-too-far.pdf", [pdf(), vec![b' '; 5000]].concat()),
        ("FILE_DAMAGED", "cut.png", cut(png(), 3)),
        ("FILE_DAMAGED", "headless.png", headless),
        ("FILE_DAMAGED", "appended.png", [png(), b"<script>".to_vec()].concat()),
        ("FILE_DAMAGED", "cut.xlsx", cut(xlsx(), 30)),
        ("FILE_DAMAGED", "appended.xlsx", polyglot),
        ("UNSUPPORTED_FILE_TYPE", "prepended.xlsx", after(b"%!PS", xlsx())),
        ("FILE_DAMAGED", "cut.xls", xls()[..1000].to_vec()),
        ("FILE_DAMAGED", "head-only.xls", b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1".to_vec()),
        ("FILE_DAMAGED", "a-zip-in-a-png.png", [png(), xlsx()].concat()),
    ]
}

fn unwelcome_workbooks() -> Vec<Case> {
    let macros = Entry::new("xl/vbaProject.bin", "");
    let many: Vec<_> = book().into_iter().chain((0..2000).map(|n| Entry::new(&format!("xl/{n}"), ""))).collect();
    vec![
        ("FILE_HAS_MACROS", "macros.xlsm", xlsx_with(macros.clone())),
        ("FILE_HAS_MACROS", "macros.xlsx", xlsx_with(macros)),
        ("FILE_HAS_MACROS", "macros.xls", compound(&[("Workbook", 2), ("_VBA_PROJECT_CUR", 1)])),
        ("FILE_PROTECTED", "secret.xlsx", compound(&[("EncryptionInfo", 2), ("EncryptedPackage", 2)])),
        ("FILE_PROTECTED", "zip-secret.xlsx", entry(|entry| entry.flags = 1)),
        ("FILE_UNSAFE", "bomb.xlsx", entry(|entry| entry.claims = 299_000_000)),
        ("FILE_UNSAFE", "huge.xlsx", entry(|entry| entry.claims = 4_000_000_000)),
        ("FILE_UNSAFE", "way-out.xlsx", entry(|entry| entry.name = "xl/../../../etc/cron.d/x".to_owned())),
        ("FILE_UNSAFE", "root.xlsx", entry(|entry| entry.name = "/etc/passwd".to_owned())),
        ("FILE_UNSAFE", "link.xlsx", entry(|entry| entry.attributes = 0o120_777 << 16)),
        ("FILE_UNSAFE", "nested.xlsx", entry(|entry| entry.name = "xl/more.zip".to_owned())),
        ("FILE_UNSAFE", "crowd.xlsx", zip(&many)),
    ]
}

fn misnamed() -> Vec<Case> {
    vec![
        ("FILE_EXTENSION_MISMATCH", "really-a.png", pdf()),
        ("FILE_EXTENSION_MISMATCH", "really-a.pdf", png()),
        ("FILE_EXTENSION_MISMATCH", "new-as-old.xls", xlsx()),
        ("FILE_EXTENSION_MISMATCH", "old-as-new.xlsx", xls()),
        ("FILE_EXTENSION_MISMATCH", "book.xlsm", xlsx()),
        ("FILE_EXTENSION_MISMATCH", "notice.pdf.exe", pdf()),
        ("FILE_EXTENSION_MISMATCH", "通知書", pdf()),
        ("FILE_EXTENSION_MISMATCH", ".pdf", pdf()),
        ("FILE_NAME_MISSING", "", pdf()),
        ("FILE_NAME_MISSING", "../", pdf()),
    ]
}

/// Every file of the corpus is judged as it is labelled; what is refused leaves neither row nor object, in words in both languages.
#[tokio::test(flavor = "multi_thread")]
async fn the_corpus_is_judged_as_labelled() {
    let portal = Portal::demo().await;
    let client = portal.log_in("clinic@example.jp").await;
    let application = draft(&client).await;
    let form = Form::attaching(&client, json!({ "applicationId": application }));
    let bad: Vec<_> = [images_and_others(), damaged(), unwelcome_workbooks(), misnamed()].concat();
    let good = good();
    println!("{} files, {} of them good", bad.len() + good.len(), good.len());
    assert!(bad.len() + good.len() >= 40);
    for (label, name, content) in &bad {
        let answer = form.send(&client, name.as_bytes(), content).await;
        assert_eq!(answer.code(), *label, "{name:?}: {}", answer.body);
        let error = &answer.payload()["userErrors"][0];
        assert_eq!(error["field"], json!(["input", "file"]), "{name}");
    }
    assert_nothing(&portal, "after the bad files").await;
    for (label, name, content) in &good {
        let answer = form.send(&client, name.as_bytes(), content).await;
        assert_eq!(answer.code(), "OK", "{name:?}: {}", answer.body);
        let attachment = &answer.payload()["attachment"];
        assert_eq!((attachment["type"].as_str(), attachment["fileName"].as_str()), (Some(*label), Some(*name)));
        assert_eq!(attachment["size"], content.len());
        let removed = client.done("RemoveAttachment", json!({ "attachmentId": attachment["id"] })).await;
        assert_eq!(removed["application"]["attachments"], json!([]));
    }
    assert_eq!((rows(&portal).await, objects(portal.folder())), (0, Vec::new()));
}

/// Whoever sends a photo is told which three kinds are taken and how a phone makes one, in Japanese and in English.
#[tokio::test(flavor = "multi_thread")]
async fn a_photo_is_refused_with_a_way_out() {
    let portal = Portal::demo().await;
    let client = portal.log_in("clinic@example.jp").await;
    let application = draft(&client).await;
    let english = Form::attaching(&client, json!({ "applicationId": application }));
    let japanese = english.clone().without("accept-language");
    for (form, words) in [
        (english, &["PDF", "PNG", "Excel", "iPhone", "Android", "Print", "screenshot"][..]),
        (japanese, &["PDF", "PNG", "Excel", "iPhone", "Android", "プリント", "スクリーンショット"][..]),
    ] {
        for (name, content) in [("IMG_1.jpg", jpeg()), ("IMG_1.HEIC", heic())] {
            let answer = form.send(&client, name.as_bytes(), &content).await;
            let message = answer.payload()["userErrors"][0]["message"].as_str().unwrap().to_owned();
            assert!(words.iter().all(|word| message.contains(word)), "{message}");
        }
    }
}

/// Names are text: whatever a computer calls a file, one clean line of at most a hundred characters comes back, and no path leads
/// anywhere.
#[tokio::test(flavor = "multi_thread")]
async fn names_are_text_and_never_a_path() {
    let portal = Portal::demo().await;
    let client = portal.log_in("clinic@example.jp").await;
    let application = draft(&client).await;
    let form = Form::attaching(&client, json!({ "applicationId": application }));
    let long = format!("{}.pdf", "通".repeat(83));
    assert_eq!(long.len(), 253);
    for (given, expected) in [
        ("受領委任承諾通知書（控）.pdf", "受領委任承諾通知書（控）.pdf"),
        ("か\u{3099}くにん.pdf", "がくにん.pdf"),
        ("../../../etc/cron.d/evil.pdf", "evil.pdf"),
        ("C:\\\\Users\\\\花子\\\\通知書.pdf", "通知書.pdf"),
        ("photo\u{202E}gnp.pdf", "photognp.pdf"),
        ("\u{200F}\u{2067}a.pdf", "a.pdf"),
        ("髙橋﨑𠮷.pdf", "髙橋﨑𠮷.pdf"),
        ("%2e%2e%2f%00.pdf", "%2e%2e%2f%00.pdf"),
        (&long, &long),
        (&format!("{}.pdf", "a".repeat(251)), &format!("{}.pdf", "a".repeat(96))),
    ] {
        let answer = form.send(&client, given.as_bytes(), &pdf()).await;
        assert_eq!(answer.code(), "OK", "{given}: {}", answer.body);
        assert_eq!(answer.payload()["attachment"]["fileName"], *expected, "{given}");
        client.done("RemoveAttachment", json!({ "attachmentId": answer.payload()["attachment"]["id"] })).await;
    }
    // A name that is no UTF-8 is no name.
    let answer = form.send(&client, b"\x92\xCA\x92m.pdf", &pdf()).await;
    assert_eq!(answer.code(), "FILE_NAME_MISSING");
    assert_nothing(&portal, "after the names").await;
}
