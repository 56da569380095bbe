//! Areas, bands, lines and dots of a panel.

use super::canvas::{Canvas, Pen, Position, Rect};
use super::clip;
use super::layout::Frame;
use super::legend::Legend;
use super::look::{AREA_ALPHA, BAND_ALPHA, DOT, DOT_ALPHA, LINE};
use super::plan::FigurePlan;
use super::view::View;
use crate::{Panel, Result, Series, Shape, Side};

/// A series on its way to the page.
struct Curve<'a> {
    series: &'a Series,
    pen: Pen,
    x: &'a View,
    y: &'a View,
    plot: Rect,
}

/// Draws all series: filled shapes first, so that they cover no line.
pub(super) fn draw(
    panel: &Panel,
    plan: &FigurePlan,
    frame: &Frame,
    legend: &Legend,
    canvas: &Canvas,
) -> Result<()> {
    let curve = |series| {
        let (color, dash) = legend.look(series);
        let y = plan.right.as_ref().filter(|_| series.side == Side::Right).unwrap_or(&plan.y);
        Curve { series, pen: Pen { color, width: LINE, dash }, x: &plan.x, y, plot: frame.plot }
    };
    let curves: Vec<Curve> = panel.series.iter().map(curve).collect();
    curves.iter().try_for_each(|curve| curve.fill(canvas))?;
    curves.iter().try_for_each(|curve| curve.stroke(canvas))
}

impl Curve<'_> {
    fn fill(&self, canvas: &Canvas) -> Result<()> {
        if self.series.shape == Shape::Area {
            let floor = vec![self.y.floor(); self.series.y.len()];
            self.fill_between(&floor, &self.series.y, AREA_ALPHA, canvas)?;
        }
        match &self.series.band {
            Some(band) => self.fill_between(&band.low, &band.high, BAND_ALPHA, canvas),
            None => Ok(()),
        }
    }

    fn fill_between(&self, low: &[f64], high: &[f64], alpha: f64, canvas: &Canvas) -> Result<()> {
        // A gap in either edge is a gap of both.
        let gap = |v: f64, other: f64| if other.is_nan() { other } else { v };
        let lower: Vec<f64> = low.iter().zip(high).map(|(&l, &h)| gap(l, h)).collect();
        let upper: Vec<f64> = low.iter().zip(high).map(|(&l, &h)| gap(h, l)).collect();
        for (below, above) in self.runs(&lower).into_iter().zip(self.runs(&upper)) {
            let outline: Vec<Position> = above.into_iter().chain(below.into_iter().rev()).collect();
            canvas.polygon(&clip::polygon(&outline, self.plot), self.pen.color, alpha)?;
        }
        Ok(())
    }

    fn stroke(&self, canvas: &Canvas) -> Result<()> {
        let width = if self.series.shape == Shape::Area { LINE / 2.0 } else { LINE };
        for run in self.runs(&self.series.y) {
            if self.series.shape == Shape::Points || self.series.dots || run.len() == 1 {
                self.dots(&run, canvas)?;
            }
            if self.series.shape != Shape::Points {
                let parts = clip::line(&run, self.plot);
                parts.iter().try_for_each(|part| canvas.line(part, Pen { width, ..self.pen }))?;
            }
        }
        Ok(())
    }

    fn dots(&self, run: &[Position], canvas: &Canvas) -> Result<()> {
        let alpha = if self.series.shape == Shape::Points { DOT_ALPHA } else { 1.0 };
        let Rect { left, top, right, bottom } = self.plot;
        let inside = |(x, y): &&Position| (left..=right).contains(x) && (top..=bottom).contains(y);
        run.iter().filter(inside).try_for_each(|&at| canvas.dot(at, DOT, self.pen.color, alpha))
    }

    /// The places of the points, split at gaps.
    fn runs(&self, y: &[f64]) -> Vec<Vec<Position>> {
        let points: Vec<(f64, f64)> =
            self.series.x.iter().copied().zip(y.iter().copied()).collect();
        let runs = points.split(|(_, y)| y.is_nan()).filter(|run| !run.is_empty());
        let place = |&(x, y): &(f64, f64)| {
            (
                self.x.place(x, self.plot.left, self.plot.right),
                self.y.place(y, self.plot.bottom, self.plot.top),
            )
        };
        let placed = runs.map(|run| run.iter().map(place).collect());
        if self.series.shape == Shape::Step {
            placed.map(|run: Vec<_>| stairs(&run)).collect()
        } else {
            placed.collect()
        }
    }
}

/// A staircase that keeps each height until the next point.
fn stairs(points: &[Position]) -> Vec<Position> {
    let corners = points.windows(2).flat_map(|pair| [(pair[1].0, pair[0].1), pair[1]]);
    points.first().copied().into_iter().chain(corners).collect()
}
