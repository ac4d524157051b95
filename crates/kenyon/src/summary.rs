//! A study's outcome on the terminal: the comparison with the publication, effects, times.

use kenyon_study::{Judgement, Quantity, Row, Summary, Timing, Verdict};

use crate::output::Output;
use crate::table::Table;

/// Shows the comparison with the publication, experiment by experiment.
pub(crate) fn judgement(output: &Output, judgement: &Judgement) {
    let width = judgement
        .rows
        .iter()
        .map(|row| row.published.figure.len())
        .max()
        .unwrap_or_default();
    let mut heading = String::new();
    for row in &judgement.rows {
        let published = &row.published;
        let group = format!("{}, {}", published.experiment, published.measurement);
        if group != heading {
            output.line("");
            output.line(format_args!("{group} (section {})", published.section));
            output.line(format_args!(
                "  {:width$} {:>10} {:>9}   {:>10} {:>9}   verdict",
                "value", "ours", "std", "published", "tolerance"
            ));
            heading = group;
        }
        output.line(line(row, width));
    }
    output.line("");
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
}

fn line(row: &Row, width: usize) -> String {
    let number =
        |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.3}"));
    let verdict = match row.verdict {
        Verdict::Pass => "pass",
        Verdict::Tolerated => "miss, tolerated",
        Verdict::Fail => "FAIL",
        Verdict::NotJudged => "not judged",
    };
    let note = match &row.published.note {
        Some(note) => format!(" ({note})"),
        None => String::new(),
    };
    format!(
        "  {:width$} {:>10} {:>9}   {:>10.3} {:>9.3}   {verdict}{note}",
        row.published.figure,
        number(row.ours),
        number(row.ours_std),
        row.published.published,
        row.published.half_width
    )
}

/// Figures of every family, with interval and effect, families side by side.
pub(crate) fn quantities(output: &Output, quantities: &[Quantity]) {
    let mut table = Table::new(&[
        "figure",
        "experiment",
        ">mean",
        ">std",
        "95 % interval",
        ">difference",
        ">size",
        ">z",
        ">p",
        ">p (Holm)",
        ">q",
    ]);
    for one in by_figure(quantities) {
        let number = |value: Option<f64>, decimals: usize| {
            value.map_or_else(|| "-".to_owned(), |value| format!("{value:.decimals$}"))
        };
        let interval = one.interval.map_or_else(
            || "-".to_owned(),
            |[low, high]| format!("{low:.3} to {high:.3}"),
        );
        let effect = one.effect.as_ref();
        let error = one
            .binomial_error
            .map_or_else(String::new, |error| format!(" (binomial ±{error:.2})"));
        table.row([
            format!("{}: {}{error}", one.measurement, one.figure),
            one.family.clone(),
            format!("{:.3}", one.mean),
            format!("{:.3}", one.std),
            interval,
            number(effect.map(|effect| effect.difference), 3),
            number(effect.and_then(|effect| effect.size), 2),
            number(effect.and_then(|effect| effect.z), 2),
            number(effect.map(|effect| effect.p), 4),
            number(effect.map(|effect| effect.p_holm), 4),
            number(effect.map(|effect| effect.q), 4),
        ]);
    }
    output.line(table);
}

/// All families of the first figure, all of the second, and so on.
fn by_figure(quantities: &[Quantity]) -> Vec<&Quantity> {
    let same = |a: &Quantity, b: &Quantity| a.measurement == b.measurement && a.figure == b.figure;
    let mut sorted: Vec<&Quantity> = Vec::with_capacity(quantities.len());
    for one in quantities {
        if !sorted.iter().any(|other| same(other, one)) {
            sorted.extend(quantities.iter().filter(|other| same(other, one)));
        }
    }
    sorted
}

/// Units that failed, the digest and the times.
pub(crate) fn ending(output: &Output, summary: &Summary, timings: &[Timing]) {
    for failure in &summary.failures {
        output.line(format_args!("FAILED {}: {}", failure.unit, failure.problem));
    }
    if !summary.complete {
        output.line(format_args!(
            "{} units failed; the others are done and kept",
            summary.failures.len()
        ));
    }
    output.line(format_args!("digest: {}", summary.digest));
    let width = timings
        .iter()
        .map(|timing| timing.stage.len())
        .max()
        .unwrap_or_default();
    for timing in timings {
        output.line(format_args!(
            "{:width$} {:7.1} s",
            timing.stage, timing.seconds
        ));
    }
}
