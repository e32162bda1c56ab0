//! マイナ資格確認アプリ ユーザ設定情報: one page for each account, with its initial password (R09–R13, R53–R55).
//!
//! The operating bodies do not publish what theirs holds; docs/adr/0011 says what was chosen here.

use chrono::{DateTime, Utc};

use super::font::Face;
use super::sheet::{Align, Area, Child, Element, Ink, LEFT, Mark, Reading, Role, Sheet, Style, WIDTH};
use super::table::{self, Row, Text};
use super::{PaperError, day, pdf, qr};
use crate::domain::contact::{CALL_CENTER_PHONE, call_center_hours};
use crate::domain::facility::{FacilityCode, FacilityKind};
use crate::domain::language::Language;
use crate::domain::secret::Confidential;

const TITLE: &str = "マイナ資格確認アプリ ユーザ設定情報";
const NOTE: Style = Style::of(8.5).ink(Ink::Grey);
const BODY: Style = Style::of(10.0);
const PITCH: f32 = 15.0;

/// What a settings document says.
#[derive(Debug)]
pub struct SettingsFacts {
    /// The facility's name, as its user gave it.
    pub facility_name: String,
    /// Its kind, which names its code.
    pub facility_kind: FacilityKind,
    /// Its code.
    pub facility_code: FacilityCode,
    /// The number of the application that the account was issued for.
    pub application_number: String,
    /// The account's name in the app, `W0000001`.
    pub account_name: String,
    /// The initial password.
    pub secret: Confidential,
    /// When the account was issued.
    pub issued_at: DateTime<Utc>,
}

/// Makes the document: PDF, one page of A4, in Japanese. A long name is set smaller, and the rest closer, until the page holds it.
pub fn settings_document(facts: &SettingsFacts) -> Result<Vec<u8>, PaperError> {
    let face = Face::get()?;
    for (size, air) in [(15.0, 1.0), (11.0, 1.0), (8.0, 1.0), (8.0, 0.5), (6.0, 0.5)] {
        let sheet = fill(Sheet::airy(face, air), facts, Style::of(size))?;
        if sheet.page == 0 {
            return pdf::write(face, sheet, &format!("{TITLE} {}", facts.account_name), facts.issued_at);
        }
    }
    Err(PaperError::DoesNotFit)
}

fn fill(mut sheet: Sheet, facts: &SettingsFacts, name: Style) -> Result<Sheet, PaperError> {
    address(&mut sheet, facts, name);
    title(&mut sheet, facts);
    account(&mut sheet, facts)?;
    steps(&mut sheet);
    care(&mut sheet);
    contact(&mut sheet);
    sheet.foot(&format!("{TITLE}　{}", facts.account_name));
    Ok(sheet)
}

fn address(sheet: &mut Sheet, facts: &SettingsFacts, name: Style) {
    sheet.paragraph(&format!("発行日　{}", day(facts.issued_at)), Style::of(9.5).align(Align::Right));
    sheet.gap(4.0);
    sheet.paragraph(&format!("{}　御中", facts.facility_name), name);
    let code = format!("{}　{}", facts.facility_kind.code_label(Language::Ja), facts.facility_code.display());
    sheet.paragraph(&code, Style::of(9.5));
    sheet.paragraph("施術所等向け総合ポータルサイト", Style::of(9.5).align(Align::Right));
}

fn title(sheet: &mut Sheet, facts: &SettingsFacts) {
    sheet.gap(16.0);
    sheet.heading(1, TITLE, LEFT, Style::of(19.0).bold().ink(Ink::Accent).align(Align::Centre));
    sheet.gap(3.0);
    let rule = |y: f32, height: f32| Area { x: LEFT, y, width: WIDTH, height };
    sheet.decorate(vec![rule(sheet.y, 1.6), rule(sheet.y + 3.2, 0.6)], Ink::Accent);
    sheet.gap(17.0);
    let words = format!(
        "マイナ資格確認アプリの利用開始申請（受付番号 {}）の手続きが完了しました。\nアプリの初期登録に使用する情報を、次のとおりお知らせします。",
        facts.application_number
    );
    sheet.paragraph(&words, BODY);
    sheet.gap(12.0);
}

