//! A time course as a table (CSV): one row per step.
//!
//! Columns are either `odour` and, if it is not 1 throughout, `concentration`; or the responses of all
//! receptor channels, in their order, under any names. `time_ms`, the start of the step, may stand
//! beside them, and `segment` beside responses. An empty odour or segment is the time between segments.

use std::ops::Range;

use super::file::odour_name;
use super::{Concentration, Course, CourseError, Panel, Presented, Segment, Shape, odour_class};

const TIME: &str = "time_ms";
const SEGMENT: &str = "segment";
const ODOUR: &str = "odour";
const CONCENTRATION: &str = "concentration";
/// Name of the segment of a table of responses that names none.
const WHOLE: &str = "table";

/// The cells of a table, checked for shape.
struct Cells {
    header: Vec<String>,
    rows: Vec<csv::StringRecord>,
}

impl Course {
    /// A course from a table, which is as long as the trial.
    ///
    /// # Errors
    /// A table without rows, of another number of channels, with unknown odours or columns, with values
    /// that are negative or not finite.
    pub fn from_table(text: &str, panel: &Panel<'_>) -> Result<Self, CourseError> {
        let cells = read(text)?;
        check_times(&cells, panel)?;
        let column = |name: &str| cells.header.iter().position(|it| it == name);
        let segments = match column(ODOUR) {
            Some(odour) => odours(&cells, odour, column(CONCENTRATION), panel)?,
            None => responses(&cells, column(SEGMENT), panel)?,
        };
        Self::new(cells.rows.len(), segments, Vec::new())
    }
}

fn read(text: &str) -> Result<Cells, CourseError> {
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let fault = |row: u64, error: &csv::Error| CourseError::Row {
        row,
        problem: match error.kind() {
            csv::ErrorKind::UnequalLengths {
                expected_len, len, ..
            } => format!("{len} cells, but the header has {expected_len}"),
            _ => error.to_string(),
        },
    };
    let header = reader.headers().map_err(|error| fault(1, &error))?;
    let header: Vec<String> = header.iter().map(str::to_owned).collect();
    for (index, name) in header.iter().enumerate() {
        if header[..index].contains(name) {
            return Err(CourseError::Row {
                row: 1,
                problem: format!("two columns are called \"{name}\""),
            });
        }
    }
    let mut rows = Vec::new();
    for (row, record) in (2..).zip(reader.records()) {
        rows.push(record.map_err(|error| fault(row, &error))?);
    }
    if rows.is_empty() {
        return Err(CourseError::whole("the table has no row below its header"));
    }
    Ok(Cells { header, rows })
}

impl Cells {
    /// All rows with their numbers.
    fn numbered(&self) -> impl Iterator<Item = (u64, &csv::StringRecord)> {
        (2..).zip(&self.rows)
    }

    fn number(&self, row: u64, column: usize, cell: &str) -> Result<f64, CourseError> {
        let value = cell.parse::<f64>().ok();
        value
            .filter(|value| value.is_finite() && *value >= 0.0)
            .ok_or_else(|| CourseError::Row {
                row,
                problem: format!(
                    "column \"{}\": \"{cell}\" is no finite number of at least 0",
                    self.header[column]
                ),
            })
    }
}

/// Times, if there are, must be those of the steps.
fn check_times(cells: &Cells, panel: &Panel<'_>) -> Result<(), CourseError> {
    let Some(column) = cells.header.iter().position(|name| name == TIME) else {
        return Ok(());
    };
    for (step, (row, record)) in cells.numbered().enumerate() {
        let found = cells.number(row, column, &record[column])?;
        let expected = 1e3 * panel.step_s * step as f64;
        if (found - expected).abs() > 1e-6 {
            return Err(CourseError::Row {
                row,
                problem: format!(
                    "{TIME} is {found}, but this row is the step that begins at {expected} ms (one row per \
                     step of {} ms, from 0)",
                    1e3 * panel.step_s
                ),
            });
        }
    }
    Ok(())
}

