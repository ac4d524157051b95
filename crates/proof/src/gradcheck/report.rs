//! What a gradient check found.

use serde::Serialize;

/// Tolerance of dual numbers, relative to the largest entry of a group.
pub(crate) const DUAL: f64 = 1e-10;
/// Tolerances of differences: of the median and of the largest error.
pub(crate) const DIFFERENCE_MEDIAN: f64 = 1e-7;
pub(crate) const DIFFERENCE_MAXIMUM: f64 = 1e-5;

/// The figures of one parameter group.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GroupReport {
    /// Name of the group.
    pub name: String,
    /// Number of values.
    pub values: usize,
    /// Whether the connectome gives it anything to act on. The gradient of a pathway without contacts
    /// is 0, as it should be.
    pub wired: bool,
    /// Largest change of a decoder output when the group is switched off (strengths, gains,
    /// conductances) or moved by 0.1 (voltages: by 1 mV) in its stored form.
    pub effect: f64,
    /// Largest entry of the adjoint's gradient.
    pub largest: f64,
    /// Largest deviation of dual numbers from the adjoint, relative to `largest`.
    pub dual: f64,
    /// Median error of the central differences; see [`GradcheckReport`].
    pub difference_median: f64,
    /// Largest error of the central differences.
    pub difference_maximum: f64,
    /// Differences left out because their two sides reset different cells.
    pub excluded: usize,
}

/// The outcome of a gradient check.
///
/// The error of a difference `n` against the adjoint's `a` is `|a - n| / (max|group| + eps |L| / h)`,
/// the second term being the rounding of the objective `L` in a difference of width `h`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GradcheckReport {
    /// Seed of the parameter point, the stimuli and the noise.
    pub seed: u64,
    /// Trials of the batch.
    pub trials: usize,
    /// The objective at the point.
    pub loss: f64,
    /// Every group, in the order of the parameter table.
    pub groups: Vec<GroupReport>,
    /// Largest deviation of dual numbers from the adjoint.
    pub dual: f64,
    /// Distance between the objective of the training code and the one in dual numbers, relative.
    pub objective: f64,
    /// Median error of all differences.
    pub difference_median: f64,
    /// Largest error of all differences.
    pub difference_maximum: f64,
    /// Number of differences that were repeated with a fifth of the width, because the objective is
    /// strongly curved there or its rounding large.
    pub narrowed: usize,
    /// Number of differences that were judged.
    pub differences: usize,
    /// Number that were left out.
    pub excluded: usize,
}

impl GradcheckReport {
    /// Groups that could act but do not: nothing was proved about them.
    #[must_use]
    pub fn inert(&self) -> Vec<&str> {
        let inert = |group: &&GroupReport| {
            group.wired && !(group.effect > 0.0 && group.largest > 0.0 && group.largest.is_finite())
        };
        self.groups
            .iter()
            .filter(inert)
            .map(|group| group.name.as_str())
            .collect()
    }

    /// Whether dual numbers and differences agree with the adjoint, and every group acts.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.dual <= DUAL
            && self.objective <= DUAL
            && self.difference_median <= DIFFERENCE_MEDIAN
            && self.difference_maximum <= DIFFERENCE_MAXIMUM
            && self.inert().is_empty()
    }
}

/// The middle value; 0 of none. Not a number if any value is not.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match (sorted.len(), sorted.last()) {
        (_, Some(last)) if last.is_nan() => f64::NAN,
        (0, _) => 0.0,
        (count, _) => (sorted[(count - 1) / 2] + sorted[count / 2]) / 2.0,
    }
}

/// The largest value; 0 of none. Not a number if any value is not.
pub(crate) fn maximum(values: impl IntoIterator<Item = f64>) -> f64 {
    let larger = |a: f64, b: f64| {
        if a.is_nan() || b.is_nan() {
            f64::NAN
        } else {
            a.max(b)
        }
    };
    values.into_iter().fold(0.0, larger)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> GradcheckReport {
        let group = GroupReport {
            name: "a.strength".to_owned(),
            values: 1,
            wired: true,
            effect: 0.1,
            largest: 2.0,
            dual: 1e-12,
            difference_median: 1e-9,
            difference_maximum: 1e-9,
            excluded: 0,
        };
        GradcheckReport {
            seed: 1,
            trials: 2,
            loss: 3.0,
            groups: vec![group],
            dual: 1e-12,
            objective: 0.0,
            difference_median: 1e-9,
            difference_maximum: 1e-9,
            narrowed: 0,
            differences: 1,
            excluded: 0,
        }
    }

    #[test]
    fn every_figure_can_fail_a_check() {
        assert!(report().passed());
        let failing: [fn(&mut GradcheckReport); 8] = [
            |report| report.dual = 2e-10,
            |report| report.dual = f64::NAN,
            |report| report.objective = 1e-9,
            |report| report.difference_median = 2e-7,
            |report| report.difference_maximum = 2e-5,
            |report| report.difference_maximum = f64::NAN,
            |report| report.groups[0].effect = 0.0,
            |report| report.groups[0].largest = 0.0,
        ];
        for change in failing {
            let mut changed = report();
            change(&mut changed);
            assert!(!changed.passed(), "{changed:?}");
        }
        let mut unwired = report();
        (unwired.groups[0].wired, unwired.groups[0].largest) = (false, 0.0);
        assert!(unwired.passed());
    }

    #[test]
    fn a_value_that_is_no_number_is_not_lost() {
        assert!(maximum([1.0, f64::NAN, 2.0]).is_nan());
        assert!(median(&[1.0, f64::NAN, 2.0]).is_nan());
        assert_eq!(
            (maximum([]), median(&[]), median(&[3.0, 1.0, 2.0, 10.0])),
            (0.0, 0.0, 2.5)
        );
    }
}
