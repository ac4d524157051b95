//! NumPy's types: single numbers and arrays that stand between tensors.

use std::sync::Arc;

use crate::Fault;
use crate::machine::Item;
use crate::tensor::{ElementType, Layout, Tensor, swap};

/// A type of number of NumPy (`numpy.dtype`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NumberType {
    pub element: ElementType,
    pub big_endian: bool,
}

impl NumberType {
    /// From a text such as `f8`, `<f4` or `|b1`.
    pub fn parse(text: &str) -> Option<Self> {
        let (big_endian, code) = match text.as_bytes().first()? {
            b'>' => (true, &text[1..]),
            b'<' | b'|' | b'=' => (false, &text[1..]),
            _ => (false, text),
        };
        let element = match code {
            "f8" => ElementType::Float64,
            "f4" => ElementType::Float32,
            "f2" => ElementType::Float16,
            "i8" => ElementType::Int64,
            "i4" => ElementType::Int32,
            "i2" => ElementType::Int16,
            "i1" => ElementType::Int8,
            "u1" => ElementType::UInt8,
            "b1" => ElementType::Bool,
            _ => return None,
        };
        Some(Self {
            element,
            big_endian,
        })
    }

    /// A single number.
    pub fn scalar(self, bytes: &[u8]) -> Result<Item, String> {
        let size = self.element.size();
        if bytes.len() != size {
            return Err(format!("a number of {size} bytes with {}", bytes.len()));
        }
        let mut bytes = bytes.to_vec();
        if self.big_endian {
            swap(&mut bytes, size);
        }
        let value = self.element.number(&bytes);
        Ok(match self.element {
            ElementType::Bool => Item::Bool(value != 0.0),
            // Integers of eight bytes may be larger than an f64 holds.
            ElementType::Int64 => {
                let mut word = [0; 8];
                word.copy_from_slice(&bytes);
                Item::Integer(i128::from(i64::from_le_bytes(word)))
            }
            ElementType::Int32 | ElementType::Int16 | ElementType::Int8 | ElementType::UInt8 => {
                Item::Integer(value as i128)
            }
            _ => Item::Float(value),
        })
    }

    /// An array whose bytes are there, in rows or (Fortran) in columns.
    pub fn array(
        self,
        shape: Vec<i128>,
        columns: bool,
        bytes: &Arc<Vec<u8>>,
    ) -> Result<Item, String> {
        let product = |sizes: &[i128]| {
            sizes
                .iter()
                .try_fold(1_i128, |product, &size| product.checked_mul(size))
                .ok_or_else(|| "an array with too many numbers".to_owned())
        };
        let needed = product(&shape)?.checked_mul(self.element.size() as i128);
        if needed != Some(bytes.len() as i128) {
            let (name, found) = (self.element.name(), bytes.len());
            return Err(format!("a {name} array of {shape:?} with {found} bytes"));
        }
        let strides = (0..shape.len())
            .map(|dimension| match columns {
                true => product(&shape[..dimension]),
                false => product(&shape[dimension + 1..]),
            })
            .collect::<Result<Vec<i128>, String>>()?;
        Ok(Item::Array(Arc::new(Array {
            layout: Layout {
                element: self.element,
                offset: 0,
                shape,
                strides,
            },
            big_endian: self.big_endian,
            bytes: Arc::clone(bytes),
        })))
    }
}

/// An array that is not copied out of the pickle yet.
pub(crate) struct Array {
    pub layout: Layout,
    pub big_endian: bool,
    pub bytes: Arc<Vec<u8>>,
}

impl Array {
    /// Bytes of the array.
    pub fn len(&self) -> u64 {
        self.bytes.len() as u64
    }

    /// The array as a tensor.
    pub fn tensor(&self) -> Result<Tensor, Fault> {
        let size = self.layout.element.size();
        let checked = self.layout.check((self.bytes.len() / size) as u64)?;
        Ok(checked.gather(&self.bytes, self.big_endian))
    }
}
