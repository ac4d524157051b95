//! Figure 1: the circuit as the circuit file says it, with what the connectome makes of it.

use std::collections::BTreeMap;
use svg::Node;

use kenyon_study::{NetworkDescription, PathwayDescription};
use svg::node::element::{Path, path::Data};

use super::{Figure, Name, WIDE, neurons_in_words};
use crate::parts::Parts;
use crate::plot::{
    Anchor, Canvas, Colour, Mark, SIZE, Stroke, Weight, circle, elided, group, hover, ink, line,
    polygon, rectangle, words,
};
use crate::population::colour_of;
use crate::{ReportError, Results};

const BOX: (f64, f64) = (62.0, 40.0);
const TOP: f64 = 34.0;
const ROW_PT: f64 = 9.5;
const EXCITATORY: Colour = ink::BLUE;
const INHIBITORY: Colour = ink::VERMILION;
const OTHER: Colour = ink::GREY;

/// Pathways between the same populations with the same sign, drawn as one arrow.
struct Connection {
    source: usize,
    target: usize,
    kind: Kind,
    text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Excitatory,
    Inhibitory,
    Graded,
    Gap,
}

impl Kind {
    const fn colour(self) -> Colour {
        match self {
            Self::Excitatory => EXCITATORY,
            Self::Inhibitory => INHIBITORY,
            Self::Graded | Self::Gap => OTHER,
        }
    }
}

pub fn draw(results: &Results) -> Result<Vec<Figure>, ReportError> {
    let network = &results.description.network;
    if network.populations.is_empty() {
        return Ok(Vec::new());
    }
    let connections = connections(network);
    let parts = Parts::of(results);
    let places = places(network, &parts.readout);
    let lowest = places.iter().map(|place| place.1).fold(0.0, f64::max) + BOX.1 / 2.0;
    // The decoder's words hang below the readout population.
    let readout = (network.populations.iter()).position(|it| it.name == parts.readout);
    let hanging = readout.map_or(0.0, |it| places[it].1 + BOX.1 / 2.0 + 52.0);
    let table_top = (lowest + 30.0).max(hanging);
    let per_column = connections.len().div_ceil(2);
    let mut canvas = Canvas::new(WIDE, table_top + ROW_PT * per_column as f64 + 26.0);
    let mut used: BTreeMap<(usize, usize), usize> = BTreeMap::new();
    for (index, connection) in connections.iter().enumerate() {
        let ends = (connection.source, connection.target);
        let rank = used.entry(ends).or_default();
        let (mark, at) = arrow(places[ends.0], places[ends.1], *rank, connection.kind);
        *rank += 1;
        canvas.add(hover(mark, None, connection.text.clone()));
        canvas.add(badge(at, index + 1, connection.kind));
    }
    for (index, (population, place)) in network.populations.iter().zip(&places).enumerate() {
        let model = population_model(network, index);
        let colour = colour_of(&population.name, index);
        draw_box(
            &mut canvas,
            *place,
            colour,
            &population.name,
            &neurons_in_words(population.neurons),
            &model,
        );
    }
    terminals(&mut canvas, results, &parts.readout, &places);
    for (index, connection) in connections.iter().enumerate() {
        let column = index / per_column.max(1);
        let (left, y) = (
            14.0 + 252.0 * column as f64,
            table_top + ROW_PT * (index % per_column.max(1)) as f64,
        );
        canvas.add(badge((left, y - 2.4), index + 1, connection.kind));
        let text = elided(&connection.text, SIZE::TICK, 234.0);
        canvas.add(words(
            text,
            (left + 9.0, y),
            SIZE::TICK,
            Anchor::Start,
            Weight::Regular,
            ink::BLACK,
        ));
    }
    let y = table_top + ROW_PT * per_column as f64 + 12.0;
    let legend = [
        (EXCITATORY, "excitatory"),
        (INHIBITORY, "inhibitory"),
        (OTHER, "graded, or gap junction (dashed)"),
    ];
    let mut x = 10.0;
    for (colour, text) in legend {
        canvas.add(line(
            (x, y - 2.4),
            (x + 14.0, y - 2.4),
            Stroke::solid(colour, 1.4),
        ));
        canvas.add(words(
            text,
            (x + 18.0, y),
            SIZE::TICK,
            Anchor::Start,
            Weight::Regular,
            ink::BLACK,
        ));
        x += 30.0 + crate::plot::width_pt(text, SIZE::TICK, Weight::Regular);
    }
    let edges: usize = network.pathways.iter().map(|it| it.edges).sum();
    let contacts: u64 = network.pathways.iter().map(|it| it.contacts).sum();
    let neurons: usize = network.populations.iter().map(|it| it.neurons).sum();
    let groups: Vec<String> = network
        .groups
        .iter()
        .map(|it| {
            format!(
                "{} of {} {} are \"{}\"",
                it.members, it.neurons, it.population, it.name
            )
        })
        .collect();
    let caption = format!(
        "{}: {neurons} neurons, {edges} edges with {contacts} contacts in {} pathways, {} sets of gap junctions. An \
         arrow stands for all pathways of one sign between two populations; AD: axon to dendrite, AA: axon to axon, \
         and so on. {}",
        network.circuit,
        network.pathways.len(),
        network.gap_junctions.len(),
        if groups.is_empty() {
            String::new()
        } else {
            format!("{}.", groups.join("; "))
        }
    );
    let name = Name {
        id: "1_circuit",
        name: if parts.published {
            "Figure 1"
        } else {
            "Circuit"
        },
        title: "The circuit",
        published: parts.published,
    };
    Ok(vec![name.figure(canvas, caption)])
}

