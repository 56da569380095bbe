//! Binary floating-point numbers of any precision, with an error bound.
//!
//! An exponent may be as large as a tower of powers makes it, so no step may take memory or time that
//! grows with an exponent: numbers beyond 2^±[`LARGEST`] are given up or become 0 with an error bound,
//! and a summand below the last bit of the other becomes part of the error bound.

use super::elementary;
use super::real::{Fault, Real, Result};
use crate::budget::Fuel;
use dashu_base::{Approximation, Sign};
use dashu_float::round::mode::HalfEven;
use dashu_float::{Context, FBig, FpError, Repr};
use dashu_ratio::RBig;
use std::cell::Cell;
use std::cmp::Ordering;

type Float = FBig<HalfEven, 2>;

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
    fn pay(self) -> Result<()> {
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

    fn zero() -> Self {
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

impl Real for Big {
    type Context<'a> = Precision<'a>;

    fn rational(value: &RBig, precision: Self::Context<'_>) -> Result<Self> {
        precision.pay()?;
        let context = precision.context();
        let none = f64::NEG_INFINITY;
        let above = context.convert_int::<2>(value.numerator().clone());
        let above = Self::rounded(Ok(above), none, precision)?;
        if value.denominator().is_one() {
            return Ok(above);
        }
        let below = context.convert_int::<2>(value.denominator().clone().into());
        above.divide(&Self::rounded(Ok(below), none, precision)?, precision)
    }

    fn widened(self, by: f64) -> Self {
        Self { error: sum(self.error, by.log2()), ..self }
    }

    fn pi(precision: Self::Context<'_>) -> Result<Self> {
        precision.pay_function()?;
        let pi = precision.context().pi::<2>(None);
        Self::rounded(Ok(pi), f64::NEG_INFINITY, precision)
    }

    fn add(&self, other: &Self, precision: Self::Context<'_>) -> Result<Self> {
        precision.pay()?;
        let (a, b) = (size(&self.value), size(&other.value));
        let ((large, _), (small, below)) =
            if a < b { ((other, b), (self, a)) } else { ((self, a), (other, b)) };
        if a.max(b) - below > precision.bits as f64 + 4.0 {
            small.lose(precision);
            let error = sum(sum(large.error, small.error), below);
            return Ok(Self { value: large.value.clone(), error });
        }
        let result = precision.context().add(&self.value, &other.value);
        Self::rounded(result, sum(self.error, other.error), precision)
    }

    fn multiply(&self, other: &Self, precision: Self::Context<'_>) -> Result<Self> {
        precision.pay()?;
        if self.is_exactly_zero() || other.is_exactly_zero() {
            return Ok(Self::zero());
        }
        let (a, b) = (size(&self.value), size(&other.value));
        let error = sum(sum(a + other.error, b + self.error), self.error + other.error);
        let result = precision.context().mul(&self.value, &other.value);
        Self::rounded(result, error, precision)
    }

    fn divide(&self, other: &Self, precision: Self::Context<'_>) -> Result<Self> {
        precision.pay()?;
        let lower = other.lower()?;
        if self.is_exactly_zero() {
            return Ok(Self::zero());
        }
        let quotient = size(&self.value) - lower;
        let error = sum(self.error, quotient + other.error) - lower + 1.0;
        let result = precision.context().div(&self.value, &other.value);
        Self::rounded(result, error, precision)
    }

    fn negate(&self) -> Self {
        Self { value: -self.value.clone(), error: self.error }
    }

    fn sqrt(&self, precision: Self::Context<'_>) -> Result<Self> {
        precision.pay()?;
        match self.sign() {
            Some(Ordering::Equal) => Ok(Self::zero()),
            Some(Ordering::Less) => Err(Fault::Undefined),
            Some(Ordering::Greater) => {
                let lower = self.lower()? / 2.0;
                let result = precision.context().sqrt(&self.value);
                Self::rounded(result, self.error - lower, precision)
            }
            None => Ok(Self { value: Repr::zero(), error: self.error / 2.0 + 1.5 }),
        }
    }

    fn exp(&self, precision: Self::Context<'_>) -> Result<Self> {
        elementary::exp(self, precision)
    }

    fn ln(&self, precision: Self::Context<'_>) -> Result<Self> {
        elementary::ln(self, precision)
    }

    fn sin_cos(&self, precision: Self::Context<'_>) -> Result<(Self, Self)> {
        elementary::sin_cos(self, precision)
    }

    fn atan2(&self, x: &Self, precision: Self::Context<'_>) -> Result<Self> {
        elementary::atan2(self, x, precision)
    }

    fn floor(&self, precision: Self::Context<'_>) -> Result<Self> {
        if size(&self.value) > precision.bits as f64 / 2.0 {
            return Err(Fault::Undefined);
        }
        if size(&self.value) < -(precision.bits as f64) {
            // Nearer to 0 than the precision tells from it.
            let sign = self.sign().ok_or(Fault::Undefined)?;
            let floor = if sign == Ordering::Less { Repr::neg_one() } else { Repr::zero() };
            return Ok(Self { value: floor, error: f64::NEG_INFINITY });
        }
        let value = Float::from_repr(self.value.clone(), precision.context());
        let floor = value.floor().into_repr();
        // The error must reach neither this integer nor the next.
        let below = precision.context().sub(&self.value, &floor).map_err(|_| Fault::Undefined)?;
        let below = below.value().into_repr();
        let above = precision.context().sub(&Repr::one(), &below).map_err(|_| Fault::Undefined)?;
        let clear = |gap: &Repr<2>| size(gap) - 2.0 > self.error;
        let exact = self.error == f64::NEG_INFINITY;
        if exact || clear(&below) && clear(&above.value().into_repr()) {
            Ok(Self { value: floor, error: f64::NEG_INFINITY })
        } else {
            Err(Fault::Undefined)
        }
    }

    fn sign(&self) -> Option<Ordering> {
        if self.value.significand().is_zero() {
            return (self.error == f64::NEG_INFINITY).then_some(Ordering::Equal);
        }
        // A lower bound of the absolute value is half the leading power of two.
        (size(&self.value) - 2.0 > self.error)
            .then(|| if self.is_negative() { Ordering::Less } else { Ordering::Greater })
    }

    fn approximate(&self) -> f64 {
        let sign = if self.is_negative() { -1.0 } else { 1.0 };
        match size(&self.value) {
            size if size > 1_100.0 => sign * f64::INFINITY,
            size if size < -1_100.0 && size.is_finite() => sign * f64::MIN_POSITIVE,
            _ => self.value.to_f64().value(),
        }
    }

    fn magnitude(&self) -> f64 {
        sum(size(&self.value), self.error)
    }

    fn error(&self) -> f64 {
        self.error
    }
}
