//! Figure 3: what becomes of an odour when its concentration changes (spec/experiments.md section 2.8).

use kenyon_analysis::ConcentrationLevel;
use kenyon_study::{CANONICAL, Detail};

use super::{Figure, Name, WIDE, models_of, spread};
use crate::plot::{
    Area, Axis, Canvas, Colour, Panel, Scale, Shape, Stroke, Tick, ink, key, number,
};
use crate::population::{CODING, RECEPTORS, RELAY};
use crate::{ReportError, Results};

const DECODER: Colour = ink::BLACK;

pub fn draw(results: &Results) -> Result<Vec<Figure>, ReportError> {
    let mut models: Vec<Vec<ConcentrationLevel>> = Vec::new();
    for (_, detail) in results.details(CANONICAL, "after_training")? {
        if let Detail::AfterTraining(metrics) = detail
            && let Some(test) = metrics.concentration
        {
            models.push(test.levels);
        }
    }
    let Some(levels) = models.first().filter(|levels| levels.len() > 1) else {
        return Ok(Vec::new());
    };
    let concentrations: Vec<f64> = levels.iter().map(|level| level.concentration).collect();
    let effective: Vec<f64> = levels
        .iter()
        .map(|level| level.effective_concentration)
        .collect();
    let reference = concentrations.iter().position(|&it| it == 1.0).unwrap_or(0);
    let ends = (
        concentrations.iter().copied().fold(f64::INFINITY, f64::min) / 1.4,
        concentrations.iter().copied().fold(0.0, f64::max) * 1.4,
    );
    let x = || {
        let ticks = concentrations.iter().map(|&it| Tick::new(it, number(it)));
        let scale = Scale::Logarithmic {
            from: ends.0,
            to: ends.1,
        };
        Axis::new(scale, "Concentration (× panel)").with_ticks(ticks.collect())
    };
    let mut canvas = Canvas::new(WIDE, 178.0);
    let areas = Area::new(38.0, 20.0, WIDE - 46.0, 106.0).grid(3, 1, (44.0, 0.0));

    // A: sums of activity as shares of the mean at concentration 1.
    let sums: [Series; 3] = [
        ("OR", RECEPTORS, Shape::Square, |level| level.mean_or),
        ("PN", RELAY, Shape::Triangle, |level| level.mean_pn),
        ("KC", CODING, Shape::Disc, |level| level.mean_kc),
    ];
    let sums = sums.map(|series| {
        let (base, _) = of_level(&models, reference, series.3);
        Curve::new(&models, &concentrations, series, base)
    });
    let relative = |effect: f64| effect / effective[reference];
    let top = sums
        .iter()
        .flat_map(|curve| curve.points.iter().map(|point| point.1 + point.2))
        .chain(effective.iter().copied().map(relative))
        .fold(1.0, f64::max);
    let y = Axis::new(
        Scale::linear(0.0, 1.05 * top),
        "Activity relative to that at 1",
    );
    let mut panel = Panel::new(areas[0], x(), y)
        .lettered('A')
        .titled("Gain control");
    panel.vertical(1.0, Stroke::dotted(ink::GREY, 0.6));
    let hill = concentrations.iter().zip(&effective);
    let hill = hill.map(|(&c, &effect)| (c, relative(effect)));
    panel.line(hill, Stroke::dashed(ink::GREY, 0.9));
    for curve in sums {
        curve.draw(&mut panel, " of its activity at 1");
    }
    panel.draw(&mut canvas);

    // B: accuracies.
    let accuracies: [Series; 2] = [
        ("Decoder", DECODER, Shape::Diamond, |level| {
            100.0 * level.decoder_accuracy
        }),
        ("Nearest centroid", CODING, Shape::Disc, |level| {
            100.0 * level.kc_centroid_accuracy
        }),
    ];
    let y = Axis::new(Scale::linear(0.0, 105.0), "Accuracy (%)");
    let mut panel = Panel::new(areas[1], x(), y)
        .lettered('B')
        .titled("Odour identity");
    panel.vertical(1.0, Stroke::dotted(ink::GREY, 0.6));
    let chance = 100.0 / (results.description.odours.len().max(2) - 1) as f64;
    panel.horizontal(chance, Stroke::dotted(ink::VERMILION, 0.9));
    for series in accuracies {
        Curve::new(&models, &concentrations, series, 1.0).draw(&mut panel, " %");
    }
    panel.draw(&mut canvas);

    // C: similarity of a pattern with that at concentration 1.
    let similarities: [Series; 3] = [
        ("OR", RECEPTORS, Shape::Square, |level| level.or_similarity),
        ("PN", RELAY, Shape::Triangle, |level| level.pn_similarity),
        ("KC", CODING, Shape::Disc, |level| level.kc_similarity),
    ];
    let y = Axis::new(Scale::linear(0.0, 1.05), "Cosine with the pattern at 1");
    let mut panel = Panel::new(areas[2], x(), y)
        .lettered('C')
        .titled("Pattern similarity");
    panel.vertical(1.0, Stroke::dotted(ink::GREY, 0.6));
    for series in similarities {
        Curve::new(&models, &concentrations, series, 1.0).draw(&mut panel, "");
    }
    panel.draw(&mut canvas);

    key(
        &mut canvas,
        (38.0, 168.0),
        &[
            (RECEPTORS, Shape::Square, "OR (receptor input)"),
            (RELAY, Shape::Triangle, "PN"),
            (CODING, Shape::Disc, "KC, nearest KC centroid"),
            (DECODER, Shape::Diamond, "decoder"),
            (
                ink::GREY,
                Shape::Square,
                "dashed: Hill function of concentration",
            ),
            (ink::VERMILION, Shape::Square, "dotted: chance"),
        ],
    );
    let caption = format!(
        "Every odour at {} concentrations, from {} to {} times that of the panel. A: summed activity relative to \
         its mean over models at concentration 1; the dashed line is the Hill function by which concentration \
         reaches the receptors. B: accuracy of the decoder, and of the nearest KC centroid formed at \
         concentration 1; the dotted line is chance ({} %). C: cosine between a pattern and that of the same \
         odour at concentration 1. Mean ± standard deviation over {}.",
        concentrations.len(),
        number(concentrations[0]),
        number(concentrations[concentrations.len() - 1]),
        number(chance),
        models_of(results, CANONICAL),
    );
    let name = Name {
        id: "3_concentration",
        name: "Figure 3",
        title: "Concentration invariance",
        published: true,
    };
    Ok(vec![name.figure(canvas, caption)])
}

