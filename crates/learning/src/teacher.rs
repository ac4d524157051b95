//! The rate teacher: a static network of the same wiring whose decoder and gains the student inherits.
//!
//! Source: training.md section 2. With `x` the receptor responses, `sp` softplus, `Ĉ` contact counts
//! divided by their largest entry, and one learned strength per pathway:
//!
//! ```text
//! o = (x ⊙ sp(a)) D                         every channel drives its share of input neurons
//! l = relu(o W_ol)
//! p = relu(o W_op − l W_lp − b_p)
//! h = p W_pk,  k⁽⁰⁾ = h
//! repeatedly:  r = relu(k − b_k);  A = relu(r W_ka) · sp(γ);  k = h − A W_ak
//! z = relu(k − b_k),  y = z W_decᵀ + c      W = sp(q) Ĉ
//! ```
//!
//! No bias, no time, no noise; every contact of the inhibitory population inhibits. Computed in `f64`
//! with `libm`, so the bits do not depend on the machine.

mod adjoint;
mod forward;
mod matrix;

use std::ops::Range;

use kenyon_circuit::{Form, NoiseStream, ParameterGroup, Parameters, Precision};
use kenyon_connectome::{Compartment, CompartmentSet, Connectome};

pub use forward::{TeacherResponses, TeacherWorkspace};
use matrix::Matrix;

/// Which populations play which part, as the circuit file's `[teacher]` table says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TeacherRoles {
    /// Driven by the receptor channels (larva: ORN).
    pub input: String,
    /// Inhibits the relay (LN).
    pub inhibitory: String,
    /// Between input and coding (PN).
    pub relay: String,
    /// Read by the decoder (KC).
    pub coding: String,
    /// Inhibits the coding population it is driven by (APL).
    pub feedback: String,
    /// Contacts that count, for all six pathways (axo-dendritic).
    pub compartments: CompartmentSet,
    /// How often the feedback loop is iterated (3).
    pub feedback_iterations: usize,
}

impl TeacherRoles {
    /// The roles that a circuit file declares.
    ///
    /// # Errors
    /// If a kind of contact is unknown.
    pub fn new(table: &kenyon_circuit::Teacher) -> Result<Self, TeacherError> {
        let kind = |code: &String| {
            Compartment::from_code(code)
                .ok_or_else(|| TeacherError::UnknownCompartment { code: code.clone() })
        };
        let kinds: Vec<Compartment> = table
            .compartments
            .iter()
            .map(kind)
            .collect::<Result<_, _>>()?;
        Ok(Self {
            input: table.input.clone(),
            inhibitory: table.inhibitory.clone(),
            relay: table.relay.clone(),
            coding: table.coding.clone(),
            feedback: table.feedback.clone(),
            compartments: CompartmentSet::of(&kinds),
            feedback_iterations: table.feedback_iterations,
        })
    }
}

/// Why there is no teacher for a connectome.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TeacherError {
    /// A role names a population that the connectome lacks.
    #[error(
        "the teacher's {role} population \"{population}\" is not in the connectome; \
         correct the [teacher] table of the circuit file"
    )]
    UnknownPopulation {
        /// The role.
        role: &'static str,
        /// The population named.
        population: String,
    },
    /// One population plays two parts.
    #[error(
        "population \"{population}\" plays two parts in the teacher; \
         name five different populations in the [teacher] table of the circuit file"
    )]
    SharedPopulation {
        /// The population named twice.
        population: String,
    },
    /// The channels cannot be shared out evenly.
    #[error(
        "{neurons} neurons of \"{population}\" cannot be shared out evenly among {channels} receptor channels"
    )]
    UnevenChannels {
        /// The input population.
        population: String,
        /// Its size.
        neurons: usize,
        /// The number of channels.
        channels: usize,
    },
    /// A pathway without which nothing reaches the decoder has no contacts.
    #[error(
        "there is no contact from \"{source_population}\" to \"{target_population}\" in the chosen \
         compartments, so nothing would reach the teacher's decoder"
    )]
    NoContacts {
        /// Presynaptic population.
        source_population: String,
        /// Postsynaptic population.
        target_population: String,
    },
    /// A kind of contact that does not exist.
    #[error(
        "\"{code}\" in the [teacher] table of the circuit file is no kind of contact; \
         there are aa, ad, da and dd"
    )]
    UnknownCompartment {
        /// What the file says.
        code: String,
    },
    /// There is nothing to tell apart.
    #[error("a teacher needs at least two classes, not {classes}")]
    TooFewClasses {
        /// The number of classes.
        classes: usize,
    },
}

/// A rate teacher: wiring and the layout of its parameters.
#[derive(Clone, Debug)]
pub struct RateTeacher {
    pub(crate) sizes: Sizes,
    pub(crate) feedback_iterations: usize,
    pub(crate) wiring: Wiring,
    pub(crate) places: Places,
    groups: Vec<ParameterGroup>,
}

