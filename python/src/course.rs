//! Stimuli that change in time, as Python describes them.

use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

use kenyon_analysis::course::{
    Course as Resolved, CourseError, Panel, Presented, Segment, Window, steps_of_ms,
};
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::errors::wrong;
use crate::values::{numbers, toml_value};

/// Larger files are no time courses.
const LARGEST_FILE: u64 = 100_000_000;

/// What responses that nobody named are called.
const RESPONSES: &str = "responses";

/// A stimulus that changes in time: segments of odours, between which the spontaneous activity goes on.
///
/// Times are in millisecond and must fall on steps. `segments` are dictionaries with `onset_ms`, `duration_ms`,
/// and `odour` (name or number) or `mixture` (a list of them); optional are `name`, `concentration` (1 is the
/// panel's), `ramp_to` (concentration in the last step) with `ramp` ("linear" or "exponential"), and `fluctuation`,
/// a dictionary with `process` ("white" or "ornstein_uhlenbeck"), `standard_deviation` (relative),
/// `time_constant_ms` and `frozen`. `trains` are pulses that take turns: `onset_ms`, `duration_ms` of each,
/// `gap_ms`, `odours`, `repeats`, `concentration`. `windows` (`name`, `onset_ms`, `duration_ms`) are read out
/// besides the segments. These are the keys of course files.
///
/// Odours and times are those of a network, so they are checked when the course is simulated.
///
/// >>> pair = kenyon.Course(
/// ...     duration_ms=120,
/// ...     segments=[
/// ...         {"odour": 5, "onset_ms": 10, "duration_ms": 30},
/// ...         {"odour": "odour 7", "onset_ms": 60, "duration_ms": 30, "ramp_to": 3},
/// ...     ],
/// ...     windows=[{"name": "gap", "onset_ms": 40, "duration_ms": 20}],
/// ... )
/// >>> model.simulate(course=pair, trials=4)["windows"]["name"].tolist()
/// ['odour 5', 'odour 7', 'gap']
#[pyclass(frozen, module = "kenyon")]
pub(crate) struct Course {
    description: Description,
    /// The file that it was read from.
    file: Option<PathBuf>,
}

/// A course before it is known what odours there are and how long a step is.
enum Description {
    /// The text of a course file.
    File(String),
    /// The same, made of keywords.
    Keywords(String),
    /// A table with a row for each step, as the text of a CSV file.
    Table(String),
    /// Receptor responses `[step][channel]`, and windows as the text of a course file.
    Responses {
        channels: usize,
        values: Vec<f64>,
        windows: String,
    },
}

impl Course {
    /// A course, or receptor responses `[step, channel]` that are to be one.
    pub(crate) fn with<T>(
        value: &Bound<'_, PyAny>,
        take: impl FnOnce(&Self) -> PyResult<T>,
    ) -> PyResult<T> {
        match value.cast::<Self>() {
            Ok(course) => take(course.get()),
            Err(_) => take(&Self::of(Description::responses(value, String::new())?)),
        }
    }

    fn of(description: Description) -> Self {
        Self {
            description,
            file: None,
        }
    }

    /// The course for these odours and steps.
    pub(crate) fn resolve(&self, panel: &Panel<'_>) -> PyResult<Resolved> {
        let resolved = match &self.description {
            Description::File(text) | Description::Keywords(text) => Resolved::parse(text, panel),
            Description::Table(text) => Resolved::from_table(text, panel),
            Description::Responses {
                channels,
                values,
                windows,
            } => responses(*channels, values, windows, panel),
        };
        resolved.map_err(|error| {
            let problem = match (&self.description, &error) {
                (Description::Keywords(text), CourseError::Meaning { line, problem })
                | (
                    Description::Responses { windows: text, .. },
                    CourseError::Meaning { line, problem },
                ) => format!("{}{problem}", keyword(text, *line)),
                _ => error.to_string(),
            };
            match &self.file {
                Some(file) => wrong(format!(
                    "the time course {} cannot be used: {problem}",
                    file.display()
                )),
                None => wrong(format!("the time course cannot be used: {problem}")),
            }
        })
    }
}

impl Description {
    fn responses(value: &Bound<'_, PyAny>, windows: String) -> PyResult<Self> {
        let (shape, values) = numbers("the responses of a course", value)?;
        let [_, channels] = shape[..] else {
            return Err(wrong(format!(
                "the responses of a course have the shape {shape:?}; it must be [step, channel] (course files are read \
                 with Course.read)"
            )));
        };
        if values.is_empty() {
            return Err(wrong("the responses of a course hold no step"));
        }
        if let Some(place) = values.iter().position(|value| *value < 0.0) {
            return Err(wrong(format!(
                "the responses of a course hold {} in step {}, channel {}; receptor responses are not negative",
                values[place],
                place / channels,
                place % channels
            )));
        }
        Ok(Self::Responses {
            channels,
            values,
            windows,
        })
    }
}

