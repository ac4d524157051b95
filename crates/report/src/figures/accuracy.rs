//! Accuracy of every experiment of a study of any circuit and task, with chance.

use kenyon_study::Quantity;

use super::{EVALUATION, Figure, Name};
use crate::label::in_words;
use crate::plot::{
    Area, Axis, Canvas, Panel, SIZE, Scale, Shape, Stroke, circle, elided, hover, ink, key,
    nice_ticks, number,
};
use crate::{ReportError, Results};

const ROW_PT: f64 = 20.0;
const LEFT_PT: f64 = 132.0;

pub fn draw(results: &Results) -> Result<Vec<Figure>, ReportError> {
    let rows: Vec<&Quantity> = (results.summary.quantities.iter())
        .filter(|one| one.measurement == EVALUATION && one.figure == "accuracy_pct")
        .collect();
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let names: Vec<String> = rows
        .iter()
        .map(|one| elided(&in_words(&one.family), SIZE::TICK, LEFT_PT - 16.0))
        .collect();
    let height = ROW_PT * rows.len() as f64;
    let mut canvas = Canvas::new(440.0, height + 66.0);
    let area = Area::new(LEFT_PT, 10.0, 290.0, height);
    let x = Axis::new(
        Scale::linear(0.0, 102.0),
        "Right decisions on new trials (%)",
    )
    .with_ticks(nice_ticks(0.0, 100.0, 6));
    let mut panel = Panel::new(area, x, Axis::bands(&names, "").reversed());
    for (row, one) in rows.iter().enumerate() {
        let centre = row as f64 + 0.5;
        let chance = results.quantity(&one.family, EVALUATION, "chance_accuracy_pct");
        if let Some(chance) = chance.map(|chance| chance.mean) {
            panel.line(
                [(chance, centre - 0.5), (chance, centre + 0.5)],
                Stroke::dotted(ink::VERMILION, 1.1),
            );
        }
        for sample in &one.samples {
            let y = panel.y(centre) + 4.6;
            let dot = circle((panel.x(sample.value), y), 1.5, ink::BLUE.lighter(0.35));
            let text = format!(
                "{}, seed {}: {} %",
                in_words(&sample.experiment),
                sample.seed,
                number(sample.value)
            );
            panel.add(hover(dot, Some(sample.value), text));
        }
        if let Some([low, high]) = one.interval {
            panel.line(
                [(low, centre), (high, centre)],
                Stroke::solid(ink::BLACK, 1.1),
            );
        }
        let interval = one.interval.map_or_else(String::new, |[low, high]| {
            format!(", 95 % interval {} to {} %", number(low), number(high))
        });
        let text = format!(
            "{}: {} ± {} %{interval}",
            in_words(&one.family),
            number(one.mean),
            number(one.std)
        );
        let mark = Shape::Diamond.at((panel.x(one.mean), panel.y(centre)), 3.0, ink::BLACK);
        panel.add(hover(mark, Some(one.mean), text));
    }
    panel.draw(&mut canvas);
    key(
        &mut canvas,
        (LEFT_PT, height + 56.0),
        &[
            (ink::BLACK, Shape::Diamond, "mean, 95 % interval"),
            (ink::BLUE.lighter(0.35), Shape::Disc, "one network"),
            (ink::VERMILION, Shape::Square, "dotted: chance"),
        ],
    );
    let measured = rows.iter().map(|one| {
        let chance = results.quantity(&one.family, EVALUATION, "chance_accuracy_pct");
        let chance = chance.map_or_else(String::new, |chance| {
            format!(" (chance {} %)", number(chance.mean))
        });
        format!(
            "{}: {:.1} ± {:.1} %{chance}",
            in_words(&one.family),
            one.mean,
            one.std
        )
    });
    let caption = format!(
        "Share of new noisy trials in which the decoder chose the right class, every network trained for its experiment. \
         Mean ± standard deviation over networks: {}. Chance is the accuracy of always choosing the largest class.",
        measured.collect::<Vec<_>>().join("; ")
    );
    let name = Name {
        id: "accuracy",
        name: "Accuracy",
        title: "Accuracy of every experiment",
        published: false,
    };
    Ok(vec![name.figure(canvas, caption)])
}
