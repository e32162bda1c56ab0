//! The one font of all papers, embedded whole: names need every kanji that it has. Read once for the life of the program.

use std::sync::OnceLock;

use krilla::text::Font;
use skrifa::charmap::{Charmap, MapVariant};
use skrifa::instance::{LocationRef, Size};
use skrifa::metrics::GlyphMetrics;
use skrifa::{FontRef, MetadataProvider};

use super::PaperError;

/// Noto Sans JP Regular; its licence (OFL 1.1) stands beside it.
static FILE: &[u8] = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/fonts/NotoSansJP-Regular.ttf"));

/// The font, read.
pub(super) struct Face {
    characters: Charmap<'static>,
    metrics: GlyphMetrics<'static>,
    units_per_em: f32,
    /// The same font as the PDF embeds it; only the glyphs that a paper uses go into its file.
    pub embedded: Font,
}

impl Face {
    /// The font of all papers.
    pub fn get() -> Result<&'static Self, PaperError> {
        static FACE: OnceLock<Option<Face>> = OnceLock::new();
        FACE.get_or_init(Self::read).as_ref().ok_or(PaperError::Font)
    }

    fn read() -> Option<Self> {
        let font = FontRef::new(FILE).ok()?;
        let embedded = Font::new(FILE.into(), 0)?;
        Some(Self {
            characters: font.charmap(),
            metrics: font.glyph_metrics(Size::unscaled(), LocationRef::default()),
            units_per_em: embedded.units_per_em(),
            embedded,
        })
    }

    /// The glyph of a character; `None` where the font would draw an empty box.
    pub fn glyph(&self, character: char) -> Option<u32> {
        self.characters.map(character).map(|glyph| glyph.to_u32()).filter(|glyph| *glyph != 0)
    }

    /// The glyph of a variant that a selector asks for, or the character's own where the font has no such variant.
    pub fn variant(&self, character: char, selector: char) -> Option<u32> {
        match self.characters.map_variant(character, selector) {
            Some(MapVariant::Variant(glyph)) => Some(glyph.to_u32()),
            Some(MapVariant::UseDefault) | None => self.glyph(character),
        }
    }

    /// How far a glyph advances, in ems.
    pub fn advance(&self, glyph: u32) -> f32 {
        self.metrics.advance_width(glyph.into()).unwrap_or(self.units_per_em) / self.units_per_em
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The kanji that names are written with in variants are there, a variant by its selector too; what is not there is known.
    #[test]
    fn the_fonts_characters_are_known() {
        let face = Face::get().expect("a font");
        for character in "𠮷髙﨑德邉濵①〓".chars() {
            assert!(face.glyph(character).is_some(), "{character}");
        }
        assert_eq!((face.glyph('\u{2B740}'), face.glyph('😀'), face.glyph('ا')), (None, None, None));
        assert_ne!(face.variant('葛', '\u{E0100}'), face.glyph('葛'), "葛城's 葛");
        assert!((face.advance(face.glyph('永').expect("a glyph")) - 1.0).abs() < f32::EPSILON);
    }
}
