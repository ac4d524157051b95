//! The report as one HTML file that needs nothing else: no network, no fonts, no other file.

mod animation;
mod methods;

use askama::Template;
use base64::prelude::{BASE64_STANDARD, Engine as _};
use kenyon_study::{Description, Row, Verdict};

use crate::figures::{Figure, verdict_in_words};
use crate::label::{in_words, label};
use crate::parts::Parts;
use crate::plot::{BOLD, REGULAR};
use crate::{ReportError, Results};
use animation::{Animation, animation};
use methods::{Paragraph, methods};

/// All that the template shows.
#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    title: String,
    about: &'a str,
    verdict: Summary,
    warnings: Vec<String>,
    rows: Vec<TableRow>,
    quantities: Vec<QuantityRow>,
    published: Vec<&'a Figure>,
    ours: Vec<&'a Figure>,
    animation: Option<Animation>,
    methods: Vec<Paragraph>,
    provenance: Vec<(String, String)>,
    runs: Vec<RunRow>,
    times: Vec<(String, String)>,
    style: String,
    script: &'static str,
}

/// The outcome in one line, and how it is coloured.
struct Summary {
    class: &'static str,
    text: String,
}

/// A published value and ours.
struct TableRow {
    experiment: String,
    section: String,
    figure: String,
    ours: String,
    ours_value: String,
    published: String,
    published_value: String,
    distance: String,
    verdict: &'static str,
    class: &'static str,
    note: String,
}

/// A figure over seeds with its effect.
struct QuantityRow {
    experiment: String,
    measurement: String,
    figure: String,
    value: String,
    interval: String,
    reference: String,
    difference: String,
    size: String,
    p: String,
    q: String,
}

struct RunRow {
    unit: String,
    run_id: String,
    digest: String,
}

const STYLE: &str = include_str!("../../templates/report.css");

/// The typeface of the drawings as part of the style: labels are placed by its widths, and a browser
/// without it would let them run into each other.
fn typeface() -> String {
    [("normal", REGULAR), ("bold", BOLD)]
        .map(|(weight, file)| {
            format!(
                "@font-face {{ font-family: Arimo; font-weight: {weight}; \
                 src: url(data:font/ttf;base64,{}) format(\"truetype\"); }}\n",
                BASE64_STANDARD.encode(file)
            )
        })
        .concat()
}

/// The page of these results with these figures.
pub(crate) fn page(results: &Results, figures: &[Figure]) -> Result<String, ReportError> {
    let (published, ours) = figures.iter().partition(|figure| figure.published);
    let summary = &results.summary;
    let page = Page {
        title: format!("Kenyon: {}", in_words(&summary.study)),
        about: &summary.about,
        verdict: verdict(results),
        warnings: warnings(results),
        rows: (summary.judgement.iter())
            .flat_map(|judgement| judgement.rows.iter().map(table_row))
            .collect(),
        quantities: quantities(results),
        published,
        ours,
        animation: animation(results)?,
        methods: methods(results),
        provenance: provenance(results),
        runs: summary
            .runs
            .iter()
            .map(|run| RunRow {
                unit: run.unit.clone(),
                run_id: run.run_id.clone(),
                digest: run.digest.clone(),
            })
            .collect(),
        times: results
            .timings
            .iter()
            .map(|it| (it.stage.clone(), format!("{:.1}", it.seconds)))
            .collect(),
        style: format!("{}{STYLE}", typeface()),
        script: include_str!("../../templates/report.js"),
    };
    page.render().map_err(ReportError::Page)
}

fn verdict(results: &Results) -> Summary {
    let summary = &results.summary;
    if !summary.complete {
        return Summary {
            class: "fail",
            text: format!(
                "{} runs failed; what follows is incomplete.",
                summary.failures.len()
            ),
        };
    }
    match &summary.judgement {
        None => Summary {
            class: "plain",
            text: format!(
                "{} runs, all complete.{}",
                summary.runs.len(),
                if Parts::of(results).published {
                    " This study is not compared with a publication."
                } else {
                    ""
                }
            ),
        },
        Some(judgement) => match &judgement.not_judged_because {
            Some(reason) => Summary {
                class: "plain",
                text: format!("Not judged: {reason}."),
            },
            None => Summary {
                class: if judgement.failed == 0 {
                    "pass"
                } else {
                    "fail"
                },
                text: format!(
                    "{} of {} published values are reproduced within their tolerance; not reproduced: {}.",
                    judgement.passed,
                    judgement.passed + judgement.failed,
                    judgement.failed
                ),
            },
        },
    }
}

