//! The circuit file: which neurons of a connectome are simulated, and with what physiology.
//!
//! TOML with strict keys. Faults are reported with the line they stand on. The schema is documented
//! on the fields of [`Circuit`] and by the comments of `circuits/larva.toml`.

use kenyon_connectome::{Compartment, CompartmentSet};
use serde::{Deserialize, Serialize};
use toml::Spanned;

use crate::{Form, Precision, edit};

/// Why a text is not a circuit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CircuitError {
    /// Not TOML, an unknown key, a missing key, a value of the wrong type.
    #[error("{message}")]
    Syntax {
        /// The parser's message, with line, column and an excerpt.
        message: String,
    },
    /// Well-formed, but meaningless.
    #[error("line {line}: {problem}")]
    Meaning {
        /// Line of the entry at fault, counted from 1.
        line: usize,
        /// What is wrong and what would be right.
        problem: String,
    },
    /// The circuit asks for something that the connectome does not hold.
    #[error("line {line}: {problem}")]
    Connectome {
        /// Line of the entry at fault, counted from 1.
        line: usize,
        /// What is missing.
        problem: String,
    },
    /// An edit names a key that does not exist.
    #[error(
        "cannot edit \"{path}\": the circuit has no such key; elements of lists go by their name, as in pathway.orn_to_pn.strength_A.start"
    )]
    Edit {
        /// Dotted path of the key.
        path: String,
    },
}

/// A whole circuit file.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Circuit {
    /// Version of this schema; 1.
    pub schema: u32,
    /// What the circuit is, for people.
    pub name: String,
    /// Step and duration of a trial.
    pub time: Time,
    /// Constants of all membranes.
    pub membrane: Membrane,
    /// Constants of all chemical synapses.
    pub synapse: Synapse,
    /// Amplitudes of the noise sources; 0 switches one off.
    pub noise: NoiseAmplitudes,
    /// Where stimuli enter.
    pub input: Input,
    /// What is read out.
    pub readout: Readout,
    /// Simulated populations, in the order in which a step updates them.
    pub population: Vec<PopulationEntry>,
    /// Named subsets of populations.
    #[serde(default)]
    pub group: Vec<GroupEntry>,
    /// Contacts that act.
    #[serde(default)]
    pub pathway: Vec<PathwayEntry>,
    /// Kinds of short-term depression that chemical pathways refer to.
    #[serde(default)]
    pub depression: Vec<DepressionEntry>,
    /// Electrical coupling.
    #[serde(default)]
    pub gap_junction: Vec<GapJunctionEntry>,
    /// Roles of the populations in the rate teacher, if the circuit has one.
    pub teacher: Option<Teacher>,
    #[serde(skip)]
    text: String,
}

/// `[time]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Time {
    /// Integration step, second.
    pub step_s: f64,
    /// Steps of a trial.
    pub steps: usize,
}

/// `[membrane]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
#[allow(non_snake_case, reason = "units are part of the name")]
pub struct Membrane {
    /// Input resistance, ohm.
    pub resistance_ohm: f64,
    /// Resting and reset potential, volt.
    #[serde(rename = "rest_V")]
    pub rest_v: f64,
    /// No voltage falls below it, volt.
    #[serde(rename = "floor_V")]
    pub floor_v: f64,
    /// Refractory period, second.
    pub refractory_s: f64,
    /// Width of the graded spike used in training, volt.
    #[serde(rename = "graded_spike_V")]
    pub graded_spike_v: f64,
}

/// `[synapse]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Synapse {
    /// Decay time of synaptic currents, second.
    pub decay_s: f64,
}

/// `[noise]`: see spec/model.md section 9.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoiseAmplitudes {
    /// Added to every membrane voltage at every step, volt.
    #[serde(rename = "membrane_V")]
    pub membrane_v: f64,
    /// Added to the input of single-compartment cells at every step, ampere.
    #[serde(rename = "background_A")]
    pub background_a: f64,
    /// Added to every threshold at every step, volt.
    #[serde(rename = "threshold_V")]
    pub threshold_v: f64,
    /// Relative noise of a chemical pathway's summed current at every target and step.
    pub release_cv: f64,
    /// Relative noise of the receptor current at every step.
    pub receptor_cv: f64,
    /// Relative noise of the receptor response, once per trial.
    pub odour_cv: f64,
}

