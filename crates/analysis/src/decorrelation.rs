//! How much less similar odours become on their way (experiments.md, sections 2.5 and 2.6).

use serde::{Deserialize, Serialize};

use crate::cosine::{cosine, mean_absolute_similarity};
use crate::error::{AnalysisError, at_least};
use crate::patterns::Patterns;
use crate::statistics::pairs;

/// Denominators of the ratios of cosines.
#[derive(Clone, Copy, Debug)]
pub struct RatioRule;

impl RatioRule {
    /// A pair counts only if the magnitude of its denominator is above this.
    pub const SMALLEST_COSINE: f64 = 1e-8;
    /// The monitor floors its denominators at this.
    pub const FLOOR: f64 = 1e-8;
}

/// Decorrelation in percent: `100 (1 - similarity after / similarity before)`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decorrelation {
    /// Antennal lobe: relay neurons (PN) against receptors. `None` if no pair counts.
    pub al_percent: Option<f64>,
    /// Mushroom body: coding neurons (KC) against relay neurons.
    pub mb_percent: Option<f64>,
    /// Coding neurons against receptors; not a composition of the other two, because a mean of
    /// ratios is not a product of means.
    pub total_percent: Option<f64>,
}

/// Trial-mean patterns of the three stations, `[row][unit]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Stations {
    /// Noisy receptor input (not the clean template: quirk 3 of section 11).
    pub receptors: Vec<Vec<f64>>,
    /// Spike counts of the relay neurons (PN).
    pub relay: Vec<Vec<f64>>,
    /// Spike counts of the coding neurons (KC).
    pub coding: Vec<Vec<f64>>,
}

impl Stations {
    /// The trial means of arrays that describe the same trials.
    ///
    /// # Errors
    /// If rows or trials differ.
    pub fn new(
        receptors: &Patterns,
        relay: &Patterns,
        coding: &Patterns,
    ) -> Result<Self, AnalysisError> {
        receptors.same_trials(relay, "relay patterns")?;
        receptors.same_trials(coding, "coding patterns")?;
        Ok(Self {
            receptors: receptors.means(),
            relay: relay.means(),
            coding: coding.means(),
        })
    }

    /// Per-pair decorrelation (the headline): the mean over pairs of rows of the ratio of their
    /// cosines. Pairs whose denominator is at most [`RatioRule::SMALLEST_COSINE`] are skipped.
    ///
    /// The value depends on the number of trials that were averaged (quirk 2): compare only equal
    /// numbers.
    ///
    /// # Errors
    /// With fewer than two rows.
    pub fn per_pair(&self) -> Result<Decorrelation, AnalysisError> {
        let rows = self.receptors.len();
        at_least("rows for decorrelation", 2, rows)?;
        let (mut al, mut mb, mut total) = (Ratios::default(), Ratios::default(), Ratios::default());
        for (i, j) in pairs(rows) {
            let receptors = cosine(&self.receptors[i], &self.receptors[j]);
            let relay = cosine(&self.relay[i], &self.relay[j]);
            let coding = cosine(&self.coding[i], &self.coding[j]);
            al.add(relay, receptors);
            mb.add(coding, relay);
            total.add(coding, receptors);
        }
        Ok(Decorrelation {
            al_percent: al.decorrelation_percent(),
            mb_percent: mb.decorrelation_percent(),
            total_percent: total.decorrelation_percent(),
        })
    }

    /// Mean-similarity decorrelation, the monitor used while training: the ratio of mean |cosine|,
    /// denominators floored at [`RatioRule::FLOOR`].
    #[must_use]
    pub fn mean_similarity(&self) -> Decorrelation {
        let receptors = mean_absolute_similarity(&self.receptors);
        let relay = mean_absolute_similarity(&self.relay);
        let coding = mean_absolute_similarity(&self.coding);
        let percent =
            |after: f64, before: f64| Some(100.0 * (1.0 - after / before.max(RatioRule::FLOOR)));
        Decorrelation {
            al_percent: percent(relay, receptors),
            mb_percent: percent(coding, relay),
            total_percent: percent(coding, receptors),
        }
    }
}

/// Per-pair decorrelation of two stations given as mean patterns `[row][unit]`: the mean over pairs of
/// rows of the ratio of their cosines, as a decrease in percent. `None` if no pair counts.
pub(crate) fn pair_decorrelation_percent(before: &[Vec<f64>], after: &[Vec<f64>]) -> Option<f64> {
    let mut ratios = Ratios::default();
    for (i, j) in pairs(before.len()) {
        ratios.add(cosine(&after[i], &after[j]), cosine(&before[i], &before[j]));
    }
    ratios.decorrelation_percent()
}

/// A running mean of ratios.
#[derive(Default)]
struct Ratios {
    sum: f64,
    count: usize,
}

