//! Sizes, wiring and parameter layout of a teacher, from a connectome and the roles.

use std::ops::Range;

use kenyon_circuit::{Form, ParameterGroup, Precision};
use kenyon_connectome::Connectome;

use super::matrix::Matrix;
use super::{TeacherError, TeacherRoles};

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

impl Sizes {
    pub(super) fn new(
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
    pub(super) fn new(
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

/// Names, shapes and order of the parameters.
pub(super) fn layout(roles: &TeacherRoles, sizes: &Sizes) -> (Vec<ParameterGroup>, Places) {
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
