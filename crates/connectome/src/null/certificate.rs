//! What a null model kept and how far it is from the original: types. Figures are measured on the
//! result by `measure.rs`, never taken from the family's promises.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::null::{Family, MatrixSelector, Mixing};

/// A property of one matrix that a null model may keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Invariant {
    /// Number of edges.
    EdgeCount,
    /// Number of contacts in each compartment.
    ContactCount,
    /// The contacts by compartment of all edges, regardless of which edge has which.
    CountMultiset,
    /// Number of targets of every source neuron.
    OutDegrees,
    /// Number of sources of every target neuron.
    InDegrees,
    /// The numbers of targets, sorted.
    OutDegreeSequence,
    /// The numbers of sources, sorted.
    InDegreeSequence,
    /// Number of contacts that every source neuron makes, in each compartment.
    OutStrengths,
    /// Number of contacts that every target neuron receives, in each compartment.
    InStrengths,
    /// The numbers of contacts made, sorted.
    OutStrengthSequence,
    /// The numbers of contacts received, sorted.
    InStrengthSequence,
    /// Which pairs of neurons have an edge.
    Graph,
    /// Number of edges between every two classes of neurons.
    BlockEdges,
    /// Number of contacts between every two classes, in each compartment.
    BlockContacts,
    /// The diagonal of a matrix from a population to itself, contacts included.
    Autapses,
}

impl Invariant {
    /// All of them, in the order of a certificate.
    pub const ALL: [Self; 15] = [
        Self::EdgeCount,
        Self::ContactCount,
        Self::CountMultiset,
        Self::OutDegrees,
        Self::InDegrees,
        Self::OutDegreeSequence,
        Self::InDegreeSequence,
        Self::OutStrengths,
        Self::InStrengths,
        Self::OutStrengthSequence,
        Self::InStrengthSequence,
        Self::Graph,
        Self::BlockEdges,
        Self::BlockContacts,
        Self::Autapses,
    ];

    /// Whether what keeps `self` keeps `other` in every matrix.
    pub(crate) fn implies(self, other: Self) -> bool {
        let direct: &[Self] = match self {
            Self::CountMultiset => &[Self::EdgeCount, Self::ContactCount],
            Self::OutDegrees => &[Self::OutDegreeSequence],
            Self::InDegrees => &[Self::InDegreeSequence],
            Self::OutDegreeSequence | Self::InDegreeSequence | Self::BlockEdges => {
                &[Self::EdgeCount]
            }
            Self::OutStrengths => &[Self::OutStrengthSequence],
            Self::InStrengths => &[Self::InStrengthSequence],
            Self::OutStrengthSequence | Self::InStrengthSequence | Self::BlockContacts => {
                &[Self::ContactCount]
            }
            Self::Graph => &[Self::OutDegrees, Self::InDegrees, Self::BlockEdges],
            Self::EdgeCount | Self::ContactCount | Self::Autapses => &[],
        };
        self == other || direct.iter().any(|step| step.implies(other))
    }
}

impl fmt::Display for Invariant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::EdgeCount => "the number of edges",
            Self::ContactCount => "the number of contacts",
            Self::CountMultiset => "the multiset of contact counts",
            Self::OutDegrees => "the out-degree of every neuron",
            Self::InDegrees => "the in-degree of every neuron",
            Self::OutDegreeSequence => "the sorted out-degrees",
            Self::InDegreeSequence => "the sorted in-degrees",
            Self::OutStrengths => "the out-strength of every neuron",
            Self::InStrengths => "the in-strength of every neuron",
            Self::OutStrengthSequence => "the sorted out-strengths",
            Self::InStrengthSequence => "the sorted in-strengths",
            Self::Graph => "the graph",
            Self::BlockEdges => "the number of edges between classes",
            Self::BlockContacts => "the number of contacts between classes",
            Self::Autapses => "the set of autapses",
        })
    }
}

/// A figure of the original and of the null model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change<T> {
    /// In the original.
    pub before: T,
    /// In the null model.
    pub after: T,
}

/// Whether one property was kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvariantCheck {
    /// The property.
    pub invariant: Invariant,
    /// Whether the family promises it. A promise that is not kept is an error, not a certificate.
    pub claimed: bool,
    /// Whether it was kept, as measured.
    pub held: bool,
}

/// How near the null model is to the original: shares of the original's edges, 1 if it has none.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Overlap {
    /// Share of the edges that are still edges.
    pub edges: f64,
    /// Share of the edges that are still edges with the same contacts in each compartment.
    pub unchanged: f64,
}

/// What happened to one matrix.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MatrixCertificate {
    /// Name of the matrix, such as `"ln_to_pn_nonad"`.
    pub name: String,
    /// The matrix.
    pub matrix: MatrixSelector,
    /// Number of edges.
    pub edges: Change<u64>,
    /// Number of contacts, summed over the compartments of the matrix.
    pub contacts: Change<u64>,
    /// All invariants in the order of [`Invariant::ALL`]; [`Invariant::Autapses`] for square matrices
    /// only.
    pub invariants: Vec<InvariantCheck>,
    /// Nearness to the original.
    pub overlap: Overlap,
    /// Number of autapses; `None` unless the matrix is from a population to itself.
    pub autapses: Option<Change<u64>>,
    /// Share of the edges, autapses left out, whose reverse is an edge too; 0 if there are none. `None`
    /// unless the matrix is from a population to itself.
    pub reciprocity: Option<Change<f64>>,
    /// How far the chain came; `None` if none was needed.
    pub mixing: Option<Mixing>,
}

impl MatrixCertificate {
    /// Whether a property was kept; `None` if it does not apply to the matrix.
    #[must_use]
    pub fn held(&self, invariant: Invariant) -> Option<bool> {
        (self.invariants.iter())
            .find(|check| check.invariant == invariant)
            .map(|check| check.held)
    }
}

/// Direct contacts that the null model adds, over the whole connectome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DirectShortcuts {
    /// Edges in a compartment in which the original has no contact between the two populations. Always
    /// 0: a null model adds no pathway. Measured all the same, and an error if not.
    pub new_pathway_edges: u64,
    /// Ordered pairs of neurons with a contact which have none, in any compartment, in the original.
    pub new_direct_contacts: u64,
}

/// The record of a null model: what was done, kept and changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Certificate {
    /// The family.
    pub family: Family,
    /// The seed; `None` if permutations were given as tables.
    pub seed: Option<u64>,
    /// Every matrix, in the order of the recipe.
    pub matrices: Vec<MatrixCertificate>,
    /// Direct contacts that were added.
    pub direct_shortcuts: DirectShortcuts,
    /// Whether neurons and all contacts outside the matrices are as they were. An error if not.
    pub rest_unchanged: bool,
}
