//! Draws the README's picture and writes its table from a finished `kenyon reproduce`.
//!
//! ```text
//! cargo run --release -p kenyon-study --example readme_figure -- results/reproduce
//! ```
//!
//! Run in the root of the repository: reads `summary.json` in the given folder, writes
//! `docs/reproduction.svg`, replaces the table between the two marks in `README.md`, and prints it.

use std::error::Error;
use std::{env, fs};

use kenyon_study::{Judgement, Row, Summary, Verdict};

const PICTURE: &str = "docs/reproduction.svg";
const README: &str = "README.md";
const MARKS: [&str; 2] = [
    "<!-- table of reproduction: begin -->\n",
    "<!-- table of reproduction: end -->",
];

fn main() -> Result<(), Box<dyn Error>> {
    let folder = env::args()
        .nth(1)
        .ok_or("name the folder of a reproduction, such as results/reproduce")?;
    let summary = fs::read_to_string(format!("{folder}/summary.json"))?;
    let summary: Summary = serde_json::from_str(&summary)?;
    let judgement = (summary.judgement.as_ref()).ok_or(
        "this study is not compared with the publication; name one that `kenyon reproduce` made",
    )?;
    let table = table(judgement);
    fs::write(PICTURE, picture(&summary, judgement))?;
    fs::write(README, replaced(&fs::read_to_string(README)?, &table)?)?;
    print!("{table}");
    Ok(())
}

/// `text` with the lines between the two marks replaced.
fn replaced(text: &str, new: &str) -> Result<String, Box<dyn Error>> {
    let [begin, end] = MARKS;
    let parts = text.split_once(begin).and_then(|(before, rest)| {
        let (_, after) = rest.split_once(end)?;
        Some((before, after))
    });
    let (before, after) = parts.ok_or("README.md lacks the marks of the table")?;
    Ok(format!("{before}{begin}{new}{end}{after}"))
}

/// How a value is shown: plain words, unit, decimals.
struct Label {
    words: String,
    unit: &'static str,
    decimals: usize,
}

fn label(name: &str) -> Label {
    let (words, unit, decimals) = match name {
        "teacher_accuracy_pct" => ("Accuracy of the rate teacher", "%", 1),
        "accuracy_pct" => ("Accuracy of the spiking student", "%", 1),
        "centroid_accuracy_pct" => ("Accuracy of nearest KC centroid", "%", 1),
        "kc_active_pct" => ("Kenyon cells active", "%", 1),
        "al_decorrelation_pct" => ("Decorrelation in the antennal lobe", "%", 1),
        "mb_decorrelation_pct" => ("Decorrelation in the mushroom body", "%", 1),
        "total_decorrelation_pct" => ("Decorrelation, both together", "%", 1),
        "apl_ratio" => ("KC spikes, normal / boosted APL", "", 2),
        "or_range" => ("Receptor sum, highest / lowest dose", "", 3),
        "pn_range" => ("PN spikes, highest / lowest dose", "", 2),
        "kc_range" => ("KC spikes, highest / lowest dose", "", 2),
        "decoder_accuracy_c0.3_pct" => ("Accuracy at 0.3 × concentration", "%", 1),
        "decoder_accuracy_c5_pct" => ("Accuracy at 5 × concentration", "%", 1),
        "kc_similarity_across_seeds" => ("KC patterns, similarity across seeds", "", 3),
        "within_odour_consistency" => ("KC patterns, similarity across trials", "", 3),
        "confusion_diagonal" => ("Confusion matrix, mean diagonal", "", 3),
        "parameter_correlation" => ("Parameters, correlation across students", "", 3),
        "teacher_parameter_correlation" => ("Parameters, correlation across teachers", "", 3),
        "kc_threshold_correlation" => ("KC thresholds, correlation across seeds", "", 3),
        "g_soma_nS" => ("KC coupling of dendrite and axon", "nS", 2),
        "gap_ln_ln_nS" => ("Gap junction LN–LN", "nS", 3),
        "gap_pn_pn_nS" => ("Gap junction PN–PN", "nS", 3),
        "gap_eln_pn_nS" => ("Gap junction excitatory LN–PN", "nS", 3),
        "kc_threshold_upper_bound_pct" => ("KC thresholds at the upper bound", "%", 1),
        "ln_threshold_lower_bound_pct" => ("LN thresholds at the lower bound", "%", 1),
        "pn_threshold_interior_pct" => ("PN thresholds between the bounds", "%", 1),
        "template_pairs_cosine_above_0.9" => ("Odour pairs with cosine above 0.9", "", 0),
        other => (other, "", 3),
    };
    Label {
        words: words.to_owned(),
        unit,
        decimals,
    }
}

