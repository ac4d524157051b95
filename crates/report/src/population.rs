//! The colours of the stages of the pathway, the same in every figure.

use crate::plot::{Colour, ink};

/// Receptors and receptor neurons: dark red.
pub const RECEPTORS: Colour = Colour(0x9b, 0x1c, 0x1c);
/// Local neurons.
pub const LOCAL: Colour = ink::PURPLE;
/// Projection neurons: dark blue.
pub const RELAY: Colour = Colour(0x1b, 0x3a, 0x8c);
/// Kenyon cells: dark green.
pub const CODING: Colour = Colour(0x00, 0x6e, 0x50);
/// Feedback neurons.
pub const FEEDBACK: Colour = Colour(0xc7, 0x7c, 0x00);

/// Output neurons of the mushroom body.
pub const OUTPUT: Colour = Colour(0x8a, 0x2b, 0x6b);
/// Dopaminergic neurons.
pub const MODULATORY: Colour = Colour(0x4d, 0x6b, 0x1e);

/// The colour of a population of that name; others take the palette in turn.
#[must_use]
pub fn colour_of(population: &str, index: usize) -> Colour {
    match population {
        "OR" | "ORN" => RECEPTORS,
        "LN" => LOCAL,
        "PN" => RELAY,
        "KC" => CODING,
        "APL" => FEEDBACK,
        "MBON" => OUTPUT,
        "DAN" => MODULATORY,
        _ => ink::ALL[index % ink::ALL.len()],
    }
}