fn population_model(network: &NetworkDescription, index: usize) -> String {
    let model = serde_json::to_value(network.populations[index].model).ok();
    let name = model
        .as_ref()
        .and_then(serde_json::Value::as_str)
        .unwrap_or_default();
    match name {
        "leaky_integrate_and_fire" => "leaky integrate-and-fire".to_owned(),
        other => other.replace('_', "-"),
    }
}

/// Centres of the populations: in columns by how many synapses they are away from the first.
/// The decoder hangs below the readout population, which is the last of its column therefore.
fn places(network: &NetworkDescription, readout: &str) -> Vec<(f64, f64)> {
    let count = network.populations.len();
    let position = |name: &str| network.populations.iter().position(|it| it.name == name);
    let mut column: Vec<Option<usize>> = vec![None; count];
    column[0] = Some(0);
    for distance in 0..count {
        let from: Vec<usize> = (0..count)
            .filter(|&it| column[it] == Some(distance))
            .collect();
        for pathway in &network.pathways {
            if let (Some(source), Some(target)) =
                (position(&pathway.source), position(&pathway.target))
                && from.contains(&source)
                && column[target].is_none()
            {
                column[target] = Some(distance + 1);
            }
        }
    }
    let last = column.iter().flatten().copied().max().unwrap_or(0);
    let columns: Vec<usize> = column.iter().map(|it| it.unwrap_or(last + 1)).collect();
    let columns_used = columns.iter().copied().max().unwrap_or(0) + 1;
    let tallest = (0..columns_used)
        .map(|it| columns.iter().filter(|&&column| column == it).count())
        .max()
        .unwrap_or(1);
    let step = (WIDE - 150.0) / (columns_used.max(2) - 1) as f64;
    let height = 92.0 * (tallest - 1) as f64;
    (0..count)
        .map(|population| {
            let column = columns[population];
            let mut same: Vec<usize> = (0..count).filter(|&it| columns[it] == column).collect();
            same.sort_by_key(|&it| network.populations[it].name == readout);
            let rank = same.iter().position(|&it| it == population).unwrap_or(0) as f64;
            let spacing = if same.len() > 1 {
                height / (same.len() - 1) as f64
            } else {
                0.0
            };
            let offset = if same.len() > 1 {
                rank * spacing
            } else {
                height / 2.0
            };
            (104.0 + step * column as f64, TOP + BOX.1 / 2.0 + offset)
        })
        .collect()
}

