//! Null-model connectomes: the same neurons, other contacts, and a certificate of what was kept.
//!
//! A [`Recipe`] names a [`Family`] and the matrices to randomise; [`Recipe::apply`] gives another
//! connectome and a [`Certificate`] whose figures are measured on the result. [`permute`] applies
//! permutations that are given, such as the publication's own; [`permute_signs`] draws which neurons
//! carry a sign.
//!
//! A matrix over several compartments is treated as one: its edges are those of the sum.
//!
//! ```
//! use kenyon_connectome::null::{Family, Invariant, MatrixSelector, Recipe};
//!
//! let larva = kenyon_connectome::sample::sample(1, 1)?.connectome;
//! let recipe = Recipe {
//!     family: Family::degree_preserving(),
//!     matrices: vec![MatrixSelector::from_name("orn_to_pn")?],
//!     seed: 42,
//! };
//! let (null_model, certificate) = recipe.apply(&larva)?;
//! assert_eq!(null_model.neurons(), larva.neurons());
//! assert_eq!(certificate.matrices[0].held(Invariant::InDegrees), Some(true));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod certificate;
mod edges;
mod error;
mod family;
mod matrix;
mod measure;
mod mixing;
mod permutation;
mod recipe;
mod selector;
mod signs;
mod strength;
mod swaps;

pub use certificate::{
    Certificate, Change, DirectShortcuts, Invariant, InvariantCheck, MatrixCertificate, Overlap,
};
pub use error::NullError;
pub use family::Family;
pub use mixing::Mixing;
pub use permutation::MatrixPermutation;
pub use recipe::{Recipe, permute};
pub use selector::MatrixSelector;
pub use signs::{SignCertificate, permute_signs};