impl Label {
    fn ours(&self, row: &Row) -> String {
        let decimals = self.decimals;
        let Some(ours) = row.ours else {
            return "none".to_owned();
        };
        self.with_unit(match row.ours_std {
            Some(std) => format!("{ours:.decimals$} ± {std:.decimals$}"),
            None => format!("{ours:.decimals$}"),
        })
    }

    fn published(&self, row: &Row) -> String {
        let (value, tolerance, decimals) = (
            row.published.published,
            row.published.half_width,
            self.decimals,
        );
        self.with_unit(if tolerance > 0.0 {
            format!("{value:.decimals$} ± {tolerance:.decimals$}")
        } else {
            format!("{value:.decimals$} exactly")
        })
    }

    fn with_unit(&self, number: String) -> String {
        match self.unit {
            "" => number,
            unit => format!("{number} {unit}"),
        }
    }
}

fn verdict(row: &Row) -> &'static str {
    match row.verdict {
        Verdict::Pass => "pass",
        Verdict::Tolerated => "miss, tolerated",
        Verdict::Fail => "**FAIL**",
        Verdict::NotJudged => "not judged",
    }
}

/// The comparison as Markdown.
fn table(judgement: &Judgement) -> String {
    let mut text =
        "| value | Kenyon ± std | published ± tolerance | verdict |\n|---|--:|--:|---|\n"
            .to_owned();
    for row in &judgement.rows {
        let label = label(&row.name);
        let (ours, published) = (label.ours(row), label.published(row));
        text += &format!(
            "| {} | {ours} | {published} | {} |\n",
            label.words,
            verdict(row)
        );
    }
    text + &format!("\n{}\n", outcome(judgement))
}

/// The comparison in one sentence.
fn outcome(judgement: &Judgement) -> String {
    match &judgement.not_judged_because {
        Some(reason) => format!("Not judged: {reason}."),
        None => format!(
            "{} of {} values within the rule, {} failed.",
            judgement.passed,
            judgement.rows.len(),
            judgement.failed
        ),
    }
}

// Layout, in pixels. The panel has a ground of its own, so that it reads on light and dark pages.
const WIDTH: f64 = 800.0;
const ROW: f64 = 24.0;
const TOP: f64 = 92.0;
const BOTTOM: f64 = 52.0;
/// Place of 0 and length of one tolerance.
const CENTRE: f64 = 400.0;
const UNIT: f64 = 40.0;
/// Values beyond this many tolerances are drawn at the edge, with an arrow.
const EDGE: f64 = 3.0;
/// Right ends of the two columns of numbers.
const COLUMNS: [f64; 2] = [648.0, 788.0];
// Colours that stay apart for every kind of colour vision (Okabe and Ito).
const BLUE: &str = "#0072b2";
const ORANGE: &str = "#e69f00";
const VERMILION: &str = "#d55e00";
const GREY: &str = "#666666";

/// The comparison as a picture: one line per value, one unit per tolerance.
fn picture(summary: &Summary, judgement: &Judgement) -> String {
    let rows = &judgement.rows;
    let end = TOP + ROW * rows.len() as f64;
    let height = end + BOTTOM;
    let mut svg = format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" font-family="Helvetica, Arial, 'DejaVu Sans', sans-serif" font-size="12" fill="#222222">
<title>Means over seeds against the published values</title>
<rect x="0.5" y="0.5" width="{}" height="{}" rx="6" fill="#ffffff" stroke="#bbbbbb"/>
"##,
        WIDTH - 1.0,
        height - 1.0
    );
    write_text(
        &mut svg,
        (12.0, 26.0),
        "start",
        15.0,
        "Kenyon against the publication, in units of the tolerance",
    );
    write_text(
        &mut svg,
        (12.0, 46.0),
        "start",
        12.0,
        &subtitle(summary, judgement),
    );
    for (column, words) in COLUMNS
        .into_iter()
        .zip(["Kenyon ± std", "published ± tolerance"])
    {
        write_text(&mut svg, (column, TOP - 10.0), "end", 12.0, words);
    }
    svg += &rectangle(CENTRE - UNIT, TOP, 2.0 * UNIT, end - TOP, "#dcebf5");
    for tick in -3_i32..=3 {
        let x = CENTRE + UNIT * f64::from(tick);
        let colour = if tick == 0 { "#444444" } else { "#cccccc" };
        svg += &line((x, TOP), (x, end), colour, 1.0);
        let sign = if tick > 0 { "+" } else { "" };
        let words = format!("{sign}{tick}").replace('-', "−");
        write_text(&mut svg, (x, TOP - 10.0), "middle", 11.0, &words);
    }
    for (index, row) in rows.iter().enumerate() {
        draw(&mut svg, row, TOP + ROW * (index as f64 + 0.5));
    }
    write_text(
        &mut svg,
        (12.0, end + 22.0),
        "start",
        11.0,
        "Mark: mean over seeds; bar: ± standard deviation over seeds; band: the published value ± its tolerance.",
    );
    write_text(
        &mut svg,
        (12.0, end + 38.0),
        "start",
        11.0,
        "Disc: inside the band; triangle: outside, tolerated by the rule; square: failed; ring: not judged.",
    );
    svg + "</svg>\n"
}

