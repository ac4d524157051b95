//! How far a study is, from the files alone: nothing is locked, read or trusted beyond their names.

use serde::{Deserialize, Serialize};

use crate::plan::Plan;

/// How far a unit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Progress {
    /// Nothing is there.
    Open,
    /// The training has begun.
    Begun,
    /// The student is trained, some measurement is missing.
    Trained,
    /// Everything is there.
    Measured,
}

/// A unit and how far it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitStatus {
    /// The unit.
    pub unit: String,
    /// Its folder below the study's.
    pub folder: String,
    /// How far it is.
    pub progress: Progress,
}

/// How far each unit of a study is, in order.
#[must_use]
pub fn status(plan: &Plan) -> Vec<UnitStatus> {
    plan.units
        .iter()
        .map(|unit| {
            let folder = plan.folder.join(&unit.folder);
            let there = |file: &str| folder.join(file).exists();
            let measurements = &plan.experiment_of(unit).measurements;
            let progress = if !there("run.json") {
                Progress::Open
            } else if !there("model.safetensors") {
                Progress::Begun
            } else if measurements
                .iter()
                .all(|(name, _)| there(&format!("{name}.json")))
            {
                Progress::Measured
            } else {
                Progress::Trained
            };
            UnitStatus {
                unit: unit.id.clone(),
                folder: unit.folder.clone(),
                progress,
            }
        })
        .collect()
}
