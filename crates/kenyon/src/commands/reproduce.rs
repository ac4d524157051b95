//! `kenyon reproduce`: train and measure the published models and judge them.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use kenyon_circuit::Circuit;
use kenyon_connectome::{DataSet, Individual, ReceptorMapping};
use kenyon_learning::{Phase, TrainingSettings};
use kenyon_study::{
    CANONICAL_SEEDS, Event, Plan, Reproduction, Row, Subject, Timing, Verdict, reproduce,
};
use serde_json::json;

use crate::arguments::Mapping;
use crate::data;
use crate::ending::Ending;
use crate::model::mapping_name;
use crate::output::Output;

/// Arguments of `kenyon reproduce`.
#[derive(Debug, Args)]
#[command(
    after_help = "Finished runs are kept and skipped unless data, circuit, settings or code have \
                  changed; an interrupted one goes on where it stopped.\n\nExample: kenyon reproduce --out results/reproduce"
)]
pub(crate) struct Arguments {
    /// Seeds, one teacher and one student each [default: 42,43,44,45,46]
    #[arg(long, value_name = "SEED,...", value_delimiter = ',')]
    seeds: Vec<u64>,
    /// Folder of the results [default: results/reproduce; results/quick, results/reproduce-by_name
    /// and so on for other studies]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// One seed, fewer epochs and trials: a look at the whole in seconds, not judged
    #[arg(long)]
    quick: bool,
    /// How receptor responses are assigned to receptor neurons; only by_position is judged
    #[arg(long, value_enum, default_value_t = Mapping::ByPosition)]
    mapping: Mapping,
}

/// Seeds that the name of a results folder shows.
const SEEDS_IN_NAME: usize = 6;

/// Epochs of `--quick`.
const QUICK_TEACHER_EPOCHS: usize = 60;
const QUICK_STUDENT_EPOCHS: usize = 30;

/// Trains and measures the published models.
pub(crate) fn run(arguments: Arguments, output: &Output) -> anyhow::Result<Ending> {
    let data = data::find(output)?;
    let plan = plan(&arguments, &data);
    let mapping = ReceptorMapping::from(arguments.mapping);
    let subject = Subject::new(&data, &Circuit::larva(), mapping)?;
    let head = format!(
        "{}, receptors {}",
        data::describe(&data),
        mapping_name(mapping)
    );
    output.line(&head);
    let progress = StudyProgress::new(output, &plan);
    let result = reproduce(&subject, &plan, &|event| progress.update(event));
    progress.finish();
    let (outcome, timings) = result?;
    show(output, &outcome, &timings);
    data::warn_if_statistical(output, &data);
    output.line(format_args!("results: {}", plan.folder.display()));
    let judgement = &outcome.judgement;
    output.json(&json!({
        "passed": judgement.passed,
        "failed": judgement.failed,
        "not_judged": judgement.not_judged,
        "tolerated": judgement.tolerated,
        "not_judged_because": judgement.not_judged_because,
        "digest": outcome.digest,
        "mapping": mapping,
        "statistical_larva": data.manifest.statistical,
        "seeds": plan.seeds,
        "folder": plan.folder,
        "seconds": timings.last().map(|timing| timing.seconds),
        "rows": judgement.rows,
    }))?;
    Ok(Ending::of_failures(judgement.failed))
}

fn plan(arguments: &Arguments, data: &DataSet) -> Plan {
    let canonical = TrainingSettings::default();
    let (training, seeds) = if arguments.quick {
        let fewer = TrainingSettings {
            teacher_epochs: QUICK_TEACHER_EPOCHS,
            student_epochs: QUICK_STUDENT_EPOCHS,
            ..canonical
        };
        (fewer, &CANONICAL_SEEDS[..1])
    } else {
        (canonical, &CANONICAL_SEEDS[..])
    };
    Plan {
        seeds: if arguments.seeds.is_empty() {
            seeds.to_vec()
        } else {
            arguments.seeds.clone()
        },
        training,
        quick: arguments.quick,
        not_judged: None,
        folder: arguments
            .out
            .clone()
            .unwrap_or_else(|| Path::new("results").join(study_name(arguments, data))),
    }
}

/// Name of the results folder: each kind of study has its own, so that none replaces another's
/// summary.
fn study_name(arguments: &Arguments, data: &DataSet) -> String {
    let mut name = if arguments.quick {
        "quick"
    } else {
        "reproduce"
    }
    .to_owned();
    if arguments.mapping == Mapping::ByName {
        name.push_str("-by_name");
    }
    if let Individual::Sampled { seed, scale } = data.individual {
        name.push_str(&format!("-statistical{seed}x{scale}"));
    }
    if !arguments.seeds.is_empty() && arguments.seeds != CANONICAL_SEEDS {
        let shown: Vec<String> = arguments
            .seeds
            .iter()
            .take(SEEDS_IN_NAME)
            .map(u64::to_string)
            .collect();
        name.push_str(&format!(
            "-{}seeds{}",
            arguments.seeds.len(),
            shown.join("_")
        ));
    }
    name
}

