//! An axis with everything decided: its range, its ticks and their labels.

use crate::ticks::ticks;
use crate::{Axis, Cells, Scale, TickFormat};

/// A tick and its label.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tick {
    pub(super) at: f64,
    pub(super) label: String,
}

/// A decided axis.
#[derive(Clone, Debug)]
pub(super) struct View {
    pub(super) label: String,
    pub(super) ticks: Vec<Tick>,
    scale: Scale,
    format: TickFormat,
    /// The ends of the axis, as positions on the scale.
    low: f64,
    high: f64,
}

/// How much longer than the data an axis is at each end, as a fraction of the data's length.
#[derive(Clone, Copy)]
pub(super) struct Padding(pub(super) f64);

impl View {
    /// The view of `axis` on `values`, with about `wanted` ticks.
    pub(super) fn new(
        axis: &Axis,
        values: impl Iterator<Item = f64>,
        padding: Padding,
        wanted: usize,
    ) -> Self {
        let (low, high) = axis.range.unwrap_or_else(|| padded(axis.scale, values, padding));
        let at = axis.ticks.clone().unwrap_or_else(|| ticks(axis.scale, low, high, wanted));
        let (low, high) = (axis.scale.forward(low), axis.scale.forward(high));
        let view = Self {
            label: axis.label.clone(),
            ticks: vec![],
            scale: axis.scale,
            format: axis.format,
            low,
            high,
        };
        view.with_ticks(at, axis.scale == Scale::Linear && axis.ticks.is_none())
    }

    /// The view of an axis whose cells are `cells`, and the `cells + 1` edges between them.
    pub(super) fn of_cells(axis: &Axis, cells: &Cells, wanted: usize) -> (Self, Vec<f64>) {
        match cells {
            Cells::Categories(names) => Self::of_names(axis, names),
            Cells::Centres(centres) => Self::of_centres(axis, centres, wanted),
        }
    }

    fn of_names(axis: &Axis, names: &[String]) -> (Self, Vec<f64>) {
        let tick = |(i, name): (usize, &String)| Tick { at: i as f64 + 0.5, label: name.clone() };
        let ticks = names.iter().enumerate().map(tick).collect();
        let edges = (0..=names.len()).map(|i| i as f64).collect();
        let view = Self {
            label: axis.label.clone(),
            ticks,
            scale: Scale::Linear,
            format: axis.format,
            low: 0.0,
            high: names.len() as f64,
        };
        (view, edges)
    }

    fn of_centres(axis: &Axis, centres: &[f64], wanted: usize) -> (Self, Vec<f64>) {
        let edges = edges(axis.scale, centres);
        let range = (edges[0], edges[edges.len() - 1]);
        let axis = Axis { range: Some(range), ..axis.clone() };
        (Self::new(&axis, centres.iter().copied(), Padding(0.0), wanted), edges)
    }

    /// The place of `value` between the lower (0) and the upper end (1) of the axis.
    pub(super) fn fraction(&self, value: f64) -> f64 {
        (self.scale.forward(value) - self.low) / (self.high - self.low)
    }

    /// The place of `value` on an axis drawn from pixel `start` to pixel `end`.
    pub(super) fn place(&self, value: f64, start: f64, end: f64) -> f64 {
        // Far outside, any place will do, but plotters counts in 32 bits.
        start + self.fraction(value).clamp(-1e3, 1e3) * (end - start)
    }

    /// The view with those ticks that lie inside, an edge that rounding has moved included.
    fn with_ticks(mut self, at: Vec<f64>, aligned: bool) -> Self {
        let inside = |v: &f64| (-1e-9..=1.0 + 1e-9).contains(&self.fraction(*v));
        let at: Vec<f64> = at.into_iter().filter(inside).collect();
        let labels = self.format.all(&at, aligned);
        self.ticks = at.into_iter().zip(labels).map(|(at, label)| Tick { at, label }).collect();
        self
    }

    /// The view with a further tick; ticks too near to it give way.
    pub(super) fn with_tick(mut self, at: f64) -> Self {
        let place = self.fraction(at);
        let near = |tick: &Tick| (self.fraction(tick.at) - place).abs() <= 0.06;
        let far: Vec<Tick> = self.ticks.iter().filter(|tick| !near(tick)).cloned().collect();
        let label = self.format.all(&[at], false).concat();
        self.ticks = far.into_iter().chain([Tick { at, label }]).collect();
        self.ticks.sort_by(|a, b| a.at.total_cmp(&b.at));
        self
    }

    /// Whether zero lies inside the axis and not at an end.
    pub(super) fn crosses_zero(&self) -> bool {
        !matches!(self.scale, Scale::Log { .. }) && self.low < 0.0 && self.high > 0.0
    }

    /// Where an area ends: at zero, or at the nearer end of the axis.
    pub(super) fn floor(&self) -> f64 {
        let zero = if matches!(self.scale, Scale::Log { .. }) { f64::NEG_INFINITY } else { 0.0 };
        self.scale.inverse(zero.clamp(self.low, self.high))
    }
}

/// The range of the values, a little longer at each end; an axis that starts near zero starts at zero.
fn padded(
    scale: Scale,
    values: impl Iterator<Item = f64>,
    Padding(padding): Padding,
) -> (f64, f64) {
    let finite = values.filter(|v| v.is_finite()).map(|v| scale.forward(v));
    let (low, high) =
        finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
    let (low, high) = if low < high { (low, high) } else { around(scale, low) };
    let extra = (high - low) * padding;
    let crosses_zero = scale == Scale::Linear && low >= 0.0 && low < extra;
    (scale.inverse(if crosses_zero { 0.0 } else { low - extra }), scale.inverse(high + extra))
}

/// A range around a single position.
fn around(scale: Scale, position: f64) -> (f64, f64) {
    let half = if scale == Scale::Linear && position != 0.0 { position.abs() * 0.1 } else { 0.5 };
    (position - half, position + half)
}

/// The borders of cells: half-way on the scale, and as far beyond the first and last centre as before them.
fn edges(scale: Scale, centres: &[f64]) -> Vec<f64> {
    let at: Vec<f64> = centres.iter().map(|&c| scale.forward(c)).collect();
    let (first, last) = match at[..] {
        [only] => around(scale, only),
        _ => (1.5 * at[0] - 0.5 * at[1], 1.5 * at[at.len() - 1] - 0.5 * at[at.len() - 2]),
    };
    let between = at.windows(2).map(|pair| (pair[0] + pair[1]) / 2.0);
    [first]
        .into_iter()
        .chain(between)
        .chain([last])
        .map(|position| scale.inverse(position))
        .collect()
}
