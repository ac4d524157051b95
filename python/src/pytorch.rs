//! Files of PyTorch as plain values and arrays.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use kenyon_pytorch::{ElementType, Key, Tensor, Value, read};
use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyTuple};

use crate::errors::data as problem;
use crate::values::list;
use crate::work;

/// Reads a file of `torch.save` without PyTorch, and without executing anything in it: dictionaries, lists,
/// tuples, texts, bytes and numbers as they are; tensors as arrays of their type and shape (float16 and bfloat16,
/// which not every NumPy has, as float32). Tensors that share their numbers are arrays that do. Types of number
/// ("torch.float32") and devices are texts.
///
/// Everything else in a file is refused, as are files that are damaged, or small but large in memory. Raises
/// `DataError`.
///
/// >>> state = kenyon.read_pytorch("model_seed42.pt")  # doctest: +SKIP
/// >>> state["decoder.weight"].shape  # doctest: +SKIP
/// (28, 72)
#[pyfunction]
pub(crate) fn read_pytorch(py: Python<'_>, path: PathBuf) -> PyResult<Bound<'_, PyAny>> {
    let content = work::run(py, None, |_| read(&path))?;
    let mut conversion = Conversion {
        py,
        shared: HashMap::new(),
        numbers: HashMap::new(),
    };
    conversion.python(&content.map_err(problem)?)
}

/// What was made so far: values and storages that stand at several places are one object in Python too.
/// Otherwise a small file could fill the memory.
struct Conversion<'py> {
    py: Python<'py>,
    /// By kind and address of the value.
    shared: HashMap<(&'static str, usize), Bound<'py, PyAny>>,
    /// Arrays of one dimension by type, address and number of bytes.
    numbers: HashMap<(ElementType, usize, usize), Bound<'py, PyAny>>,
}

impl<'py> Conversion<'py> {
    /// The reader has bounded how deep and how many values there are.
    fn python(&mut self, value: &Value) -> PyResult<Bound<'py, PyAny>> {
        let py = self.py;
        let address = match value {
            Value::None => return Ok(py.None().into_bound(py)),
            Value::Bool(value) => return value.into_bound_py_any(py),
            Value::Integer(value) => return value.into_bound_py_any(py),
            Value::Float(value) => return value.into_bound_py_any(py),
            Value::Text(text) => text.as_ptr().addr(),
            Value::Bytes(bytes) => Arc::as_ptr(bytes).addr(),
            Value::List(members) | Value::Tuple(members) => members.as_ptr().addr(),
            Value::Dictionary(dictionary) => Arc::as_ptr(dictionary).addr(),
            Value::Tensor(tensor) => Arc::as_ptr(tensor).addr(),
        };
        let place = (value.kind(), address);
        if let Some(made) = self.shared.get(&place) {
            return Ok(made.clone());
        }
        let made = self.make(value)?;
        self.shared.insert(place, made.clone());
        Ok(made)
    }

    fn make(&mut self, value: &Value) -> PyResult<Bound<'py, PyAny>> {
        let py = self.py;
        match value {
            Value::None | Value::Bool(_) | Value::Integer(_) | Value::Float(_) => {
                self.python(value)
            }
            Value::Text(text) => (**text).into_bound_py_any(py),
            Value::Bytes(bytes) => Ok(PyBytes::new(py, bytes).into_any()),
            Value::List(members) => Ok(PyList::new(py, self.all(members)?)?.into_any()),
            Value::Tuple(members) => Ok(PyTuple::new(py, self.all(members)?)?.into_any()),
            Value::Dictionary(dictionary) => {
                let read = PyDict::new(py);
                for (key, value) in dictionary.entries() {
                    let value = self.python(value)?;
                    match key {
                        Key::Text(key) => read.set_item(&**key, value)?,
                        Key::Integer(key) => read.set_item(key, value)?,
                    }
                }
                Ok(read.into_any())
            }
            Value::Tensor(tensor) => {
                let place = (
                    tensor.element(),
                    tensor.bytes().as_ptr().addr(),
                    tensor.bytes().len(),
                );
                let numbers = match self.numbers.get(&place) {
                    Some(numbers) => numbers.clone(),
                    None => {
                        let numbers = numbers(py, tensor)?;
                        self.numbers.insert(place, numbers.clone());
                        numbers
                    }
                };
                let shape = PyTuple::new(py, tensor.shape())?;
                numbers.call_method1("reshape", (shape,))
            }
        }
    }

    fn all(&mut self, members: &[Value]) -> PyResult<Vec<Bound<'py, PyAny>>> {
        members.iter().map(|member| self.python(member)).collect()
    }
}

/// The numbers of a tensor as an array of one dimension.
fn numbers<'py>(py: Python<'py>, tensor: &Tensor) -> PyResult<Bound<'py, PyAny>> {
    let bytes = tensor.bytes();
    macro_rules! of {
        ($type:ty) => {{
            let (numbers, _) = bytes.as_chunks::<{ size_of::<$type>() }>();
            let numbers = numbers.iter().map(|it| <$type>::from_le_bytes(*it));
            list(py, numbers.collect::<Vec<$type>>())
        }};
    }
    Ok(match tensor.element() {
        ElementType::Float64 => of!(f64),
        ElementType::Float32 => of!(f32),
        // Exact: neither has more digits or a larger range.
        ElementType::Float16 | ElementType::BFloat16 => {
            let numbers = tensor.to_f64().into_iter().map(|it| it as f32);
            list(py, numbers.collect::<Vec<f32>>())
        }
        ElementType::Int64 => of!(i64),
        ElementType::Int32 => of!(i32),
        ElementType::Int16 => of!(i16),
        ElementType::Int8 => of!(i8),
        ElementType::UInt8 => of!(u8),
        ElementType::Bool => list(py, bytes.iter().map(|it| *it != 0).collect::<Vec<bool>>()),
    })
}
