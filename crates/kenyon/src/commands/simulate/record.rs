//! Writing what happens in trials, step by step, to files.

use std::ops::Range;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Args;
use kenyon_analysis::decide;
use kenyon_analysis::recording::{Caption, DenseRecording, RecordedSegment, recording_bytes};
use kenyon_circuit::Network;
use kenyon_connectome::Connectome;
use kenyon_learning::is_temporary;
use kenyon_report::raster;

use super::{arrays, tables};
use crate::figure_file::{check_figure, check_file, write_figure, write_file};
use crate::output::Output;

/// Memory that a recording, with its largest file, may take, byte.
const LARGEST: u64 = 1_000_000_000;

/// Steps of a trial beyond which a drawing has more marks than points.
const MOST_STEPS_DRAWN: usize = 3000;

/// What is recorded, and where.
#[derive(Debug, Args)]
#[command(next_help_heading = "Recording")]
pub(super) struct RecordingArguments {
    /// Write the course of the first trials as NumPy arrays, which numpy.load reads: spikes,
    /// potentials, synaptic currents, vesicle pools, input, decisions
    #[arg(long, value_name = "FILE.npz")]
    record: Option<PathBuf>,
    /// Write the same as tables (CSV) into a folder
    #[arg(long, value_name = "DIR")]
    record_csv: Option<PathBuf>,
    /// Draw the first trial: spikes and potentials of all populations (.svg, .pdf or .png)
    #[arg(long, value_name = "FILE")]
    figure: Option<PathBuf>,
    /// How many trials are recorded, at most --trials [default: 1]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    record_trials: Option<u32>,
}

/// Trials that were simulated, with all that names what is in them.
pub(super) struct Simulated<'a> {
    pub caption: Caption<'a>,
    /// Of a stimulus that does not change.
    pub concentration: Option<f64>,
    /// What was read out on its own; nothing of a stimulus that does not change.
    pub windows: Vec<ReadOut>,
    pub connectome: &'a Connectome,
    /// Names of the odours, by class.
    pub odours: &'a [String],
}

/// A stretch of time with the decoder's output for it.
pub(super) struct ReadOut {
    pub name: String,
    pub steps: Range<usize>,
    /// Whether something is presented in it.
    pub segment: bool,
    /// `[trial][class]`
    pub logits: Vec<Vec<f64>>,
}

impl RecordingArguments {
    /// Checks before anything is simulated what can be. Returns the number of trials to record.
    pub(super) fn check(
        &self,
        trials: u32,
        steps: usize,
        network: &Network,
    ) -> anyhow::Result<u32> {
        if self.record.is_none() && self.record_csv.is_none() {
            if let Some(file) = &self.figure {
                check_drawing(file, steps)?;
                check_memory(1, recording_bytes(network, 1, steps))?;
                return Ok(1);
            }
            if self.record_trials.is_some() {
                bail!("--record-trials needs --record or --record-csv, which say where to");
            }
            return Ok(0);
        }
        let recorded = self.record_trials.unwrap_or(1);
        if recorded > trials {
            bail!("--record-trials is {recorded}, but --trials is only {trials}");
        }
        if let Some(file) = &self.record {
            check_file("--record", file, &["npz"])?;
        }
        if let Some(file) = &self.figure {
            check_drawing(file, steps)?;
        }
        if let Some(folder) = &self.record_csv {
            check_folder(folder)?;
        }
        let arrays = recording_bytes(network, recorded as usize, steps);
        let file = match &self.record_csv {
            Some(_) => tables::largest_bytes(network, recorded as usize, steps),
            None => arrays,
        };
        check_memory(recorded, arrays.saturating_add(file))?;
        Ok(recorded)
    }

    /// Writes the files that were asked for, each completely or not at all.
    pub(super) fn write(
        &self,
        recording: &DenseRecording,
        simulated: &Simulated<'_>,
        output: &Output,
    ) -> anyhow::Result<()> {
        if let Some(file) = &self.figure {
            let traced = recording.most_active(0);
            let mut trial = recording.selected(0, simulated.caption, &traced);
            let segments = simulated.windows.iter().filter(|it| it.segment);
            trial.segments = segments.map(|it| marked(it, simulated.odours)).collect();
            write_figure(file, raster(&trial).drawing)?;
            output.line(format_args!("first trial drawn in {}", file.display()));
        }
        let trials = match recording.trials() {
            1 => "first trial".to_owned(),
            several => format!("first {several} trials"),
        };
        if let Some(file) = &self.record {
            write_file(file, &arrays::archive(recording, simulated)?)?;
            output.line(format_args!("{trials} recorded in {}", file.display()));
        }
        if let Some(folder) = &self.record_csv {
            let shown = folder.display();
            std::fs::create_dir_all(folder).with_context(|| format!("cannot create {shown}"))?;
            for (name, table) in tables::TABLES {
                write_file(&folder.join(name), &table(recording, simulated)?)?;
            }
            output.line(format_args!("{trials} recorded in the tables of {shown}"));
        }
        Ok(())
    }
}

/// Refuses drawings that nobody could read.
fn check_drawing(file: &Path, steps: usize) -> anyhow::Result<()> {
    if steps > MOST_STEPS_DRAWN {
        bail!(
            "a drawing shows at most {MOST_STEPS_DRAWN} steps, but the trial has {steps}; present something shorter, or \
             write the recording with --record"
        );
    }
    check_figure(file)
}

/// Refuses recordings that would not fit.
fn check_memory(recorded: u32, needed: u64) -> anyhow::Result<()> {
    if needed > LARGEST {
        let fitting = u64::from(recorded).saturating_mul(LARGEST) / needed;
        let advice = match fitting {
            0 => "present something shorter".to_owned(),
            _ => format!("record at most {fitting} with --record-trials"),
        };
        bail!(
            "recording {recorded} trials takes about {:.1} GB of memory, more than {} GB; {advice}",
            needed as f64 * 1e-9,
            LARGEST / 1_000_000_000
        );
    }
    Ok(())
}

/// How a segment is marked in the drawing of the first trial.
fn marked(read_out: &ReadOut, odours: &[String]) -> RecordedSegment {
    let decided = read_out.logits.first().map(|logits| decide(logits));
    RecordedSegment {
        name: read_out.name.clone(),
        first: read_out.steps.start,
        end: read_out.steps.end,
        decided: decided
            .and_then(|class| odours.get(class))
            .cloned()
            .unwrap_or_default(),
    }
}

/// A folder of our tables may be written again, one with anything else in it may not.
fn check_folder(folder: &Path) -> anyhow::Result<()> {
    let shown = folder.display();
    if !folder.exists() {
        return Ok(());
    }
    let entries = std::fs::read_dir(folder).with_context(|| format!("cannot read {shown}"))?;
    for entry in entries {
        let name = entry
            .with_context(|| format!("cannot read {shown}"))?
            .file_name();
        if !tables::TABLES.iter().any(|(table, _)| name == *table) && !is_temporary(&name) {
            bail!(
                "{shown} holds other files, such as {}; name a folder of its own with --record-csv",
                name.display()
            );
        }
    }
    Ok(())
}
