//! Pages of A4 being filled from top to bottom: what is drawn where, and which element of the tag tree it belongs to.
//!
//! Nothing here knows what a paper says, nor PDF. Lengths are points, from the upper left corner.

use super::font::Face;
use super::text::{self, CODE_SIZE, Cluster, Measured, Shape};

pub(super) const PAGE_WIDTH: f32 = 595.28;
pub(super) const PAGE_HEIGHT: f32 = 841.89;
pub(super) const LEFT: f32 = 57.0;
pub(super) const WIDTH: f32 = PAGE_WIDTH - 2.0 * LEFT;
const TOP: f32 = 54.0;
/// Below it stands the foot of the page alone.
const BOTTOM: f32 = PAGE_HEIGHT - 56.0;

/// The few colours of a paper; each still reads when it is copied in black and white.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Ink {
    Black,
    Grey,
    Accent,
    Line,
    Pale,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Align {
    Left,
    Centre,
    Right,
}

/// How text is set.
#[derive(Debug, Clone, Copy)]
pub(super) struct Style {
    pub size: f32,
    /// From line to line, in ems.
    pub leading: f32,
    pub bold: bool,
    pub ink: Ink,
    pub align: Align,
}

impl Style {
    pub const fn of(size: f32) -> Self {
        Self { size, leading: 1.55, bold: false, ink: Ink::Black, align: Align::Left }
    }

    pub const fn bold(self) -> Self {
        Self { bold: true, ..self }
    }

    pub const fn ink(self, ink: Ink) -> Self {
        Self { ink, ..self }
    }

    pub const fn align(self, align: Align) -> Self {
        Self { align, ..self }
    }

