//! Tasks of one's own: other odours, classes that odours share, and time courses.

use std::path::{Path, PathBuf};

use kenyon_study::{OdourLabel, OdourResponses, Task};
use pyo3::prelude::*;
use pyo3::types::PyMapping;

use crate::arguments::entries;
use crate::course::Course;
use crate::errors::{argument, study, wrong};
use crate::values::numbers;

/// The task that a panel (responses by name of the odour), labels (class by name of the odour) and time
/// courses (a file, or courses by class) amount to; `None` if every odour of the data is a class.
pub(crate) fn task(
    panel: Option<&Bound<'_, PyMapping>>,
    labels: Option<&Bound<'_, PyMapping>>,
    courses: Option<&Bound<'_, PyAny>>,
) -> PyResult<Option<Task>> {
    let odours = of_odours(panel, labels)?;
    let Some(courses) = courses else {
        return Ok(odours);
    };
    let mut task = match courses.extract::<PathBuf>() {
        Ok(file) => Task::courses(&file, odours),
        Err(_) => Task::Courses {
            file: None,
            courses: Some(labelled(courses)?),
            odours: odours.map(Box::new),
        },
    };
    task.read_tables(Path::new("")).map_err(study)?;
    Ok(Some(task))
}

/// The file that courses by class amount to.
fn labelled(courses: &Bound<'_, PyAny>) -> PyResult<String> {
    let by_class = courses.cast::<PyMapping>().map_err(|_| {
        wrong("courses must be a file, or a dictionary of courses (one or a list) by class")
    })?;
    let mut stimuli = toml::value::Array::new();
    let mut duration = None;
    for (class, own) in entries(Some(by_class))? {
        let class: String = class.str()?.extract()?;
        let own = match own.extract::<PyRef<'_, Course>>() {
            Ok(one) => vec![one],
            Err(_) => own.extract().map_err(|_| {
                wrong(format!(
                    "courses[\"{class}\"] must be a kenyon.Course, or a list of them"
                ))
            })?,
        };
        if own.is_empty() {
            return Err(wrong(format!("courses[\"{class}\"] is empty")));
        }
        for course in own {
            let mut table: toml::Table = course.to_toml()?.parse().map_err(argument)?;
            let own = table.remove("duration_ms").and_then(|it| {
                let whole = it.as_integer().map(|it| it as f64);
                it.as_float().or(whole)
            });
            let own = own.ok_or_else(|| {
                wrong(format!(
                    "a course of courses[\"{class}\"] has no duration_ms"
                ))
            })?;
            if *duration.get_or_insert(own) != own {
                return Err(wrong("the courses of a task must be equally long"));
            }
            if table.contains_key("window") {
                return Err(wrong(format!(
                    "a course of courses[\"{class}\"] has windows; tasks are decided by the whole trial"
                )));
            }
            table.insert("class".to_owned(), class.clone().into());
            stimuli.push(table.into());
        }
    }
    let mut file = toml::Table::new();
    if let Some(duration) = duration {
        file.insert("duration_ms".to_owned(), duration.into());
    }
    file.insert("stimulus".to_owned(), stimuli.into());
    Ok(file.to_string())
}

fn of_odours(
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
