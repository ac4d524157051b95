//! From the tensors of a checkpoint to the parameters of a network.

use std::collections::BTreeMap;

use kenyon_circuit::{Network, ParameterGroup, Parameters};
use kenyon_connectome::Connectome;

use super::PublishedError;
use super::names::{Meaning, expected_key, meaning, split};
use super::wiring;
use crate::{Dictionary, Key, Tensor, Value};

/// Where training scripts keep the state dictionary if it is not the whole file.
const WRAPPERS: [&str; 3] = ["model_state_dict", "state_dict", "model"];

/// What a checkpoint of the published model gives a network.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelValues {
    /// Stored values of all parameters: both programs learn the same forms (logarithms, logits, ...).
    pub parameters: Parameters,
    /// Matrices and masks of the checkpoint that were compared with the connectome and agree.
    pub compared: Vec<String>,
    /// Keys that are neither parameters nor compared, such as constants.
    pub ignored: Vec<String>,
}

/// Takes all parameters of `network` from the content of a checkpoint. Matrices and masks in it must
/// be those of `connectome`, from which the network was compiled. `file` stands in messages.
///
/// # Errors
/// Missing, doubled and unknown learned values, other shapes, other wirings, numbers that are not finite.
pub fn model_values(
    content: &Value,
    file: &str,
    network: &Network,
    connectome: &Connectome,
) -> Result<ModelValues, PublishedError> {
    let state = state_dictionary(content, file)?;
    let (tensors, mut ignored) = tensors(state);
    let cells = cells(&tensors, network);
    let mut found: BTreeMap<String, (&str, &Tensor)> = BTreeMap::new();
    let mut buffers = Vec::new();
    for &(key, tensor) in &tensors {
        let parameter = match meaning(key) {
            Meaning::Parameter(name) => Some(name),
            Meaning::Cell { module, quantity } => {
                let Some(population) = cells.get(module) else {
                    return Err(unmapped(file, key));
                };
                Some(format!("{population}.{quantity}"))
            }
            Meaning::Decoder { module, part } => {
                is_decoder(&tensors, module, network).then(|| format!("decoder.{part}"))
            }
            Meaning::Unknown => return Err(unmapped(file, key)),
            Meaning::Buffer => None,
        };
        let Some(parameter) = parameter else {
            buffers.push((key, tensor));
            continue;
        };
        if network.table().group(&parameter).is_none() {
            return Err(unmapped(file, key));
        }
        if let Some((first, _)) = found.get(&parameter) {
            return Err(PublishedError::Twice {
                file: file.to_owned(),
                first: (*first).to_owned(),
                second: key.to_owned(),
                parameter,
            });
        }
        found.insert(parameter, (key, tensor));
    }
    let parameters = fill(&found, file, network)?;
    let mut compared = Vec::new();
    for (key, tensor) in buffers {
        match wiring::compare(key, tensor, network, connectome) {
            wiring::Comparison::Equal => compared.push(key.to_owned()),
            wiring::Comparison::NotWiring => ignored.push(key.to_owned()),
            wiring::Comparison::Different(difference) => {
                return Err(PublishedError::Wiring {
                    file: file.to_owned(),
                    key: key.to_owned(),
                    difference,
                });
            }
        }
    }
    Ok(ModelValues {
        parameters,
        compared,
        ignored,
    })
}

fn unmapped(file: &str, key: &str) -> PublishedError {
    PublishedError::Unmapped {
        file: file.to_owned(),
        key: key.to_owned(),
    }
}

/// The dictionary of tensors: the whole content, or what a training script keeps it under.
fn state_dictionary<'a>(content: &'a Value, file: &str) -> Result<&'a Dictionary, PublishedError> {
    let holds_tensors = |dictionary: &&Dictionary| {
        let mut values = dictionary.entries().iter().map(|(_, value)| value);
        values.any(|value| value.as_tensor().is_some())
    };
    let whole = content.as_dictionary();
    let wrapped = WRAPPERS
        .iter()
        .filter_map(|key| whole?.get(key)?.as_dictionary());
    whole
        .into_iter()
        .chain(wrapped)
        .find(holds_tensors)
        .ok_or_else(|| PublishedError::NoStateDictionary {
            file: file.to_owned(),
            found: content.kind(),
        })
}

/// Tensors by key, and the keys of everything else.
fn tensors(state: &Dictionary) -> (Vec<(&str, &Tensor)>, Vec<String>) {
    let (mut tensors, mut others) = (Vec::new(), Vec::new());
    for (key, value) in state.entries() {
        match (key, value.as_tensor()) {
            (Key::Text(key), Some(tensor)) => tensors.push((&**key, tensor)),
            (key, _) => others.push(key.to_string()),
        }
    }
    (tensors, others)
}

/// Which population each module of cells is: the one with as many neurons as it has thresholds.
fn cells<'a>(tensors: &[(&'a str, &Tensor)], network: &Network) -> BTreeMap<&'a str, String> {
    let mut cells = BTreeMap::new();
    for (key, tensor) in tensors {
        let (module, last) = split(key);
        if last != "v_th" {
            continue;
        }
        let mut fitting = network.populations().iter().filter(|population| {
            let threshold = network
                .table()
                .group(&format!("{}.threshold", population.name));
            threshold.is_some_and(|group| group.shape == tensor.shape())
        });
        if let (Some(population), None) = (fitting.next(), fitting.next()) {
            cells.insert(module, population.name.clone());
        }
    }
    cells
}

/// Whether a module with a weight and a bias is the decoder: it alone has as many of both.
fn is_decoder(tensors: &[(&str, &Tensor)], module: &str, network: &Network) -> bool {
    ["weight", "bias"].iter().all(|part| {
        let group = network.table().group(&format!("decoder.{part}"));
        tensors.iter().any(|(key, tensor)| {
            split(key) == (module, part) && group.is_some_and(|group| group.shape == tensor.shape())
        })
    })
}

fn fill(
    found: &BTreeMap<String, (&str, &Tensor)>,
    file: &str,
    network: &Network,
) -> Result<Parameters, PublishedError> {
    let groups = network.table().groups();
    let missing: Vec<String> = groups
        .iter()
        .filter(|group| !found.contains_key(&group.name))
        .map(|group| format!("{} ({})", expected_key(&group.name), group.name))
        .collect();
    if !missing.is_empty() {
        return Err(PublishedError::Missing {
            file: file.to_owned(),
            missing,
        });
    }
    let mut parameters = network.table().start();
    for group in groups {
        let Some((key, tensor)) = found.get(&group.name) else {
            continue;
        };
        if !fits(group, tensor) {
            return Err(PublishedError::Shape {
                file: file.to_owned(),
                key: (*key).to_owned(),
                parameter: group.name.clone(),
                expected: group.shape.clone(),
                found: tensor.shape().to_vec(),
            });
        }
        let values = tensor.to_f64();
        if let Some(&value) = values.iter().find(|value| !value.is_finite()) {
            return Err(PublishedError::NotFinite {
                file: file.to_owned(),
                key: (*key).to_owned(),
                value,
            });
        }
        parameters.set_stored(network.table(), &group.name, &values);
    }
    Ok(parameters)
}

/// Single numbers may have one dimension of one.
fn fits(group: &ParameterGroup, tensor: &Tensor) -> bool {
    group.shape == tensor.shape() || (group.shape.is_empty() && tensor.shape() == [1])
}
