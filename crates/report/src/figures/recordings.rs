//! Single trials: spikes, potentials, currents and vesicle pools over time.

use kenyon_analysis::recording::{PathwayRecording, PopulationRecording, Recording};
use kenyon_study::{CANONICAL, Detail};
use svg::node::element::{Path, path::Data};

use super::{Figure, WIDE, neurons_in_words};
use crate::plot::{
    Anchor, Area, Axis, Canvas, Colour, Mark, Panel, SIZE, Scale, Stroke, Weight, elided, hover,
    ink, number, rectangle, words,
};
use crate::population::colour_of;
use crate::{ReportError, Results};

/// Height of a spiking neuron's line in a raster, in points.
const NEURON_PT: f64 = 1.05;
/// Height of a trace, in points.
const TRACE_PT: f64 = 46.0;
/// Height of the names of segments, in points.
const MARKS_PT: f64 = 22.0;
/// Left edge and width of all panels, in points.
const PANELS: (f64, f64) = (84.0, WIDE - 96.0);

/// The stored recordings of the first model.
pub(crate) fn stored(results: &Results) -> Result<Vec<Recording>, ReportError> {
    let described = results.description.experiments.iter();
    let canonical = described.filter(|it| it.name == CANONICAL);
    for measurement in canonical.flat_map(|it| &it.measurements) {
        // Names are free; the usual one first, so that other files need not be read.
        if measurement != "recordings" && !measurement.contains("trial") {
            continue;
        }
        let details = results.details(CANONICAL, measurement)?;
        let found = details.into_iter().find_map(|(_, detail)| match detail {
            Detail::Recordings(recordings) => Some(recordings),
            _ => None,
        });
        if let Some(recordings) = found {
            return Ok(recordings);
        }
    }
    Ok(Vec::new())
}

pub fn draw(results: &Results) -> Result<Vec<Figure>, ReportError> {
    let recordings = stored(results)?;
    // One odour in every arm; the report shows the others on request.
    let Some(shown) = recordings
        .iter()
        .rev()
        .find(|it| it.odour == Some(21))
        .or(recordings.last())
    else {
        return Ok(Vec::new());
    };
    let arms: Vec<&Recording> = recordings
        .iter()
        .filter(|it| it.stimulus == shown.stimulus)
        .collect();
    let mut figures: Vec<Figure> = arms
        .iter()
        .map(|recording| {
            let mut figure = raster_among(recording, results.description.classes());
            figure.id = format!("raster_{}", file_name(&recording.label));
            figure
        })
        .collect();
    if let Some(intact) = arms.first() {
        figures.push(currents(intact));
    }
    Ok(figures)
}

fn file_name(label: &str) -> String {
    let plain = |sign: char| {
        if sign.is_ascii_alphanumeric() {
            sign.to_ascii_lowercase()
        } else {
            '_'
        }
    };
    let name: String = label.chars().map(plain).collect();
    name.split('_')
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join("_")
}

/// Spikes and potentials of all populations of one trial, aligned in time.
#[must_use]
pub fn raster(recording: &Recording) -> Figure {
    raster_among(recording, &[])
}

/// The same, where the names of the classes are known.
fn raster_among(recording: &Recording, classes: &[String]) -> Figure {
    let height_of = |population: &PopulationRecording| {
        let spikes = if population.graded {
            0.0
        } else {
            NEURON_PT * population.neurons as f64 + 6.0
        };
        let traces = if population.traces.is_empty() {
            0.0
        } else {
            TRACE_PT
        };
        spikes.max(18.0 * f64::from(u8::from(!population.graded))) + traces + 10.0
    };
    let height: f64 = recording.populations.iter().map(height_of).sum();
    let marks = if recording.segments.is_empty() {
        0.0
    } else {
        MARKS_PT
    };
    let mut canvas = Canvas::new(WIDE, height + marks + 54.0);
    let duration_ms = recording.steps as f64 * recording.step_s * 1e3;
    let time = |last: bool| {
        let label = if last { "Time (ms)" } else { "" };
        let mut axis = Axis::new(Scale::linear(0.0, duration_ms), label);
        if last {
            axis
        } else {
            axis.ticks.clear();
            axis.without_line()
        }
    };
    let mut top = 22.0;
    let title = (WIDE / 2.0, 12.0);
    canvas.add(words(
        recording.label.as_str(),
        title,
        SIZE::TITLE,
        Anchor::Middle,
        Weight::Bold,
        ink::BLACK,
    ));
    mark_segments(&mut canvas, recording, &mut top, height);
    let last = recording.populations.len().saturating_sub(1);
    for (index, population) in recording.populations.iter().enumerate() {
        let colour = colour_of(&population.name, index);
        let traces = !population.traces.is_empty();
        if !population.graded {
            let rows = (NEURON_PT * population.neurons as f64).max(18.0);
            let area = Area::new(PANELS.0, top, PANELS.1, rows);
            let y =
                Axis::new(Scale::linear(population.neurons as f64, 0.0), "").with_ticks(Vec::new());
            let mut panel = Panel::new(area, time(false), y);
            panel.add(spikes(&panel, recording, population, colour));
            panel.draw(&mut canvas);
            name(
                &mut canvas,
                area,
                colour,
                &population.name,
                &neurons_in_words(population.neurons),
            );
            top += rows + 6.0;
        }
        if traces {
            let area = Area::new(PANELS.0, top, PANELS.1, TRACE_PT - 8.0);
            draw_traces(
                &mut canvas,
                area,
                time(index == last),
                recording,
                population,
                colour,
            );
            top += TRACE_PT;
        }
        top += 10.0;
    }
    let decided = recording
        .probabilities
        .get(recording.decided)
        .copied()
        .unwrap_or(f64::NAN);
    let decision = match classes.get(recording.decided) {
        Some(name) => format!("\"{name}\""),
        None => format!("class {}", recording.decided),
    };
    let caption = format!(
        "One trial of {}: every spike of every neuron, and the membrane potential of the most active neurons (dendrite dashed \
         in two-compartment cells; the activity of graded neurons). {}",
        recording.label,
        presentation(recording, &decision, decided)
    );
    Figure {
        drawing: canvas.finish(
            &format!("raster-{}", file_name(&recording.label)),
            &recording.label,
            &caption,
        ),
        id: "raster".to_owned(),
        name: "Raster".to_owned(),
        title: format!("One trial: {}", recording.label),
        caption,
        published: false,
    }
}

