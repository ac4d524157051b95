//! `kenyon parameters`: parameters of a model as a table that people can read and edit, and back.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use kenyon_connectome::ReceptorMapping;
use kenyon_learning::{
    Checkpoint, StartDescription, StartOrigin, TrainingSettings, digest, start_state,
};
use kenyon_study::{ParameterFormat, parameter_rows, read_parameters, write_parameters};
use serde_json::json;

use crate::data;
use crate::ending::Ending;
use crate::figure_file::write_file;
use crate::model::{self, SubjectArguments};
use crate::output::Output;
use crate::table::thousands;

/// Arguments of `kenyon parameters`.
#[derive(Debug, Args)]
#[command(after_help = "Example: kenyon parameters export runs/42 --out parameters.csv")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Write the parameters of a model as a table
    Export(ExportArguments),
    /// Make a model of a table of parameters
    Import(ImportArguments),
}

#[derive(Debug, Args)]
#[command(
    after_help = "Columns: group, index, neuron, class, unit, realised, stored, lower, upper, learned. `stored` \
                  is what the model holds, `realised` what the circuit uses; whoever edits one leaves the \
                  other empty.\n\nExample: kenyon parameters export runs/42 --out parameters.csv"
)]
struct ExportArguments {
    /// model.safetensors, or the folder of a run
    #[arg(required_unless_present = "untrained", conflicts_with = "untrained")]
    model: Option<PathBuf>,
    /// Write the start values of the circuit instead of a model's
    #[arg(long)]
    untrained: bool,
    /// The table: .csv or .toml
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    subject: SubjectArguments,
}

#[derive(Debug, Args)]
#[command(
    after_help = "A table that was exported and not edited gives a model of the same digest.\n\nExample: kenyon \
                  parameters import parameters.csv --out edited.safetensors"
)]
struct ImportArguments {
    /// The table: .csv or .toml
    table: PathBuf,
    /// The model to write
    #[arg(long, value_name = "FILE.safetensors")]
    out: PathBuf,
    /// Seed that the model states, which names it among others
    #[arg(long, default_value_t = 42)]
    seed: u64,
    #[command(flatten)]
    subject: SubjectArguments,
}

/// Runs `kenyon parameters`.
pub(crate) fn run(arguments: &Arguments, output: &Output) -> anyhow::Result<Ending> {
    match &arguments.action {
        Action::Export(arguments) => export(arguments, output),
        Action::Import(arguments) => import(arguments, output),
    }
}

fn export(arguments: &ExportArguments, output: &Output) -> anyhow::Result<Ending> {
    let out = &arguments.out;
    let Some(format) = ParameterFormat::of(out) else {
        bail!(
            "--out is {}; its name must end with .csv or .toml, which says what to write",
            out.display()
        );
    };
    let data = data::find(output)?;
    let (subject, parameters) = model::load_or_start(
        arguments.model.as_deref(),
        &arguments.subject,
        &data,
        output,
    )?;
    let rows = parameter_rows(&subject, &data.connectome, &parameters);
    write_file(out, write_parameters(&rows, format)?.as_bytes())?;
    let groups = subject.network.table().groups();
    let digest = digest(groups, &parameters);
    output.line(data::describe(&data));
    output.line(format_args!(
        "{} parameters of {} groups written to {}",
        thousands(rows.len()),
        groups.len(),
        out.display()
    ));
    output.line(format_args!("digest: {digest}"));
    output.json(&json!({
        "digest": digest,
        "parameters": rows.len(),
        "groups": groups.len(),
        "file": out,
    }))?;
    Ok(Ending::Done)
}

fn import(arguments: &ImportArguments, output: &Output) -> anyhow::Result<Ending> {
    let out = &arguments.out;
    check_model_file(out)?;
    let data = data::find(output)?;
    let subject = arguments
        .subject
        .subject(&data, ReceptorMapping::ByPosition)?;
    let parameters = read_parameters(&arguments.table, &subject, &data.connectome)?;
    let groups = subject.network.table().groups();
    let digest = digest(groups, &parameters);
    // A model that was not trained is a run of no epoch that starts from the table.
    let settings = TrainingSettings {
        seed: arguments.seed,
        teacher_epochs: 0,
        student_epochs: 0,
        ..TrainingSettings::default()
    };
    let start = StartDescription {
        origin: StartOrigin::Table,
        sha256: digest.clone(),
    };
    let identity = subject.identity_from(&settings, Some(&start))?;
    let state = start_state(parameters, &settings);
    Checkpoint::of_model(&identity, &state).write(groups, out)?;
    output.line(data::describe(&data));
    output.line(format_args!(
        "{} parameters of {} groups read from {}",
        thousands(state.parameters.values.len()),
        groups.len(),
        arguments.table.display()
    ));
    output.line(format_args!("model: {}", out.display()));
    output.line(format_args!("digest: {digest}"));
    output.json(&json!({
        "digest": digest,
        "run_id": identity.run_id,
        "parameters": state.parameters.values.len(),
        "model": out,
    }))?;
    Ok(Ending::Done)
}

/// A model takes hours to train, so none is overwritten.
fn check_model_file(out: &Path) -> anyhow::Result<()> {
    let shown = out.display();
    if out.extension().is_none_or(|name| name != "safetensors") {
        bail!("--out is {shown}; the name of a model ends with .safetensors");
    }
    if out.symlink_metadata().is_ok() {
        bail!("{shown} is there already; choose another name");
    }
    if let Some(folder) = out.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("cannot create {}", folder.display()))?;
    }
    Ok(())
}
