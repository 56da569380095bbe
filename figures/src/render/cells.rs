//! The cells of a heat map, its border line, its numbers and its colour bar.

use super::canvas::{Anchor, Canvas, Pen, Position, Rect};
use super::frame::right_axis;
use super::layout::Frame;
use super::look::{BAR_GAP, BAR_WIDTH, INK, NO_VALUE, PAPER, TICK, Text};
use super::plan::{FigurePlan, MapPlan};
use super::view::View;
use crate::{Heatmap, Result, TickFormat, viridis};

/// Cells overlap the next by this much, or the page would shine through between them.
const OVERLAP: f64 = 0.6;
/// The thickness of the border line with its dark edges.
const BORDER: f64 = 4.6;
const BAR_STEPS: usize = 128;

/// The places of the borders between cells.
struct Grid {
    columns: Vec<f64>,
    rows: Vec<f64>,
}

pub(super) fn draw(map: &Heatmap, plan: &FigurePlan, frame: &Frame, canvas: &Canvas) -> Result<()> {
    let Some(cells) = &plan.map else { return Ok(()) };
    let grid = Grid::of(plan, cells, frame.plot);
    fill(map, &cells.bar, &grid, canvas)?;
    if let Some(level) = map.contour {
        // A cell without a value has no border.
        let differ = |a: f64, b: f64| !a.is_nan() && !b.is_nan() && (a < level) != (b < level);
        outline(&grid.border(&map.values, differ), canvas)?;
    }
    outline(&grid.border(&map.outlined, |a: bool, b: bool| a != b), canvas)?;
    if let Some(format) = map.numbers {
        numbers(map, &cells.bar, &grid, format, canvas)?;
    }
    color_bar(map, &cells.bar, frame.plot, canvas)
}

impl Grid {
    fn of(plan: &FigurePlan, map: &MapPlan, plot: Rect) -> Self {
        let inside = |v: f64, low: f64, high: f64| v.clamp(low, high);
        let x =
            |&edge: &f64| inside(plan.x.place(edge, plot.left, plot.right), plot.left, plot.right);
        let y =
            |&edge: &f64| inside(plan.y.place(edge, plot.bottom, plot.top), plot.top, plot.bottom);
        Self {
            columns: map.column_edges.iter().map(x).collect(),
            rows: map.row_edges.iter().map(y).collect(),
        }
    }

    /// The rectangle of a cell; rows go up.
    fn cell(&self, row: usize, column: usize) -> Rect {
        let (left, right) = (self.columns[column], self.columns[column + 1]);
        Rect { left, top: self.rows[row + 1], right, bottom: self.rows[row] }
    }

    /// A corner moved inwards, so that the thick border does not reach over the edge of the map.
    fn inset(&self, (x, y): Position) -> Position {
        let within = |v: f64, edges: &[f64]| {
            let (a, b) = (edges[0], edges[edges.len() - 1]);
            v.max(a.min(b) + BORDER / 2.0).min(a.max(b) - BORDER / 2.0)
        };
        (within(x, &self.columns), within(y, &self.rows))
    }

    /// The sides between neighbouring cells that `differ`.
    fn border<T: Copy>(
        &self,
        cells: &[Vec<T>],
        differ: impl Fn(T, T) -> bool,
    ) -> Vec<[Position; 2]> {
        let mut sides = Vec::new();
        for (r, row) in cells.iter().enumerate() {
            for (c, &value) in row.iter().enumerate() {
                let cell = self.cell(r, c);
                let mut side = |from: Position, to: Position| {
                    sides.push([from, to].map(|at| self.inset(at)));
                };
                if c > 0 && differ(value, row[c - 1]) {
                    side((cell.left, cell.bottom), (cell.left, cell.top));
                }
                if r > 0 && differ(value, cells[r - 1][c]) {
                    side((cell.left, cell.bottom), (cell.right, cell.bottom));
                }
            }
        }
        sides
    }
}

fn fill(map: &Heatmap, bar: &View, grid: &Grid, canvas: &Canvas) -> Result<()> {
    for (r, row) in map.values.iter().enumerate() {
        for (c, &value) in row.iter().enumerate() {
            let cell = grid.cell(r, c);
            let overlap = |next: bool| if next { OVERLAP } else { 0.0 };
            let right = cell.right + overlap(c + 1 < row.len());
            let top = cell.top - overlap(r + 1 < map.values.len());
            let color = if value.is_nan() { NO_VALUE } else { viridis(bar.fraction(value)) };
            canvas.rect(Rect { right, top, ..cell }, color, 1.0)?;
        }
    }
    Ok(())
}

/// A white line in a dark one is seen on every colour.
fn outline(sides: &[[Position; 2]], canvas: &Canvas) -> Result<()> {
    for pen in [Pen::solid(INK, BORDER), Pen::solid(PAPER, 2.4)] {
        sides.iter().try_for_each(|side| canvas.line(side, pen))?;
    }
    Ok(())
}

fn numbers(
    map: &Heatmap,
    bar: &View,
    grid: &Grid,
    format: TickFormat,
    canvas: &Canvas,
) -> Result<()> {
    let written = |value: f64| format.all(&[value], false).concat();
    let look = fitting(map, grid, written, canvas)?;
    for (r, row) in map.values.iter().enumerate() {
        for (c, &value) in row.iter().enumerate().filter(|(_, value)| !value.is_nan()) {
            let cell = grid.cell(r, c);
            let centre = (
                (cell.left + cell.right) / 2.0,
                (cell.top + cell.bottom) / 2.0 + look.half_height(),
            );
            let color = if viridis(bar.fraction(value)).luma() < 0.5 { PAPER } else { INK };
            canvas.text(&written(value), centre, Text { color, ..look }, Anchor::Middle)?;
        }
    }
    Ok(())
}

/// The text of ticks, smaller where a number would not fit its cell.
fn fitting(
    map: &Heatmap,
    grid: &Grid,
    written: impl Fn(f64) -> String,
    canvas: &Canvas,
) -> Result<Text> {
    let mut scale = 1.0_f64;
    for (r, row) in map.values.iter().enumerate() {
        for (c, &value) in row.iter().enumerate().filter(|(_, value)| !value.is_nan()) {
            let (cell, width) = (grid.cell(r, c), canvas.text_width(&written(value), TICK)?);
            scale = scale.min(0.86 * cell.width() / width).min(0.8 * cell.height() / TICK.size);
        }
    }
    Ok(Text { size: (TICK.size * scale).max(1.0), ..TICK })
}

fn color_bar(map: &Heatmap, bar: &View, plot: Rect, canvas: &Canvas) -> Result<()> {
    let left = plot.right + BAR_GAP;
    let right = left + BAR_WIDTH;
    let at = |step: usize| plot.bottom - plot.height() * step as f64 / BAR_STEPS as f64;
    for step in 0..BAR_STEPS {
        let top = (at(step + 1) - OVERLAP).max(plot.top);
        let color = viridis((step as f64 + 0.5) / BAR_STEPS as f64);
        canvas.rect(Rect { left, right, top, bottom: at(step) }, color, 1.0)?;
    }
    if let Some(level) = map.contour {
        let y = bar.place(level, plot.bottom, plot.top);
        outline(&[[(left, y), (right, y)]], canvas)?;
    }
    right_axis(bar, plot, right, canvas)
}
