//! Tensors and header to bytes and back.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use kenyon_circuit::{ParameterGroup, Precision};
use safetensors::tensor::{Dtype, SafeTensorError, SafeTensors, TensorView};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{CheckpointError, FORMAT, Header, Kind, StoredGroup};

/// The only metadata entry: with more than one, their order in the file would be random.
const METADATA_KEY: &str = "kenyon";

/// Length of the field that starts a safetensors file: the length of its header, little endian.
const LENGTH_FIELD: usize = 8;

/// Longest header the safetensors format allows; a longer one means another kind of file.
const LONGEST_HEADER: u64 = 100_000_000;

#[derive(Serialize, Deserialize)]
struct Envelope {
    content_sha256: String,
    header: Header,
}

/// A tensor as it stands in the file.
pub(super) struct Tensor {
    name: String,
    shape: Vec<usize>,
    dtype: Dtype,
    bytes: Vec<u8>,
    finite: bool,
}

const fn dtype(precision: Precision) -> Dtype {
    match precision {
        Precision::Single => Dtype::F32,
        Precision::Double => Dtype::F64,
    }
}

impl Tensor {
    /// The values of `group` in a vector laid out like the parameters.
    pub(super) fn new(
        name: String,
        group: &ParameterGroup,
        precision: Precision,
        values: &[f64],
    ) -> Self {
        let values = &values[group.range.clone()];
        let bytes = match precision {
            Precision::Single => values
                .iter()
                .flat_map(|&value| (value as f32).to_le_bytes())
                .collect(),
            Precision::Double => values
                .iter()
                .flat_map(|value| value.to_le_bytes())
                .collect(),
        };
        // After rounding: a double beyond the range of single precision would become infinite.
        let finite = values
            .iter()
            .all(|&value| precision.round(value).is_finite());
        Self {
            name,
            shape: group.shape.clone(),
            dtype: dtype(precision),
            bytes,
            finite,
        }
    }

    /// Adds name, type, shape and bytes to a hash, such that no two tensors give the same input.
    pub(super) fn add_to(&self, hash: &mut Sha256) {
        hash_tensor(hash, &self.name, self.dtype, &self.shape, &self.bytes);
    }
}

fn hash_tensor(hash: &mut Sha256, name: &str, dtype: Dtype, shape: &[usize], bytes: &[u8]) {
    let sizes: Vec<String> = shape.iter().map(ToString::to_string).collect();
    hash.update(format!(
        "{}:{name}:{dtype:?}:[{}]:",
        name.len(),
        sizes.join(",")
    ));
    hash.update(bytes);
}

/// The digest as lower-case hexadecimal digits.
pub(super) fn hexadecimal(hash: Sha256) -> String {
    hash.finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Hash of the header and of all tensors in order of their names.
fn content_hash<'a>(
    header: &Header,
    tensors: impl Iterator<Item = (&'a str, Dtype, &'a [usize], &'a [u8])>,
) -> Result<String, serde_json::Error> {
    let sorted: BTreeMap<&str, _> = tensors
        .map(|(name, dtype, shape, bytes)| (name, (dtype, shape, bytes)))
        .collect();
    let mut hash = Sha256::new();
    hash.update(serde_json::to_string(header)?);
    for (name, (dtype, shape, bytes)) in sorted {
        hash_tensor(&mut hash, name, dtype, shape, bytes);
    }
    Ok(hexadecimal(hash))
}

pub(super) fn encode(
    header: &Header,
    tensors: &[Tensor],
    file: &Path,
) -> Result<Vec<u8>, CheckpointError> {
    if let Some(bad) = tensors.iter().find(|tensor| !tensor.finite) {
        return Err(CheckpointError::NotFinite {
            file: file.to_owned(),
            tensor: bad.name.clone(),
        });
    }
    let unwritable = |reason: String| CheckpointError::BadHeader {
        file: file.to_owned(),
        reason,
    };
    let parts = tensors
        .iter()
        .map(|tensor| (&*tensor.name, tensor.dtype, &*tensor.shape, &*tensor.bytes));
    let content_sha256 =
        content_hash(header, parts).map_err(|error| unwritable(error.to_string()))?;
    let envelope = Envelope {
        content_sha256,
        header: header.clone(),
    };
    let text = serde_json::to_string(&envelope).map_err(|error| unwritable(error.to_string()))?;
    let mut views = Vec::with_capacity(tensors.len());
    for tensor in tensors {
        let view = TensorView::new(tensor.dtype, tensor.shape.clone(), &tensor.bytes)
            .map_err(|error| unwritable(error.to_string()))?;
        views.push((tensor.name.as_str(), view));
    }
    let metadata = HashMap::from([(METADATA_KEY.to_owned(), text)]);
    safetensors::serialize(views, Some(metadata)).map_err(|error| unwritable(error.to_string()))
}

/// A file whose format, kind and hash are right; its tensors are still to be taken.
pub(super) struct Content<'a> {
    pub header: Header,
    file: PathBuf,
    tensors: BTreeMap<String, TensorView<'a>>,
}

