//! The odours that a run tells apart, and the classes they belong to.

use std::path::Path;

use kenyon_circuit::Circuit;
use kenyon_connectome::{OdourPanel, ReceptorMapping};
use kenyon_learning::{DescribedOdour, TaskDescription};

use crate::file::Task;
use crate::table::{OdourLabel, OdourResponses, PanelTable, TableError, read_labels, shown, text};
use crate::{StudyError, courses, samples};

/// What errors call tables that stand in a study file.
const INLINE: &str = "the task";

/// Odours that are not those of the panel as it is: normalised receptor responses and names, row by row.
pub(crate) struct Rows {
    /// Normalised receptor responses, `[odour][channel]`.
    pub templates: Vec<Vec<f64>>,
    /// Names of the odours.
    pub names: Vec<String>,
}

impl Task {
    /// Labels for the panel of the data.
    #[must_use]
    pub fn labels(labels: Vec<OdourLabel>) -> Self {
        Self::Labels {
            file: None,
            labels: Some(labels),
        }
    }

    /// A panel of one's own, with labels or every odour a class of its own.
    #[must_use]
    pub fn panel(panel: PanelTable, normalised: bool, labels: Option<Vec<OdourLabel>>) -> Self {
        Self::Panel {
            file: None,
            channels: Some(panel.channels),
            odours: Some(panel.odours),
            normalised,
            labels_file: None,
            labels,
        }
    }

    /// Time courses in a file, of the odours of a panel of one's own or of the data.
    #[must_use]
    pub fn courses(file: &Path, odours: Option<Self>) -> Self {
        Self::Courses {
            file: Some(file.to_owned()),
            courses: None,
            odours: odours.map(Box::new),
        }
    }

    /// Whether every seed of a run has odours of its own.
    #[must_use]
    pub fn depends_on_seed(&self) -> bool {
        match self {
            Self::Subset { .. } | Self::WithSynthetic => true,
            Self::Courses { odours, .. } => odours.as_deref().is_some_and(Self::depends_on_seed),
            Self::Rows { .. } | Self::Labels { .. } | Self::Panel { .. } => false,
        }
    }

    /// Puts the content of tables in place of their names, which are relative to `folder`.
    ///
    /// # Errors
    /// Files that cannot be read or are not what they should be.
    pub fn read_tables(&mut self, folder: &Path) -> Result<(), StudyError> {
        let twice = |what: &str| {
            StudyError::Plan(format!(
                "a task has its {what} both in a file and in the study; leave one out"
            ))
        };
        let labels_from =
            |file: &Path, labels: &mut Option<Vec<OdourLabel>>| -> Result<(), StudyError> {
                if labels.is_some() {
                    return Err(twice("labels"));
                }
                *labels = Some(read_labels(&folder.join(file))?);
                Ok(())
            };
        match self {
            Self::Rows { .. } | Self::Subset { .. } | Self::WithSynthetic => {}
            Self::Labels { file, labels } => {
                if let Some(file) = file.take() {
                    labels_from(&file, labels)?;
                }
            }
            Self::Panel {
                file,
                channels,
                odours,
                labels_file,
                labels,
                ..
            } => {
                if let Some(file) = file.take() {
                    if odours.is_some() || channels.is_some() {
                        return Err(twice("odours"));
                    }
                    let panel = PanelTable::read(&folder.join(file))?;
                    (*channels, *odours) = (Some(panel.channels), Some(panel.odours));
                }
                if let Some(file) = labels_file.take() {
                    labels_from(&file, labels)?;
                }
            }
            Self::Courses {
                file,
                courses,
                odours,
            } => {
                // The name of the file stays: faults that only a panel reveals name it too.
                if let Some(file) = file {
                    let text = text(&folder.join(file))?;
                    if courses.as_ref().is_some_and(|courses| *courses != text) {
                        return Err(twice("time courses"));
                    }
                    *courses = Some(text);
                }
                if let Some(odours) = odours {
                    odours.read_tables(folder)?;
                }
            }
        }
        Ok(())
    }