fn subtitle(summary: &Summary, judgement: &Judgement) -> String {
    let mut seeds: Vec<String> = Vec::new();
    for run in &summary.runs {
        let seed = run.seed.to_string();
        if !seeds.contains(&seed) {
            seeds.push(seed);
        }
    }
    let statistical = if summary.provenance.data.statistical {
        "STATISTICAL LARVA, not an animal. "
    } else {
        ""
    };
    format!(
        "{statistical}Seeds {}. {}",
        seeds.join(", "),
        outcome(judgement)
    )
}

/// One value at height `y`.
fn draw(svg: &mut String, row: &Row, y: f64) {
    let label = label(&row.name);
    write_text(svg, (12.0, y + 4.0), "start", 12.0, &label.words);
    let numbers = [label.ours(row), label.published(row)];
    for (column, number) in COLUMNS.into_iter().zip(numbers) {
        write_text(svg, (column, y + 4.0), "end", 12.0, &number);
    }
    let Some(ours) = row.ours else {
        return;
    };
    let distance = ours - row.published.published;
    // A value that must be met exactly has no unit: it lies at 0 or beyond every edge.
    let tolerance = row.published.half_width.max(f64::MIN_POSITIVE);
    let (value, std) = (
        distance / tolerance,
        row.ours_std.unwrap_or(0.0) / tolerance,
    );
    let place = |value: f64| CENTRE + UNIT * value.clamp(-EDGE, EDGE);
    let x = place(value);
    let colour = colour(row.verdict);
    if std > 0.0 {
        svg.push_str(&line(
            (place(value - std), y),
            (place(value + std), y),
            colour,
            2.5,
        ));
    }
    svg.push_str(&match row.verdict {
        Verdict::Pass => format!("<circle cx=\"{x:.1}\" cy=\"{y}\" r=\"5\" fill=\"{colour}\"/>\n"),
        Verdict::Tolerated => polygon(&[(x - 6.0, y + 5.0), (x + 6.0, y + 5.0), (x, y - 6.0)], colour),
        Verdict::Fail => rectangle(x - 5.0, y - 5.0, 10.0, 10.0, colour),
        Verdict::NotJudged => format!(
            "<circle cx=\"{x:.1}\" cy=\"{y}\" r=\"4.5\" fill=\"#ffffff\" stroke=\"{colour}\" stroke-width=\"2\"/>\n"
        ),
    });
    if value.abs() > EDGE {
        let outwards = value.signum();
        let tip = x + 16.0 * outwards;
        let foot = x + 8.0 * outwards;
        svg.push_str(&polygon(
            &[(foot, y - 5.0), (foot, y + 5.0), (tip, y)],
            colour,
        ));
    }
}

const fn colour(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => BLUE,
        Verdict::Tolerated => ORANGE,
        Verdict::Fail => VERMILION,
        Verdict::NotJudged => GREY,
    }
}

fn write_text(svg: &mut String, (x, y): (f64, f64), anchor: &str, size: f64, words: &str) {
    let words = words.replace('&', "&amp;").replace('<', "&lt;");
    svg.push_str(&format!(
        "<text x=\"{x}\" y=\"{y}\" text-anchor=\"{anchor}\" font-size=\"{size}\">{words}</text>\n"
    ));
}

fn line((x1, y1): (f64, f64), (x2, y2): (f64, f64), colour: &str, width: f64) -> String {
    format!(
        "<line x1=\"{x1:.1}\" y1=\"{y1}\" x2=\"{x2:.1}\" y2=\"{y2}\" stroke=\"{colour}\" stroke-width=\"{width}\"/>\n"
    )
}

fn rectangle(x: f64, y: f64, width: f64, height: f64, colour: &str) -> String {
    format!(
        "<rect x=\"{x:.1}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" fill=\"{colour}\"/>\n"
    )
}

fn polygon(corners: &[(f64, f64)], colour: &str) -> String {
    let points: Vec<String> = corners
        .iter()
        .map(|(x, y)| format!("{x:.1},{y:.1}"))
        .collect();
    format!(
        "<polygon points=\"{}\" fill=\"{colour}\"/>\n",
        points.join(" ")
    )
}
