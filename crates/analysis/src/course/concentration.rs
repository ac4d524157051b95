//! Concentration over a segment: constant, ramp, and fluctuations around either.

use kenyon_circuit::NoiseStream;

use super::CourseError;

/// Beyond this the Hill function of the concentration is flat to the last bit.
pub const LARGEST_CONCENTRATION: f64 = 1e6;

/// Slot of the draws that make concentrations fluctuate.
const SLOT: &str = "concentration";

/// How the concentration gets from its first to its last value.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// It stays.
    Constant(f64),
    /// By equal differences from step to step; the second value is that of the last step.
    Linear(f64, f64),
    /// By equal ratios.
    Exponential(f64, f64),
    /// One value per step.
    Explicit(Vec<f64>),
}

/// What makes a concentration fluctuate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Process {
    /// Every step is drawn anew.
    White,
    /// Ornstein-Uhlenbeck: correlations decay with a time constant. Exact at the step, and stationary
    /// from the first one.
    OrnsteinUhlenbeck,
}

/// Fluctuations of a concentration: `c' = max(0, c (1 + s x))`, with `x` of variance 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fluctuation {
    /// What `x` is.
    pub process: Process,
    /// Standard deviation relative to the concentration, `s`.
    pub standard_deviation: f64,
    /// Time constant in steps; without meaning for white noise.
    pub time_constant_steps: f64,
    /// The same draws in every trial ("frozen noise").
    pub frozen: bool,
}

/// Concentration over a segment.
#[derive(Clone, Debug, PartialEq)]
pub struct Concentration {
    /// Its mean.
    pub shape: Shape,
    /// What is added to it.
    pub fluctuation: Option<Fluctuation>,
}

impl Concentration {
    /// A concentration that stays.
    #[must_use]
    pub const fn constant(value: f64) -> Self {
        Self {
            shape: Shape::Constant(value),
            fluctuation: None,
        }
    }

    /// Checks values against what the concentration law takes.
    pub(super) fn check(&self) -> Result<(), CourseError> {
        let valid = |value: f64| {
            if (0.0..=LARGEST_CONCENTRATION).contains(&value) {
                return Ok(());
            }
            Err(CourseError::whole(format!(
                "the concentration is {value}; it must be between 0 and {LARGEST_CONCENTRATION}"
            )))
        };
        match &self.shape {
            Shape::Constant(value) => valid(*value)?,
            Shape::Linear(from, to) => [*from, *to].into_iter().try_for_each(valid)?,
            Shape::Exponential(from, to) => {
                [*from, *to].into_iter().try_for_each(valid)?;
                if from.min(*to) <= 0.0 {
                    return Err(CourseError::whole(
                        "an exponential ramp neither begins nor ends at concentration 0",
                    ));
                }
            }
            Shape::Explicit(values) => values.iter().copied().try_for_each(valid)?,
        }
        let Some(fluctuation) = self.fluctuation else {
            return Ok(());
        };
        let Fluctuation {
            standard_deviation,
            time_constant_steps,
            process,
            ..
        } = fluctuation;
        if !(0.0..=LARGEST_CONCENTRATION).contains(&standard_deviation) {
            return Err(CourseError::whole(format!(
                "the standard deviation of the fluctuation is {standard_deviation}; it must be between 0 and \
                 {LARGEST_CONCENTRATION}, relative to the concentration"
            )));
        }
        let positive = time_constant_steps.is_finite() && time_constant_steps > 0.0;
        if process == Process::OrnsteinUhlenbeck && !positive {
            return Err(CourseError::whole(
                "the time constant of an Ornstein-Uhlenbeck fluctuation must be above 0",
            ));
        }
        Ok(())
    }

    /// Whether all steps have the same value.
    pub(super) const fn is_constant(&self) -> bool {
        matches!(self.shape, Shape::Constant(_)) && self.fluctuation.is_none()
    }

    /// Whether trials differ.
    pub(super) fn is_per_trial(&self) -> bool {
        self.fluctuation.is_some_and(|it| !it.frozen)
    }

