//! `kenyon screen`: perturb every target in turn, rank what it does.

mod progress;
mod tables;

use std::path::PathBuf;
use std::str::FromStr;

use anyhow::bail;
use clap::{Args, ValueEnum};
use kenyon_analysis::screen::{
    Action, Metric, Screen, ScreenSettings, Target, TargetKind, screen, single, targets,
};
use kenyon_circuit::{Interventions, Network};
use kenyon_connectome::Connectome;
use kenyon_report::{ScreenEffect, ScreenPlot};
use serde_json::json;

use crate::data;
use crate::ending::Ending;
use crate::figure_file::{check_figure, check_file, write_figure, write_file};
use crate::model::{self, SubjectArguments};
use crate::output::Output;
pub(super) use progress::TargetProgress;
pub(super) use tables::described;

/// Arguments of `kenyon screen`.
#[derive(Debug, Args)]
#[command(
    after_help = "Every target has the same odours and the same noise as the intact network, so effects are \
                  differences within pairs of trials. Intervals say where an effect would lie with other noise, \
                  for these odours in this model; p-values are corrected for the number of targets.\n\n\
                  Example: kenyon screen runs/42 --targets neurons --population KC --metrics margin,accuracy"
)]
pub(crate) struct Arguments {
    /// model.safetensors, or the folder of a run
    model: PathBuf,
    /// What is perturbed, one after the other
    #[arg(long, value_name = "KIND", default_value = "neurons")]
    targets: Kind,
    /// Only targets of this population (pathways: onto it); can be repeated
    #[arg(long, value_name = "POP")]
    population: Vec<String>,
    /// Only this neuron, as its id in the data or its number (from 0) in its population; can be repeated
    #[arg(long, value_name = "ID|POP:N", conflicts_with_all = ["targets", "population"])]
    neuron: Vec<String>,
    /// silence, or drive=AMPERE: a constant current into every neuron of a target (20e-12; negative
    /// hyperpolarises). Pathways and gap junctions are switched off
    #[arg(long, value_name = "ACTION", default_value = "silence", value_parser = action, allow_hyphen_values = true)]
    action: Action,
    /// What is measured, separated by commas; targets are ranked by the first. margin, accuracy, loss,
    /// centroid, al_decorrelation, mb_decorrelation, total_decorrelation, active:POP, spikes:POP, or
    /// all [default: margin, accuracy, active and spikes of the population that the decoder reads]
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    metrics: Vec<String>,
    /// Noisy trials per odour
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(2..=100_000))]
    trials: u32,
    /// Seed of odour and circuit noise
    #[arg(long, default_value_t = 42)]
    seed: u64,
    /// Targets that are shown; files and JSON have all
    #[arg(long, value_name = "N", default_value_t = 20)]
    top: usize,
    /// Write every effect of every target into a table (.csv)
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// Draw the effects on the first metric (.svg, .pdf or .png)
    #[arg(long, value_name = "FILE")]
    figure: Option<PathBuf>,
    #[command(flatten)]
    subject: SubjectArguments,
}

/// Kinds of targets, as they are written on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
enum Kind {
    /// Every neuron
    Neurons,
    /// Neurons of a population that share a class
    Classes,
    /// Neurons of a population that share a transmitter
    Transmitters,
    /// Neurons of a population that share a glomerulus or receptor
    Glomeruli,
    /// Groups of the circuit file
    Groups,
    /// Whole populations
    Populations,
    /// Pathways
    Pathways,
    /// Sets of gap junctions
    #[value(alias = "gap-junctions")]
    GapJunctions,
}

impl From<Kind> for TargetKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Neurons => Self::Neurons,
            Kind::Classes => Self::Classes,
            Kind::Transmitters => Self::Transmitters,
            Kind::Glomeruli => Self::Glomeruli,
            Kind::Groups => Self::Groups,
            Kind::Populations => Self::Populations,
            Kind::Pathways => Self::Pathways,
            Kind::GapJunctions => Self::GapJunctions,
        }
    }
}

/// Larger currents are typing errors.
const LARGEST_AMPERE: f64 = 1e-3;

