//! `kenyon study nulls`: does the wiring matter for this computation?

use std::path::PathBuf;

use anyhow::bail;
use clap::Args;
use kenyon_connectome::null::Family;
use kenyon_learning::TrainingSettings;
use kenyon_study::{Effort, NullStudy};

use super::report::ReportArguments;
use super::study::{Ready, carry_out};
use crate::ending::Ending;
use crate::output::Output;

/// Arguments of `kenyon study nulls`.
#[derive(Debug, Args)]
#[command(
    after_help = "Every null model is retrained. z and p say where the real connectome stands among \
                  the null models; p cannot be smaller than 2 / (count + 1).\n\n\
                  Example: kenyon study nulls --family degree_preserving_swaps --count 100 --seeds 42"
)]
pub(crate) struct Arguments {
    /// Families: independent_permutation, degree_preserving_swaps, block_degree_preserving_swaps,
    /// count_permutation, strength_preserving, erdos_renyi, signs
    #[arg(long, value_name = "NAME,...", value_delimiter = ',', required = true)]
    family: Vec<String>,
    /// Connectomes of each family
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(2..=100_000))]
    count: u32,
    /// Seeds that each connectome is trained with
    #[arg(
        long,
        value_name = "SEED,...",
        value_delimiter = ',',
        default_value = "42"
    )]
    seeds: Vec<u64>,
    /// Randomise only these pathways of the circuit [default: all]
    #[arg(long, value_name = "NAME,...", value_delimiter = ',')]
    pathways: Vec<String>,
    /// Epochs of the student
    #[arg(long, default_value_t = EPOCHS)]
    epochs: usize,
    /// Epochs of the teacher
    #[arg(long, default_value_t = EPOCHS)]
    teacher_epochs: usize,
    /// Measurements of each model
    #[arg(
        long,
        value_name = "NAME,...",
        value_delimiter = ',',
        default_value = "reevaluation"
    )]
    measure: Vec<String>,
    /// Folder of the results [default: results/nulls-FAMILIES and what else is not the default]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    #[command(flatten)]
    report: ReportArguments,
}

const DEFAULT_SEED: u64 = 42;
const EPOCHS: usize = 300;

/// The family that permutes signs and not contacts, and the group it permutes.
const SIGNS: &str = "signs";
const SIGNED_GROUP: &str = "excitatory LN";

/// Name of the study: what is not the default is part of it, so that none replaces another.
fn name(arguments: &Arguments) -> String {
    let mut name = format!("nulls-{}", arguments.family.join("-"));
    let mut add = |text: String| name.push_str(&text);
    if !arguments.pathways.is_empty() {
        add(format!("-{}", arguments.pathways.join("-")));
    }
    if arguments.seeds != [DEFAULT_SEED] {
        let seeds: Vec<String> = arguments.seeds.iter().map(u64::to_string).collect();
        add(format!("-seeds{}", seeds.join("_")));
    }
    if (arguments.epochs, arguments.teacher_epochs) != (EPOCHS, EPOCHS) {
        add(format!(
            "-epochs{}_{}",
            arguments.teacher_epochs, arguments.epochs
        ));
    }
    name
}

/// Runs `kenyon study nulls`.
pub(crate) fn run(arguments: &Arguments, output: &Output) -> anyhow::Result<Ending> {
    let mut families = Vec::new();
    let mut signs_of = None;
    for (index, name) in arguments.family.iter().enumerate() {
        if arguments.family[..index].contains(name) {
            bail!("the null model \"{name}\" is named twice; once is enough");
        }
        if name == SIGNS {
            signs_of = Some(SIGNED_GROUP.to_owned());
            continue;
        }
        match Family::named(name) {
            Some(family) => families.push((name.clone(), family)),
            None => {
                let known: Vec<&str> = Family::all().iter().map(Family::name).collect();
                bail!(
                    "there is no null model \"{name}\"; there are {} and {SIGNS}",
                    known.join(", ")
                );
            }
        }
    }
    let study = NullStudy {
        families,
        pathways: arguments.pathways.clone(),
        connectomes: arguments.count,
        seeds: arguments.seeds.clone(),
        signs_of,
        training: TrainingSettings {
            student_epochs: arguments.epochs,
            teacher_epochs: arguments.teacher_epochs,
            ..TrainingSettings::default()
        },
        measure: arguments.measure.clone(),
    };
    if study.signs_of.is_some() && !study.pathways.is_empty() {
        bail!(
            "--pathways says which contacts are randomised, but {SIGNS} randomises none; leave one out"
        );
    }
    let name = name(arguments);
    let ready = Ready::of(study.file(&name)?, arguments.out.as_deref(), output)?;
    carry_out(&ready, Effort::Complete, arguments.report, output)
}
