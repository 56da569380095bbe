//! The surroundings of a panel's data: grid, ticks, labels, title and markers.

use super::canvas::{Anchor, Canvas, Pen, Rect};
use super::layout::{Frame, axis_width, marker_offset, tick_width};
use super::look::{
    AXIS_LABEL, GRID, HAIRLINE, LABEL_GAP, MARKER, MARKER_LABEL, MARKER_LINE, PANEL_TITLE, SPINE,
    TICK, TICK_GAP,
};
use super::plan::FigurePlan;
use super::spread::spread;
use super::view::{Tick, View};
use crate::{Dash, Direction, Result};

/// Draws what lies under the data: the grid and the marker lines. A heat map has neither.
pub(super) fn draw_behind(plan: &FigurePlan, frame: &Frame, canvas: &Canvas) -> Result<()> {
    if plan.map.is_some() {
        return Ok(());
    }
    let plot = frame.plot;
    for tick in &plan.x.ticks {
        vertical(&plan.x, tick.at, plot, Pen::solid(GRID, HAIRLINE), canvas)?;
    }
    for tick in &plan.y.ticks {
        horizontal(&plan.y, tick.at, plot, Pen::solid(GRID, HAIRLINE), canvas)?;
    }
    if plan.y.crosses_zero() {
        horizontal(&plan.y, 0.0, plot, Pen::solid(SPINE, HAIRLINE), canvas)?;
    }
    let pen = Pen { color: MARKER, width: MARKER_LINE, dash: Dash::Dashed };
    for marker in plan.markers {
        match marker.direction {
            Direction::Vertical => vertical(&plan.x, marker.at, plot, pen, canvas)?,
            Direction::Horizontal => horizontal(&plan.y, marker.at, plot, pen, canvas)?,
        }
    }
    Ok(())
}

/// Draws what lies around the data, and returns where the panel's own legend starts.
pub(super) fn draw_around(plan: &FigurePlan, frame: &Frame, canvas: &Canvas) -> Result<Rect> {
    let plot = frame.plot;
    if plan.map.is_none() {
        canvas.line(
            &[(plot.left, plot.bottom), (plot.right, plot.bottom)],
            Pen::solid(SPINE, HAIRLINE),
        )?;
    }
    let mut top = frame.cell.top;
    for (i, line) in canvas.wrap(plan.title, PANEL_TITLE, frame.cell.width())?.iter().enumerate() {
        top += PANEL_TITLE.line_height();
        let baseline = frame.cell.top + PANEL_TITLE.size + i as f64 * PANEL_TITLE.line_height();
        canvas.text(line, (plot.left, baseline), PANEL_TITLE, Anchor::Start)?;
    }
    bottom_axis(&plan.x, plot, frame.cell, canvas)?;
    left_axis(&plan.y, plot, canvas)?;
    if let Some(right) = &plan.right {
        right_axis(right, plot, plot.right, canvas)?;
    }
    labels_above(plan, plot, canvas)?;
    labels_beside(plan, plot, canvas)?;
    Ok(Rect { top, ..frame.cell })
}

fn vertical(view: &View, at: f64, plot: Rect, pen: Pen, canvas: &Canvas) -> Result<()> {
    let x = view.place(at, plot.left, plot.right);
    canvas.line(&[(x, plot.bottom), (x, plot.top)], pen)
}

fn horizontal(view: &View, at: f64, plot: Rect, pen: Pen, canvas: &Canvas) -> Result<()> {
    let y = view.place(at, plot.bottom, plot.top);
    canvas.line(&[(plot.left, y), (plot.right, y)], pen)
}

fn bottom_axis(view: &View, plot: Rect, cell: Rect, canvas: &Canvas) -> Result<()> {
    let widths: Result<Vec<f64>> =
        view.ticks.iter().map(|tick| canvas.text_width(&tick.label, TICK)).collect();
    let places: Vec<f64> =
        view.ticks.iter().map(|tick| view.place(tick.at, plot.left, plot.right)).collect();
    let stride = stride(&places, &widths?);
    let baseline = plot.bottom + TICK_GAP + TICK.size * 0.8;
    for (tick, &x) in view.ticks.iter().zip(&places).step_by(stride) {
        canvas.text(&tick.label, (x, baseline), TICK, Anchor::Middle)?;
    }
    let middle = (plot.left + plot.right) / 2.0;
    for (i, line) in canvas.wrap(&view.label, AXIS_LABEL, cell.width())?.iter().enumerate() {
        let baseline = baseline + (i + 1) as f64 * AXIS_LABEL.line_height() + 1.0;
        canvas.text(line, (middle, baseline), AXIS_LABEL, Anchor::Middle)?;
    }
    Ok(())
}

