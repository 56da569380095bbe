//! Everything about a panel that must be known before layout.

use super::canvas::Rect;
use super::view::{Padding, View};
use crate::{Direction, Heatmap, Marker, Panel, Plot, Scale, Series, Shape, Side};

/// The least number of pixels that a tick with its label should have along either axis.
const PIXELS_PER_TICK: (f64, f64) = (64.0, 44.0);
/// What axis labels, titles and tick labels take away from a cell, roughly.
const SURROUNDINGS: (f64, f64) = (110.0, 120.0);

/// A panel with decided axes.
pub(super) struct FigurePlan<'a> {
    pub(super) title: &'a str,
    pub(super) x: View,
    pub(super) y: View,
    pub(super) right: Option<View>,
    pub(super) markers: &'a [Marker],
    pub(super) map: Option<MapPlan>,
}

/// What only a heat map has.
pub(super) struct MapPlan {
    pub(super) bar: View,
    pub(super) column_edges: Vec<f64>,
    pub(super) row_edges: Vec<f64>,
}

impl FigurePlan<'_> {
    /// The markers of one direction that have a label, in the order of their places.
    pub(super) fn labelled(&self, direction: Direction) -> Vec<&Marker> {
        let labelled = |m: &&Marker| m.direction == direction && !m.label.is_empty();
        let mut markers: Vec<_> = self.markers.iter().filter(labelled).collect();
        markers.sort_by(|a, b| a.at.total_cmp(&b.at));
        markers
    }
}

/// The plan of a panel that may fill `cell`.
pub(super) fn of(plot: &Plot, cell: Rect) -> FigurePlan<'_> {
    let ticks = |length: f64, around: f64, each: f64| ((length - around) / each).max(2.0) as usize;
    let columns = ticks(cell.width(), SURROUNDINGS.0, PIXELS_PER_TICK.0);
    let rows = ticks(cell.height(), SURROUNDINGS.1, PIXELS_PER_TICK.1);
    match plot {
        Plot::Panel(panel) => of_panel(panel, columns, rows),
        Plot::Heatmap(map) => of_heatmap(map, columns, rows),
    }
}

fn of_panel(panel: &Panel, columns: usize, rows: usize) -> FigurePlan<'_> {
    let dotted = panel.series.iter().any(|s| s.shape == Shape::Points || s.dots);
    let xs = panel.series.iter().flat_map(|s| s.x.iter().copied());
    let xs = xs.chain(panel.markers(Direction::Vertical).map(|m| m.at));
    let left = heights(panel, Side::Left).chain(panel.markers(Direction::Horizontal).map(|m| m.at));
    let right = panel.right.as_ref();
    FigurePlan {
        title: &panel.title,
        x: View::new(&panel.x, xs, Padding(if dotted { 0.03 } else { 0.0 }), columns),
        y: View::new(&panel.y, left, Padding(0.05), rows),
        right: right.map(|axis| View::new(axis, heights(panel, Side::Right), Padding(0.05), rows)),
        markers: &panel.markers,
        map: None,
    }
}

fn of_heatmap(map: &Heatmap, columns: usize, rows: usize) -> FigurePlan<'_> {
    let (x, column_edges) = View::of_cells(&map.x, &map.columns, columns);
    let (y, row_edges) = View::of_cells(&map.y, &map.rows, rows);
    let values = map.values.iter().flatten().copied().chain(map.contour);
    let bar = View::new(&map.value, values, Padding(0.0), rows);
    let bar = map.contour.into_iter().fold(bar, View::with_tick);
    FigurePlan {
        title: &map.title,
        x,
        y,
        right: None,
        markers: &[],
        map: Some(MapPlan { bar, column_edges, row_edges }),
    }
}

/// All heights that the series of one side reach.
fn heights(panel: &Panel, side: Side) -> impl Iterator<Item = f64> {
    panel.series.iter().filter(move |s| s.side == side).flat_map(|series| {
        let band = series.band.iter().flat_map(|band| band.low.iter().chain(&band.high));
        let floor = fills_from_zero(panel, series).then_some(0.0);
        series.y.iter().chain(band).copied().chain(floor)
    })
}

fn fills_from_zero(panel: &Panel, series: &Series) -> bool {
    series.shape == Shape::Area && !matches!(panel.axis_of(series).scale, Scale::Log { .. })
}
