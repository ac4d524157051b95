//! `kenyon sensitivity`: derivatives by every edge and neuron.

use std::path::PathBuf;
use std::str::FromStr;

use anyhow::bail;
use clap::{Args, ValueEnum};
use kenyon_analysis::screen::{Action, ScreenSettings, TargetKind, screen, targets};
use kenyon_analysis::sensitivity::{
    Comparison, Estimate, Objective, SensitivityResult, SensitivitySettings, compare, differentiate,
};
use kenyon_analysis::{Labelled, Model};
use kenyon_circuit::{Interventions, Network};
use kenyon_connectome::{Connectome, Neuron};
use serde_json::json;

use super::screen::{TargetProgress, described};
use crate::data;
use crate::ending::Ending;
use crate::figure_file::{check_file, write_file};
use crate::model::{self, SubjectArguments};
use crate::output::Output;
use crate::table::Table;

/// Arguments of `kenyon sensitivity`.
#[derive(Debug, Args)]
#[command(
    after_help = "These are derivatives of the graded model that training uses, not of the hard-spike network, and \
                  they tell of small changes. --against-screen measures how well they rank what silencing does.\n\n\
                  Example: kenyon sensitivity runs/42 --of margin --by edges --csv edges.csv"
)]
pub(crate) struct Arguments {
    /// model.safetensors, or the folder of a run
    model: PathBuf,
    /// What is differentiated: loss, margin, spikes:POP, or logit:ODOUR (name or number of a class)
    #[arg(long, value_name = "OBJECTIVE", default_value = "margin")]
    of: Wanted,
    /// By what
    #[arg(long, value_name = "WHAT", default_value = "neurons")]
    by: By,
    /// Noisy trials per odour
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(2..=100_000))]
    trials: u32,
    /// Seed of odour and circuit noise
    #[arg(long, default_value_t = 42)]
    seed: u64,
    /// Rows that are shown; the file has all
    #[arg(long, value_name = "N", default_value_t = 20)]
    top: usize,
    /// Write all rows into a table (.csv)
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// Silence every neuron too, with hard spikes, and correlate the ranks
    #[arg(long)]
    against_screen: bool,
    #[command(flatten)]
    subject: SubjectArguments,
}

/// What the rows are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
enum By {
    /// The weight of every edge
    Edges,
    /// Threshold, current and output of every neuron
    Neurons,
    /// The strength of every pathway and set of gap junctions
    Pathways,
}

/// An objective as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Wanted {
    Loss,
    Margin,
    Spikes(String),
    Logit(String),
}

impl FromStr for Wanted {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            None if text == "loss" => Ok(Self::Loss),
            None if text == "margin" => Ok(Self::Margin),
            Some(("spikes", name)) if !name.is_empty() => Ok(Self::Spikes(name.to_owned())),
            Some(("logit", name)) if !name.is_empty() => Ok(Self::Logit(name.to_owned())),
            _ => Err("use loss, margin, spikes:POPULATION or logit:ODOUR".to_owned()),
        }
    }
}

impl Wanted {
    fn objective(&self, odours: &[String]) -> anyhow::Result<Objective> {
        Ok(match self {
            Self::Loss => Objective::Loss,
            Self::Margin => Objective::Margin,
            Self::Spikes(population) => Objective::Spikes(population.clone()),
            Self::Logit(name) => {
                let named = odours.iter().position(|odour| odour == name);
                let numbered = name
                    .parse()
                    .ok()
                    .filter(|&class: &usize| class < odours.len());
                match named.or(numbered) {
                    Some(class) => Objective::Logit(class),
                    None => bail!(
                        "--of logit:{name}: there is no such odour (numbers run from 0 to {})",
                        odours.len().saturating_sub(1)
                    ),
                }
            }
        })
    }
}

/// Runs `kenyon sensitivity`.
pub(crate) fn run(arguments: &Arguments, output: &Output) -> anyhow::Result<Ending> {
    if let Some(file) = &arguments.csv {
        check_file("--csv", file, &["csv"])?;
    }
    if arguments.against_screen && matches!(arguments.of, Wanted::Logit(_)) {
        bail!(
            "--against-screen needs --of loss, margin or spikes:POPULATION, which a screen can measure"
        );
    }
    let data = data::find(output)?;
    let loaded = model::load(&arguments.model, &arguments.subject, &data, output)?;
    let subject = &loaded.subject;
    let (network, connectome) = (&subject.network, &data.connectome);
    let settings = SensitivitySettings {
        objective: arguments.of.objective(&subject.class_names)?,
        trials: arguments.trials as usize,
        seed: arguments.seed,
    };
    let none = Interventions::default();
    let (model, stimuli) = (loaded.model(&none), subject.labelled());
    let result = differentiate(&model, stimuli, &settings)?;
    let comparisons = if arguments.against_screen {
        against_screen(&model, stimuli, connectome, &result, output)?
    } else {
        Vec::new()
    };

    output.line(data::describe(&data));
    output.line(format_args!(
        "graded model, {} {} of {} trials each, seed {}: mean {:.4} ± {:.4}",
        result.odours,
        subject.told_apart(),
        settings.trials,
        settings.seed,
        result.value.mean,
        result.value.error
    ));
    let rows = rows(arguments.by, &result, network, connectome);
    show(&rows, arguments.top, output);
    compared(&comparisons, output);
    if let Some(file) = &arguments.csv {
        write_file(file, &rows.csv()?)?;
        output.line(format_args!("wrote {}", file.display()));
    }
    let own = json!({
        "settings": result.settings,
        "odours": result.odours,
        "value": result.value,
        "pathways": result.pathways,
        "gap_junctions": result.gap_junctions,
        "edges": if arguments.by == By::Edges { Some(&result.edges) } else { None },
        "neurons": if arguments.by == By::Neurons { Some(&result.neurons) } else { None },
        "against_screen": comparisons,
    });
    output.json(&loaded.result(&data, own))?;
    Ok(Ending::Done)
}