fn left_axis(view: &View, plot: Rect, canvas: &Canvas) -> Result<()> {
    for (tick, y) in upright(view, plot) {
        canvas.text(
            &tick.label,
            (plot.left - TICK_GAP, y + TICK.half_height()),
            TICK,
            Anchor::End,
        )?;
    }
    let outer = plot.left - axis_width(view, plot.height(), canvas)?;
    upward_label(view, outer, plot, canvas)
}

/// The labels of an axis right of `edge`; the colour bar has one too.
pub(super) fn right_axis(view: &View, plot: Rect, edge: f64, canvas: &Canvas) -> Result<()> {
    for (tick, y) in upright(view, plot) {
        canvas.text(&tick.label, (edge + TICK_GAP, y + TICK.half_height()), TICK, Anchor::Start)?;
    }
    let inner = edge + TICK_GAP + tick_width(view, canvas)? + 4.0;
    upward_label(view, inner, plot, canvas)
}

/// The axis label in lines that run upwards, right of `left`.
fn upward_label(view: &View, left: f64, plot: Rect, canvas: &Canvas) -> Result<()> {
    let middle = (plot.top + plot.bottom) / 2.0;
    for (i, line) in canvas.wrap(&view.label, AXIS_LABEL, plot.height())?.iter().enumerate() {
        let baseline = left + AXIS_LABEL.size * 0.8 + i as f64 * AXIS_LABEL.line_height();
        canvas.text_up(line, (baseline, middle), AXIS_LABEL)?;
    }
    Ok(())
}

/// The ticks of a vertical axis whose labels have room, and their y.
fn upright(view: &View, plot: Rect) -> impl Iterator<Item = (&Tick, f64)> {
    let places: Vec<f64> =
        view.ticks.iter().map(|tick| view.place(tick.at, plot.bottom, plot.top)).collect();
    // Lines of numbers may stand closer than numbers in a line.
    let heights = vec![TICK.size - LABEL_GAP * 0.6; places.len()];
    let stride = stride(&places, &heights);
    view.ticks.iter().zip(places).step_by(stride)
}

/// The smallest step through the labels at which none touches the next.
fn stride(places: &[f64], sizes: &[f64]) -> usize {
    let apart = |i: usize, j: usize| {
        (places[i] - places[j]).abs() >= (sizes[i] + sizes[j]) / 2.0 + LABEL_GAP
    };
    let fits =
        |stride: &usize| (*stride..places.len()).step_by(*stride).all(|i| apart(i, i - stride));
    (1..places.len()).find(fits).unwrap_or(places.len().max(1))
}

/// The labels of vertical markers, in one row above the plot area, each tied to its line.
fn labels_above(plan: &FigurePlan, plot: Rect, canvas: &Canvas) -> Result<()> {
    let markers = plan.labelled(Direction::Vertical);
    let lines: Vec<f64> =
        markers.iter().map(|m| plan.x.place(m.at, plot.left, plot.right)).collect();
    let widths: Result<Vec<f64>> =
        markers.iter().map(|m| canvas.text_width(&m.label, MARKER_LABEL)).collect();
    let centres = spread(&lines, &widths?, LABEL_GAP, plot.left, plot.right);
    let (tie, baseline) = (plot.top - TICK_GAP, plot.top - TICK_GAP - 6.0);
    for ((marker, line), centre) in markers.into_iter().zip(lines).zip(centres) {
        canvas.line(&[(line, plot.top), (centre, tie)], Pen::solid(MARKER, HAIRLINE))?;
        canvas.text(&marker.label, (centre, baseline), MARKER_LABEL, Anchor::Middle)?;
    }
    Ok(())
}

/// The labels of horizontal markers, right of everything else, each tied to its line.
fn labels_beside(plan: &FigurePlan, plot: Rect, canvas: &Canvas) -> Result<()> {
    let mut markers = plan.labelled(Direction::Horizontal);
    markers.reverse();
    let lines: Vec<f64> =
        markers.iter().map(|m| plan.y.place(m.at, plot.bottom, plot.top)).collect();
    let heights = vec![MARKER_LABEL.size; markers.len()];
    let centres = spread(&lines, &heights, 3.0, plot.top, plot.bottom);
    let left = plot.right + marker_offset(plan, plot.height(), canvas)?;
    for ((marker, line), centre) in markers.into_iter().zip(lines).zip(centres) {
        if plan.right.is_none() {
            canvas
                .line(&[(plot.right, line), (left - 4.0, centre)], Pen::solid(MARKER, HAIRLINE))?;
        }
        let baseline = centre + MARKER_LABEL.half_height();
        canvas.text(&marker.label, (left, baseline), MARKER_LABEL, Anchor::Start)?;
    }
    Ok(())
}
