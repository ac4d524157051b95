//! Noisy trials of odours, or of whatever else is told apart.
//!
//! Training and test share templates and noise law (training.md section 1.2): sample `i` is a trial
//! of stimulus `i / repeats`, with new noise in every epoch. Noise is addressed by
//! `epoch · samples + i`, never by position in a batch, so the batch size does not change it.

use kenyon_circuit::{NoiseStream, Presentation, Stimulus};

/// What is told apart: a list of stimuli with their classes, of which every trial shows one with noise of
/// its own. [`Odours`] do not change during a trial; stimuli that do are made by whoever knows them.
pub trait Stimuli: Sync {
    /// What is presented in a trial. Trials of one batch are equally long.
    type Trial: Presentation;

    /// The class of each stimulus.
    fn labels(&self) -> &[usize];

    /// Number of receptor channels.
    fn channels(&self) -> usize;

    /// A trial of a stimulus. Its noise is drawn from `noise` and addressed by `trial`, which also
    /// addresses its circuit noise.
    fn trial(&self, stimulus: usize, noise: NoiseStream, trial: u32) -> Self::Trial;

    /// The stimuli as odours, if they do not change during a trial: a rate teacher knows no time.
    fn odours(&self) -> Option<&Odours> {
        None
    }
}

/// The odours: templates `[odour][channel]` of normalised receptor responses, and the class of each.
#[derive(Clone, Debug, PartialEq)]
pub struct Odours {
    templates: Vec<Vec<f64>>,
    labels: Vec<usize>,
    noise_cv: f64,
}

/// Why odours cannot be used.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum OdourError {
    /// The number of templates is not the number of classes.
    #[error(
        "{actual} odour templates were given for a decoder of {expected} classes; give them labels, or \
         correct the number of classes"
    )]
    Classes {
        /// Classes of the decoder.
        expected: usize,
        /// Templates given.
        actual: usize,
    },
    /// There is not one label for each template.
    #[error("{actual} labels were given for {expected} odour templates")]
    Labels {
        /// Templates given.
        expected: usize,
        /// Labels given.
        actual: usize,
    },
    /// A label is no class of the decoder.
    #[error(
        "odour template {template} is of class {label}, but the decoder has the classes 0 to {last}",
        last = classes.saturating_sub(1)
    )]
    NoSuchClass {
        /// The template, from 0.
        template: usize,
        /// Its label.
        label: usize,
        /// Classes of the decoder.
        classes: usize,
    },
    /// No odour belongs to a class.
    #[error("no odour template is of class {class}; a decoder learns only what it is shown")]
    EmptyClass {
        /// The class, from 0.
        class: usize,
    },
    /// A template has another number of receptor responses than the circuit has channels.
    #[error(
        "odour template {template} has {actual} receptor responses; the circuit has {expected} channels"
    )]
    Channels {
        /// The template, from 0.
        template: usize,
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
    /// Templates for a network of `channels` receptor channels and `classes` classes, every odour a
    /// class of its own; `noise_cv` is the coefficient of variation of the multiplicative noise of each
    /// trial (0.30).
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
        let labels = (0..classes).collect();
        Self::labelled(templates, labels, noise_cv, channels, classes)
    }

    /// As [`Odours::new`], with the class of every template, so that several odours can share one.
    ///
    /// # Errors
    /// See [`OdourError`].
    pub fn labelled(
        templates: Vec<Vec<f64>>,
        labels: Vec<usize>,
        noise_cv: f64,
        channels: usize,
        classes: usize,
    ) -> Result<Self, OdourError> {
        if labels.len() != templates.len() {
            return Err(OdourError::Labels {
                expected: templates.len(),
                actual: labels.len(),
            });
        }
        let out_of_range = labels.iter().position(|&label| label >= classes);
        if let Some(template) = out_of_range {
            return Err(OdourError::NoSuchClass {
                template,
                label: labels[template],
                classes,
            });
        }
        if let Some(class) = (0..classes).find(|class| !labels.contains(class)) {
            return Err(OdourError::EmptyClass { class });
        }
        let bad = |value: f64| !value.is_finite() || value < 0.0;
        if bad(noise_cv) {
            return Err(OdourError::BadValue {
                what: "the odour noise".to_owned(),
                value: noise_cv,
            });
        }
        for (template, responses) in templates.iter().enumerate() {
            if responses.len() != channels {
                let actual = responses.len();
                return Err(OdourError::Channels {
                    template,
                    expected: channels,
                    actual,
                });
            }
            if let Some(channel) = responses.iter().position(|&response| bad(response)) {
                let what = format!("response {channel} of odour template {template}");
                return Err(OdourError::BadValue {
                    what,
                    value: responses[channel],
                });
            }
        }
        Ok(Self {
            templates,
            labels,
            noise_cv,
        })
    }

    /// The templates, `[odour][channel]`.
    #[must_use]
    pub fn templates(&self) -> &[Vec<f64>] {
        &self.templates
    }

    /// The class of each template.
    #[must_use]
    pub fn labels(&self) -> &[usize] {
        &self.labels
    }

    /// Whether every odour is a class of its own and classes are in the order of the odours, which the
    /// publication's protocols take for granted.
    #[must_use]
    pub fn each_its_own_class(&self) -> bool {
        self.labels.iter().copied().eq(0..self.labels.len())
    }
}

