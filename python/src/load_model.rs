//! Where models come from: files, and the start values of a circuit.

use std::path::{Path, PathBuf};

use kenyon_connectome::ReceptorMapping;
use kenyon_learning::{Checkpoint, FORMAT, Header, History, Kind, TrainingSettings};
use kenyon_pytorch::published::{read_checkpoint, seed_of_name};
use kenyon_study::Edits;
use pyo3::prelude::*;

use crate::data::Data;
use crate::errors::{ModelError, model as problem, study};
use crate::model::{Model, Origin};
use crate::network::Network;

/// The file of a trained model in the folder of its run.
const MODEL: &str = "model.safetensors";

/// The file of a model that is named by itself or by the folder of its run.
pub(crate) fn file_of(path: PathBuf) -> PathBuf {
    if path.is_dir() {
        path.join(MODEL)
    } else {
        path
    }
}

/// Reads a model of this program. Without a mapping it is the one that it was trained with.
pub(crate) fn stored(
    py: Python<'_>,
    file: &Path,
    data: &Data,
    circuit: &kenyon_circuit::Circuit,
    asked: Option<ReceptorMapping>,
) -> PyResult<Model> {
    // The task is in the header, and without it the layout is not known.
    let (stored, _) = Checkpoint::read_groups(file).map_err(problem)?;
    let (shown, run) = (file.display(), &stored.run);
    if run.data_sha256 != data.set.manifest.hash {
        return Err(ModelError::new_err(format!(
            "{shown} was trained on other data (content {}) than those given (content {})",
            run.data_sha256, data.set.manifest.hash
        )));
    }
    let compiled = |mapping| {
        let edits = Edits {
            described: run.task.as_ref(),
            ..Edits::default()
        };
        Network::new(py, &data.set, circuit, mapping, edits)
    };
    let mut network = compiled(asked.unwrap_or_default())?;
    if run.circuit_sha256 != network.subject.circuit_sha256 {
        return Err(ModelError::new_err(format!(
            "{shown} was trained with another circuit; give it as circuit"
        )));
    }
    let groups = network.subject.network.table().groups();
    let checkpoint = Checkpoint::read(groups, file, Kind::Model, None).map_err(problem)?;
    let same_run = |network: &Network| -> PyResult<bool> {
        let start = run.start.as_ref();
        let identity = network.subject.identity_from(&run.settings, start);
        Ok(identity.map_err(study)?.run_id == run.run_id)
    };
    // Data without receptor names cannot have been mapped by them.
    if asked.is_none()
        && !same_run(&network)?
        && let Ok(by_name) = compiled(ReceptorMapping::ByName)
        && same_run(&by_name)?
    {
        network = by_name;
    }
    Ok(Model::trained(network, checkpoint, None))
}

/// Reads a checkpoint of the published program. A file of PyTorch does not say how it was trained: settings are
/// the published ones, with the seed that is part of its name.
pub(crate) fn published(
    py: Python<'_>,
    file: &Path,
    data: &Data,
    circuit: &kenyon_circuit::Circuit,
    asked: Option<ReceptorMapping>,
) -> PyResult<Model> {
    let mapping = asked.unwrap_or_default();
    let network = Network::new(py, &data.set, circuit, mapping, Edits::default())?;
    let connectome = &data.set.connectome;
    let read = read_checkpoint(file, &network.subject.network, connectome).map_err(problem)?;
    let mut settings = TrainingSettings::default();
    if let Some(seed) = seed_of_name(file) {
        settings.seed = seed;
    }
    let mut header = header(&network, &settings)?;
    header.run.run_id = read.sha256;
    Ok(Model {
        parameters: read.values.parameters,
        network,
        header,
        teacher_accuracy: None,
        origin: Origin::PyTorch,
    })
}

/// The start values of a network as a model.
pub(crate) fn untrained(network: Network) -> PyResult<Model> {
    let settings = TrainingSettings {
        teacher_epochs: 0,
        student_epochs: 0,
        ..TrainingSettings::default()
    };
    let header = header(&network, &settings)?;
    Ok(Model {
        parameters: network.subject.network.table().start(),
        network,
        header,
        teacher_accuracy: None,
        origin: Origin::Edited,
    })
}

/// The header of a model that no training here has made.
fn header(network: &Network, settings: &TrainingSettings) -> PyResult<Header> {
    Ok(Header {
        kind: Kind::Model,
        format: FORMAT,
        run: network.subject.identity(settings).map_err(study)?,
        epoch: 0,
        steps: None,
        teacher_accuracy: None,
        history: History::default(),
    })
}
