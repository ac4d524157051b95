//! A panel: axes, and the marks between them.

use super::canvas::{Area, Canvas};
use super::colour::{Colour, ColourMap, ink};
use super::marks::{
    Anchor, Mark, Stroke, circle, group, hover, line, path, polygon, rectangle, upright, words,
};
use super::scale::{Scale, Tick};
use super::text::{SIZE, Weight, width_pt};

const TICK_PT: f64 = 2.5;
const AXIS: Stroke = Stroke::solid(ink::BLACK, 0.6);

/// One axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// From values to places.
    pub scale: Scale,
    /// What it shows, with its unit; empty if the other panels say.
    pub label: String,
    /// Its ticks.
    pub ticks: Vec<Tick>,
    /// Whether the axis itself is drawn.
    pub line: bool,
}

impl Axis {
    /// An axis with ticks at round values.
    #[must_use]
    pub fn new(scale: Scale, label: impl Into<String>) -> Self {
        Self {
            scale,
            label: label.into(),
            ticks: scale.ticks(5),
            line: true,
        }
    }

    /// The axis with other ticks.
    #[must_use]
    pub fn with_ticks(mut self, ticks: Vec<Tick>) -> Self {
        self.ticks = ticks;
        self
    }

    /// An axis of `names.len()` bands of equal width; band `i` is centred at `i + 0.5`.
    #[must_use]
    pub fn bands<T: AsRef<str>>(names: &[T], label: impl Into<String>) -> Self {
        let ticks = names.iter().enumerate();
        let ticks = ticks.map(|(index, name)| Tick::new(index as f64 + 0.5, name.as_ref()));
        Self {
            scale: Scale::linear(0.0, names.len() as f64),
            label: label.into(),
            ticks: ticks.collect(),
            line: true,
        }
    }

    /// The same axis, running the other way.
    #[must_use]
    pub fn reversed(mut self) -> Self {
        let (from, to) = self.scale.ends();
        self.scale = match self.scale {
            Scale::Linear { .. } => Scale::Linear { from: to, to: from },
            Scale::Logarithmic { .. } => Scale::Logarithmic { from: to, to: from },
        };
        self
    }

    /// The same axis without its line.
    #[must_use]
    pub fn without_line(mut self) -> Self {
        self.line = false;
        self
    }
}

/// A panel that is being drawn.
#[derive(Clone, Debug)]
pub struct Panel {
    /// Where its marks lie; axes and their words are drawn outside.
    pub area: Area,
    x: Axis,
    y: Axis,
    title: String,
    letter: Option<char>,
    marks: Vec<Mark>,
}

impl Panel {
    /// A panel with these axes.
    #[must_use]
    pub fn new(area: Area, x: Axis, y: Axis) -> Self {
        Self {
            area,
            x,
            y,
            title: String::new(),
            letter: None,
            marks: Vec::new(),
        }
    }

