//! The loop that teacher and student share: shuffled noisy batches, Adam, a record per epoch.
//!
//! At an epoch boundary the [`FitState`] is the complete state: noise and order are addressed by
//! epoch and sample, so a loop that continues from a stored state ends in the same bits.

use kenyon_circuit::{NoiseStream, ParameterGroup, Parameters, Presentation, Stimulus};
use serde::{Deserialize, Serialize};

use crate::adam::{Adam, StepSize};
use crate::samples::{Odours, Samples, Stimuli};
use crate::terms::LossReport;

/// What is minimised, over trials of a kind.
pub trait Objective<P: Presentation = Stimulus> {
    /// Layout of the parameters.
    fn groups(&self) -> &[ParameterGroup];

    /// Loss of a batch in an epoch (counted from 0), its gradient written into `gradient`.
    fn evaluate(
        &mut self,
        epoch: usize,
        parameters: &Parameters,
        stimuli: &[P],
        labels: &[usize],
        gradient: &mut [f64],
    ) -> LossReport;
}

/// One finished epoch: means over its trials.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EpochRecord {
    /// Number of epochs done, so from 1.
    pub epoch: usize,
    /// Means over trials of the terms, as met during the epoch; `correct` is the number of hits.
    pub loss: LossReport,
    /// Trials of the epoch.
    pub trials: usize,
    /// Mean over steps of the gradient norm before clipping.
    pub gradient_norm: f64,
    /// Share of steps in which the gradient was clipped.
    pub clipped: f64,
}

impl EpochRecord {
    /// Share of trials decided correctly during the epoch (training mode, before each update).
    #[must_use]
    pub fn accuracy(&self) -> f64 {
        self.loss.correct as f64 / self.trials as f64
    }
}

/// What the monitor had to say after an epoch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MonitorRecord {
    /// Number of epochs done.
    pub epoch: usize,
    /// Share of training trials decided correctly in that epoch.
    pub train_accuracy: f64,
    /// What the monitor returned; kept so that a resumed run has all of it.
    pub figures: serde_json::Value,
}

/// The course of a training.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct History {
    /// One record per epoch.
    pub epochs: Vec<EpochRecord>,
    /// One record per call of the monitor.
    pub monitors: Vec<MonitorRecord>,
}

/// Everything that changes during training, at an epoch boundary.
#[derive(Clone, Debug, PartialEq)]
pub struct FitState {
    /// Stored values.
    pub parameters: Parameters,
    /// Moments and step count.
    pub adam: Adam,
    /// What happened so far; its length is the number of epochs done.
    pub history: History,
}

impl FitState {
    /// Number of epochs done.
    #[must_use]
    pub fn epoch(&self) -> usize {
        self.history.epochs.len()
    }
}

/// Training went astray.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum FitError {
    /// The loss or the gradient is infinite or not a number. The parameters are those before the step.
    #[error(
        "training diverged in epoch {epoch}, step {step}: the loss is {loss}, not finite is the \
         gradient of {groups}; check the inputs, or lower the learning rate"
    )]
    Diverged {
        /// Epoch, from 1.
        epoch: usize,
        /// Step within the epoch, from 1.
        step: usize,
        /// Loss of the batch.
        loss: f64,
        /// Names of the parameter groups whose gradient is not finite, or "nothing".
        groups: String,
    },
}

/// How batches are formed and how far a step goes.
#[derive(Clone, Copy, Debug)]
pub struct Schedule {
    /// Trials per step.
    pub batch: usize,
    /// Learning rate and clipping.
    pub size: StepSize,
    /// Random order of the samples, a new one each epoch.
    pub order: NoiseStream,
}

/// A training in progress.
pub struct Fit<'a, O: Objective<S::Trial>, S: Stimuli = Odours> {
    objective: O,
    samples: Samples<'a, S>,
    schedule: Schedule,
    state: FitState,
    order: Vec<usize>,
    next: usize,
    sums: EpochSums,
    gradient: Vec<f64>,
    stimuli: Vec<S::Trial>,
    labels: Vec<usize>,
}

