//! Title, subtitle and legend at the top of the page.

use super::canvas::{Anchor, Canvas};
use super::legend::Legend;
use super::look::{MARGIN, SUBTITLE, TITLE, Text};
use crate::{Figure, Result};

/// Space between the header and the panels, and between title and legend.
const BELOW: f64 = 14.0;
const BETWEEN: f64 = 5.0;

/// Draws the header and returns where the panels start.
pub(super) fn draw(figure: &Figure, legend: &Legend, canvas: &Canvas) -> Result<f64> {
    let title = lines(&figure.title, TITLE, MARGIN, canvas)?;
    let subtitle = lines(&figure.subtitle, SUBTITLE, title, canvas)?;
    let between = if subtitle > MARGIN { BETWEEN } else { 0.0 };
    let strip = legend.draw(canvas, subtitle + between)?;
    Ok(if strip > MARGIN { strip + BELOW } else { strip })
}

/// Draws wrapped text below `top` and returns its lower edge.
fn lines(text: &str, look: Text, mut top: f64, canvas: &Canvas) -> Result<f64> {
    for line in canvas.wrap(text, look, canvas.width - 2.0 * MARGIN)? {
        canvas.text(&line, (MARGIN, top + look.size), look, Anchor::Start)?;
        top += look.line_height();
    }
    Ok(top)
}
