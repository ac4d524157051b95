//! Tensors: numbers in rows, whatever they looked like in the file.

use std::sync::Arc;

use crate::Fault;

/// The type of a tensor's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ElementType {
    /// `torch.float64`.
    Float64,
    /// `torch.float32`.
    Float32,
    /// `torch.float16`.
    Float16,
    /// `torch.bfloat16`.
    BFloat16,
    /// `torch.int64`.
    Int64,
    /// `torch.int32`.
    Int32,
    /// `torch.int16`.
    Int16,
    /// `torch.int8`.
    Int8,
    /// `torch.uint8`.
    UInt8,
    /// `torch.bool`.
    Bool,
}

impl ElementType {
    /// The type of a storage class such as `FloatStorage`.
    pub(crate) fn of_storage(class: &str) -> Option<Self> {
        Some(match class {
            "DoubleStorage" => Self::Float64,
            "FloatStorage" => Self::Float32,
            "HalfStorage" => Self::Float16,
            "BFloat16Storage" => Self::BFloat16,
            "LongStorage" => Self::Int64,
            "IntStorage" => Self::Int32,
            "ShortStorage" => Self::Int16,
            "CharStorage" => Self::Int8,
            "ByteStorage" => Self::UInt8,
            "BoolStorage" => Self::Bool,
            _ => return None,
        })
    }

    /// Bytes of one number.
    #[must_use]
    pub const fn size(self) -> usize {
        match self {
            Self::Float64 | Self::Int64 => 8,
            Self::Float32 | Self::Int32 => 4,
            Self::Float16 | Self::BFloat16 | Self::Int16 => 2,
            Self::Int8 | Self::UInt8 | Self::Bool => 1,
        }
    }

    /// The name in PyTorch, such as `float32`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Float64 => "float64",
            Self::Float32 => "float32",
            Self::Float16 => "float16",
            Self::BFloat16 => "bfloat16",
            Self::Int64 => "int64",
            Self::Int32 => "int32",
            Self::Int16 => "int16",
            Self::Int8 => "int8",
            Self::UInt8 => "uint8",
            Self::Bool => "bool",
        }
    }

    /// One number from its little-endian bytes; integers beyond 2^53 are rounded.
    pub(crate) fn number(self, bytes: &[u8]) -> f64 {
        let mut wide = [0; 8];
        for (to, &from) in wide.iter_mut().zip(bytes) {
            *to = from;
        }
        let word = u64::from_le_bytes(wide);
        match self {
            Self::Float64 => f64::from_bits(word),
            Self::Float32 => f64::from(f32::from_bits(word as u32)),
            Self::Float16 => half(word as u16),
            // The upper half of a float32.
            Self::BFloat16 => f64::from(f32::from_bits((word as u32) << 16)),
            Self::Int64 => word as i64 as f64,
            Self::Int32 => f64::from(word as u32 as i32),
            Self::Int16 => f64::from(word as u16 as i16),
            Self::Int8 => f64::from(word as u8 as i8),
            Self::UInt8 => f64::from(word as u8),
            Self::Bool => f64::from(u8::from(word != 0)),
        }
    }
}

/// A number of 16 bits: sign, 5 bits of exponent, 10 bits of fraction.
fn half(bits: u16) -> f64 {
    let fraction = f64::from(bits & 0x3ff);
    let magnitude = match (bits >> 10) & 0x1f {
        0 => fraction * 2.0_f64.powi(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        exponent => (1024.0 + fraction) * 2.0_f64.powi(i32::from(exponent) - 25),
    };
    if bits >> 15 == 1 {
        -magnitude
    } else {
        magnitude
    }
}

/// An array of numbers in row-major order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tensor {
    shape: Vec<usize>,
    element: ElementType,
    /// Shared with other tensors that are the whole of the same storage.
    bytes: Arc<Vec<u8>>,
}

impl Tensor {
    /// The size of each dimension; empty for a single number.
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The type of the numbers.
    #[must_use]
    pub const fn element(&self) -> ElementType {
        self.element
    }