fn against_screen(
    model: &Model<'_>,
    stimuli: Labelled<'_>,
    connectome: &Connectome,
    result: &SensitivityResult,
    output: &Output,
) -> anyhow::Result<Vec<Comparison>> {
    let Some(metric) = result.settings.objective.metric() else {
        return Ok(Vec::new());
    };
    let chosen = targets(model.network, connectome, TargetKind::Neurons, &[])?;
    let settings = ScreenSettings {
        action: Action::Silence,
        metrics: vec![metric],
        trials: result.settings.trials,
        seed: result.settings.seed,
    };
    let progress = TargetProgress::new(output, chosen.len());
    let screened = screen(model, stimuli, &chosen, &settings, &|| progress.one_more())?;
    progress.finish();
    Ok(compare(model.network, result, &screened))
}

/// Rows with the same columns, each ranked by one of its values.
struct Rows {
    names: &'static [&'static str],
    values: &'static [&'static str],
    rows: Vec<(Vec<String>, Vec<Estimate>)>,
}

impl Rows {
    fn csv(&self) -> anyhow::Result<Vec<u8>> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let header = self.values.iter();
        let header = header.flat_map(|name| [(*name).to_owned(), format!("{name}_standard_error")]);
        let names = self.names.iter().map(|name| (*name).to_owned());
        writer.write_record(names.chain(header))?;
        for (names, values) in &self.rows {
            let numbers = values
                .iter()
                .flat_map(|it| [it.mean.to_string(), it.error.to_string()]);
            writer.write_record(names.iter().cloned().chain(numbers))?;
        }
        Ok(writer.into_inner()?)
    }
}

fn rows(by: By, result: &SensitivityResult, network: &Network, connectome: &Connectome) -> Rows {
    let neuron = |population: usize, place: usize| -> Option<&Neuron> {
        let name = &network.populations()[population].name;
        connectome.neurons()[connectome.population(name)?].get(place)
    };
    let id = |it: Option<&Neuron>| it.map_or_else(String::new, |it| it.id.to_string());
    let who = |it: Option<&Neuron>| it.map_or_else(String::new, described);
    let place = |population: usize, place: usize| {
        format!("{}:{place}", network.populations()[population].name)
    };
    match by {
        By::Edges => Rows {
            names: &[
                "pathway",
                "source",
                "source_id",
                "source_name",
                "target",
                "target_id",
                "target_name",
                "contacts",
            ],
            values: &["by_log_weight"],
            rows: result
                .edges
                .iter()
                .map(|edge| {
                    let pathway = &network.pathways()[edge.pathway];
                    let (source, target) = (
                        neuron(pathway.source, edge.source),
                        neuron(pathway.target, edge.target),
                    );
                    let names = vec![
                        pathway.name.clone(),
                        place(pathway.source, edge.source),
                        id(source),
                        who(source),
                        place(pathway.target, edge.target),
                        id(target),
                        who(target),
                        edge.contacts.to_string(),
                    ];
                    (names, vec![edge.weight])
                })
                .collect(),
        },
        By::Neurons => Rows {
            names: &["neuron", "id", "name"],
            values: &["by_log_output", "by_threshold_per_mV", "by_current_per_pA"],
            rows: result
                .neurons
                .iter()
                .map(|own| {
                    let known = neuron(own.population, own.neuron);
                    let names = vec![place(own.population, own.neuron), id(known), who(known)];
                    let values = vec![own.output, own.threshold_per_mv, own.current_per_pa];
                    (names, values)
                })
                .collect(),
        },
        By::Pathways => Rows {
            names: &["pathway"],
            values: &["by_log_strength"],
            rows: result
                .pathways
                .iter()
                .chain(&result.gap_junctions)
                .map(|own| (vec![own.name.clone()], vec![own.strength]))
                .collect(),
        },
    }
}

/// The rows with the largest first value.
fn show(rows: &Rows, top: usize, output: &Output) {
    let values: Vec<String> = rows
        .values
        .iter()
        .flat_map(|name| [format!(">{name}"), ">±".to_owned()])
        .collect();
    let mut header = rows.names.to_vec();
    header.extend(values.iter().map(String::as_str));
    let mut table = Table::new(&header);
    let mut ranked: Vec<&(Vec<String>, Vec<Estimate>)> = rows.rows.iter().collect();
    ranked.sort_by(|a, b| b.1[0].mean.abs().total_cmp(&a.1[0].mean.abs()));
    for (names, values) in ranked.into_iter().take(top) {
        let numbers = values
            .iter()
            .flat_map(|it| [format!("{:+.5}", it.mean), format!("{:.5}", it.error)]);
        table.row(names.iter().cloned().chain(numbers));
    }
    output.line(format_args!(
        "derivatives, largest {} first; ± standard error over trials within odours",
        rows.values[0]
    ));
    output.line(table);
}

fn compared(comparisons: &[Comparison], output: &Output) {
    if comparisons.is_empty() {
        return;
    }
    let number = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |v| format!("{v:.2}"));
    let mut table = Table::new(&["neurons", ">number", ">rank correlation", ">of magnitudes"]);
    for own in comparisons {
        table.row([
            own.population.clone(),
            own.neurons.to_string(),
            number(own.rank_correlation),
            number(own.rank_correlation_of_magnitudes),
        ]);
    }
    output.line(
        "first-order guess (minus by_log_output) against silencing each neuron with hard spikes",
    );
    output.line(table);
}
