//! Writes a filled sheet as PDF 1.7 with its tags, under the rules of PDF/UA-1 as far as a program can check them.

use std::num::NonZeroU16;

use chrono::{DateTime, Datelike, Timelike, Utc};
use krilla::color::{luma, rgb};
use krilla::configure::{Accessibility, ConfigurationBuilder};
use krilla::destination::XyzDestination;
use krilla::error::KrillaError;
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::metadata::{DateTime as PdfDate, Metadata};
use krilla::num::NormalizedF32;
use krilla::outline::{Outline, OutlineNode};
use krilla::page::PageSettings;
use krilla::paint::{Fill, Paint, Stroke};
use krilla::surface::Surface;
use krilla::tagging::{
    Artifact, ArtifactType, ContentTag, Identifier, ListNumbering, Node, SpanTag, TableHeaderScope, Tag, TagGroup,
    TagKind, TagTree,
};
use krilla::text::{GlyphId, KrillaGlyph};
use krilla::{Document, SerializeSettings};

use super::PaperError;
use super::font::Face;
use super::sheet::{Child, Element, Ink, Leaf, Mark, PAGE_HEIGHT, PAGE_WIDTH, Reading, Role, Run, Sheet};

/// Bold is the one font with its outlines drawn: so much of the size.
const BOLDER: f32 = 0.028;
const LANGUAGE: &str = "ja";

/// Writes the file; the same sheet, title and time give the same bytes.
pub(super) fn write(face: &Face, sheet: Sheet, title: &str, made_at: DateTime<Utc>) -> Result<Vec<u8>, PaperError> {
    let accessible = ConfigurationBuilder::new().with_accessibility_validator(Accessibility::UA1).finish();
    let configuration = accessible.map_err(|error| PaperError::Pdf(format!("{error:?}")))?;
    let mut document = Document::new_with(SerializeSettings { configuration, ..SerializeSettings::default() });
    let mut ids: Vec<Option<Identifier>> = sheet.leaves.iter().map(|_| None).collect();
    for number in 0..=sheet.page {
        let settings = PageSettings::from_wh(PAGE_WIDTH, PAGE_HEIGHT).ok_or(PaperError::DoesNotFit)?;
        let mut page = document.start_page_with(settings);
        let mut surface = page.surface();
        for (leaf, id) in sheet.leaves.iter().zip(&mut ids).filter(|(leaf, _)| leaf.page == number) {
            *id = draw(face, &mut surface, leaf);
        }
        surface.finish();
        page.finish();
    }
    let mut outline = Outline::new();
    for (heading, page, y) in &sheet.headings {
        let place = XyzDestination::new(*page, Point::from_xy(0.0, *y));
        outline.push_child(OutlineNode::new(heading.clone(), place));
    }
    document.set_outline(outline);
    let mut tree = TagTree::new().with_lang(Some(LANGUAGE.to_owned()));
    for element in &sheet.body {
        tree.push(group(element, &ids));
    }
    document.set_tag_tree(tree);
    document.set_metadata(metadata(title, made_at));
    document.finish().map_err(|error| PaperError::Pdf(told(&error)))
}

