//! The elements that figures are made of.

use svg::Node;
use svg::node::element::path::Data;
use svg::node::element::{Circle, Element, Group, Line, Path, Polygon, Rectangle, Text, Title};

use super::colour::{Colour, ink};
use super::text::Weight;

/// Anything that can be drawn.
pub type Mark = Element;

/// How a line is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stroke {
    /// Its colour.
    pub colour: Colour,
    /// Its width, in points.
    pub width_pt: f64,
    /// Lengths of dashes and gaps, in points; unbroken if there are none.
    pub dashes: Option<(f64, f64)>,
}

impl Stroke {
    /// An unbroken line.
    #[must_use]
    pub const fn solid(colour: Colour, width_pt: f64) -> Self {
        Self {
            colour,
            width_pt,
            dashes: None,
        }
    }

    /// A dotted line.
    #[must_use]
    pub const fn dotted(colour: Colour, width_pt: f64) -> Self {
        Self {
            colour,
            width_pt,
            dashes: Some((1.0, 2.0)),
        }
    }

    /// A dashed line.
    #[must_use]
    pub const fn dashed(colour: Colour, width_pt: f64) -> Self {
        Self {
            colour,
            width_pt,
            dashes: Some((4.0, 2.5)),
        }
    }

    fn on(self, mut mark: Mark) -> Mark {
        mark.assign("stroke", self.colour);
        mark.assign("stroke-width", rounded(self.width_pt));
        if let Some((dash, gap)) = self.dashes {
            mark.assign("stroke-dasharray", format!("{dash} {gap}"));
        }
        mark
    }
}

/// Where words stand relative to their place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// They begin there.
    Start,
    /// They are centred there.
    Middle,
    /// They end there.
    End,
}

/// A hundredth of a point is finer than any print.
pub(super) fn rounded(value: f64) -> f64 {
    // Adding 0 makes -0 a 0.
    (value * 100.0).round() / 100.0 + 0.0
}

/// A straight line.
#[must_use]
pub fn line(from: (f64, f64), to: (f64, f64), stroke: Stroke) -> Mark {
    let line = Line::new()
        .set("x1", rounded(from.0))
        .set("y1", rounded(from.1))
        .set("x2", rounded(to.0))
        .set("y2", rounded(to.1));
    stroke.on(line.into())
}

/// A line through points; it breaks where a coordinate is no number.
#[must_use]
pub fn path(points: impl IntoIterator<Item = (f64, f64)>, stroke: Stroke) -> Mark {
    let mut data = Data::new();
    let mut drawing = false;
    for (x, y) in points {
        if !x.is_finite() || !y.is_finite() {
            drawing = false;
            continue;
        }
        let place = (rounded(x), rounded(y));
        data = if drawing {
            data.line_to(place)
        } else {
            data.move_to(place)
        };
        drawing = true;
    }
    let path = Path::new()
        .set("d", data)
        .set("fill", "none")
        .set("stroke-linejoin", "round");
    stroke.on(path.into())
}

/// A filled rectangle.
#[must_use]
pub fn rectangle(left: f64, top: f64, width: f64, height: f64, fill: Colour) -> Mark {
    Rectangle::new()
        .set("x", rounded(left))
        .set("y", rounded(top))
        .set("width", rounded(width.max(0.0)))
        .set("height", rounded(height.max(0.0)))
        .set("fill", fill)
        .into()
}

/// A filled circle.
#[must_use]
pub fn circle(centre: (f64, f64), radius: f64, fill: Colour) -> Mark {
    Circle::new()
        .set("cx", rounded(centre.0))
        .set("cy", rounded(centre.1))
        .set("r", rounded(radius))
        .set("fill", fill)
        .into()
}

/// A filled polygon.
#[must_use]
pub fn polygon(corners: &[(f64, f64)], fill: Colour) -> Mark {
    let places: Vec<String> = corners
        .iter()
        .map(|&(x, y)| format!("{},{}", rounded(x), rounded(y)))
        .collect();
    Polygon::new()
        .set("points", places.join(" "))
        .set("fill", fill)
        .into()
}

/// Words; `y` is their base line.
#[must_use]
pub fn words(
    text: impl Into<String>,
    (x, y): (f64, f64),
    size_pt: f64,
    anchor: Anchor,
    weight: Weight,
    colour: Colour,
) -> Mark {
    let mut words: Mark = Text::new(text.into())
        .set("x", rounded(x))
        .set("y", rounded(y))
        .set("font-size", size_pt)
        .set("fill", colour)
        .into();
    match anchor {
        Anchor::Start => {}
        Anchor::Middle => words.assign("text-anchor", "middle"),
        Anchor::End => words.assign("text-anchor", "end"),
    }
    if weight == Weight::Bold {
        words.assign("font-weight", "bold");
    }
    words
}

/// Words that are read from below upwards.
#[must_use]
pub fn upright(text: impl Into<String>, place: (f64, f64), size_pt: f64, anchor: Anchor) -> Mark {
    let (x, y) = place;
    let mut words = words(text, place, size_pt, anchor, Weight::Regular, ink::BLACK);
    words.assign("transform", format!("rotate(-90 {x:.2} {y:.2})"));
    words
}

/// Marks that belong together.
#[must_use]
pub fn group(marks: impl IntoIterator<Item = Mark>) -> Mark {
    let mut group = Group::new();
    for mark in marks {
        group = group.add(mark);
    }
    group.into()
}

/// A mark that says what it shows when it is pointed at, and to whoever reads the file: `value` is the
/// number as it stands in the results.
#[must_use]
pub fn hover(mut mark: Mark, value: Option<f64>, text: impl Into<String>) -> Mark {
    if let Some(value) = value {
        mark.assign("data-value", value.to_string());
    }
    mark.append(Title::new(text.into()));
    mark
}
