//! Which classes are taken for which, and which odours are hard, of any task.

use kenyon_study::{CANONICAL, Detail};

use super::{EVALUATION, Figure, Name, WIDE, models_of, spread};
use crate::plot::{
    Anchor, Area, Axis, Canvas, ColourMap, Panel, SIZE, Scale, Stroke, Weight, colour_bar, elided,
    hover, ink, nice_ticks, number, words,
};
use crate::{ReportError, Results};

/// More classes than this are not labelled one by one.
const LABELLED: usize = 12;
const ROW_PT: f64 = 9.5;

pub fn draw(results: &Results) -> Result<Vec<Figure>, ReportError> {
    let mut models = Vec::new();
    for (_, detail) in results.details(CANONICAL, EVALUATION)? {
        if let Detail::Evaluation(evaluation) = detail {
            models.push(evaluation);
        }
    }
    let description = &results.description;
    let (odours, classes) = (&description.odours, description.classes());
    let fits = |size: usize, rows: usize| size == rows && rows > 0;
    let all_fit = models.iter().all(|model| {
        fits(model.decisions.len(), odours.len()) && fits(model.confusion.len(), classes.len())
    });
    if models.is_empty() || !all_fit {
        return Ok(Vec::new());
    }
    let height = (ROW_PT * odours.len() as f64).max(120.0);
    let mut canvas = Canvas::new(WIDE, height + 64.0);

    // A: classes, pooled over models.
    let shares: Vec<Vec<f64>> = (0..classes.len())
        .map(|class| {
            let pooled = |decided: usize| -> usize {
                models
                    .iter()
                    .map(|model| model.confusion[class][decided])
                    .sum()
            };
            let counts: Vec<usize> = (0..classes.len()).map(pooled).collect();
            let all = counts.iter().sum::<usize>().max(1) as f64;
            counts.iter().map(|&count| count as f64 / all).collect()
        })
        .collect();
    let few = classes.len() <= LABELLED;
    let names: Vec<String> = (classes.iter())
        .map(|name| {
            if few {
                elided(name, SIZE::TICK, 62.0)
            } else {
                String::new()
            }
        })
        .collect();
    let area = Area::new(76.0, 22.0, 120.0, 120.0);
    let x = Axis::bands(&names, "Decided class").without_line();
    let y = Axis::bands(&names, "True class").reversed().without_line();
    let mut panel = Panel::new(area, x, y)
        .titled("P(decided | true)")
        .lettered('A');
    panel.cells(
        &shares,
        ColourMap::Viridis,
        |share| share,
        |row, column, share| {
            format!(
                "{} taken for {}: {} %",
                classes[row],
                classes[column],
                number(100.0 * share)
            )
        },
    );
    if few {
        for (row, values) in shares.iter().enumerate() {
            for (column, share) in values.iter().enumerate() {
                let place = (
                    panel.x(column as f64 + 0.5),
                    panel.y(row as f64 + 0.5) + 0.36 * SIZE::TICK,
                );
                let ink = if *share > 0.6 { ink::BLACK } else { ink::WHITE };
                panel.add(words(
                    format!("{:.0}", 100.0 * share),
                    place,
                    SIZE::TICK,
                    Anchor::Middle,
                    Weight::Bold,
                    ink,
                ));
            }
        }
    }
    panel.draw(&mut canvas);
    let bar = Area::new(area.right() + 10.0, area.top, 8.0, area.height);
    let ticks = nice_ticks(0.0, 1.0, 4);
    colour_bar(
        &mut canvas,
        bar,
        ColourMap::Viridis,
        (0.0, 1.0),
        |share| share,
        &ticks,
        "Share of trials",
    );

    // B: odours, class by class, the easiest of each first.
    let right = |odour: usize| {
        let class = description.class_of(odour);
        spread(models.iter().map(|model| {
            let decisions = &model.decisions[odour];
            let trials = decisions.iter().sum::<usize>().max(1) as f64;
            100.0 * decisions.get(class).copied().unwrap_or(0) as f64 / trials
        }))
    };
    let mut rows: Vec<(usize, f64, f64)> = (0..odours.len())
        .map(|odour| {
            let (mean, deviation) = right(odour);
            (odour, mean, deviation)
        })
        .collect();
    rows.sort_by(|a, b| {
        let classes = description.class_of(a.0).cmp(&description.class_of(b.0));
        classes.then(b.1.total_cmp(&a.1))
    });
    let names: Vec<String> = (rows.iter())
        .map(|row| elided(&odours[row.0], SIZE::TICK, 96.0))
        .collect();
    let area = Area::new(352.0, 22.0, 148.0, ROW_PT * odours.len() as f64);
    let x = Axis::new(Scale::linear(0.0, 102.0), "Right decisions (%)")
        .with_ticks(nice_ticks(0.0, 100.0, 5));
    let mut panel = Panel::new(area, x, Axis::bands(&names, "").reversed())
        .titled("Odour by odour")
        .lettered('B');
    for (place, &(odour, mean, deviation)) in rows.iter().enumerate() {
        let centre = place as f64 + 0.5;
        let class = description.class_of(odour);
        let colour = if description.task.is_some() {
            ink::ALL[class % ink::ALL.len()]
        } else {
            ink::BLUE
        };
        let bar = panel.rectangle(
            (0.0, mean),
            (centre - 0.36, centre + 0.36),
            colour.lighter(0.35),
        );
        let text = format!(
            "{} ({}): {} ± {} %",
            odours[odour],
            classes.get(class).map_or("?", String::as_str),
            number(mean),
            number(deviation)
        );
        panel.add(hover(bar, Some(mean), text));
        let ends = [(mean - deviation).max(0.0), (mean + deviation).min(100.0)];
        panel.line(
            ends.map(|end| (end, centre)),
            Stroke::solid(ink::BLACK, 0.9),
        );
    }
    panel.draw(&mut canvas);
    let trials = models[0].decisions[0].iter().sum::<usize>();
    let sorted = match &description.task {
        Some(task) => format!(
            "sorted by class (colours: {}) and by ease",
            task.classes.join(", ")
        ),
        None => "in the order of the panel".to_owned(),
    };
    let caption = format!(
        "Decisions of {}, {trials} new trials of every odour and network. A: share of the trials of a class (row) in which the \
         decoder chose each class (column), in percent, pooled. B: share of right decisions odour by odour, {sorted}; bars: \
         mean over networks, lines: standard deviation.",
        models_of(results, CANONICAL)
    );
    let name = Name {
        id: "decisions",
        name: "Decisions",
        title: "Which classes and odours are confused",
        published: false,
    };
    Ok(vec![name.figure(canvas, caption)])
}