/// Numbers of channels, neurons and classes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sizes {
    pub channels: usize,
    pub input: usize,
    pub inhibitory: usize,
    pub relay: usize,
    pub coding: usize,
    pub feedback: usize,
    pub classes: usize,
}

/// The six matrices.
#[derive(Clone, Debug)]
pub(crate) struct Wiring {
    pub input_relay: Matrix,
    pub inhibitory_relay: Matrix,
    pub input_inhibitory: Matrix,
    pub relay_coding: Matrix,
    pub coding_feedback: Matrix,
    pub feedback_coding: Matrix,
}

/// Where each parameter stands in the vector.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    pub input_gain: Range<usize>,
    pub input_relay: usize,
    pub inhibitory_relay: usize,
    pub input_inhibitory: usize,
    pub relay_coding: usize,
    pub coding_feedback: usize,
    pub feedback_coding: usize,
    pub feedback_gain: usize,
    pub relay_threshold: Range<usize>,
    pub coding_threshold: Range<usize>,
    pub decoder_weight: Range<usize>,
    pub decoder_bias: Range<usize>,
}

/// Start of the raw receptor gains and of the raw feedback gain (training.md section 2.2).
const GAIN_START: f64 = 1.0;
/// Start of the six raw strengths.
const STRENGTH_START: f64 = 0.1;

impl RateTeacher {
    /// The teacher of a connectome. `channels` receptor channels drive equal shares of the input
    /// population in order; the decoder tells `classes` classes apart.
    ///
    /// # Errors
    /// See [`TeacherError`].
    pub fn new(
        connectome: &Connectome,
        roles: &TeacherRoles,
        channels: usize,
        classes: usize,
    ) -> Result<Self, TeacherError> {
        let sizes = Sizes::new(connectome, roles, channels, classes)?;
        let wiring = Wiring::new(connectome, roles, &sizes)?;
        let (groups, places) = layout(roles, &sizes);
        let feedback_iterations = roles.feedback_iterations;
        Ok(Self {
            sizes,
            feedback_iterations,
            wiring,
            places,
            groups,
        })
    }

    /// The layout of the parameters. For the larva 4304 values: `input.gain` `[21]`,
    /// `orn_to_pn.strength`, `ln_to_pn.strength`, `orn_to_ln.strength`, `pn_to_kc.strength`,
    /// `kc_to_apl.strength`, `apl_to_kc.strength`, `APL.gain`, `PN.threshold` `[72]`,
    /// `KC.threshold` `[144]`, `decoder.weight` `[28, 144]`, `decoder.bias` `[28]`.
    #[must_use]
    pub fn groups(&self) -> &[ParameterGroup] {
        &self.groups
    }

    /// Name of the group that holds the raw feedback gain, which the student inherits.
    #[must_use]
    pub fn feedback_gain_group(&self) -> &str {
        let place = self.places.feedback_gain;
        self.groups
            .iter()
            .find(|group| group.range.contains(&place))
            .map_or("", |group| group.name.as_str())
    }

    /// Number of receptor channels.
    #[must_use]
    pub const fn channels(&self) -> usize {
        self.sizes.channels
    }

    /// Number of classes.
    #[must_use]
    pub const fn classes(&self) -> usize {
        self.sizes.classes
    }

    /// Start values: constants, and a decoder drawn from `stream`, uniform in ±1/√(coding neurons).
    #[must_use]
    pub fn start(&self, stream: &NoiseStream) -> Parameters {
        let mut values = vec![0.0; self.places.decoder_bias.end];
        for group in &self.groups {
            values[group.range.clone()].fill(group.precision.round(group.start));
        }
        let decoder = self.places.decoder_weight.start..self.places.decoder_bias.end;
        let reach = 1.0 / (self.sizes.coding as f64).sqrt();
        let uniforms = stream.uniforms(decoder.len(), 0);
        for (value, uniform) in values[decoder].iter_mut().zip(uniforms) {
            *value = Precision::Single.round((2.0 * uniform - 1.0) * reach);
        }
        Parameters { values }
    }
}

