//! Stimuli, labels, parameters and noise of golden files, checked before anything trusts them.

use kenyon_circuit::{InjectedNoise, Network, ParameterGroup, Parameters, Stimulus};

use super::names::noise_slots;
use super::{GoldenError, Vectors};

/// Columns of one step of golden noise.
const NOISE_COLUMNS: usize = 2766;

/// Stored values of all `groups` from tensors `PREFIX.NAME`; `rename` gives our name of a group.
pub(crate) fn parameters(
    vectors: &Vectors,
    groups: &[ParameterGroup],
    rename: fn(&str) -> Option<String>,
    prefix: &str,
) -> Result<Parameters, GoldenError> {
    let mut values = vec![0.0; groups.last().map_or(0, |group| group.range.end)];
    let mut missing: Vec<&str> = groups.iter().map(|group| group.name.as_str()).collect();
    for (name, tensor) in vectors.iter() {
        let Some(golden) = name
            .strip_prefix(prefix)
            .and_then(|name| name.strip_prefix('.'))
        else {
            continue;
        };
        let ours = rename(golden);
        let Some(group) = groups
            .iter()
            .find(|group| Some(&group.name) == ours.as_ref())
        else {
            return Err(GoldenError::UnknownTensor {
                file: vectors.file.clone(),
                tensor: name.to_owned(),
            });
        };
        if tensor.values.len() != group.range.len() {
            return Err(GoldenError::Shape {
                file: vectors.file.clone(),
                tensor: name.to_owned(),
                found: tensor.shape.clone(),
                expected: group.shape.clone(),
            });
        }
        for (value, &golden) in values[group.range.clone()].iter_mut().zip(&tensor.values) {
            *value = group.precision.round(golden);
        }
        missing.retain(|name| *name != group.name);
    }
    match missing.first() {
        None => Ok(Parameters { values }),
        Some(name) => Err(GoldenError::MissingTensor {
            file: vectors.file.clone(),
            tensor: format!("{prefix}.* for {name}"),
        }),
    }
}

/// Stimuli from rows of receptor responses; trial numbers count the rows.
pub(crate) fn stimuli(rows: &[f64], channels: usize) -> Vec<Stimulus> {
    rows.chunks(channels)
        .zip(0..)
        .map(|(row, trial)| Stimulus {
            input: row.iter().map(|&value| value as f32).collect(),
            trial,
        })
        .collect()
}

/// The stimuli of `input.u`, `(trials, channels)` or `(batches, trials, channels)`: at least one.
pub(crate) fn batch(vectors: &Vectors, network: &Network) -> Result<Vec<Stimulus>, GoldenError> {
    let input = vectors.tensor("input.u")?;
    if input.shape.len() < 2 || input.shape.last() != Some(&network.channels()) {
        return Err(GoldenError::Shape {
            file: vectors.file.clone(),
            tensor: "input.u".to_owned(),
            found: input.shape.clone(),
            expected: vec![
                input.shape.first().copied().unwrap_or(1),
                network.channels(),
            ],
        });
    }
    if input.values.is_empty() {
        return Err(vectors.damaged("tensor \"input.u\" holds no trial".to_owned()));
    }
    Ok(stimuli(&input.values, network.channels()))
}

/// The classes of `input.label`, which has the given shape.
pub(crate) fn labels(
    vectors: &Vectors,
    shape: &[usize],
    classes: usize,
) -> Result<Vec<usize>, GoldenError> {
    let class = |&label: &f64| {
        let whole = label >= 0.0 && label.fract() == 0.0 && label < classes as f64;
        whole
            .then_some(label as usize)
            .ok_or_else(|| vectors.damaged(format!("label {label} is none of {classes} classes")))
    };
    vectors
        .shaped("input.label", shape)?
        .iter()
        .map(class)
        .collect()
}

/// The tensor `noise`, if the file has one.
pub(crate) fn injected(
    vectors: &Vectors,
    steps: usize,
    trials: usize,
) -> Result<Option<InjectedNoise>, GoldenError> {
    if vectors.get("noise").is_none() {
        return Ok(None);
    }
    let values = vectors.shaped("noise", &[steps, trials, NOISE_COLUMNS])?;
    let mut column = 0;
    let first_column = noise_slots()
        .into_iter()
        .map(|(slot, width)| {
            column += width;
            (slot, column - width)
        })
        .collect();
    Ok(Some(InjectedNoise {
        values: values.iter().map(|&value| value as f32).collect(),
        trials,
        columns: NOISE_COLUMNS,
        first_column,
    }))
}
