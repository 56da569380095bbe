//! Real numbers with an error bound.

use dashu_ratio::RBig;
use std::cmp::Ordering;

/// Why a value is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// A pole, a branch that the error bound leaves open, or no number at all.
    Undefined,
    /// The work of this comparison is used up.
    Exhausted,
}

impl From<crate::budget::Exhausted> for Fault {
    fn from(_: crate::budget::Exhausted) -> Self {
        Self::Exhausted
    }
}

pub(super) type Result<T> = std::result::Result<T, Fault>;

/// A real number that lies within a known distance of what is stored.
///
/// Every operation covers what its rounding adds. An exact 0 stays one: it keeps real numbers real.
pub(super) trait Real: Clone {
    /// Precision and budget.
    type Context<'a>: Copy;

    fn rational(value: &RBig, context: Self::Context<'_>) -> Result<Self>;
    /// The same with an error bound that is larger by this.
    fn widened(self, by: f64) -> Self;
    fn pi(context: Self::Context<'_>) -> Result<Self>;
    fn add(&self, other: &Self, context: Self::Context<'_>) -> Result<Self>;
    fn multiply(&self, other: &Self, context: Self::Context<'_>) -> Result<Self>;
    fn divide(&self, other: &Self, context: Self::Context<'_>) -> Result<Self>;
    fn negate(&self) -> Self;
    /// Of a number that is not surely negative.
    fn sqrt(&self, context: Self::Context<'_>) -> Result<Self>;
    fn exp(&self, context: Self::Context<'_>) -> Result<Self>;
    /// Of a number that is surely positive.
    fn ln(&self, context: Self::Context<'_>) -> Result<Self>;
    fn sin_cos(&self, context: Self::Context<'_>) -> Result<(Self, Self)>;
    /// The angle of the point (`x`, self).
    fn atan2(&self, x: &Self, context: Self::Context<'_>) -> Result<Self>;
    /// The largest integer that is not above, if the error leaves one candidate.
    fn floor(&self, context: Self::Context<'_>) -> Result<Self>;
    /// How it compares with 0, if that is sure.
    fn sign(&self) -> Option<Ordering>;
    /// The nearest double, of the same sign.
    fn approximate(&self) -> f64;
    /// Base-2 logarithm of an upper bound of the absolute value.
    fn magnitude(&self) -> f64;
    /// Base-2 logarithm of the error bound.
    fn error(&self) -> f64;

    fn is_exactly_zero(&self) -> bool {
        self.sign() == Some(Ordering::Equal)
    }

    fn subtract(&self, other: &Self, context: Self::Context<'_>) -> Result<Self> {
        self.add(&other.negate(), context)
    }

    /// The integer that it is within its error, if it is a moderate one.
    fn integer(&self) -> Option<i64> {
        let near = libm::round(self.approximate());
        let close = libm::fabs(self.approximate() - near) < 1e-9 && self.error() < -30.0;
        (close && libm::fabs(near) < 1e6).then_some(near as i64)
    }
}
