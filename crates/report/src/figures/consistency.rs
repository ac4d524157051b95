//! Figure S3: how alike the KC patterns of one odour are from trial to trial (spec/experiments.md
//! section 2.11).

use kenyon_study::CANONICAL;

use super::{Figure, Name, models_of};
use crate::plot::{
    Area, Axis, Canvas, Panel, SIZE, Scale, Stroke, elided, hover, ink, nice_ticks, number,
};
use crate::population::CODING;
use crate::{ReportError, Results};

pub fn draw(results: &Results) -> Result<Vec<Figure>, ReportError> {
    let Some(across) = results.across(CANONICAL)? else {
        return Ok(Vec::new());
    };
    let odours = &results.description.odours;
    let consistency = &across.consistency;
    let mut order: Vec<usize> = (0..consistency.per_odour.len().min(odours.len())).collect();
    order.sort_by(|&a, &b| {
        consistency.per_odour[b]
            .mean
            .total_cmp(&consistency.per_odour[a].mean)
    });
    let names: Vec<String> = order
        .iter()
        .map(|&row| elided(&odours[row], SIZE::TICK, 110.0))
        .collect();
    let height = 9.5 * order.len() as f64;
    let mut canvas = Canvas::new(330.0, height + 48.0);
    let area = Area::new(128.0, 10.0, 190.0, height);
    let x = Axis::new(
        Scale::linear(0.0, 1.0),
        "Cosine between trials of one odour",
    )
    .with_ticks(nice_ticks(0.0, 1.0, 5));
    let y = Axis::bands(&names, "").reversed();
    let mut panel = Panel::new(area, x, y);
    for (place, &row) in order.iter().enumerate() {
        let value = consistency.per_odour[row];
        let centre = place as f64 + 0.5;
        let bar = panel.rectangle(
            (0.0, value.mean),
            (centre - 0.36, centre + 0.36),
            CODING.lighter(0.35),
        );
        let text = format!(
            "{}: {} ± {}",
            odours[row],
            number(value.mean),
            number(value.deviation)
        );
        panel.add(hover(bar, Some(value.mean), text));
        let ends = [value.mean - value.deviation, value.mean + value.deviation];
        panel.line(
            ends.map(|end| (end, centre)),
            Stroke::solid(ink::BLACK, 0.9),
        );
    }
    panel.vertical(consistency.mean, Stroke::dashed(ink::GREY, 0.8));
    panel.draw(&mut canvas);
    let caption = format!(
        "Mean cosine between the KC patterns of pairs of trials of the same odour, sorted; dashed line: mean over odours \
         ({}). Bars: mean over {}; error bars: standard deviation over seeds.",
        number(consistency.mean),
        models_of(results, CANONICAL)
    );
    let name = Name {
        id: "S3_within_odor_consistency",
        name: "Figure S3",
        title: "Consistency within an odour",
        published: true,
    };
    Ok(vec![name.figure(canvas, caption)])
}
