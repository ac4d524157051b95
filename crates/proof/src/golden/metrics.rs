//! Stub.
use super::{Deviation, GoldenError, Vectors};
pub(crate) fn verify(_: &Vectors) -> Result<Vec<Deviation>, GoldenError> { Ok(Vec::new()) }