impl Stimuli for Odours {
    type Trial = Stimulus;

    fn labels(&self) -> &[usize] {
        &self.labels
    }

    fn channels(&self) -> usize {
        self.templates.first().map_or(0, Vec::len)
    }

    fn trial(&self, stimulus: usize, noise: NoiseStream, trial: u32) -> Stimulus {
        Stimulus {
            input: noise.odour(&self.templates[stimulus], self.noise_cv, trial),
            trial,
        }
    }

    fn odours(&self) -> Option<&Odours> {
        Some(self)
    }
}

/// The trials of one phase: stimuli, repeats and the noise they are drawn from.
#[derive(Clone, Copy, Debug)]
pub struct Samples<'a, S = Odours> {
    /// The stimuli.
    pub stimuli: &'a S,
    /// Trials per stimulus and epoch.
    pub repeats: usize,
    /// Noise of the receptor responses.
    pub noise: NoiseStream,
}

impl<S: Stimuli> Samples<'_, S> {
    /// Number of samples of one epoch.
    #[must_use]
    pub fn count(&self) -> usize {
        self.stimuli.labels().len() * self.repeats
    }

    /// Class of a sample.
    #[must_use]
    pub fn class(&self, sample: usize) -> usize {
        self.stimuli.labels()[sample / self.repeats]
    }

    /// A sample of an epoch (counted from 0). Its `trial` also addresses its circuit noise.
    #[must_use]
    pub fn stimulus(&self, epoch: usize, sample: usize) -> S::Trial {
        // Settings are checked to stay below 2^32 trials.
        let trial = (epoch * self.count() + sample) as u32;
        self.stimuli.trial(sample / self.repeats, self.noise, trial)
    }

    /// All samples of an epoch in order, with their classes.
    #[must_use]
    pub fn all(&self, epoch: usize) -> (Vec<S::Trial>, Vec<usize>) {
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
            stimuli: &odours,
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
    fn odours_may_share_a_class_and_keep_their_noise() {
        let own = odours();
        let templates = own.templates().to_vec();
        let shared = Odours::labelled(templates, vec![1, 0, 1], 0.3, 2, 2).expect("two classes");
        assert!(own.each_its_own_class() && !shared.each_its_own_class());
        let samples = |stimuli| Samples {
            stimuli,
            repeats: 2,
            noise: NoiseStream::new(1, "test"),
        };
        let (stimuli, classes) = samples(&shared).all(3);
        assert_eq!(classes, [1, 1, 0, 0, 1, 1]);
        assert_eq!(stimuli, samples(&own).all(3).0);
        let refused = |labels: Vec<usize>| {
            Odours::labelled(own.templates().to_vec(), labels, 0.3, 2, 2).expect_err("no labels")
        };
        assert!(matches!(
            refused(vec![0, 1]),
            OdourError::Labels { actual: 2, .. }
        ));
        assert!(matches!(
            refused(vec![0, 1, 2]),
            OdourError::NoSuchClass {
                template: 2,
                label: 2,
                ..
            }
        ));
        assert_eq!(refused(vec![0; 3]), OdourError::EmptyClass { class: 1 });
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
            Err(OdourError::Channels { template: 0, .. })
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