impl Ratios {
    fn add(&mut self, after: f64, before: f64) {
        if before.abs() > RatioRule::SMALLEST_COSINE {
            self.sum += after / before;
            self.count += 1;
        }
    }

    fn decorrelation_percent(&self) -> Option<f64> {
        (self.count > 0).then(|| 100.0 * (1.0 - self.sum / self.count as f64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn stations(receptors: &[[f64; 2]], relay: &[[f64; 2]], coding: &[[f64; 2]]) -> Stations {
        let rows =
            |patterns: &[[f64; 2]]| patterns.iter().map(|pattern| pattern.to_vec()).collect();
        Stations {
            receptors: rows(receptors),
            relay: rows(relay),
            coding: rows(coding),
        }
    }

    #[test]
    fn ratios_of_cosines_of_one_pair() {
        // Cosines 24/25, 3/5 and 0.
        let stations = stations(
            &[[3.0, 4.0], [4.0, 3.0]],
            &[[1.0, 0.0], [3.0, 4.0]],
            &[[1.0, 0.0], [0.0, 1.0]],
        );
        let result = stations.per_pair().unwrap();
        assert!((result.al_percent.unwrap() - 37.5).abs() < 1e-12);
        assert!((result.mb_percent.unwrap() - 100.0).abs() < 1e-12);
        assert!((result.total_percent.unwrap() - 100.0).abs() < 1e-12);
        // One pair: both definitions agree.
        let monitor = stations.mean_similarity();
        assert!((monitor.al_percent.unwrap() - 37.5).abs() < 1e-12);
    }

    #[test]
    fn the_mean_of_ratios_is_not_the_ratio_of_means() {
        // Receptor cosines of the pairs (01, 02, 12): 1, 0.6, 0.6; relay cosines: 0, 0.6, 0.8.
        let stations = stations(
            &[[1.0, 0.0], [1.0, 0.0], [3.0, 4.0]],
            &[[1.0, 0.0], [0.0, 1.0], [3.0, 4.0]],
            &[[1.0, 0.0], [1.0, 0.0], [1.0, 0.0]],
        );
        let per_pair = stations.per_pair().unwrap().al_percent.unwrap();
        assert!((per_pair - 100.0 * (1.0 - (0.0 + 1.0 + 4.0 / 3.0) / 3.0)).abs() < 1e-12);
        let monitor = stations.mean_similarity().al_percent.unwrap();
        assert!((monitor - 100.0 * (1.0 - 1.4 / 2.2)).abs() < 1e-12);
        // MB skips the pair whose relay cosine is 0.
        let mb = stations.per_pair().unwrap().mb_percent.unwrap();
        assert!((mb - 100.0 * (1.0 - f64::midpoint(1.0 / 0.6, 1.0 / 0.8))).abs() < 1e-10);
    }

    #[test]
    fn silent_stations() {
        let stations = stations(
            &[[1.0, 0.0], [1.0, 0.0]],
            &[[0.0, 0.0], [1.0, 0.0]],
            &[[1.0, 0.0], [1.0, 0.0]],
        );
        let result = stations.per_pair().unwrap();
        assert_eq!(result.al_percent, Some(100.0));
        assert_eq!(result.mb_percent, None);
        assert_eq!(result.total_percent, Some(0.0));
        // The monitor's floored denominator makes a huge negative number instead.
        assert!(stations.mean_similarity().mb_percent.unwrap() < -1e9);
    }

    #[test]
    fn one_row_has_no_pair() {
        let stations = stations(&[[1.0, 0.0]], &[[1.0, 0.0]], &[[1.0, 0.0]]);
        assert!(stations.per_pair().is_err());
        assert_eq!(stations.mean_similarity().al_percent, Some(0.0));
    }

    proptest! {
        #[test]
        fn the_order_of_trials_is_irrelevant(
            values in prop::collection::vec(0_u8..9, 3 * 4 * 5), shift in 1_usize..4
        ) {
            let build = |turn: usize| {
                let mut turned = Vec::new();
                for row in values.chunks(20) {
                    for trial in 0..4 {
                        turned.extend(row[((trial + turn) % 4) * 5..][..5].iter().map(|&v| f32::from(v) + 1.0));
                    }
                }
                Patterns::new(3, 4, 5, turned).unwrap()
            };
            let result = |patterns: &Patterns| Stations::new(patterns, patterns, patterns).unwrap().per_pair().unwrap();
            let (before, after) = (result(&build(0)), result(&build(shift)));
            prop_assert!((before.al_percent.unwrap() - after.al_percent.unwrap()).abs() < 1e-10);
            prop_assert!(before.al_percent.unwrap().abs() < 1e-10);
        }
    }
}
