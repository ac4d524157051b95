//! Perturbation screens: one target after the other, as arrays.

use std::str::FromStr;
use std::sync::atomic::{AtomicUsize, Ordering};

use kenyon_analysis::AnalysisError;
use kenyon_analysis::screen::{
    Action, Effect, Members, Metric, Screen, ScreenSettings, Target, TargetKind, Unit,
    screen_overseen, single, targets,
};
use kenyon_circuit::{Interventions, Network};
use kenyon_connectome::Connectome;
use kenyon_study::Subject;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

use crate::arguments::member;
use crate::errors::{Stopped, argument, wrong};
use crate::model::Model;
use crate::values::{array, json, list, texts};
use crate::work::{self, Progress, Stop};

/// Larger currents are typing errors.
const LARGEST_AMPERE: f64 = 1e-3;

/// What is to be perturbed and measured, as Python says it.
pub(crate) struct ScreenArguments<'py> {
    pub targets: &'py str,
    /// One name or several.
    pub population: Option<Bound<'py, PyAny>>,
    pub neurons: Option<Bound<'py, PyAny>>,
    /// Ampere; neurons are silenced without.
    pub drive: Option<f64>,
    /// One name or several.
    pub metrics: Option<Bound<'py, PyAny>>,
    pub trials: usize,
    pub seed: u64,
}

/// Perturbs every target, and makes the dictionary of the effects.
pub(crate) fn outcome<'py>(
    py: Python<'py>,
    model: &Model,
    arguments: &ScreenArguments<'_>,
    progress: &Progress,
    threads: Option<usize>,
) -> PyResult<Bound<'py, PyDict>> {
    let subject = &*model.network.subject;
    let (metrics, mut left_out) = metrics(arguments.metrics.as_ref(), subject)?;
    let action = action(arguments.drive)?;
    let connectome = &model.network.data.connectome;
    let chosen = chosen(
        arguments,
        action,
        &subject.network,
        connectome,
        &mut left_out,
    )?;
    let settings = ScreenSettings {
        action,
        metrics,
        trials: arguments.trials,
        seed: arguments.seed,
    };
    let none = Interventions::default();
    let measured = model.measured(&none);
    let stimuli = subject.labelled();
    let done = work::run(py, threads, |stop| {
        let told = Told::new(progress, stop, chosen.len());
        screen_overseen(&measured, stimuli, &chosen, &settings, &|| told.one_more())
    });
    progress.check()?;
    let result = done?.map_err(stopped_or_wrong)?;

    let outcome = PyDict::new(py);
    for (key, value) in model.provenance() {
        outcome.set_item(key, json(py, &value)?)?;
    }
    outcome.set_item("left_out", left_out)?;
    outcome.set_item("settings", json(py, &result.settings)?)?;
    outcome.set_item("odours", result.odours)?;
    let metrics = &result.settings.metrics;
    let shape = [metrics.len()];
    let names = metrics.iter().map(ToString::to_string);
    outcome.set_item("metrics", texts(py, &shape, names)?)?;
    outcome.set_item(
        "units",
        texts(py, &shape, metrics.iter().map(Metric::unit))?,
    )?;
    let intact = result.intact.iter().map(|it| it.value.unwrap_or(f64::NAN));
    outcome.set_item("intact", list(py, intact.collect::<Vec<f64>>()))?;
    outcome.set_item("targets", described(py, &result, &subject.network)?)?;
    effects(&outcome, &result)?;
    Ok(outcome)
}

/// Work that was stopped has an exception of its own.
pub(crate) fn stopped_or_wrong(error: AnalysisError) -> PyErr {
    match error {
        AnalysisError::Stopped => Stopped::new_err(error.to_string()),
        other => argument(other),
    }
}

/// Tells a callback how many targets are done.
pub(crate) struct Told<'a> {
    progress: &'a Progress,
    stop: &'a Stop,
    done: AtomicUsize,
    targets: usize,
}

impl<'a> Told<'a> {
    pub(crate) const fn new(progress: &'a Progress, stop: &'a Stop, targets: usize) -> Self {
        Self {
            progress,
            stop,
            done: AtomicUsize::new(0),
            targets,
        }
    }

