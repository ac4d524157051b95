//! The effects as a table on the terminal, and as a CSV file.

use kenyon_analysis::screen::{Effect, Members, Screen, Target};
use kenyon_connectome::{Connectome, Neuron};

use crate::output::Output;
use crate::table::Table;

/// The intact network, and the largest effects on the first metric.
pub(super) fn show(screen: &Screen, connectome: &Connectome, top: usize, output: &Output) {
    let mut intact = Table::new(&["metric", ">intact"]);
    for it in &screen.intact {
        let value = it.value.map_or_else(
            || "-".to_owned(),
            |value| with_unit(value, it.metric.unit()),
        );
        intact.row([it.metric.to_string(), value]);
    }
    output.line(intact);
    let metrics: Vec<String> = screen
        .settings
        .metrics
        .iter()
        .map(ToString::to_string)
        .collect();
    let others: Vec<String> = metrics[1..].iter().map(|name| format!(">{name}")).collect();
    let first = format!(">{}", metrics[0]);
    let mut header = vec![
        "target",
        "who",
        first.as_str(),
        "95 % interval",
        ">size",
        ">q",
    ];
    header.extend(others.iter().map(String::as_str));
    let mut table = Table::new(&header);
    for it in screen.ranked(0).into_iter().take(top) {
        let first = it.effects[0];
        let mut cells = vec![
            it.target.name.clone(),
            who(&it.target, connectome),
            first.map_or_else(|| "-".to_owned(), |effect| signed(effect.difference)),
            first.and_then(|effect| effect.interval).map_or_else(
                || "-".to_owned(),
                |[low, high]| format!("{} to {}", signed(low), signed(high)),
            ),
            number(first.and_then(|effect| effect.size), 2),
            first
                .and_then(|effect| effect.q)
                .map_or_else(|| "-".to_owned(), probability),
        ];
        let rest = it.effects[1..].iter();
        cells.extend(rest.map(|effect| {
            effect.map_or_else(|| "-".to_owned(), |effect| signed(effect.difference))
        }));
        table.row(cells);
    }
    output.line("changes against the intact network, largest first");
    output.line(table);
    let significant = |limit: f64| {
        let tested = screen.targets.iter().filter_map(|it| it.effects[0]?.q);
        tested.filter(|q| *q < limit).count()
    };
    output.line(format_args!(
        "{} of {} targets change {} at a false discovery rate of 5 %; unit of resampling: {}",
        significant(0.05),
        screen.targets.len(),
        metrics[0],
        match screen.targets.iter().find_map(|it| it.effects[0]) {
            Some(effect) => unit(&effect),
            None => "-",
        }
    ));
}

fn unit(effect: &Effect) -> &'static str {
    match effect.unit {
        kenyon_analysis::screen::Unit::Trials => "trials within odours",
        kenyon_analysis::screen::Unit::Blocks => "blocks of one trial per odour",
    }
}

fn with_unit(value: f64, unit: &str) -> String {
    format!("{value:.3} {unit}").trim_end().to_owned()
}

fn signed(value: f64) -> String {
    if value == 0.0 {
        "0".to_owned()
    } else if value.abs() < 0.01 {
        format!("{value:+.1e}")
    } else {
        format!("{value:+.3}")
    }
}

fn number(value: Option<f64>, decimals: usize) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.decimals$}"))
}

fn probability(p: f64) -> String {
    if p < 1e-4 {
        format!("{p:.0e}")
    } else {
        format!("{p:.4}")
    }
}

/// The neurons of a target; none for pathways and gap junctions.
fn neurons<'a>(target: &Target, connectome: &'a Connectome) -> Vec<&'a Neuron> {
    let own = connectome
        .population(&target.population)
        .unwrap_or_default();
    let own = &connectome.neurons()[own];
    match &target.members {
        Members::Neurons(places) => places.iter().filter_map(|&at| own.get(at)).collect(),
        Members::Population => own.iter().collect(),
        Members::Pathway | Members::GapJunctions => Vec::new(),
    }
}

/// Who a target is: name or class of a neuron, else how many.
fn who(target: &Target, connectome: &Connectome) -> String {
    match neurons(target, connectome).as_slice() {
        [] => format!("onto {}", target.population),
        [one] => described(one),
        many => format!("{} neurons", many.len()),
    }
}

/// Name, glomerulus or class of a neuron, the first that it has.
pub(in crate::commands) fn described(neuron: &Neuron) -> String {
    let known = [&neuron.name, &neuron.glomerulus, &neuron.class];
    let first = known.into_iter().find(|text| !text.is_empty());
    first.map_or_else(|| neuron.id.to_string(), Clone::clone)
}

/// One row per target and metric.
pub(super) fn csv(screen: &Screen, connectome: &Connectome) -> anyhow::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record([
        "target",
        "population",
        "neurons",
        "ids",
        "names",
        "metric",
        "unit",
        "intact",
        "value",
        "difference",
        "low",
        "high",
        "size",
        "p",
        "p_holm",
        "q",
    ])?;
    let text = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
    for it in &screen.targets {
        let own = neurons(&it.target, connectome);
        let joined = |what: fn(&Neuron) -> String| {
            own.iter().map(|it| what(it)).collect::<Vec<_>>().join(";")
        };
        for (intact, effect) in screen.intact.iter().zip(&it.effects) {
            writer.write_record([
                it.target.name.clone(),
                it.target.population.clone(),
                own.len().to_string(),
                joined(|neuron| neuron.id.to_string()),
                joined(|neuron| neuron.name.clone()),
                intact.metric.to_string(),
                intact.metric.unit().to_owned(),
                text(intact.value),
                text(effect.map(|it| it.value)),
                text(effect.map(|it| it.difference)),
                text(effect.and_then(|it| it.interval).map(|[low, _]| low)),
                text(effect.and_then(|it| it.interval).map(|[_, high]| high)),
                text(effect.and_then(|it| it.size)),
                text(effect.and_then(|it| it.p)),
                text(effect.and_then(|it| it.p_holm)),
                text(effect.and_then(|it| it.q)),
            ])?;
        }
    }
    Ok(writer.into_inner()?)
}
