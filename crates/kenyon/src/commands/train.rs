//! `kenyon train`: a teacher, and a spiking student that starts from it.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Args;
use clap::builder::PossibleValuesParser;
use kenyon_analysis::spiking_populations;
use kenyon_circuit::Parameters;
use kenyon_connectome::ReceptorMapping;
use kenyon_learning::{
    Callbacks, Checkpoint, Existing, Loss, Monitor, Outcome, Progress, RunOptions, Start,
    StartDescription, StartOrigin, TrainingSettings, digest, take_over, untaught_start,
};
use kenyon_study::{Subject, monitor_figures};
use serde_json::json;

use crate::data;
use crate::ending::Ending;
use crate::model::{self, SubjectArguments, mapping_name, milliseconds};
use crate::output::Output;
use crate::progress::TrainingProgress;

/// Arguments of `kenyon train`.
#[derive(Debug, Args)]
#[command(
    after_help = "A run that was interrupted, however hard, is continued by the same command with \
                  --resume and ends in the same bytes.\n\nExample: kenyon train --seed 42 --epochs 300 --teacher-epochs 300 --out runs/42"
)]
pub(crate) struct Arguments {
    /// Seed of all random numbers
    #[arg(long, default_value_t = 42)]
    seed: u64,
    /// Epochs of the student
    #[arg(long, default_value_t = 300)]
    epochs: usize,
    /// Epochs of the teacher; a circuit without a teacher table has none
    #[arg(long, default_value_t = 300)]
    teacher_epochs: usize,
    /// Start from the parameters of another model (model.safetensors, or the folder of a run) as far as
    /// groups have equal name and shape; no teacher is trained
    #[arg(long, value_name = "MODEL")]
    from: Option<PathBuf>,
    /// Folder of the run
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Continue the run in the folder, if there is one
    #[arg(long)]
    resume: bool,
    /// What the student minimises
    #[arg(long, value_name = "LABEL", default_value = "canonical", value_parser = PossibleValuesParser::new(Loss::PUBLISHED))]
    loss: String,
    /// Epochs between two checkpoints
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    checkpoint_every: u32,
    #[command(flatten)]
    subject: SubjectArguments,
}

/// Runs `kenyon train`.
pub(crate) fn run(arguments: Arguments, output: &Output) -> anyhow::Result<Ending> {
    let data = data::find(output)?;
    let subject = arguments
        .subject
        .subject(&data, ReceptorMapping::ByPosition)?;
    let settings = settings(&arguments, &subject)?;
    let handed_in = (arguments.from.as_deref())
        .map(|path| taken_over(path, &subject, settings.seed, output))
        .transpose()?;
    let untaught = untaught_start(&subject.network, settings.seed);
    let start = match (&handed_in, &subject.teacher) {
        (Some((start, _)), _) => Start::Values(start),
        (None, Some(teacher)) => Start::Teacher {
            teacher: &teacher.network,
            rule: &teacher.rule,
            trained: None,
        },
        (None, None) => Start::Values(&untaught),
    };
    let description = handed_in.as_ref().map(|(_, description)| description);
    let identity = subject.identity_from(&settings, description)?;
    output.line(format_args!(
        "{}, receptors {}",
        data::describe(&data),
        mapping_name(subject.mapping)
    ));
    describe_task(&subject, output);

    let mut progress = TrainingProgress::new(output);
    let mut report = |news: &Progress<'_>| {
        progress.update(news);
        ControlFlow::Continue(())
    };
    let mut monitor = |news: &Monitor<'_>| monitor_figures(&subject, settings.seed, news);
    let options = RunOptions {
        existing: if arguments.resume {
            Existing::Resume
        } else {
            Existing::Refuse
        },
        checkpoint_every: arguments.checkpoint_every as usize,
    };
    let callbacks = &mut Callbacks {
        progress: &mut report,
        monitor: &mut monitor,
    };
    let outcome = subject.train(&arguments.out, &identity, start, options, callbacks);
    progress.finish();
    match outcome? {
        Outcome::Stopped { epoch } => {
            output.line(format_args!(
                "stopped after {epoch} epochs; continue with --resume"
            ));
        }
        Outcome::Complete(trained) => {
            let last = trained.history.epochs.last();
            let accuracy = last.map(|record| record.accuracy());
            let folder = &arguments.out;
            match trained.teacher_accuracy {
                Some(accuracy) => output.line(format_args!(
                    "teacher: test accuracy {:.1} %",
                    100.0 * accuracy
                )),
                None if subject.courses.is_some() => {
                    output.line("no teacher: a rate teacher knows no time");
                }
                None => output.line("no teacher"),
            }
            if let (Some(accuracy), Some(last)) = (accuracy, last) {
                output.line(format_args!(
                    "student: training accuracy {:.1} %, loss {:.3} after {} epochs",
                    100.0 * accuracy,
                    last.loss.total,
                    last.epoch
                ));
            }
            output.line(format_args!(
                "model: {}",
                folder.join("model.safetensors").display()
            ));
            output.line(format_args!("digest: {}", trained.digest));
            output.json(&json!({
                "digest": trained.digest,
                "run_id": identity.run_id,
                "folder": folder,
                "seed": settings.seed,
                "epochs": settings.student_epochs,
                "teacher_epochs": settings.teacher_epochs,
                "teacher_accuracy": trained.teacher_accuracy,
                "classes": subject.class_names.len(),
                "training_accuracy": accuracy,
                "loss": arguments.loss,
                "mapping": subject.mapping,
                "data_sha256": data.manifest.hash,
                "statistical_larva": data.manifest.statistical,
                "circuit_sha256": subject.circuit_sha256,
            }))?;
        }
    }
    Ok(Ending::Done)
}