    /// Whether to go on.
    pub(crate) fn one_more(&self) -> bool {
        let done = 1 + self.done.fetch_add(1, Ordering::Relaxed);
        let go_on = !self.stop.is_set()
            && self.progress.report(|py| {
                let news = PyDict::new(py);
                news.set_item("done", done)?;
                news.set_item("targets", self.targets)?;
                Ok(news.into_any())
            });
        if !go_on {
            // Those that are under way on other threads are not told any more.
            self.stop.set();
        }
        go_on
    }
}

fn action(drive: Option<f64>) -> PyResult<Action> {
    match drive {
        None => Ok(Action::Silence),
        Some(ampere) if ampere.abs() <= LARGEST_AMPERE => Ok(Action::Drive(ampere)),
        Some(ampere) => Err(wrong(format!(
            "drive is {ampere} A; it must be between -{LARGEST_AMPERE} and {LARGEST_AMPERE}"
        ))),
    }
}

/// One name, or any number of them.
fn names(value: Option<&Bound<'_, PyAny>>) -> PyResult<Vec<String>> {
    match value {
        None => Ok(Vec::new()),
        Some(value) if value.is_instance_of::<PyString>() => Ok(vec![value.extract()?]),
        Some(value) => value.try_iter()?.map(|name| name?.extract()).collect(),
    }
}

fn metrics(
    wanted: Option<&Bound<'_, PyAny>>,
    subject: &Subject,
) -> PyResult<(Vec<Metric>, Vec<String>)> {
    let (network, roles) = (&subject.network, &subject.roles);
    let wanted = names(wanted)?;
    if wanted.is_empty() {
        return Ok((Metric::usual(network), Vec::new()));
    }
    if wanted == ["all"] {
        return Ok(Metric::all(network, roles));
    }
    let mut metrics: Vec<Metric> = Vec::new();
    for name in &wanted {
        let metric = Metric::from_str(name).map_err(argument)?;
        if let Some(missing) = metric.missing(network, roles) {
            return Err(wrong(format!(
                "{metric} cannot be measured, because the circuit has no spiking population \"{missing}\" ({})",
                populations(network)
            )));
        }
        if !metrics.contains(&metric) {
            metrics.push(metric);
        }
    }
    Ok((metrics, Vec::new()))
}

fn populations(network: &Network) -> String {
    let names = network.populations().iter().map(|it| it.name.as_str());
    format!("populations: {}", names.collect::<Vec<_>>().join(", "))
}

fn kind(name: &str) -> PyResult<TargetKind> {
    serde_json::from_value(name.into()).map_err(|_| {
        wrong(format!(
            "there are no targets \"{name}\"; use neurons, classes, transmitters, glomeruli, groups, populations, \
             pathways or gap_junctions"
        ))
    })
}

/// The targets; those that the action is not possible for are left out, which is said.
fn chosen(
    arguments: &ScreenArguments<'_>,
    action: Action,
    network: &Network,
    connectome: &Connectome,
    left_out: &mut Vec<String>,
) -> PyResult<Vec<Target>> {
    let kind = kind(arguments.targets)?;
    let only = names(arguments.population.as_ref())?;
    if let Some(name) = only.iter().find(|name| network.population(name).is_none()) {
        return Err(wrong(format!(
            "there is no population \"{name}\" ({})",
            populations(network)
        )));
    }
    let mut found = match &arguments.neurons {
        None => targets(network, connectome, kind, &only).map_err(|error| match error {
            AnalysisError::TooFew { .. } => wrong(
                "nothing to perturb: the circuit has no such targets, or none in the populations named",
            ),
            other => argument(other),
        })?,
        Some(_) if kind != TargetKind::Neurons || !only.is_empty() => {
            return Err(wrong("give either neurons, or targets and population"));
        }
        Some(neurons) if neurons.is_instance_of::<PyString>() => {
            vec![neuron(neurons, network, connectome)?]
        }
        Some(neurons) => neurons
            .try_iter()?
            .map(|it| neuron(&it?, network, connectome))
            .collect::<PyResult<_>>()?,
    };
    let switches = matches!(kind, TargetKind::Pathways | TargetKind::GapJunctions);
    if switches && action != Action::Silence {
        return Err(wrong(
            "only neurons can be driven; pathways and gap junctions can only be switched off",
        ));
    }
    if found.is_empty() {
        return Err(wrong("neurons names none"));
    }
    found.retain(|target| {
        let possible = target.allows(action, network);
        if !possible {
            left_out.push(format!("{}: graded neurons take no current", target.name));
        }
        possible
    });
    if found.is_empty() {
        return Err(wrong(
            "none of the targets can be driven: graded neurons take no current",
        ));
    }
    Ok(found)
}

