//! What the parts of a trial gave, for people and as JSON.

use kenyon_analysis::course::Course;
use kenyon_analysis::decide;
use kenyon_circuit::Responses;
use kenyon_connectome::ReceptorMapping;
use kenyon_study::Subject;
use serde::Serialize;

use super::record::ReadOut;
use super::summary::{
    Decision, GradedActivity, PopulationActivity, decisions, populations, show_activity,
};
use crate::model::{mapping_name, milliseconds};
use crate::output::Output;
use crate::table::Table;

/// What trials of a time course gave: means over them.
#[derive(Debug, Serialize)]
pub(super) struct CourseSummary {
    pub stimulus: String,
    pub duration_ms: f64,
    pub trials: u32,
    pub seed: u64,
    pub mapping: ReceptorMapping,
    pub data_sha256: String,
    pub statistical_larva: bool,
    /// What the decoder chooses among.
    #[serde(skip)]
    pub decided: &'static str,
    /// Over the whole trial, as are the next.
    pub populations: Vec<PopulationActivity>,
    pub graded: Vec<GradedActivity>,
    /// Segments in the order of time, and then other windows.
    pub windows: Vec<WindowSummary>,
    /// Trials whose course was written to files.
    pub recorded_trials: u32,
}

/// A segment or another window.
#[derive(Debug, Serialize)]
pub(super) struct WindowSummary {
    name: String,
    onset_ms: f64,
    duration_ms: f64,
    /// Whether something is presented in it.
    segment: bool,
    /// Rows of the odours that are presented.
    components: Vec<usize>,
    /// Share of trials in which the decoder chose the class of one of them; `None` without odours.
    correct: Option<f64>,
    populations: Vec<PopulationActivity>,
    decisions: Vec<Decision>,
}

/// What the decoder chooses among.
pub(super) fn decided(subject: &Subject) -> &'static str {
    if subject.class_names == subject.odour_names {
        "decoded odour"
    } else {
        "decoded class"
    }
}

/// One summary per window of the course.
pub(super) fn windows(
    course: &Course,
    responses: &[Responses],
    subject: &Subject,
) -> Vec<WindowSummary> {
    let network = &subject.network;
    let windows = course.windows().iter().zip(responses).enumerate();
    windows
        .map(|(index, (window, responses))| {
            let components = &window.components;
            let known = components.iter();
            let classes: Vec<usize> = known
                .filter_map(|&row| subject.class_of_odour(row))
                .collect();
            let chosen = (0..responses.trials).map(|trial| decide(responses.logits_of(trial)));
            let hits = chosen.filter(|class| classes.contains(class)).count();
            WindowSummary {
                name: window.name.clone(),
                onset_ms: milliseconds(network, window.steps.start),
                duration_ms: milliseconds(network, window.steps.len()),
                segment: index < course.segments().len(),
                components: components.clone(),
                correct: (!classes.is_empty()).then(|| hits as f64 / responses.trials as f64),
                populations: populations(network, responses),
                decisions: decisions(responses, subject),
            }
        })
        .collect()
}

/// The same for files of recorded trials.
pub(super) fn read_out(course: &Course, responses: &[Responses], trials: usize) -> Vec<ReadOut> {
    let windows = course.windows().iter().zip(responses).enumerate();
    windows
        .map(|(index, (window, responses))| ReadOut {
            name: window.name.clone(),
            steps: window.steps.clone(),
            segment: index < course.segments().len(),
            logits: (0..trials)
                .map(|trial| responses.logits_of(trial).to_vec())
                .collect(),
        })
        .collect()
}

/// Prints the trials for people.
pub(super) fn show(summary: &CourseSummary, output: &Output) {
    output.line(format_args!(
        "{}: {} ms, {} trials, receptors {}",
        summary.stimulus,
        summary.duration_ms,
        summary.trials,
        mapping_name(summary.mapping)
    ));
    show_activity(&summary.populations, &summary.graded, output);
    if summary.windows.is_empty() {
        return;
    }
    let names: Vec<String> = summary.windows[0]
        .populations
        .iter()
        .map(|it| format!(">{}/Hz", it.name))
        .collect();
    let mut header = vec!["window", ">from/ms", ">to/ms"];
    header.extend(names.iter().map(String::as_str));
    header.extend([">recognised", summary.decided, ">chosen"]);
    let mut table = Table::new(&header);
    for window in &summary.windows {
        let mut cells = vec![
            window.name.clone(),
            window.onset_ms.to_string(),
            (window.onset_ms + window.duration_ms).to_string(),
        ];
        let rates = window.populations.iter();
        cells.extend(rates.map(|it| format!("{:.1}", it.rate_hz)));
        cells.push(match window.correct {
            Some(share) => format!("{:.1} %", 100.0 * share),
            None => "-".to_owned(),
        });
        if let Some(first) = window.decisions.first() {
            cells.push(first.odour.clone());
            cells.push(format!("{:.1} %", 100.0 * first.chosen));
        }
        table.row(cells);
    }
    output.line("");
    output.line(table);
}
