//! 控え: what an applicant has sent, as the confirmation showed it.

use chrono::{DateTime, Utc};

use super::font::Face;
use super::sheet::{Align, Area, Ink, LEFT, Sheet, Style, WIDTH};
use super::table::{self, Row, Text};
use super::{PaperError, day, minute, pdf};
use crate::domain::contact::{CALL_CENTER_PHONE, call_center_hours};
use crate::domain::facility::{FacilityCode, FacilityKind};
use crate::domain::kinds::StartOfUse;
use crate::domain::language::Language;

const TITLE: &str = "マイナ資格確認アプリ 利用開始申請書（控え）";
const BODY: Style = Style::of(10.5);

/// What a receipt says.
#[derive(Debug)]
pub struct ReceiptFacts {
    /// 受付番号.
    pub application_number: String,
    /// The facility's name, as its user gave it.
    pub facility_name: String,
    /// Its kind.
    pub facility_kind: FacilityKind,
    /// Its code.
    pub facility_code: FacilityCode,
    /// What was sent.
    pub details: StartOfUse,
    /// The names of the files that were sent with it; none with method ①.
    pub attachments: Vec<String>,
    /// When it was sent, last if it was sent again.
    pub submitted_at: DateTime<Utc>,
    /// When this receipt is made.
    pub made_at: DateTime<Utc>,
}

/// Makes the receipt: PDF, A4, in Japanese, on one page unless there are many attachments.
pub fn receipt(facts: &ReceiptFacts) -> Result<Vec<u8>, PaperError> {
    let face = Face::get()?;
    let mut sheet = Sheet::airy(face, 1.0);
    sheet.paragraph(&format!("出力日　{}", day(facts.made_at)), Style::of(9.5).align(Align::Right));
    sheet.gap(14.0);
    sheet.heading(1, TITLE, LEFT, Style::of(17.0).bold().ink(Ink::Accent).align(Align::Centre));
    sheet.gap(3.0);
    let rule = |y: f32, height: f32| Area { x: LEFT, y, width: WIDTH, height };
    sheet.decorate(vec![rule(sheet.y, 1.6), rule(sheet.y + 3.2, 0.6)], Ink::Accent);
    sheet.gap(18.0);
    sheet.paragraph("次の内容で申請を受け付けました。", BODY);
    sheet.gap(6.0);
    contents(&mut sheet, facts);
    sheet.gap(16.0);
    let confirmed = facts.details.confirmation(Language::Ja).unwrap_or_default();
    sheet.paragraph(&format!("送信時の確認：{confirmed}"), BODY);
    sheet.paragraph(
        "手続きの完了まで最大1週間程度お時間をいただきます。\n完了したときは、ご登録のメールアドレスにお知らせします。",
        BODY,
    );
    sheet.gap(10.0);
    sheet.paragraph(
        &format!("お問い合わせ先　オンライン資格確認等コールセンター　{CALL_CENTER_PHONE}（通話無料）"),
        Style::of(9.5),
    );
    sheet.paragraph(call_center_hours(Language::Ja), Style::of(9.5));
    sheet.foot(&format!("{TITLE}　受付番号 {}", facts.application_number));
    pdf::write(face, sheet, &format!("{TITLE} {}", facts.application_number), facts.made_at)
}

fn contents(sheet: &mut Sheet, facts: &ReceiptFacts) {
    let ReceiptFacts { application_number, facility_name, facility_kind, facility_code, details, .. } = facts;
    let StartOfUse { method, staff_count, device_count, accepted_terms, .. } = details;
    let count = |count: &Option<u32>, unit: &str| count.map_or_else(String::new, |count| format!("{count}{unit}"));
    let terms = accepted_terms.as_ref();
    let rows = [
        ("受付番号", application_number.clone()),
        ("送信日時", minute(facts.submitted_at)),
        ("施設の種類", facility_kind.label(Language::Ja).to_owned()),
        ("施設名", facility_name.clone()),
        (facility_kind.code_label(Language::Ja), facility_code.display()),
        ("施設の確認方法", method.map_or_else(String::new, |method| method.label(Language::Ja).to_owned())),
        ("職員数", count(staff_count, "人")),
        ("申請台数", count(device_count, "台")),
        ("同意した利用規約", terms.map_or_else(String::new, |terms| format!("第{}版", terms.version))),
    ];
    let attachments = facts.attachments.iter().map(|name| ("添付書類", name.clone()));
    let rows: Vec<_> = rows.into_iter().chain(attachments).collect();
    let rows: Vec<_> = rows.iter().map(|(label, words)| Row { label, cell: vec![Text::Set(words, BODY)] }).collect();
    let table = table::draw(sheet, LEFT, WIDTH, 120.0, &rows);
    sheet.body.push(table);
}
