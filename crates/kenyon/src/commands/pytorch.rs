//! `kenyon pytorch`: files of PyTorch shown, and the published model's checkpoints converted.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use kenyon_connectome::ReceptorMapping;
use kenyon_learning::{Checkpoint, FORMAT, Header, History, Kind, TrainingSettings, digest};
use kenyon_pytorch::published::{read_checkpoint, seed_of_name};
use kenyon_pytorch::{Tensor, Value, read};
use serde::Serialize;
use serde_json::json;

use crate::data;
use crate::ending::Ending;
use crate::model::SubjectArguments;
use crate::output::Output;
use crate::table::{Table, thousands};

/// Characters of a text that are shown.
const SHOWN: usize = 60;

/// Arguments of `kenyon pytorch`.
#[derive(Debug, Args)]
#[command(after_help = "Example: kenyon pytorch show model_seed42.pt")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

/// What to do with a file of PyTorch.
#[derive(Debug, Subcommand)]
enum Action {
    /// List what a file holds: keys, types, shapes, ranges; nothing in it is executed
    #[command(after_help = "Example: kenyon pytorch show model_seed42.pt")]
    Show {
        /// A file written by torch.save
        file: PathBuf,
        /// Only what lies at this path: keys and positions joined by dots
        #[arg(long, value_name = "PATH")]
        at: Option<String>,
    },
    /// Write a checkpoint of the published model as model.safetensors
    #[command(
        after_help = "Example: kenyon pytorch convert model_seed42.pt --out model.safetensors"
    )]
    Convert {
        /// A checkpoint of the published model
        file: PathBuf,
        /// The file to write
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        #[command(flatten)]
        subject: SubjectArguments,
    },
}

/// Runs `kenyon pytorch`.
pub(crate) fn run(arguments: &Arguments, output: &Output) -> anyhow::Result<Ending> {
    match &arguments.action {
        Action::Show { file, at } => show(file, at.as_deref().unwrap_or_default(), output),
        Action::Convert { file, out, subject } => convert(file, out, subject, output),
    }
}

/// One value of a file.
#[derive(Serialize)]
struct Row {
    path: String,
    kind: String,
    shape: Option<Vec<usize>>,
    smallest: Option<f64>,
    largest: Option<f64>,
    value: Option<String>,
}

fn show(file: &Path, at: &str, output: &Output) -> anyhow::Result<Ending> {
    let content = read(file)?;
    let Some(content) = content.get(at) else {
        anyhow::bail!("{} has nothing at {at}", file.display());
    };
    let mut rows = Vec::new();
    collect(content, at.to_owned(), &mut rows);
    let mut table = Table::new(&["path", "type", "shape", ">smallest", ">largest", "value"]);
    for row in &rows {
        let number = |number: Option<f64>| number.map_or(String::new(), |it| format!("{it:.6e}"));
        let shape = row.shape.as_ref().map(|shape| format!("{shape:?}"));
        table.row([
            row.path.clone(),
            row.kind.clone(),
            shape.unwrap_or_default(),
            number(row.smallest),
            number(row.largest),
            row.value.clone().unwrap_or_default(),
        ]);
    }
    output.line(table);
    let tensors = rows.iter().filter(|row| row.shape.is_some()).count();
    output.line(format_args!(
        "{} values, {} of them tensors",
        thousands(rows.len()),
        thousands(tensors)
    ));
    output.json(&json!({ "file": file, "values": rows }))?;
    Ok(Ending::Done)
}

/// Lists a value and what is in it; the reader has bounded depth and number.
fn collect(value: &Value, path: String, rows: &mut Vec<Row>) {
    let below = |key: &dyn std::fmt::Display| match path.is_empty() {
        true => key.to_string(),
        false => format!("{path}.{key}"),
    };
    match value {
        Value::Dictionary(dictionary) if !dictionary.entries().is_empty() => {
            for (key, value) in dictionary.entries() {
                collect(value, below(key), rows);
            }
        }
        Value::List(members) | Value::Tuple(members) if !members.is_empty() => {
            for (place, value) in members.iter().enumerate() {
                collect(value, below(&place), rows);
            }
        }
        Value::Tensor(tensor) => rows.push(tensor_row(tensor, path)),
        other => rows.push(Row {
            path,
            kind: other.kind().to_owned(),
            shape: None,
            smallest: None,
            largest: None,
            value: Some(short(other)),
        }),
    }
}

fn tensor_row(tensor: &Tensor, path: String) -> Row {
    let numbers = tensor.to_f64();
    let finite = || numbers.iter().copied().filter(|number| number.is_finite());
    let not_finite = numbers.len() - finite().count();
    let value = match (numbers.as_slice(), not_finite) {
        (&[number], _) => Some(number.to_string()),
        (_, 0) => None,
        (_, count) => Some(format!("{} not finite", thousands(count))),
    };
    Row {
        path,
        kind: tensor.element().name().to_owned(),
        shape: Some(tensor.shape().to_vec()),
        smallest: finite().reduce(f64::min),
        largest: finite().reduce(f64::max),
        value,
    }
}

/// A value on one line; texts may hold anything, control characters too.
fn short(value: &Value) -> String {
    match value {
        Value::Bool(value) => value.to_string(),
        Value::Integer(value) => value.to_string(),
        Value::Float(value) => value.to_string(),
        Value::Text(text) => {
            let beginning: String = text.chars().take(SHOWN).collect();
            let more = if beginning.len() < text.len() {
                "..."
            } else {
                ""
            };
            format!("\"{}\"{more}", beginning.escape_debug())
        }
        Value::Bytes(bytes) => format!("{} bytes", thousands(bytes.len())),
        Value::None
        | Value::List(_)
        | Value::Tuple(_)
        | Value::Dictionary(_)
        | Value::Tensor(_) => String::new(),
    }
}

fn convert(
    file: &Path,
    out: &Path,
    arguments: &SubjectArguments,
    output: &Output,
) -> anyhow::Result<Ending> {
    let data = data::find(output)?;
    let subject = arguments.subject(&data, ReceptorMapping::ByPosition)?;
    let published = read_checkpoint(file, &subject.network, &data.connectome)?;
    // A file of PyTorch does not say how it was trained: settings are the published ones.
    let mut settings = TrainingSettings::default();
    if let Some(seed) = seed_of_name(file) {
        settings.seed = seed;
    }
    let mut run = subject.identity(&settings)?;
    run.run_id.clone_from(&published.sha256);
    let groups = subject.network.table().groups();
    let parameters = published.values.parameters;
    let digest = digest(groups, &parameters);
    let checkpoint = Checkpoint {
        header: Header {
            kind: Kind::Model,
            format: FORMAT,
            run,
            // As many as the history has, which a checkpoint of PyTorch does not keep.
            epoch: 0,
            steps: None,
            teacher_accuracy: None,
            history: History::default(),
        },
        parameters,
        adam: None,
    };
    checkpoint.write(groups, out)?;
    output.line(format_args!(
        "{} parameters of {} written to {}, digest {}",
        thousands(subject.network.table().len()),
        file.display(),
        out.display(),
        digest.get(..12).unwrap_or(&digest)
    ));
    output.json(&json!({
        "file": file,
        "sha256": published.sha256,
        "out": out,
        "digest": digest,
        "compared": published.values.compared,
        "ignored": published.values.ignored,
    }))?;
    Ok(Ending::Done)
}