/// A learned (or fixed) quantity.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Learned {
    /// Realised start value.
    pub start: Option<f64>,
    /// Stored start value, instead of `start`.
    pub start_stored: Option<f64>,
    /// How the value is stored while it is learned.
    pub form: Form,
    /// Bounds of the realised value after every optimiser step.
    pub bounds: Option<[f64; 2]>,
    /// Factor on the optimiser's base rate.
    #[serde(default = "one")]
    pub learning_rate: f64,
    /// Precision of the stored value.
    #[serde(default)]
    pub precision: Precision,
    /// `false` keeps the start value.
    #[serde(default = "yes")]
    pub learned: bool,
}

fn one() -> f64 {
    1.0
}

fn yes() -> bool {
    true
}

/// `[input]`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// The population that receives the stimulus.
    pub population: Spanned<String>,
    /// Number of receptor channels.
    pub channels: usize,
    /// Channel `k` drives this many neurons, starting at `k` times this number.
    pub neurons_per_channel: usize,
    /// Gain of each channel.
    pub gain: Learned,
    /// Current of a response of 1, ampere.
    #[serde(rename = "current_A")]
    pub current_a: Learned,
}

/// `[readout]`: an affine decoder of mean spikes per step.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Readout {
    /// The population that is read.
    pub population: Spanned<String>,
    /// Number of classes.
    pub classes: usize,
    /// Factor on the optimiser's base rate.
    pub learning_rate: f64,
}

/// The dynamics of a population's neurons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NeuronModel {
    /// One compartment, spikes (spec/model.md section 3).
    LeakyIntegrateAndFire,
    /// Dendrite and axon, spikes from the axon (section 6.4).
    TwoCompartment,
    /// A low-pass filter without spikes (section 6.2).
    Graded,
}

/// `[[population]]`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PopulationEntry {
    /// Name of the population in the connectome.
    pub name: Spanned<String>,
    /// Dynamics.
    pub model: NeuronModel,
    /// Learned membrane (or activity) time constant, second; not for two compartments.
    pub time_constant_s: Option<Learned>,
    /// Fixed membrane time constant of two-compartment cells, second.
    pub membrane_time_constant_s: Option<f64>,
    /// Spike threshold, one per cell, volt.
    #[serde(rename = "threshold_V")]
    pub threshold_v: Option<Learned>,
    /// Conductance between dendrite and axon, siemens.
    #[serde(rename = "coupling_S")]
    pub coupling_s: Option<Learned>,
}

/// How the members of a group are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GroupRule {
    /// Of the neurons that contact `target` at all, those whose number of targets is at or below the
    /// given quantile (linear interpolation) of that number.
    FanOutQuantile,
    /// Neurons whose annotation `field` (class, transmitter, glomerulus, name, id) is one of `values`.
    Annotation,
}

/// `[[group]]`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupEntry {
    /// Name of the group.
    pub name: Spanned<String>,
    /// The population its members belong to.
    pub population: Spanned<String>,
    /// The rule.
    pub rule: GroupRule,
    /// Fan-out rule: the population that is counted.
    pub target: Option<Spanned<String>>,
    /// Fan-out rule: the contacts that are counted.
    #[serde(default)]
    pub compartments: Vec<Spanned<String>>,
    /// Fan-out rule: the quantile.
    pub quantile: Option<f64>,
    /// Annotation rule: which annotation.
    pub field: Option<Spanned<String>>,
    /// Annotation rule: the values that make a member.
    #[serde(default)]
    pub values: Vec<String>,
}

/// How the contacts of a pathway act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PathwayKind {
    /// Spikes release transmitter; with depression, release noise and a decaying current.
    Chemical,
    /// Depolarisation above rest acts at once.
    Graded,
    /// The mean number of spikes per step since the start of the trial acts.
    RunningRate,
    /// A graded population divides the shunted input of its targets.
    Shunting,
}

/// Sign of a chemical pathway.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sign {
    /// Currents depolarise.
    Excitatory,
    /// Currents hyperpolarise.
    Inhibitory,
}

