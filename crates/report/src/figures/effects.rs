//! A forest plot: how far every experiment moves each main figure from its reference.

use kenyon_study::{CANONICAL, Quantity};

use super::{EVALUATION, Figure, Name};
use crate::label::in_words;
use crate::parts::Parts;
use crate::plot::{
    Anchor, Area, Axis, Canvas, Panel, SIZE, Scale, Shape, Stroke, Weight, elided, group, hover,
    ink, line, words,
};
use crate::{ReportError, Results};

/// Figures that are shown, one panel each.
const SHOWN: [&str; 5] = [
    "accuracy_pct",
    "kc_active_pct",
    "al_decorrelation_pct",
    "mb_decorrelation_pct",
    "apl_ratio",
];
/// Figures that are shown of studies of other circuits and tasks, besides those of the readout.
const GENERAL: [&str; 2] = ["accuracy_pct", "centroid_accuracy_pct"];
const ROW_PT: f64 = 13.0;
/// Beyond this a difference is not called chance: the false discovery rate.
const DISCOVERY_RATE: f64 = 0.05;

pub fn draw(results: &Results) -> Result<Vec<Figure>, ReportError> {
    let quantities = &results.summary.quantities;
    let parts = Parts::of(results);
    let evaluated = !results.details_exist(CANONICAL, "reevaluation")
        && quantities.iter().any(|it| it.measurement == EVALUATION);
    let (kind, shown) = if evaluated {
        let name = parts.readout.to_lowercase();
        let own = ["active_pct", "rate_Hz", "decorrelation_pct"];
        let own = own.map(|quantity| format!("{name}_{quantity}"));
        let general = GENERAL.map(str::to_owned);
        (EVALUATION, general.into_iter().chain(own).collect())
    } else {
        ("reevaluation", SHOWN.map(str::to_owned).to_vec())
    };
    let shown: Vec<String> = shown;
    let compared = |one: &&Quantity| {
        one.effect.is_some() && shown.contains(&one.figure) && one.measurement.starts_with(kind)
    };
    let mut rows: Vec<(&str, &str)> = Vec::new();
    for one in quantities.iter().filter(compared) {
        let row = (one.family.as_str(), one.measurement.as_str());
        if !rows.contains(&row) {
            rows.push(row);
        }
    }
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let height = ROW_PT * rows.len() as f64;
    let mut canvas = Canvas::new(510.0, height + 66.0);
    let areas = Area::new(142.0, 30.0, 358.0, height).grid(shown.len(), 1, (12.0, 0.0));
    for (index, (family, measurement)) in rows.iter().enumerate() {
        let y = 30.0 + ROW_PT * (index as f64 + 0.5) + 0.36 * SIZE::LABEL;
        let name = elided(&row_name(family, measurement), SIZE::LABEL, 126.0);
        canvas.add(words(
            name,
            (136.0, y),
            SIZE::LABEL,
            Anchor::End,
            Weight::Regular,
            ink::BLACK,
        ));
    }
    for (figure, area) in shown.iter().zip(areas) {
        let of_row = |(family, measurement): &(&str, &str)| {
            results
                .quantity(family, measurement, figure)
                .filter(|one| one.effect.is_some())
        };
        let ends = rows.iter().filter_map(of_row).flat_map(|one| {
            let (low, high) = interval(one);
            [low, high]
        });
        let scale = Scale::around(ends.chain([0.0]));
        let label = parts.label(figure);
        let unit = match label.unit {
            "" => String::new(),
            "%" => " (% points)".to_owned(),
            unit => format!(" ({unit})"),
        };
        let mut x = Axis::new(scale, format!("Difference{unit}"));
        x.ticks = scale.ticks(3);
        let y = Axis::bands::<&str>(&[], "").without_line();
        let y = Axis {
            scale: Scale::linear(rows.len() as f64, 0.0),
            ..y
        };
        let mut panel = Panel::new(area, x, y);
        panel.vertical(0.0, Stroke::solid(ink::GREY, 0.6));
        for (index, row) in rows.iter().enumerate() {
            let Some(one) = of_row(row) else { continue };
            draw_effect(&mut panel, index as f64 + 0.5, one, &parts);
        }
        let title = two_lines(&label.words);
        for (line, text) in title.iter().enumerate() {
            let place = (area.left + area.width / 2.0, 14.0 + 8.5 * line as f64);
            let text = elided(text, SIZE::TICK, area.width + 10.0);
            canvas.add(words(
                text,
                place,
                SIZE::TICK,
                Anchor::Middle,
                Weight::Bold,
                ink::BLACK,
            ));
        }
        panel.draw(&mut canvas);
    }
    let caption = format!(
        "Difference of each experiment from its reference: retrained networks from the canonical ones, what was \
         removed afterwards from the same intact models. Bars: bootstrap 95 % interval of the experiment's own mean \
         around the difference. Filled: false discovery rate below {DISCOVERY_RATE}; open: not told from chance with \
         this number of models."
    );
    let name = Name {
        id: "effects",
        name: "Effects",
        title: "Effect of every ablation and edit",
        published: false,
    };
    Ok(vec![name.figure(canvas, caption)])
}

/// The interval of the mean, moved to the difference.
fn interval(one: &Quantity) -> (f64, f64) {
    let difference = one
        .effect
        .as_ref()
        .map_or(f64::NAN, |effect| effect.difference);
    one.interval
        .map_or((difference, difference), |[low, high]| {
            (difference + low - one.mean, difference + high - one.mean)
        })
}

fn draw_effect(panel: &mut Panel, row: f64, one: &Quantity, parts: &Parts) {
    let Some(effect) = &one.effect else { return };
    let significant = effect.q < DISCOVERY_RATE;
    let colour = if significant { ink::BLUE } else { ink::GREY };
    let (low, high) = interval(one);
    let y = panel.y(row);
    let place = (panel.x(effect.difference), y);
    let mut marks = vec![
        line(
            (panel.x(low), y),
            (panel.x(high), y),
            Stroke::solid(colour, 1.1),
        ),
        Shape::Disc.at(place, 2.6, colour),
    ];
    if !significant {
        marks.push(Shape::Disc.at(place, 1.5, ink::WHITE));
    }
    let label = parts.label(&one.figure);
    let size = effect
        .size
        .map_or_else(String::new, |size| format!(", size {size:.2}"));
    let text = format!(
        "{}: {} {} against {} of {}: difference {}{size}, p {:.4}, q {:.4}",
        row_name(&one.family, &one.measurement),
        label.words,
        label.value(one.mean),
        label.value(effect.reference_mean),
        in_words(&effect.reference),
        label.value(effect.difference),
        effect.p,
        effect.q
    );
    panel.add(hover(group(marks), Some(effect.difference), text));
}

/// "canonical, without APL" of what was removed afterwards, or the experiment.
fn row_name(family: &str, measurement: &str) -> String {
    let own = in_words(family.split('/').next_back().unwrap_or(family));
    match measurement.split_once("_without_") {
        Some((_, removed)) => format!(
            "{own}, then without {}",
            in_words(removed)
                .replace("Gap", "gap")
                .replace("Dep", "dep")
        ),
        None => own,
    }
}

fn two_lines(text: &str) -> Vec<String> {
    let middle = text.len() / 2;
    let cut = text
        .match_indices(' ')
        .map(|(at, _)| at)
        .min_by_key(|&at| at.abs_diff(middle));
    match cut {
        Some(at) if text.len() > 14 => vec![text[..at].to_owned(), text[at + 1..].to_owned()],
        _ => vec![String::new(), text.to_owned()],
    }
}
