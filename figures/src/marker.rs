//! A labelled line across a panel.

use serde::{Deserialize, Serialize};

/// The direction of a marker line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// From the lower to the upper edge, at one x.
    Vertical,
    /// From the left to the right edge, at one y of the left axis.
    Horizontal,
}

/// A dashed grey line with a label outside the plot area.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Marker {
    /// Which way the line runs.
    pub direction: Direction,
    /// Where it crosses the axis.
    pub at: f64,
    /// The text at its end; may be empty.
    pub label: String,
}
