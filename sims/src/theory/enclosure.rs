//! A computed number with a bound on its rounding error.

use serde::Serialize;

/// Unit roundoff of `f64`, `u = 2⁻⁵³`: every operation returns `exact · (1 + δ)` with `|δ| ≤ u`.
///
/// The `exp`, `expm1`, `log` and `log1p` of `libm`, and the core's `exp`, are within one unit in the
/// last place, `2u`.
pub(crate) const UNIT: f64 = f64::EPSILON / 2.0;

/// A number known up to an error: the exact one lies in `[value − error, value + error]`.
///
/// Error bounds in this module are first-order forward bounds in the unit roundoff `u = 2⁻⁵³`
/// (exponentials and logarithms being within `2u`), doubled. The doubling
/// covers the second-order terms and the rounding of the bound itself, because the ranges that
/// [`Instance`](super::Instance) enforces keep every first-order relative error under 1e-3.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Enclosure {
    /// The computed number.
    pub value: f64,
    /// Bound on |computed − exact|, ≥ 0.
    pub error: f64,
}

/// What an [`Enclosure`] says about the sign of the exact number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// Certainly above 0.
    Positive,
    /// Certainly below 0.
    Negative,
    /// The error bound reaches across 0.
    Undecided,
}

impl Enclosure {
    /// The sign of the exact number, if the error bound determines it.
    pub fn sign(self) -> Sign {
        if self.value > self.error {
            Sign::Positive
        } else if self.value < -self.error {
            Sign::Negative
        } else {
            Sign::Undecided
        }
    }

    /// `value / error`: above 1 the exact number is certainly positive, below −1 certainly negative.
    pub(crate) fn certainty(self) -> f64 {
        self.value / self.error
    }

    /// The difference of two independent enclosures.
    pub fn minus(self, other: Self) -> Self {
        let value = self.value - other.value;
        Self { value, error: self.error + other.error + 2.0 * UNIT * value.abs() }
    }
}
