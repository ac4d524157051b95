//! `kenyon study`: plan, run and sum up studies that a file declares.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use kenyon_circuit::Circuit;
use kenyon_connectome::DataSet;
use kenyon_study::{
    BuiltIn, Comparison, Effort, Plan, Progress, RESULTS, StudyFile, Summary, Timing, merge,
    run as run_study, status, work_units,
};
use serde_json::json;

use super::nulls;
use super::report::{self, ReportArguments};
use crate::data;
use crate::ending::Ending;
use crate::output::Output;
use crate::study_progress::StudyProgress;
use crate::summary;
use crate::table::Table;

/// Arguments of `kenyon study`.
#[derive(Debug, Args)]
#[command(
    after_help = "A study is a TOML file, or one that comes with the program: reproduce, paper, beyond, deviations.\n\nExample: kenyon study plan beyond && kenyon study run beyond"
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show what a study would run and how long that takes
    #[command(after_help = "Example: kenyon study plan my_study.toml")]
    Plan(StudyArguments),
    /// Train and measure whatever is not there yet, and sum up
    #[command(after_help = "Example: kenyon study run my_study.toml")]
    Run(RunArguments),
    /// Show how far a study is
    #[command(after_help = "Example: kenyon study status my_study.toml")]
    Status(StudyArguments),
    /// Carry out some units; any number of processes may do so side by side
    #[command(
        after_help = "One job of an array carries out a unit or a few.\n\nExample: kenyon study work my_study.toml --ids swaps/draw7/seed42"
    )]
    Work(WorkArguments),
    /// Sum up what `work` has carried out: completeness, table, one digest
    #[command(after_help = "Example: kenyon study merge my_study.toml")]
    Merge(MergeArguments),
    /// Does the wiring matter? The real connectome against families of null models
    Nulls(nulls::Arguments),
    /// Print the file of a study that comes with the program, to begin one's own with
    #[command(after_help = "Example: kenyon study show beyond > my_study.toml")]
    Show {
        /// reproduce, paper, beyond or deviations
        name: String,
    },
}

/// What every subcommand on a study needs.
#[derive(Debug, Args)]
pub(crate) struct StudyArguments {
    /// Study file, or the name of one that comes with the program: reproduce, paper,
    /// beyond, deviations
    study: PathBuf,
    /// Circuit file that edits start from [default: the larval olfactory pathway]
    #[arg(long, value_name = "FILE")]
    circuit: Option<PathBuf>,
    /// Folder of the results [default: results/NAME]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct RunArguments {
    #[command(flatten)]
    study: StudyArguments,
    /// Measure the stored models again and train nothing
    #[arg(long)]
    measure_again: bool,
    #[command(flatten)]
    report: ReportArguments,
}

#[derive(Debug, Args)]
struct MergeArguments {
    #[command(flatten)]
    study: StudyArguments,
    #[command(flatten)]
    report: ReportArguments,
}

#[derive(Debug, Args)]
struct WorkArguments {
    #[command(flatten)]
    study: StudyArguments,
    /// Units as `plan` lists them; an experiment stands for all its units
    #[arg(long, value_name = "ID,...", value_delimiter = ',', required = true)]
    ids: Vec<String>,
}

/// Runs `kenyon study`.
pub(crate) fn run(arguments: &Arguments, output: &Output) -> anyhow::Result<Ending> {
    match &arguments.command {
        Command::Plan(study) => plan(&Ready::new(study, output)?, output),
        Command::Run(arguments) => {
            let ready = Ready::new(&arguments.study, output)?;
            let effort = if arguments.measure_again {
                Effort::MeasureAgain
            } else {
                Effort::Complete
            };
            carry_out(&ready, effort, arguments.report, output)
        }
        Command::Status(study) => show_status(&Ready::new(study, output)?, output),
        Command::Work(arguments) => {
            let ready = Ready::new(&arguments.study, output)?;
            work(&ready, &arguments.ids, output)
        }
        Command::Merge(arguments) => {
            let ready = Ready::new(&arguments.study, output)?;
            let summary = merge(&ready.plan, &ready.comparison, &|_| ())?;
            show(&ready, &summary, &[], arguments.report, output)
        }
        Command::Nulls(arguments) => nulls::run(arguments, output),
        Command::Show { name } => {
            let study = BuiltIn::named(name)
                .with_context(|| format!("there is no study \"{name}\"; {KNOWN}"))?;
            output.line(study.text().trim_end());
            Ok(Ending::Done)
        }
    }
}