fn show(output: &Output, outcome: &Reproduction, timings: &[Timing]) {
    output.line("");
    output.line(format_args!(
        "{:34} {:>10} {:>9}   {:>10} {:>9}   verdict",
        "value", "ours", "std", "published", "tolerance"
    ));
    for row in &outcome.judgement.rows {
        output.line(line(row));
    }
    output.line("");
    let judgement = &outcome.judgement;
    match &judgement.not_judged_because {
        Some(reason) => output.line(format_args!(
            "not judged: {reason} ({} values shown)",
            judgement.not_judged
        )),
        None => output.line(format_args!(
            "{} passed, {} failed; {} of the passed are misses that the rule tolerates (up to {})",
            judgement.passed, judgement.failed, judgement.tolerated, judgement.allowed_misses
        )),
    }
    output.line(format_args!("digest: {}", outcome.digest));
    for timing in timings {
        output.line(format_args!("{:32} {:7.1} s", timing.stage, timing.seconds));
    }
}

fn line(row: &Row) -> String {
    let number =
        |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.3}"));
    let verdict = match row.verdict {
        Verdict::Pass => "pass",
        Verdict::Tolerated => "miss, tolerated",
        Verdict::Fail => "FAIL",
        Verdict::NotJudged => "not judged",
    };
    format!(
        "{:34} {:>10} {:>9}   {:>10.3} {:>9.3}   {verdict}",
        row.name,
        number(row.ours),
        number(row.ours_std),
        row.band.published,
        row.band.half_width
    )
}

/// Shortest time between two lines where no bar can be drawn.
const BETWEEN_LINES: Duration = Duration::from_secs(5);

/// Progress of all seeds together; a student's epoch takes this many times as long as a teacher's.
const STUDENT_WEIGHT: u64 = 15;

struct StudyProgress<'a> {
    output: &'a Output,
    bar: Option<ProgressBar>,
    total: u64,
    state: Mutex<State>,
}

struct State {
    /// Weighted epochs done: those of each seed.
    done: Vec<(u64, u64)>,
    /// When work began that was not there before.
    began: Option<(Instant, u64)>,
    last_line: Instant,
}

impl<'a> StudyProgress<'a> {
    fn new(output: &'a Output, plan: &Plan) -> Self {
        let of_seed = plan.training.teacher_epochs as u64
            + STUDENT_WEIGHT * plan.training.student_epochs as u64;
        let total = of_seed * plan.seeds.len() as u64;
        let bar = output.draws_progress().then(|| {
            let style = ProgressStyle::with_template(
                "training {bar:30} {percent:>3} %, {elapsed} passed, {eta} left, {msg}",
            )
            .unwrap_or_else(|_| ProgressStyle::default_bar());
            ProgressBar::new(total).with_style(style)
        });
        let done = plan.seeds.iter().map(|&seed| (seed, 0)).collect();
        let state = Mutex::new(State {
            done,
            began: None,
            last_line: Instant::now(),
        });
        Self {
            output,
            bar,
            total,
            state,
        }
    }

    fn update(&self, event: Event<'_>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let of_seed = self.total / state.done.len() as u64;
        let (seed, done, note) = match event {
            Event::Epoch {
                seed,
                phase: Phase::Teacher,
                done,
                ..
            } => (seed, done as u64, format!("seed {seed} teacher {done}")),
            Event::Epoch {
                seed,
                phase: Phase::Student,
                done,
                of,
            } => {
                let left = STUDENT_WEIGHT * (of - done) as u64;
                (
                    seed,
                    of_seed - left,
                    format!("seed {seed} student {done}/{of}"),
                )
            }
            Event::Trained { seed, fresh } => {
                let how = if fresh { "trained" } else { "found trained" };
                (seed, of_seed, format!("seed {seed} {how}"))
            }
            Event::Measured { seed, .. } => (seed, of_seed, format!("seed {seed} measured")),
        };
        if let Some(entry) = state.done.iter_mut().find(|(other, _)| *other == seed) {
            entry.1 = done;
        }
        let sum: u64 = state.done.iter().map(|(_, done)| done).sum();
        let (began, first) = *state.began.get_or_insert_with(|| (Instant::now(), sum));
        if let Some(bar) = &self.bar {
            bar.set_position(sum);
            bar.set_message(note);
            return;
        }
        let milestone = !matches!(event, Event::Epoch { .. });
        if milestone || state.last_line.elapsed() >= BETWEEN_LINES {
            state.last_line = Instant::now();
            let share = 100.0 * sum as f64 / self.total as f64;
            let rate = (sum - first) as f64 / began.elapsed().as_secs_f64();
            let left = if sum > first {
                format!(", about {:.0} s left", (self.total - sum) as f64 / rate)
            } else {
                String::new()
            };
            self.output
                .progress(format_args!("{share:3.0} % trained{left}: {note}"));
        }
    }

    fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
