//! What stands on a paper, from facts alone.

use std::time::Instant;

use chrono::{DateTime, TimeZone, Utc};
use madoguchi::domain::facility::{FacilityCode, FacilityKind};
use madoguchi::domain::kinds::StartOfUse;
use madoguchi::domain::kinds::start_of_use::AcceptedTerms;
use madoguchi::domain::secret::Confidential;
use madoguchi::domain::verification::VerificationMethod;
use madoguchi::papers::{ReceiptFacts, SettingsFacts, receipt, settings_document};

use super::{Paper, letters};
use crate::support::generated;

const SECRET: &str = "K7MWQ2XA9RTHV4NC";

fn ten_o_clock() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 24, 1, 5, 0).single().unwrap()
}

fn facts(facility_name: &str) -> SettingsFacts {
    SettingsFacts {
        facility_name: facility_name.to_owned(),
        facility_kind: FacilityKind::TreatmentClinic,
        facility_code: FacilityCode::parse(FacilityKind::TreatmentClinic, "協1312345-0-0").unwrap(),
        application_number: "S0000012".to_owned(),
        account_name: "W0000034".to_owned(),
        secret: Confidential::new(SECRET.to_owned()),
        issued_at: ten_o_clock(),
    }
}

fn made(facility_name: &str) -> Paper {
    Paper::new(&settings_document(&facts(facility_name)).unwrap())
}

/// The whole document, as it is copied out; one page, with title, language and tags, and rendered for the documentation.
#[test]
fn the_settings_document_says_what_it_should() {
    let paper = made("髙橋接骨院");
    let lines: Vec<_> = paper.text().lines().map(letters).collect();
    let expected = [
        "発行日2026年11月24日",
        "髙橋接骨院御中",
        "登録記号番号協1312345-0-0",
        "施術所等向け総合ポータルサイト",
        "マイナ資格確認アプリユーザ設定情報",
        "マイナ資格確認アプリの利用開始申請（受付番号S0000012）の手続きが完了しました。",
        "アプリの初期登録に使用する情報を、次のとおりお知らせします。",
        "アカウントIDW0000034",
        "初期パスワード",
        SECRET,
    ];
    assert_eq!(lines[..expected.len()], expected);
    for step in ["①アプリのインストール", "②初期登録", "③アプリの設定", "④運用開始日の登録"]
    {
        assert!(lines.iter().any(|line| line.starts_with(step)), "{step}: {lines:#?}");
    }
    assert!(paper.letters().contains("オンライン資格確認等コールセンター電話0800-080-4583（通話無料）"));
    assert!(paper.text().lines().any(|line| line == SECRET), "the secret is copied out as one word");

    let info = paper.info();
    for line in
        ["Title:           マイナ資格確認アプリ ユーザ設定情報 W0000034", "Tagged:          yes", "Pages:           1"]
    {
        assert!(info.contains(line), "{info}");
    }
    let image = generated::path("docs/settings-document.png");
    if std::env::var_os("MADOGUCHI_ACCEPT").is_some() {
        let page = image.with_extension("");
        paper.ask("pdftoppm", &["-png", "-r", "110", "-singlefile"], &[page.to_str().unwrap()]);
    }
    assert!(image.exists(), "`cargo xtask accept` renders {}", image.display());
}

/// A screen reader finds headings, a table with its header cells, lists, and words for the picture.
#[test]
fn the_settings_document_is_tagged() {
    let tags = made("髙橋接骨院").tags();
    let names: Vec<_> = tags.lines().map(|line| line.trim().split([' ', '(', ':']).next().unwrap()).collect();
    for (name, count) in
        [("H1", 1), ("H2", 3), ("Table", 1), ("TR", 3), ("TH", 3), ("TD", 3), ("Figure", 1), ("L", 2), ("LI", 7)]
    {
        assert_eq!(names.iter().filter(|found| **found == name).count(), count, "{name}: {tags}");
    }
    assert!(tags.contains(SECRET) && tags.contains("髙橋接骨院"), "{tags}");
    let bytes = settings_document(&facts("髙橋接骨院")).unwrap();
    let has = |text: &[u8]| bytes.windows(text.len()).any(|window| window == text);
    assert!(has(b"pdfuaid:part") && has(b"/Lang"), "PDF/UA-1, in a language");
}

/// The QR code is read back from the rendered page, and the margins are clean.
#[test]
fn the_qr_code_is_read_back() {
    let (width, height, pixels) = made("髙橋接骨院").rendered();
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| pixels[y * width + x]);
    let grids = image.detect_grids();
    assert_eq!(grids.len(), 1);
    assert_eq!(grids[0].decode().unwrap().1, "W0000034");
    let margin = width / 12;
    let white = |x: usize, y: usize| pixels[y * width + x] == 255;
    assert!((0..height).all(|y| (0..margin).chain(width - margin..width).all(|x| white(x, y))), "ink in the margin");
}

