//! Colours that stay apart for every kind of colour vision, and maps from numbers to colours.

use std::fmt;

/// A colour, written `#rrggbb`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colour(pub u8, pub u8, pub u8);

impl fmt::Display for Colour {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "#{:02x}{:02x}{:02x}", self.0, self.1, self.2)
    }
}

impl From<Colour> for svg::node::Value {
    fn from(colour: Colour) -> Self {
        Self::from(colour.to_string())
    }
}

impl Colour {
    /// The colour mixed with white: 0 leaves it, 1 makes it white.
    #[must_use]
    pub fn lighter(self, share: f64) -> Self {
        let mix = |part: u8| (f64::from(part) + share * (255.0 - f64::from(part))).round() as u8;
        Self(mix(self.0), mix(self.1), mix(self.2))
    }
}

/// The inks of all figures (Okabe and Ito 2008, darkened where text must be read).
pub mod ink {
    use super::Colour;

    /// Text and axes.
    pub const BLACK: Colour = Colour(0x22, 0x22, 0x22);
    /// Secondary text and rules.
    pub const GREY: Colour = Colour(0x66, 0x66, 0x66);
    /// Grids, frames.
    pub const PALE: Colour = Colour(0xd0, 0xd0, 0xd0);
    /// Paper.
    pub const WHITE: Colour = Colour(0xff, 0xff, 0xff);
    /// First of several things.
    pub const BLUE: Colour = Colour(0x00, 0x72, 0xb2);
    /// Second.
    pub const ORANGE: Colour = Colour(0xe6, 0x9f, 0x00);
    /// Third.
    pub const GREEN: Colour = Colour(0x00, 0x9e, 0x73);
    /// Fourth; also what failed.
    pub const VERMILION: Colour = Colour(0xd5, 0x5e, 0x00);
    /// Fifth.
    pub const PURPLE: Colour = Colour(0xaa, 0x55, 0x88);
    /// Sixth.
    pub const SKY: Colour = Colour(0x56, 0xb4, 0xe9);
    /// In the order of use.
    pub const ALL: [Colour; 6] = [BLUE, ORANGE, GREEN, VERMILION, PURPLE, SKY];
}

/// A map from 0..1 to colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColourMap {
    /// Dark blue to yellow, of equal steps to the eye.
    Viridis,
    /// Blue through white to red.
    BlueToRed,
}

impl ColourMap {
    /// The colour of a share, which is clamped to 0..1; values that are not numbers are grey.
    #[must_use]
    pub fn at(self, share: f64) -> Colour {
        if !share.is_finite() {
            return ink::PALE;
        }
        let share = share.clamp(0.0, 1.0);
        let colour = match self {
            Self::Viridis => colorous::VIRIDIS.eval_continuous(share),
            Self::BlueToRed => colorous::RED_BLUE.eval_continuous(1.0 - share),
        };
        Colour(colour.r, colour.g, colour.b)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_run_from_end_to_end_and_no_number_is_grey() {
        let blue = |colour: Colour| f64::from(colour.2) - f64::from(colour.0);
        assert!(blue(ColourMap::BlueToRed.at(0.0)) > 50.0);
        assert!(blue(ColourMap::BlueToRed.at(1.0)) < -50.0);
        assert_eq!(ColourMap::Viridis.at(-3.0), ColourMap::Viridis.at(0.0));
        assert_eq!(ColourMap::Viridis.at(f64::NAN), ink::PALE);
        assert_eq!(ink::BLACK.to_string(), "#222222");
        assert_eq!(ink::BLUE.lighter(1.0), ink::WHITE);
    }
}
