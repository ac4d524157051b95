//! A page to draw on.

use svg::node::element::{Description, Element, SVG, Title};
use svg::{Document, Node};

use super::colour::ink;
use super::marks::{Mark, rectangle, rounded};
use super::text::FAMILY;

/// A rectangle of the page, in points from its upper left corner.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Area {
    /// Left edge.
    pub left: f64,
    /// Upper edge.
    pub top: f64,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
}

impl Area {
    /// The rectangle with these edges.
    #[must_use]
    pub const fn new(left: f64, top: f64, width: f64, height: f64) -> Self {
        Self {
            left,
            top,
            width,
            height,
        }
    }

    /// Right edge.
    #[must_use]
    pub fn right(self) -> f64 {
        self.left + self.width
    }

    /// Lower edge.
    #[must_use]
    pub fn bottom(self) -> f64 {
        self.top + self.height
    }

    /// The rectangle without margins.
    #[must_use]
    pub fn inset(self, left: f64, top: f64, right: f64, bottom: f64) -> Self {
        Self {
            left: self.left + left,
            top: self.top + top,
            width: self.width - left - right,
            height: self.height - top - bottom,
        }
    }

    /// `columns` by `rows` rectangles of equal size with gaps between them, row by row.
    #[must_use]
    pub fn grid(self, columns: usize, rows: usize, gap: (f64, f64)) -> Vec<Self> {
        let side = |whole: f64, count: usize, gap: f64| {
            (whole - gap * (count.max(1) - 1) as f64) / count.max(1) as f64
        };
        let (width, height) = (
            side(self.width, columns, gap.0),
            side(self.height, rows, gap.1),
        );
        (0..rows * columns)
            .map(|index| Self {
                left: self.left + (index % columns) as f64 * (width + gap.0),
                top: self.top + (index / columns) as f64 * (height + gap.1),
                width,
                height,
            })
            .collect()
    }
}

/// A page that is being drawn on.
#[derive(Clone, Debug)]
pub struct Canvas {
    width_pt: f64,
    height_pt: f64,
    marks: Vec<Mark>,
}

/// A finished page.
#[derive(Clone, Debug, PartialEq)]
pub struct Drawing {
    /// The page as SVG.
    pub svg: String,
    /// Its width, in points.
    pub width_pt: f64,
    /// Its height, in points.
    pub height_pt: f64,
}

impl Canvas {
    /// An empty white page.
    #[must_use]
    pub fn new(width_pt: f64, height_pt: f64) -> Self {
        Self {
            width_pt,
            height_pt,
            marks: Vec::new(),
        }
    }

    /// The whole page.
    #[must_use]
    pub fn area(&self) -> Area {
        Area::new(0.0, 0.0, self.width_pt, self.height_pt)
    }

    /// Draws a mark.
    pub fn add(&mut self, mark: Mark) {
        self.marks.push(mark);
    }

    /// The page with a title and a description for those who cannot see it; `id` tells its elements
    /// from those of other pages in one file.
    #[must_use]
    pub fn finish(self, id: &str, title: &str, description: &str) -> Drawing {
        let (title_id, description_id) = (format!("{id}-title"), format!("{id}-description"));
        let mut page: SVG = Document::new()
            .set("viewBox", (0.0, 0.0, self.width_pt, self.height_pt))
            .set("width", format!("{}pt", rounded(self.width_pt)))
            .set("height", format!("{}pt", rounded(self.height_pt)))
            .set("font-family", FAMILY)
            .set("role", "img")
            .set("aria-labelledby", format!("{title_id} {description_id}"));
        page.append(Title::new(title).set("id", title_id));
        let mut words: Element = Description::new().set("id", description_id).into();
        words.append(svg::node::Text::new(description));
        page.append(words);
        page.append(rectangle(
            0.0,
            0.0,
            self.width_pt,
            self.height_pt,
            ink::WHITE,
        ));
        for mark in self.marks {
            page.append(mark);
        }
        Drawing {
            svg: page.to_string(),
            width_pt: self.width_pt,
            height_pt: self.height_pt,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::{Anchor, SIZE, Weight, hover, words};

    #[test]
    fn a_page_is_well_formed_and_the_same_every_time() {
        let draw = || {
            let mut canvas = Canvas::new(100.0, 50.0);
            let text = words(
                "a < b & \"c\"",
                (1.0, 2.0),
                SIZE::LABEL,
                Anchor::Start,
                Weight::Bold,
                ink::BLUE,
            );
            canvas.add(hover(text, Some(0.1 + 0.2), "it's <so>"));
            canvas.finish("one", "Title & more", "what is seen")
        };
        let page = draw();
        assert_eq!(page, draw());
        let tree = resvg::usvg::roxmltree::Document::parse(&page.svg).expect("well-formed");
        let titles: Vec<_> = tree
            .descendants()
            .filter(|node| node.has_tag_name("title"))
            .filter_map(|node| node.text())
            .map(str::trim)
            .collect();
        assert_eq!(titles, ["Title & more", "it's <so>"]);
        assert!(page.svg.contains("data-value=\"0.30000000000000004\""));
    }

    #[test]
    fn a_grid_fills_its_area() {
        let cells = Area::new(10.0, 20.0, 100.0, 50.0).grid(3, 2, (5.0, 10.0));
        assert_eq!(cells.len(), 6);
        assert_eq!(cells[0], Area::new(10.0, 20.0, 30.0, 20.0));
        assert!((cells[5].right() - 110.0).abs() < 1e-9 && (cells[5].bottom() - 70.0).abs() < 1e-9);
    }
}
