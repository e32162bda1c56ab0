//! A ruled table of labels and what stands beside them. Rows stay whole; a table that is longer than a page goes on on the next.

use super::sheet::{Area, Child, Element, Ink, Role, Sheet, Style};

const PADDING_X: f32 = 9.0;
const PADDING_Y: f32 = 6.5;
const RULE: f32 = 0.7;
const LABEL: Style = Style::of(10.0);

/// A row: the label, and lines of several styles.
pub(super) struct Row<'a> {
    pub label: &'a str,
    pub cell: Vec<Text<'a>>,
}

/// What stands in a cell.
#[derive(Clone, Copy)]
pub(super) enum Text<'a> {
    Set(&'a str, Style),
    /// At a fixed pitch.
    Spaced(&'a str, f32, Style),
}

/// Draws the table from the present height on.
pub(super) fn draw(sheet: &mut Sheet, x: f32, width: f32, label_width: f32, rows: &[Row<'_>]) -> Element {
    let columns = Columns { x, width, label_width };
    let children = rows.iter().map(|row| Child::Element(columns.draw(sheet, row))).collect();
    Element { role: Role::Table, children }
}

struct Columns {
    x: f32,
    width: f32,
    label_width: f32,
}

impl Columns {
    fn draw(&self, sheet: &mut Sheet, row: &Row<'_>) -> Element {
        let (label_room, cell_room) =
            (self.label_width - 2.0 * PADDING_X, self.width - self.label_width - 2.0 * PADDING_X);
        let label_height = sheet.height(row.label, label_room, LABEL);
        let cell_height: f32 = row.cell.iter().map(|text| text.height(sheet, cell_room)).sum();
        let height = label_height.max(cell_height) + 2.0 * PADDING_Y;
        sheet.need(height);
        let top = sheet.y;
        self.rule(sheet, top, height);

        sheet.y = top + (height - label_height) / 2.0;
        let label = sheet.set(row.label, self.x + PADDING_X, label_room, LABEL);
        sheet.y = top + (height - cell_height) / 2.0;
        let left = self.x + self.label_width + PADDING_X;
        let cell = row.cell.iter().map(|text| {
            let children = text.draw(sheet, left, cell_room);
            Child::Element(Element { role: Role::Paragraph, children })
        });
        let cell = cell.collect();
        sheet.y = top + height;
        let cells = [(Role::HeadCell, label), (Role::Cell, cell)];
        let cells = cells.map(|(role, children)| Child::Element(Element { role, children }));
        Element { role: Role::Row, children: cells.into() }
    }

    fn rule(&self, sheet: &mut Sheet, y: f32, height: f32) {
        sheet.decorate(vec![Area { x: self.x, y, width: self.label_width, height }], Ink::Pale);
        let across =
            |y: f32| Area { x: self.x - RULE / 2.0, y: y - RULE / 2.0, width: self.width + RULE, height: RULE };
        let down = |x: f32| Area { x: x - RULE / 2.0, y, width: RULE, height };
        let verticals = [self.x, self.x + self.label_width, self.x + self.width].map(down);
        let rules = [across(y), across(y + height)].into_iter().chain(verticals).collect();
        sheet.decorate(rules, Ink::Line);
    }
}

impl Text<'_> {
    fn height(&self, sheet: &Sheet, width: f32) -> f32 {
        match self {
            Self::Set(text, style) => sheet.height(text, width, *style),
            Self::Spaced(_, _, style) => style.line(),
        }
    }

    fn draw(&self, sheet: &mut Sheet, x: f32, width: f32) -> Vec<Child> {
        match self {
            Self::Set(text, style) => sheet.set(text, x, width, *style),
            Self::Spaced(text, pitch, style) => sheet.set_spaced(text, x, *pitch, *style),
        }
    }
}
