//! What a training step costs in networks of several sizes.

use super::{Figure, Name};
use crate::plot::{Area, Axis, Canvas, Colour, Panel, Scale, Shape, Stroke, ink, number};

/// One size of network, as `kenyon bench --scale` measures it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScalingPoint {
    /// Number of neurons.
    pub neurons: usize,
    /// Number of edges.
    pub edges: usize,
    /// Time of a training step, millisecond.
    pub training_step_ms: f64,
    /// Memory of network, engine and gradient, megabyte; `None` where the system does not say.
    pub memory_mb: Option<f64>,
}

/// Time and memory against the number of edges, both on logarithmic axes.
#[must_use]
pub fn scaling(points: &[ScalingPoint]) -> Figure {
    let mut canvas = Canvas::new(430.0, 178.0);
    let areas = Area::new(46.0, 24.0, 372.0, 116.0).grid(2, 1, (64.0, 0.0));
    let times = points.iter().map(|it| (it, Some(it.training_step_ms)));
    let memory = points.iter().map(|it| (it, it.memory_mb));
    panel(
        &mut canvas,
        (areas[0], 'A', "Time", "Training step (ms)", ink::BLUE),
        times.collect(),
        "ms",
    );
    panel(
        &mut canvas,
        (areas[1], 'B', "Memory", "Memory (MB)", ink::VERMILION),
        memory.collect(),
        "MB",
    );
    let caption = "Time of a training step of 16 trials on one core (A) and memory (B) against the number of edges. \
                   Networks larger than the larva's are statistical larvae with as many edges per neuron. \
                   Dotted: in proportion to the number of edges, from the smallest network."
        .to_owned();
    let name = Name {
        id: "scaling",
        name: "Scaling",
        title: "Cost against size",
        published: false,
    };
    name.figure(canvas, caption)
}

type Frame = (Area, char, &'static str, &'static str, Colour);

fn panel(
    canvas: &mut Canvas,
    (area, letter, title, label, colour): Frame,
    values: Vec<(&ScalingPoint, Option<f64>)>,
    unit: &str,
) {
    let known: Vec<(&ScalingPoint, f64)> = values
        .into_iter()
        .filter_map(|(point, value)| value.map(|value| (point, value)))
        .filter(|(point, value)| point.edges > 0 && *value > 0.0)
        .collect();
    let Some(&(first, base)) = known.iter().min_by_key(|(point, _)| point.edges) else {
        return;
    };
    let edges = |point: &ScalingPoint| point.edges as f64;
    let expected = |point: &ScalingPoint| base * edges(point) / edges(first);
    let x = Axis::new(powers(known.iter().map(|it| edges(it.0))), "Edges");
    let heights = known.iter().flat_map(|it| [it.1, expected(it.0)]);
    let y = Axis::new(powers(heights), label);
    let mut panel = Panel::new(area, x, y).lettered(letter).titled(title);
    let proportional = known.iter().map(|it| (edges(it.0), expected(it.0)));
    panel.line(proportional, Stroke::dotted(ink::GREY, 0.9));
    panel.line(
        known.iter().map(|it| (edges(it.0), it.1)),
        Stroke::solid(colour, 1.1),
    );
    for (point, value) in known {
        let text = format!(
            "{} neurons, {} edges: {} {unit}",
            point.neurons,
            point.edges,
            number(value)
        );
        panel.point((edges(point), value), 0.0, colour, Shape::Disc, text);
    }
    panel.draw(canvas);
}

/// Whole powers of ten around the values.
fn powers(values: impl Iterator<Item = f64>) -> Scale {
    let (low, high) = values.fold((f64::INFINITY, 0.0_f64), |(low, high), value| {
        (low.min(value), high.max(value))
    });
    let from = 10_f64.powf(low.log10().floor());
    let to = 10_f64.powf(high.log10().ceil()).max(10.0 * from);
    Scale::Logarithmic { from, to }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_size_is_a_mark_with_its_time() {
        let point = |neurons, training_step_ms, memory_mb| ScalingPoint {
            neurons,
            edges: 33 * neurons,
            training_step_ms,
            memory_mb,
        };
        let points = [
            point(368, 2.16, Some(23.0)),
            point(736, 5.47, None),
            point(3_680, 31.0, Some(125.0)),
        ];
        let svg = scaling(&points).drawing.svg;
        for value in ["2.16", "5.47", "31", "23", "125"] {
            assert!(
                svg.contains(&format!("data-value=\"{value}\"")),
                "no mark of {value}"
            );
        }
        // Nothing measured is an empty picture, not a panic.
        assert!(!scaling(&[]).drawing.svg.contains("data-value"));
    }
}