const KNOWN: &str = "the program comes with reproduce, paper, beyond and deviations";

/// A study made ready, with the data it is about.
pub(crate) struct Ready {
    pub data: DataSet,
    pub plan: Plan,
    pub comparison: Comparison,
}

impl Ready {
    fn new(arguments: &StudyArguments, output: &Output) -> anyhow::Result<Self> {
        let (file, built_in) = read(&arguments.study)?;
        let data = data::find(output)?;
        let circuit = data::circuit(arguments.circuit.as_deref())?;
        if built_in.is_some() && arguments.circuit.is_some() && arguments.out.is_none() {
            bail!("with another circuit the results need another folder; name one with --out");
        }
        let folder = folder(arguments.out.as_deref(), &file);
        let plan = Plan::new(file, &data, &circuit, &folder, false)
            .with_context(|| format!("cannot use {}", arguments.study.display()))?;
        let comparison = built_in.map_or_else(Comparison::default, |study| study.comparison(&plan));
        Ok(Self {
            data,
            plan,
            comparison,
        })
    }

    /// A study that was put together here.
    pub(crate) fn of(file: StudyFile, out: Option<&Path>, output: &Output) -> anyhow::Result<Self> {
        let data = data::find(output)?;
        let folder = folder(out, &file);
        let plan = Plan::new(file, &data, &Circuit::larva(), &folder, false)?;
        Ok(Self {
            data,
            plan,
            comparison: Comparison::default(),
        })
    }
}

fn folder(out: Option<&Path>, file: &StudyFile) -> PathBuf {
    out.map_or_else(|| Path::new(RESULTS).join(&file.name), Path::to_path_buf)
}

/// A study file, or a study of the program if there is no file of that name.
fn read(study: &Path) -> anyhow::Result<(StudyFile, Option<BuiltIn>)> {
    if !study.exists()
        && let Some(built_in) = study.to_str().and_then(BuiltIn::named)
    {
        return Ok((built_in.file(), Some(built_in)));
    }
    let text = std::fs::read_to_string(study)
        .with_context(|| format!("cannot read the study file {}; {KNOWN}", study.display()))?;
    let mut file =
        StudyFile::parse(&text).with_context(|| format!("cannot use {}", study.display()))?;
    file.read_tables(study.parent().unwrap_or(Path::new("")))
        .with_context(|| format!("cannot use {}", study.display()))?;
    if BuiltIn::named(&file.name).is_some() {
        bail!(
            "{} is called \"{}\" like a study that comes with the program; give it another name",
            study.display(),
            file.name
        );
    }
    Ok((file, None))
}

/// Carries out a study and shows the outcome.
pub(crate) fn carry_out(
    ready: &Ready,
    effort: Effort,
    report: ReportArguments,
    output: &Output,
) -> anyhow::Result<Ending> {
    let plan = &ready.plan;
    output.line(format_args!(
        "{}; study \"{}\": {} units of {} experiments",
        data::describe(&ready.data),
        plan.file.name,
        plan.units.len(),
        plan.experiments.len()
    ));
    let progress = StudyProgress::new(output);
    let result = run_study(plan, effort, &ready.comparison, &|event| {
        progress.update(event)
    });
    progress.finish();
    let (summary, timings) = result?;
    show(ready, &summary, &timings, report, output)
}

fn show(
    ready: &Ready,
    summary: &Summary,
    timings: &[Timing],
    report: ReportArguments,
    output: &Output,
) -> anyhow::Result<Ending> {
    let mut failed = summary.failures.len();
    match &summary.judgement {
        Some(judgement) => {
            summary::judgement(output, judgement);
            failed += judgement.failed;
        }
        None => summary::quantities(output, &summary.quantities),
    }
    summary::ending(output, summary, timings);
    data::warn_if_statistical(output, &ready.data);
    let folder = &ready.plan.folder;
    output.line(format_args!("results: {}", folder.display()));
    let page = report::of_study(folder, report, output);
    output.json(&json!({
        "study": summary.study,
        "complete": summary.complete,
        "failures": summary.failures,
        "failed": failed,
        "digest": summary.digest,
        "folder": folder,
        "report": page,
        "statistical_larva": ready.data.manifest.statistical,
        "timings": timings,
        "quantities": summary.quantities,
        "rows": summary.judgement.as_ref().map(|judgement| &judgement.rows),
    }))?;
    Ok(Ending::of_failures(failed))
}