/// Which spikes a chemical pathway transmits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Timing {
    /// Those of this step; the source must be updated before the target.
    SameStep,
    /// Those of the step before.
    PreviousStep,
}

/// Compartment of a two-compartment target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Onto {
    /// The dendrite.
    Dendrite,
    /// The axon.
    Axon,
}

/// `[[pathway]]`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PathwayEntry {
    /// Name of the pathway.
    pub name: Spanned<String>,
    /// How its contacts act.
    pub kind: PathwayKind,
    /// Presynaptic population.
    pub source: Spanned<String>,
    /// Only neurons of this group are presynaptic.
    pub source_group: Option<Spanned<String>>,
    /// Only neurons outside this group are presynaptic.
    pub source_outside_group: Option<Spanned<String>>,
    /// Postsynaptic population.
    pub target: Spanned<String>,
    /// Compartment of a two-compartment target.
    pub onto: Option<Onto>,
    /// Whether shunting inhibition divides the current (dendrites of two-compartment targets).
    #[serde(default)]
    pub shunted: bool,
    /// Kinds of contact whose numbers are added up: aa, ad, da, dd.
    pub compartments: Vec<Spanned<String>>,
    /// Chemical: sign.
    pub sign: Option<Sign>,
    /// Chemical: which spikes.
    pub timing: Option<Timing>,
    /// Chemical: current of the strongest edge per released unit, ampere.
    #[serde(rename = "strength_A")]
    pub strength_a: Option<Learned>,
    /// Chemical: the kind of short-term depression; none if absent.
    pub depression: Option<Spanned<String>>,
    /// Other kinds: the gain.
    pub gain: Option<Learned>,
    /// Graded: factor on the gain that carries its unit.
    pub scale: Option<f64>,
    /// Graded: depolarisation beyond this does not count, volt.
    #[serde(rename = "cap_V")]
    pub cap_v: Option<f64>,
}

/// `[[depression]]`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DepressionEntry {
    /// Name that pathways refer to.
    pub name: Spanned<String>,
    /// Recovery time of the vesicle pool, second.
    pub recovery_s: Learned,
    /// Share of the pool that one spike releases.
    pub release_probability: Learned,
}

/// How coupled pairs are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GapRule {
    /// A chemical contact: in either direction inside one population, from the first to the second
    /// between two.
    Contact,
    /// A common presynaptic neuron in `input`.
    SharedInput,
}

/// `[[gap_junction]]`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GapJunctionEntry {
    /// Name of the set.
    pub name: Spanned<String>,
    /// The rule.
    pub rule: GapRule,
    /// The two populations that are coupled (possibly the same).
    pub between: [Spanned<String>; 2],
    /// Shared-input rule: the population that provides the input.
    pub input: Option<Spanned<String>>,
    /// Only members of this group of the first population.
    pub source_group: Option<Spanned<String>>,
    /// Kinds of contact that count: aa, ad, da, dd.
    pub compartments: Vec<Spanned<String>>,
    /// Conductance of every pair, siemens.
    #[serde(rename = "conductance_S")]
    pub conductance_s: Learned,
}

/// `[teacher]`: roles in the rate teacher (spec/training.md section 2).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Teacher {
    /// Input population.
    pub input: String,
    /// Feed-forward inhibition.
    pub inhibitory: String,
    /// Relay.
    pub relay: String,
    /// The population that is decoded.
    pub coding: String,
    /// Feedback inhibition.
    pub feedback: String,
    /// Kinds of contact that count.
    pub compartments: Vec<String>,
    /// Iterations of the feedback loop.
    pub feedback_iterations: usize,
    /// Pathway of the student whose stored gain is taken from the teacher's feedback gain.
    pub feedback_gain_pathway: String,
    /// Factor on that stored gain.
    pub feedback_gain_factor: f64,
}

/// The larval olfactory pathway, as it stands in `circuits/larva.toml`.
pub const LARVA: &str = include_str!("../../../circuits/larva.toml");

impl Circuit {
    /// The larval olfactory pathway.
    ///
    /// # Panics
    /// Never: a test reads the embedded file.
    #[must_use]
    pub fn larva() -> Self {
        Self::parse(LARVA).expect("the embedded circuit is valid")
    }

