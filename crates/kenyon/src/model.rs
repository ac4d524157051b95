//! Trained models: found, read, and checked against data and circuit.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Args;
use kenyon_analysis::Model;
use kenyon_circuit::{Interventions, Network, Parameters};
use kenyon_connectome::{DataSet, ReceptorMapping};
use kenyon_learning::{Checkpoint, Header, Kind, TaskDescription, digest};
use kenyon_pytorch::published::{is_pytorch, read_checkpoint};
use kenyon_study::{Edits, PanelTable, Subject, Task, read_labels};
use serde_json::{Value, json};

use crate::arguments::Mapping;
use crate::data;
use crate::output::Output;

/// The file of a trained model in the folder of its run.
const MODEL: &str = "model.safetensors";

/// What is told apart, if not the odours of the data.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Task")]
pub(crate) struct TaskArguments {
    /// Panel of odours (CSV: odour, then one column for each channel) instead of that of the data;
    /// responses in spikes/s [default: as the model was trained]
    #[arg(long, value_name = "FILE.csv")]
    pub panel: Option<PathBuf>,
    /// The responses of --panel are model input between 0 and 1 already
    #[arg(long, requires = "panel")]
    pub panel_normalised: bool,
    /// Classes of the odours (CSV: odour,label) [default: as the model was trained, else every odour is
    /// a class]
    #[arg(long, value_name = "FILE.csv")]
    pub labels: Option<PathBuf>,
    /// Time courses that are told apart (TOML: duration_ms and stimulus) instead of odours [default: as
    /// the model was trained]
    #[arg(long, value_name = "FILE.toml", conflicts_with = "labels")]
    pub courses: Option<PathBuf>,
}

impl TaskArguments {
    /// The task that the flags amount to.
    fn task(&self) -> anyhow::Result<Option<Task>> {
        let labels = self.labels.as_deref().map(read_labels).transpose()?;
        let panel = self.panel.as_deref().map(PanelTable::read).transpose()?;
        let odours = match (panel, labels) {
            (Some(panel), labels) => Some(Task::panel(panel, self.panel_normalised, labels)),
            (None, Some(labels)) => Some(Task::labels(labels)),
            (None, None) => None,
        };
        let Some(file) = &self.courses else {
            return Ok(odours);
        };
        let mut task = Task::courses(file, odours);
        task.read_tables(Path::new(""))?;
        Ok(Some(task))
    }
}

/// What a model stands on.
#[derive(Clone, Debug, Args)]
pub(crate) struct SubjectArguments {
    /// Circuit file [default: the larval olfactory pathway]
    #[arg(long, value_name = "FILE")]
    pub circuit: Option<PathBuf>,
    /// How receptor responses reach receptor neurons [default: by_position, or as the model was
    /// trained]
    #[arg(long)]
    pub mapping: Option<Mapping>,
    #[command(flatten)]
    pub task: TaskArguments,
}

impl SubjectArguments {
    /// Data and circuit, compiled. Without a mapping that was asked for it is `otherwise`.
    pub(crate) fn subject(
        &self,
        data: &DataSet,
        otherwise: ReceptorMapping,
    ) -> anyhow::Result<Subject> {
        self.subject_of(data, otherwise, None)
    }

    /// As [`SubjectArguments::subject`], with the task of a stored run if no other is asked for.
    pub(crate) fn subject_of(
        &self,
        data: &DataSet,
        otherwise: ReceptorMapping,
        stored: Option<&TaskDescription>,
    ) -> anyhow::Result<Subject> {
        let circuit = data::circuit(self.circuit.as_deref())?;
        let mapping = self.mapping.map_or(otherwise, Into::into);
        let task = self.task.task()?;
        let edits = Edits {
            task: task.as_ref(),
            described: stored.filter(|_| task.is_none()),
            ..Edits::default()
        };
        let subject = Subject::edited(data, &circuit, mapping, edits);
        let task = &self.task;
        let named = [&task.courses, &task.panel, &task.labels, &self.circuit];
        let named: Vec<String> = (named.into_iter().flatten())
            .map(|file| file.display().to_string())
            .collect();
        if named.is_empty() {
            return Ok(subject?);
        }
        subject.with_context(|| format!("cannot use {}", named.join(" with ")))
    }
}

/// A trained model with what it stands on.
pub(crate) struct LoadedModel {
    pub subject: Subject,
    pub parameters: Parameters,
    pub origin: Origin,
}

impl LoadedModel {
    /// The model, with what is done to it in every trial.
    pub(crate) fn model<'a>(&'a self, interventions: &'a Interventions) -> Model<'a> {
        Model {
            network: &self.subject.network,
            parameters: &self.parameters,
            roles: &self.subject.roles,
            interventions,
        }
    }

    /// A result about it as JSON: first which model it is, of which data.
    pub(crate) fn result(&self, data: &DataSet, own: Value) -> Value {
        let mut all = json!({
            "digest": digest(self.subject.network.table().groups(), &self.parameters),
            "run_id": self.origin.run_id(),
            "mapping": self.subject.mapping,
            "data_sha256": data.manifest.hash,
            "statistical_larva": data.manifest.statistical,
        });
        if let (Value::Object(all), Value::Object(own)) = (&mut all, own) {
            all.extend(own);
        }
        all
    }
}

/// Where a model came from.
pub(crate) enum Origin {
    /// A training of this program.
    Run(Box<Header>),
    /// A checkpoint of the published program, with the SHA-256 of the file.
    PyTorch(String),
}