/// The rules that were broken, by name: what stands beside the names is text of the paper, which no log may hold.
fn told(error: &KrillaError) -> String {
    match error {
        KrillaError::Validation(errors) => {
            let rules =
                errors.iter().map(|(rule, _)| format!("{rule:?}").split('(').next().unwrap_or_default().to_owned());
            rules.collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}

fn metadata(title: &str, made_at: DateTime<Utc>) -> Metadata {
    let at = made_at.with_timezone(&crate::domain::clock::japan());
    let part = |number: u32| u8::try_from(number).unwrap_or_default();
    let date = PdfDate::new(u16::try_from(at.year()).unwrap_or_default())
        .month(part(at.month()))
        .day(part(at.day()))
        .hour(part(at.hour()))
        .minute(part(at.minute()))
        .second(part(at.second()))
        .utc_offset_hour(9)
        .utc_offset_minute(0);
    Metadata::new()
        .title(title.to_owned())
        .language(LANGUAGE.to_owned())
        .creator("Madoguchi".to_owned())
        .creation_date(date)
}

fn draw(face: &Face, surface: &mut Surface<'_>, leaf: &Leaf) -> Option<Identifier> {
    let tag = match &leaf.reading {
        Reading::Text => ContentTag::Span(SpanTag::empty()),
        Reading::As(text) => ContentTag::Span(SpanTag::empty().with_actual_text(Some(text))),
        Reading::Picture => ContentTag::Other,
        Reading::Decoration => ContentTag::Artifact(Artifact::with_kind(ArtifactType::Layout)),
    };
    let id = surface.start_tagged(tag);
    for mark in &leaf.marks {
        match mark {
            Mark::Run(run) => draw_run(face, surface, run),
            Mark::Fill(areas, ink) => {
                let mut path = PathBuilder::new();
                let rectangles =
                    areas.iter().filter_map(|area| Rect::from_xywh(area.x, area.y, area.width, area.height));
                rectangles.for_each(|rectangle| path.push_rect(rectangle));
                surface.set_stroke(None);
                surface.set_fill(Some(fill(*ink)));
                if let Some(path) = path.finish() {
                    surface.draw_path(&path);
                }
            }
        }
    }
    surface.end_tagged();
    (!matches!(leaf.reading, Reading::Decoration)).then_some(id)
}

fn draw_run(face: &Face, surface: &mut Surface<'_>, run: &Run) {
    let mut text = String::new();
    let mut glyphs = Vec::with_capacity(run.glyphs.len());
    for (glyph, advance, stands_for) in &run.glyphs {
        let start = text.len();
        text.push_str(stands_for);
        glyphs.push(KrillaGlyph::new(GlyphId::new(*glyph), *advance, 0.0, 0.0, 0.0, start..text.len(), None));
    }
    surface.set_fill(Some(fill(run.style.ink)));
    let outline = Stroke { paint: paint(run.style.ink), width: run.style.size * BOLDER, ..Stroke::default() };
    surface.set_stroke(run.style.bold.then_some(outline));
    let start = Point::from_xy(run.x, run.base);
    surface.draw_glyphs(start, &glyphs, face.embedded.clone(), &text, run.style.size, false);
}

fn fill(ink: Ink) -> Fill {
    Fill { paint: paint(ink), opacity: NormalizedF32::ONE, ..Fill::default() }
}

fn paint(ink: Ink) -> Paint {
    match ink {
        Ink::Black => luma::Color::new(0).into(),
        Ink::Grey => luma::Color::new(80).into(),
        Ink::Accent => rgb::Color::new(22, 60, 106).into(),
        Ink::Line => luma::Color::new(110).into(),
        Ink::Pale => luma::Color::new(240).into(),
    }
}

fn group(element: &Element, ids: &[Option<Identifier>]) -> TagGroup {
    let children = element.children.iter().filter_map(|child| match child {
        Child::Element(element) => Some(Node::from(group(element, ids))),
        Child::Leaf(at) => ids.get(*at).copied().flatten().map(Node::from),
    });
    TagGroup::with_children(tag(&element.role), children.collect())
}

fn tag(role: &Role) -> TagKind {
    match role {
        Role::Heading { level, title } => {
            Tag::Hn(NonZeroU16::new(*level).unwrap_or(NonZeroU16::MIN), Some(title.clone())).into()
        }
        Role::Paragraph => Tag::P.into(),
        Role::Table => Tag::Table.into(),
        Role::Row => Tag::TR.into(),
        Role::HeadCell => Tag::TH(TableHeaderScope::Row).into(),
        Role::Cell => Tag::TD.into(),
        Role::List { numbered: true } => Tag::L(ListNumbering::Decimal).into(),
        Role::List { numbered: false } => Tag::L(ListNumbering::Disc).into(),
        Role::Item => Tag::LI.into(),
        Role::Label => Tag::Lbl.into(),
        Role::Body => Tag::LBody.into(),
        Role::Figure { told_as } => Tag::Figure(Some(told_as.clone())).into(),
    }
}
