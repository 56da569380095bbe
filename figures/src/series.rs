//! One labelled set of points of a panel.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Color, gaps};

/// What is drawn through the points of a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// A line from point to point.
    Line,
    /// A line that keeps each value until the next point.
    Step,
    /// The area between the line and zero (or the lower edge where zero has no place).
    Area,
    /// A dot at each point.
    Points,
}

/// The dash pattern of a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dash {
    /// No gaps.
    #[default]
    Solid,
    /// Long strokes.
    Dashed,
    /// Short strokes.
    Dotted,
}

impl fmt::Display for Dash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Solid => "solid",
            Self::Dashed => "dashed",
            Self::Dotted => "dotted",
        })
    }
}

/// The axis that gives the heights of a series.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The axis at the left edge.
    #[default]
    Left,
    /// The axis at the right edge, see [`Panel::right`](crate::Panel::right).
    Right,
}

/// The interval around each point of a series.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Band {
    #[serde(with = "gaps")]
    pub(crate) low: Vec<f64>,
    #[serde(with = "gaps")]
    pub(crate) high: Vec<f64>,
}

/// A labelled series: points `(x, y)`, and perhaps an interval `low..=high` around each.
///
/// NaN in `y`, `low` or `high` is a gap. Series with the same label, in one panel or in several, share one legend
/// entry and one colour; an empty label keeps a series out of the legend.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Series {
    pub(crate) label: String,
    pub(crate) shape: Shape,
    pub(crate) x: Vec<f64>,
    #[serde(with = "gaps")]
    pub(crate) y: Vec<f64>,
    pub(crate) band: Option<Band>,
    pub(crate) color: Option<Color>,
    pub(crate) dash: Option<Dash>,
    pub(crate) dots: bool,
    pub(crate) side: Side,
}

impl Series {
    /// A line through the points.
    pub fn line(label: impl Into<String>, x: impl Into<Vec<f64>>, y: impl Into<Vec<f64>>) -> Self {
        Self::new(Shape::Line, label.into(), x.into(), y.into())
    }

    /// A staircase that keeps each value until the next point.
    pub fn step(label: impl Into<String>, x: impl Into<Vec<f64>>, y: impl Into<Vec<f64>>) -> Self {
        Self::new(Shape::Step, label.into(), x.into(), y.into())
    }

    /// A filled area under the points.
    pub fn area(label: impl Into<String>, x: impl Into<Vec<f64>>, y: impl Into<Vec<f64>>) -> Self {
        Self::new(Shape::Area, label.into(), x.into(), y.into())
    }

    /// A cloud of dots.
    pub fn points(
        label: impl Into<String>,
        x: impl Into<Vec<f64>>,
        y: impl Into<Vec<f64>>,
    ) -> Self {
        Self::new(Shape::Points, label.into(), x.into(), y.into())
    }

    /// The empirical distribution function of `samples`: at each sample, the fraction of samples up to it.
    ///
    /// The staircase starts with fraction 0 at the smallest sample.
    pub fn ecdf(label: impl Into<String>, samples: impl Into<Vec<f64>>) -> Self {
        let mut x: Vec<f64> = samples.into();
        x.sort_by(f64::total_cmp);
        let count = x.len();
        let mut y: Vec<f64> = (0..=count).map(|rank| rank as f64 / count as f64).collect();
        match x.first() {
            Some(&smallest) => x.insert(0, smallest),
            None => y.clear(),
        }
        Self::step(label, x, y)
    }

    fn new(shape: Shape, label: String, x: Vec<f64>, y: Vec<f64>) -> Self {
        Self {
            label,
            shape,
            x,
            y,
            band: None,
            color: None,
            dash: None,
            dots: false,
            side: Side::Left,
        }
    }

    /// Shades the interval `low..=high` around each point.
    pub fn band(mut self, low: impl Into<Vec<f64>>, high: impl Into<Vec<f64>>) -> Self {
        self.band = Some(Band { low: low.into(), high: high.into() });
        self
    }

    /// Sets the colour; without it, series take the colours of [`Color::palette`] in the order of the legend.
    pub fn color(mut self, color: Color) -> Self {
        self.color = Some(color);
        self
    }

    /// Sets the dash pattern.
    pub fn dash(mut self, dash: Dash) -> Self {
        self.dash = Some(dash);
        self
    }

    /// Marks each point of a line with a dot.
    pub fn dots(mut self) -> Self {
        self.dots = true;
        self
    }

    /// Reads the heights on the right axis, see [`Panel::right`](crate::Panel::right).
    pub fn on_right(mut self) -> Self {
        self.side = Side::Right;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ecdf_climbs_from_zero_to_one_at_the_sorted_samples() {
        let series = Series::ecdf("ratio", [3.0, 1.0, 1.0, 2.0]);
        assert_eq!(series.x, [1.0, 1.0, 1.0, 2.0, 3.0]);
        assert_eq!(series.y, [0.0, 0.25, 0.5, 0.75, 1.0]);
    }

    #[test]
    fn an_ecdf_of_nothing_has_no_points() {
        let series = Series::ecdf("ratio", []);
        assert!(series.x.is_empty() && series.y.is_empty());
    }
}
