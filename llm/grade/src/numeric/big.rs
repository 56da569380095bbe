//! Binary floating-point numbers of any precision, with an error bound.
//!
//! An exponent may be as large as a tower of powers makes it, so no step may take memory or time that
//! grows with an exponent: numbers beyond 2^±[`LARGEST`] are given up or become 0 with an error bound,
//! and a summand below the last bit of the other becomes part of the error bound.

use super::real::{Fault, Real as _, Result};
use crate::budget::Fuel;
use dashu_base::{Approximation, Sign};
use dashu_float::round::mode::HalfEven;
use dashu_float::{Context, FBig, FpError, Repr};
use std::cell::Cell;
use std::cmp::Ordering;

pub(super) type Float = FBig<HalfEven, 2>;

/// Largest size of log₂ of a number. A double still holds such a logarithm to a thousandth.
pub(super) const LARGEST: f64 = (1u64 << 40) as f64;

/// Precision in bits, and who pays.
#[derive(Debug, Clone, Copy)]
pub(super) struct Precision<'a> {
    pub(super) bits: usize,
    pub(super) fuel: &'a Fuel<'a>,
    /// Whether a number that is not 0 went below the precision, as in 1 + e^(−1000): the result then
    /// says nothing about that number, and cannot show that two values are the same.
    pub(super) lost: &'a Cell<bool>,
}

impl Precision<'_> {
    pub(super) fn context(self) -> Context<HalfEven> {
        Context::new(self.bits)
    }

    /// Pays for arithmetic: about 0.2 µs at 256 bits.
    pub(super) fn pay(self) -> Result<()> {
        Ok(self.fuel.pay(10 + self.bits as u64 / 12)?)
    }

    /// Pays for an elementary function: about 80 µs at 256 bits, twelve times that at 1,024.
    pub(super) fn pay_function(self) -> Result<()> {
        let blocks = self.bits as u64 / 128;
        Ok(self.fuel.pay(2_000 + 1_000 * blocks * blocks)?)
    }
}

/// A number within 2^`error` of `value`.
#[derive(Debug, Clone)]
pub(super) struct Big {
    pub(super) value: Repr<2>,
    pub(super) error: f64,
}

/// log₂(2^a + 2^b), rounded up.
pub(super) fn sum(a: f64, b: f64) -> f64 {
    // What a double of the size of `LARGEST` loses.
    const ROUNDING: f64 = 1.0 / 1024.0;
    let (low, high) = if a < b { (a, b) } else { (b, a) };
    if low == f64::NEG_INFINITY {
        high
    } else {
        high + libm::log2(1.0 + libm::exp2(low - high)) + ROUNDING
    }
}

/// log₂ of an upper bound of the absolute value, at most one above log₂ of the absolute value.
pub(super) fn size(value: &Repr<2>) -> f64 {
    if value.significand().is_zero() {
        f64::NEG_INFINITY
    } else {
        value.exponent() as f64 + value.digits_ub() as f64
    }
}

impl Big {
    /// A rounded result, whose arguments alone would leave this error.
    pub(super) fn rounded(
        result: std::result::Result<Approximation<Float, dashu_float::round::Rounding>, FpError>,
        error: f64,
        precision: Precision<'_>,
    ) -> Result<Self> {
        let (value, exact) = match result {
            Ok(Approximation::Exact(value)) => (value.into_repr(), true),
            Ok(Approximation::Inexact(value, _)) => (value.into_repr(), false),
            Err(_) => return Err(Fault::Undefined),
        };
        if value.is_infinite() {
            return Err(Fault::Undefined);
        }
        let size = size(&value);
        let rounding = size - precision.bits as f64;
        let error = if exact { error } else { sum(error, rounding) };
        if error.is_nan() || error > LARGEST || size > LARGEST {
            return Err(Fault::Undefined);
        }
        if size < -LARGEST && size.is_finite() {
            precision.lost.set(true);
            return Ok(Self::nothing(sum(error, -LARGEST)));
        }
        Ok(Self { value, error })
    }

    pub(super) fn zero() -> Self {
        Self::nothing(f64::NEG_INFINITY)
    }

    /// 0 with an error.
    pub(super) fn nothing(error: f64) -> Self {
        Self { value: Repr::zero(), error }
    }

    /// 1 with an error.
    pub(super) fn one(error: f64) -> Self {
        Self { value: Repr::one(), error }
    }

    /// Notes that this number goes below the precision, if it is not 0.
    pub(super) fn lose(&self, precision: Precision<'_>) {
        if self.sign().is_some_and(Ordering::is_ne) {
            precision.lost.set(true);
        }
    }

    /// log₂ of a lower bound of the absolute value.
    pub(super) fn lower(&self) -> Result<f64> {
        let size = size(&self.value) - 2.0;
        if self.error + 1.0 < size { Ok(size) } else { Err(Fault::Undefined) }
    }

    pub(super) fn is_negative(&self) -> bool {
        self.value.sign() == Sign::Negative
    }
}
