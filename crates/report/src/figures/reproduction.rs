//! Every judged value against the publication, in units of its tolerance.

use kenyon_study::{Judgement, Row, Verdict};

use super::{Figure, Name};
use crate::label::{in_words, label};
use crate::plot::{
    Anchor, Area, Axis, Canvas, Colour, Mark, Panel, SIZE, Scale, Shape, Stroke, Tick, Weight,
    circle, elided, group, hover, ink, line, polygon, words,
};
use crate::{ReportError, Results};

/// Values beyond this many tolerances are drawn at the edge, with an arrow.
const EDGE: f64 = 3.0;
const ROW_PT: f64 = 12.5;

pub fn draw(results: &Results) -> Result<Vec<Figure>, ReportError> {
    let Some(judgement) = &results.summary.judgement else {
        return Ok(Vec::new());
    };
    let headline: Vec<&Row> = judgement
        .rows
        .iter()
        .filter(|row| row.published.headline)
        .collect();
    let others: Vec<&Row> = judgement
        .rows
        .iter()
        .filter(|row| !row.published.headline && row.published.judged)
        .collect();
    let mut figures = Vec::new();
    if !headline.is_empty() {
        let name = Name {
            id: "reproduction",
            name: "Reproduction",
            title: "Main figures against the publication",
            published: false,
        };
        figures.push(list(results, name, &headline, |row| {
            label(&row.published.figure).words
        }));
    }
    if !others.is_empty() {
        let name = Name {
            id: "reproduction_all",
            name: "Reproduction, all experiments",
            title: "Every other published value",
            published: false,
        };
        figures.push(overview(judgement, name, &others));
    }
    Ok(figures)
}

/// One line per value, with numbers.
fn list(results: &Results, name: Name, rows: &[&Row], words_of: impl Fn(&Row) -> String) -> Figure {
    let height = ROW_PT * rows.len() as f64;
    let mut canvas = Canvas::new(510.0, height + 62.0);
    let area = Area::new(186.0, 26.0, 134.0, height);
    draw_rows(&mut canvas, area, rows, &words_of);
    for (x, title) in [(410.0, "Kenyon ± std"), (504.0, "published ± tolerance")] {
        canvas.add(words(
            title,
            (x, 20.0),
            SIZE::LABEL,
            Anchor::End,
            Weight::Bold,
            ink::BLACK,
        ));
    }
    for (index, row) in rows.iter().enumerate() {
        let y = area.top + ROW_PT * (index as f64 + 0.5) + 0.36 * SIZE::LABEL;
        let label = label(&row.published.figure);
        let ours = row.ours.map_or_else(
            || "none".to_owned(),
            |ours| label.spread(ours, row.ours_std),
        );
        let tolerance = Some(row.published.half_width).filter(|&it| it > 0.0);
        let published = label.spread(row.published.published, tolerance);
        for (x, number) in [(410.0, ours), (504.0, published)] {
            canvas.add(words(
                number,
                (x, y),
                SIZE::LABEL,
                Anchor::End,
                Weight::Regular,
                ink::BLACK,
            ));
        }
    }
    legend(&mut canvas, (12.0, area.bottom() + 30.0));
    let seeds = super::models_of(results, kenyon_study::CANONICAL);
    name.figure(
        canvas,
        format!(
            "Means over {seeds} minus the published values, in units of the tolerance (four standard errors of the \
             difference of two five-seed means, with a floor). Bars: standard deviation over seeds; blue band: \
             within tolerance."
        ),
    )
}

/// Several columns of rows without numbers, by experiment.
fn overview(judgement: &Judgement, name: Name, rows: &[&Row]) -> Figure {
    let per_column = rows.len().div_ceil(2);
    const SMALL: f64 = 7.6;
    let height = SMALL * per_column as f64;
    let mut canvas = Canvas::new(510.0, height + 58.0);
    for (column, rows) in rows.chunks(per_column).enumerate() {
        let left = 12.0 + 250.0 * column as f64;
        let area = Area::new(left + 150.0, 22.0, 84.0, SMALL * rows.len() as f64);
        draw_rows(&mut canvas, area, rows, &|row| {
            format!(
                "{}: {}",
                in_words(
                    row.published
                        .experiment
                        .split('/')
                        .next_back()
                        .unwrap_or_default()
                ),
                label(&row.published.figure).words
            )
        });
    }
    legend(&mut canvas, (12.0, height + 50.0));
    let outcome = match &judgement.not_judged_because {
        Some(reason) => format!("Not judged: {reason}."),
        None => format!(
            "Of all {} values, {} are within the rule and {} are not.",
            judgement.passed + judgement.failed,
            judgement.passed,
            judgement.failed
        ),
    };
    name.figure(
        canvas,
        format!(
            "Means over seeds minus the published values of every experiment, in units of the tolerance. {outcome} \
             Hover over a mark for the numbers; the report's table lists all of them."
        ),
    )
}