impl Sizes {
    fn new(
        connectome: &Connectome,
        roles: &TeacherRoles,
        channels: usize,
        classes: usize,
    ) -> Result<Self, TeacherError> {
        let named = [
            ("input", &roles.input),
            ("inhibitory", &roles.inhibitory),
            ("relay", &roles.relay),
            ("coding", &roles.coding),
            ("feedback", &roles.feedback),
        ];
        let mut sizes = [0; 5];
        for (index, (role, population)) in named.into_iter().enumerate() {
            // Parameter names are lower case, so names that differ in capitals only would clash too.
            if named[..index]
                .iter()
                .any(|(_, other)| other.eq_ignore_ascii_case(population))
            {
                return Err(TeacherError::SharedPopulation {
                    population: population.clone(),
                });
            }
            sizes[index] = connectome
                .population(population)
                .map(|range| range.len())
                .ok_or_else(|| TeacherError::UnknownPopulation {
                    role,
                    population: population.clone(),
                })?;
        }
        let [input, inhibitory, relay, coding, feedback] = sizes;
        if channels == 0 || input % channels != 0 {
            let population = roles.input.clone();
            return Err(TeacherError::UnevenChannels {
                population,
                neurons: input,
                channels,
            });
        }
        if classes < 2 {
            return Err(TeacherError::TooFewClasses { classes });
        }
        Ok(Self {
            channels,
            input,
            inhibitory,
            relay,
            coding,
            feedback,
            classes,
        })
    }
}

impl Wiring {
    fn new(
        connectome: &Connectome,
        roles: &TeacherRoles,
        sizes: &Sizes,
    ) -> Result<Self, TeacherError> {
        let input = (roles.input.as_str(), sizes.input);
        let inhibitory = (roles.inhibitory.as_str(), sizes.inhibitory);
        let relay = (roles.relay.as_str(), sizes.relay);
        let coding = (roles.coding.as_str(), sizes.coding);
        let feedback = (roles.feedback.as_str(), sizes.feedback);
        let between = |source, target| Matrix::new(connectome, source, target, roles.compartments);
        let wiring = Self {
            input_relay: between(input, relay),
            inhibitory_relay: between(inhibitory, relay),
            input_inhibitory: between(input, inhibitory),
            relay_coding: between(relay, coding),
            coding_feedback: between(coding, feedback),
            feedback_coding: between(feedback, coding),
        };
        for (matrix, source, target) in [
            (&wiring.input_relay, &roles.input, &roles.relay),
            (&wiring.relay_coding, &roles.relay, &roles.coding),
        ] {
            if matrix.is_empty() {
                return Err(TeacherError::NoContacts {
                    source_population: source.clone(),
                    target_population: target.clone(),
                });
            }
        }
        Ok(wiring)
    }
}

fn layout(roles: &TeacherRoles, sizes: &Sizes) -> (Vec<ParameterGroup>, Places) {
    let mut groups: Vec<ParameterGroup> = Vec::new();
    let mut push = |name: String, shape: &[usize], form: Form, start: f64| {
        let first = groups.last().map_or(0, |group| group.range.end);
        let range = first..first + shape.iter().product::<usize>();
        groups.push(ParameterGroup {
            name,
            shape: shape.to_vec(),
            range: range.clone(),
            form,
            unit: "1",
            start,
            bounds: None,
            learning_rate: 1.0,
            precision: Precision::Single,
            learned: true,
        });
        range
    };
    let strength = |source: &str, target: &str| {
        format!(
            "{}_to_{}.strength",
            source.to_lowercase(),
            target.to_lowercase()
        )
    };
    let TeacherRoles {
        input,
        inhibitory,
        relay,
        coding,
        feedback,
        ..
    } = roles;
    let input_gain = push(
        "input.gain".to_owned(),
        &[sizes.channels],
        Form::Softplus,
        GAIN_START,
    );
    let mut scalar = |name: String, start: f64| push(name, &[], Form::Softplus, start).start;
    let input_relay = scalar(strength(input, relay), STRENGTH_START);
    let inhibitory_relay = scalar(strength(inhibitory, relay), STRENGTH_START);
    let input_inhibitory = scalar(strength(input, inhibitory), STRENGTH_START);
    let relay_coding = scalar(strength(relay, coding), STRENGTH_START);
    let coding_feedback = scalar(strength(coding, feedback), STRENGTH_START);
    let feedback_coding = scalar(strength(feedback, coding), STRENGTH_START);
    let feedback_gain = scalar(format!("{feedback}.gain"), GAIN_START);
    let places = Places {
        input_gain,
        input_relay,
        inhibitory_relay,
        input_inhibitory,
        relay_coding,
        coding_feedback,
        feedback_coding,
        feedback_gain,
        relay_threshold: push(
            format!("{relay}.threshold"),
            &[sizes.relay],
            Form::Plain,
            0.0,
        ),
        coding_threshold: push(
            format!("{coding}.threshold"),
            &[sizes.coding],
            Form::Plain,
            0.0,
        ),
        decoder_weight: push(
            "decoder.weight".to_owned(),
            &[sizes.classes, sizes.coding],
            Form::Plain,
            0.0,
        ),
        decoder_bias: push(
            "decoder.bias".to_owned(),
            &[sizes.classes],
            Form::Plain,
            0.0,
        ),
    };
    (groups, places)
}
