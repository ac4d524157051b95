//! Where the code of a mixture lies relative to the codes of its components
//! (experiments.md, section 4.6).

use serde::{Deserialize, Serialize};

use crate::cosine::cosine;
use crate::error::{AnalysisError, at_least, same_size};
use crate::statistics::{MeanDeviation, mean, mean_deviation};

/// The code of one mixture compared with the codes of its components.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MixtureCode {
    /// Rows of its components.
    pub rows: Vec<usize>,
    /// Mean over components of the cosine between the code and theirs (published for pairs only).
    pub component_cosine: f64,
    /// Cosine between the code and the mean of the components' codes.
    pub linear_cosine: f64,
    /// Share of neurons that fired in any trial.
    pub activity: f64,
    /// Activity divided by the mean activity of the components, 1 if that is 0. Above 1 the mixture
    /// recruits *more* neurons, although the publication calls the figure a suppression.
    pub activity_ratio: f64,
}

impl MixtureCode {
    /// Compares the code of the mixture of `rows` with `singles`, the codes of all rows. A *code* is
    /// the trial mean of spike counts, in any unit.
    ///
    /// A silent code has cosine 0 with everything. (A code that is not silent has a norm of at least
    /// one spike per all trials and steps, so the floor of [`cosine`] never matters.)
    ///
    /// # Errors
    /// Without components, or if a row does not exist or has another number of neurons.
    pub fn new(rows: &[usize], singles: &[Vec<f64>], code: &[f64]) -> Result<Self, AnalysisError> {
        at_least("components of a mixture", 1, rows.len())?;
        at_least("neurons of a code", 1, code.len())?;
        let mut sum = vec![0.0; code.len()];
        let (mut cosines, mut activities) = (Vec::new(), Vec::new());
        for &row in rows {
            at_least(
                "codes of single odours",
                row.saturating_add(1),
                singles.len(),
            )?;
            let component = &singles[row];
            same_size("neurons of a component's code", code.len(), component.len())?;
            cosines.push(cosine(code, component));
            activities.push(activity(component));
            for (sum, value) in sum.iter_mut().zip(component) {
                *sum += value;
            }
        }
        let linear: Vec<f64> = sum.iter().map(|sum| sum / rows.len() as f64).collect();
        let (own, components) = (activity(code), mean(&activities));
        Ok(Self {
            rows: rows.to_vec(),
            component_cosine: mean(&cosines),
            linear_cosine: cosine(code, &linear),
            activity: own,
            activity_ratio: if components == 0.0 {
                1.0
            } else {
                own / components
            },
        })
    }
}

/// Mean and population standard deviation over mixtures.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct MixtureSummary {
    /// How many mixtures there are.
    pub mixtures: usize,
    /// Cosine with the components.
    pub component_cosine: MeanDeviation,
    /// Cosine with the mean of the components.
    pub linear_cosine: MeanDeviation,
    /// Share of neurons that fired.
    pub activity: MeanDeviation,
    /// The same relative to the components.
    pub activity_ratio: MeanDeviation,
}

impl MixtureSummary {
    /// The summary; `None` of no mixtures.
    #[must_use]
    pub fn new(codes: &[MixtureCode]) -> Option<Self> {
        let over = |value: fn(&MixtureCode) -> f64| {
            mean_deviation(&codes.iter().map(value).collect::<Vec<_>>())
        };
        (!codes.is_empty()).then(|| Self {
            mixtures: codes.len(),
            component_cosine: over(|code| code.component_cosine),
            linear_cosine: over(|code| code.linear_cosine),
            activity: over(|code| code.activity),
            activity_ratio: over(|code| code.activity_ratio),
        })
    }
}

/// Share of neurons with a spike in any trial.
pub(crate) fn activity(code: &[f64]) -> f64 {
    code.iter().filter(|&&value| value > 0.0).count() as f64 / code.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mixture_in_the_plane() {
        let singles = vec![
            vec![9.0, 9.0, 9.0],
            vec![1.0, 0.0, 0.0],
            vec![0.0, 1.0, 0.0],
        ];
        let code = MixtureCode::new(&[1, 2], &singles, &[3.0, 4.0, 0.0]).unwrap();
        assert!((code.component_cosine - 0.7).abs() < 1e-15);
        assert!((code.linear_cosine - 7.0 / 50.0_f64.sqrt()).abs() < 1e-15);
        assert!((code.activity - 2.0 / 3.0).abs() < 1e-15);
        assert!((code.activity_ratio - 2.0).abs() < 1e-15);
    }

    #[test]
    fn a_mixture_that_equals_its_components() {
        let same = vec![1.0, 2.0, 0.0];
        let code = MixtureCode::new(
            &[0, 1, 2],
            &[same.clone(), same.clone(), same.clone()],
            &same,
        )
        .unwrap();
        assert!((code.component_cosine - 1.0).abs() < 1e-15);
        assert!((code.linear_cosine - 1.0).abs() < 1e-15);
        assert_eq!(code.activity_ratio, 1.0);
    }

    #[test]
    fn silent_codes() {
        let (silent, active) = (vec![0.0, 0.0], vec![1.0, 0.0]);
        let singles = [silent.clone(), active];
        let code = MixtureCode::new(&[0, 1], &singles, &silent).unwrap();
        assert_eq!((code.component_cosine, code.linear_cosine), (0.0, 0.0));
        assert_eq!((code.activity, code.activity_ratio), (0.0, 0.0));
        let of_silent = MixtureCode::new(&[0], &singles, &singles[1]).unwrap();
        assert_eq!(of_silent.activity_ratio, 1.0);
        assert!(MixtureCode::new(&[2], &singles, &silent).is_err());
        assert!(MixtureCode::new(&[], &singles, &silent).is_err());
    }

    #[test]
    fn the_summary_is_over_mixtures() {
        let code = |cosine| MixtureCode {
            rows: vec![1, 2],
            component_cosine: cosine,
            linear_cosine: 0.5,
            activity: 0.1,
            activity_ratio: 1.2,
        };
        let summary = MixtureSummary::new(&[code(0.2), code(0.4)]).unwrap();
        assert_eq!(summary.mixtures, 2);
        assert!((summary.component_cosine.mean - 0.3).abs() < 1e-15);
        assert!((summary.component_cosine.deviation - 0.1).abs() < 1e-15);
        assert_eq!(MixtureSummary::new(&[]), None);
    }
}
