//! From text to lines: which glyph stands for a character, what stands for one that the font lacks, where a line may end.
//!
//! Nothing is lost: each cluster keeps the text that it stands for, and that is what is copied out of the paper.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::font::Face;

/// How large the code point beside a geta mark is, in ems.
pub(super) const CODE_SIZE: f32 = 0.55;
/// What printers set for a type that they lack.
const GETA: char = '〓';

/// A character with what belongs to it; no line ends within one.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Cluster {
    /// What is copied out.
    pub text: String,
    pub shape: Shape,
    /// In ems.
    pub width: f32,
}

/// A glyph, its advance in ems, and the character whose glyph it is.
pub(super) type Measured = (u32, f32, char);

/// What is drawn for a cluster.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Shape {
    /// A glyph of the font.
    Glyph(u32),
    /// A geta mark and the code point in small.
    Missing { geta: Measured, code: Vec<Measured> },
}

/// Reads text into clusters. Combining marks are composed (NFC) with what they follow and nothing else is: NFC alone would turn
/// compatibility ideographs, with which names are written, into others.
pub(super) fn clusters(face: &Face, text: &str) -> Vec<Cluster> {
    let mut clusters: Vec<Cluster> = Vec::new();
    for character in compose(text) {
        match clusters.last_mut() {
            Some(last) if is_selector(character) => last.select(face, character),
            Some(last) if is_invisible(character) => last.text.push(character),
            _ => clusters.push(Cluster::of(face, character)),
        }
    }
    clusters
}

fn compose(text: &str) -> Vec<char> {
    let mut composed = Vec::new();
    let mut characters = text.chars().peekable();
    while let Some(base) = characters.next() {
        let mut sequence = String::from(base);
        while let Some(mark) = characters.next_if(|c| is_combining_mark(*c) && !is_selector(*c)) {
            sequence.push(mark);
        }
        match sequence.chars().count() {
            1 => composed.push(base),
            _ => composed.extend(sequence.nfc()),
        }
    }
    composed
}

impl Cluster {
    fn of(face: &Face, character: char) -> Self {
        let text = character.to_string();
        if let Some(glyph) = face.glyph(character).filter(|_| !is_deceptive(character)) {
            return Self { text, shape: Shape::Glyph(glyph), width: face.advance(glyph) };
        }
        let measured = |c: char| {
            let glyph = face.glyph(c).unwrap_or_default();
            (glyph, face.advance(glyph), c)
        };
        let geta = measured(GETA);
        let code: Vec<_> = format!("U+{:04X}", u32::from(character)).chars().map(measured).collect();
        let width = geta.1 + code.iter().map(|(_, advance, _)| advance).sum::<f32>() * CODE_SIZE;
        Self { text, shape: Shape::Missing { geta, code }, width }
    }

    fn select(&mut self, face: &Face, selector: char) {
        if let (Shape::Glyph(_), Some(base)) = (&self.shape, self.text.chars().next())
            && let Some(glyph) = face.variant(base, selector)
        {
            self.shape = Shape::Glyph(glyph);
            self.width = face.advance(glyph);
        }
        self.text.push(selector);
    }

    fn first(&self) -> char {
        self.text.chars().next().unwrap_or(' ')
    }
}

/// Breaks text into lines of at most so many ems: anywhere between Japanese characters but where 禁則処理 forbids it, between words
/// elsewhere, and within a word that is longer than a line.
pub(super) fn lines(face: &Face, text: &str, ems: f32) -> Vec<Vec<Cluster>> {
    text.split('\n').flat_map(|paragraph| break_lines(clusters(face, paragraph), ems)).collect()
}

fn break_lines(clusters: Vec<Cluster>, ems: f32) -> Vec<Vec<Cluster>> {
    let mut lines = vec![Vec::new()];
    let mut filled = 0.0;
    for word in words(clusters) {
        let width = width(&word);
        let whole = filled + width <= ems;
        if !whole && filled > 0.0 {
            lines.push(Vec::new());
            filled = 0.0;
        }
        for cluster in word {
            // A word that fits on a line was just given one, so this breaks only those that fit on none.
            if filled > 0.0 && filled + cluster.width > ems && width > ems {
                lines.push(Vec::new());
                filled = 0.0;
            }
            filled += cluster.width;
            if let Some(line) = lines.last_mut() {
                line.push(cluster);
            }
        }
    }
    lines
}

/// How wide clusters are, in ems. A space at the end takes no room.
pub(super) fn width(clusters: &[Cluster]) -> f32 {
    let seen = clusters.iter().rposition(|cluster| !cluster.first().is_whitespace()).map_or(0, |last| last + 1);
    clusters[..seen].iter().map(|cluster| cluster.width).sum()
}

