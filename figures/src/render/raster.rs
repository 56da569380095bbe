//! The SVG as pixels.

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree};

use super::font::FONTS;
use crate::{Figure, Result};

/// Renders the SVG of a figure with the bundled font.
pub(crate) fn png(figure: &Figure, svg: &str, scale: f64) -> Result<Vec<u8>> {
    let options = Options { fontdb: FONTS.clone(), ..Options::default() };
    let tree = Tree::from_str(svg, &options).map_err(|error| figure.draw_error(error))?;
    let pixels = |length: f32| (f64::from(length) * scale).round() as u32;
    let (width, height) = (pixels(tree.size().width()), pixels(tree.size().height()));
    let too_large = || {
        figure.draw_error(format!(
            "no memory for {width} × {height} pixels; lower the scale or the size"
        ))
    };
    let mut pixmap = Pixmap::new(width, height).ok_or_else(too_large)?;
    resvg::render(&tree, Transform::from_scale(scale as f32, scale as f32), &mut pixmap.as_mut());
    pixmap.encode_png().map_err(|error| figure.draw_error(error))
}