    /// Number of numbers.
    #[must_use]
    pub fn len(&self) -> usize {
        self.bytes.len() / self.element.size()
    }

    /// Whether there is no number.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The numbers, little endian, in row-major order.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The numbers as `f64`, in row-major order. All but integers beyond 2^53 are exact.
    #[must_use]
    pub fn to_f64(&self) -> Vec<f64> {
        self.bytes
            .chunks_exact(self.element.size())
            .map(|bytes| self.element.number(bytes))
            .collect()
    }
}

/// How a tensor lies in its storage, as the file says it.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    pub element: ElementType,
    pub offset: i128,
    pub shape: Vec<i128>,
    pub strides: Vec<i128>,
}

/// More dimensions than any tensor of PyTorch has.
pub(crate) const MOST_DIMENSIONS: usize = 64;

/// A layout that has been compared with its storage.
pub(crate) struct Checked {
    element: ElementType,
    offset: usize,
    shape: Vec<usize>,
    strides: Vec<usize>,
    count: usize,
}

impl Layout {
    /// Checks that every number lies in a storage of `stored` numbers.
    pub fn check(&self, stored: u64) -> Result<Checked, Fault> {
        let fault = |problem: &str| Fault::Tensor {
            shape: self.shape.iter().copied().take(MOST_DIMENSIONS).collect(),
            problem: problem.to_owned(),
        };
        let positive = |values: &[i128]| -> Option<Vec<usize>> {
            values.iter().map(|&it| usize::try_from(it).ok()).collect()
        };
        if self.shape.len() != self.strides.len() {
            return Err(fault("its numbers of sizes and of strides differ"));
        }
        if self.shape.len() > MOST_DIMENSIONS {
            return Err(fault("it has too many dimensions"));
        }
        let (Some(shape), Some(strides), Ok(offset)) = (
            positive(&self.shape),
            positive(&self.strides),
            usize::try_from(self.offset),
        ) else {
            return Err(fault("a size, stride or offset is negative or too large"));
        };
        let empty = shape.contains(&0);
        let product = shape.iter().try_fold(1_usize, |product, &size| {
            product
                .checked_mul(size)
                .filter(|&it| it <= isize::MAX as usize / 8)
        });
        let count = match (empty, product) {
            (true, _) => 0,
            (false, Some(count)) => count,
            (false, None) => return Err(fault("it has too many numbers")),
        };
        let last = shape
            .iter()
            .zip(&strides)
            .try_fold(offset, |last, (&size, &stride)| {
                last.checked_add(size.saturating_sub(1).checked_mul(stride)?)
            });
        if !empty && last.is_none_or(|last| last as u64 >= stored) {
            return Err(fault("it reaches beyond the end of its storage"));
        }
        Ok(Checked {
            element: self.element,
            offset,
            shape,
            strides,
            count,
        })
    }
}

impl Checked {
    /// Whether the tensor is its whole storage, in order.
    pub fn is_whole(&self, stored: u64) -> bool {
        let mut expected = 1;
        let ordered = self.shape.iter().zip(&self.strides).rev();
        let in_order = ordered.fold(true, |so_far, (&size, &stride)| {
            let fits = size == 1 || stride == expected;
            expected *= size;
            so_far && fits
        });
        self.offset == 0 && self.count as u64 == stored && in_order
    }

    /// Bytes of the tensor when it is copied out of its storage.
    pub fn bytes(&self) -> u64 {
        (self.count * self.element.size()) as u64
    }

    /// The tensor as the whole of `storage`, which is shared.
    pub fn share(self, storage: &Arc<Vec<u8>>) -> Tensor {
        Tensor {
            shape: self.shape,
            element: self.element,
            bytes: Arc::clone(storage),
        }
    }