fn words(clusters: Vec<Cluster>) -> Vec<Vec<Cluster>> {
    let mut words: Vec<Vec<Cluster>> = Vec::new();
    for cluster in clusters {
        let next = cluster.first();
        match words.last_mut() {
            Some(word) if word.last().is_some_and(|last| keeps_together(last.first(), next)) => word.push(cluster),
            _ => words.push(vec![cluster]),
        }
    }
    words
}

fn keeps_together(last: char, next: char) -> bool {
    let latin = |c: char| c.is_ascii_graphic() || ('\u{C0}'..='\u{24F}').contains(&c);
    (latin(last) && latin(next)) || may_not_begin(next) || may_not_end(last)
}

/// 行頭禁則文字, and what belongs to the character before it (JIS X 4051).
fn may_not_begin(c: char) -> bool {
    "、。，．・：；？！ー゛゜ヽヾゝゞ々）〕］｝〉》」』】〟’”ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ％）,.:;?!)]}｡､｣ｰﾞﾟ".contains(c)
        || c.is_whitespace()
        || is_combining_mark(c)
}

/// 行末禁則文字.
fn may_not_end(c: char) -> bool {
    "（〔［｛〈《「『【〝‘“([{｢".contains(c)
}

fn is_selector(c: char) -> bool {
    matches!(c, '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}' | '\u{180B}'..='\u{180D}')
}

/// Joiners and marks of direction: they have no shape and change none here.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{AD}' | '\u{61C}' | '\u{200B}'..='\u{200F}' | '\u{2060}'..='\u{2064}')
}

/// What would hide or reorder what stands beside it is shown by its code.
fn is_deceptive(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(text: &str, ems: f32) -> Vec<String> {
        let face = Face::get().expect("a font");
        let text_of = |line: Vec<Cluster>| line.into_iter().map(|cluster| cluster.text).collect();
        lines(face, text, ems).into_iter().map(text_of).collect()
    }

    /// Lines are full, no line begins with a closing mark or ends with an opening one, words stay whole, and nothing is lost.
    #[test]
    fn lines_break_where_they_may() {
        assert_eq!(broken("あいうえおかきくけこ", 4.0), ["あいうえ", "おかきく", "けこ"]);
        assert_eq!(broken("あいうえ。おか", 4.0), ["あいう", "え。おか"]);
        assert_eq!(broken("あいう「えお」", 4.0), ["あいう", "「えお」"]);
        assert_eq!(broken("受付番号S0000001です", 6.0), ["受付番号", "S0000001で", "す"]);
        assert_eq!(broken("ABCDEFGHIJKLMNOP", 4.0).concat(), "ABCDEFGHIJKLMNOP");
        assert_eq!(broken("一\n\n二", 4.0), ["一", "", "二"]);
        for (text, ems) in [("。".repeat(50), 4.0), ("𫝀".repeat(20), 2.0), ("a b ".repeat(40), 3.5)] {
            let lines = broken(&text, ems);
            assert_eq!(lines.concat(), text);
            assert!(lines.len() > 10 && lines.iter().all(|line| !line.is_empty()), "{lines:?}");
        }
    }

    /// A selector and its character are one cluster; decomposed kana are composed; compatibility ideographs stay what they are.
    #[test]
    fn characters_keep_what_belongs_to_them() {
        let face = Face::get().expect("a font");
        let texts = |text: &str| clusters(face, text).into_iter().map(|cluster| cluster.text).collect::<Vec<_>>();
        assert_eq!(texts("葛\u{E0100}城"), ["葛\u{E0100}", "城"]);
        assert_eq!(texts("か\u{3099}は\u{309A}"), ["が", "ぱ"]);
        assert_eq!(texts("\u{FA19}髙﨑𠮷"), ["\u{FA19}", "髙", "﨑", "𠮷"]);
        assert_eq!(texts("家\u{200D}族"), ["家\u{200D}", "族"]);
    }

    /// Each character has a glyph or is told by its code point; none is an empty box.
    #[test]
    fn no_character_is_an_empty_box() {
        let face = Face::get().expect("a font");
        for cluster in clusters(face, "𫝀😀ا\u{202E}\u{0}\u{FE00}\u{E000}山") {
            let shown = match &cluster.shape {
                Shape::Glyph(glyph) => vec![*glyph],
                Shape::Missing { geta, code } => {
                    assert_eq!(code.len(), format!("U+{:04X}", u32::from(cluster.first())).len());
                    code.iter().chain([geta]).map(|(glyph, ..)| *glyph).collect()
                }
            };
            assert!(shown.iter().all(|glyph| *glyph != 0), "{cluster:?}");
        }
    }
}