/// Pathways and gap junctions, summed by populations and sign.
fn connections(network: &NetworkDescription) -> Vec<Connection> {
    let position = |name: &str| network.populations.iter().position(|it| it.name == name);
    let mut groups: BTreeMap<(usize, usize, Kind), Vec<&PathwayDescription>> = BTreeMap::new();
    for pathway in &network.pathways {
        let (Some(source), Some(target)) = (position(&pathway.source), position(&pathway.target))
        else {
            continue;
        };
        let kind = match (pathway.kind.as_str(), pathway.sign.as_deref()) {
            ("shunting", _) | (_, Some("inhibitory")) => Kind::Inhibitory,
            ("chemical", _) => Kind::Excitatory,
            _ => Kind::Graded,
        };
        groups
            .entry((source, target, kind))
            .or_default()
            .push(pathway);
    }
    let mut all: Vec<Connection> = groups
        .into_iter()
        .map(|((source, target, kind), pathways)| {
            let edges: usize = pathways.iter().map(|it| it.edges).sum();
            let contacts: u64 = pathways.iter().map(|it| it.contacts).sum();
            let mut compartments: Vec<&str> = Vec::new();
            for name in pathways.iter().flat_map(|it| &it.compartments) {
                if !compartments.contains(&name.as_str()) {
                    compartments.push(name);
                }
            }
            let depression = if pathways.iter().any(|it| it.depression) {
                ", depressing"
            } else {
                ""
            };
            let word = match kind {
                Kind::Excitatory => "excitatory",
                Kind::Inhibitory => "inhibitory",
                Kind::Graded | Kind::Gap => "graded",
            };
            Connection {
                source,
                target,
                kind,
                text: format!(
                    "{} → {}: {edges} edges, {contacts} contacts, {word} ({}{depression})",
                    pathways[0].source,
                    pathways[0].target,
                    compartments.join(", ").to_uppercase(),
                ),
            }
        })
        .collect();
    for gap in &network.gap_junctions {
        let [a, b] = &gap.between;
        if let (Some(source), Some(target)) = (position(a), position(b)) {
            all.push(Connection {
                source,
                target,
                kind: Kind::Gap,
                text: format!(
                    "{a} – {b}: {} gap junctions ({})",
                    gap.pairs,
                    gap.rule.replace('_', " ")
                ),
            });
        }
    }
    all
}

fn draw_box(
    canvas: &mut Canvas,
    (x, y): (f64, f64),
    colour: Colour,
    name: &str,
    neurons: &str,
    model: &str,
) {
    let mut frame = rectangle(
        x - BOX.0 / 2.0,
        y - BOX.1 / 2.0,
        BOX.0,
        BOX.1,
        colour.lighter(0.88),
    );
    frame.assign("stroke", colour);
    frame.assign("stroke-width", 1.2);
    frame.assign("rx", 5.0);
    canvas.add(hover(frame, None, format!("{name}: {neurons}, {model}")));
    canvas.add(words(
        name,
        (x, y - 5.0),
        SIZE::LETTER,
        Anchor::Middle,
        Weight::Bold,
        colour,
    ));
    canvas.add(words(
        neurons,
        (x, y + 5.0),
        SIZE::TICK,
        Anchor::Middle,
        Weight::Regular,
        ink::BLACK,
    ));
    let model = elided(model, 5.2, BOX.0 - 3.0);
    canvas.add(words(
        model,
        (x, y + 13.5),
        5.2,
        Anchor::Middle,
        Weight::Regular,
        ink::BLACK,
    ));
}

/// Receptors before the first population, the decoder behind the readout.
fn terminals(canvas: &mut Canvas, results: &Results, readout: &str, places: &[(f64, f64)]) {
    let network = &results.description.network;
    let Some(first) = places.first() else { return };
    let gains = network.parameters.iter().find(|it| it.name == "input.gain");
    let receptors = gains.map_or_else(
        || "receptors".to_owned(),
        |it| format!("{} receptors", it.values),
    );
    let from = (first.0 - BOX.0 / 2.0 - 26.0, first.1);
    let to = (first.0 - BOX.0 / 2.0 - 1.0, first.1);
    canvas.add(arrow_head(from, to, EXCITATORY));
    canvas.add(words(
        receptors,
        (to.0 - 3.0, from.1 - 5.0),
        SIZE::TICK,
        Anchor::End,
        Weight::Regular,
        ink::BLACK,
    ));
    let coding = (network.populations.iter()).position(|it| it.name == readout);
    let Some(place) = coding.and_then(|it| places.get(it)) else {
        return;
    };
    let from = (place.0, place.1 + BOX.1 / 2.0 + 1.0);
    let to = (place.0, from.1 + 26.0);
    canvas.add(arrow_head(from, to, OTHER));
    let classes = results.description.classes().len();
    let decoder = match &results.description.task {
        Some(_) => format!("decoder: {classes} classes"),
        None => format!("decoder: {classes} odours"),
    };
    canvas.add(words(
        decoder,
        (to.0, to.1 + 8.0),
        SIZE::TICK,
        Anchor::Middle,
        Weight::Regular,
        ink::BLACK,
    ));
}

/// A straight arrow.
fn arrow_head(from: (f64, f64), to: (f64, f64), colour: Colour) -> Mark {
    group([
        line(from, to, Stroke::solid(colour, 1.2)),
        head(from, to, Kind::Excitatory, colour),
    ])
}

