//! Figure S4: where training leaves the thresholds, and how that scales with the task
//! (spec/experiments.md sections 2.12 and 4.9).

use kenyon_study::{CANONICAL, Detail};

use super::{Figure, Name, WIDE, models_of};
use crate::plot::{
    Area, Axis, Canvas, Panel, Scale, Shape, Stroke, Tick, hover, ink, nice_ticks, number,
};
use crate::population::colour_of;
use crate::{ReportError, Results};

/// Bounds of thresholds, in mV.
const BOUNDS_MV: (f64, f64) = (-55.0, -30.0);
const BINS: usize = 13;
/// Populations that are shown; receptor neurons are not, as in the publication.
const SHOWN: [&str; 3] = ["LN", "PN", "KC"];
const FIGURE: &str = "kc_threshold_upper_bound_pct";

pub fn draw(results: &Results) -> Result<Vec<Figure>, ReportError> {
    let mut pooled: Vec<(String, Vec<f64>)> = Vec::new();
    for (_, detail) in results.details(CANONICAL, "after_training")? {
        let Detail::AfterTraining(metrics) = detail else {
            continue;
        };
        for (population, statistics) in metrics.parameters.thresholds {
            match pooled.iter_mut().find(|(name, _)| *name == population) {
                Some((_, values)) => values.extend(statistics.values_mv),
                None => pooled.push((population, statistics.values_mv)),
            }
        }
    }
    pooled.retain(|(name, _)| SHOWN.contains(&name.as_str()));
    if pooled.is_empty() {
        return Ok(Vec::new());
    }
    let scaling = scaling(results);
    let width = if scaling.len() > 1 { WIDE } else { WIDE / 2.0 };
    let mut canvas = Canvas::new(width, 210.0);
    let areas = Area::new(40.0, 22.0, WIDE - 50.0, 152.0).grid(2, 1, (60.0, 0.0));
    let names: Vec<String> = pooled
        .iter()
        .map(|(name, values)| format!("{name}\nn = {}", values.len()))
        .collect();
    let y = Axis::new(
        Scale::linear(BOUNDS_MV.0 - 1.5, BOUNDS_MV.1 + 1.5),
        "Threshold θ (mV)",
    )
    .with_ticks(nice_ticks(BOUNDS_MV.0, BOUNDS_MV.1, 5));
    let mut panel = Panel::new(areas[0], Axis::bands(&names, ""), y)
        .lettered('A')
        .titled("Learned thresholds");
    for bound in [BOUNDS_MV.0, BOUNDS_MV.1] {
        panel.horizontal(bound, Stroke::dotted(ink::GREY, 0.9));
    }
    for (place, (name, values)) in pooled.iter().enumerate() {
        violin(&mut panel, place, name, values);
    }
    panel.draw(&mut canvas);

    if scaling.len() > 1 {
        let counts: Vec<f64> = scaling.iter().map(|it| it.odours).collect();
        let ticks = counts.iter().map(|&it| Tick::new(it, number(it))).collect();
        let (first, last) = (counts[0], counts[counts.len() - 1]);
        let x = Scale::Logarithmic {
            from: first / 1.25,
            to: last * 1.25,
        };
        let x = Axis::new(x, "Number of odours").with_ticks(ticks);
        let top = scaling
            .iter()
            .map(|it| it.mean + it.deviation)
            .fold(70.0, f64::max);
        let y = Axis::new(
            Scale::linear(0.0, top),
            "KC thresholds at the upper bound (%)",
        );
        let mut panel = Panel::new(areas[1], x, y)
            .lettered('B')
            .titled("Task complexity");
        let colour = colour_of("KC", 0);
        panel.line(
            scaling.iter().map(|it| (it.odours, it.mean)),
            Stroke::solid(colour, 1.1),
        );
        for it in &scaling {
            let text = format!(
                "{} odours: {} ± {} %",
                it.odours,
                number(it.mean),
                number(it.deviation)
            );
            panel.point(
                (it.odours, it.mean),
                it.deviation,
                colour,
                Shape::Disc,
                text,
            );
        }
        panel.draw(&mut canvas);
    }
    let mut caption = format!(
        "A: thresholds of {} pooled, in {BINS} bins between their bounds (dotted); the width is the count relative to \
         the fullest bin.",
        models_of(results, CANONICAL)
    );
    if scaling.len() > 1 {
        let counts: Vec<String> = scaling.iter().map(|it| number(it.odours)).collect();
        caption.push_str(&format!(
            " B: share of KC thresholds at the upper bound (−30.5 mV or above) of networks trained on {} odours; mean ± \
             standard deviation over the seeds of each.",
            counts.join(", ")
        ));
    }
    let name = Name {
        id: "S4_threshold_scaling",
        name: "Figure S4",
        title: "Thresholds and task complexity",
        published: true,
    };
    Ok(vec![name.figure(canvas, caption)])
}

/// A histogram on both sides of a vertical line.
fn violin(panel: &mut Panel, place: usize, name: &str, values: &[f64]) {
    let width = (BOUNDS_MV.1 - BOUNDS_MV.0) / BINS as f64;
    let mut counts = [0_usize; BINS];
    for value in values {
        let bin = ((value - BOUNDS_MV.0) / width)
            .floor()
            .clamp(0.0, (BINS - 1) as f64);
        counts[bin as usize] += 1;
    }
    let fullest = counts.iter().copied().max().unwrap_or(1).max(1) as f64;
    for (bin, &count) in counts.iter().enumerate() {
        let from = BOUNDS_MV.0 + bin as f64 * width;
        let (half, centre) = (0.4 * count as f64 / fullest, place as f64 + 0.5);
        let colour = colour_of(name, place).lighter(0.25);
        let bar = panel.rectangle((centre - half, centre + half), (from, from + width), colour);
        let text = format!(
            "{name}: {count} of {} thresholds between {} and {} mV",
            values.len(),
            number(from),
            number(from + width)
        );
        panel.add(hover(bar, Some(count as f64), text));
    }
}

struct Scaling {
    odours: f64,
    mean: f64,
    deviation: f64,
}

/// The canonical models and those of other numbers of odours, in the order of that number.
fn scaling(results: &Results) -> Vec<Scaling> {
    let mut found: Vec<Scaling> = results
        .description
        .experiments
        .iter()
        .filter(|one| one.name == CANONICAL || one.family.starts_with("odours/"))
        .filter_map(|one| {
            let measured = ["after_training", "after_training_brief"];
            let quantity = measured
                .iter()
                .find_map(|name| results.quantity(&one.family, name, FIGURE))?;
            Some(Scaling {
                odours: one.classes as f64,
                mean: quantity.mean,
                deviation: quantity.std,
            })
        })
        .collect();
    found.sort_by(|a, b| a.odours.total_cmp(&b.odours));
    found
}
