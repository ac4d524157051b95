//! Training curves: loss, accuracy, gradients, and the metrics that are taken every 50 epochs.

use kenyon_study::CANONICAL;

use super::{Figure, Name, WIDE, models_of, spread};
use crate::parts::Parts;
use crate::plot::{Area, Axis, Canvas, Panel, Scale, Shape, Stroke, ink, number};
use crate::{ReportError, Results};
use kenyon_study::StoredModel;

pub fn draw(results: &Results) -> Result<Vec<Figure>, ReportError> {
    let experiment = if results.has(CANONICAL) {
        CANONICAL.to_owned()
    } else {
        match results.summary.runs.first() {
            Some(run) => run.experiment.clone(),
            None => return Ok(Vec::new()),
        }
    };
    let models: Vec<StoredModel> = results
        .runs_of(&experiment)
        .map(|run| results.model(run))
        .collect::<Result<_, _>>()?;
    let epochs = models
        .iter()
        .map(|model| model.history.epochs.len())
        .min()
        .unwrap_or(0);
    if epochs < 2 {
        return Ok(Vec::new());
    }
    let parts = Parts::of(results);
    let colour = parts.readout_colour(results);
    let mut canvas = Canvas::new(WIDE, 330.0);
    let areas = Area::new(42.0, 20.0, WIDE - 52.0, 280.0).grid(2, 2, (54.0, 48.0));
    let x = || Axis::new(Scale::linear(0.0, epochs as f64), "Epoch");
    let curve = |value: &dyn Fn(&kenyon_learning::EpochRecord) -> f64| -> Vec<(f64, f64, f64)> {
        (0..epochs)
            .map(|epoch| {
                let (mean, deviation) = spread(
                    models
                        .iter()
                        .map(|model| value(&model.history.epochs[epoch])),
                );
                (epoch as f64 + 1.0, mean, deviation)
            })
            .collect()
    };

    let cross_entropy = curve(&|record| record.loss.cross_entropy);
    let total = curve(&|record| record.loss.total);
    let top = total
        .iter()
        .chain(&cross_entropy)
        .map(|it| it.1 + it.2)
        .fold(0.0, f64::max);
    let y = Axis::new(Scale::linear(0.0, 1.02 * top), "Loss (nats per trial)");
    let mut panel = Panel::new(areas[0], x(), y).lettered('A').titled("Loss");
    draw_curve(&mut panel, &total, ink::GREY);
    draw_curve(&mut panel, &cross_entropy, ink::BLUE);
    panel.draw(&mut canvas);

    let accuracy = curve(&|record| 100.0 * record.accuracy());
    let y = Axis::new(Scale::linear(0.0, 100.0), "Training accuracy (%)");
    let mut panel = Panel::new(areas[1], x(), y)
        .lettered('B')
        .titled("Accuracy");
    draw_curve(&mut panel, &accuracy, ink::BLUE);
    let monitors = models
        .first()
        .map_or(0, |model| model.history.monitors.len());
    for index in 0..monitors {
        let records = || {
            models
                .iter()
                .filter_map(|model| model.history.monitors.get(index))
        };
        let tested =
            records().filter_map(|record| record.figures.pointer("/accuracy/fraction")?.as_f64());
        let (mean, deviation) = spread(tested.map(|share| 100.0 * share));
        let epoch = records().next().map_or(0, |record| record.epoch);
        if mean.is_finite() {
            let text = format!(
                "epoch {epoch}: {} ± {} % on new trials",
                number(mean),
                number(deviation)
            );
            panel.point(
                (epoch as f64, mean),
                deviation,
                ink::VERMILION,
                Shape::Square,
                text,
            );
        }
    }
    panel.draw(&mut canvas);

    let norms = curve(&|record| record.gradient_norm.max(f64::MIN_POSITIVE));
    let ends = norms.iter().map(|it| it.1).filter(|it| *it > 0.0);
    let (low, high) = ends.fold((f64::INFINITY, 0.0_f64), |(low, high), it| {
        (low.min(it), high.max(it))
    });
    if low < high {
        let scale = Scale::Logarithmic {
            from: low / 1.5,
            to: high * 1.5,
        };
        let y = Axis::new(scale, "Gradient norm before clipping");
        let mut panel = Panel::new(areas[2], x(), y)
            .lettered('C')
            .titled("Gradients");
        let drawn: Vec<_> = norms.iter().map(|it| (it.0, it.1, 0.0)).collect();
        draw_curve(&mut panel, &drawn, ink::BLUE);
        panel.draw(&mut canvas);
    }

    let active: Vec<(f64, f64, f64)> = (0..monitors)
        .filter_map(|index| {
            let records = || {
                models
                    .iter()
                    .filter_map(|model| model.history.monitors.get(index))
            };
            let shares =
                records().filter_map(|record| record.figures.get("active_fraction")?.as_f64());
            let (mean, deviation) = spread(shares.map(|share| 100.0 * share));
            let epoch = records().next()?.epoch;
            mean.is_finite().then_some((epoch as f64, mean, deviation))
        })
        .collect();
    if !active.is_empty() {
        let top = active.iter().map(|it| it.1 + it.2).fold(15.0, f64::max);
        let readout = parts.readout_in_words();
        let y = Axis::new(
            Scale::linear(0.0, 1.05 * top),
            format!("{readout} active (%)"),
        );
        let mut panel = Panel::new(areas[3], x(), y)
            .lettered('D')
            .titled("Sparseness");
        if parts.published {
            panel.horizontal(10.0, Stroke::dotted(ink::GREY, 0.9));
        }
        panel.line(
            active.iter().map(|it| (it.0, it.1)),
            Stroke::solid(colour, 1.1),
        );
        for &(epoch, mean, deviation) in &active {
            let text = format!("epoch {epoch}: {} ± {} %", number(mean), number(deviation));
            panel.point((epoch, mean), deviation, colour, Shape::Disc, text);
        }
        panel.draw(&mut canvas);
    }
    let loss = &results.description.training.loss;
    let whole = match (&loss.sparsity, &loss.energy) {
        (Some(_), _) => " and whole loss with its sparsity term (grey)",
        (None, Some(_)) => " and whole loss with its price on spikes (grey)",
        (None, None) => ", which is the whole loss",
    };
    let mut caption = format!(
        "Training of the spiking students of the experiment \"{experiment}\", mean and standard deviation over {}. A: \
         cross-entropy (blue){whole}. B: accuracy on the graded training trials \
         (blue) and on new trials with hard spikes (red squares). C: norm of the gradient before it is clipped.",
        models_of(results, &experiment)
    );
    if !active.is_empty() {
        let (share, mark) = if parts.published {
            ("Kenyon cells".to_owned(), "; dotted: 10 %")
        } else {
            (parts.readout_in_words().to_lowercase(), "")
        };
        caption.push_str(&format!(
            " D: share of {share} that spike in a trial{mark}."
        ));
    }
    let name = Name {
        id: "training",
        name: "Training",
        title: "Training curves",
        published: false,
    };
    Ok(vec![name.figure(canvas, caption)])
}

fn draw_curve(panel: &mut Panel, points: &[(f64, f64, f64)], colour: crate::plot::Colour) {
    let around: Vec<(f64, f64, f64)> = points
        .iter()
        .map(|&(x, y, d)| (x, (y - d).max(0.0), y + d))
        .collect();
    if points.iter().any(|it| it.2 > 0.0) {
        panel.band(&around, colour.lighter(0.75));
    }
    panel.line(
        points.iter().map(|&(x, y, _)| (x, y)),
        Stroke::solid(colour, 1.0),
    );
}