pub(super) fn decode<'a>(
    bytes: &'a [u8],
    file: &Path,
    kind: Kind,
) -> Result<Content<'a>, CheckpointError> {
    check_length(bytes, file)?;
    let not_safetensors = |error: SafeTensorError| match error {
        SafeTensorError::MetadataIncompleteBuffer => CheckpointError::Truncated {
            file: file.to_owned(),
        },
        other => CheckpointError::NotSafetensors {
            file: file.to_owned(),
            reason: other.to_string(),
        },
    };
    let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(not_safetensors)?;
    let tensors = SafeTensors::deserialize(bytes).map_err(not_safetensors)?;
    let text = metadata
        .metadata()
        .as_ref()
        .and_then(|entries| entries.get(METADATA_KEY));
    let Envelope {
        content_sha256,
        header,
    } = read_envelope(text, file, kind)?;
    let tensors: BTreeMap<String, TensorView<'_>> = tensors.tensors().into_iter().collect();
    let parts = tensors
        .iter()
        .map(|(name, view)| (&**name, view.dtype(), view.shape(), view.data()));
    let found = content_hash(&header, parts).map_err(|error| CheckpointError::BadHeader {
        file: file.to_owned(),
        reason: error.to_string(),
    })?;
    if found != content_sha256 {
        let (file, expected) = (file.to_owned(), content_sha256);
        return Err(CheckpointError::HashMismatch {
            file,
            expected,
            found,
        });
    }
    Ok(Content {
        header,
        file: file.to_owned(),
        tensors,
    })
}

/// Tells a file that was cut off from one that is something else altogether.
fn check_length(bytes: &[u8], file: &Path) -> Result<(), CheckpointError> {
    let truncated = || CheckpointError::Truncated {
        file: file.to_owned(),
    };
    let field = bytes.first_chunk::<LENGTH_FIELD>().ok_or_else(truncated)?;
    let header = u64::from_le_bytes(*field);
    if header > LONGEST_HEADER {
        let reason = "it does not start with the length of a header".to_owned();
        return Err(CheckpointError::NotSafetensors {
            file: file.to_owned(),
            reason,
        });
    }
    if header > (bytes.len() - LENGTH_FIELD) as u64 {
        Err(truncated())
    } else {
        Ok(())
    }
}