fn work(ready: &Ready, ids: &[String], output: &Output) -> anyhow::Result<Ending> {
    let units = ready.plan.select(ids)?;
    let progress = StudyProgress::new(output);
    let result = work_units(&ready.plan, &units, &|event| progress.update(event));
    progress.finish();
    let failures = result?;
    for failure in &failures {
        output.line(format_args!("FAILED {}: {}", failure.unit, failure.problem));
    }
    output.line(format_args!(
        "{} of {} units done",
        units.len() - failures.len(),
        units.len()
    ));
    output.json(&json!({
        "units": units.iter().map(|unit| &unit.id).collect::<Vec<_>>(),
        "failures": failures,
        "folder": ready.plan.folder,
    }))?;
    Ok(Ending::of_failures(failures.len()))
}

fn show_status(ready: &Ready, output: &Output) -> anyhow::Result<Ending> {
    let units = status(&ready.plan);
    let mut table = Table::new(&["unit", "state", "folder"]);
    for unit in &units {
        let state = match unit.progress {
            Progress::Open => "open",
            Progress::Begun => "begun",
            Progress::Trained => "trained",
            Progress::Measured => "done",
        };
        table.row([unit.unit.clone(), state.to_owned(), unit.folder.clone()]);
    }
    output.line(table);
    let done = units
        .iter()
        .filter(|unit| unit.progress == Progress::Measured)
        .count();
    output.line(format_args!("{done} of {} units done", units.len()));
    output.json(&json!({ "done": done, "units": units }))?;
    Ok(Ending::Done)
}

/// Epochs that the estimate of the time is measured on.
const MEASURED_EPOCHS: usize = 3;
/// Share of the time that goes into teachers and measurements (measured on the study "paper").
const BESIDES_STUDENTS: f64 = 0.12;

fn plan(ready: &Ready, output: &Output) -> anyhow::Result<Ending> {
    let plan = &ready.plan;
    let open: Vec<bool> = status(plan)
        .iter()
        .map(|unit| unit.progress != Progress::Measured)
        .collect();
    let mut table = Table::new(&["unit", ">trials", "measurements", "state"]);
    for (unit, open) in plan.units.iter().zip(&open) {
        let measurements = &plan.experiment_of(unit).measurements;
        let names: Vec<&str> = measurements.iter().map(|(name, _)| name.as_str()).collect();
        table.row([
            unit.id.clone(),
            unit.training_trials.to_string(),
            names.join(", "),
            if *open { "to do" } else { "done" }.to_owned(),
        ]);
    }
    output.line(table);
    let trials: u64 = plan
        .units
        .iter()
        .zip(&open)
        .filter(|(_, open)| **open)
        .map(|(unit, _)| unit.training_trials)
        .sum();
    let todo = open.iter().filter(|open| **open).count();
    let threads = rayon::current_num_threads();
    let seconds = seconds_per_trial(plan)? * trials as f64 * (1.0 + BESIDES_STUDENTS)
        / threads.min(todo.max(1)) as f64;
    output.line(format_args!(
        "{todo} of {} units to do, about {:.1} min on {threads} threads (measured on {MEASURED_EPOCHS} epochs)",
        plan.units.len(),
        seconds / 60.0
    ));
    output.json(&json!({
        "units": plan.units.iter().map(|unit| &unit.id).collect::<Vec<_>>(),
        "to_do": todo,
        "estimated_seconds": seconds,
        "threads": threads,
    }))?;
    Ok(Ending::Done)
}

/// Seconds that one trial of a student's training takes here, on one thread.
fn seconds_per_trial(plan: &Plan) -> anyhow::Result<f64> {
    let Some(unit) = plan.units.first() else {
        return Ok(0.0);
    };
    let subject = plan.subject_of(unit);
    let settings = &unit.identity.settings;
    let state = kenyon_learning::start_state(subject.network.table().start(), settings);
    let start = Instant::now();
    let trials = subject.train_epochs(settings, state, MEASURED_EPOCHS)?;
    Ok(start.elapsed().as_secs_f64() / trials as f64)
}
