//! Figures 2 and S1, and the odour trees: how alike odours are at three stations of the pathway
//! (spec/experiments.md section 5).

use kenyon_analysis::Linkage;
use kenyon_analysis::protocol::{SimilarityMap, SimilarityMaps};
use kenyon_study::CANONICAL;

use super::{Figure, Name, WIDE, models_of, odour_ticks};
use crate::plot::{
    Anchor, Area, Axis, Canvas, Colour, ColourMap, Panel, SIZE, Scale, Stroke, Tick, Weight,
    colour_bar, elided, hover, ink, nice_ticks, number, path, words,
};
use crate::population::{CODING, RECEPTORS, RELAY};
use crate::{ReportError, Results};

/// Ends of the colour scale of Figure 2.
const COSINES: (f64, f64) = (-0.2, 1.0);

pub fn draw(results: &Results) -> Result<Vec<Figure>, ReportError> {
    let Some(across) = results.across(CANONICAL)? else {
        return Ok(Vec::new());
    };
    let maps = &across.maps;
    Ok(vec![
        core(results, maps),
        heat(results, maps),
        trees(results, maps),
    ])
}

/// Odour names; those of the maps, which are those of their models.
fn name_of(maps: &SimilarityMaps, row: usize) -> &str {
    maps.odours.get(row).map_or("?", String::as_str)
}

/// Figure 2: three matrices on one scale.
fn core(results: &Results, maps: &SimilarityMaps) -> Figure {
    let odours = maps.odours.len();
    let mut canvas = Canvas::new(WIDE, 182.0);
    let areas = Area::new(36.0, 22.0, WIDE - 92.0, 130.0).grid(3, 1, (18.0, 0.0));
    let shade = |cosine: f64| (cosine - COSINES.0) / (COSINES.1 - COSINES.0);
    let stations: [(&str, &SimilarityMap); 3] = [
        ("OR Similarity", &maps.receptors),
        ("PN Similarity", &maps.relay),
        ("KC Similarity", &maps.coding),
    ];
    for (index, ((title, map), area)) in stations.into_iter().zip(areas.clone()).enumerate() {
        let scale = Scale::linear(0.0, odours as f64);
        let axis = |label: &str| {
            Axis::new(scale, label)
                .with_ticks(odour_ticks(odours))
                .without_line()
        };
        let y = axis(if index == 0 { "Odor" } else { "" }).reversed();
        let letter = char::from(b'A' + index as u8);
        let mut panel = Panel::new(area, axis("Odor"), y)
            .titled(title)
            .lettered(letter);
        panel.cells(
            &map.cosines,
            ColourMap::BlueToRed,
            shade,
            |row, column, cosine| {
                format!(
                    "{} and {}: {}",
                    name_of(maps, row),
                    name_of(maps, column),
                    number(cosine)
                )
            },
        );
        panel.draw(&mut canvas);
    }
    let last = areas.last().copied().unwrap_or(canvas.area());
    let bar = Area::new(last.right() + 12.0, last.top, 8.0, last.height);
    let ticks = nice_ticks(COSINES.0, COSINES.1, 6);
    colour_bar(
        &mut canvas,
        bar,
        ColourMap::BlueToRed,
        COSINES,
        shade,
        &ticks,
        "Cosine Similarity",
    );
    let mean = |map: &SimilarityMap| {
        let cosines = map.cosines.iter().enumerate();
        let above = cosines.flat_map(|(row, values)| values.iter().skip(row + 1));
        super::spread(above.copied()).0
    };
    let caption = format!(
        "Cosine between trial-mean patterns of all pairs of {odours} odours, mean of the matrices of {}; 20 noisy trials per odour. A: \
         receptor input (mean off the diagonal {}). B: projection neurons ({}). C: Kenyon cells ({}). Red: alike.",
        models_of(results, CANONICAL),
        number(mean(&maps.receptors)),
        number(mean(&maps.relay)),
        number(mean(&maps.coding))
    );
    let name = Name {
        id: "2_core",
        name: "Figure 2",
        title: "Odours become less alike from receptors to Kenyon cells",
        published: true,
    };
    name.figure(canvas, caption)
}

