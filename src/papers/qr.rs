//! A QR code (ISO/IEC 18004) as one path of dark modules.

use fast_qr::{ECL, QRBuilder};

use super::PaperError;
use super::sheet::Area;

/// The light border that readers need, in modules.
const QUIET: usize = 4;

/// The dark modules of a text's code within a square that includes the quiet zone.
pub(super) fn modules(text: &str, x: f32, y: f32, side: f32) -> Result<Vec<Area>, PaperError> {
    let code = QRBuilder::new(text).ecl(ECL::M).build().map_err(|error| PaperError::QrCode(error.to_string()))?;
    let module = side / (code.size + 2 * QUIET) as f32;
    let mut areas = Vec::new();
    for row in 0..code.size {
        let mut column = 0;
        while column < code.size {
            // Neighbours in one rectangle leave no hair lines between them.
            let length = (column..code.size).take_while(|at| code[row][*at].value()).count();
            if length > 0 {
                let place = |at: usize| (at + QUIET) as f32 * module;
                let width = length as f32 * module;
                areas.push(Area { x: x + place(column), y: y + place(row), width, height: module });
            }
            column += length.max(1);
        }
    }
    Ok(areas)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An account id makes the smallest code, with its three finders and nothing in the quiet zone.
    #[test]
    fn an_account_id_makes_a_small_code() {
        let areas = modules("W0000001", 10.0, 20.0, 29.0).expect("a code");
        let finders = [(14.0, 24.0), (28.0, 24.0), (14.0, 38.0)];
        for (x, y) in finders {
            assert!(areas.contains(&Area { x, y, width: 7.0, height: 1.0 }), "{areas:?}");
        }
        assert!(
            areas.iter().all(|area| area.x >= 14.0 && area.x + area.width <= 35.0 && area.y >= 24.0 && area.y < 45.0)
        );
    }
}
