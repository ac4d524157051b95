//! The allow-list: classes and functions that build plain values.

use crate::tensor::ElementType;

/// What a pickle may refer to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Global {
    /// `collections.OrderedDict`.
    OrderedDictionary,
    /// `torch._utils._rebuild_tensor_v2`.
    RebuildTensor,
    /// `torch._utils._rebuild_parameter`.
    RebuildParameter,
    /// `torch.FloatStorage` and its like.
    Storage(ElementType),
    /// `torch.Size`.
    Size,
    /// `torch.device`.
    Device,
    /// `torch.float32` and its like; kept as a text.
    ElementType(ElementType),
    /// `numpy.dtype`.
    NumberType,
    /// `numpy.ndarray`; only an argument.
    ArrayClass,
    /// `numpy.core.multiarray.scalar`.
    Scalar,
    /// `numpy.core.multiarray._reconstruct`.
    Reconstruct,
    /// `numpy.core.numeric._frombuffer`.
    FromBuffer,
    /// `_codecs.encode`, with which older protocols write bytes.
    Encode,
    /// `bytes`, of which only the empty ones are written so.
    Bytes,
}

const ELEMENTS: [ElementType; 10] = [
    ElementType::Float64,
    ElementType::Float32,
    ElementType::Float16,
    ElementType::BFloat16,
    ElementType::Int64,
    ElementType::Int32,
    ElementType::Int16,
    ElementType::Int8,
    ElementType::UInt8,
    ElementType::Bool,
];

impl Global {
    /// The entry of the allow-list, if there is one.
    pub fn find(module: &str, name: &str) -> Option<Self> {
        Some(match (module, name) {
            ("collections", "OrderedDict") => Self::OrderedDictionary,
            ("torch._utils", "_rebuild_tensor_v2") => Self::RebuildTensor,
            ("torch._utils", "_rebuild_parameter") => Self::RebuildParameter,
            ("torch", "Size") => Self::Size,
            ("torch", "device") => Self::Device,
            ("torch", name) => {
                let element = ELEMENTS.into_iter().find(|it| it.name() == name);
                match (ElementType::of_storage(name), element) {
                    (Some(element), _) => Self::Storage(element),
                    (None, element) => Self::ElementType(element?),
                }
            }
            ("numpy", "dtype") => Self::NumberType,
            ("numpy", "ndarray") => Self::ArrayClass,
            ("numpy.core.multiarray" | "numpy._core.multiarray", "scalar") => Self::Scalar,
            ("numpy.core.multiarray" | "numpy._core.multiarray", "_reconstruct") => {
                Self::Reconstruct
            }
            ("numpy.core.numeric" | "numpy._core.numeric", "_frombuffer") => Self::FromBuffer,
            ("_codecs", "encode") => Self::Encode,
            ("builtins" | "__builtin__", "bytes") => Self::Bytes,
            _ => return None,
        })
    }

    /// The type of number that is named, if one is.
    pub fn element(self) -> Option<ElementType> {
        match self {
            Self::ElementType(element) => Some(element),
            _ => None,
        }
    }
}
