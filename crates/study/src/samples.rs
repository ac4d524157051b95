//! What the original drew: odour subsets, mixtures, synthetic odours and shuffled connectomes.
//!
//! The tables in `reference/` hold the samples of the publication's seeds 42 to 46, so that no port of
//! its generators is needed. Other seeds draw their own, from our streams and by the same law.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use kenyon_circuit::NoiseStream;
use kenyon_connectome::null::{MatrixPermutation, MatrixSelector};
use serde::Deserialize;

use crate::StudyError;

/// Odours of the panel, blank included; mixtures combine the others.
const ROWS: usize = 28;
/// Pairs of 27 odours, in lexicographic order.
pub const PAIRS: usize = 351;
/// Triplets of 27 odours, in lexicographic order.
pub const TRIPLETS: usize = 2925;
/// Sampled pairs and triplets (spec/experiments.md sections 4.6 and 4.7).
pub const SAMPLED_MIXTURES: usize = 50;

type BySeed<T> = BTreeMap<u64, T>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stimuli {
    #[serde(rename = "_about")]
    _about: String,
    odour_subset_rows: BTreeMap<usize, BySeed<Vec<usize>>>,
    geometry_triplet_ranks: BySeed<Vec<usize>>,
    svm_pair_ranks: BySeed<Vec<usize>>,
    sub_additivity_triplet_ranks: BySeed<Vec<usize>>,
    synthetic_odours: BySeed<Vec<Vec<f64>>>,
}

#[derive(Deserialize)]
struct Permutation {
    rows: Vec<u32>,
    columns: Vec<u32>,
}

fn stimuli() -> &'static Stimuli {
    static STIMULI: OnceLock<Stimuli> = OnceLock::new();
    STIMULI.get_or_init(|| {
        serde_json::from_str(include_str!("../reference/stimuli.json"))
            .expect("a test reads the embedded table")
    })
}

/// The mixtures of a seed, as ranks in the lexicographic lists of pairs and triplets of rows 1 to 27.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SampledMixtures {
    /// Triplets of the mixture geometry (section 4.6).
    pub geometry_triplets: Vec<usize>,
    /// Pairs that the classifier tells from single odours (section 4.6).
    pub classified_pairs: Vec<usize>,
    /// Triplets of the sub-additivity (section 4.7).
    pub sub_additivity_triplets: Vec<usize>,
}

impl SampledMixtures {
    /// The publication's mixtures of a seed, or for other seeds as many drawn by us.
    #[must_use]
    pub fn of_seed(seed: u64) -> Self {
        let table = stimuli();
        let drawn = |published: &BySeed<Vec<usize>>, purpose: &str, of: usize| {
            published.get(&seed).cloned().unwrap_or_else(|| {
                let stream = NoiseStream::new(seed, purpose);
                stream.permutation(of, 0)[..SAMPLED_MIXTURES].to_vec()
            })
        };
        Self {
            geometry_triplets: drawn(
                &table.geometry_triplet_ranks,
                "study/geometry-triplets",
                TRIPLETS,
            ),
            classified_pairs: drawn(&table.svm_pair_ranks, "study/classified-pairs", PAIRS),
            sub_additivity_triplets: drawn(
                &table.sub_additivity_triplet_ranks,
                "study/sub-additivity-triplets",
                TRIPLETS,
            ),
        }
    }
}

/// Rows of the panel that a task of `odours` odours uses (section 4.9): the publication's for its
/// seeds and its sizes 7 and 14, otherwise drawn by us. Row 0, the blank, may be among them.
///
/// # Errors
/// More odours than there are.
pub fn odour_subset(odours: usize, rows: usize, seed: u64) -> Result<Vec<usize>, StudyError> {
    if odours == 0 || odours > rows {
        return Err(StudyError::Plan(format!(
            "a task of {odours} odours cannot be made of {rows}; ask for 1 to {rows}"
        )));
    }
    let published = stimuli().odour_subset_rows.get(&odours);
    if let (ROWS, Some(subset)) = (rows, published.and_then(|by_seed| by_seed.get(&seed))) {
        return Ok(subset.clone());
    }
    let stream = NoiseStream::new(seed, "study/odour-subset");
    let mut subset = stream.permutation(rows, 0)[..odours].to_vec();
    subset.sort_unstable();
    Ok(subset)
}

