//! What identifies a run: the hash of everything that determines its bytes.

use serde::Serialize;
use sha2::{Digest, Sha256};

/// Hash of the sources that training depends on (data, engine, learning).
pub const TRAINING_CODE: &str = env!("KENYON_TRAINING_CODE");
/// Hash of the sources that the metrics recorded during training depend on besides [`TRAINING_CODE`].
pub const MONITOR_CODE: &str = env!("KENYON_MONITOR_CODE");
/// Hash of the sources that metrics depend on besides [`TRAINING_CODE`].
pub const ANALYSIS_CODE: &str = env!("KENYON_ANALYSIS_CODE");

/// SHA-256 of the JSON of a value; fields are written in the order of their declaration.
pub(crate) fn hash_of(value: &impl Serialize) -> Result<String, serde_json::Error> {
    let bytes = serde_json::to_vec(value)?;
    Ok(Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect())
}
