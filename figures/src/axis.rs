//! One axis of a panel: its label, scale, range and ticks.

use serde::{Deserialize, Serialize};

use crate::TickFormat;

/// How values map to distances along an axis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Scale {
    /// Equal differences are equal distances.
    #[default]
    Linear,
    /// Equal ratios are equal distances; positive values only.
    Log {
        /// The ratio between neighbouring ticks, above 1.
        base: f64,
    },
    /// `sign(v)·ln(1 + |v|/linear)`: linear around zero, logarithmic far from it; for values that include zero.
    SymLog {
        /// The size of a value at which the scale turns from linear to logarithmic, above 0.
        linear: f64,
    },
}

impl Scale {
    /// The position of `value` on the scale, in the scale's units.
    pub(crate) fn forward(self, value: f64) -> f64 {
        match self {
            Self::Linear => value,
            Self::Log { .. } => value.ln(),
            Self::SymLog { linear } => (value.abs() / linear).ln_1p().copysign(value),
        }
    }

    /// The inverse of [`Scale::forward`].
    pub(crate) fn inverse(self, position: f64) -> f64 {
        match self {
            Self::Linear => position,
            Self::Log { .. } => position.exp(),
            Self::SymLog { linear } => (position.abs().exp_m1() * linear).copysign(position),
        }
    }
}

/// An axis. Whatever is not set is chosen from the data.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Axis {
    pub(crate) label: String,
    pub(crate) scale: Scale,
    pub(crate) range: Option<(f64, f64)>,
    pub(crate) ticks: Option<Vec<f64>>,
    pub(crate) format: TickFormat,
}

impl Axis {
    /// A linear axis.
    pub fn new(label: impl Into<String>) -> Self {
        Self { label: label.into(), ..Self::default() }
    }

    /// Makes the scale logarithmic with ticks at powers of ten.
    pub fn log(self) -> Self {
        self.scale(Scale::Log { base: 10.0 })
    }

    /// Makes the scale logarithmic with ticks at powers of two.
    pub fn log2(self) -> Self {
        self.scale(Scale::Log { base: 2.0 })
    }

    /// Makes the scale linear up to `linear` and logarithmic beyond, so that zero has a place.
    pub fn symlog(self, linear: f64) -> Self {
        self.scale(Scale::SymLog { linear })
    }

    /// Sets the scale.
    pub fn scale(mut self, scale: Scale) -> Self {
        self.scale = scale;
        self
    }

    /// Shows `low..=high`; what lies outside is cut off at the edge.
    pub fn range(mut self, low: f64, high: f64) -> Self {
        self.range = Some((low, high));
        self
    }

    /// Puts ticks at these values (those that lie in the range).
    pub fn ticks(mut self, ticks: impl Into<Vec<f64>>) -> Self {
        self.ticks = Some(ticks.into());
        self
    }

    /// Sets how ticks are written.
    pub fn format(mut self, format: TickFormat) -> Self {
        self.format = format;
        self
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_scale_can_be_undone(value in 1e-6_f64..1e6, linear in 1e-3_f64..1e3) {
            for scale in [Scale::Linear, Scale::Log { base: 2.0 }, Scale::SymLog { linear }] {
                let back = scale.inverse(scale.forward(value));
                prop_assert!((back / value - 1.0).abs() < 1e-9, "{scale:?}: {value} became {back}");
            }
        }

        #[test]
        fn symlog_is_odd_and_grows(value in 0.0_f64..1e6) {
            let scale = Scale::SymLog { linear: 1.0 };
            prop_assert_eq!(scale.forward(-value), -scale.forward(value));
            prop_assert!(scale.forward(value + 1.0) > scale.forward(value));
        }
    }

    #[test]
    fn symlog_keeps_zero_in_its_place() {
        assert_eq!(Scale::SymLog { linear: 2.0 }.forward(0.0), 0.0);
    }
}