impl Origin {
    /// The run of a model of this program.
    pub(crate) fn run_id(&self) -> Option<&str> {
        match self {
            Self::Run(header) => Some(&header.run.run_id),
            Self::PyTorch(_) => None,
        }
    }

    /// What it is, for the head of a result.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::Run(header) => format!(
                "model of seed {}, {} epochs",
                header.run.settings.seed, header.epoch
            ),
            Self::PyTorch(hash) => format!("PyTorch checkpoint {}", shorten(hash)),
        }
    }
}

/// The file of a model that is named by itself or by the folder of its run.
pub(crate) fn file_of(path: &Path) -> PathBuf {
    if path.is_dir() {
        path.join(MODEL)
    } else {
        path.to_owned()
    }
}

/// Reads a model: the file, or the folder of its run.
pub(crate) fn load(
    path: &Path,
    arguments: &SubjectArguments,
    data: &DataSet,
    output: &Output,
) -> anyhow::Result<LoadedModel> {
    let file = file_of(path);
    if is_pytorch(&file) {
        let subject = arguments.subject(data, ReceptorMapping::ByPosition)?;
        let published = read_checkpoint(&file, &subject.network, &data.connectome)?;
        return Ok(LoadedModel {
            subject,
            parameters: published.values.parameters,
            origin: Origin::PyTorch(published.sha256),
        });
    }
    // The task is in the header, and without it the layout is not known.
    let (stored, _) = Checkpoint::read_groups(&file)?;
    let task = stored.run.task.as_ref();
    let subject = arguments.subject_of(data, ReceptorMapping::ByPosition, task)?;
    let shown = file.display();
    let run = &stored.run;
    if run.data_sha256 != data.manifest.hash {
        bail!(
            "{shown} was trained on other data (content {}) than those found (content {}); name them with \
             --data or --statistical-larva",
            shorten(&run.data_sha256),
            shorten(&data.manifest.hash)
        );
    }
    if run.circuit_sha256 != subject.circuit_sha256 {
        bail!(
            "{shown} was trained with another circuit or another number of classes; name its file with \
             --circuit, and its task with --panel, --labels and --courses"
        );
    }
    let classes = task.map(|task| &task.classes);
    if let Some(trained) = classes.filter(|trained| **trained != subject.class_names) {
        bail!(
            "{shown} was trained to tell {} apart, and this task has the classes {}: the decoder would be read \
             wrongly. Give the task with --panel, --labels and --courses so that the same classes come out, in the \
             same order",
            quoted(trained),
            quoted(&subject.class_names)
        );
    }
    let groups = subject.network.table().groups();
    let Checkpoint {
        header, parameters, ..
    } = Checkpoint::read(groups, &file, Kind::Model, None)?;
    let run = &header.run;
    let subject = as_trained(arguments, data, subject, &header)?;
    if subject
        .identity_from(&run.settings, run.start.as_ref())?
        .run_id
        != run.run_id
    {
        output.warning(format_args!(
            "{shown} was not trained with receptors {} by this version of the program",
            mapping_name(subject.mapping)
        ));
    }
    Ok(LoadedModel {
        subject,
        parameters,
        origin: Origin::Run(Box::new(header)),
    })
}

/// The first names of a list, in quotation marks.
fn quoted(names: &[String]) -> String {
    const SHOWN: usize = 8;
    let mut shown: Vec<String> = names
        .iter()
        .take(SHOWN)
        .map(|it| format!("\"{it}\""))
        .collect();
    if names.len() > SHOWN {
        shown.push(format!("and {} more", names.len() - SHOWN));
    }
    shown.join(", ")
}

/// A model, or the start values of the circuit if none is named.
pub(crate) fn load_or_start(
    path: Option<&Path>,
    arguments: &SubjectArguments,
    data: &DataSet,
    output: &Output,
) -> anyhow::Result<(Subject, Parameters)> {
    let Some(path) = path else {
        let subject = arguments.subject(data, ReceptorMapping::ByPosition)?;
        let start = subject.network.table().start();
        return Ok((subject, start));
    };
    let loaded = load(path, arguments, data, output)?;
    Ok((loaded.subject, loaded.parameters))
}

/// The subject with the mapping that the run's identity was made with, if none was asked for.
fn as_trained(
    arguments: &SubjectArguments,
    data: &DataSet,
    subject: Subject,
    header: &Header,
) -> anyhow::Result<Subject> {
    let run = &header.run;
    let start = run.start.as_ref();
    let is_of = |subject: &Subject| -> anyhow::Result<bool> {
        Ok(subject.identity_from(&run.settings, start)?.run_id == run.run_id)
    };
    if arguments.mapping.is_some() || is_of(&subject)? {
        return Ok(subject);
    }
    // Data without receptor names cannot have been mapped by them.
    match arguments.subject_of(data, ReceptorMapping::ByName, run.task.as_ref()) {
        Ok(by_name) if is_of(&by_name)? => Ok(by_name),
        _ => Ok(subject),
    }
}

/// A number of steps in milliseconds, without digits of rounding.
pub(crate) fn milliseconds(network: &Network, steps: usize) -> f64 {
    (steps as f64 * network.circuit().time.step_s * 1e9).round() / 1e6
}

/// A mapping as it is written on the command line.
pub(crate) const fn mapping_name(mapping: ReceptorMapping) -> &'static str {
    match mapping {
        ReceptorMapping::ByPosition => "by_position",
        ReceptorMapping::ByName => "by_name",
    }
}

fn shorten(hash: &str) -> &str {
    hash.get(..12).unwrap_or(hash)
}