/// Start values with what fits of another model, and what they are.
fn taken_over(
    path: &Path,
    subject: &Subject,
    seed: u64,
    output: &Output,
) -> anyhow::Result<(Parameters, StartDescription)> {
    let file = model::file_of(path);
    let (_, groups) = Checkpoint::read_groups(&file)?;
    let table = subject.network.table();
    let mut start = untaught_start(&subject.network, seed);
    let report = take_over(table, &groups, &mut start);
    if report.taken.is_empty() {
        bail!(
            "{} has no parameter group that fits the circuit \"{}\"; `kenyon inspect` lists the groups of \
             a circuit",
            file.display(),
            subject.network.circuit().name
        );
    }
    output.line(format_args!(
        "taken over from {}: {} of {} parameter groups",
        file.display(),
        report.taken.len(),
        table.groups().len()
    ));
    for (group, reason) in &report.kept {
        output.line(format_args!("not taken over: {group}, {reason}"));
    }
    if !report.unused.is_empty() {
        output.line(format_args!(
            "not in this circuit: {}",
            report.unused.join(", ")
        ));
    }
    let description = StartDescription {
        origin: StartOrigin::Model,
        sha256: digest(table.groups(), &start),
    };
    Ok((start, description))
}

/// Says what is told apart if it is not one class for each odour of the data.
fn describe_task(subject: &Subject, output: &Output) {
    if subject.task.is_none() {
        return;
    }
    let labels = subject.labelled().labels;
    let classes = subject.class_names.iter().enumerate();
    let sizes: Vec<String> = classes
        .map(|(class, name)| {
            let stimuli = labels.iter().filter(|&&label| label == class).count();
            format!("{name} ({stimuli})")
        })
        .collect();
    let most = 10;
    let shown = match sizes.len() {
        many if many > most => format!("{}, ...", sizes[..most].join(", ")),
        _ => sizes.join(", "),
    };
    let what = match &subject.courses {
        None => "odours".to_owned(),
        Some(task) => {
            let duration = milliseconds(&subject.network, task.steps());
            format!("time courses of {duration} ms")
        }
    };
    output.line(format_args!(
        "task: {} {what}, {} classes: {shown}",
        labels.len(),
        sizes.len()
    ));
}

/// The settings that the flags amount to.
fn settings(arguments: &Arguments, subject: &Subject) -> anyhow::Result<TrainingSettings> {
    let circuit = subject.network.circuit();
    let readout = &subject.network.readout_population().name;
    let loss = Loss::published(&arguments.loss, &spiking_populations(circuit), readout)
        .with_context(|| format!("there is no objective \"{}\"", arguments.loss))?;
    Ok(TrainingSettings {
        seed: arguments.seed,
        student_epochs: arguments.epochs,
        teacher_epochs: arguments.teacher_epochs,
        loss,
        ..TrainingSettings::default()
    })
}
