//! Activity of every spiking population, and how much less alike odours are there, of any circuit.

use kenyon_study::{CANONICAL, Detail};

use super::{EVALUATION, Figure, Name, WIDE, models_of, spread};
use crate::plot::{Area, Axis, Canvas, Panel, Scale, Stroke, hover, ink, number};
use crate::population::colour_of;
use crate::{ReportError, Results};

/// Mean and deviation over models.
type Values = Vec<(f64, f64)>;

pub fn draw(results: &Results) -> Result<Vec<Figure>, ReportError> {
    let mut models = Vec::new();
    for (_, detail) in results.details(CANONICAL, EVALUATION)? {
        if let Detail::Evaluation(evaluation) = detail {
            models.push(evaluation);
        }
    }
    let Some(first) = models.first() else {
        return Ok(Vec::new());
    };
    let names: Vec<String> = first.populations.iter().map(|it| it.name.clone()).collect();
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let of =
        |value: &dyn Fn(&kenyon_analysis::protocol::PopulationFigures) -> Option<f64>| -> Values {
            (0..names.len())
                .map(|index| {
                    let values = models
                        .iter()
                        .filter_map(|model| model.populations.get(index));
                    spread(values.filter_map(value))
                })
                .collect()
        };
    let panels: [(&str, &str, &str, Values); 3] = [
        ("Rate", "Mean rate (Hz)", "Hz", of(&|it| Some(it.rate_hz))),
        (
            "Activity",
            "Neurons that spike in a trial (%)",
            "%",
            of(&|it| Some(100.0 * it.active)),
        ),
        (
            "Decorrelation",
            "Against the input (%)",
            "%",
            of(&|it| it.decorrelation_percent),
        ),
    ];
    let described = &results.description.network.populations;
    let mut canvas = Canvas::new(WIDE, 172.0);
    let areas = Area::new(40.0, 22.0, WIDE - 48.0, 118.0).grid(3, 1, (46.0, 0.0));
    for ((index, (title, label, unit, values)), area) in panels.iter().enumerate().zip(areas) {
        let ends = values.iter().filter(|it| it.0.is_finite());
        let (low, high) = ends.fold((0.0_f64, 0.0_f64), |(low, high), it| {
            (low.min(it.0 - it.1), high.max(it.0 + it.1))
        });
        let high = if high > low { high } else { low + 1.0 };
        let y = Axis::new(Scale::linear(1.08 * low, 1.08 * high), *label);
        let mut x = Axis::bands(&names, "");
        x.line = low >= 0.0;
        let letter = char::from(b'A' + index as u8);
        let mut panel = Panel::new(area, x, y).titled(*title).lettered(letter);
        if low < 0.0 {
            panel.horizontal(0.0, Stroke::solid(ink::BLACK, 0.6));
        }
        for (place, (name, &(mean, deviation))) in names.iter().zip(values).enumerate() {
            if !mean.is_finite() {
                continue;
            }
            let centre = place as f64 + 0.5;
            let own = described.iter().position(|it| it.name == *name);
            let colour = colour_of(name, own.unwrap_or(place)).lighter(0.2);
            let bar = panel.rectangle((centre - 0.34, centre + 0.34), (0.0, mean), colour);
            let text = format!("{name}: {} ± {} {unit}", number(mean), number(deviation));
            panel.add(hover(bar, Some(mean), text));
            let ends = [mean - deviation, mean + deviation];
            panel.line(
                ends.map(|end| (centre, end)),
                Stroke::solid(ink::BLACK, 0.9),
            );
        }
        panel.draw(&mut canvas);
    }
    let caption = format!(
        "Spiking populations of {}. A: mean rate. B: share of neurons that spike at least once in a trial. C: by how much the \
         cosine between trial-mean patterns of two odours is smaller than that of their inputs, mean over pairs; it depends \
         on the number of trials ({}). Bars: mean over networks; lines: standard deviation.",
        models_of(results, CANONICAL),
        first.settings.trials
    );
    let name = Name {
        id: "populations",
        name: "Populations",
        title: "Activity from the input to the readout",
        published: false,
    };
    Ok(vec![name.figure(canvas, caption)])
}
