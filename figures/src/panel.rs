//! A panel of series over two axes.

use serde::{Deserialize, Serialize};

use crate::{Axis, Direction, Marker, Series, Side};

/// Series and marker lines over an x axis and one or two y axes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Panel {
    pub(crate) title: String,
    pub(crate) x: Axis,
    pub(crate) y: Axis,
    pub(crate) right: Option<Axis>,
    pub(crate) series: Vec<Series>,
    pub(crate) markers: Vec<Marker>,
    /// Whether its legend stands in the panel, not above all panels.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) own_legend: bool,
}

impl Panel {
    /// A panel without series; the title may be empty.
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), ..Self::default() }
    }

    /// Sets the x axis.
    pub fn x(mut self, axis: Axis) -> Self {
        self.x = axis;
        self
    }

    /// Sets the y axis at the left edge.
    pub fn y(mut self, axis: Axis) -> Self {
        self.y = axis;
        self
    }

    /// Adds a y axis at the right edge for the series that are [`Series::on_right`].
    pub fn right(mut self, axis: Axis) -> Self {
        self.right = Some(axis);
        self
    }

    /// Puts the legend of this panel's series under its title; otherwise it stands above all panels.
    pub fn own_legend(mut self) -> Self {
        self.own_legend = true;
        self
    }

    /// Adds a series.
    pub fn series(mut self, series: Series) -> Self {
        self.series.push(series);
        self
    }

    /// Adds a vertical marker line at `x`.
    pub fn vertical(self, x: f64, label: impl Into<String>) -> Self {
        self.marker(Direction::Vertical, x, label.into())
    }

    /// Adds a horizontal marker line at `y` of the left axis.
    pub fn horizontal(self, y: f64, label: impl Into<String>) -> Self {
        self.marker(Direction::Horizontal, y, label.into())
    }

    fn marker(mut self, direction: Direction, at: f64, label: String) -> Self {
        self.markers.push(Marker { direction, at, label });
        self
    }

    /// The markers that run in one direction.
    pub(crate) fn markers(&self, direction: Direction) -> impl Iterator<Item = &Marker> {
        self.markers.iter().filter(move |marker| marker.direction == direction)
    }

    /// The axis that gives the heights of a series.
    pub(crate) fn axis_of(&self, series: &Series) -> &Axis {
        match series.side {
            Side::Left => &self.y,
            Side::Right => self.right.as_ref().unwrap_or(&self.y),
        }
    }
}
