//! The odours that a run tells apart.

use crate::file::Task;
use crate::{StudyError, samples};

/// Odours by class.
pub(crate) struct Classes {
    /// Normalised receptor responses, `[class][channel]`.
    pub templates: Vec<Vec<f64>>,
    /// Names of the classes.
    pub names: Vec<String>,
}

impl Task {
    /// Whether every seed of a run has odours of its own.
    #[must_use]
    pub fn depends_on_seed(&self) -> bool {
        !matches!(self, Self::Rows { .. })
    }

    /// The classes of a run, made of the panel.
    pub(crate) fn classes(
        &self,
        templates: &[Vec<f64>],
        names: &[String],
        seed: u64,
    ) -> Result<Classes, StudyError> {
        let rows = match self {
            Self::Rows { rows } => rows.clone(),
            Self::Subset { odours } => samples::odour_subset(*odours, templates.len(), seed)?,
            Self::WithSynthetic => {
                let synthetic = samples::synthetic_odours(templates, seed);
                let channels = templates.first().map_or(0, Vec::len);
                if synthetic.iter().any(|odour| odour.len() != channels) {
                    return Err(StudyError::Plan(format!(
                        "the synthetic odours have {} channels, but the data have {channels}",
                        synthetic[0].len()
                    )));
                }
                let numbered = (1..=synthetic.len()).map(|number| format!("synthetic {number}"));
                return Ok(Classes {
                    names: names.iter().cloned().chain(numbered).collect(),
                    templates: templates.iter().cloned().chain(synthetic).collect(),
                });
            }
        };
        let mut seen = vec![false; templates.len()];
        for &row in &rows {
            if row >= templates.len() || std::mem::replace(&mut seen[row], true) {
                return Err(StudyError::Plan(format!(
                    "the task names row {row} of the panel, which is not there or named twice; the \
                     rows are 0 to {}",
                    templates.len().saturating_sub(1)
                )));
            }
        }
        if rows.is_empty() {
            return Err(StudyError::Plan(
                "the task names no odour; name at least one row".to_owned(),
            ));
        }
        Ok(Classes {
            templates: rows.iter().map(|&row| templates[row].clone()).collect(),
            names: rows.iter().map(|&row| names[row].clone()).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn panel() -> (Vec<Vec<f64>>, Vec<String>) {
        let templates = (0..28).map(|row| vec![f64::from(row) / 28.0; 21]).collect();
        (templates, (0..28).map(|row| row.to_string()).collect())
    }

    #[test]
    fn rows_are_taken_in_order() {
        let (templates, names) = panel();
        let task = Task::Rows {
            rows: vec![5, 0, 27],
        };
        let classes = task.classes(&templates, &names, 42).expect("rows");
        assert_eq!(classes.names, ["5", "0", "27"]);
        assert_eq!(classes.templates[2], templates[27]);
        for rows in [vec![28], vec![1, 1], vec![]] {
            assert!(Task::Rows { rows }.classes(&templates, &names, 42).is_err());
        }
    }

    #[test]
    fn published_tasks_have_the_sizes_of_figure_s4() {
        let (templates, names) = panel();
        let size = |task: Task| {
            let classes = task.classes(&templates, &names, 43).expect("a task");
            assert_eq!(classes.templates.len(), classes.names.len());
            classes.templates.len()
        };
        assert_eq!(size(Task::Subset { odours: 7 }), 7);
        assert_eq!(size(Task::Subset { odours: 14 }), 14);
        assert_eq!(size(Task::WithSynthetic), 56);
    }
}