/// What a curve is called, how it is drawn, and what it shows of a level.
type Series = (&'static str, Colour, Shape, fn(&ConcentrationLevel) -> f64);

/// Mean and standard deviation over models at every concentration.
struct Curve {
    name: &'static str,
    colour: Colour,
    shape: Shape,
    points: Vec<(f64, f64, f64)>,
}

impl Curve {
    /// The curve of values divided by `base`.
    fn new(
        models: &[Vec<ConcentrationLevel>],
        concentrations: &[f64],
        (name, colour, shape, value): Series,
        base: f64,
    ) -> Self {
        let points = concentrations.iter().enumerate();
        let points = points.map(|(level, &concentration)| {
            let (mean, deviation) = of_level(models, level, value);
            (concentration, mean / base, deviation / base)
        });
        Self {
            name,
            colour,
            shape,
            points: points.collect(),
        }
    }

    fn draw(self, panel: &mut Panel, unit: &str) {
        let means = self.points.iter().map(|point| (point.0, point.1));
        panel.line(means, Stroke::solid(self.colour, 1.1));
        for (concentration, mean, deviation) in self.points {
            let text = format!(
                "{} at {}: {} ± {}{unit}",
                self.name,
                number(concentration),
                number(mean),
                number(deviation)
            );
            let place = (concentration, mean);
            panel.point(place, deviation, self.colour, self.shape, text);
        }
    }
}

/// Mean and standard deviation over models at one level.
fn of_level(
    models: &[Vec<ConcentrationLevel>],
    level: usize,
    value: fn(&ConcentrationLevel) -> f64,
) -> (f64, f64) {
    let levels = models.iter().filter_map(|levels| levels.get(level));
    spread(levels.map(value))
}