/// When the odour is present, and what the decoder made of it.
fn presentation(recording: &Recording, decision: &str, probability: f64) -> String {
    if recording.segments.is_empty() {
        return format!(
            "The odour is present during the whole trial. The decoder chose {decision} with probability {}.",
            number(probability)
        );
    }
    let decided = recording.segments.iter().map(|segment| {
        let name = &segment.name;
        format!("{} for {name}", segment.decided)
    });
    let decided: Vec<String> = decided.collect();
    format!(
        "Shaded: the segments in which something is presented; the spontaneous activity is present between them. \
         The decoder chose {}.",
        decided.join(", ")
    )
}

/// Shades the segments behind all panels, with their names above; `top` moves below the names.
fn mark_segments(canvas: &mut Canvas, recording: &Recording, top: &mut f64, height: f64) {
    if recording.segments.is_empty() {
        return;
    }
    let x = |step: usize| PANELS.0 + PANELS.1 * step as f64 / recording.steps.max(1) as f64;
    for segment in &recording.segments {
        let (left, right) = (x(segment.first), x(segment.end));
        let area_top = *top + MARKS_PT - 4.0;
        let text = format!(
            "{}: {} to {} ms, decoded as {}",
            segment.name,
            number(segment.first as f64 * recording.step_s * 1e3),
            number(segment.end as f64 * recording.step_s * 1e3),
            segment.decided
        );
        let shade = rectangle(left, area_top, right - left, height, ink::PALE.lighter(0.4));
        canvas.add(hover(shade, None, text));
        let at = ((left + right) / 2.0, *top + MARKS_PT - 8.0);
        // Names of short segments would run into each other.
        let room = (right - left).max(48.0);
        canvas.add(words(
            elided(&segment.name, SIZE::TICK, room),
            at,
            SIZE::TICK,
            Anchor::Middle,
            Weight::Regular,
            ink::BLACK,
        ));
    }
    *top += MARKS_PT;
}

/// All spikes of a population as one path, which keeps files small.
fn spikes(
    panel: &Panel,
    recording: &Recording,
    population: &PopulationRecording,
    colour: Colour,
) -> Mark {
    let mut data = Data::new();
    let row = panel.area.height / population.neurons.max(1) as f64;
    for spike in &population.spikes {
        let x = panel.x((f64::from(spike.0) + 0.5) * recording.step_s * 1e3);
        let y = panel.y(f64::from(spike.1));
        let places = ((x * 100.0).round() / 100.0, (y * 100.0).round() / 100.0);
        data = data
            .move_to(places)
            .line_by((0.0, (row.max(0.9) * 100.0).round() / 100.0));
    }
    let mut path: Mark = Path::new().set("d", data).set("fill", "none").into();
    use svg::Node;
    path.assign("stroke", colour);
    path.assign("stroke-width", 1.3);
    let text = format!(
        "{}: {} spikes of {} neurons",
        population.name,
        population.spikes.len(),
        population.neurons
    );
    hover(path, Some(population.spikes.len() as f64), text)
}