fn read_envelope(
    text: Option<&String>,
    file: &Path,
    kind: Kind,
) -> Result<Envelope, CheckpointError> {
    /// Read first, so that files of another version are named as such.
    #[derive(Deserialize)]
    struct Loose {
        header: LooseHeader,
    }
    #[derive(Deserialize)]
    struct LooseHeader {
        format: u64,
        kind: Kind,
    }
    let bad = |reason: String| CheckpointError::BadHeader {
        file: file.to_owned(),
        reason,
    };
    let text = text.ok_or_else(|| bad(format!("it has no metadata entry \"{METADATA_KEY}\"")))?;
    let loose: Loose = serde_json::from_str(text).map_err(|error| bad(error.to_string()))?;
    if loose.header.format != u64::from(FORMAT) {
        return Err(CheckpointError::UnsupportedFormat {
            file: file.to_owned(),
            found: loose.header.format,
            supported: FORMAT,
        });
    }
    let envelope: Envelope = serde_json::from_str(text).map_err(|error| bad(error.to_string()))?;
    if loose.header.kind != kind {
        let found = loose.header.kind;
        return Err(CheckpointError::WrongKind {
            file: file.to_owned(),
            expected: kind,
            found,
        });
    }
    let header = &envelope.header;
    if header.epoch != header.history.epochs.len() {
        return Err(bad(format!(
            "it claims {} epochs but records {}",
            header.epoch,
            header.history.epochs.len()
        )));
    }
    if header.steps.is_some() != (kind == Kind::Checkpoint) {
        return Err(bad("only checkpoints have a step count".to_owned()));
    }
    Ok(envelope)
}

fn singles(bytes: &[u8]) -> impl Iterator<Item = f64> {
    let chunks = bytes.as_chunks().0.iter();
    chunks.map(|bytes| f64::from(f32::from_le_bytes(*bytes)))
}

fn doubles(bytes: &[u8]) -> impl Iterator<Item = f64> {
    let chunks = bytes.as_chunks().0.iter();
    chunks.map(|bytes| f64::from_le_bytes(*bytes))
}

impl Content<'_> {
    /// Takes the tensor `name`, which must have the shape of `group`, into the group's place.
    pub(super) fn take(
        &mut self,
        name: &str,
        group: &ParameterGroup,
        precision: Precision,
        values: &mut [f64],
    ) -> Result<(), CheckpointError> {
        let (file, tensor) = (self.file.clone(), name.to_owned());
        let Some(view) = self.tensors.remove(name) else {
            return Err(CheckpointError::MissingTensor { file, tensor });
        };
        if view.shape() != group.shape {
            let (expected, found) = (group.shape.clone(), view.shape().to_vec());
            return Err(CheckpointError::WrongShape {
                file,
                tensor,
                expected,
                found,
            });
        }
        if view.dtype() != dtype(precision) {
            let expected = format!("{:?}", dtype(precision));
            let found = format!("{:?}", view.dtype());
            return Err(CheckpointError::WrongType {
                file,
                tensor,
                expected,
                found,
            });
        }
        let places = &mut values[group.range.clone()];
        match precision {
            Precision::Single => {
                for (place, value) in places.iter_mut().zip(singles(view.data())) {
                    *place = value;
                }
            }
            Precision::Double => {
                for (place, value) in places.iter_mut().zip(doubles(view.data())) {
                    *place = value;
                }
            }
        }
        if places.iter().any(|value| !value.is_finite()) {
            return Err(CheckpointError::NotFinite { file, tensor });
        }
        Ok(())
    }

    /// All tensors as parameter groups.
    pub(super) fn groups(&self) -> Result<Vec<StoredGroup>, CheckpointError> {
        let group = |(name, view): (&String, &TensorView<'_>)| {
            let (file, tensor) = (self.file.clone(), name.clone());
            let values: Vec<f64> = match view.dtype() {
                Dtype::F32 => singles(view.data()).collect(),
                Dtype::F64 => doubles(view.data()).collect(),
                other => {
                    let (expected, found) = ("F32 or F64".to_owned(), format!("{other:?}"));
                    return Err(CheckpointError::WrongType {
                        file,
                        tensor,
                        expected,
                        found,
                    });
                }
            };
            if values.iter().any(|value| !value.is_finite()) {
                return Err(CheckpointError::NotFinite { file, tensor });
            }
            Ok(StoredGroup {
                name: tensor,
                shape: view.shape().to_vec(),
                values,
            })
        };
        self.tensors.iter().map(group).collect()
    }

    /// Every tensor must have been taken.
    pub(super) fn finish(&self) -> Result<(), CheckpointError> {
        match self.tensors.keys().next() {
            None => Ok(()),
            Some(tensor) => Err(CheckpointError::UnknownTensor {
                file: self.file.clone(),
                tensor: tensor.clone(),
            }),
        }
    }
}
