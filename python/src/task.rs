//! Tasks of one's own: other odours, and classes that odours share.

use kenyon_study::{OdourLabel, OdourResponses, Task};
use pyo3::prelude::*;
use pyo3::types::PyMapping;

use crate::arguments::entries;
use crate::errors::wrong;
use crate::values::numbers;

/// The task that a panel (responses by name of the odour) and labels (class by name of the odour) amount
/// to; `None` if every odour of the data is a class.
pub(crate) fn task(
    panel: Option<&Bound<'_, PyMapping>>,
    labels: Option<&Bound<'_, PyMapping>>,
) -> PyResult<Option<Task>> {
    let labels = labels.map(self::labels).transpose()?;
    let Some(panel) = panel else {
        return Ok(labels.map(Task::labels));
    };
    let odour = |(name, responses): (Bound<'_, PyAny>, Bound<'_, PyAny>)| -> PyResult<_> {
        let name: String = name.extract()?;
        let (shape, responses) = numbers(&format!("the panel's \"{name}\""), &responses)?;
        if shape.len() == 1 {
            Ok(OdourResponses { name, responses })
        } else {
            Err(wrong(format!(
                "the panel's \"{name}\" has the shape {shape:?}; it must be one response per channel"
            )))
        }
    };
    let odours: Vec<OdourResponses> = entries(Some(panel))?
        .into_iter()
        .map(odour)
        .collect::<PyResult<_>>()?;
    // Without names the channels are those of the circuit, in their order.
    Ok(Some(Task::Panel {
        file: None,
        channels: None,
        odours: Some(odours),
        normalised: true,
        labels_file: None,
        labels,
    }))
}

fn labels(labels: &Bound<'_, PyMapping>) -> PyResult<Vec<OdourLabel>> {
    let label = |(odour, label): (Bound<'_, PyAny>, Bound<'_, PyAny>)| -> PyResult<_> {
        Ok(OdourLabel {
            odour: odour.extract()?,
            label: label.str()?.extract()?,
        })
    };
    entries(Some(labels))?.into_iter().map(label).collect()
}