/// The publication's 28 synthetic odours of a seed, `[odour][channel]` (section 4.9).
///
/// # Errors
/// A seed that the publication did not use.
pub fn synthetic_odours(seed: u64) -> Result<Vec<Vec<f64>>, StudyError> {
    let known = &stimuli().synthetic_odours;
    known.get(&seed).cloned().ok_or_else(|| {
        StudyError::Plan(format!(
            "the publication has no synthetic odours of seed {seed}; its seeds are {:?}",
            known.keys().collect::<Vec<_>>()
        ))
    })
}

/// The publication's shuffled connectome of a seed (section 4.3), assuming that many dopaminergic
/// neurons in two matrices that its generator permuted first and that we do not have: 14 or 28.
///
/// # Errors
/// Seeds and numbers for which there is no table.
pub fn published_shuffle(
    dopaminergic_neurons: u32,
    seed: u64,
) -> Result<Vec<MatrixPermutation>, StudyError> {
    let text = match dopaminergic_neurons {
        14 => include_str!("../reference/shuffles_dan14.json"),
        28 => include_str!("../reference/shuffles_dan28.json"),
        other => {
            return Err(StudyError::Plan(format!(
                "there is no table of shuffles for {other} dopaminergic neurons; use 14 or 28"
            )));
        }
    };
    let mut table: BTreeMap<String, serde_json::Value> =
        serde_json::from_str(text).expect("a test reads the embedded table");
    let of_seed = table.remove(&seed.to_string()).ok_or_else(|| {
        StudyError::Plan(format!(
            "the publication has no shuffled connectome of seed {seed}; its seeds are 42 to 46. \
             Use the null model \"independent_permutation\" for others"
        ))
    })?;
    let matrices: BTreeMap<String, Permutation> =
        serde_json::from_value(of_seed).expect("a test reads the embedded table");
    matrices
        .into_iter()
        .map(|(name, permutation)| {
            Ok(MatrixPermutation {
                matrix: MatrixSelector::from_name(&name)?,
                rows: permutation.rows,
                columns: permutation.columns,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::CANONICAL_SEEDS;

    #[test]
    fn the_tables_hold_the_samples_of_all_seeds() {
        for seed in CANONICAL_SEEDS {
            let mixtures = SampledMixtures::of_seed(seed);
            for (ranks, of) in [
                (&mixtures.geometry_triplets, TRIPLETS),
                (&mixtures.classified_pairs, PAIRS),
                (&mixtures.sub_additivity_triplets, TRIPLETS),
            ] {
                let mut unique = ranks.clone();
                unique.sort_unstable();
                unique.dedup();
                assert_eq!(unique.len(), SAMPLED_MIXTURES);
                assert!(unique.last() < Some(&of));
            }
            for odours in [7, 14] {
                assert_eq!(
                    odour_subset(odours, 28, seed).expect("a subset").len(),
                    odours
                );
            }
            assert_eq!(synthetic_odours(seed).expect("odours").len(), 28);
            for neurons in [14, 28] {
                let shuffle = published_shuffle(neurons, seed).expect("a shuffle");
                assert_eq!(shuffle.len(), 19);
            }
        }
        // Spot checks against spec/experiments.md: the blank is drawn for 14 odours by seeds 45 and 46.
        let blank = |seed| odour_subset(14, 28, seed).expect("a subset")[0] == 0;
        assert_eq!(
            CANONICAL_SEEDS.map(blank),
            [false, false, false, true, true]
        );
        assert_eq!(
            SampledMixtures::of_seed(42).geometry_triplets[..3],
            [2907, 2572, 943]
        );
    }

    #[test]
    fn other_seeds_draw_their_own() {
        let other = SampledMixtures::of_seed(7);
        assert_ne!(other, SampledMixtures::of_seed(8));
        assert_eq!(other, SampledMixtures::of_seed(7));
        let subset = odour_subset(7, 28, 7).expect("a subset");
        assert!(subset.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(odour_subset(29, 28, 7).is_err());
        assert!(synthetic_odours(7).is_err());
        assert!(published_shuffle(14, 7).is_err());
        assert!(published_shuffle(15, 42).is_err());
    }
}