    /// Odours and classes of a run on data with this panel.
    ///
    /// # Errors
    /// Odours that are not there, named twice or without a label, a single class, and panels that do
    /// not fit the circuit.
    pub fn describe(
        &self,
        panel: &OdourPanel,
        mapping: ReceptorMapping,
        circuit: &Circuit,
        seed: u64,
    ) -> Result<TaskDescription, StudyError> {
        let of_data = || -> Result<Rows, StudyError> {
            Ok(Rows {
                templates: panel.templates(mapping)?,
                names: panel.odours.clone(),
            })
        };
        match self {
            Self::Rows { .. } | Self::Subset { .. } | Self::WithSynthetic => {
                let all = of_data()?;
                let rows = self.rows(&all.templates, &all.names, seed)?;
                Ok(describe(rows, None)?)
            }
            Self::Labels { labels, .. } => {
                let labels = labels.as_ref().ok_or_else(|| unread("labels"))?;
                Ok(describe(of_data()?, Some(labels))?)
            }
            Self::Panel {
                channels,
                odours,
                normalised,
                labels,
                ..
            } => {
                let odours = odours.as_ref().ok_or_else(|| unread("odours"))?;
                if mapping == ReceptorMapping::ByName {
                    let problem = "a panel of one's own drives the channels of the circuit itself; \
                                   leave the mapping by_name out";
                    return Err(TableError::table(INLINE, problem).into());
                }
                let order = columns(channels.as_deref(), odours, panel, circuit)?;
                let rows = own_rows(odours, &order, *normalised, panel)?;
                Ok(describe(rows, labels.as_deref())?)
            }
            Self::Courses {
                file,
                courses,
                odours,
            } => {
                let text = courses.as_ref().ok_or_else(|| unread("time courses"))?;
                let presented = match odours.as_deref() {
                    None => describe(of_data()?, None)?,
                    Some(odours) => {
                        odours.without_labels()?;
                        odours.describe(panel, mapping, circuit, seed)?
                    }
                };
                let table = file.as_deref().map_or_else(|| INLINE.to_owned(), shown);
                let step_s = circuit.time.step_s;
                Ok(courses::task(&presented, text, &panel.odours, step_s)
                    .map_err(courses::fault(&table))?)
            }
        }
    }

    /// Classes of time courses leave no meaning to classes of their odours.
    fn without_labels(&self) -> Result<(), StudyError> {
        let labelled = match self {
            Self::Labels { .. } | Self::Courses { .. } => true,
            Self::Panel {
                labels_file,
                labels,
                ..
            } => labels_file.is_some() || labels.is_some(),
            Self::Rows { .. } | Self::Subset { .. } | Self::WithSynthetic => false,
        };
        if labelled {
            let problem =
                "the odours of time courses have no labels, because the courses have classes";
            return Err(TableError::table(INLINE, problem).into());
        }
        Ok(())
    }

