//! Page layout: a grid of cells, and in each cell the plot area and its surroundings.

use super::canvas::{Canvas, Rect};
use super::legend::Legend;
use super::look::{
    AXIS_LABEL, BAR_GAP, BAR_WIDTH, LABEL_GAP, MARGIN, MARKER_LABEL, PANEL_TITLE, TICK, TICK_GAP,
    Text,
};
use super::plan::FigurePlan;
use super::view::View;
use crate::{Direction, Figure, Plot, Result};

/// Space between neighbouring panels.
const GUTTER: (f64, f64) = (26.0, 22.0);
/// A plot area is never smaller than this, however small the page.
const LEAST: f64 = 20.0;

/// A panel's share of the page.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    /// The panel with all its text.
    pub(super) cell: Rect,
    /// The area of the data.
    pub(super) plot: Rect,
}

/// The space around a plot area.
#[derive(Clone, Copy, Default)]
struct Insets {
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
}

impl Insets {
    fn max(self, other: Self) -> Self {
        Self {
            left: self.left.max(other.left),
            right: self.right.max(other.right),
            top: self.top.max(other.top),
            bottom: self.bottom.max(other.bottom),
        }
    }
}

/// The size of a figure that names none.
pub(super) fn natural_size(figure: &Figure) -> (u32, u32) {
    let columns = figure.column_count();
    let rows = figure.panels.len().div_ceil(columns);
    match (columns, rows) {
        (1, 1) => (760, 520),
        (1, rows) => (760, 100 + 380 * rows as u32),
        (columns, rows) => (430 * columns as u32, 110 + 350 * rows as u32),
    }
}

/// The cells of the panels below `top`, row by row.
pub(super) fn cells<'a>(
    figure: &'a Figure,
    canvas: &Canvas,
    top: f64,
) -> impl Iterator<Item = (&'a Plot, Rect)> {
    let columns = figure.column_count();
    let rows = figure.panels.len().div_ceil(columns);
    let share = |length: f64, count: usize, gutter: f64| {
        (length - gutter * (count - 1) as f64) / count as f64
    };
    let width = share(canvas.width - 2.0 * MARGIN, columns, GUTTER.0);
    let height = share(canvas.height - MARGIN - top, rows, GUTTER.1).max(LEAST);
    figure.panels.iter().enumerate().map(move |(i, plot)| {
        let left = MARGIN + (i % columns) as f64 * (width + GUTTER.0);
        let top = top + (i / columns) as f64 * (height + GUTTER.1);
        (plot, Rect { left, top, right: left + width, bottom: top + height })
    })
}

/// The frames of all panels; plot areas in one row or column of the page are in line.
pub(super) fn frames(
    figure: &Figure,
    plans: &[FigurePlan],
    legend: &Legend,
    canvas: &Canvas,
    top: f64,
) -> Result<Vec<Frame>> {
    let cells: Vec<Rect> = cells(figure, canvas, top).map(|(_, cell)| cell).collect();
    let mut insets = Vec::with_capacity(plans.len());
    for (i, (plan, cell)) in plans.iter().zip(&cells).enumerate() {
        let strip = legend.height_in(i, cell.width(), canvas)?;
        insets.push(self::insets(plan, *cell, strip, canvas)?);
    }
    let columns = figure.column_count();
    let widest = |same: &dyn Fn(usize) -> bool| {
        let members = insets.iter().enumerate().filter(|(i, _)| same(*i));
        members.fold(Insets::default(), |widest, (_, insets)| widest.max(*insets))
    };
    let frame = |(i, &cell): (usize, &Rect)| {
        let column = widest(&|other| other % columns == i % columns);
        let row = widest(&|other| other / columns == i / columns);
        Frame { cell, plot: inner(cell, Insets { top: row.top, bottom: row.bottom, ..column }) }
    };
    Ok(cells.iter().enumerate().map(frame).collect())
}

fn inner(cell: Rect, insets: Insets) -> Rect {
    // Edges on whole pixels are sharp.
    let (left, top) = ((cell.left + insets.left).round(), (cell.top + insets.top).round());
    let right = (cell.right - insets.right).round().max(left + LEAST);
    Rect { left, top, right, bottom: (cell.bottom - insets.bottom).round().max(top + LEAST) }
}

fn insets(plan: &FigurePlan, cell: Rect, strip: f64, canvas: &Canvas) -> Result<Insets> {
    let lines = |text: &str, look: Text, width: f64| -> Result<f64> {
        Ok(canvas.wrap(text, look, width)?.len() as f64 * look.line_height())
    };
    let no_marker = plan.labelled(Direction::Vertical).is_empty();
    let marker_row = if no_marker { 0.0 } else { MARKER_LABEL.line_height() + TICK_GAP };
    let top = lines(plan.title, PANEL_TITLE, cell.width())? + strip + TICK_GAP + marker_row;
    let bottom = TICK_GAP + TICK.line_height() + lines(&plan.x.label, AXIS_LABEL, cell.width())?;
    let height = cell.height() - top - bottom;
    let left = axis_width(&plan.y, height, canvas)?;
    Ok(Insets { left, right: right(plan, height, canvas)?, top, bottom })
}

/// The width of the labels of a vertical axis of this height.
pub(super) fn axis_width(view: &View, height: f64, canvas: &Canvas) -> Result<f64> {
    let label =
        canvas.wrap(&view.label, AXIS_LABEL, height)?.len() as f64 * AXIS_LABEL.line_height();
    Ok(tick_width(view, canvas)? + TICK_GAP + label)
}

/// The width of the widest tick label.
pub(super) fn tick_width(view: &View, canvas: &Canvas) -> Result<f64> {
    widest(view.ticks.iter().map(|tick| tick.label.as_str()), canvas)
}

/// Where the labels of horizontal markers start, right of the plot area.
pub(super) fn marker_offset(plan: &FigurePlan, height: f64, canvas: &Canvas) -> Result<f64> {
    let axis = plan.right.as_ref().map_or(Ok(0.0), |view| axis_width(view, height, canvas))?;
    Ok(axis + LABEL_GAP + TICK_GAP)
}

fn right(plan: &FigurePlan, height: f64, canvas: &Canvas) -> Result<f64> {
    let last = plan.x.ticks.last().map_or("", |tick| &tick.label);
    let overhang = canvas.text_width(last, TICK)? / 2.0;
    if let Some(map) = &plan.map {
        return Ok(overhang.max(BAR_GAP) + BAR_WIDTH + axis_width(&map.bar, height, canvas)?);
    }
    let markers = plan.labelled(Direction::Horizontal);
    let labels = widest(markers.iter().map(|marker| marker.label.as_str()), canvas)?;
    let labels = if labels > 0.0 { labels + marker_offset(plan, height, canvas)? } else { 0.0 };
    let axis = plan.right.as_ref().map_or(Ok(0.0), |view| axis_width(view, height, canvas))?;
    Ok(labels.max(axis).max(overhang))
}

fn widest<'a>(labels: impl Iterator<Item = &'a str>, canvas: &Canvas) -> Result<f64> {
    labels
        .map(|label| canvas.text_width(label, TICK))
        .try_fold(0.0, |widest: f64, width| Ok(widest.max(width?)))
}
