//! The typeface of the figures and how wide its words are.

use std::sync::OnceLock;

use ttf_parser::Face;

/// Arimo has the widths of Arial and Helvetica, so that a browser without it lays out the same.
pub const FAMILY: &str = "Arimo, 'Liberation Sans', Arial, Helvetica, sans-serif";
/// The typeface itself, for PNG and PDF.
pub(crate) const REGULAR: &[u8] = include_bytes!("../../assets/fonts/Arimo-Regular.ttf");
/// Its bold face.
pub(crate) const BOLD: &[u8] = include_bytes!("../../assets/fonts/Arimo-Bold.ttf");

/// Sizes of type, in points: what is read at column width.
pub struct SIZE;

impl SIZE {
    /// Numbers on axes.
    pub const TICK: f64 = 6.5;
    /// Names of axes, keys, notes.
    pub const LABEL: f64 = 7.5;
    /// Titles of panels.
    pub const TITLE: f64 = 8.5;
    /// Letters of panels.
    pub const LETTER: f64 = 10.0;
}

/// How heavy type is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// As text.
    Regular,
    /// As a title.
    Bold,
}

/// Width of words, in points.
#[must_use]
pub fn width_pt(words: &str, size_pt: f64, weight: Weight) -> f64 {
    static FACES: OnceLock<[Option<Face<'static>>; 2]> = OnceLock::new();
    let faces = FACES.get_or_init(|| [REGULAR, BOLD].map(|bytes| Face::parse(bytes, 0).ok()));
    let face = match weight {
        Weight::Regular => &faces[0],
        Weight::Bold => &faces[1],
    };
    // Half an em is the usual width of a letter.
    let of_letter = |letter: char| -> f64 {
        face.as_ref()
            .and_then(|face| {
                let glyph = face.glyph_index(letter)?;
                let advance = f64::from(face.glyph_hor_advance(glyph)?);
                Some(advance / f64::from(face.units_per_em()))
            })
            .unwrap_or(0.5)
    };
    size_pt * words.chars().map(of_letter).sum::<f64>()
}

/// The words, cut with an ellipsis where they would be wider than `most_pt`.
#[must_use]
pub fn elided(words: &str, size_pt: f64, most_pt: f64) -> String {
    if width_pt(words, size_pt, Weight::Regular) <= most_pt {
        return words.to_owned();
    }
    let mut kept: Vec<char> = words.chars().collect();
    while kept.pop().is_some() {
        let shown: String = kept.iter().chain(['…'].iter()).collect();
        if width_pt(&shown, size_pt, Weight::Regular) <= most_pt {
            return shown;
        }
    }
    String::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_faces_can_be_read_and_have_the_signs_that_figures_need() {
        for bytes in [REGULAR, BOLD] {
            let face = Face::parse(bytes, 0).expect("the embedded typeface");
            for sign in "aZ09%±−×–…θσµ→₂".chars() {
                assert!(face.glyph_index(sign).is_some(), "{sign}");
            }
        }
    }

    #[test]
    fn words_are_as_wide_as_in_arial_and_cut_where_they_must_be() {
        // Arial: "0" is 1139 of 2048 units wide.
        let width = width_pt("00", 10.0, Weight::Regular);
        assert!((width - 20.0 * 1139.0 / 2048.0).abs() < 1e-9);
        assert_eq!(elided("short", 8.0, 100.0), "short");
        let cut = elided("4-allyl-1,2-dimethoxybenzene", 7.0, 50.0);
        assert!(cut.ends_with('…') && width_pt(&cut, 7.0, Weight::Regular) <= 50.0);
    }
}
