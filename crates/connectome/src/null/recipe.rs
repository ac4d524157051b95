//! Recipes, and making a null model of a connectome.

use serde::{Deserialize, Serialize};

use crate::Connectome;
use crate::null::matrix::{Entry, Matrix, Selection, replace};
use crate::null::measure::{certify, compare};
use crate::null::mixing::Trace;
use crate::null::permutation::{self, MatrixPermutation};
use crate::null::{Certificate, Family, MatrixSelector, NullError};
use crate::random::Random;

/// Purpose of the random streams of null models.
const NULL_MODEL: u64 = 0x6e75_6c6c;

/// How to make a null model: what to draw anew, in which matrices. One recipe and one connectome give
/// one null model, on every machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// What is drawn anew and what is kept.
    pub family: Family,
    /// The matrices, each on its own; contacts that belong to none stay as they are.
    pub matrices: Vec<MatrixSelector>,
    /// Seed. What is drawn for a matrix depends on the seed, the family and the matrix, not on the other
    /// matrices of the recipe.
    pub seed: u64,
}

impl Recipe {
    /// Makes the null model and measures what was kept.
    ///
    /// # Errors
    /// A recipe that does not fit the connectome; a promise of the family that does not hold.
    pub fn apply(&self, connectome: &Connectome) -> Result<(Connectome, Certificate), NullError> {
        self.family.check()?;
        let matrices = extract(connectome, self.matrices.iter())?;
        make(
            connectome,
            self.family,
            Some(self.seed),
            matrices,
            |_, matrix| {
                let mut random = stream(self.seed, &self.family, &matrix.selector);
                self.family.draw(&mut random, matrix)
            },
        )
    }
}

/// Applies permutations that are given, such as the publication's tables; the certificate is that of
/// [`Family::IndependentPermutation`] without a seed.
///
/// # Errors
/// Permutations that do not fit the connectome.
pub fn permute(
    connectome: &Connectome,
    permutations: &[MatrixPermutation],
) -> Result<(Connectome, Certificate), NullError> {
    let matrices = extract(connectome, permutations.iter().map(|given| &given.matrix))?;
    make(
        connectome,
        Family::IndependentPermutation,
        None,
        matrices,
        |place, matrix| Ok((permutation::given(matrix, &permutations[place])?, None)),
    )
}

fn extract<'a>(
    connectome: &Connectome,
    selectors: impl ExactSizeIterator<Item = &'a MatrixSelector>,
) -> Result<Vec<Matrix>, NullError> {
    if selectors.len() == 0 {
        return Err(NullError::NoMatrix);
    }
    selectors
        .map(|selector| Matrix::extract(connectome, selector))
        .collect()
}

/// Draws every matrix, puts the results in place and measures them there.
fn make(
    connectome: &Connectome,
    family: Family,
    seed: Option<u64>,
    matrices: Vec<Matrix>,
    draw: impl Fn(usize, &Matrix) -> Result<(Vec<Entry>, Option<Trace>), NullError>,
) -> Result<(Connectome, Certificate), NullError> {
    let selection = Selection::of(connectome, &matrices)?;
    let mut drawn = Vec::with_capacity(matrices.len());
    let mut traces = Vec::with_capacity(matrices.len());
    for (place, matrix) in matrices.into_iter().enumerate() {
        let (entries, trace) = draw(place, &matrix)?;
        drawn.push((matrix, entries));
        traces.push(trace);
    }
    let result = replace(connectome, &selection, &drawn)?;
    let certificates = drawn
        .iter()
        .zip(&traces)
        .map(|((before, _), trace)| {
            let after = Matrix::extract(&result, &before.selector)?;
            compare(&family, before, &after, trace.as_ref())
        })
        .collect::<Result<_, NullError>>()?;
    let certificate = certify(family, seed, certificates, connectome, &result, &selection)?;
    Ok((result, certificate))
}

/// The random numbers of one matrix.
fn stream(seed: u64, family: &Family, matrix: &MatrixSelector) -> Random {
    let mut purpose = vec![NULL_MODEL];
    for text in [family.name(), &matrix.source, &matrix.target] {
        purpose.push(text.len() as u64);
        purpose.extend(text.bytes().map(u64::from));
    }
    purpose.extend(
        crate::Compartment::ALL.map(|member| u64::from(matrix.compartments.contains(member))),
    );
    Random::new(seed, &purpose)
}
