//! Pathways: one file per mechanism, with equations, step and adjoint.

pub(crate) mod chemical;
pub(crate) mod gap_junction;
pub(crate) mod instantaneous;