    /// The panel with a title above it.
    #[must_use]
    pub fn titled(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// The panel with a letter at its corner.
    #[must_use]
    pub fn lettered(mut self, letter: char) -> Self {
        self.letter = Some(letter);
        self
    }

    /// The place of a value on the x axis.
    #[must_use]
    pub fn x(&self, value: f64) -> f64 {
        self.area.left + self.area.width * self.x.scale.place(value)
    }

    /// The place of a value on the y axis.
    #[must_use]
    pub fn y(&self, value: f64) -> f64 {
        self.area.bottom() - self.area.height * self.y.scale.place(value)
    }

    /// Draws any mark, in places of the page.
    pub fn add(&mut self, mark: Mark) {
        self.marks.push(mark);
    }

    /// A line through values.
    pub fn line(&mut self, points: impl IntoIterator<Item = (f64, f64)>, stroke: Stroke) {
        let places: Vec<(f64, f64)> = points
            .into_iter()
            .map(|(x, y)| (self.x(x), self.y(y)))
            .collect();
        self.add(path(places, stroke));
    }

    /// A horizontal line from side to side.
    pub fn horizontal(&mut self, value: f64, stroke: Stroke) {
        let y = self.y(value);
        self.add(line((self.area.left, y), (self.area.right(), y), stroke));
    }

    /// A vertical line from top to bottom.
    pub fn vertical(&mut self, value: f64, stroke: Stroke) {
        let x = self.x(value);
        self.add(line((x, self.area.top), (x, self.area.bottom()), stroke));
    }

    /// A rectangle between values.
    pub fn rectangle(&mut self, x: (f64, f64), y: (f64, f64), fill: Colour) -> Mark {
        let (left, right) = (self.x(x.0).min(self.x(x.1)), self.x(x.0).max(self.x(x.1)));
        let (top, bottom) = (self.y(y.0).min(self.y(y.1)), self.y(y.0).max(self.y(y.1)));
        rectangle(left, top, right - left, bottom - top, fill)
    }

    /// An area between two lines over the same values of x.
    pub fn band(&mut self, points: &[(f64, f64, f64)], fill: Colour) {
        let upper = points.iter().map(|&(x, _, high)| (self.x(x), self.y(high)));
        let lower = points.iter().rev();
        let lower = lower.map(|&(x, low, _)| (self.x(x), self.y(low)));
        let corners: Vec<(f64, f64)> = upper.chain(lower).collect();
        if corners.iter().all(|(x, y)| x.is_finite() && y.is_finite()) {
            self.add(polygon(&corners, fill));
        }
    }

    /// A point with its error bar upwards and downwards, which says what it shows.
    pub fn point(
        &mut self,
        (x, y): (f64, f64),
        error: f64,
        colour: Colour,
        shape: Shape,
        text: String,
    ) {
        if !x.is_finite() || !y.is_finite() {
            return;
        }
        let mut marks = Vec::new();
        if error > 0.0 {
            let place = self.x(x);
            let ends = (self.y(y - error), self.y(y + error));
            marks.push(line(
                (place, ends.0),
                (place, ends.1),
                Stroke::solid(colour, 0.9),
            ));
            for end in [ends.0, ends.1] {
                let cap = Stroke::solid(colour, 0.9);
                marks.push(line((place - 1.6, end), (place + 1.6, end), cap));
            }
        }
        marks.push(shape.at((self.x(x), self.y(y)), 2.4, colour));
        self.add(hover(group(marks), Some(y), text));
    }

    /// A matrix of coloured cells; row 0 is the first band of the y axis. `shade` gives the share of the
    /// colour map, `text` what a cell says.
    pub fn cells(
        &mut self,
        matrix: &[Vec<f64>],
        map: ColourMap,
        shade: impl Fn(f64) -> f64,
        text: impl Fn(usize, usize, f64) -> String,
    ) {
        // Cells overlap a little, or renderers show the paper between them.
        const OVERLAP: f64 = 0.12;
        let mut cells = Vec::new();
        for (row, values) in matrix.iter().enumerate() {
            for (column, &value) in values.iter().enumerate() {
                let (left, right) = (self.x(column as f64), self.x(column as f64 + 1.0));
                let edges = (self.y(row as f64), self.y(row as f64 + 1.0));
                let (top, bottom) = (edges.0.min(edges.1), edges.0.max(edges.1));
                let fill = map.at(shade(value));
                let (width, height) = (right - left + OVERLAP, bottom - top + OVERLAP);
                let cell = rectangle(left, top, width, height, fill);
                cells.push(hover(cell, Some(value), text(row, column, value)));
            }
        }
        self.add(group(cells));
    }

    /// Draws the panel on a page.
    pub fn draw(self, canvas: &mut Canvas) {
        let area = self.area;
        let marks = group(self.marks.clone());
        canvas.add(marks);
        self.draw_x(canvas);
        self.draw_y(canvas);
        if !self.title.is_empty() {
            let place = (area.left + area.width / 2.0, area.top - 5.0);
            let title = self.title.clone();
            canvas.add(words(
                title,
                place,
                SIZE::TITLE,
                Anchor::Middle,
                Weight::Bold,
                ink::BLACK,
            ));
        }
        if let Some(letter) = self.letter {
            let left = area.left - self.y_words_width() - 4.0;
            let place = (left.max(1.0), area.top - 5.0);
            let letter = letter.to_string();
            canvas.add(words(
                letter,
                place,
                SIZE::LETTER,
                Anchor::Start,
                Weight::Bold,
                ink::BLACK,
            ));
        }
    }

    fn draw_x(&self, canvas: &mut Canvas) {
        let area = self.area;
        if self.x.line {
            canvas.add(line(
                (area.left, area.bottom()),
                (area.right(), area.bottom()),
                AXIS,
            ));
        }
        for tick in &self.x.ticks {
            let x = self.x(tick.at);
            if self.x.line {
                canvas.add(line((x, area.bottom()), (x, area.bottom() + TICK_PT), AXIS));
            }
            // Several lines of a label stand below each other.
            for (index, text) in tick.label.split('\n').enumerate() {
                let y = area.bottom() + TICK_PT + SIZE::TICK * (1.0 + 1.1 * index as f64);
                canvas.add(words(
                    text,
                    (x, y),
                    SIZE::TICK,
                    Anchor::Middle,
                    Weight::Regular,
                    ink::BLACK,
                ));
            }
        }
        if !self.x.label.is_empty() {
            let lines = self
                .x
                .ticks
                .iter()
                .map(|tick| tick.label.split('\n').count());
            let below = SIZE::TICK * 1.1 * lines.max().unwrap_or(0) as f64;
            let place = (
                area.left + area.width / 2.0,
                area.bottom() + TICK_PT + below + SIZE::LABEL + 1.5,
            );
            let label = self.x.label.clone();
            canvas.add(words(
                label,
                place,
                SIZE::LABEL,
                Anchor::Middle,
                Weight::Regular,
                ink::BLACK,
            ));
        }
    }

    fn draw_y(&self, canvas: &mut Canvas) {
        let area = self.area;
        if self.y.line {
            canvas.add(line(
                (area.left, area.top),
                (area.left, area.bottom()),
                AXIS,
            ));
        }
        for tick in &self.y.ticks {
            let y = self.y(tick.at);
            if self.y.line {
                canvas.add(line((area.left - TICK_PT, y), (area.left, y), AXIS));
            }
            let place = (area.left - TICK_PT - 1.5, y + 0.36 * SIZE::TICK);
            let label = tick.label.clone();
            canvas.add(words(
                label,
                place,
                SIZE::TICK,
                Anchor::End,
                Weight::Regular,
                ink::BLACK,
            ));
        }
        if !self.y.label.is_empty() {
            let x = area.left - self.y_words_width() + 2.0;
            let y = area.top + area.height / 2.0;
            let label = self.y.label.clone();
            canvas.add(upright(label, (x, y), SIZE::LABEL, Anchor::Middle));
        }
    }

    /// Width of the words left of the panel.
    fn y_words_width(&self) -> f64 {
        let ticks = self.y.ticks.iter();
        let widest = ticks
            .map(|tick| width_pt(&tick.label, SIZE::TICK, Weight::Regular))
            .fold(0.0, f64::max);
        TICK_PT + 1.5 + widest + 5.0
    }
}

/// The shape of a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A disc.
    Disc,
    /// A square.
    Square,
    /// A triangle.
    Triangle,
    /// A diamond.
    Diamond,
}