    pub fn line(self) -> f32 {
        self.size * self.leading
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Area {
    pub x: f32,
    pub y: f32,
    pub width: f32,
    pub height: f32,
}

/// Glyphs of one size on one base line, each with its advance in ems and the text that it stands for.
#[derive(Debug)]
pub(super) struct Run {
    pub x: f32,
    pub base: f32,
    pub style: Style,
    pub glyphs: Vec<(u32, f32, String)>,
}

#[derive(Debug)]
pub(super) enum Mark {
    Run(Run),
    /// One path of rectangles.
    Fill(Vec<Area>, Ink),
}

/// What a screen reader makes of marks.
#[derive(Debug)]
pub(super) enum Reading {
    /// The text of the glyphs.
    Text,
    /// This text instead of the glyphs.
    As(String),
    /// A picture, told by its element.
    Picture,
    /// Nothing.
    Decoration,
}

#[derive(Debug)]
pub(super) struct Leaf {
    pub page: usize,
    pub reading: Reading,
    pub marks: Vec<Mark>,
}

/// What an element is to a screen reader.
#[derive(Debug)]
pub(super) enum Role {
    Heading { level: u16, title: String },
    Paragraph,
    Table,
    Row,
    HeadCell,
    Cell,
    List { numbered: bool },
    Item,
    Label,
    Body,
    Figure { told_as: String },
}

#[derive(Debug)]
pub(super) struct Element {
    pub role: Role,
    pub children: Vec<Child>,
}

#[derive(Debug)]
pub(super) enum Child {
    Element(Element),
    /// A leaf by its place in [`Sheet::leaves`].
    Leaf(usize),
}

/// Pages with what stands on them.
pub(super) struct Sheet {
    pub leaves: Vec<Leaf>,
    /// Titles of headings with page and height, for the outline.
    pub headings: Vec<(String, usize, f32)>,
    pub body: Vec<Element>,
    pub page: usize,
    pub y: f32,
    air: f32,
    face: &'static Face,
}

impl Sheet {
    /// An empty page whose gaps are so many times what is asked for.
    pub fn airy(face: &'static Face, air: f32) -> Self {
        Self { leaves: Vec::new(), headings: Vec::new(), body: Vec::new(), page: 0, y: TOP, air, face }
    }

    pub fn gap(&mut self, points: f32) {
        self.y += points * self.air;
    }

    /// Begins another page unless so much room is left on this one.
    pub fn need(&mut self, height: f32) {
        if self.y + height > BOTTOM && self.y > TOP {
            self.page += 1;
            self.y = TOP;
        }
    }

    pub fn push(&mut self, role: Role, children: Vec<Child>) {
        self.body.push(Element { role, children });
    }

    pub fn paragraph(&mut self, text: &str, style: Style) {
        let children = self.set(text, LEFT, WIDTH, style);
        self.push(Role::Paragraph, children);
    }

    pub fn heading(&mut self, level: u16, title: &str, x: f32, style: Style) {
        self.need(style.line() * 3.0);
        self.headings.push((title.to_owned(), self.page, self.y));
        let children = self.set(title, x, LEFT + WIDTH - x, style);
        self.push(Role::Heading { level, title: title.to_owned() }, children);
    }

    /// How high text is when it is set in this width.
    pub fn height(&self, text: &str, width: f32, style: Style) -> f32 {
        text::lines(self.face, text, width / style.size).iter().map(|_| style.line()).sum()
    }

    /// Sets text in lines from the present height on.
    pub fn set(&mut self, text: &str, x: f32, width: f32, style: Style) -> Vec<Child> {
        let mut children = Vec::new();
        for line in text::lines(self.face, text, width / style.size) {
            self.need(style.line());
            let room = width - text::width(&line) * style.size;
            let shift = match style.align {
                Align::Left => 0.0,
                Align::Centre => room / 2.0,
                Align::Right => room,
            };
            self.set_line(line, x + shift, style, &mut children);
            self.y += style.line();
        }
        children
    }

    /// Sets text at a fixed pitch, read and copied as one word; after every fourth character a little room, to type it from.
    pub fn set_spaced(&mut self, text: &str, x: f32, pitch: f32, style: Style) -> Vec<Child> {
        let base = self.base(style);
        let mut marks = Vec::new();
        // Narrow characters stand in the middle of their room: the first ones begin about where other lines do.
        let x = x - pitch * 0.2;
        for (at, cluster) in text::clusters(self.face, text).into_iter().enumerate() {
            if let Shape::Glyph(glyph) = cluster.shape {
                let left = x + spaced_width(at, pitch) + (pitch - cluster.width * style.size) / 2.0;
                marks.push(Mark::Run(Run { x: left, base, style, glyphs: vec![(glyph, cluster.width, cluster.text)] }));
            }
        }
        self.y += style.line();
        vec![self.leaf(Reading::As(text.to_owned()), marks)]
    }

    pub fn leaf(&mut self, reading: Reading, marks: Vec<Mark>) -> Child {
        self.leaves.push(Leaf { page: self.page, reading, marks });
        Child::Leaf(self.leaves.len() - 1)
    }

    /// Draws what a screen reader passes over.
    pub fn decorate(&mut self, areas: Vec<Area>, ink: Ink) {
        self.leaf(Reading::Decoration, vec![Mark::Fill(areas, ink)]);
    }

    /// Sets the foot of every page: what the paper is, and its number where there are several.
    pub fn foot(&mut self, text: &str) {
        let (last, style) = (self.page, Style::of(8.0).ink(Ink::Grey).align(Align::Centre));
        for page in 0..=last {
            (self.page, self.y) = (page, BOTTOM + 16.0);
            let number = if last > 0 { format!("　{} / {}", page + 1, last + 1) } else { String::new() };
            let line = text::clusters(self.face, &format!("{text}{number}"));
            let x = LEFT + (WIDTH - text::width(&line) * style.size) / 2.0;
            let first = self.leaves.len();
            self.set_line(line, x, style, &mut Vec::new());
            for leaf in &mut self.leaves[first..] {
                leaf.reading = Reading::Decoration;
            }
        }
    }

    fn base(&self, style: Style) -> f32 {
        self.y + style.line() / 2.0 + style.size * 0.37
    }

    fn set_line(&mut self, line: Vec<Cluster>, mut x: f32, style: Style, children: &mut Vec<Child>) {
        let base = self.base(style);
        let mut run = Run { x, base, style, glyphs: Vec::new() };
        for Cluster { text, shape, width } in line {
            match shape {
                Shape::Glyph(glyph) => run.glyphs.push((glyph, width, text)),
                Shape::Missing { geta, code } => {
                    let after = Run { x: x + width * style.size, base, style, glyphs: Vec::new() };
                    let before = std::mem::replace(&mut run, after);
                    children.extend(self.text_leaf(before));
                    children.push(self.missing_leaf(text, geta, code, x, style));
                }
            }
            x += width * style.size;
        }
        children.extend(self.text_leaf(run));
    }

    fn text_leaf(&mut self, run: Run) -> Option<Child> {
        (!run.glyphs.is_empty()).then(|| self.leaf(Reading::Text, vec![Mark::Run(run)]))
    }

    /// Each glyph keeps its own character beneath the text that the whole stands for, so that the font's map to text stays true.
    fn missing_leaf(&mut self, text: String, geta: Measured, code: Vec<Measured>, x: f32, style: Style) -> Child {
        let base = self.base(style);
        let small = Style { size: style.size * CODE_SIZE, ..style };
        let glyph = |(glyph, advance, character): Measured| (glyph, advance, character.to_string());
        let marks = vec![
            Mark::Run(Run { x, base, style, glyphs: vec![glyph(geta)] }),
            Mark::Run(Run {
                x: x + geta.1 * style.size,
                base,
                style: small,
                glyphs: code.into_iter().map(glyph).collect(),
            }),
        ];
        self.leaf(Reading::As(text), marks)
    }
}

/// How far the character at a place stands from the beginning of a spaced text.
pub(super) fn spaced_width(at: usize, pitch: f32) -> f32 {
    (0..at).map(|before| if before % 4 == 3 { pitch * 1.6 } else { pitch }).sum()
}
