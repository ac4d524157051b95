//! Figure S2: which odours are taken for which (spec/experiments.md section 2.11).

use kenyon_study::CANONICAL;

use super::{Figure, Name, models_of};
use crate::plot::{
    Anchor, Area, Axis, Canvas, ColourMap, Panel, SIZE, Scale, Stroke, Weight, colour_bar, elided,
    ink, line, nice_ticks, number, upright, words,
};
use crate::{ReportError, Results};

/// Chemical families of the panel of Kreher et al., as rows of its table.
const FAMILIES: [(&str, &[usize]); 8] = [
    ("blank", &[0]),
    ("acid", &[1]),
    ("aldehydes", &[4, 9]),
    ("ketones", &[3, 5, 6, 7, 10]),
    ("aromatics", &[11, 12, 13, 14]),
    ("alcohols", &[15, 16, 17, 18, 19, 20]),
    ("esters", &[2, 8, 21, 22, 23, 24, 25, 26]),
    ("CO₂", &[27]),
];
/// Odours of that panel.
const PANEL: usize = 28;

pub fn draw(results: &Results) -> Result<Vec<Figure>, ReportError> {
    let Some(across) = results.across(CANONICAL)? else {
        return Ok(Vec::new());
    };
    let shares = &across.confusion.probabilities;
    let odours = &results.description.odours;
    if shares.len() != odours.len() {
        return Ok(Vec::new());
    }
    // Families are those of one panel; others stay in their order.
    let families: Vec<(&str, Vec<usize>)> = if odours.len() == PANEL {
        FAMILIES
            .iter()
            .map(|(name, rows)| (*name, rows.to_vec()))
            .collect()
    } else {
        vec![("", (0..odours.len()).collect())]
    };
    let order: Vec<usize> = families.iter().flat_map(|(_, rows)| rows.clone()).collect();
    let sorted: Vec<Vec<f64>> = order
        .iter()
        .map(|&row| order.iter().map(|&column| shares[row][column]).collect())
        .collect();
    let names: Vec<String> = order
        .iter()
        .map(|&row| elided(&odours[row], SIZE::TICK, 92.0))
        .collect();

    let mut canvas = Canvas::new(440.0, 436.0);
    let area = Area::new(112.0, 22.0, 252.0, 300.0);
    let x = Axis::bands::<&str>(&[], "");
    let x = Axis {
        scale: Scale::linear(0.0, order.len() as f64),
        ..x
    };
    let y = Axis::bands(&names, "True odour").reversed();
    let mut panel =
        Panel::new(area, x.without_line(), y.without_line()).titled("P(decoded | true)");
    panel.cells(
        &sorted,
        ColourMap::Viridis,
        |share| share,
        |row, column, share| {
            format!(
                "{} taken for {}: {} %",
                odours[order[row]],
                odours[order[column]],
                number(100.0 * share)
            )
        },
    );
    // Separators between families.
    let mut edge = 0.0;
    for (_, rows) in &families {
        edge += rows.len() as f64;
        if edge < order.len() as f64 {
            panel.horizontal(edge, Stroke::solid(ink::WHITE, 1.2));
            panel.vertical(edge, Stroke::solid(ink::WHITE, 1.2));
        }
    }
    let places: Vec<(f64, &String)> = names
        .iter()
        .enumerate()
        .map(|(column, name)| (panel.x(column as f64 + 0.5), name))
        .collect();
    let family_places: Vec<(f64, f64, &str)> = families
        .iter()
        .scan(0.0, |edge, (name, rows)| {
            let from = *edge;
            *edge += rows.len() as f64;
            Some((panel.y(from), panel.y(*edge), *name))
        })
        .collect();
    panel.draw(&mut canvas);
    for (x, name) in places {
        let place = (x + 0.36 * SIZE::TICK, area.bottom() + 4.0);
        canvas.add(upright(name.as_str(), place, SIZE::TICK, Anchor::End));
    }
    let below = (area.left + area.width / 2.0, area.bottom() + 104.0);
    canvas.add(words(
        "Decoded odour",
        below,
        SIZE::LABEL,
        Anchor::Middle,
        Weight::Regular,
        ink::BLACK,
    ));
    for (top, bottom, name) in family_places {
        let x = area.right() + 3.0;
        canvas.add(line(
            (x, top + 1.0),
            (x, bottom - 1.0),
            Stroke::solid(ink::GREY, 0.8),
        ));
        let place = (x + 3.0, (top + bottom) / 2.0 + 0.36 * SIZE::TICK);
        canvas.add(words(
            name,
            place,
            SIZE::TICK,
            Anchor::Start,
            Weight::Regular,
            ink::BLACK,
        ));
    }
    let bar = Area::new(area.right() + 44.0, area.bottom() + 8.0, 8.0, 84.0);
    colour_bar(
        &mut canvas,
        bar,
        ColourMap::Viridis,
        (0.0, 1.0),
        |share| share,
        &nice_ticks(0.0, 1.0, 4),
        "Share of trials",
    );
    let trials: usize = across
        .confusion
        .counts
        .first()
        .map_or(0, |row| row.iter().sum());
    let caption = format!(
        "Rows: odour that was given; columns: odour that the decoder chose; colour: share of the {trials} noisy \
         trials of the row, pooled over {}. Odours are ordered by chemical family (white lines). Mean of the \
         diagonal: {}.",
        models_of(results, CANONICAL),
        number(across.confusion.mean_diagonal)
    );
    let name = Name {
        id: "S2_confusion_matrix",
        name: "Figure S2",
        title: "Confusion matrix",
        published: true,
    };
    Ok(vec![name.figure(canvas, caption)])
}
