//! Draws a checked description.
//!
//! `view` decides ranges and ticks, `layout` shares out the page, `frame` draws what surrounds the data, `curves` and
//! `cells` draw the data. Plotters measures text and writes the SVG; resvg turns that same SVG into the PNG.

mod canvas;
mod cells;
mod clip;
mod curves;
mod font;
mod frame;
mod header;
mod layout;
mod legend;
mod look;
mod plan;
mod raster;
mod spread;
mod view;

use crate::{Figure, Plot, Result};
use canvas::Canvas;

pub use font::{REGULAR, SEMI_BOLD, drawable};
pub use legend::Key;
pub(crate) use legend::Legend;
pub(crate) use raster::png;

/// The picture as SVG.
pub(crate) fn svg(figure: &Figure) -> Result<String> {
    let legend = Legend::of(figure);
    let size = figure.size.unwrap_or_else(|| layout::natural_size(figure));
    canvas::document(figure, size, |canvas| draw(figure, &legend, canvas))
}

fn draw(figure: &Figure, legend: &Legend, canvas: &Canvas) -> Result<()> {
    let top = header::draw(figure, legend, canvas)?;
    let plans: Vec<_> =
        layout::cells(figure, canvas, top).map(|(plot, cell)| plan::of(plot, cell)).collect();
    let frames = layout::frames(figure, &plans, legend, canvas, top)?;
    for (i, ((plot, plan), frame)) in figure.panels.iter().zip(&plans).zip(&frames).enumerate() {
        frame::draw_behind(plan, frame, canvas)?;
        match plot {
            Plot::Panel(panel) => curves::draw(panel, plan, frame, legend, canvas)?,
            Plot::Heatmap(map) => cells::draw(map, plan, frame, canvas)?,
        }
        let strip = frame::draw_around(plan, frame, canvas)?;
        legend.draw_in(i, strip, canvas)?;
    }
    Ok(())
}
