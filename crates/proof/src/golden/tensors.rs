//! Golden vectors as they stand in a safetensors file.

use std::collections::BTreeMap;
use std::path::Path;

use safetensors::{Dtype, SafeTensors};

use super::GoldenError;

/// One tensor, as `f64` whatever its stored type.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    /// Size of each dimension; empty for a single value.
    pub shape: Vec<usize>,
    /// Values in row-major order.
    pub values: Vec<f64>,
}

/// The tensors of one file, by name.
#[derive(Clone, Debug, Default)]
pub struct Vectors {
    /// File name, for messages.
    pub file: String,
    tensors: BTreeMap<String, Tensor>,
}

impl Vectors {
    /// Reads a file.
    ///
    /// # Errors
    /// Unreadable or damaged files, types of number that golden vectors do not use, NaN.
    pub fn read(path: &Path) -> Result<Self, GoldenError> {
        let file = path.display().to_string();
        let bytes = std::fs::read(path).map_err(|source| GoldenError::Unreadable {
            file: file.clone(),
            source,
        })?;
        let parsed = SafeTensors::deserialize(&bytes).map_err(|error| GoldenError::Damaged {
            file: file.clone(),
            problem: error.to_string(),
        })?;
        let mut tensors = BTreeMap::new();
        for (name, view) in parsed.tensors() {
            let values =
                numbers(view.dtype(), view.data()).ok_or_else(|| GoldenError::Damaged {
                    file: file.clone(),
                    problem: format!(
                        "tensor \"{name}\" has the unexpected type {:?}",
                        view.dtype()
                    ),
                })?;
            if values.iter().any(|value| value.is_nan()) {
                return Err(GoldenError::Damaged {
                    file,
                    problem: format!("tensor \"{name}\" holds NaN"),
                });
            }
            tensors.insert(
                name,
                Tensor {
                    shape: view.shape().to_vec(),
                    values,
                },
            );
        }
        Ok(Self { file, tensors })
    }

    /// The tensor of that name, if there is one.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Tensor> {
        self.tensors.get(name)
    }

    /// The tensor of that name.
    ///
    /// # Errors
    /// [`GoldenError::MissingTensor`].
    pub fn tensor(&self, name: &str) -> Result<&Tensor, GoldenError> {
        self.get(name).ok_or_else(|| GoldenError::MissingTensor {
            file: self.file.clone(),
            tensor: name.to_owned(),
        })
    }

    /// The tensor of that name, which holds one value.
    ///
    /// # Errors
    /// A missing tensor or another number of values.
    pub fn number(&self, name: &str) -> Result<f64, GoldenError> {
        let tensor = self.tensor(name)?;
        match tensor.values.as_slice() {
            [value] => Ok(*value),
            _ => Err(GoldenError::Shape {
                file: self.file.clone(),
                tensor: name.to_owned(),
                found: tensor.shape.clone(),
                expected: Vec::new(),
            }),
        }
    }

    /// A fault of this file.
    pub(crate) fn damaged(&self, problem: String) -> GoldenError {
        GoldenError::Damaged {
            file: self.file.clone(),
            problem,
        }
    }

    /// A tensor of the given shape.
    ///
    /// # Errors
    /// A missing tensor or another shape.
    pub fn shaped(&self, name: &str, shape: &[usize]) -> Result<&[f64], GoldenError> {
        let tensor = self.tensor(name)?;
        if tensor.shape == shape {
            return Ok(&tensor.values);
        }
        Err(GoldenError::Shape {
            file: self.file.clone(),
            tensor: name.to_owned(),
            found: tensor.shape.clone(),
            expected: shape.to_vec(),
        })
    }

    /// All tensors in order of name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Tensor)> {
        self.tensors
            .iter()
            .map(|(name, tensor)| (name.as_str(), tensor))
    }
}

fn numbers(dtype: Dtype, bytes: &[u8]) -> Option<Vec<f64>> {
    fn each<const N: usize>(bytes: &[u8], read: fn([u8; N]) -> f64) -> Vec<f64> {
        let (chunks, _) = bytes.as_chunks::<N>();
        chunks.iter().map(|chunk| read(*chunk)).collect()
    }
    Some(match dtype {
        Dtype::F64 => each(bytes, f64::from_le_bytes),
        Dtype::F32 => each(bytes, |word| f64::from(f32::from_le_bytes(word))),
        Dtype::I64 => each(bytes, |word| i64::from_le_bytes(word) as f64),
        Dtype::U8 => bytes.iter().map(|&byte| f64::from(byte)).collect(),
        _ => return None,
    })
}