/// A neuron by its id in the data, or by its population and its position in it.
fn neuron(
    value: &Bound<'_, PyAny>,
    network: &Network,
    connectome: &Connectome,
) -> PyResult<Target> {
    if let Ok(id) = value.extract::<u64>() {
        let place = connectome.neurons().iter().position(|it| it.id == id);
        let simulated = place.and_then(|place| {
            network.populations().iter().find_map(|population| {
                let range = connectome.population(&population.name)?;
                let inside = range.contains(&place);
                inside.then(|| single(&population.name, place - range.start))
            })
        });
        return simulated.ok_or_else(|| {
            wrong(match place {
                Some(_) => format!("the circuit does not simulate the neuron {id}"),
                None => format!("the data have no neuron with the id {id}"),
            })
        });
    }
    let (name, place) = member("neurons", value)?;
    let Some(population) = network.population(&name) else {
        return Err(wrong(format!(
            "there is no population \"{name}\" ({})",
            populations(network)
        )));
    };
    match place {
        Some(place) if place < population.range.len() => Ok(single(&name, place)),
        _ => Err(wrong(format!(
            "neurons names {value}; the neurons of {name} are numbered from 0 to {}",
            population.range.len() - 1
        ))),
    }
}

/// Names, populations and members of the targets.
fn described<'py>(
    py: Python<'py>,
    result: &Screen,
    network: &Network,
) -> PyResult<Bound<'py, PyDict>> {
    let targets = || result.targets.iter().map(|it| &it.target);
    let shape = [result.targets.len()];
    let columns = PyDict::new(py);
    columns.set_item("name", texts(py, &shape, targets().map(|it| &it.name))?)?;
    let populations = targets().map(|it| &it.population);
    columns.set_item("population", texts(py, &shape, populations)?)?;
    let neurons = targets().map(|target| {
        let size = |name| network.population(name).map_or(0, |it| it.range.len());
        let places: Vec<i64> = match &target.members {
            Members::Neurons(neurons) => neurons.iter().map(|&it| it as i64).collect(),
            Members::Population => (0..size(&target.population) as i64).collect(),
            Members::Pathway | Members::GapJunctions => Vec::new(),
        };
        list(py, places)
    });
    columns.set_item("neurons", neurons.collect::<Vec<_>>())?;
    Ok(columns)
}

/// Adds the effects, as arrays by target and metric; NaN where there is no value.
fn effects(outcome: &Bound<'_, PyDict>, result: &Screen) -> PyResult<()> {
    let py = outcome.py();
    let shape = [result.targets.len(), result.settings.metrics.len()];
    let all = || result.targets.iter().flat_map(|it| &it.effects);
    let column = |value: &dyn Fn(&Effect) -> Option<f64>| -> PyResult<Bound<'_, PyAny>> {
        let values = all().map(|it| it.as_ref().and_then(value).unwrap_or(f64::NAN));
        array(py, &shape, values.collect::<Vec<f64>>())
    };
    outcome.set_item("value", column(&|it| Some(it.value))?)?;
    outcome.set_item("difference", column(&|it| Some(it.difference))?)?;
    let ends = all().flat_map(|it| {
        let interval = it.and_then(|effect| effect.interval);
        interval.unwrap_or([f64::NAN; 2])
    });
    let ends: Vec<f64> = ends.collect();
    outcome.set_item("interval", array(py, &[shape[0], shape[1], 2], ends)?)?;
    outcome.set_item("size", column(&|it| it.size)?)?;
    outcome.set_item("p", column(&|it| it.p)?)?;
    outcome.set_item("p_holm", column(&|it| it.p_holm)?)?;
    outcome.set_item("q", column(&|it| it.q)?)?;
    let unit = |metric: usize| {
        let mut own = result.targets.iter().filter_map(|it| it.effects[metric]);
        own.next().map_or("", |effect| match effect.unit {
            Unit::Trials => "trials",
            Unit::Blocks => "blocks",
        })
    };
    let resampled = (0..shape[1]).map(unit);
    outcome.set_item("resampled", texts(py, &shape[1..], resampled)?)
}
