//! Writes the README's pictures and its table from a finished `kenyon reproduce`.
//!
//! ```text
//! cargo run --release -p kenyon-report --example readme -- results/reproduce
//! ```
//!
//! Run in the root of the repository: draws the results in the given folder, writes the pictures that the
//! README shows into `docs/`, and replaces the table between the two marks in `README.md`.

use std::error::Error;
use std::path::Path;
use std::{env, fs};

use kenyon_report::{Results, figures, label};
use kenyon_study::{Judgement, Verdict};

/// Figures that the README shows.
const SHOWN: [&str; 3] = ["reproduction", "1_circuit", "3_concentration"];
const README: &str = "README.md";
const MARKS: [&str; 2] = [
    "<!-- table of reproduction: begin -->\n",
    "<!-- table of reproduction: end -->",
];

fn main() -> Result<(), Box<dyn Error>> {
    let folder = env::args()
        .nth(1)
        .ok_or("name the folder of a reproduction, such as results/reproduce")?;
    let results = Results::read(Path::new(&folder))?;
    for figure in figures(&results)? {
        if SHOWN.contains(&figure.id.as_str()) {
            let name = figure
                .id
                .trim_start_matches(|it: char| it.is_ascii_digit() || it == '_');
            fs::write(format!("docs/{name}.svg"), &figure.drawing.svg)?;
        }
    }
    let judgement = (results.summary.judgement.as_ref()).ok_or(
        "this study is not compared with the publication; name one that `kenyon reproduce` made",
    )?;
    let table = table(judgement);
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

/// The comparison as Markdown.
fn table(judgement: &Judgement) -> String {
    let mut text =
        "| value | Kenyon ± std | published ± tolerance | verdict |\n|---|--:|--:|---|\n"
            .to_owned();
    for row in &judgement.rows {
        let label = label(&row.published.figure);
        let ours = row.ours.map_or_else(
            || "none".to_owned(),
            |ours| label.spread(ours, row.ours_std),
        );
        let (value, tolerance) = (row.published.published, row.published.half_width);
        let published = if tolerance > 0.0 {
            label.spread(value, Some(tolerance))
        } else {
            format!("{} exactly", label.value(value))
        };
        let verdict = match row.verdict {
            Verdict::Pass => "pass",
            Verdict::Tolerated => "miss, tolerated",
            Verdict::Fail => "**FAIL**",
            Verdict::NotJudged => "not judged",
        };
        text += &format!("| {} | {ours} | {published} | {verdict} |\n", label.words);
    }
    let outcome = match &judgement.not_judged_because {
        Some(reason) => format!("Not judged: {reason}."),
        None => format!(
            "{} of {} values within the rule, {} failed.",
            judgement.passed,
            judgement.rows.len(),
            judgement.failed
        ),
    };
    format!("{text}\n{outcome}\n")
}