fn action(text: &str) -> Result<Action, String> {
    if text == "silence" {
        return Ok(Action::Silence);
    }
    let Some(number) = text.strip_prefix("drive=") else {
        return Err("use silence, or drive=AMPERE such as drive=20e-12".to_owned());
    };
    match number.parse::<f64>() {
        Ok(ampere) if ampere.abs() <= LARGEST_AMPERE => Ok(Action::Drive(ampere)),
        Ok(_) => Err(format!("{number} A is no current between -1e-3 and 1e-3 A")),
        Err(_) => Err(format!("\"{number}\" is not a number of amperes")),
    }
}

/// Runs `kenyon screen`.
pub(crate) fn run(arguments: &Arguments, output: &Output) -> anyhow::Result<Ending> {
    if let Some(file) = &arguments.figure {
        check_figure(file)?;
    }
    if let Some(file) = &arguments.csv {
        check_file("--csv", file, &["csv"])?;
    }
    let data = data::find(output)?;
    let loaded = model::load(&arguments.model, &arguments.subject, &data, output)?;
    let subject = &loaded.subject;
    let (network, connectome) = (&subject.network, &data.connectome);
    let (metrics, mut left_out) = metrics(arguments, network, subject)?;
    let chosen = chosen(arguments, network, connectome, &mut left_out)?;
    let settings = ScreenSettings {
        action: arguments.action,
        metrics,
        trials: arguments.trials as usize,
        seed: arguments.seed,
    };
    let none = Interventions::default();
    let (model, stimuli) = (loaded.model(&none), subject.labelled());
    let progress = TargetProgress::new(output, chosen.len());
    let result = screen(&model, stimuli, &chosen, &settings, &|| progress.one_more())?;
    progress.finish();

    output.line(data::describe(&data));
    output.line(format_args!(
        "{} targets, {} {} of {} trials each, seed {}; {}",
        chosen.len(),
        result.odours,
        subject.told_apart(),
        settings.trials,
        settings.seed,
        done(&settings.action, &chosen)
    ));
    for reason in &left_out {
        output.line(format_args!("left out: {reason}"));
    }
    tables::show(&result, connectome, arguments.top, output);
    if let Some(file) = &arguments.csv {
        write_file(file, &tables::csv(&result, connectome)?)?;
        output.line(format_args!("wrote {}", file.display()));
    }
    if let Some(file) = &arguments.figure {
        write_figure(file, figure(&result, network).drawing)?;
        output.line(format_args!("wrote {}", file.display()));
    }
    let own = json!({
        "left_out": left_out,
        "screen": result,
    });
    output.json(&loaded.result(&data, own))?;
    Ok(Ending::Done)
}

/// What was done, in words.
fn done(action: &Action, targets: &[Target]) -> String {
    use kenyon_analysis::screen::Members::{GapJunctions, Pathway};
    match action {
        _ if matches!(targets[0].members, Pathway | GapJunctions) => "switched off".to_owned(),
        Action::Silence => "silenced".to_owned(),
        // Rounded, because 20e-12 times 1e12 need not be 20.
        Action::Drive(ampere) => format!("driven by {} pA", (ampere * 1e18).round() / 1e6),
    }
}

fn metrics(
    arguments: &Arguments,
    network: &Network,
    subject: &kenyon_study::Subject,
) -> anyhow::Result<(Vec<Metric>, Vec<String>)> {
    if arguments.metrics.is_empty() {
        return Ok((Metric::usual(network), Vec::new()));
    }
    if arguments.metrics == ["all"] {
        return Ok(Metric::all(network, &subject.roles));
    }
    let mut metrics: Vec<Metric> = Vec::new();
    for name in &arguments.metrics {
        let metric = Metric::from_str(name)?;
        if let Some(missing) = metric.missing(network, &subject.roles) {
            bail!(
                "{metric} cannot be measured, because the circuit has no spiking population \"{missing}\" ({})",
                populations(network)
            );
        }
        if !metrics.contains(&metric) {
            metrics.push(metric);
        }
    }
    Ok((metrics, Vec::new()))
}