/// Figure S1: the code of one model.
fn heat(results: &Results, maps: &SimilarityMaps) -> Figure {
    let odours = maps.coding_counts.len();
    let neurons = maps.coding_counts.first().map_or(0, Vec::len);
    let most = maps
        .coding_counts
        .iter()
        .flatten()
        .copied()
        .fold(0.0, f64::max)
        .max(1e-9);
    let mut canvas = Canvas::new(WIDE, 196.0);
    let area = Area::new(36.0, 10.0, WIDE - 96.0, 150.0);
    let scale = Scale::linear(0.0, neurons as f64);
    let ticks = nice_ticks(0.0, neurons as f64, 7);
    let x = Axis::new(scale, "KC Index")
        .with_ticks(ticks)
        .without_line();
    let y = Axis::new(Scale::linear(0.0, odours as f64), "Odor")
        .with_ticks(odour_ticks(odours))
        .without_line()
        .reversed();
    let mut panel = Panel::new(area, x, y);
    let shade = |count: f64| (count / most).max(0.0).sqrt();
    panel.cells(
        &maps.coding_counts,
        ColourMap::Viridis,
        shade,
        |row, neuron, count| {
            format!(
                "{}, KC {neuron}: {} spikes",
                name_of(maps, row),
                number(count)
            )
        },
    );
    panel.draw(&mut canvas);
    let ticks: Vec<Tick> = [0.0, 0.5, 1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .filter(|tick| *tick <= most)
        .map(|tick| Tick::new(tick, number(tick)))
        .collect();
    let bar = Area::new(area.right() + 12.0, area.top, 8.0, area.height);
    colour_bar(
        &mut canvas,
        bar,
        ColourMap::Viridis,
        (0.0, most),
        shade,
        &ticks,
        "Mean Spike Count",
    );
    let seed = results.runs_of(CANONICAL).next().map_or(0, |run| run.seed);
    let caption = format!(
        "Mean spikes of every Kenyon cell in 20 trials of every odour, model of seed {seed}; the colour scale goes with the \
         square root."
    );
    let name = Name {
        id: "S1_kc_heat",
        name: "Figure S1",
        title: "The Kenyon cell code",
        published: true,
    };
    name.figure(canvas, caption)
}

/// Odours clustered by their similarity at each station.
fn trees(results: &Results, maps: &SimilarityMaps) -> Figure {
    let odours = maps.odours.len();
    let height = 8.4 * odours as f64;
    let mut canvas = Canvas::new(WIDE, height + 56.0);
    let stations: [(&str, &SimilarityMap, Colour); 3] = [
        ("Receptors", &maps.receptors, RECEPTORS),
        ("Projection neurons", &maps.relay, RELAY),
        ("Kenyon cells", &maps.coding, CODING),
    ];
    let farthest = stations
        .iter()
        .flat_map(|(_, map, _)| map.linkage.merges.iter().map(|merge| merge.2))
        .fold(0.0, f64::max);
    let areas = Area::new(8.0, 22.0, WIDE - 16.0, height).grid(3, 1, (8.0, 0.0));
    for (index, ((title, map, colour), area)) in stations.into_iter().zip(areas).enumerate() {
        let inner = area.inset(0.0, 0.0, 84.0, 0.0);
        let scale = Scale::linear(1.03 * farthest.max(1e-9), 0.0);
        let mut x = Axis::new(scale, "1 − cosine");
        x.ticks = nice_ticks(0.0, farthest, 3);
        let y = Axis::bands::<&str>(&[], "").without_line();
        let y = Axis {
            scale: Scale::linear(odours as f64, 0.0),
            ..y
        };
        let letter = char::from(b'A' + index as u8);
        let mut panel = Panel::new(inner, x, y).titled(title).lettered(letter);
        tree(&mut panel, maps, &map.linkage, colour);
        panel.draw(&mut canvas);
    }
    let caption = format!(
        "Average-linkage trees of the odours by one minus the cosine of their trial-mean patterns (as in Figure 2, {}), on one \
         scale: the farther left a branch, the more different its odours. A: receptor input. B: projection neurons. C: \
         Kenyon cells.",
        models_of(results, CANONICAL)
    );
    let name = Name {
        id: "odour_trees",
        name: "Odour trees",
        title: "Odour similarity trees",
        published: false,
    };
    name.figure(canvas, caption)
}

fn tree(panel: &mut Panel, maps: &SimilarityMaps, linkage: &Linkage, colour: Colour) {
    let items = maps.odours.len();
    // Height and depth of every cluster: items first, then merges.
    let mut nodes: Vec<(f64, f64)> = vec![(0.0, 0.0); items];
    for (place, &leaf) in linkage.leaves.iter().enumerate() {
        if let Some(node) = nodes.get_mut(leaf) {
            node.0 = place as f64 + 0.5;
        }
        let at = (
            panel.area.right() + 3.0,
            panel.y(place as f64 + 0.5) + 0.36 * SIZE::TICK,
        );
        let name = elided(name_of(maps, leaf), SIZE::TICK, 80.0);
        panel.add(words(
            name,
            at,
            SIZE::TICK,
            Anchor::Start,
            Weight::Regular,
            ink::BLACK,
        ));
    }
    for merge in &linkage.merges {
        let (Some(&a), Some(&b)) = (nodes.get(merge.0), nodes.get(merge.1)) else {
            return;
        };
        let x = panel.x(merge.2);
        let corners = [
            (panel.x(a.1), panel.y(a.0)),
            (x, panel.y(a.0)),
            (x, panel.y(b.0)),
            (panel.x(b.1), panel.y(b.0)),
        ];
        let branch = path(corners, Stroke::solid(colour, 1.0));
        panel.add(hover(
            branch,
            Some(merge.2),
            format!("merged at distance {}", number(merge.2)),
        ));
        nodes.push(((a.0 + b.0) / 2.0, merge.2));
    }
}