#[derive(Default)]
struct EpochSums {
    loss: LossReport,
    gradient_norm: f64,
    steps: usize,
    clipped: usize,
}

impl<'a, O: Objective<S::Trial>, S: Stimuli> Fit<'a, O, S> {
    /// Continues from `state`: a new one with start values, or one read from a checkpoint.
    ///
    /// # Panics
    /// If the state does not fit the objective's groups.
    pub fn new(objective: O, samples: Samples<'a, S>, schedule: Schedule, state: FitState) -> Self {
        let count = objective.groups().last().map_or(0, |group| group.range.end);
        assert_eq!(
            state.parameters.values.len(),
            count,
            "parameters must fit the objective"
        );
        Self {
            objective,
            samples,
            schedule,
            state,
            order: Vec::new(),
            next: 0,
            sums: EpochSums::default(),
            gradient: vec![0.0; count],
            stimuli: Vec::with_capacity(schedule.batch),
            labels: Vec::with_capacity(schedule.batch),
        }
    }

    /// The state after the last whole epoch, or in its middle if [`Fit::step`] was used.
    #[must_use]
    pub const fn state(&self) -> &FitState {
        &self.state
    }

    /// Ends the training and hands out its state.
    #[must_use]
    pub fn into_state(self) -> FitState {
        self.state
    }

    /// The objective.
    #[must_use]
    pub const fn objective(&self) -> &O {
        &self.objective
    }

    /// Adds a monitor's figures for the epoch just finished.
    pub fn record_monitor(&mut self, figures: serde_json::Value) {
        if let Some(record) = self.state.history.epochs.last() {
            let (epoch, train_accuracy) = (record.epoch, record.accuracy());
            self.state.history.monitors.push(MonitorRecord {
                epoch,
                train_accuracy,
                figures,
            });
        }
    }

    /// One whole epoch (or the rest of one that [`Fit::step`] began).
    ///
    /// # Errors
    /// If training diverges.
    pub fn epoch(&mut self) -> Result<&EpochRecord, FitError> {
        let before = self.state.epoch();
        while self.state.epoch() == before {
            self.step()?;
        }
        Ok(&self.state.history.epochs[before])
    }

    /// One optimiser step; after the last one of an epoch its record is added to the history. The
    /// last batch of an epoch takes what is left.
    ///
    /// # Errors
    /// If training diverges.
    pub fn step(&mut self) -> Result<LossReport, FitError> {
        let epoch = self.state.epoch();
        let count = self.samples.count();
        if self.next == 0 {
            self.order = self.schedule.order.permutation(count, epoch as u32);
        }
        let end = (self.next + self.schedule.batch).min(count);
        self.stimuli.clear();
        self.labels.clear();
        for &sample in &self.order[self.next..end] {
            self.stimuli.push(self.samples.stimulus(epoch, sample));
            self.labels.push(self.samples.class(sample));
        }
        let report = self.objective.evaluate(
            epoch,
            &self.state.parameters,
            &self.stimuli,
            &self.labels,
            &mut self.gradient,
        );
        self.check_finite(&report)?;
        let FitState {
            parameters, adam, ..
        } = &mut self.state;
        let step = adam.step(
            self.objective.groups(),
            self.schedule.size,
            parameters,
            &self.gradient,
        );
        self.sums.add(&report, self.labels.len());
        self.sums.gradient_norm += step.gradient_norm;
        self.sums.clipped += usize::from(step.clip_factor < 1.0);
        self.next = end;
        if end == count {
            let sums = std::mem::take(&mut self.sums);
            self.state
                .history
                .epochs
                .push(sums.record(epoch + 1, count));
            self.next = 0;
        }
        Ok(report)
    }

