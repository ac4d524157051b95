//! Null models: where the real connectome stands among connectomes that keep only some of it.

use kenyon_study::{CANONICAL, Quantity};

use super::{EVALUATION, Figure, Name, WIDE};
use crate::label::in_words;
use crate::parts::Parts;
use crate::plot::{
    Anchor, Area, Axis, Canvas, Panel, SIZE, Scale, Shape, Stroke, Weight, circle, elided, group,
    hover, ink, words,
};
use crate::{ReportError, Results};

/// Figures that are shown, one panel each.
const SHOWN: [&str; 6] = [
    "accuracy_pct",
    "centroid_accuracy_pct",
    "kc_active_pct",
    "al_decorrelation_pct",
    "mb_decorrelation_pct",
    "apl_ratio",
];

pub fn draw(results: &Results) -> Result<Vec<Figure>, ReportError> {
    let parts = Parts::of(results);
    let measurement = if results.details_exist(CANONICAL, "reevaluation") {
        "reevaluation"
    } else {
        EVALUATION
    };
    let shown_figures: Vec<String> = if measurement == EVALUATION {
        let name = parts.readout.to_lowercase();
        let own = ["active_pct", "rate_Hz", "decorrelation_pct"];
        let own = own.map(|quantity| format!("{name}_{quantity}"));
        let general = ["accuracy_pct", "centroid_accuracy_pct"].map(str::to_owned);
        general.into_iter().chain(own).collect()
    } else {
        SHOWN.map(str::to_owned).to_vec()
    };
    let families: Vec<&str> = results
        .description
        .experiments
        .iter()
        .filter(|one| one.null_model)
        .map(|one| one.family.as_str())
        .fold(Vec::new(), |mut seen, family| {
            if !seen.contains(&family) {
                seen.push(family);
            }
            seen
        });
    let draws = |family: &str| {
        let quantity = results.quantity(family, measurement, SHOWN[0])?;
        let mut names: Vec<&str> = quantity
            .samples
            .iter()
            .map(|it| it.experiment.as_str())
            .collect();
        names.dedup();
        Some(names.len())
    };
    let families: Vec<&str> = families
        .into_iter()
        .filter(|family| draws(family) > Some(1))
        .collect();
    let real = |figure: &str| results.quantity(CANONICAL, measurement, figure);
    if families.is_empty() || real(SHOWN[0]).is_none() {
        return Ok(Vec::new());
    }
    let rows = families.len() as f64;
    let panel_height = (34.0 * rows).max(56.0);
    let mut canvas = Canvas::new(WIDE, 2.0 * (panel_height + 50.0) + 14.0);
    let area = Area::new(100.0, 22.0, WIDE - 110.0, 2.0 * panel_height + 50.0);
    let areas = area.grid(3, 2, (18.0, 50.0));
    for ((index, figure), area) in shown_figures.iter().enumerate().zip(areas) {
        let Some(real) = real(figure) else { continue };
        let shown: Vec<(&str, &Quantity)> = families
            .iter()
            .filter_map(|family| Some((*family, results.quantity(family, measurement, figure)?)))
            .collect();
        let values = shown
            .iter()
            .flat_map(|(_, one)| one.samples.iter().map(|it| it.value));
        let scale = Scale::around(values.chain([real.mean]));
        let names: Vec<String> = if index % 3 == 0 {
            families
                .iter()
                .map(|family| elided(&in_words(family), SIZE::TICK, 86.0))
                .collect()
        } else {
            families.iter().map(|_| String::new()).collect()
        };
        let label = parts.label(figure);
        let mut x = Axis::new(scale, "");
        x.ticks = scale.ticks(4);
        x.label = if label.unit.is_empty() {
            "ratio".to_owned()
        } else {
            label.unit.to_owned()
        };
        let y = Axis::bands(&names, "").reversed();
        let mut panel = Panel::new(area, x, y);
        for (place, (family, quantity)) in shown.iter().enumerate() {
            cloud(&mut panel, place, family, quantity, &parts);
        }
        panel.vertical(real.mean, Stroke::solid(ink::VERMILION, 1.4));
        let title = elided(&label.words, SIZE::LABEL, area.width + 12.0);
        let place = (area.left + area.width / 2.0, area.top - 6.0);
        panel.draw(&mut canvas);
        canvas.add(words(
            title,
            place,
            SIZE::LABEL,
            Anchor::Middle,
            Weight::Bold,
            ink::BLACK,
        ));
    }
    crate::plot::key(
        &mut canvas,
        (100.0, 2.0 * (panel_height + 50.0) + 8.0),
        &[
            (ink::VERMILION, Shape::Square, "real connectome"),
            (ink::BLUE.lighter(0.35), Shape::Disc, "one null model"),
            (ink::BLACK, Shape::Diamond, "mean of the null models"),
        ],
    );
    let listed: Vec<String> = families
        .iter()
        .map(|family| {
            format!(
                "{} ({})",
                in_words(family).to_lowercase(),
                draws(family).unwrap_or(0)
            )
        })
        .collect();
    let caption = format!(
        "Each dot is a network that was trained on a connectome drawn from a null model: {}. Red line: the real \
         connectome, mean over the seeds of the study. Point at a family's mean for z, the rank p-value and its \
         correction.",
        listed.join(", ")
    );
    let name = Name {
        id: "null_models",
        name: "Null models",
        title: "Does the wiring matter?",
        published: false,
    };
    Ok(vec![name.figure(canvas, caption)])
}

/// All draws of a family, spread sideways where they are dense.
fn cloud(panel: &mut Panel, place: usize, family: &str, quantity: &Quantity, parts: &Parts) {
    let label = parts.label(&quantity.figure);
    let mut sorted: Vec<_> = quantity
        .samples
        .iter()
        .filter(|it| it.value.is_finite())
        .collect();
    sorted.sort_by(|a, b| a.value.total_cmp(&b.value));
    let centre = place as f64 + 0.5;
    // Dots that would touch move away from the middle line in turn.
    let mut recent: Vec<(f64, usize)> = Vec::new();
    for sample in sorted {
        let x = panel.x(sample.value);
        recent.retain(|(other, _)| x - other < 3.2);
        let lane = (0..)
            .find(|lane| recent.iter().all(|(_, taken)| taken != lane))
            .unwrap_or(0);
        recent.push((x, lane));
        let side = if lane % 2 == 0 { 1.0 } else { -1.0 };
        let offset = side * lane.div_ceil(2) as f64 * 2.6;
        let limit = 0.42 * panel.area.height * 1.0_f64.min(1.0);
        let y = panel.y(centre) + offset.clamp(-limit, limit);
        let dot = circle((x, y), 1.5, ink::BLUE.lighter(0.35));
        let text = format!(
            "{}, seed {}: {}",
            in_words(&sample.experiment),
            sample.seed,
            label.value(sample.value)
        );
        panel.add(hover(dot, Some(sample.value), text));
    }
    let effect = quantity.effect.as_ref().map_or_else(String::new, |effect| {
        let z = effect
            .z
            .map_or_else(String::new, |z| format!(", z {z:.2}").replace('-', "−"));
        format!(
            "; real minus null models {}{z}, p {:.3}, Holm {:.3}",
            label.value(-effect.difference),
            effect.p,
            effect.p_holm
        )
    });
    let text = format!(
        "{}: {}{effect}",
        in_words(family),
        label.spread(quantity.mean, Some(quantity.std))
    );
    let mean = Shape::Diamond.at((panel.x(quantity.mean), panel.y(centre)), 3.2, ink::BLACK);
    panel.add(hover(group([mean]), Some(quantity.mean), text));
}
