//! Where a student starts: from a teacher, or from values that are handed in.

use kenyon_circuit::{Network, NoiseStream, ParameterTable, Parameters, Precision};
use serde::{Deserialize, Serialize};

use crate::checkpoint::StoredGroup;
use crate::phases::TrainedTeacher;
use crate::teacher::RateTeacher;
use crate::transfer::TransferRule;

/// Where a student starts.
#[derive(Clone, Copy, Debug)]
pub enum Start<'a> {
    /// From a rate teacher.
    Teacher {
        /// The teacher.
        teacher: &'a RateTeacher,
        /// What the student takes over from it.
        rule: &'a TransferRule,
        /// The teacher if it is trained already; otherwise the run trains its own.
        trained: Option<&'a TrainedTeacher>,
    },
    /// From these stored values, such as [`untaught_start`].
    Values(&'a Parameters),
}

/// Start values that were handed in: part of a run's identity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StartDescription {
    /// Where they come from.
    pub origin: StartOrigin,
    /// SHA-256 of the start values, see [`crate::digest`].
    pub sha256: String,
}

/// Where start values come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StartOrigin {
    /// Another model, as far as its parameter groups fit.
    Model,
    /// A table of parameters.
    Table,
}

/// The start of a student without a teacher: the start values of the circuit file, and a decoder drawn
/// exactly as a teacher's decoder is (training.md section 2.3): uniform within `1 / sqrt(n)` of zero
/// for `n` cells of the readout population, from the stream `teacher/decoder` of the seed, weights
/// before biases.
#[must_use]
pub fn untaught_start(network: &Network, seed: u64) -> Parameters {
    let table = network.table();
    let mut start = table.start();
    let cells = network.readout_population().range.len();
    let groups = ["decoder.weight", "decoder.bias"].map(|name| table.group(name));
    let places: Vec<usize> = (groups.iter().flatten())
        .flat_map(|group| group.range.clone())
        .collect();
    let stream = NoiseStream::new(seed, "teacher/decoder");
    let drawn = decoder_start(&stream, cells, places.len());
    for (place, value) in places.into_iter().zip(drawn) {
        start.values[place] = value;
    }
    start
}

/// The start values of a decoder of `cells` cells.
pub(crate) fn decoder_start(
    stream: &NoiseStream,
    cells: usize,
    count: usize,
) -> impl Iterator<Item = f64> {
    let reach = 1.0 / (cells as f64).sqrt();
    let uniforms = stream.uniforms(count, 0).into_iter();
    uniforms.map(move |uniform| Precision::Single.round((2.0 * uniform - 1.0) * reach))
}

/// What was taken over from another model, and what was not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TakenOver {
    /// Groups whose values were taken over.
    pub taken: Vec<String>,
    /// Groups of the student that kept their start values, with the reason.
    pub kept: Vec<(String, String)>,
    /// Groups of the other model that the student does not have.
    pub unused: Vec<String>,
}

/// Replaces the values of every group that the other model has under the same name, in the same shape
/// and within the bounds of this circuit, also of groups that are not learned.
pub fn take_over(
    table: &ParameterTable,
    from: &[StoredGroup],
    start: &mut Parameters,
) -> TakenOver {
    let mut report = TakenOver::default();
    for group in table.groups() {
        let name = group.name.clone();
        let Some(other) = from.iter().find(|other| other.name == name) else {
            let reason = "the other model has no such group".to_owned();
            report.kept.push((name, reason));
            continue;
        };
        if other.shape != group.shape {
            let (here, there) = (&group.shape, &other.shape);
            let reason = format!("it has shape {here:?} here and {there:?} there");
            report.kept.push((name, reason));
            continue;
        }
        let values: Vec<f64> = (other.values.iter())
            .map(|&value| group.precision.round(value))
            .collect();
        let own = group.precision.round(group.start);
        // A start value may lie outside its bounds, so a model may hold it.
        let outside = group.stored_bounds().and_then(|(low, high)| {
            let inside = |value: &f64| *value == own || (low..=high).contains(value);
            values.iter().find(|value| !inside(value))
        });
        if let Some(value) = outside {
            let reason = format!("its value {} is out of bounds", group.form.realise(*value));
            report.kept.push((name, reason));
            continue;
        }
        start.values[group.range.clone()].copy_from_slice(&values);
        report.taken.push(name);
    }
    let known = |other: &&StoredGroup| table.group(&other.name).is_none();
    report.unused = (from.iter().filter(known))
        .map(|other| other.name.clone())
        .collect();
    report
}
