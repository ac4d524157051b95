//! The families of null models: what is drawn anew and what is kept.

use serde::{Deserialize, Serialize};

use crate::null::matrix::{Entry, Matrix};
use crate::null::mixing::Trace;
use crate::null::{Invariant, NullError, edges, permutation, strength, swaps};
use crate::random::Random;

/// Steps of a chain per edge or contact, unless a recipe says otherwise. Overlap with the original
/// falls about like `exp(-2 steps)` if all steps are accepted, so ten leave room for many rejections:
/// in the larva's matrices, where up to two thirds are refused, it is that of a chain of a hundred.
const STEPS: f64 = 10.0;

/// Largest number of steps per edge or contact.
const LARGEST_STEPS: f64 = 1e6;

/// What is drawn anew in each matrix of a recipe.
///
/// In all families but [`Family::IndependentPermutation`] the autapses of a matrix from a population
/// to itself stay where they are, with their contacts, and none is added; the rest is drawn as if the
/// diagonal did not exist. No pair of neurons ever gets two edges in one matrix. An edge is a pair with
/// at least one contact in the compartments of the matrix, and its contacts by compartment travel
/// together unless the family says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(into = "Written", try_from = "Written")]
pub enum Family {
    /// Rows and columns permuted independently, uniformly among all permutations: the publication's
    /// shuffle (spec/experiments.md section 4.3). The same graph between other neurons: degrees and
    /// strengths are handed to other neurons, and the diagonal of a square matrix is not special, so
    /// autapses are lost and arise.
    IndependentPermutation,
    /// A graph drawn uniformly among those with the in- and out-degree of every neuron, by a chain of
    /// edge swaps in which a refused swap counts as a step (Rao, Jana & Bandyopadhyay 1996, Sankhya A
    /// 58; Verhelst 2008, Psychometrika 73). Square matrices need, besides swaps, the reversal of
    /// directed triangles. Contacts stay with the source, in random order over its targets, so
    /// that out-strength is kept and in-strength is not.
    DegreePreservingSwaps {
        /// Steps of the chain per edge, 10 unless given.
        swaps_per_edge: f64,
    },
    /// As [`Family::DegreePreservingSwaps`], in each block of the matrix on its own: the edges from
    /// neurons of one class to neurons of one class ([`crate::Neuron::class`]). Neurons without a class
    /// form one class of their population. Keeps edges and contacts of every pair of classes too.
    BlockDegreePreservingSwaps {
        /// Steps of the chain per edge, 10 unless given.
        swaps_per_edge: f64,
    },
    /// The contacts of the edges permuted, uniformly, over the fixed graph.
    CountPermutation,
    /// The configuration model of single contacts: each keeps its source, and the places on the targets
    /// are dealt out anew, uniformly, within each compartment. Keeps the in- and out-strength of
    /// every neuron in every compartment, not degrees. Without a diagonal the deal is exact; square
    /// matrices use a chain of swaps and rotations of contacts that avoids autapses (the moves
    /// of Aoki & Takemura 2005, J. Stat. Comput. Simul. 75, which connect all such matrices).
    StrengthPreserving {
        /// Steps of the chain per contact, 10 unless given; used by square matrices only.
        swaps_per_contact: f64,
    },
    /// As many edges with the same contacts on pairs drawn uniformly without repetition
    /// (Erdős & Rényi 1959).
    ErdosRenyi,
}

impl Family {
    /// Degree-preserving swaps with the usual length of the chain.
    #[must_use]
    pub const fn degree_preserving() -> Self {
        Self::DegreePreservingSwaps {
            swaps_per_edge: STEPS,
        }
    }

    /// Degree-preserving swaps within blocks with the usual length of the chain.
    #[must_use]
    pub const fn block_degree_preserving() -> Self {
        Self::BlockDegreePreservingSwaps {
            swaps_per_edge: STEPS,
        }
    }

    /// The strength-preserving family with the usual length of the chain.
    #[must_use]
    pub const fn strength_preserving() -> Self {
        Self::StrengthPreserving {
            swaps_per_contact: STEPS,
        }
    }

