//! A perturbation screen: the largest effects by name, and all of them ranked within populations.

use super::{Figure, Name, WIDE};
use crate::plot::{
    Anchor, Area, Axis, Canvas, Colour, Panel, SIZE, Scale, Shape, Stroke, Tick, Weight, elided,
    group, hover, ink, line, number, quantity, words,
};
use crate::population::colour_of;

/// Targets that are named.
const NAMED: usize = 24;
const ROW_PT: f64 = 10.0;
/// Beyond this a difference is not called noise: the false discovery rate.
const DISCOVERY_RATE: f64 = 0.05;
/// Width of the smallest population and of the space between two, as shares of all targets.
const NARROWEST: f64 = 0.07;

/// The effect of perturbing one target.
#[derive(Clone, Debug, PartialEq)]
pub struct ScreenEffect {
    /// The target.
    pub name: String,
    /// Its population.
    pub population: String,
    /// Perturbed minus intact.
    pub difference: f64,
    /// 95 % interval of the difference.
    pub interval: Option<[f64; 2]>,
    /// Its p-value, corrected for the number of targets (Benjamini and Hochberg).
    pub q: Option<f64>,
}

/// What a screen figure shows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScreenPlot<'a> {
    /// What was done, such as "silenced".
    pub action: &'a str,
    /// What was measured.
    pub metric: &'a str,
    /// Its unit; empty if it has none.
    pub unit: &'a str,
    /// Its value in the intact network.
    pub intact: f64,
    /// Populations, in the order in which they are drawn.
    pub populations: &'a [String],
    /// The effects, in any order.
    pub effects: &'a [ScreenEffect],
}

/// Ranked effects with their intervals, grouped by population.
#[must_use]
pub fn screen(plot: &ScreenPlot<'_>) -> Figure {
    let mut ranked: Vec<&ScreenEffect> = plot.effects.iter().collect();
    ranked.sort_by(|a, b| b.difference.abs().total_cmp(&a.difference.abs()));
    ranked.truncate(NAMED);
    let height = (ROW_PT * ranked.len() as f64).max(130.0);
    let mut canvas = Canvas::new(WIDE, height + 60.0);
    let unit = if plot.unit.is_empty() {
        String::new()
    } else if plot.unit == "%" {
        " (% points)".to_owned()
    } else {
        format!(" ({})", plot.unit)
    };
    let label = format!("Change of {}{unit}", plot.metric);
    named(&mut canvas, plot, &ranked, height, &label);
    grouped(&mut canvas, plot, height, &label);
    let caption = format!(
        "Change of {} ({} in the intact network) when each target is {} in turn, with 95 % intervals over trials \
         within odours. A: the {} largest changes. B: all {} targets, ranked within populations. Filled: \
         false discovery rate over all targets below {DISCOVERY_RATE}; open: not told from noise.",
        plot.metric,
        quantity(plot.intact, plot.unit),
        plot.action,
        ranked.len(),
        plot.effects.len()
    );
    let name = Name {
        id: "screen",
        name: "Screen",
        title: "Effect of perturbing every target",
        published: false,
    };
    name.figure(canvas, caption)
}

fn ends<'a>(effects: impl Iterator<Item = &'a ScreenEffect>) -> Scale {
    let ends = effects.flat_map(|it| {
        let [low, high] = it.interval.unwrap_or([it.difference; 2]);
        [low, high, it.difference]
    });
    Scale::around(ends.chain([0.0]).filter(|end| end.is_finite()))
}

fn named(
    canvas: &mut Canvas,
    plot: &ScreenPlot<'_>,
    ranked: &[&ScreenEffect],
    height: f64,
    label: &str,
) {
    let area = Area::new(104.0, 24.0, 136.0, height);
    let scale = ends(ranked.iter().copied());
    let mut x = Axis::new(scale, label);
    x.ticks = scale.ticks(4);
    let y = Axis {
        scale: Scale::linear(height / ROW_PT, 0.0),
        ..Axis::bands::<&str>(&[], "").without_line()
    };
    let mut panel = Panel::new(area, x, y).lettered('A').titled("Largest");
    panel.vertical(0.0, Stroke::solid(ink::GREY, 0.6));
    for (index, effect) in ranked.iter().enumerate() {
        let row = index as f64 + 0.5;
        let y = panel.y(row);
        canvas.add(words(
            elided(&effect.name, SIZE::TICK, 92.0),
            (area.left - 6.0, y + 0.36 * SIZE::TICK),
            SIZE::TICK,
            Anchor::End,
            Weight::Regular,
            ink::BLACK,
        ));
        let places = reach(effect).map(|end| (panel.x(end), y));
        let place = (panel.x(effect.difference), y);
        panel.add(mark(plot, effect, places, place, 2.4));
    }
    panel.draw(canvas);
}

