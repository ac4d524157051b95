//! Noisy trials of the odours, and the order in which they are shown.
//!
//! Training and test share templates and noise law (training.md section 1.2): sample `i` is a trial
//! of class `i / repeats`, with new noise in every epoch. Noise is addressed by
//! `epoch · samples + i`, never by position in a batch, so the batch size does not change it.

use kenyon_circuit::{NoiseStream, Stimulus};

/// The odours: one template per class, `[class][channel]`, normalised receptor responses.
#[derive(Clone, Debug, PartialEq)]
pub struct Odours {
    templates: Vec<Vec<f64>>,
    noise_cv: f64,
}

/// Why odours cannot be used.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum OdourError {
    /// The number of templates is not the number of classes.
    #[error("{actual} odour templates were given for a decoder of {expected} classes")]
    Classes {
        /// Classes of the decoder.
        expected: usize,
        /// Templates given.
        actual: usize,
    },
    /// A template has another number of receptor responses than the circuit has channels.
    #[error(
        "odour template {class} has {actual} receptor responses; the circuit has {expected} channels"
    )]
    Channels {
        /// The class, from 0.
        class: usize,
        /// Channels of the circuit.
        expected: usize,
        /// Responses given.
        actual: usize,
    },
    /// A response or the noise is not a number that makes sense.
    #[error("{what} is {value}; it must be a finite number and not negative")]
    BadValue {
        /// Which number.
        what: String,
        /// Its value.
        value: f64,
    },
}

impl Odours {
    /// Templates for a network of `channels` receptor channels and `classes` classes; `noise_cv` is
    /// the coefficient of variation of the multiplicative noise of each trial (0.30).
    ///
    /// # Errors
    /// See [`OdourError`].
    pub fn new(
        templates: Vec<Vec<f64>>,
        noise_cv: f64,
        channels: usize,
        classes: usize,
    ) -> Result<Self, OdourError> {
        if templates.len() != classes {
            return Err(OdourError::Classes {
                expected: classes,
                actual: templates.len(),
            });
        }
        let bad = |value: f64| !value.is_finite() || value < 0.0;
        if bad(noise_cv) {
            return Err(OdourError::BadValue {
                what: "the odour noise".to_owned(),
                value: noise_cv,
            });
        }
        for (class, template) in templates.iter().enumerate() {
            if template.len() != channels {
                let actual = template.len();
                return Err(OdourError::Channels {
                    class,
                    expected: channels,
                    actual,
                });
            }
            if let Some(channel) = template.iter().position(|&response| bad(response)) {
                let what = format!("response {channel} of odour template {class}");
                return Err(OdourError::BadValue {
                    what,
                    value: template[channel],
                });
            }
        }
        Ok(Self {
            templates,
            noise_cv,
        })
    }

    /// The templates, `[class][channel]`.
    #[must_use]
    pub fn templates(&self) -> &[Vec<f64>] {
        &self.templates
    }
}

/// The trials of one phase: odours, repeats and the noise they are drawn from.
#[derive(Clone, Copy, Debug)]
pub struct Samples<'a> {
    /// The odours.
    pub odours: &'a Odours,
    /// Trials per odour and epoch.
    pub repeats: usize,
    /// Noise of the receptor responses.
    pub noise: NoiseStream,
}

impl Samples<'_> {
    /// Number of samples of one epoch.
    #[must_use]
    pub fn count(&self) -> usize {
        self.odours.templates.len() * self.repeats
    }

    /// Class of a sample.
    #[must_use]
    pub const fn class(&self, sample: usize) -> usize {
        sample / self.repeats
    }

    /// A sample of an epoch (counted from 0). Its `trial` also addresses its circuit noise.
    #[must_use]
    pub fn stimulus(&self, epoch: usize, sample: usize) -> Stimulus {
        // Settings are checked to stay below 2^32 trials.
        let trial = (epoch * self.count() + sample) as u32;
        let template = &self.odours.templates[self.class(sample)];
        Stimulus {
            input: self.noise.odour(template, self.odours.noise_cv, trial),
            trial,
        }
    }

    /// All samples of an epoch in order, with their classes.
    #[must_use]
    pub fn all(&self, epoch: usize) -> (Vec<Stimulus>, Vec<usize>) {
        (0..self.count())
            .map(|sample| (self.stimulus(epoch, sample), self.class(sample)))
            .unzip()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn odours() -> Odours {
        Odours::new(vec![vec![0.5, 1.0]; 3], 0.3, 2, 3).expect("sound odours")
    }

    #[test]
    fn every_sample_of_every_epoch_has_its_own_noise() {
        let odours = odours();
        let samples = Samples {
            odours: &odours,
            repeats: 4,
            noise: NoiseStream::new(1, "test"),
        };
        assert_eq!(
            (samples.count(), samples.class(3), samples.class(4)),
            (12, 0, 1)
        );
        assert_eq!(samples.stimulus(2, 5).trial, 29);
        let (first, classes) = samples.all(0);
        let (second, _) = samples.all(1);
        assert_eq!(classes, [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2]);
        assert_eq!(first[7].input, samples.stimulus(0, 7).input);
        assert!(first.iter().zip(&second).all(|(a, b)| a.input != b.input));
    }

    #[test]
    fn unsuitable_odours_are_refused() {
        let make = |templates, cv| Odours::new(templates, cv, 2, 1);
        assert!(matches!(
            make(vec![], 0.3),
            Err(OdourError::Classes { actual: 0, .. })
        ));
        assert!(matches!(
            make(vec![vec![1.0]], 0.3),
            Err(OdourError::Channels { class: 0, .. })
        ));
        let negative = make(vec![vec![0.0, -1.0]], 0.3).expect_err("a negative response");
        assert!(
            negative
                .to_string()
                .starts_with("response 1 of odour template 0 is -1")
        );
        assert!(matches!(
            make(vec![vec![0.0; 2]], f64::NAN),
            Err(OdourError::BadValue { .. })
        ));
    }
}
