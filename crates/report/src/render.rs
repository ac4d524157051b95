//! Drawings as PNG and PDF, with the embedded typeface, so that they look alike on every machine.

use std::sync::{Arc, OnceLock};

use krilla::geom::Size;
use krilla::page::PageSettings;
use krilla_svg::{SurfaceExt, SvgSettings};
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree, fontdb};

use crate::ReportError;
use crate::plot::{BOLD, Drawing, REGULAR};

/// Points per inch.
const POINTS: f64 = 72.0;

fn options() -> Options<'static> {
    static FONTS: OnceLock<Arc<fontdb::Database>> = OnceLock::new();
    let fonts = FONTS.get_or_init(|| {
        let mut database = fontdb::Database::new();
        database.load_font_data(REGULAR.to_vec());
        database.load_font_data(BOLD.to_vec());
        database.set_sans_serif_family("Arimo");
        Arc::new(database)
    });
    Options {
        fontdb: Arc::clone(fonts),
        font_family: "Arimo".to_owned(),
        ..Options::default()
    }
}

fn tree(drawing: &Drawing) -> Result<Tree, ReportError> {
    Tree::from_str(&drawing.svg, &options()).map_err(|source| ReportError::Render {
        format: "SVG",
        problem: source.to_string(),
    })
}

fn failed(format: &'static str, problem: impl ToString) -> ReportError {
    ReportError::Render {
        format,
        problem: problem.to_string(),
    }
}

/// The drawing in pixels.
///
/// # Errors
/// Drawings too large to be held.
pub fn pixels(drawing: &Drawing, dots_per_inch: f64) -> Result<Pixmap, ReportError> {
    let tree = tree(drawing)?;
    // A width in "pt" is one in pixels of 1/96 inch to the parser.
    let scale = dots_per_inch / POINTS * drawing.width_pt / f64::from(tree.size().width());
    let side = |points: f64| (points * dots_per_inch / POINTS).ceil().max(1.0) as u32;
    let mut pixels = Pixmap::new(side(drawing.width_pt), side(drawing.height_pt))
        .ok_or_else(|| failed("PNG", "the picture is too large"))?;
    let transform = Transform::from_scale(scale as f32, scale as f32);
    resvg::render(&tree, transform, &mut pixels.as_mut());
    Ok(pixels)
}

/// The drawing as PNG.
///
/// # Errors
/// Drawings that cannot be rendered.
pub fn png(drawing: &Drawing, dots_per_inch: f64) -> Result<Vec<u8>, ReportError> {
    let pixels = pixels(drawing, dots_per_inch)?;
    pixels.encode_png().map_err(|source| failed("PNG", source))
}

/// The drawing as PDF of one page, with text as text.
///
/// # Errors
/// Drawings that cannot be rendered.
pub fn pdf(drawing: &Drawing) -> Result<Vec<u8>, ReportError> {
    let tree = tree(drawing)?;
    let (width, height) = (drawing.width_pt as f32, drawing.height_pt as f32);
    let empty = || failed("PDF", "the page has no size");
    let page = PageSettings::from_wh(width, height).ok_or_else(empty)?;
    let size = Size::from_wh(width, height).ok_or_else(empty)?;
    let mut document = krilla::Document::new();
    let mut page = document.start_page_with(page);
    let mut surface = page.surface();
    surface
        .draw_svg(&tree, size, SvgSettings::default())
        .ok_or_else(|| failed("PDF", "the drawing cannot be placed"))?;
    surface.finish();
    page.finish();
    document
        .finish()
        .map_err(|source| failed("PDF", format!("{source:?}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::{Anchor, Canvas, SIZE, Weight, ink, rectangle, words};

    fn drawing() -> Drawing {
        let mut canvas = Canvas::new(72.0, 36.0);
        canvas.add(rectangle(0.0, 0.0, 36.0, 36.0, ink::BLUE));
        let place = (40.0, 20.0);
        canvas.add(words(
            "μθ",
            place,
            SIZE::LETTER,
            Anchor::Start,
            Weight::Bold,
            ink::BLACK,
        ));
        canvas.finish("test", "A test", "Half blue, half words")
    }

    #[test]
    fn pixels_are_where_they_were_drawn() {
        let pixels = pixels(&drawing(), 144.0).expect("a picture");
        assert_eq!((pixels.width(), pixels.height()), (144, 72));
        let at = |x, y| {
            let pixel = pixels.pixel(x, y).expect("inside");
            (pixel.red(), pixel.green(), pixel.blue())
        };
        assert_eq!(at(10, 10), (0x00, 0x72, 0xb2));
        assert_eq!(at(140, 5), (255, 255, 255));
        // The words are drawn: something right of the middle is dark.
        let dark = (80..120).any(|x| (20..60).any(|y| at(x, y).0 < 100));
        assert!(dark, "the embedded typeface was not found");
    }

    #[test]
    fn files_have_the_right_beginnings_and_the_same_bytes_every_time() {
        let drawing = drawing();
        let (png, pdf) = (
            png(&drawing, 96.0).expect("PNG"),
            super::pdf(&drawing).expect("PDF"),
        );
        assert_eq!(&png[1..4], b"PNG");
        assert_eq!(&pdf[..5], b"%PDF-");
        assert_eq!(pdf, super::pdf(&drawing).expect("PDF"));
    }
}
