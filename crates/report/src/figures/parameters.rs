//! Learned parameters of every seed between their bounds.

use kenyon_study::{CANONICAL, ParameterDescription};
use svg::Node;

use super::{Figure, Name, models_of};
use crate::label::in_words;
use crate::plot::{
    Anchor, Area, Axis, Canvas, Panel, SIZE, Scale, Shape, Stroke, Tick, Weight, elided, hover,
    ink, line, quantity, words,
};
use crate::{ReportError, Results};
use kenyon_study::StoredModel;

const ROW_PT: f64 = 10.0;

pub fn draw(results: &Results) -> Result<Vec<Figure>, ReportError> {
    let models: Vec<StoredModel> = results
        .runs_of(CANONICAL)
        .map(|run| results.model(run))
        .collect::<Result<_, _>>()?;
    // The decoder has no bounds and thousands of values; thresholds have a figure of their own.
    let shown: Vec<&ParameterDescription> = results
        .description
        .network
        .parameters
        .iter()
        .filter(|it| {
            it.bounds.is_some()
                && it.learned
                && models
                    .iter()
                    .any(|model| model.parameters.contains_key(&it.name))
        })
        .collect();
    if models.is_empty() || shown.is_empty() {
        return Ok(Vec::new());
    }
    let height = ROW_PT * shown.len() as f64;
    let mut canvas = Canvas::new(510.0, height + 56.0);
    let area = Area::new(190.0, 22.0, 190.0, height);
    let ticks = vec![Tick::new(0.0, "lower bound"), Tick::new(1.0, "upper bound")];
    let x = Axis::new(Scale::linear(-0.04, 1.04), "Place between the bounds").with_ticks(ticks);
    let y = Axis::bands::<&str>(&[], "").without_line();
    let y = Axis {
        scale: Scale::linear(shown.len() as f64, 0.0),
        ..y
    };
    let mut panel = Panel::new(area, x, y);
    for end in [0.0, 1.0] {
        panel.vertical(end, Stroke::dotted(ink::GREY, 0.7));
    }
    for (row, parameter) in shown.iter().enumerate() {
        let Some(bounds) = parameter.bounds else {
            continue;
        };
        let centre = row as f64 + 0.5;
        let y = panel.y(centre);
        let rule = line(
            (area.left, y),
            (area.right(), y),
            Stroke::solid(ink::PALE, 0.4),
        );
        panel.add(rule);
        let place = |value: f64| within(bounds, value);
        let start = (panel.x(place(parameter.start)), y);
        let mark = line(
            (start.0, y - 3.4),
            (start.0, y + 3.4),
            Stroke::solid(ink::VERMILION, 1.1),
        );
        let text = format!(
            "{}: starts at {}",
            parameter.name,
            quantity(parameter.start, &parameter.unit)
        );
        panel.add(hover(mark, Some(parameter.start), text));
        let mut values: Vec<f64> = Vec::new();
        for model in &models {
            values.extend(model.parameters.get(&parameter.name).into_iter().flatten());
        }
        for value in &values {
            let dot = Shape::Disc.at((panel.x(place(*value)), y), 1.5, ink::BLUE);
            let mut dot = hover(
                dot,
                Some(*value),
                format!("{}: {}", parameter.name, quantity(*value, &parameter.unit)),
            );
            dot.assign("fill-opacity", 0.45);
            panel.add(dot);
        }
        let baseline = y + 0.36 * SIZE::TICK;
        let name = elided(&parameter_name(&parameter.name), SIZE::TICK, 180.0);
        panel.add(words(
            name,
            (area.left - 6.0, baseline),
            SIZE::TICK,
            Anchor::End,
            Weight::Regular,
            ink::BLACK,
        ));
        let median = median(&mut values);
        let text = format!(
            "{}  [{}, {}]",
            quantity(median, &parameter.unit),
            quantity(bounds.0, &parameter.unit),
            quantity(bounds.1, &parameter.unit)
        );
        let right = (area.right() + 8.0, baseline);
        panel.add(words(
            elided(&text, SIZE::TICK, 118.0),
            right,
            SIZE::TICK,
            Anchor::Start,
            Weight::Regular,
            ink::BLACK,
        ));
    }
    panel.draw(&mut canvas);
    let at = (area.right() + 8.0, 16.0);
    canvas.add(words(
        "median [bounds]",
        at,
        SIZE::TICK,
        Anchor::Start,
        Weight::Bold,
        ink::BLACK,
    ));
    let caption = format!(
        "Every learned biophysical parameter of {} (dots) between its bounds, logarithmically where the bounds span more than \
         a factor of ten; red tick: start value. Numbers: median over models and neurons, and the bounds.",
        models_of(results, CANONICAL)
    );
    let name = Name {
        id: "parameters",
        name: "Parameters",
        title: "Learned parameters and their bounds",
        published: false,
    };
    Ok(vec![name.figure(canvas, caption)])
}

/// Where a value lies between its bounds, 0 to 1.
fn within((low, high): (f64, f64), value: f64) -> f64 {
    let scale = if low > 0.0 && high / low > 10.0 {
        Scale::Logarithmic {
            from: low,
            to: high,
        }
    } else {
        Scale::linear(low, high)
    };
    let place = scale.place(value);
    if place.is_finite() {
        place.clamp(-0.03, 1.03)
    } else {
        0.0
    }
}

/// "ln_to_pn_inhibitory.strength" as "LN to PN inhibitory: strength".
fn parameter_name(name: &str) -> String {
    match name.rsplit_once('.') {
        Some((owner, what)) => format!("{}: {}", in_words(owner), what.replace('_', " ")),
        None => in_words(name),
    }
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => f64::NAN,
        count if count % 2 == 1 => values[count / 2],
        count => 0.5 * (values[count / 2 - 1] + values[count / 2]),
    }
}
