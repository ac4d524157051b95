//! Everything that can be wrong with a recipe or with what came out of it.

use crate::ConnectomeError;

/// Why a null model was not made.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[allow(missing_docs, reason = "the message of each variant names its fields")]
pub enum NullError {
    /// Nothing is to be randomised.
    #[error("the recipe names no matrix, so nothing would change; list at least one")]
    NoMatrix,
    /// The name of a matrix cannot be read.
    #[error(
        "\"{name}\" is not the name of a matrix; write source_to_target, followed by nothing \
         (axon to dendrite), _nonad or compartments such as _aa or _da_dd, as in ln_to_pn_nonad"
    )]
    Name { name: String },
    /// A matrix sums over nothing.
    #[error("matrix {matrix} names no compartment; choose from aa, ad, da and dd")]
    NoCompartment { matrix: String },
    /// There is no such population.
    #[error("matrix {matrix}: there is no population \"{population}\"; there are {known}")]
    UnknownPopulation {
        matrix: String,
        population: String,
        known: String,
    },
    /// The same contacts are in two matrices of a recipe.
    #[error("the {compartment} contacts of {matrix} are listed twice; list them once")]
    Overlap { matrix: String, compartment: String },
    /// A list of rows or columns has the wrong length.
    #[error("matrix {matrix} has {expected} {axis}, but the permutation lists {actual}")]
    Length {
        matrix: String,
        axis: &'static str,
        expected: usize,
        actual: usize,
    },
    /// A list of rows or columns is not a permutation.
    #[error(
        "the {axis} of matrix {matrix} are not a permutation: {index} is out of range or listed \
         twice; each of 0 to {last} must stand there once"
    )]
    NotAPermutation {
        matrix: String,
        axis: &'static str,
        index: u32,
        last: usize,
    },
    /// The length of a chain is not usable.
    #[error("{parameter} is {value}; give a number from 0 to {largest}")]
    ChainLength {
        parameter: &'static str,
        value: f64,
        largest: f64,
    },
    /// More contacts than can be laid out one by one.
    #[error(
        "matrix {matrix} has {contacts} contacts in one compartment; a strength-preserving null \
         model lays them out one by one and takes at most {largest}"
    )]
    TooManyContacts {
        matrix: String,
        contacts: u64,
        largest: u64,
    },
    /// A neuron of a list of neurons does not exist, is listed twice or does not belong there.
    #[error("neuron number {index} {fault}")]
    Neuron { index: u32, fault: &'static str },
    /// An invariant that the family promises does not hold: a fault of this program.
    #[error(
        "{matrix}: {invariant} should have been kept but was not; \
         this is a fault of the program, please report it with the recipe"
    )]
    Certificate { matrix: String, invariant: String },
    /// The result is no connectome: a fault of this program.
    #[error("the randomised contacts form no connectome: {0}")]
    Connectome(#[from] ConnectomeError),
}