fn grouped(canvas: &mut Canvas, plot: &ScreenPlot<'_>, height: f64, label: &str) {
    let area = Area::new(300.0, 24.0, 200.0, height);
    let narrowest = NARROWEST * plot.effects.len() as f64;
    let mut ticks = Vec::new();
    let mut placed: Vec<(f64, &ScreenEffect)> = Vec::new();
    let mut at = 0.0;
    for population in plot.populations {
        let own = plot.effects.iter();
        let mut own: Vec<&ScreenEffect> = own.filter(|it| it.population == *population).collect();
        if own.is_empty() {
            continue;
        }
        own.sort_by(|a, b| a.difference.total_cmp(&b.difference));
        let width = (own.len() as f64).max(narrowest);
        let step = width / own.len() as f64;
        let places = own
            .iter()
            .enumerate()
            .map(|(rank, effect)| (at + step * (rank as f64 + 0.5), *effect));
        placed.extend(places);
        ticks.push(Tick::new(at + 0.5 * width, population.clone()));
        at += width + narrowest;
    }
    let x = Axis::new(Scale::linear(0.0, (at - narrowest).max(1.0)), "").with_ticks(ticks);
    let y = Axis::new(ends(plot.effects.iter()), label);
    let mut panel = Panel::new(area, x, y)
        .lettered('B')
        .titled("All, by population");
    panel.horizontal(0.0, Stroke::solid(ink::GREY, 0.6));
    for (x, effect) in placed {
        let places = reach(effect).map(|end| (panel.x(x), panel.y(end)));
        let place = (panel.x(x), panel.y(effect.difference));
        panel.add(mark(plot, effect, places, place, 1.4));
    }
    panel.draw(canvas);
}

fn reach(effect: &ScreenEffect) -> [f64; 2] {
    effect.interval.unwrap_or([effect.difference; 2])
}

/// A point with its interval, which says what it shows.
fn mark(
    plot: &ScreenPlot<'_>,
    effect: &ScreenEffect,
    [low, high]: [(f64, f64); 2],
    place: (f64, f64),
    radius: f64,
) -> crate::plot::Mark {
    let significant = effect.q.is_some_and(|q| q < DISCOVERY_RATE);
    let colour = if significant {
        colour(plot, &effect.population)
    } else {
        ink::GREY
    };
    let mut marks = vec![
        line(low, high, Stroke::solid(colour.lighter(0.35), 0.4 * radius)),
        Shape::Disc.at(place, radius, colour),
    ];
    if !significant {
        marks.push(Shape::Disc.at(place, 0.55 * radius, ink::WHITE));
    }
    let [from, to] = reach(effect);
    let q = effect
        .q
        .map_or_else(String::new, |q| format!(", q {q:.2e}"));
    let text = format!(
        "{} {}: {} changes by {} (95 % interval {} to {}){q}",
        effect.name,
        plot.action,
        plot.metric,
        quantity(effect.difference, plot.unit),
        number(from),
        number(to)
    );
    hover(group(marks), Some(effect.difference), text)
}

fn colour(plot: &ScreenPlot<'_>, population: &str) -> Colour {
    let index = plot.populations.iter().position(|it| it == population);
    colour_of(population, index.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_effect_is_a_mark_with_its_value() {
        let effect = |name: &str, population: &str, difference: f64| ScreenEffect {
            name: name.to_owned(),
            population: population.to_owned(),
            difference,
            interval: Some([difference - 0.1, difference + 0.2]),
            q: Some(if difference.abs() > 0.3 { 1e-4 } else { 0.6 }),
        };
        let effects = [
            effect("ORN:3", "ORN", -0.75),
            effect("KC:7", "KC", 0.25),
            effect("KC:8", "KC", -0.0625),
        ];
        let populations = ["ORN".to_owned(), "APL".to_owned(), "KC".to_owned()];
        let plot = ScreenPlot {
            action: "silenced",
            metric: "margin",
            unit: "",
            intact: 2.5,
            populations: &populations,
            effects: &effects,
        };
        let figure = screen(&plot);
        for value in ["-0.75", "0.25", "-0.0625"] {
            let mark = format!("data-value=\"{value}\"");
            // Once by name, once in its population.
            assert_eq!(figure.drawing.svg.matches(&mark).count(), 2, "{value}");
        }
        assert!(figure.drawing.svg.contains("KC:7"));
        assert!(figure.caption.contains("all 3 targets"));
        // Nothing found is an empty picture, not a panic.
        let nothing = ScreenPlot {
            effects: &[],
            ..plot
        };
        assert!(!screen(&nothing).drawing.svg.contains("data-value"));
    }
}
