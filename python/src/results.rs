//! Results of studies: read from their folder, checked against its manifest.

use std::path::PathBuf;

use kenyon_learning::History;
use kenyon_study::{Quantity, Results, ResultsError, StoredModel};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::errors::results as problem;
use crate::values::{array, json, list, texts};
use crate::work;

/// Reads the folder of a study; every file is checked against the manifest. Raises `ResultsError`.
///
/// The dictionary holds `summary` and `description` (`summary.json` and `study.json`, as dictionaries),
/// `timings`, and arrays where there are many numbers of a kind:
///
/// `quantities`: the figures over seeds, as columns `[quantity]`: texts `experiment`, `measurement`,
/// `figure`, and float64 `mean` and `std`.
///
/// `runs`: by unit ("canonical/seed42") a dictionary with `experiment`, `seed`, `digest`, `figures` (by
/// measurement and name), `measurements` (by name, all that was found), `parameters` (realised float64 arrays
/// by name) and `history` (`loss` and `accuracy`, float64 `[epoch]`).
///
/// >>> results = kenyon.read_results("results/reproduce")  # doctest: +SKIP
/// >>> results["runs"]["canonical/seed42"]["parameters"]["KC.threshold"].shape  # doctest: +SKIP
/// (144,)
#[pyfunction]
pub(crate) fn read_results(py: Python<'_>, folder: PathBuf) -> PyResult<Bound<'_, PyDict>> {
    let found = work::run(py, None, |_| {
        let results = Results::read(&folder)?;
        let mut runs = Vec::with_capacity(results.summary.runs.len());
        for run in &results.summary.runs {
            let mut measurements = serde_json::Map::new();
            for measurement in &run.measurements {
                if let Some(content) = results.measurement(run, &measurement.name)? {
                    measurements.insert(measurement.name.clone(), content);
                }
            }
            runs.push((results.model(run)?, measurements));
        }
        Ok::<_, ResultsError>((results, runs))
    })?;
    let (results, runs) = found.map_err(problem)?;
    let read = PyDict::new(py);
    read.set_item("summary", json(py, &results.summary)?)?;
    read.set_item("description", json(py, &results.description)?)?;
    read.set_item("timings", json(py, &results.timings)?)?;
    read.set_item("quantities", quantities(py, &results.summary.quantities)?)?;
    let by_unit = PyDict::new(py);
    for (run, (model, measurements)) in results.summary.runs.iter().zip(&runs) {
        let one = PyDict::new(py);
        one.set_item("experiment", &run.experiment)?;
        one.set_item("seed", run.seed)?;
        one.set_item("digest", &run.digest)?;
        let figures = PyDict::new(py);
        for measurement in &run.measurements {
            let named = PyDict::new(py);
            for figure in &measurement.figures {
                named.set_item(&figure.name, figure.value)?;
            }
            figures.set_item(&measurement.name, named)?;
        }
        one.set_item("figures", figures)?;
        one.set_item("measurements", json(py, measurements)?)?;
        one.set_item("parameters", parameters(py, model)?)?;
        one.set_item("history", history(py, &model.history)?)?;
        by_unit.set_item(&run.unit, one)?;
    }
    read.set_item("runs", by_unit)?;
    Ok(read)
}

fn quantities<'py>(py: Python<'py>, quantities: &[Quantity]) -> PyResult<Bound<'py, PyDict>> {
    let shape = [quantities.len()];
    let columns = PyDict::new(py);
    let names = quantities.iter().map(|it| &it.family);
    columns.set_item("experiment", texts(py, &shape, names)?)?;
    let names = quantities.iter().map(|it| &it.measurement);
    columns.set_item("measurement", texts(py, &shape, names)?)?;
    let names = quantities.iter().map(|it| &it.figure);
    columns.set_item("figure", texts(py, &shape, names)?)?;
    let column = |value: &dyn Fn(&Quantity) -> f64| {
        list(py, quantities.iter().map(value).collect::<Vec<f64>>())
    };
    columns.set_item("mean", column(&|it| it.mean))?;
    columns.set_item("std", column(&|it| it.std))?;
    Ok(columns)
}

fn parameters<'py>(py: Python<'py>, model: &StoredModel) -> PyResult<Bound<'py, PyDict>> {
    let by_name = PyDict::new(py);
    for (name, values) in &model.parameters {
        let shape = model.shapes.get(name).map_or(&[][..], Vec::as_slice);
        by_name.set_item(name, array(py, shape, values.clone())?)?;
    }
    Ok(by_name)
}

fn history<'py>(py: Python<'py>, history: &History) -> PyResult<Bound<'py, PyDict>> {
    let columns = PyDict::new(py);
    let losses = history.epochs.iter().map(|it| it.loss.total);
    columns.set_item("loss", list(py, losses.collect::<Vec<f64>>()))?;
    let accuracies = history.epochs.iter().map(|it| it.accuracy());
    columns.set_item("accuracy", list(py, accuracies.collect::<Vec<f64>>()))?;
    Ok(columns)
}
