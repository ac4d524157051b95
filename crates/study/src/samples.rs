//! What the original drew: odour subsets, mixtures, synthetic odours and shuffled connectomes.
//!
//! The tables in `reference/` hold the samples of the publication's seeds 42 to 46, so that no port of
//! its generators is needed. Other seeds draw their own, from our streams and by the same law.
//! Shuffled connectomes of other seeds are the null model `independent_permutation`.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use kenyon_analysis::mean_deviation;
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

/// The publication's 28 synthetic odours of a seed (section 4.9), or for other seeds as many drawn by
/// the same law from our streams, `[odour][channel]`.
///
/// Each is normal with mean and deviation of the `templates` in every channel; 3 to 8 channels are
/// spared, the others weakened to a fifth; clipped to [0, 1].
#[must_use]
pub fn synthetic_odours(templates: &[Vec<f64>], seed: u64) -> Vec<Vec<f64>> {
    if let Some(published) = stimuli().synthetic_odours.get(&seed) {
        return published.clone();
    }
    let channels = templates.first().map_or(0, Vec::len);
    let law: Vec<(f64, f64)> = (0..channels)
        .map(|channel| {
            let column: Vec<f64> = templates.iter().map(|row| row[channel]).collect();
            let of_column = mean_deviation(&column);
            (of_column.mean, of_column.deviation.max(SMALLEST_DEVIATION))
        })
        .collect();
    let stream = NoiseStream::new(seed, "study/synthetic-odours");
    let odours: Vec<u32> = (0..templates.len() as u32).collect();
    let normals = stream.normals("channel", 0, &odours, channels);
    let spared = NoiseStream::new(seed, "study/spared-channels");
    odours
        .iter()
        .map(|&odour| {
            let share = spared.uniforms(1, odour)[0];
            let count = FEWEST_SPARED + (share * SPARED_CHOICES as f64) as usize;
            let order = stream.permutation(channels, odour);
            let mut response: Vec<f64> = law
                .iter()
                .zip(&normals)
                .map(|((mean, deviation), normal)| mean + deviation * normal[odour as usize])
                .collect();
            for &channel in order.iter().skip(count) {
                response[channel] *= WEAKENED;
            }
            response.iter().map(|value| value.clamp(0.0, 1.0)).collect()
        })
        .collect()
}

/// Constants of the synthetic odours (section 4.9).
const SMALLEST_DEVIATION: f64 = 0.05;
const FEWEST_SPARED: usize = 3;
const SPARED_CHOICES: usize = 6;
const WEAKENED: f64 = 0.2;

/// The publication's shuffled connectome of a seed (section 4.3), assuming that many dopaminergic
/// neurons in two matrices that its generator permuted first and that we do not have: 14 or 28.
///
/// `None` for seeds that the publication did not use.
///
/// # Errors
/// Numbers of neurons for which there is no table.
pub fn published_shuffle(
    dopaminergic_neurons: u32,
    seed: u64,
) -> Result<Option<Vec<MatrixPermutation>>, StudyError> {
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
    let Some(of_seed) = table.remove(&seed.to_string()) else {
        return Ok(None);
    };
    let matrices: BTreeMap<String, Permutation> =
        serde_json::from_value(of_seed).expect("a test reads the embedded table");
    let permutations = matrices
        .into_iter()
        .map(|(name, permutation)| {
            Ok::<_, StudyError>(MatrixPermutation {
                matrix: MatrixSelector::from_name(&name)?,
                rows: permutation.rows,
                columns: permutation.columns,
            })
        })
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Some(permutations))
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
            assert_eq!(synthetic_odours(&[], seed).len(), 28);
            for neurons in [14, 28] {
                let shuffle = published_shuffle(neurons, seed).expect("a table");
                assert_eq!(shuffle.map(|matrices| matrices.len()), Some(19));
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
        assert!(published_shuffle(14, 7).is_ok_and(|shuffle| shuffle.is_none()));
        assert!(published_shuffle(15, 42).is_err());
    }

    #[test]
    fn synthetic_odours_of_other_seeds_follow_the_law() {
        let templates: Vec<Vec<f64>> = (0..28)
            .map(|row| {
                (0..21)
                    .map(|c| 0.3 + 0.01 * f64::from(row % 3 + c))
                    .collect()
            })
            .collect();
        let odours = synthetic_odours(&templates, 7);
        assert_eq!(odours.len(), 28);
        assert_ne!(odours, synthetic_odours(&templates, 8));
        let mut counts = [0; 22];
        for odour in &odours {
            assert!(odour.iter().all(|value| (0.0..=1.0).contains(value)));
            // Spared channels stand around 0.4, the others around 0.08.
            counts[odour.iter().filter(|&&value| value > 0.2).count()] += 1;
        }
        assert_eq!(counts[3..=8].iter().sum::<i32>(), 28);
        assert!(counts[3..=8].iter().all(|&count| count > 0), "{counts:?}");
    }
}