    /// The rows of a task that is made of the panel.
    pub(crate) fn rows(
        &self,
        templates: &[Vec<f64>],
        names: &[String],
        seed: u64,
    ) -> Result<Rows, StudyError> {
        let rows = match self {
            Self::Rows { rows } => rows.clone(),
            Self::Labels { .. } | Self::Panel { .. } | Self::Courses { .. } => {
                (0..templates.len()).collect()
            }
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
                return Ok(Rows {
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
        Ok(Rows {
            templates: rows.iter().map(|&row| templates[row].clone()).collect(),
            names: rows.iter().map(|&row| names[row].clone()).collect(),
        })
    }
}

fn unread(what: &str) -> StudyError {
    StudyError::Plan(format!(
        "a task names neither its {what} nor a file that was read"
    ))
}

/// The responses of odours of one's own as model input, columns in this order.
fn own_rows(
    odours: &[OdourResponses],
    order: &[usize],
    normalised: bool,
    panel: &OdourPanel,
) -> Result<Rows, TableError> {
    let fault = |odour: &OdourResponses, problem: String| {
        TableError::table(INLINE, format!("odour \"{}\": {problem}", odour.name))
    };
    let row = |odour: &OdourResponses| {
        if odour.responses.len() != order.len() {
            let (found, needed) = (odour.responses.len(), order.len());
            return Err(fault(
                odour,
                format!("it has {found} responses, but there are {needed} channels"),
            ));
        }
        order
            .iter()
            .map(|&column| {
                let value = odour.responses[column];
                if !value.is_finite() {
                    return Err(fault(odour, format!("the response {value} is no number")));
                }
                if !normalised {
                    return Ok(panel.normalise(value));
                }
                if (0.0..=1.0).contains(&value) {
                    return Ok(value);
                }
                Err(fault(
                    odour,
                    format!(
                        "the response {value} of column {} is not between 0 and 1; give rates in \
                         spikes/s without the mark that they are normalised",
                        column + 1
                    ),
                ))
            })
            .collect::<Result<Vec<f64>, _>>()
    };
    Ok(Rows {
        templates: odours.iter().map(row).collect::<Result<_, _>>()?,
        names: odours.iter().map(|odour| odour.name.clone()).collect(),
    })
}

/// The column of each channel of the circuit. Columns that are called like receptors of the data go to
/// their channels, in whatever order they stand; columns of other names go by position.
fn columns(
    names: Option<&[String]>,
    odours: &[OdourResponses],
    panel: &OdourPanel,
    circuit: &Circuit,
) -> Result<Vec<usize>, TableError> {
    let fault = |problem: String| Err(TableError::table(INLINE, problem));
    let channels = circuit.input.channels;
    let columns = match names {
        Some(names) => names.len(),
        None => odours.first().map_or(0, |odour| odour.responses.len()),
    };
    if columns != channels {
        return fault(format!(
            "the panel has {columns} channels, but the circuit \"{}\" has {channels}",
            circuit.name
        ));
    }
    let names = names.unwrap_or_default();
    let of_data = |name: &String| panel.receptors.contains(name);
    if channels != panel.receptors.len() || !names.iter().any(of_data) {
        return Ok((0..channels).collect());
    }
    if let Some(stranger) = names.iter().find(|name| !of_data(name)) {
        return fault(format!(
            "the data have no receptor \"{stranger}\"; they have {}",
            panel.receptors.join(", ")
        ));
    }
    let column = |receptor: &String| names.iter().position(|name| name == receptor);
    // As many names as receptors, all known: one that is missing means that another stands twice.
    match panel.receptors.iter().map(column).collect() {
        Some(order) => Ok(order),
        None => fault("two columns of the panel have the same name".to_owned()),
    }
}

/// Puts odours and labels together. Classes are numbered as they first appear among the odours, so the
/// order of a table of labels does not matter.
fn describe(rows: Rows, labels: Option<&[OdourLabel]>) -> Result<TaskDescription, TableError> {
    let fault = |problem: String| Err(TableError::table(INLINE, problem));
    let Rows { templates, names } = rows;
    for (index, name) in names.iter().enumerate() {
        if names[..index].contains(name) {
            return fault(format!(
                "two odours are called \"{name}\"; every name stands once"
            ));
        }
    }
    let of_odour: Vec<String> = match labels {
        None => names.clone(),
        Some(labels) => {
            let same = |one: &str, other: &str| one.to_lowercase() == other.to_lowercase();
            for (index, label) in labels.iter().enumerate() {
                let odour = &label.odour;
                if !names.iter().any(|name| same(name, odour)) {
                    return fault(format!(
                        "row {} of the labels: there is no odour \"{odour}\"; the odours are {}",
                        index + 1,
                        names.join(", ")
                    ));
                }
                if labels[..index]
                    .iter()
                    .any(|other| same(&other.odour, odour))
                {
                    return fault(format!(
                        "row {} of the labels: \"{odour}\" has a label already",
                        index + 1
                    ));
                }
            }
            let mut found = Vec::with_capacity(names.len());
            for name in &names {
                match labels.iter().find(|label| same(&label.odour, name)) {
                    Some(label) => found.push(label.label.clone()),
                    None => return fault(format!("the odour \"{name}\" has no label")),
                }
            }
            found
        }
    };
    let mut classes: Vec<String> = Vec::new();
    for label in &of_odour {
        if !classes.contains(label) {
            classes.push(label.clone());
        }
    }
    if labels.is_some() && classes.len() < 2 {
        return fault(format!(
            "all odours have the label \"{}\"; there is nothing to tell apart, give at least two",
            classes.first().map_or("", String::as_str)
        ));
    }
    let odours = (templates.into_iter().zip(names).zip(&of_odour))
        .map(|((template, name), label)| DescribedOdour {
            name,
            class: classes.iter().position(|class| class == label),
            template,
        })
        .collect();
    Ok(TaskDescription {
        classes,
        odours,
        courses: None,
    })
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
        let classes = task.rows(&templates, &names, 42).expect("rows");
        assert_eq!(classes.names, ["5", "0", "27"]);
        assert_eq!(classes.templates[2], templates[27]);
        for rows in [vec![28], vec![1, 1], vec![]] {
            assert!(Task::Rows { rows }.rows(&templates, &names, 42).is_err());
        }
    }

    #[test]
    fn published_tasks_have_the_sizes_of_figure_s4() {
        let (templates, names) = panel();
        let size = |task: Task| {
            let classes = task.rows(&templates, &names, 43).expect("a task");
            assert_eq!(classes.templates.len(), classes.names.len());
            classes.templates.len()
        };
        assert_eq!(size(Task::Subset { odours: 7 }), 7);
        assert_eq!(size(Task::Subset { odours: 14 }), 14);
        assert_eq!(size(Task::WithSynthetic), 56);
    }

    fn label(odour: &str, label: &str) -> OdourLabel {
        OdourLabel {
            odour: odour.to_owned(),
            label: label.to_owned(),
        }
    }

    fn three() -> Rows {
        Rows {
            templates: vec![vec![0.1], vec![0.2], vec![0.3]],
            names: ["blank", "Hexanol", "anisole"].map(str::to_owned).to_vec(),
        }
    }

    #[test]
    fn classes_are_numbered_by_the_odours_not_by_the_labels() {
        let labels = [
            label("hexanol", "good"),
            label("anisole", "bad"),
            label("blank", "bad"),
        ];
        let task = describe(three(), Some(&labels)).expect("labels");
        assert_eq!(task.classes, ["bad", "good"]);
        assert_eq!(task.labels(), Some(vec![0, 1, 0]));
        let turned: Vec<OdourLabel> = labels.iter().rev().cloned().collect();
        assert_eq!(describe(three(), Some(&turned)).expect("labels"), task);
        let own = describe(three(), None).expect("no labels");
        assert_eq!(own.labels(), Some(vec![0, 1, 2]));
        assert_eq!(own.classes, three().names);
    }

    #[test]
    fn labels_that_do_not_fit_are_refused() {
        let good = |odour| label(odour, "good");
        for (labels, telling) in [
            (
                vec![good("blank"), good("hexanal")],
                "row 2 of the labels: there is no odour \"hexanal\"",
            ),
            (
                vec![good("blank"), good("Blank")],
                "row 2 of the labels: \"Blank\" has a label already",
            ),
            (
                vec![good("blank"), label("hexanol", "bad")],
                "the odour \"anisole\" has no label",
            ),
            (
                vec![good("blank"), good("hexanol"), good("anisole")],
                "all odours have the label \"good\"",
            ),
        ] {
            let error = describe(three(), Some(&labels))
                .expect_err(telling)
                .to_string();
            assert!(error.contains(telling), "{error}");
        }
    }

    fn own_panel(channels: &[&str], responses: &[f64]) -> Task {
        let panel = PanelTable {
            channels: channels.iter().map(|&name| name.to_owned()).collect(),
            odours: vec![
                OdourResponses {
                    name: "a".to_owned(),
                    responses: responses.to_vec(),
                },
                OdourResponses {
                    name: "b".to_owned(),
                    responses: vec![0.0; responses.len()],
                },
            ],
        };
        Task::panel(panel, false, None)
    }

    #[test]
    fn columns_named_like_receptors_find_their_channels() {
        let panel = OdourPanel {
            odours: vec!["blank".to_owned()],
            receptors: ["Or1", "Or2"].map(str::to_owned).to_vec(),
            rates: vec![vec![0.0; 2]],
            rates_by_name: Err("none".to_owned()),
            clip_low: 0.0,
            clip_high: 10.0,
        };
        let circuit = Circuit::larva();
        let circuit = circuit.with("input.channels", 2).expect("an edit");
        let template = |channels: &[&str], responses: &[f64]| {
            let task = own_panel(channels, responses);
            let described = task.describe(&panel, ReceptorMapping::ByPosition, &circuit, 1);
            described.map(|task| task.odours[0].template.clone())
        };
        assert_eq!(
            template(&["Or1", "Or2"], &[5.0, 20.0]).expect("a panel"),
            [0.5, 1.0]
        );
        assert_eq!(
            template(&["Or2", "Or1"], &[5.0, 20.0]).expect("a panel"),
            [1.0, 0.5]
        );
        assert_eq!(
            template(&["x", "y"], &[5.0, 20.0]).expect("a panel"),
            [0.5, 1.0]
        );
        let message = |channels: &[&str], responses: &[f64]| {
            template(channels, responses)
                .expect_err("a fault")
                .to_string()
        };
        assert!(message(&["Or1", "Or3"], &[5.0, 20.0]).contains("no receptor \"Or3\""));
        assert!(message(&["Or1"], &[5.0]).contains("1 channels, but the circuit"));
    }
}