    /// The value of every step. Draws are addressed by (seed and purpose of `noise`; `segment`, trial,
    /// step within the segment), so a longer segment begins like a shorter one.
    pub(super) fn values(
        &self,
        steps: usize,
        segment: u32,
        trial: u32,
        noise: NoiseStream,
    ) -> Vec<f64> {
        let share = |step: usize| match steps {
            0 | 1 => 1.0,
            _ => step as f64 / (steps - 1) as f64,
        };
        let mut values: Vec<f64> = match &self.shape {
            Shape::Constant(value) => vec![*value; steps],
            Shape::Linear(from, to) => (0..steps)
                .map(|step| from + (to - from) * share(step))
                .collect(),
            Shape::Exponential(from, to) => {
                let rate = libm::log(to / from);
                (0..steps)
                    .map(|step| from * libm::exp(rate * share(step)))
                    .collect()
            }
            Shape::Explicit(values) => values.clone(),
        };
        let Some(fluctuation) = self.fluctuation else {
            return values;
        };
        let trial = if fluctuation.frozen { 0 } else { trial };
        let normals = noise.normals(SLOT, segment, &[trial], steps).concat();
        let (keep, renew) = match fluctuation.process {
            Process::White => (0.0, 1.0),
            Process::OrnsteinUhlenbeck => {
                let keep = libm::exp(-1.0 / fluctuation.time_constant_steps);
                (keep, libm::sqrt(1.0 - keep * keep))
            }
        };
        let mut state = normals.first().copied().unwrap_or(0.0);
        for (step, (value, normal)) in values.iter_mut().zip(normals).enumerate() {
            if step > 0 {
                state = keep * state + renew * normal;
            }
            let factor = 1.0 + fluctuation.standard_deviation * state;
            *value = (*value * factor).clamp(0.0, LARGEST_CONCENTRATION);
        }
        values
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream() -> NoiseStream {
        NoiseStream::new(1, "test/concentration")
    }

    fn shaped(shape: Shape) -> Vec<f64> {
        let concentration = Concentration {
            shape,
            fluctuation: None,
        };
        concentration.check().unwrap();
        concentration.values(5, 0, 0, stream())
    }

    #[test]
    fn ramps_end_where_they_should() {
        assert_eq!(shaped(Shape::Linear(1.0, 3.0)), [1.0, 1.5, 2.0, 2.5, 3.0]);
        let values = shaped(Shape::Exponential(0.1, 10.0));
        for pair in values.windows(2) {
            assert!((pair[1] / pair[0] - 10.0_f64.sqrt()).abs() < 1e-12);
        }
        assert_eq!(values[0], 0.1);
        assert!((values[4] - 10.0).abs() < 1e-12);
    }

    fn fluctuating(process: Process, frozen: bool) -> Concentration {
        Concentration {
            shape: Shape::Constant(2.0),
            fluctuation: Some(Fluctuation {
                process,
                standard_deviation: 0.1,
                time_constant_steps: 20.0,
                frozen,
            }),
        }
    }

    /// Mean, variance and the correlation of neighbours, over many trials; five standard errors of the mean of
    /// 4000 trials of which each has about two independent values.
    #[test]
    fn fluctuations_have_the_moments_they_claim() {
        for (process, expected) in [
            (Process::White, 0.0),
            (Process::OrnsteinUhlenbeck, (-1.0_f64 / 20.0).exp()),
        ] {
            let concentration = fluctuating(process, false);
            let (mut n, mut sum, mut squares, mut products) = (0.0, 0.0, 0.0, 0.0);
            let mut first = 0.0;
            for trial in 0..4000 {
                let values = concentration.values(100, 3, trial, stream());
                let x: Vec<f64> = values
                    .iter()
                    .map(|value| (value / 2.0 - 1.0) / 0.1)
                    .collect();
                first += x[0] * x[0] / 4000.0;
                for pair in x.windows(2) {
                    n += 1.0;
                    sum += pair[0];
                    squares += pair[0] * pair[0];
                    products += pair[0] * pair[1];
                }
            }
            assert!((sum / n).abs() < 0.05, "{process:?}: mean {}", sum / n);
            assert!((squares / n - 1.0).abs() < 0.05, "{process:?}: variance");
            assert!((first - 1.0).abs() < 0.1, "{process:?}: first step {first}");
            assert!((products / n - expected).abs() < 0.05, "{process:?}");
        }
    }

    #[test]
    fn longer_segments_begin_like_shorter_ones() {
        let concentration = fluctuating(Process::OrnsteinUhlenbeck, false);
        let long = concentration.values(50, 1, 9, stream());
        assert_eq!(concentration.values(7, 1, 9, stream()), long[..7]);
        assert_ne!(concentration.values(7, 2, 9, stream()), long[..7]);
        assert_ne!(concentration.values(7, 1, 8, stream()), long[..7]);
        let frozen = fluctuating(Process::White, true);
        assert_eq!(
            frozen.values(7, 1, 9, stream()),
            frozen.values(7, 1, 8, stream())
        );
    }

    #[test]
    fn senseless_concentrations_are_refused() {
        let refused = |shape: Shape| {
            Concentration {
                shape,
                fluctuation: None,
            }
            .check()
            .is_err()
        };
        assert!(refused(Shape::Constant(f64::NAN)));
        assert!(refused(Shape::Constant(-1.0)));
        assert!(refused(Shape::Linear(1.0, f64::INFINITY)));
        assert!(refused(Shape::Exponential(0.0, 1.0)));
        assert!(refused(Shape::Explicit(vec![1.0, -0.1])));
        let mut fluctuation = fluctuating(Process::OrnsteinUhlenbeck, false);
        if let Some(it) = &mut fluctuation.fluctuation {
            it.time_constant_steps = 0.0;
        }
        assert!(fluctuation.check().is_err());
    }
}
