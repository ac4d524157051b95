//! Arguments that several functions share: mappings, neurons, interventions.

use kenyon_analysis::recording::INTACT;
use kenyon_circuit::{Interventions, Network};
use kenyon_connectome::ReceptorMapping;
use pyo3::prelude::*;
use pyo3::types::{PyMapping, PyString, PyTuple};

use crate::errors::{argument, wrong};

/// No current (ampere) or boost beyond this makes sense, and squares of it still fit `f32`.
const LARGEST_AMOUNT: f64 = 1e6;

/// A mapping by its name.
pub(crate) fn mapping(name: &str) -> PyResult<ReceptorMapping> {
    match name {
        "by_position" => Ok(ReceptorMapping::ByPosition),
        "by_name" => Ok(ReceptorMapping::ByName),
        _ => Err(wrong(format!(
            "there is no mapping \"{name}\"; use \"by_position\" or \"by_name\""
        ))),
    }
}

/// The name of a mapping.
pub(crate) const fn mapping_name(mapping: ReceptorMapping) -> &'static str {
    match mapping {
        ReceptorMapping::ByPosition => "by_position",
        ReceptorMapping::ByName => "by_name",
    }
}

/// More trials per odour than this would only fill the memory.
const MOST_TRIALS: usize = 100_000;

/// Checks a number of trials per odour.
pub(crate) fn trials_per_odour(name: &str, trials: usize) -> PyResult<usize> {
    if trials <= MOST_TRIALS {
        return Ok(trials);
    }
    Err(wrong(format!(
        "{name} is {trials}; at most {MOST_TRIALS} trials per odour are possible"
    )))
}

/// What is done to the network in every trial, as Python's keywords say it.
#[derive(Default)]
pub(crate) struct InterventionArguments<'py> {
    pub silence: Option<Bound<'py, PyAny>>,
    pub drive: Option<Bound<'py, PyMapping>>,
    pub boost: Option<Bound<'py, PyMapping>>,
    pub disable: Option<Vec<String>>,
    pub gap_junctions_off: bool,
    pub depression_off: bool,
}

/// A population, or one of its neurons.
pub(crate) type Member = (String, Option<usize>);

impl InterventionArguments<'_> {
    /// The interventions, checked against the network, with the caption that the command line gives
    /// them.
    pub(crate) fn resolve(&self, network: &Network) -> PyResult<(Interventions, String)> {
        let mut interventions = Interventions {
            disabled_pathways: self.disable.clone().unwrap_or_default(),
            depression_off: self.depression_off,
            gap_junctions_off: self.gap_junctions_off,
            ..Interventions::default()
        };
        let mut caption = Vec::new();
        if let Some(silence) = &self.silence {
            for member in silenced(silence)? {
                caption.push(format!("silence {}", shown(&member)));
                interventions.silenced.push(member);
            }
        }
        for (key, amount) in entries(self.drive.as_ref())? {
            let (member, amount) = (member("drive", &key)?, amount_of("drive", &amount)?);
            caption.push(format!("drive {}={amount:e} A", shown(&member)));
            interventions.currents.push((member.0, member.1, amount));
        }
        for (key, amount) in entries(self.boost.as_ref())? {
            let (population, amount) = (key.extract::<String>()?, amount_of("boost", &amount)?);
            caption.push(format!("boost {population}={amount}"));
            interventions.boosts.push((population, amount));
        }
        let disabled = interventions.disabled_pathways.iter();
        caption.extend(disabled.map(|name| format!("disable {name}")));
        caption.extend(self.depression_off.then(|| "no depression".to_owned()));
        caption.extend(
            self.gap_junctions_off
                .then(|| "no gap junctions".to_owned()),
        );
        interventions.check(network).map_err(|error| {
            let populations = network.populations().iter();
            let populations: Vec<&str> = populations.map(|it| it.name.as_str()).collect();
            let pathways = network.pathways().iter();
            let pathways: Vec<&str> = pathways.map(|it| it.name.as_str()).collect();
            wrong(format!(
                "this intervention is not possible: {error} (populations: {}; pathways: {})",
                populations.join(", "),
                pathways.join(", ")
            ))
        })?;
        let caption = if caption.is_empty() {
            INTACT.to_owned()
        } else {
            caption.join(", ")
        };
        Ok((interventions, caption))
    }
}

/// Keys and values of a mapping, in its order.
pub(crate) fn entries<'py>(
    mapping: Option<&Bound<'py, PyMapping>>,
) -> PyResult<Vec<(Bound<'py, PyAny>, Bound<'py, PyAny>)>> {
    let Some(mapping) = mapping else {
        return Ok(Vec::new());
    };
    mapping.items()?.iter().map(|item| item.extract()).collect()
}

fn shown((population, neuron): &Member) -> String {
    match neuron {
        None => population.clone(),
        Some(neuron) => format!("{population}:{neuron}"),
    }
}

/// One member, or any number of them.
fn silenced(value: &Bound<'_, PyAny>) -> PyResult<Vec<Member>> {
    if value.is_instance_of::<PyString>() {
        return Ok(vec![member("silence", value)?]);
    }
    let mut members = Vec::new();
    for item in value.try_iter()? {
        let item = item?;
        // A population with several of its neurons.
        if let Ok((population, neurons)) = item.extract::<(String, Vec<usize>)>() {
            members.extend(neurons.into_iter().map(|it| (population.clone(), Some(it))));
        } else {
            members.push(member("silence", &item)?);
        }
    }
    Ok(members)
}

/// `"KC"`, `"KC:3"` or `("KC", 3)`.
pub(crate) fn member(argument_name: &str, value: &Bound<'_, PyAny>) -> PyResult<Member> {
    let problem = || {
        wrong(format!(
            "{argument_name} names {value}; name a population (\"KC\") or one of its neurons (\"KC:3\" or (\"KC\", 3))"
        ))
    };
    if value.is_instance_of::<PyTuple>() {
        let (population, neuron) = value.extract().map_err(|_| problem())?;
        return Ok((population, Some(neuron)));
    }
    let text: String = value.extract().map_err(|_| problem())?;
    match text.split_once(':') {
        None => Ok((text, None)),
        Some((population, neuron)) => {
            let neuron = neuron.parse().map_err(|_| problem())?;
            Ok((population.to_owned(), Some(neuron)))
        }
    }
}

fn amount_of(argument_name: &str, value: &Bound<'_, PyAny>) -> PyResult<f64> {
    let amount: f64 = value.extract()?;
    if amount.abs() <= LARGEST_AMOUNT {
        Ok(amount)
    } else {
        Err(wrong(format!(
            "{argument_name} has the amount {amount}; it must be between -{LARGEST_AMOUNT} and {LARGEST_AMOUNT}"
        )))
    }
}

/// Ablations by their names.
pub(crate) fn ablations(names: &[String]) -> PyResult<Vec<kenyon_analysis::Ablation>> {
    let ablation = |name: &String| {
        serde_json::from_value(serde_json::Value::String(name.clone())).map_err(argument)
    };
    names.iter().map(ablation).collect()
}

/// How many of the trials are recorded: all, none, or the first ones.
pub(crate) fn recorded(record: Option<&Bound<'_, PyAny>>, trials: usize) -> PyResult<usize> {
    let Some(record) = record else { return Ok(0) };
    if let Ok(all) = record.extract::<bool>() {
        return Ok(if all { trials } else { 0 });
    }
    let wanted: usize = record.extract()?;
    if wanted > trials {
        return Err(wrong(format!(
            "record is {wanted}, but there are only {trials} trials"
        )));
    }
    Ok(wanted)
}