fn draw_traces(
    canvas: &mut Canvas,
    area: Area,
    time: Axis,
    recording: &Recording,
    population: &PopulationRecording,
    colour: Colour,
) {
    let values = population
        .traces
        .iter()
        .flat_map(|trace| trace.values.iter().map(|&it| f64::from(it)));
    let scale = Scale::around(values);
    let unit = if population.graded { "activity" } else { "mV" };
    let mut y = Axis::new(scale, unit);
    y.ticks = scale.ticks(3);
    let mut panel = Panel::new(area, time, y);
    for (index, trace) in population.traces.iter().enumerate() {
        let shade = colour.lighter(0.25 * (index % 4) as f64);
        let stroke = if trace.compartment == "dendrite" {
            Stroke::dashed(shade, 0.7)
        } else {
            Stroke::solid(shade, 0.8)
        };
        let points = trace.values.iter().enumerate();
        let points = points.map(|(step, &value)| {
            (
                (step as f64 + 1.0) * recording.step_s * 1e3,
                f64::from(value),
            )
        });
        panel.line(points, stroke);
    }
    panel.draw(canvas);
    if population.graded {
        name(
            canvas,
            area,
            colour,
            &population.name,
            &format!("{} graded", population.neurons),
        );
    }
}

fn name(canvas: &mut Canvas, area: Area, colour: Colour, name: &str, neurons: &str) {
    let y = area.top + 9.0;
    canvas.add(words(
        name,
        (8.0, y),
        SIZE::LETTER,
        Anchor::Start,
        Weight::Bold,
        colour,
    ));
    canvas.add(words(
        neurons,
        (8.0, y + 9.0),
        SIZE::TICK,
        Anchor::Start,
        Weight::Regular,
        ink::BLACK,
    ));
}

/// Currents and vesicle pools of all pathways of one trial.
fn currents(recording: &Recording) -> Figure {
    let shown: Vec<&PathwayRecording> = recording
        .pathways
        .iter()
        .filter(|it| !it.current_pA.is_empty())
        .collect();
    let rows = shown.len().div_ceil(3).max(1);
    let height = 74.0 * rows as f64;
    let mut canvas = Canvas::new(WIDE, height + 40.0);
    let areas = Area::new(34.0, 20.0, WIDE - 46.0, height - 10.0).grid(3, rows, (40.0, 30.0));
    let duration_ms = recording.steps as f64 * recording.step_s * 1e3;
    let end_of = |step: usize| (step as f64 + 1.0) * recording.step_s * 1e3;
    for (index, (pathway, area)) in shown.iter().zip(areas).enumerate() {
        let bottom = index + 3 >= shown.len();
        let mut x = Axis::new(
            Scale::linear(0.0, duration_ms),
            if bottom { "Time (ms)" } else { "" },
        );
        if !bottom {
            x.ticks.clear();
        }
        let values = pathway.current_pA.iter().map(|&it| f64::from(it));
        let scale = Scale::around(values.clone().chain([0.0]));
        let mut y = Axis::new(scale, if index % 3 == 0 { "pA" } else { "" });
        y.ticks = scale.ticks(3);
        let mut panel = Panel::new(area, x, y);
        panel.horizontal(0.0, Stroke::solid(ink::PALE, 0.5));
        if !pathway.available.is_empty() {
            // The pool fills the panel when it is full.
            let (low, high) = scale.ends();
            let pool = pathway.available.iter().enumerate();
            let pool =
                pool.map(|(step, &share)| (end_of(step), low + f64::from(share) * (high - low)));
            panel.line(pool, Stroke::dashed(ink::GREY, 0.7));
        }
        let populations = recording.populations.iter();
        let source = populations
            .map(|it| &it.name)
            .position(|it| *it == pathway.source);
        let colour = colour_of(&pathway.source, source.unwrap_or(index));
        panel.line(
            values
                .enumerate()
                .map(|(step, value)| (end_of(step), value)),
            Stroke::solid(colour, 1.0),
        );
        panel.draw(&mut canvas);
        let title = format!("{} → {}", pathway.source, pathway.target);
        let detail = pathway.name.replace('_', " ");
        let at = (area.left + area.width / 2.0, area.top - 4.0);
        let text = elided(
            &format!("{title} ({detail})"),
            SIZE::TICK,
            area.width + 34.0,
        );
        canvas.add(words(
            text,
            at,
            SIZE::TICK,
            Anchor::Middle,
            Weight::Bold,
            ink::BLACK,
        ));
    }
    let caption = format!(
        "Synaptic currents of one trial of {}, mean over the target neurons of each pathway (solid, colour of the source), and what \
         is left of its vesicle pools, mean over the sources (dashed; from 0 at the lower to 1 at the upper edge).",
        recording.label
    );
    Figure {
        drawing: canvas.finish("currents", "Synaptic currents", &caption),
        id: "currents".to_owned(),
        name: "Currents".to_owned(),
        title: format!("Synaptic currents: {}", recording.label),
        caption,
        published: false,
    }
}
