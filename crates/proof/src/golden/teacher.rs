//! Replay of the rate teacher: activity, losses and gradients.

use kenyon_circuit::Network;
use kenyon_connectome::Connectome;
use kenyon_learning::{RateTeacher, SparsityTerm, TeacherRoles, TeacherWorkspace};

use super::comparison::{Comparison, DOUBLE};
use super::inputs::{batch, labels, parameters};
use super::names::teacher_parameter;
use super::{Deviation, GoldenError, Vectors};

/// Tolerance of everything that the other implementation computed in `f32` (ours is `f64`).
const SINGLE: f64 = 3e-6;

/// The teacher of the larval circuit on the golden wiring.
pub(crate) fn larval_teacher(
    network: &Network,
    connectome: &Connectome,
) -> Result<RateTeacher, GoldenError> {
    let fault = |problem: String| GoldenError::Teacher(problem);
    let table = network.circuit().teacher.as_ref();
    let table = table.ok_or_else(|| fault("the circuit declares no teacher".to_owned()))?;
    let roles = TeacherRoles::new(table).map_err(|error| fault(error.to_string()))?;
    RateTeacher::new(connectome, &roles, network.channels(), network.classes())
        .map_err(|error| fault(error.to_string()))
}

/// Replays `teacher`.
pub(crate) fn verify(
    vectors: &Vectors,
    connectome: &Connectome,
    network: &Network,
) -> Result<Vec<Deviation>, GoldenError> {
    let teacher = larval_teacher(network, connectome)?;
    let stimuli = batch(vectors, network)?;
    let labels = labels(vectors, &[stimuli.len()], network.classes())?;
    let parameters = parameters(vectors, teacher.groups(), teacher_parameter, "param")?.values;
    let mut workspace = TeacherWorkspace::new(&teacher);
    let responses = teacher.respond(&mut workspace, &parameters, &stimuli);
    let mut gradient = vec![0.0; parameters.len()];
    let report = teacher.gradient(
        &mut workspace,
        &parameters,
        &stimuli,
        &labels,
        &SparsityTerm::TEACHER,
        &mut gradient,
    );
    let mut actual = vec![
        ("out.ln".to_owned(), responses.inhibitory.concat()),
        ("out.pn".to_owned(), responses.relay.concat()),
        ("out.apl".to_owned(), responses.feedback.concat()),
        ("out.kc".to_owned(), responses.coding.concat()),
        ("out.logits".to_owned(), responses.logits.concat()),
        ("loss.ce".to_owned(), vec![report.cross_entropy]),
        ("loss.sparsity".to_owned(), vec![report.sparsity]),
        ("loss.total".to_owned(), vec![report.total]),
    ];
    let names = vectors
        .iter()
        .filter_map(|(name, _)| name.strip_prefix("param."));
    for golden in names {
        let ours = teacher_parameter(golden);
        let group = teacher
            .groups()
            .iter()
            .find(|group| Some(&group.name) == ours.as_ref());
        if let Some(group) = group {
            actual.push((
                format!("grad.{golden}"),
                gradient[group.range.clone()].to_vec(),
            ));
        }
    }
    let mut comparison = Comparison {
        vectors,
        deviations: Vec::new(),
    };
    for (name, values) in &actual {
        comparison.check("f64", name, values, SINGLE);
        comparison.check("f64", &format!("f64.{name}"), values, DOUBLE);
    }
    Ok(comparison.deviations)
}