/// A course of responses; `windows` stand in the text of a course file that lacks the duration.
fn responses(
    channels: usize,
    values: &[f64],
    windows: &str,
    panel: &Panel<'_>,
) -> Result<Resolved, CourseError> {
    if channels != panel.channels() {
        return Err(CourseError::Whole {
            problem: format!(
                "the responses have {channels} channels; the circuit has {}",
                panel.channels()
            ),
        });
    }
    let steps = values.len() / channels;
    let duration_ms = 1e3 * panel.step_s * steps as f64;
    // Too long a trial is said in the words of the parser.
    steps_of_ms("the course", duration_ms, panel.step_s)?;
    let others = Resolved::parse(&format!("{}{windows}", duration(duration_ms)), panel)?;
    let windows: Vec<Window> = others.windows().to_vec();
    let segment = Segment {
        name: RESPONSES.to_owned(),
        steps: 0..steps,
        presented: Presented::Responses(values.to_vec()),
    };
    Resolved::new(steps, vec![segment], windows)
}

/// The first line of a course file.
fn duration(duration_ms: f64) -> String {
    format!("duration_ms = {duration_ms:?}\n")
}

/// Which dictionary of which keyword stands on a line of the text that was made of them.
fn keyword(text: &str, line: usize) -> String {
    let before: Vec<&str> = text.lines().take(line).collect();
    let headers = || before.iter().rev().filter(|it| it.starts_with("[["));
    let Some(last) = headers().next() else {
        return String::new();
    };
    let index = headers().filter(|it| *it == last).count() - 1;
    let table = last.trim_start_matches('[').trim_end_matches(']');
    format!("{table}s[{index}]: ")
}

/// Dictionaries as tables of a course file.
fn tables(table: &str, entries: Option<&Bound<'_, PyAny>>) -> PyResult<String> {
    let Some(entries) = entries else {
        return Ok(String::new());
    };
    let mut text = String::new();
    for (index, entry) in entries.try_iter()?.enumerate() {
        let name = format!("{table}s[{index}]");
        let toml::Value::Table(entry) = toml_value(&name, &entry?)? else {
            return Err(wrong(format!(
                "{name} is no dictionary; such as {{\"onset_ms\": 10, \"duration_ms\": 30}}"
            )));
        };
        text.push_str(&format!("[[{table}]]\n"));
        // Each on one line: tables that are values are written inline.
        for (key, value) in entry {
            let key = toml::Value::String(key);
            text.push_str(&format!("{key} = {value}\n"));
        }
    }
    Ok(text)
}

#[pymethods]
impl Course {
    #[new]
    #[pyo3(signature = (*, duration_ms, segments=None, trains=None, windows=None))]
    fn py_new(
        duration_ms: f64,
        segments: Option<Bound<'_, PyAny>>,
        trains: Option<Bound<'_, PyAny>>,
        windows: Option<Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        if !duration_ms.is_finite() {
            return Err(wrong(format!(
                "duration_ms is {duration_ms}; it must be finite"
            )));
        }
        let text = [
            duration(duration_ms),
            tables("segment", segments.as_ref())?,
            tables("train", trains.as_ref())?,
            tables("window", windows.as_ref())?,
        ];
        Ok(Self::of(Description::Keywords(text.concat())))
    }

    /// Reads a course file (.toml), or a table with a row for each step (.csv), as `kenyon simulate --course`
    /// does.
    ///
    /// >>> course = kenyon.Course.read("pair.toml")  # doctest: +SKIP
    #[staticmethod]
    fn read(path: PathBuf) -> PyResult<Self> {
        let shown = path.display();
        let ending = path.extension().and_then(|ending| ending.to_str());
        let describe = match ending {
            Some("toml") => Description::File,
            Some("csv") => Description::Table,
            _ => {
                return Err(wrong(format!(
                    "the time course is {shown}; its name must end in .toml or .csv"
                )));
            }
        };
        let mut text = String::new();
        File::open(&path)
            .and_then(|file| file.take(LARGEST_FILE + 1).read_to_string(&mut text))
            .map_err(|cause| wrong(format!("cannot read the time course {shown}: {cause}")))?;
        if text.len() as u64 > LARGEST_FILE {
            return Err(wrong(format!(
                "{shown} is larger than {LARGEST_FILE} bytes, so it is no time course"
            )));
        }
        Ok(Self {
            description: describe(text),
            file: Some(path),
        })
    }