/// The end of an arrow that comes from `from`: a point, or a bar of inhibitory ones.
fn head(from: (f64, f64), to: (f64, f64), kind: Kind, colour: Colour) -> Mark {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let length = dx.hypot(dy).max(1e-9);
    let (ux, uy) = (dx / length, dy / length);
    match kind {
        Kind::Inhibitory => line(
            (to.0 - 3.4 * uy, to.1 + 3.4 * ux),
            (to.0 + 3.4 * uy, to.1 - 3.4 * ux),
            Stroke::solid(colour, 1.8),
        ),
        Kind::Gap => group([]),
        Kind::Excitatory | Kind::Graded => {
            let foot = (to.0 - 5.5 * ux, to.1 - 5.5 * uy);
            polygon(
                &[
                    to,
                    (foot.0 - 2.6 * uy, foot.1 + 2.6 * ux),
                    (foot.0 + 2.6 * uy, foot.1 - 2.6 * ux),
                ],
                colour,
            )
        }
    }
}

/// A curved arrow and where its number goes. Arrows in opposite directions bend to opposite sides, and
/// further ones between the same two boxes bend more.
fn arrow(from: (f64, f64), to: (f64, f64), rank: usize, kind: Kind) -> (Mark, (f64, f64)) {
    let colour = kind.colour();
    let stroke = |data: Data| -> Mark {
        let mut path: Mark = Path::new().set("d", data).set("fill", "none").into();
        path.assign("stroke", colour);
        path.assign("stroke-width", 1.2);
        if kind == Kind::Gap {
            path.assign("stroke-dasharray", "3 2");
        }
        path
    };
    if from == to {
        // A loop above the box, further ones beside it.
        let side = [-17.0, 17.0, 0.0][rank % 3];
        let (x, y) = (from.0 + side, from.1 - BOX.1 / 2.0);
        let (a, b) = ((x - 6.0, y), (x + 6.0, y));
        let data = Data::new().move_to(a).cubic_curve_to((
            x - 14.0,
            y - 22.0,
            x + 14.0,
            y - 22.0,
            b.0,
            b.1 - 1.0,
        ));
        let end = head((x + 9.0, y - 10.0), (b.0, b.1 - 1.0), kind, colour);
        return (group([stroke(data), end]), (x, y - 16.5));
    }
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let length = dx.hypot(dy);
    let normal = (dy / length, -dx / length);
    let bend = if kind == Kind::Gap {
        0.0
    } else {
        9.0 + 13.0 * rank as f64
    };
    let shift = |point: (f64, f64), by: f64| (point.0 + normal.0 * by, point.1 + normal.1 * by);
    let start = leave(
        from,
        shift(to, 0.6 * bend),
        1.0,
        shift((0.0, 0.0), 0.5 * bend),
    );
    let end = leave(
        to,
        shift(from, 0.6 * bend),
        2.0,
        shift((0.0, 0.0), 0.5 * bend),
    );
    let middle = shift(((start.0 + end.0) / 2.0, (start.1 + end.1) / 2.0), bend);
    let data = Data::new()
        .move_to(start)
        .quadratic_curve_to((middle.0, middle.1, end.0, end.1));
    let at = (
        0.25 * start.0 + 0.5 * middle.0 + 0.25 * end.0,
        0.25 * start.1 + 0.5 * middle.1 + 0.25 * end.1,
    );
    (group([stroke(data), head(middle, end, kind, colour)]), at)
}

/// Where a line from the centre of a box towards a point leaves the box, moved sideways by `aside`.
fn leave(centre: (f64, f64), towards: (f64, f64), gap: f64, aside: (f64, f64)) -> (f64, f64) {
    let (dx, dy) = (towards.0 - centre.0, towards.1 - centre.1);
    let (half_width, half_height) = (BOX.0 / 2.0 + gap, BOX.1 / 2.0 + gap);
    let share = (half_width / dx.abs().max(1e-9)).min(half_height / dy.abs().max(1e-9));
    let (mut x, mut y) = (centre.0 + share * dx, centre.1 + share * dy);
    // Along the edge that is left, so that arrows of both directions do not meet.
    if half_width / dx.abs().max(1e-9) < half_height / dy.abs().max(1e-9) {
        y = (y + aside.1).clamp(centre.1 - half_height + 4.0, centre.1 + half_height - 4.0);
    } else {
        x = (x + aside.0).clamp(centre.0 - half_width + 4.0, centre.0 + half_width - 4.0);
    }
    (x, y)
}

/// A number in a disc.
fn badge((x, y): (f64, f64), number: usize, kind: Kind) -> Mark {
    let text = words(
        number.to_string(),
        (x, y + 2.1),
        5.8,
        Anchor::Middle,
        Weight::Bold,
        ink::WHITE,
    );
    group([circle((x, y), 4.4, kind.colour()), text])
}