/// Names of every kind are copied out as they were given, on one page, whatever the font lacks.
#[test]
fn every_name_is_copied_out() {
    let long = "葛飾区立石骨つぎ堂、".repeat(26).chars().take(255).collect::<String>();
    let names = [
        "𠮷野家接骨院",
        "髙﨑德邉濵整骨院",
        "葛\u{E0100}城整骨院と葛城整骨院",
        "辻\u{E0101}本",
        "\u{FA19}楽坂はり灸",
        "𫝀山整骨院 Ⅱ号館（本院）",
        "はり😀きゅう",
        "Østergård & Søn 鍼灸 O'Neil",
        &long,
        &"𫝀".repeat(255),
        &"W".repeat(255),
        &"。」".repeat(120),
    ];
    for name in names {
        let paper = made(name);
        let text = paper.letters();
        let wanted = format!("24日{}御中登録記号番号", letters(name));
        assert!(text.contains(&wanted), "{name}: {}", paper.text());
        assert_eq!(paper.pages(), 1, "{name}");
        assert!(text.contains(&format!("初期パスワード{SECRET}英大文字")), "{name}");
    }
    // Decomposed kana are composed: that is how everything else spells them.
    assert!(made("か\u{3099}っこう整骨院").letters().contains("がっこう整骨院御中"));
    // No line begins with what may not begin one.
    let text = made(&long).text();
    assert!(text.lines().all(|line| !line.starts_with(['、', '。', '）'])), "{text}");
}

/// A character that the font lacks is seen as a mark with its code, not as an empty box: the page differs for each.
#[test]
fn a_missing_character_is_told_by_its_code() {
    let (_, _, one) = made("\u{2B740}山").rendered();
    let (_, _, other) = made("\u{2B741}山").rendered();
    assert_ne!(one, other);
}

/// A receipt says what was sent, with the confirmation's words; many attachments go on on a further page.
#[test]
fn a_receipt_says_what_was_sent() {
    let mut facts = ReceiptFacts {
        application_number: "S0000012".to_owned(),
        facility_name: "葛\u{E0100}城助産所".to_owned(),
        facility_kind: FacilityKind::MidwiferyHome,
        facility_code: FacilityCode::from_canonical("M1300001".to_owned()),
        details: StartOfUse {
            method: Some(VerificationMethod::DocumentEvidence),
            staff_count: Some(3),
            device_count: Some(6),
            accepted_terms: Some(AcceptedTerms { version: "1.0".to_owned(), accepted_at: ten_o_clock() }),
            registry_match: None,
        },
        attachments: vec!["登録用紙.pdf".to_owned()],
        submitted_at: ten_o_clock(),
        made_at: ten_o_clock(),
    };
    let paper = Paper::new(&receipt(&facts).unwrap());
    let text = paper.letters();
    for words in [
        "受付番号S0000012",
        "送信日時2026年11月24日10時05分",
        "施設の種類助産所",
        "施設名葛\u{E0100}城助産所",
        "助産所コードM1300001",
        "②書類を添付することで施設を確認します。",
        "職員数3人",
        "申請台数6台",
        "同意した利用規約第1.0版",
        "添付書類登録用紙.pdf",
        "以下のとおり申請します。職員数：3申請台数：6",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert_eq!(paper.pages(), 1);

    facts.attachments = vec!["\u{202E}fdp.exe\u{0}\u{FEFF}\u{FFFE}\u{200F}終".to_owned()];
    let hostile = Paper::new(&receipt(&facts).unwrap()).letters();
    assert!(hostile.contains("fdp.exe") && hostile.contains('終'), "{hostile}");

    facts.attachments = (0..30).map(|at| format!("{at:02}{}.png", "長い名前".repeat(20))).collect();
    let paper = Paper::new(&receipt(&facts).unwrap());
    let text = paper.letters();
    assert!(facts.attachments.iter().all(|name| text.contains(name.as_str())), "{text}");
    assert!(paper.pages() > 1 && text.contains(&format!("1/{}", paper.pages())), "{text}");
}

/// The same facts make the same bytes; the time that one takes is printed.
#[test]
fn making_a_document_is_quick() {
    let first = settings_document(&facts("髙橋接骨院")).unwrap();
    let started = Instant::now();
    let rounds = 10;
    for _ in 0..rounds {
        assert_eq!(settings_document(&facts("髙橋接骨院")).unwrap(), first);
    }
    let each = started.elapsed() / rounds;
    println!("a settings document: {:.1} ms, {} kB", each.as_secs_f64() * 1000.0, first.len() / 1000);
    assert!(first.len() < 200_000);
}