    /// A course from the text of its file.
    ///
    /// >>> one = kenyon.Course.from_toml('''
    /// ... duration_ms = 60
    /// ... [[segment]]
    /// ... odour = 5
    /// ... onset_ms = 20
    /// ... duration_ms = 30
    /// ... ''')
    #[staticmethod]
    fn from_toml(text: String) -> Self {
        Self::of(Description::File(text))
    }

    /// A course from a table with a row for each step: the text of a CSV file, or columns by name (a
    /// dictionary, or a table of pandas). The columns are `odour` (empty: nothing is presented) and
    /// `concentration`; or the response of each receptor channel and, if wanted, `segment`. `time_ms` may
    /// stand beside them and is checked.
    ///
    /// >>> table = kenyon.Course.from_table({"odour": [""] * 10 + ["odour 5"] * 30, "concentration": [1.0] * 40})
    /// >>> model.simulate(course=table, trials=2)["windows"]["steps"].tolist()
    /// [[10, 40]]
    #[staticmethod]
    fn from_table(table: &Bound<'_, PyAny>) -> PyResult<Self> {
        if table.is_instance_of::<PyString>() {
            return Ok(Self::of(Description::Table(table.extract()?)));
        }
        Ok(Self::of(Description::Table(csv_of(table)?)))
    }

    /// A course from receptor responses `[step, channel]` (not negative, 1 is the panel's largest), to which
    /// odour noise is added as to all courses; `windows` are read out besides the whole. An array that is given
    /// as `course` is the same, without windows.
    ///
    /// >>> ramp = np.linspace(0.0, 1.0, 50)[:, None] * np.ones(21)
    /// >>> late = {"name": "late", "onset_ms": 25, "duration_ms": 25}
    /// >>> outcome = model.simulate(course=kenyon.Course.from_responses(ramp, windows=[late]), trials=2)
    /// >>> outcome["windows"]["counts"]["ORN"].shape
    /// (2, 2, 42)
    #[staticmethod]
    #[pyo3(signature = (responses, *, windows=None))]
    fn from_responses(
        responses: &Bound<'_, PyAny>,
        windows: Option<Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let windows = tables("window", windows.as_ref())?;
        Ok(Self::of(Description::responses(responses, windows)?))
    }

    /// The text of the course file. Raises `ArgumentError` for tables and responses.
    pub(crate) fn to_toml(&self) -> PyResult<&str> {
        match &self.description {
            Description::File(text) | Description::Keywords(text) => Ok(text),
            Description::Table(_) | Description::Responses { .. } => Err(wrong(
                "this course is a table with a row for each step, which a course file does not hold",
            )),
        }
    }

    fn __repr__(&self) -> String {
        match &self.description {
            Description::File(text) | Description::Keywords(text) => {
                let number = |header: &str| text.lines().filter(|it| it.trim() == header).count();
                format!(
                    "<kenyon.Course: {} segments, {} trains, {} windows>",
                    number("[[segment]]"),
                    number("[[train]]"),
                    number("[[window]]")
                )
            }
            Description::Table(text) => {
                let steps = text.lines().filter(|line| !line.is_empty()).count();
                format!(
                    "<kenyon.Course: table of {} steps>",
                    steps.saturating_sub(1)
                )
            }
            Description::Responses {
                channels, values, ..
            } => format!(
                "<kenyon.Course: responses of {channels} channels in {} steps>",
                values.len() / channels
            ),
        }
    }
}

/// Columns by name as the text of a CSV file.
fn csv_of(columns: &Bound<'_, PyAny>) -> PyResult<String> {
    let py = columns.py();
    let (mut header, mut cells) = (Vec::<String>::new(), Vec::<Vec<Bound<'_, PyAny>>>::new());
    for column in columns.call_method0("items")?.try_iter()? {
        let (name, values): (String, Bound<'_, PyAny>) = column?.extract()?;
        let values = if values.hasattr("tolist")? {
            values.call_method0("tolist")?
        } else {
            values
        };
        cells.push(values.try_iter()?.collect::<PyResult<_>>()?);
        header.push(name);
    }
    let rows = cells.first().map_or(0, Vec::len);
    if let Some(place) = cells.iter().position(|column| column.len() != rows) {
        return Err(wrong(format!(
            "the column \"{}\" of the table has {} rows, but \"{}\" has {rows}",
            header[place],
            cells[place].len(),
            header[0]
        )));
    }
    let text = py.import("io")?.call_method0("StringIO")?;
    let writer = py.import("csv")?.call_method1("writer", (&text,))?;
    writer.call_method1("writerow", (header,))?;
    for row in 0..rows {
        let row: Vec<_> = cells.iter().map(|column| &column[row]).collect();
        writer.call_method1("writerow", (row,))?;
    }
    text.call_method0("getvalue")?.extract()
}
