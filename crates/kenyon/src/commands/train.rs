//! `kenyon train`: a teacher, and a spiking student that starts from it.

use std::ops::ControlFlow;
use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use clap::builder::PossibleValuesParser;
use kenyon_connectome::ReceptorMapping;
use kenyon_learning::{
    Callbacks, Existing, Loss, Monitor, Outcome, Progress, RunInputs, RunOptions, TrainingSettings,
    train,
};
use kenyon_study::{Subject, monitor_figures};
use serde_json::json;

use crate::data;
use crate::ending::Ending;
use crate::model::{SubjectArguments, mapping_name};
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
    /// Epochs of the teacher
    #[arg(long, default_value_t = 300)]
    teacher_epochs: usize,
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
    let identity = subject.identity(&settings)?;
    output.line(format_args!(
        "{}, receptors {}",
        data::describe(&data),
        mapping_name(subject.mapping)
    ));

    let mut progress = TrainingProgress::new(output);
    let mut report = |news: &Progress<'_>| {
        progress.update(news);
        ControlFlow::Continue(())
    };
    let mut monitor = |news: &Monitor<'_>| monitor_figures(&subject, settings.seed, news);
    let inputs = RunInputs {
        identity: &identity,
        network: &subject.network,
        teacher: &subject.teacher,
        rule: &subject.rule,
        odours: &subject.odours,
        trained_teacher: None,
    };
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
    let outcome = train(&arguments.out, &inputs, options, callbacks);
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
            output.line(format_args!(
                "teacher: test accuracy {:.1} %",
                100.0 * trained.teacher_accuracy
            ));
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

/// The settings that the flags amount to.
fn settings(arguments: &Arguments, subject: &Subject) -> anyhow::Result<TrainingSettings> {
    let roles = &subject.roles;
    let loss = Loss::published(&arguments.loss, &roles.spiking(), &roles.coding)
        .with_context(|| format!("there is no objective \"{}\"", arguments.loss))?;
    Ok(TrainingSettings {
        seed: arguments.seed,
        student_epochs: arguments.epochs,
        teacher_epochs: arguments.teacher_epochs,
        loss,
        ..TrainingSettings::default()
    })
}