    /// The name in recipes and certificates, such as `"erdos_renyi"`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::IndependentPermutation => "independent_permutation",
            Self::DegreePreservingSwaps { .. } => "degree_preserving_swaps",
            Self::BlockDegreePreservingSwaps { .. } => "block_degree_preserving_swaps",
            Self::CountPermutation => "count_permutation",
            Self::StrengthPreserving { .. } => "strength_preserving",
            Self::ErdosRenyi => "erdos_renyi",
        }
    }

    /// All families, with their usual lengths of chain.
    #[must_use]
    pub const fn all() -> [Self; 6] {
        [
            Self::IndependentPermutation,
            Self::degree_preserving(),
            Self::block_degree_preserving(),
            Self::CountPermutation,
            Self::strength_preserving(),
            Self::ErdosRenyi,
        ]
    }

    /// The family of that [`Family::name`], with its usual length of chain.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::all().into_iter().find(|family| family.name() == name)
    }

    /// What the family promises to keep in every matrix, besides what follows from it.
    const fn promises(&self) -> &'static [Invariant] {
        use Invariant as I;
        match self {
            Self::IndependentPermutation => &[
                I::CountMultiset,
                I::OutDegreeSequence,
                I::InDegreeSequence,
                I::OutStrengthSequence,
                I::InStrengthSequence,
            ],
            Self::DegreePreservingSwaps { .. } => &[
                I::CountMultiset,
                I::OutDegrees,
                I::InDegrees,
                I::OutStrengths,
                I::Autapses,
            ],
            Self::BlockDegreePreservingSwaps { .. } => &[
                I::CountMultiset,
                I::OutDegrees,
                I::InDegrees,
                I::OutStrengths,
                I::BlockEdges,
                I::BlockContacts,
                I::Autapses,
            ],
            Self::CountPermutation => &[I::CountMultiset, I::Graph, I::Autapses],
            Self::StrengthPreserving { .. } => &[I::OutStrengths, I::InStrengths, I::Autapses],
            Self::ErdosRenyi => &[I::CountMultiset, I::Autapses],
        }
    }

    /// Whether the family claims to keep `invariant` in every matrix, whatever the matrix is.
    #[must_use]
    pub fn claims(&self, invariant: Invariant) -> bool {
        (self.promises().iter()).any(|promise| promise.implies(invariant))
    }

    /// The length of the chain, if the family has one.
    fn steps(&self) -> Option<(&'static str, f64)> {
        match *self {
            Self::DegreePreservingSwaps { swaps_per_edge }
            | Self::BlockDegreePreservingSwaps { swaps_per_edge } => {
                Some(("swaps_per_edge", swaps_per_edge))
            }
            Self::StrengthPreserving { swaps_per_contact } => {
                Some(("swaps_per_contact", swaps_per_contact))
            }
            _ => None,
        }
    }

    /// Refuses chains that are not a number or without end.
    pub(crate) fn check(&self) -> Result<(), NullError> {
        match self.steps() {
            Some((parameter, value)) if !(0.0..=LARGEST_STEPS).contains(&value) => {
                Err(NullError::ChainLength {
                    parameter,
                    value,
                    largest: LARGEST_STEPS,
                })
            }
            _ => Ok(()),
        }
    }

    /// The edges of `matrix`, drawn anew, in any order.
    pub(crate) fn draw(
        &self,
        random: &mut Random,
        matrix: &Matrix,
    ) -> Result<(Vec<Entry>, Option<Trace>), NullError> {
        Ok(match *self {
            Self::IndependentPermutation => (permutation::independent(random, matrix), None),
            Self::DegreePreservingSwaps { swaps_per_edge } => {
                let (entries, trace) = swaps::whole(random, matrix, swaps_per_edge);
                (entries, Some(trace))
            }
            Self::BlockDegreePreservingSwaps { swaps_per_edge } => {
                let (entries, trace) = swaps::by_block(random, matrix, swaps_per_edge);
                (entries, Some(trace))
            }
            Self::CountPermutation => (edges::permute_counts(random, matrix), None),
            Self::StrengthPreserving { swaps_per_contact } => {
                strength::draw(random, matrix, swaps_per_contact)?
            }
            Self::ErdosRenyi => (edges::place_anywhere(random, matrix), None),
        })
    }
}

/// A family as it is written. A parameter that the family does not have is an error.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    swaps_per_edge: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    swaps_per_contact: Option<f64>,
}

impl From<Family> for Written {
    fn from(family: Family) -> Self {
        let parameter = |wanted| {
            let given = family.steps().filter(|&(name, _)| name == wanted);
            given.map(|(_, value)| value)
        };
        Self {
            name: family.name().to_owned(),
            swaps_per_edge: parameter("swaps_per_edge"),
            swaps_per_contact: parameter("swaps_per_contact"),
        }
    }
}

impl TryFrom<Written> for Family {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let Some(family) = Self::named(&written.name) else {
            let all = Self::all();
            let names: Vec<&str> = all.iter().map(Self::name).collect();
            let (name, names) = (&written.name, names.join(", "));
            return Err(format!(
                "there is no family \"{name}\" of null models; choose from {names}"
            ));
        };
        let (per_edge, per_contact) = (written.swaps_per_edge, written.swaps_per_contact);
        let parameter = family.steps().map(|(parameter, _)| parameter);
        let given = [
            ("swaps_per_edge", per_edge),
            ("swaps_per_contact", per_contact),
        ];
        for (name, value) in given {
            if value.is_some() && parameter != Some(name) {
                return Err(format!(
                    "family \"{}\" has no {name}; remove it",
                    family.name()
                ));
            }
        }
        Ok(match family {
            Self::DegreePreservingSwaps { swaps_per_edge } => Self::DegreePreservingSwaps {
                swaps_per_edge: per_edge.unwrap_or(swaps_per_edge),
            },
            Self::BlockDegreePreservingSwaps { swaps_per_edge } => {
                Self::BlockDegreePreservingSwaps {
                    swaps_per_edge: per_edge.unwrap_or(swaps_per_edge),
                }
            }
            Self::StrengthPreserving { swaps_per_contact } => Self::StrengthPreserving {
                swaps_per_contact: per_contact.unwrap_or(swaps_per_contact),
            },
            other => other,
        })
    }
}