    /// Reads and checks a circuit.
    ///
    /// # Errors
    /// Faults of syntax or meaning, with the line they stand on.
    pub fn parse(text: &str) -> Result<Self, CircuitError> {
        let mut circuit: Self = toml::from_str(text).map_err(|error| CircuitError::Syntax {
            message: error.to_string(),
        })?;
        text.clone_into(&mut circuit.text);
        crate::check::check(&circuit)?;
        Ok(circuit)
    }

    /// The text the circuit was read from.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// A copy with one value replaced; see [`Circuit::edited`].
    ///
    /// # Errors
    /// A path that does not exist, or a value that makes the circuit meaningless.
    pub fn with(&self, path: &str, value: impl Into<toml::Value>) -> Result<Self, CircuitError> {
        self.edited(&[(path.to_owned(), value.into())], &[])
    }

    /// A copy with parts removed and values set, in this order; the result is checked once, so that
    /// edits may depend on each other. Paths are dotted and an element of a list is addressed by its
    /// `name`: `pathway.orn_to_pn.strength_A.start`, `readout.classes`. Setting a key that is not there
    /// adds it, and a table at `pathway.NAME` adds that pathway.
    ///
    /// # Errors
    /// A path that does not exist, or edits that make the circuit meaningless.
    pub fn edited(
        &self,
        set: &[(String, toml::Value)],
        remove: &[String],
    ) -> Result<Self, CircuitError> {
        let syntax = |message: String| CircuitError::Syntax { message };
        let mut root: toml::Value =
            toml::from_str(&self.text).map_err(|error| syntax(error.to_string()))?;
        for path in remove {
            edit::remove(&mut root, path)?;
        }
        for (path, value) in set {
            edit::set(&mut root, path, value.clone())?;
        }
        let text = toml::to_string(&root).map_err(|error| syntax(error.to_string()))?;
        Self::parse(&text)
    }

    /// SHA-256 of what the circuit says (not of its comments), in hexadecimal.
    #[must_use]
    pub fn hash(&self) -> String {
        use sha2::{Digest, Sha256};
        let canonical = toml::to_string(self).expect("a parsed circuit can be written");
        Sha256::digest(canonical)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }

    /// The line on which a spanned value stands, counted from 1.
    pub(crate) fn line<T>(&self, place: &Spanned<T>) -> usize {
        let end = place.span().start.min(self.text.len());
        1 + self.text.as_bytes()[..end]
            .iter()
            .filter(|&&byte| byte == b'\n')
            .count()
    }

    /// The line of a key, `table.key` or one at the top of the file; 1 if it is not there.
    pub(crate) fn line_of_key(&self, path: &str) -> usize {
        let (wanted, key) = path.split_once('.').unwrap_or(("", path));
        let mut table = String::new();
        for (index, line) in self.text.lines().enumerate() {
            let line = line.trim_start();
            if let Some(header) = line.strip_prefix('[') {
                table = header
                    .split(']')
                    .next()
                    .unwrap_or_default()
                    .trim()
                    .to_owned();
            } else if table == wanted
                && line
                    .strip_prefix(key)
                    .is_some_and(|rest| rest.trim_start().starts_with('='))
            {
                return index + 1;
            }
        }
        1
    }

    /// A fault of meaning at `place`.
    pub(crate) fn meaning<T>(&self, place: &Spanned<T>, problem: String) -> CircuitError {
        CircuitError::Meaning {
            line: self.line(place),
            problem,
        }
    }

    /// The set of compartments that a list of codes names.
    pub(crate) fn compartments(
        &self,
        codes: &[Spanned<String>],
    ) -> Result<CompartmentSet, CircuitError> {
        let mut members = Vec::new();
        for code in codes {
            members.push(Compartment::from_code(code.get_ref()).ok_or_else(|| {
                let problem = format!(
                    "\"{}\" is no kind of contact; use aa, ad, da or dd",
                    code.get_ref()
                );
                self.meaning(code, problem)
            })?);
        }
        Ok(CompartmentSet::of(&members))
    }
}