/// The account's table, with its QR code beside it.
fn account(sheet: &mut Sheet, facts: &SettingsFacts) -> Result<(), PaperError> {
    const TABLE: f32 = 380.0;
    let typed = Style { leading: 1.7, ..Style::of(16.0).bold() };
    let rows = [
        Row { label: "アカウントID", cell: vec![Text::Set(&facts.account_name, typed)] },
        Row {
            label: "初期パスワード",
            cell: vec![
                Text::Spaced(facts.secret.expose(), PITCH, typed),
                Text::Set("英大文字と数字で16文字（空白なし）。0・1・I・Oは使用しません。", NOTE),
            ],
        },
        Row {
            label: "有効期間",
            cell: vec![
                Text::Set("アカウントID：発行日から（期限の定めはありません）", BODY),
                Text::Set("初期パスワード：アプリの初期登録が完了するまで", BODY),
            ],
        },
    ];
    let top = sheet.y;
    let table = table::draw(sheet, LEFT, TABLE, 92.0, &rows);
    sheet.body.push(table);
    let bottom = sheet.y;
    let (x, width) = (LEFT + TABLE, WIDTH - TABLE);
    let middle = top + (bottom - top) / 2.0;
    frame(sheet, Area { x, y: top, width, height: bottom - top });
    let side = width - 4.0;
    let modules = qr::modules(&facts.account_name, x + 2.0, middle - side / 2.0 - 8.0, side)?;
    let picture = sheet.leaf(Reading::Picture, vec![Mark::Fill(modules, Ink::Black)]);
    let told_as = format!("アカウントID {} のQRコード", facts.account_name);
    sheet.push(Role::Figure { told_as }, vec![picture]);
    sheet.y = middle + side / 2.0 - 10.0;
    let caption = sheet.set("アカウントIDのQRコード", x, width, Style::of(7.5).align(Align::Centre));
    sheet.push(Role::Paragraph, caption);
    sheet.y = bottom;
    Ok(())
}

fn frame(sheet: &mut Sheet, area: Area) {
    const RULE: f32 = 0.7;
    let Area { x, y, width, height } = area;
    let across = |y: f32| Area { x: x - RULE / 2.0, y: y - RULE / 2.0, width: width + RULE, height: RULE };
    let down = |x: f32| Area { x: x - RULE / 2.0, y, width: RULE, height };
    sheet.decorate(vec![across(y), across(y + height), down(x), down(x + width)], Ink::Line);
}

fn section(sheet: &mut Sheet, title: &str) {
    sheet.gap(22.0);
    let style = Style::of(12.0).bold().ink(Ink::Accent);
    let bar = Area { x: LEFT, y: sheet.y + 2.5, width: 3.2, height: style.line() - 5.0 };
    sheet.decorate(vec![bar], Ink::Accent);
    sheet.heading(2, title, LEFT + 10.0, style);
    sheet.gap(5.0);
}

/// Steps ④ and ⑤ of R09 and what comes after them.
fn steps(sheet: &mut Sheet) {
    section(sheet, "ご利用開始までの手順");
    let steps = [
        ("アプリのインストール", "施設でご準備いただいた端末に、アプリをインストールします。"),
        ("初期登録", "アプリの利用規約を確認後、上記のIDと初期パスワードで登録します。"),
        ("アプリの設定", "端末でアプリの設定を行い、資格確認ができることをご確認ください。"),
        ("運用開始日の登録", "ポータルサイトの「運用開始日登録」で、運用を開始した日を登録します。"),
    ];
    let items = steps.into_iter().zip("①②③④".chars()).map(|((name, words), number)| {
        let top = sheet.y;
        let label = sheet.set(&number.to_string(), LEFT + 10.0, 14.0, BODY);
        sheet.y = top;
        let mut body = sheet.set(name, LEFT + 26.0, 104.0, BODY.ink(Ink::Accent));
        sheet.y = top;
        body.extend(sheet.set(words, LEFT + 138.0, WIDTH - 138.0, BODY));
        sheet.gap(5.0);
        item(label, body)
    });
    let items = items.collect();
    sheet.push(Role::List { numbered: true }, items);
}

fn care(sheet: &mut Sheet) {
    section(sheet, "取扱いのご注意");
    let notices = [
        "本書には初期パスワードが記載されています。\n施設の責任で厳重に保管し、第三者に渡したり、人目に触れる場所に置いたりしないでください。",
        "アカウントは端末1台につき1つです。1つのアカウントを複数の端末で使用しないでください。",
        "本書を紛失したとき、または内容を第三者に知られたおそれがあるときは、\n速やかに下記のお問い合わせ先へご連絡ください。",
    ];
    let items = notices.map(|words| {
        let top = sheet.y;
        let label = sheet.set("・", LEFT + 10.0, 14.0, BODY);
        sheet.y = top;
        let body = sheet.set(words, LEFT + 26.0, WIDTH - 26.0, BODY);
        sheet.gap(5.0);
        item(label, body)
    });
    sheet.push(Role::List { numbered: false }, items.into());
}

fn item(label: Vec<Child>, body: Vec<Child>) -> Child {
    let parts = [(Role::Label, label), (Role::Body, body)];
    let children = parts.map(|(role, children)| Child::Element(Element { role, children })).into();
    Child::Element(Element { role: Role::Item, children })
}

fn contact(sheet: &mut Sheet) {
    section(sheet, "お問い合わせ先");
    let top = sheet.y;
    let style = BODY.bold();
    let whom = sheet.set("オンライン資格確認等コールセンター", LEFT + 10.0, 200.0, style);
    sheet.push(Role::Paragraph, whom);
    sheet.y = top;
    let phone = sheet.set(&format!("電話 {CALL_CENTER_PHONE}（通話無料）"), LEFT + 210.0, WIDTH - 210.0, style);
    sheet.push(Role::Paragraph, phone);
    let hours = sheet.set(call_center_hours(Language::Ja), LEFT + 10.0, WIDTH - 10.0, Style::of(9.0));
    sheet.push(Role::Paragraph, hours);
}
