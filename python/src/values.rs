//! Values from Rust to Python and back: arrays, texts, JSON, TOML.

use numpy::{Element, PyArray1, PyArrayDyn, PyArrayMethods, PyUntypedArrayMethods};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyList, PyString};
use serde::Serialize;

use crate::errors::{argument, wrong};

/// An array of that shape; `values` has the last index fastest.
pub(crate) fn array<'py, T: Element>(
    py: Python<'py>,
    shape: &[usize],
    values: Vec<T>,
) -> PyResult<Bound<'py, PyAny>> {
    Ok(PyArray1::from_vec(py, values).reshape(shape)?.into_any())
}

/// A list of numbers.
pub(crate) fn list<T: Element>(py: Python<'_>, values: Vec<T>) -> Bound<'_, PyAny> {
    PyArray1::from_vec(py, values).into_any()
}

/// An array of texts (`<U...`) of that shape.
pub(crate) fn texts<'py>(
    py: Python<'py>,
    shape: &[usize],
    texts: impl IntoIterator<Item = impl AsRef<str>>,
) -> PyResult<Bound<'py, PyAny>> {
    let texts = texts.into_iter();
    let list = PyList::new(
        py,
        texts
            .map(|text| text.as_ref().to_owned())
            .collect::<Vec<_>>(),
    )?;
    let options = PyDict::new(py);
    options.set_item("dtype", "str")?;
    let array = py
        .import("numpy")?
        .call_method("array", (list,), Some(&options))?;
    array.call_method1("reshape", (shape.to_vec(),))
}

/// What a value is as JSON: dictionaries, lists, numbers, texts.
pub(crate) fn json<'py>(py: Python<'py>, value: &impl Serialize) -> PyResult<Bound<'py, PyAny>> {
    let text = serde_json::to_string(value).map_err(argument)?;
    py.import("json")?.call_method1("loads", (text,))
}

/// A Python value as the text of its JSON; numbers of NumPy are numbers.
pub(crate) fn json_text(value: &Bound<'_, PyAny>) -> PyResult<String> {
    let py = value.py();
    let options = PyDict::new(py);
    options.set_item("allow_nan", false)?;
    let number = py
        .import("operator")?
        .call_method1("methodcaller", ("item",))?;
    options.set_item("default", number)?;
    let json = py.import("json")?;
    json.call_method("dumps", (value,), Some(&options))?
        .extract()
}

/// A Python value as a value of a circuit file.
pub(crate) fn toml_value(name: &str, value: &Bound<'_, PyAny>) -> PyResult<toml::Value> {
    use toml::Value;
    if value.is_instance_of::<PyBool>() {
        return Ok(Value::Boolean(value.extract()?));
    }
    if value.is_instance_of::<PyString>() {
        return Ok(Value::String(value.extract()?));
    }
    if let Ok(table) = value.cast::<PyDict>() {
        let mut entries = toml::Table::new();
        for (key, value) in table.iter() {
            let key: String = key.extract()?;
            let value = toml_value(&format!("{name}.{key}"), &value)?;
            entries.insert(key, value);
        }
        return Ok(Value::Table(entries));
    }
    if value.hasattr("dtype")? {
        // Arrays and scalars of NumPy.
        return toml_value(name, &value.call_method0("tolist")?);
    }
    if let Ok(number) = value.extract::<i64>() {
        return Ok(Value::Integer(number));
    }
    if let Ok(number) = value.extract::<f64>() {
        return Ok(Value::Float(number));
    }
    let items = value.try_iter().map_err(|_| {
        let kind = value.get_type();
        PyTypeError::new_err(format!(
            "{name} is of {kind}, which a circuit file cannot hold; give a number, a text, a bool, a list or a dict"
        ))
    })?;
    let items = items.map(|item| toml_value(name, &item?));
    Ok(Value::Array(items.collect::<PyResult<_>>()?))
}

/// Whatever NumPy makes numbers of, as an array with its shape; values that are not finite are refused.
pub(crate) fn numbers(what: &str, value: &Bound<'_, PyAny>) -> PyResult<(Vec<usize>, Vec<f64>)> {
    let py = value.py();
    let options = PyDict::new(py);
    options.set_item("dtype", "float64")?;
    let array = py
        .import("numpy")?
        .call_method("asarray", (value,), Some(&options))
        .map_err(|cause| {
            let error = wrong(format!(
                "{what} cannot be read as numbers: {}",
                cause.value(py)
            ));
            error.set_cause(py, Some(cause));
            error
        })?;
    let array = array.cast::<PyArrayDyn<f64>>()?.readonly();
    let shape = array.shape().to_vec();
    let values: Vec<f64> = array.as_array().iter().copied().collect();
    if let Some(place) = values.iter().position(|value| !value.is_finite()) {
        return Err(wrong(format!(
            "{what} holds {} at {:?}; all values must be finite",
            values[place],
            index(place, &shape)
        )));
    }
    Ok((shape, values))
}

/// The index of a value by its place.
fn index(mut place: usize, shape: &[usize]) -> Vec<usize> {
    let mut index: Vec<usize> = shape
        .iter()
        .rev()
        .map(|&side| {
            let along = place % side;
            place /= side;
            along
        })
        .collect();
    index.reverse();
    index
}