    /// The tensor copied out of its storage, row by row.
    pub fn gather(self, storage: &[u8], big_endian: bool) -> Tensor {
        let size = self.element.size();
        let mut bytes = Vec::with_capacity(self.count * size);
        let mut index = vec![0_usize; self.shape.len()];
        let mut at = self.offset;
        for _ in 0..self.count {
            bytes.extend_from_slice(&storage[at * size..(at + 1) * size]);
            for dimension in (0..index.len()).rev() {
                index[dimension] += 1;
                at += self.strides[dimension];
                if index[dimension] < self.shape[dimension] {
                    break;
                }
                at -= self.strides[dimension] * self.shape[dimension];
                index[dimension] = 0;
            }
        }
        if big_endian {
            swap(&mut bytes, size);
        }
        Tensor {
            shape: self.shape,
            element: self.element,
            bytes: Arc::new(bytes),
        }
    }
}

/// Turns big-endian numbers into little-endian ones.
pub(crate) fn swap(bytes: &mut [u8], size: usize) {
    for number in bytes.chunks_exact_mut(size) {
        number.reverse();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_precision_numbers_are_those_of_the_standard() {
        for (bits, value) in [
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x7bff, 65504.0),
            (0x0001, 2.0_f64.powi(-24)),
            (0x0400, 2.0_f64.powi(-14)),
            (0x3555, 0.333_251_953_125),
            (0x8000, -0.0),
        ] {
            assert_eq!(half(bits).to_bits(), f64::to_bits(value), "{bits:04x}");
        }
        assert!(half(0x7c00).is_infinite() && half(0x7e00).is_nan());
    }

    fn layout(offset: i128, shape: &[i128], strides: &[i128]) -> Layout {
        Layout {
            element: ElementType::UInt8,
            offset,
            shape: shape.to_vec(),
            strides: strides.to_vec(),
        }
    }

    #[test]
    fn strides_are_followed() {
        let storage: Vec<u8> = (0..12).collect();
        let read = |offset, shape: &[i128], strides: &[i128]| {
            let checked = layout(offset, shape, strides).check(12).expect("it fits");
            checked.gather(&storage, false).bytes().to_vec()
        };
        assert_eq!(read(0, &[3, 2], &[1, 6]), [0, 6, 1, 7, 2, 8]);
        assert_eq!(read(5, &[], &[]), [5]);
        assert_eq!(read(3, &[4], &[0]), [3, 3, 3, 3]);
        assert_eq!(read(0, &[2, 0, 3], &[0, 1, 1]), [0; 0]);
        assert_eq!(read(1, &[2, 2, 2], &[6, 2, 1]), [1, 2, 3, 4, 7, 8, 9, 10]);
    }

    #[test]
    fn nothing_outside_the_storage_is_read() {
        let large = i128::from(u64::MAX);
        for (offset, shape, strides) in [
            (0, vec![13], vec![1]),
            (12, vec![], vec![]),
            (0, vec![2], vec![12]),
            (-1, vec![1], vec![1]),
            (0, vec![2], vec![-1]),
            (0, vec![large, large], vec![0, 0]),
            (0, vec![2, 2], vec![large, large]),
            (large, vec![2], vec![1]),
            (0, vec![1 << 62, 8], vec![0, 0]),
            (0, vec![2], vec![]),
            (0, vec![1; 65], vec![1; 65]),
        ] {
            assert!(
                layout(offset, &shape, &strides).check(12).is_err(),
                "{shape:?} {strides:?}"
            );
        }
    }

    #[test]
    fn only_the_whole_storage_in_order_is_shared() {
        let whole = |offset, shape: &[i128], strides: &[i128]| {
            let checked = layout(offset, shape, strides).check(12).expect("it fits");
            checked.is_whole(12)
        };
        assert!(whole(0, &[3, 4], &[4, 1]) && whole(0, &[3, 1, 4], &[4, 9, 1]));
        assert!(!whole(0, &[3, 4], &[1, 3]) && !whole(0, &[11], &[1]) && !whole(1, &[11], &[1]));
    }
}
