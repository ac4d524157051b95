//! Where the time of a study went.

use super::{Figure, Name};
use crate::plot::{
    Anchor, Area, Axis, Canvas, Panel, SIZE, Scale, Weight, elided, hover, ink, words,
};
use crate::{ReportError, Results};

const ROW_PT: f64 = 14.0;

pub fn draw(results: &Results) -> Result<Vec<Figure>, ReportError> {
    let timings: Vec<_> = results
        .timings
        .iter()
        .filter(|it| it.seconds > 0.0)
        .collect();
    if timings.is_empty() {
        return Ok(Vec::new());
    }
    let height = ROW_PT * timings.len() as f64;
    let mut canvas = Canvas::new(430.0, height + 46.0);
    let area = Area::new(196.0, 10.0, 190.0, height);
    let longest = timings.iter().map(|it| it.seconds).fold(0.0, f64::max);
    let x = Axis::new(Scale::linear(0.0, 1.05 * longest), "Seconds");
    let names: Vec<String> = timings
        .iter()
        .map(|it| elided(&it.stage.replace('"', ""), SIZE::TICK, 184.0))
        .collect();
    let y = Axis::bands(&names, "").reversed();
    let mut panel = Panel::new(area, x, y);
    for (row, timing) in timings.iter().enumerate() {
        let centre = row as f64 + 0.5;
        let wall = timing.stage.ends_with("wall clock");
        let colour = if wall { ink::VERMILION } else { ink::BLUE };
        let bar = panel.rectangle((0.0, timing.seconds), (centre - 0.3, centre + 0.3), colour);
        panel.add(hover(
            bar,
            Some(timing.seconds),
            format!("{}: {:.1} s", timing.stage, timing.seconds),
        ));
        let place = (
            panel.x(timing.seconds) + 3.0,
            panel.y(centre) + 0.36 * SIZE::TICK,
        );
        let text = format!("{:.1}", timing.seconds);
        panel.add(words(
            text,
            place,
            SIZE::TICK,
            Anchor::Start,
            Weight::Regular,
            ink::BLACK,
        ));
    }
    panel.draw(&mut canvas);
    let caption = "Seconds that the stages of this study took when it was made: of all threads together (blue), and of the \
                   clock on the wall (red). They are no part of the results."
        .to_owned();
    let name = Name {
        id: "speed",
        name: "Speed",
        title: "Where the time went",
        published: false,
    };
    Ok(vec![name.figure(canvas, caption)])
}