fn draw_rows(canvas: &mut Canvas, area: Area, rows: &[&Row], words_of: &dyn Fn(&Row) -> String) {
    let step = area.height / rows.len().max(1) as f64;
    let size = (0.8 * step).min(SIZE::LABEL);
    let ticks = (-3..=3).map(|tick: i32| {
        let sign = if tick > 0 { "+" } else { "" };
        Tick::new(f64::from(tick), format!("{sign}{tick}").replace('-', "−"))
    });
    let x = Axis::new(Scale::linear(-EDGE, EDGE), "Distance (tolerances)");
    let x = x.with_ticks(ticks.collect());
    let y = Axis::bands::<&str>(&[], "").without_line();
    let y = Axis {
        scale: Scale::linear(rows.len() as f64, 0.0),
        ..y
    };
    let mut panel = Panel::new(area, x, y);
    let band = panel.rectangle(
        (-1.0, 1.0),
        (0.0, rows.len() as f64),
        ink::BLUE.lighter(0.88),
    );
    panel.add(band);
    for tick in -3..=3 {
        let colour = if tick == 0 { ink::GREY } else { ink::PALE };
        panel.vertical(f64::from(tick), Stroke::solid(colour, 0.5));
    }
    for (index, row) in rows.iter().enumerate() {
        let y = area.top + step * (index as f64 + 0.5);
        let text = elided(
            &words_of(row),
            size,
            area.left - 18.0 - if area.left > 300.0 { 250.0 } else { 0.0 },
        );
        let place = (area.left - 6.0, y + 0.36 * size);
        let weight = if row.verdict == Verdict::Fail {
            Weight::Bold
        } else {
            Weight::Regular
        };
        panel.add(words(text, place, size, Anchor::End, weight, ink::BLACK));
        if let Some(mark) = mark(&panel, row, y, 0.34 * step.min(9.0)) {
            panel.add(mark);
        }
    }
    panel.draw(canvas);
}

/// The mark of a value; none if it could not be computed.
fn mark(panel: &Panel, row: &Row, y: f64, radius: f64) -> Option<Mark> {
    let ours = row.ours?;
    // A value that must be met exactly has no unit: it lies at 0 or beyond every edge.
    let tolerance = row.published.half_width.max(f64::MIN_POSITIVE);
    let value = (ours - row.published.published) / tolerance;
    let std = row.ours_std.unwrap_or(0.0) / tolerance;
    let place = |value: f64| panel.x(value.clamp(-EDGE, EDGE));
    let (x, colour) = (place(value), colour(row.verdict));
    let mut marks = Vec::new();
    if std > 0.0 {
        let ends = [place(value - std), place(value + std)];
        marks.push(line((ends[0], y), (ends[1], y), Stroke::solid(colour, 1.2)));
    }
    let shape = match row.verdict {
        Verdict::Pass | Verdict::NotJudged => Shape::Disc,
        Verdict::Tolerated => Shape::Triangle,
        Verdict::Fail => Shape::Square,
    };
    marks.push(shape.at((x, y), radius, colour));
    if row.verdict == Verdict::NotJudged {
        marks.push(circle((x, y), 0.5 * radius, ink::WHITE));
    }
    if value.abs() > EDGE {
        let out = value.signum();
        let (foot, tip) = (x + 1.6 * radius * out, x + 3.4 * radius * out);
        marks.push(polygon(
            &[(foot, y - radius), (foot, y + radius), (tip, y)],
            colour,
        ));
    }
    let label = label(&row.published.figure);
    let text = format!(
        "{}, {}: {} (published {}, tolerance {}): {}",
        in_words(&row.published.experiment),
        label.words,
        label.spread(ours, row.ours_std),
        label.value(row.published.published),
        label.value(row.published.half_width),
        verdict(row.verdict)
    );
    Some(hover(group(marks), Some(ours), text))
}

/// A verdict in words.
pub(crate) const fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "pass",
        Verdict::Tolerated => "miss, tolerated",
        Verdict::Fail => "FAIL",
        Verdict::NotJudged => "not judged",
    }
}

const fn colour(verdict: Verdict) -> Colour {
    match verdict {
        Verdict::Pass => ink::BLUE,
        Verdict::Tolerated => ink::ORANGE,
        Verdict::Fail => ink::VERMILION,
        Verdict::NotJudged => ink::GREY,
    }
}

fn legend(canvas: &mut Canvas, place: (f64, f64)) {
    crate::plot::key(
        canvas,
        place,
        &[
            (ink::BLUE, Shape::Disc, "inside the band"),
            (
                ink::ORANGE,
                Shape::Triangle,
                "outside, tolerated by the rule",
            ),
            (ink::VERMILION, Shape::Square, "failed"),
            (ink::GREY, Shape::Disc, "not judged"),
        ],
    );
}
