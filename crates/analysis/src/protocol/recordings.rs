//! Single trials of an intact model and of the same model without some mechanism.

use kenyon_circuit::Parameters;
use serde::{Deserialize, Serialize};

use super::trials::Seeds;
use crate::block::noisy_stimuli;
use crate::error::{AnalysisError, at_least, same_size};
use crate::model::{Ablation, Model, ablate};
use crate::recording::{Caption, INTACT, Recording, TracedNeurons, record};

/// Which trials are recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordingSettings {
    /// Seed of the noise. All models, and all arms, are recorded on the same noise.
    pub seed: u64,
    /// Classes of the odours; those that the task does not have are left out.
    pub odours: Vec<usize>,
    /// What is removed in each arm; the intact model is one more, the first.
    pub without: Vec<Vec<Ablation>>,
}

impl RecordingSettings {
    /// Seed of the noise, that of the re-evaluation.
    pub const SEED: u64 = 42;
    /// The blank, an aldehyde, an aromatic, an alcohol, an ester and carbon dioxide.
    pub const ODOURS: [usize; 6] = [0, 4, 9, 16, 21, 27];
}

/// One trial of every odour in every arm, odour by odour. The trial has the number of the class, so
/// it does not depend on which other odours are recorded; all arms trace the neurons that are most
/// active in the intact model.
///
/// # Errors
/// If the task has none of the odours, with another number of names than of templates, if an arm
/// removes what the circuit does not have, or as [`record`].
pub fn recordings(
    model: &Model<'_>,
    templates: &[Vec<f64>],
    names: &[String],
    settings: &RecordingSettings,
) -> Result<Vec<Recording>, AnalysisError> {
    same_size("names of odours", templates.len(), names.len())?;
    let classes = settings.odours.iter().copied();
    let classes: Vec<usize> = classes.filter(|&class| class < templates.len()).collect();
    at_least("odours of the task to record", 1, classes.len())?;
    let arms = arms(model, &settings.without)?;
    let mut recordings = Vec::with_capacity(classes.len() * arms.len());
    let noise = Seeds::both(settings.seed).noise("recordings");
    for class in classes {
        let template = std::slice::from_ref(&templates[class]);
        let address = noise.after(class, 1)?;
        let stimuli = noisy_stimuli(template, 1, model.network.odour_cv(), &address)?;
        let mut traced: Option<TracedNeurons> = None;
        for (intervention, parameters) in &arms {
            let arm = Model {
                parameters,
                ..*model
            };
            let dense = record(&arm, &stimuli, noise.circuit)?;
            let traced = traced.get_or_insert_with(|| dense.most_active(0));
            let caption = Caption {
                stimulus: &names[class],
                intervention,
                odour: Some(class),
            };
            recordings.push(dense.selected(0, caption, traced));
        }
    }
    Ok(recordings)
}

/// What each arm is called, and its parameters; the intact one first.
fn arms(
    model: &Model<'_>,
    without: &[Vec<Ablation>],
) -> Result<Vec<(String, Parameters)>, AnalysisError> {
    let mut arms = vec![(INTACT.to_owned(), model.parameters.clone())];
    for ablations in without {
        let removed = ablations
            .iter()
            .map(|ablation| ablation.removed(model.roles));
        let removed: Vec<&str> = removed.collect();
        let table = model.network.table();
        arms.push((
            format!("without {}", removed.join(" and ")),
            ablate(table, model.parameters, model.roles, ablations)?,
        ));
    }
    Ok(arms)
}