impl Shape {
    /// The point at a place of the page.
    #[must_use]
    pub fn at(self, (x, y): (f64, f64), radius: f64, colour: Colour) -> Mark {
        let r = radius;
        match self {
            Self::Disc => circle((x, y), r, colour),
            Self::Square => rectangle(x - 0.9 * r, y - 0.9 * r, 1.8 * r, 1.8 * r, colour),
            Self::Triangle => polygon(
                &[
                    (x - 1.1 * r, y + 0.8 * r),
                    (x + 1.1 * r, y + 0.8 * r),
                    (x, y - 1.2 * r),
                ],
                colour,
            ),
            Self::Diamond => polygon(
                &[
                    (x - 1.2 * r, y),
                    (x, y - 1.2 * r),
                    (x + 1.2 * r, y),
                    (x, y + 1.2 * r),
                ],
                colour,
            ),
        }
    }
}

/// A colour bar with its scale on the right; `shade` is that of the cells.
pub fn colour_bar(
    canvas: &mut Canvas,
    area: Area,
    map: ColourMap,
    ends: (f64, f64),
    shade: impl Fn(f64) -> f64,
    ticks: &[Tick],
    label: &str,
) {
    const STEPS: usize = 64;
    let (from, to) = ends;
    let height = area.height / STEPS as f64;
    for step in 0..STEPS {
        // The bar is even in colour, the ticks stand where their colours are.
        let share = (step as f64 + 0.5) / STEPS as f64;
        let low = shade(from);
        let colour = map.at(low + share * (shade(to) - low));
        let top = area.bottom() - (step as f64 + 1.0) * height;
        canvas.add(rectangle(area.left, top, area.width, height + 0.15, colour));
    }
    let place = |value: f64| {
        let share = (shade(value) - shade(from)) / (shade(to) - shade(from));
        area.bottom() - share * area.height
    };
    for tick in ticks {
        let y = place(tick.at);
        canvas.add(line((area.right(), y), (area.right() + TICK_PT, y), AXIS));
        let at = (area.right() + TICK_PT + 1.5, y + 0.36 * SIZE::TICK);
        let label = tick.label.clone();
        canvas.add(words(
            label,
            at,
            SIZE::TICK,
            Anchor::Start,
            Weight::Regular,
            ink::BLACK,
        ));
    }
    let widest = ticks
        .iter()
        .map(|tick| width_pt(&tick.label, SIZE::TICK, Weight::Regular))
        .fold(0.0, f64::max);
    let place = (
        area.right() + TICK_PT + widest + 3.0 + SIZE::LABEL,
        area.top + area.height / 2.0,
    );
    canvas.add(upright(label, place, SIZE::LABEL, Anchor::Middle));
}

/// A key: marks with their meaning, side by side from a place on.
pub fn key(canvas: &mut Canvas, (mut x, y): (f64, f64), entries: &[(Colour, Shape, &str)]) {
    for (colour, shape, text) in entries {
        canvas.add(shape.at((x + 3.0, y - 2.5), 2.6, *colour));
        canvas.add(words(
            *text,
            (x + 8.5, y),
            SIZE::LABEL,
            Anchor::Start,
            Weight::Regular,
            ink::BLACK,
        ));
        x += 8.5 + width_pt(text, SIZE::LABEL, Weight::Regular) + 10.0;
    }
}