fn warnings(results: &Results) -> Vec<String> {
    let description = &results.description;
    let mut warnings = Vec::new();
    let data = &results.summary.provenance.data;
    if data.statistical {
        warnings.push(
            "Statistical larva: the connectome was drawn from summary statistics. Nothing here is a result about an animal."
                .to_owned(),
        );
    }
    if description.quick {
        warnings.push("Quick mode: few epochs and trials. The numbers show that everything runs, nothing more.".to_owned());
    }
    if description.mapping == kenyon_connectome::ReceptorMapping::ByPosition
        && !data.statistical
        && drives_the_larva(description)
    {
        warnings.push(
            "Receptors by position, as in the published model: 17 of 21 response columns drive neurons of another receptor. \
             Biology needs the mapping by name."
                .to_owned(),
        );
    }
    for failure in &results.summary.failures {
        warnings.push(format!(
            "{} was not carried out: {}",
            failure.unit, failure.problem
        ));
    }
    warnings
}

/// Whether the published panel drives the receptor neurons of the published connectome.
fn drives_the_larva(description: &Description) -> bool {
    let network = &description.network;
    let gains = network.parameters.iter().find(|it| it.name == "input.gain");
    gains.is_some_and(|it| it.values == 21)
        && (network.populations.first()).is_some_and(|it| it.name == "ORN" && it.neurons == 42)
}

fn table_row(row: &Row) -> TableRow {
    let label = label(&row.published.figure);
    let distance = row.ours.map(|ours| ours - row.published.published);
    let tolerance = row.published.half_width;
    let exact = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
    TableRow {
        experiment: in_words(&row.published.experiment),
        section: row.published.section.clone(),
        figure: label.words.clone(),
        ours: row.ours.map_or_else(
            || "none".to_owned(),
            |ours| label.spread(ours, row.ours_std),
        ),
        ours_value: exact(row.ours),
        published: label.spread(
            row.published.published,
            Some(tolerance).filter(|&it| it > 0.0),
        ),
        published_value: exact(Some(row.published.published)),
        distance: match distance {
            Some(distance) if tolerance > 0.0 => {
                format!("{:+.2}", distance / tolerance).replace('-', "−")
            }
            _ => String::new(),
        },
        verdict: verdict_in_words(row.verdict),
        class: match row.verdict {
            Verdict::Pass => "pass",
            Verdict::Tolerated => "tolerated",
            Verdict::Fail => "fail",
            Verdict::NotJudged => "plain",
        },
        note: row.published.note.clone().unwrap_or_default(),
    }
}

fn quantities(results: &Results) -> Vec<QuantityRow> {
    let parts = Parts::of(results);
    let number = |value: Option<f64>, decimals: usize| {
        value.map_or_else(String::new, |value| {
            format!("{value:.decimals$}").replace('-', "−")
        })
    };
    results
        .summary
        .quantities
        .iter()
        .map(|one| {
            let label = parts.label(&one.figure);
            let effect = one.effect.as_ref();
            QuantityRow {
                experiment: in_words(&one.family),
                measurement: in_words(&one.measurement),
                figure: label.words.clone(),
                value: label.spread(one.mean, Some(one.std)),
                interval: one.interval.map_or_else(String::new, |[low, high]| {
                    format!("{} to {}", label.value(low), label.value(high))
                }),
                reference: effect.map_or_else(String::new, |effect| in_words(&effect.reference)),
                difference: effect
                    .map_or_else(String::new, |effect| label.value(effect.difference)),
                size: number(effect.and_then(|effect| effect.size), 2),
                p: number(effect.map(|effect| effect.p), 4),
                q: number(effect.map(|effect| effect.q), 4),
            }
        })
        .collect()
}

fn provenance(results: &Results) -> Vec<(String, String)> {
    let summary = &results.summary;
    let provenance = &summary.provenance;
    let data = &provenance.data;
    let row = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let mut rows = vec![
        row("Digest of all results", &summary.digest),
        row("Program", &format!("kenyon {}", provenance.version)),
        row(
            "Sources that training depends on",
            &provenance.training_code,
        ),
        row(
            "Sources that measurements depend on",
            &provenance.analysis_code,
        ),
        row("Circuit", &provenance.circuit_sha256),
        row("Data set", &data.dataset),
        row("Content of the data", &data.hash),
    ];
    for file in &data.files {
        rows.push(row(&format!("File {}", file.path), &file.sha256));
    }
    rows
}
