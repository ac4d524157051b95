//! Figure 4: what the wiring, the APL and the objective are each needed for (spec/experiments.md
//! section 5).

use kenyon_study::CANONICAL;

use super::{Figure, Name, WIDE, models_of};
use crate::plot::{
    Anchor, Area, Axis, Canvas, Colour, Panel, SIZE, Scale, Stroke, Tick, Weight, hover, ink,
    number, words,
};
use crate::{ReportError, Results};

/// Experiments, how they are called, and their colours.
const CONDITIONS: [(&str, &str, Colour); 4] = [
    (CANONICAL, "Full\nmodel", ink::BLUE),
    ("shuffled", "Shuffled\nwiring", ink::ORANGE),
    ("no_apl", "APL\ndisabled", ink::PURPLE),
    ("no_sparsity", "No sparsity\nloss", ink::GREEN),
];

/// A panel.
struct Shown {
    title: &'static str,
    measurement: &'static str,
    figure: &'static str,
    label: &'static str,
    /// The publication's range.
    range: (f64, f64),
}

const PANELS: [Shown; 4] = [
    Shown {
        title: "Antennal lobe",
        measurement: "reevaluation",
        figure: "al_decorrelation_pct",
        label: "Decorrelation (%)",
        range: (-30.0, 30.0),
    },
    Shown {
        title: "Mushroom body",
        measurement: "reevaluation",
        figure: "mb_decorrelation_pct",
        label: "Decorrelation (%)",
        range: (-5.0, 47.0),
    },
    Shown {
        title: "APL feedback",
        measurement: "figure_four",
        figure: "suppression_pct",
        label: "KC spikes suppressed (%)",
        range: (0.0, 74.0),
    },
    Shown {
        title: "Mixtures",
        measurement: "figure_four",
        figure: "pair_sub_additive_pct",
        label: "Sub-additive responses (%)",
        range: (0.0, 102.0),
    },
];

pub fn draw(results: &Results) -> Result<Vec<Figure>, ReportError> {
    let measured = |panel: &Shown| {
        CONDITIONS.iter().all(|(name, ..)| {
            let quantity = results.quantity(name, panel.measurement, panel.figure);
            quantity.is_some()
        })
    };
    if !PANELS.iter().all(measured) {
        return Ok(Vec::new());
    }
    let mut canvas = Canvas::new(WIDE, 330.0);
    let areas = Area::new(42.0, 22.0, WIDE - 52.0, 276.0).grid(2, 2, (56.0, 50.0));
    for ((index, shown), area) in PANELS.iter().enumerate().zip(areas) {
        let bars: Vec<(&str, Colour, f64, f64)> = CONDITIONS
            .iter()
            .filter_map(|(name, words, colour)| {
                let quantity = results.quantity(name, shown.measurement, shown.figure)?;
                Some((*words, *colour, quantity.mean, quantity.std))
            })
            .collect();
        // The publication's range, unless something would be cut off.
        let ends = bars.iter().flat_map(|bar| [bar.2 - bar.3, bar.2 + bar.3]);
        let (low, high) = ends.fold(shown.range, |(low, high), it| {
            (low.min(1.15 * it), high.max(1.15 * it))
        });
        let names: Vec<&str> = bars.iter().map(|bar| bar.0).collect();
        let mut x = Axis::bands(&names, "");
        x.line = low >= 0.0;
        let y = Axis::new(Scale::linear(low, high), shown.label);
        let letter = char::from(b'A' + index as u8);
        let mut panel = Panel::new(area, x, y).titled(shown.title).lettered(letter);
        if low < 0.0 {
            panel.horizontal(0.0, Stroke::solid(ink::BLACK, 0.6));
        }
        for (place, (words_of, colour, mean, deviation)) in bars.iter().enumerate() {
            bar(
                &mut panel,
                place,
                (*mean, *deviation),
                *colour,
                &words_of.replace('\n', " "),
            );
        }
        panel.draw(&mut canvas);
    }
    let caption = format!(
        "Four conditions, each retrained: the full model, shuffled connectomes (every pathway's neurons permuted, \
         one connectome per seed), no APL, and no sparsity term in the loss. A, B: decorrelation of odour pairs \
         from receptors to PNs and from PNs to KCs. C: KC spikes that the boosted APL suppresses. D: responses to \
         pairs of odours that are smaller than the sum of the responses to both. Bars: mean over {}; error bars: \
         standard deviation over seeds.",
        models_of(results, CANONICAL)
    );
    let name = Name {
        id: "4_abl",
        name: "Figure 4",
        title: "Retrained ablations",
        published: true,
    };
    Ok(vec![name.figure(canvas, caption)])
}

/// A bar with its error bar and its number.
fn bar(
    panel: &mut Panel,
    place: usize,
    (mean, deviation): (f64, f64),
    colour: Colour,
    condition: &str,
) {
    let centre = place as f64 + 0.5;
    let mark = panel.rectangle((centre - 0.32, centre + 0.32), (0.0, mean), colour);
    let text = format!("{condition}: {} ± {} %", number(mean), number(deviation));
    panel.add(hover(mark, Some(mean), text));
    let (low, high) = (mean - deviation, mean + deviation);
    panel.line(
        [(centre, low), (centre, high)],
        Stroke::solid(ink::BLACK, 0.9),
    );
    for end in [low, high] {
        panel.line(
            [(centre - 0.06, end), (centre + 0.06, end)],
            Stroke::solid(ink::BLACK, 0.9),
        );
    }
    let outside = if mean < 0.0 {
        panel.y(low) + SIZE::TICK + 2.0
    } else {
        panel.y(high) - 3.0
    };
    let label = Tick::new(mean, format!("{mean:.1}").replace('-', "−")).label;
    let at = (panel.x(centre), outside);
    panel.add(words(
        label,
        at,
        SIZE::LABEL,
        Anchor::Middle,
        Weight::Regular,
        ink::BLACK,
    ));
}