    fn check_finite(&self, report: &LossReport) -> Result<(), FitError> {
        let broken = |group: &&ParameterGroup| {
            self.gradient[group.range.clone()]
                .iter()
                .any(|slope| !slope.is_finite())
        };
        let names: Vec<&str> = self
            .objective
            .groups()
            .iter()
            .filter(broken)
            .map(|group| &*group.name)
            .collect();
        if report.total.is_finite() && names.is_empty() {
            return Ok(());
        }
        Err(FitError::Diverged {
            epoch: self.state.epoch() + 1,
            step: self.sums.steps + 1,
            loss: report.total,
            groups: if names.is_empty() {
                "nothing".to_owned()
            } else {
                names.join(", ")
            },
        })
    }
}

impl EpochSums {
    fn add(&mut self, report: &LossReport, trials: usize) {
        let weight = trials as f64;
        self.loss.cross_entropy += weight * report.cross_entropy;
        self.loss.sparsity += weight * report.sparsity;
        self.loss.energy += weight * report.energy;
        self.loss.total += weight * report.total;
        self.loss.correct += report.correct;
        self.steps += 1;
    }

    fn record(self, epoch: usize, trials: usize) -> EpochRecord {
        let mean = |sum: f64| sum / trials as f64;
        EpochRecord {
            epoch,
            loss: LossReport {
                cross_entropy: mean(self.loss.cross_entropy),
                sparsity: mean(self.loss.sparsity),
                energy: mean(self.loss.energy),
                total: mean(self.loss.total),
                correct: self.loss.correct,
            },
            trials,
            gradient_norm: self.gradient_norm / self.steps as f64,
            clipped: self.clipped as f64 / self.steps as f64,
        }
    }
}

#[cfg(test)]
mod tests {
    use kenyon_circuit::{Form, Precision};

    use super::*;
    use crate::adam::AdamSettings;

    /// Half the square of one parameter, broken from the third step on.
    struct Parabola {
        groups: Vec<ParameterGroup>,
        calls: usize,
        batches: Vec<usize>,
    }

    impl Objective for Parabola {
        fn groups(&self) -> &[ParameterGroup] {
            &self.groups
        }

        fn evaluate(
            &mut self,
            _epoch: usize,
            parameters: &Parameters,
            stimuli: &[Stimulus],
            _labels: &[usize],
            gradient: &mut [f64],
        ) -> LossReport {
            self.calls += 1;
            self.batches.push(stimuli.len());
            let value = parameters.values[0];
            gradient[0] = if self.calls < 3 { value } else { f64::NAN };
            LossReport {
                total: 0.5 * value * value,
                ..LossReport::default()
            }
        }
    }

    #[test]
    fn the_last_batch_is_kept_and_divergence_ends_the_training() {
        let group = ParameterGroup {
            name: "x".to_owned(),
            shape: Vec::new(),
            range: 0..1,
            form: Form::Plain,
            unit: "1",
            start: 1.0,
            bounds: None,
            learning_rate: 1.0,
            precision: Precision::Double,
            learned: true,
        };
        let objective = Parabola {
            groups: vec![group],
            calls: 0,
            batches: Vec::new(),
        };
        let odours = Odours::new(vec![vec![1.0]; 3], 0.3, 1, 3).expect("sound odours");
        let stream = NoiseStream::new(1, "test");
        let samples = Samples {
            stimuli: &odours,
            repeats: 1,
            noise: stream,
        };
        let size = StepSize {
            base_rate: 0.1,
            clip_norm: None,
        };
        let state = FitState {
            parameters: Parameters { values: vec![1.0] },
            adam: Adam::new(AdamSettings::default(), 1),
            history: History::default(),
        };
        let mut fit = Fit::new(
            objective,
            samples,
            Schedule {
                batch: 2,
                size,
                order: stream,
            },
            state,
        );
        let record = fit.epoch().expect("a sound epoch").clone();
        assert_eq!((record.epoch, record.trials), (1, 3));
        assert_eq!(fit.objective().batches, [2, 1]);
        let before = fit.state().clone();
        let error = fit.step().expect_err("a broken gradient");
        assert!(
            error.to_string().contains("epoch 2, step 1") && error.to_string().contains("of x;")
        );
        assert_eq!(fit.state(), &before);
    }
}
