//! What a run tells apart, as it is stored with its model.

use serde::{Deserialize, Serialize};

/// Odours, and the classes they belong to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskDescription {
    /// Names of the classes, in the order of the decoder's outputs.
    pub classes: Vec<String>,
    /// The odours.
    pub odours: Vec<DescribedOdour>,
    /// Time courses of these odours, if they are what is told apart: a file of labelled courses (TOML)
    /// without comments.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub courses: Option<String>,
}

/// An odour of a task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DescribedOdour {
    /// Its name.
    pub name: String,
    /// Index of its class; `None` if time courses of the odours are told apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<usize>,
    /// Normalised responses of the receptor channels.
    pub template: Vec<f64>,
}

impl TaskDescription {
    /// The class of every odour; `None` unless all have one.
    #[must_use]
    pub fn labels(&self) -> Option<Vec<usize>> {
        self.odours.iter().map(|odour| odour.class).collect()
    }

    /// The templates, `[odour][channel]`.
    #[must_use]
    pub fn templates(&self) -> Vec<Vec<f64>> {
        let templates = self.odours.iter().map(|odour| odour.template.clone());
        templates.collect()
    }

    /// Names of the odours.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.odours.iter().map(|odour| odour.name.clone()).collect()
    }
}