fn populations(network: &Network) -> String {
    let names: Vec<&str> = network
        .populations()
        .iter()
        .map(|population| population.name.as_str())
        .collect();
    format!("populations: {}", names.join(", "))
}

fn chosen(
    arguments: &Arguments,
    network: &Network,
    connectome: &Connectome,
    left_out: &mut Vec<String>,
) -> anyhow::Result<Vec<Target>> {
    for name in &arguments.population {
        if network.population(name).is_none() {
            bail!(
                "there is no population \"{name}\" ({})",
                populations(network)
            );
        }
    }
    let mut found = if arguments.neuron.is_empty() {
        let kind = arguments.targets.into();
        let found = targets(network, connectome, kind, &arguments.population);
        found.map_err(|error| match error {
            kenyon_analysis::AnalysisError::TooFew { .. } => anyhow::anyhow!(
                "nothing to perturb: the circuit has no such targets, or none in the populations named"
            ),
            other => other.into(),
        })?
    } else {
        let names = arguments.neuron.iter();
        names
            .map(|name| neuron(name, network, connectome))
            .collect::<Result<_, _>>()?
    };
    let drives = matches!(arguments.action, Action::Drive(_));
    if drives && matches!(arguments.targets, Kind::Pathways | Kind::GapJunctions) {
        bail!("only neurons can be driven; pathways and gap junctions can only be switched off");
    }
    found.retain(|target| {
        let possible = target.allows(arguments.action, network);
        if !possible {
            left_out.push(format!("{}: graded neurons take no current", target.name));
        }
        possible
    });
    if found.is_empty() {
        bail!("none of the targets can be driven: graded neurons take no current");
    }
    Ok(found)
}

/// A neuron by its id, or by its position in its population.
fn neuron(name: &str, network: &Network, connectome: &Connectome) -> anyhow::Result<Target> {
    if let Some((population, number)) = name.split_once(':') {
        let size = match network.population(population) {
            Some(population) => population.range.len(),
            None => bail!(
                "--neuron {name}: there is no population \"{population}\" ({})",
                populations(network)
            ),
        };
        return match number.parse::<usize>() {
            Ok(number) if number < size => Ok(single(population, number)),
            _ => bail!(
                "--neuron {name}: the neurons of {population} are numbered from 0 to {}",
                size - 1
            ),
        };
    }
    let id: u64 = match name.parse() {
        Ok(id) => id,
        Err(_) => bail!("--neuron {name}: use the id of a neuron, or POP:N such as KC:3"),
    };
    let place = connectome.neurons().iter().position(|it| it.id == id);
    let simulated = place.and_then(|place| {
        network.populations().iter().find_map(|population| {
            let range = connectome.population(&population.name)?;
            let inside = range.contains(&place);
            inside.then(|| single(&population.name, place - range.start))
        })
    });
    match simulated {
        Some(target) => Ok(target),
        None if place.is_some() => {
            bail!("--neuron {name}: the circuit does not simulate this neuron")
        }
        None => bail!("--neuron {name}: the data have no neuron with this id"),
    }
}

fn figure(result: &Screen, network: &Network) -> kenyon_report::Figure {
    let effects: Vec<ScreenEffect> = result
        .targets
        .iter()
        .filter_map(|it| {
            let effect = it.effects[0]?;
            Some(ScreenEffect {
                name: it.target.name.clone(),
                population: it.target.population.clone(),
                difference: effect.difference,
                interval: effect.interval,
                q: effect.q,
            })
        })
        .collect();
    let names: Vec<String> = network
        .populations()
        .iter()
        .map(|it| it.name.clone())
        .collect();
    let listed: Vec<Target> = result.targets.iter().map(|it| it.target.clone()).collect();
    let metric = &result.settings.metrics[0];
    kenyon_report::screen(&ScreenPlot {
        action: &done(&result.settings.action, &listed),
        metric: &metric.to_string(),
        unit: metric.unit(),
        intact: result.intact[0].value.unwrap_or(f64::NAN),
        populations: &names,
        effects: &effects,
    })
}
