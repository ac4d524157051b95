//! Everything that determines a training run besides circuit, data and code.

use serde::{Deserialize, Serialize};

use crate::adam::AdamSettings;
use crate::loss::{Loss, LossError, finite, sparsity_numbers};
use crate::terms::SparsityTerm;

/// How the teacher is fitted (training.md section 2.3).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TeacherSettings {
    /// Learning rate of all its parameters.
    pub learning_rate: f64,
    /// Its push towards silence.
    pub sparsity: SparsityTerm,
}

impl Default for TeacherSettings {
    fn default() -> Self {
        Self {
            learning_rate: 1e-2,
            sparsity: SparsityTerm::TEACHER,
        }
    }
}

/// Settings of a run; the defaults are the canonical ones (training.md section 1.1). Written in this
/// order, they are part of what identifies a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrainingSettings {
    /// Seed of all random numbers of the run.
    pub seed: u64,
    /// Epochs of the teacher.
    pub teacher_epochs: usize,
    /// Epochs of the student.
    pub student_epochs: usize,
    /// Trials per optimiser step; the last step of an epoch takes what is left.
    pub batch: usize,
    /// Training trials per odour and epoch.
    pub repeats: usize,
    /// Trials per odour of the teacher's test.
    pub test_repeats: usize,
    /// Learning rate of the student, multiplied by each group's factor.
    pub base_rate: f64,
    /// Largest norm of the student's gradient that is not scaled down.
    pub clip_norm: f64,
    /// Constants of both optimisers.
    pub adam: AdamSettings,
    /// The student's objective.
    pub loss: Loss,
    /// Whether the student is trained without short-term depression: its release is the raw spike, with
    /// neither vesicle pool nor release probability (spec/experiments.md section 4.10).
    pub depression_off: bool,
    /// Which of several students of one teacher: another number draws other noise for the student and
    /// changes nothing else. The publication's second training of its canonical model is one.
    pub replicate: u32,
    /// How the teacher is fitted.
    pub teacher: TeacherSettings,
    /// Epochs between two calls of the monitor; 0 for none.
    pub monitor_every: usize,
}

impl Default for TrainingSettings {
    fn default() -> Self {
        Self {
            seed: 42,
            teacher_epochs: 300,
            student_epochs: 300,
            batch: 16,
            repeats: 10,
            test_repeats: 5,
            base_rate: 1e-3,
            clip_norm: 5.0,
            adam: AdamSettings::default(),
            loss: Loss::default(),
            depression_off: false,
            replicate: 0,
            teacher: TeacherSettings::default(),
            monitor_every: 50,
        }
    }
}

/// A setting that makes no sense.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SettingsError {
    /// A number is outside its range.
    #[error("the setting \"{setting}\" is {value}; it must be {expected}")]
    OutOfRange {
        /// Name of the setting.
        setting: &'static str,
        /// Its value.
        value: String,
        /// What it must be.
        expected: &'static str,
    },
    /// The objective makes no sense.
    #[error(transparent)]
    Loss(#[from] LossError),
    /// More trials than noise addresses.
    #[error(
        "{epochs} epochs of {samples} trials need more than 2^32 noise addresses; \
         train fewer epochs or fewer repeats"
    )]
    TooManyTrials {
        /// Epochs asked for.
        epochs: usize,
        /// Trials per epoch.
        samples: usize,
    },
}

impl TrainingSettings {
    /// Checks the settings for data with `classes` odours.
    ///
    /// # Errors
    /// See [`SettingsError`].
    pub fn check(&self, classes: usize) -> Result<(), SettingsError> {
        for (setting, value) in [
            ("batch", self.batch),
            ("repeats", self.repeats),
            ("test_repeats", self.test_repeats),
        ] {
            if value == 0 {
                return Err(out_of_range(setting, value, "at least 1"));
            }
        }
        for (setting, value) in [
            ("base_rate", self.base_rate),
            ("clip_norm", self.clip_norm),
            ("teacher.learning_rate", self.teacher.learning_rate),
            ("adam.epsilon", self.adam.epsilon),
        ] {
            if !(value.is_finite() && value > 0.0) {
                return Err(out_of_range(setting, value, "a number above 0"));
            }
        }
        for (setting, value) in [
            ("adam.first_decay", self.adam.first_decay),
            ("adam.second_decay", self.adam.second_decay),
        ] {
            if !(0.0..1.0).contains(&value) {
                return Err(out_of_range(setting, value, "at least 0 and below 1"));
            }
        }
        finite(&sparsity_numbers(&self.teacher.sparsity))?;
        self.loss.check_numbers()?;
        let epochs = self.teacher_epochs.max(self.student_epochs);
        let samples = self.repeats.saturating_mul(classes);
        let tests = self.test_repeats.saturating_mul(classes);
        let most = epochs.saturating_mul(samples).max(tests);
        if u32::try_from(most).is_err() {
            return Err(SettingsError::TooManyTrials {
                epochs,
                samples: samples.max(tests),
            });
        }
        Ok(())
    }
}

fn out_of_range(
    setting: &'static str,
    value: impl ToString,
    expected: &'static str,
) -> SettingsError {
    SettingsError::OutOfRange {
        setting,
        value: value.to_string(),
        expected,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canonical_settings_are_sound_and_survive_a_file() {
        let settings = TrainingSettings::default();
        assert_eq!(settings.check(28), Ok(()));
        let text = serde_json::to_string(&settings).expect("settings can be written");
        assert!(text.starts_with(r#"{"seed":42,"teacher_epochs":300,"#));
        assert_eq!(
            serde_json::from_str::<TrainingSettings>(&text).expect("and read"),
            settings
        );
        assert_eq!(
            serde_json::from_str::<TrainingSettings>("{}").expect("defaults"),
            settings
        );
        assert!(serde_json::from_str::<TrainingSettings>(r#"{"sede": 1}"#).is_err());
    }

    #[test]
    fn senseless_settings_are_refused_by_name() {
        let canonical = TrainingSettings::default;
        let refused = |settings: TrainingSettings| match settings.check(28) {
            Err(error) => error.to_string(),
            Ok(()) => panic!("accepted {settings:?}"),
        };
        assert!(
            refused(TrainingSettings {
                batch: 0,
                ..canonical()
            })
            .contains("\"batch\" is 0")
        );
        let rate = TrainingSettings {
            base_rate: f64::NAN,
            ..canonical()
        };
        assert!(refused(rate).contains("\"base_rate\" is NaN"));
        let adam = AdamSettings {
            second_decay: 1.0,
            ..AdamSettings::default()
        };
        assert!(
            refused(TrainingSettings {
                adam,
                ..canonical()
            })
            .contains("second_decay")
        );
        let many = TrainingSettings {
            student_epochs: 1 << 30,
            ..canonical()
        };
        assert!(refused(many).contains("noise addresses"));
        let mut loss = Loss::default();
        loss.sparsity = loss.sparsity.map(|term| SparsityTerm {
            target: f64::INFINITY,
            ..term
        });
        assert!(
            refused(TrainingSettings {
                loss,
                ..canonical()
            })
            .contains("sparsity target")
        );
    }
}