/// Stretches of rows that have the same label; those without one are left out.
fn runs<L: PartialEq>(labels: Vec<Option<L>>) -> Vec<(L, Range<usize>)> {
    let mut runs: Vec<(L, Range<usize>)> = Vec::new();
    for (step, label) in labels.into_iter().enumerate() {
        let Some(label) = label else { continue };
        match runs.last_mut() {
            Some((last, steps)) if steps.end == step && *last == label => steps.end += 1,
            _ => runs.push((label, step..step + 1)),
        }
    }
    runs
}

fn odours(
    cells: &Cells,
    odour: usize,
    concentration: Option<usize>,
    panel: &Panel<'_>,
) -> Result<Vec<Segment>, CourseError> {
    let known = [TIME, ODOUR, CONCENTRATION];
    if let Some(name) = cells.header.iter().find(|it| !known.contains(&it.as_str())) {
        return Err(CourseError::Row {
            row: 1,
            problem: format!(
                "a table of odours has the columns {TIME}, {ODOUR} and {CONCENTRATION}, but not \"{name}\""
            ),
        });
    }
    let (mut classes, mut values) = (Vec::new(), Vec::new());
    for (row, record) in cells.numbered() {
        let value = match (concentration, record[odour].is_empty()) {
            (Some(column), false) => cells.number(row, column, &record[column])?,
            (Some(_), true) => 0.0,
            (None, _) => 1.0,
        };
        values.push(value);
        classes.push(match &record[odour] {
            "" => None,
            name => Some(odour_class(name, panel.names).map_err(|error| match error {
                CourseError::Whole { problem } => CourseError::Row { row, problem },
                other => other,
            })?),
        });
    }
    let segment = |(class, steps): (usize, Range<usize>)| {
        let own = &values[steps.clone()];
        let constant = own.iter().all(|value| *value == own[0]);
        Segment {
            name: odour_name(panel, &[class]),
            presented: Presented::Odour {
                components: vec![class],
                concentration: Concentration {
                    shape: if constant {
                        Shape::Constant(own[0])
                    } else {
                        Shape::Explicit(own.to_vec())
                    },
                    fluctuation: None,
                },
            },
            steps,
        }
    };
    Ok(runs(classes).into_iter().map(segment).collect())
}

fn responses(
    cells: &Cells,
    segment: Option<usize>,
    panel: &Panel<'_>,
) -> Result<Vec<Segment>, CourseError> {
    let channels = panel.templates.first().map_or(0, Vec::len);
    let columns: Vec<usize> = (0..cells.header.len())
        .filter(|&column| cells.header[column] != TIME && Some(column) != segment)
        .collect();
    if columns.len() != channels {
        return Err(CourseError::Row {
            row: 1,
            problem: format!(
                "{} columns of receptor responses, but the circuit has {channels} channels (or name a column \
                 {ODOUR})",
                columns.len()
            ),
        });
    }
    let mut values = Vec::with_capacity(cells.rows.len() * channels);
    let mut labels = Vec::with_capacity(cells.rows.len());
    let blank = panel.blank_responses();
    for (row, record) in cells.numbered() {
        let label = segment.map_or(WHOLE, |column| &record[column]);
        labels.push((!label.is_empty()).then(|| label.to_owned()));
        for (&column, &blank) in columns.iter().zip(&blank) {
            let value = cells.number(row, column, &record[column])?;
            // Between segments is the blank; other responses there would silently be lost.
            if label.is_empty() && value as f32 != blank as f32 {
                return Err(CourseError::Row {
                    row,
                    problem: format!(
                        "column \"{}\": {value} is not the spontaneous response {blank}, but the row belongs to no \
                         {SEGMENT}",
                        cells.header[column]
                    ),
                });
            }
            values.push(value);
        }
    }
    let segment = |(name, steps): (String, Range<usize>)| Segment {
        name,
        presented: Presented::Responses(
            values[steps.start * channels..steps.end * channels].to_vec(),
        ),
        steps,
    };
    Ok(runs(labels).into_iter().map(segment).collect())
}
