//! Doubles with an error bound. `libm` gives the same bits on every machine.

use super::real::{Fault, Real, Result};
use dashu_ratio::RBig;
use std::cmp::Ordering;

/// Twice the largest relative error of one rounding.
const EPSILON: f64 = f64::EPSILON;
/// Covers underflow.
const TINY: f64 = 1e-290;
/// Relative error that libm's functions stay below.
const FUNCTION: f64 = 4.0 * EPSILON;

/// A number within `error` of `value`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Double {
    value: f64,
    error: f64,
}

impl Double {
    /// An inexact result; overflow is not a number.
    fn new(value: f64, error: f64) -> Result<Self> {
        let error = error + TINY;
        if value.is_finite() && error.is_finite() {
            Ok(Self { value, error })
        } else {
            Err(Fault::Undefined)
        }
    }

    const ZERO: Self = Self { value: 0.0, error: 0.0 };

    fn above_error(self) -> Result<f64> {
        let lower = libm::fabs(self.value) - self.error;
        if lower > 0.0 { Ok(lower) } else { Err(Fault::Undefined) }
    }
}

impl Real for Double {
    type Context<'a> = ();

    fn rational(value: &RBig, (): ()) -> Result<Self> {
        if value.is_zero() {
            return Ok(Self::ZERO);
        }
        if value.denominator().is_one()
            && let Ok(integer) = i32::try_from(value.numerator())
        {
            return Ok(Self { value: integer.into(), error: 0.0 });
        }
        let nearest = value.to_f64_fast();
        Self::new(nearest, FUNCTION * libm::fabs(nearest))
    }

    fn widened(self, by: f64) -> Self {
        Self { error: self.error + by, ..self }
    }

    fn pi((): ()) -> Result<Self> {
        Self::new(std::f64::consts::PI, EPSILON * 4.0)
    }

    fn add(&self, other: &Self, (): ()) -> Result<Self> {
        if self.is_exactly_zero() {
            return Ok(*other);
        }
        if other.is_exactly_zero() {
            return Ok(*self);
        }
        let sum = self.value + other.value;
        Self::new(sum, self.error + other.error + EPSILON * libm::fabs(sum))
    }

    fn multiply(&self, other: &Self, (): ()) -> Result<Self> {
        if self.is_exactly_zero() || other.is_exactly_zero() {
            return Ok(Self::ZERO);
        }
        let product = self.value * other.value;
        let (a, b) = (libm::fabs(self.value), libm::fabs(other.value));
        let error = a * other.error + b * self.error + self.error * other.error;
        Self::new(product, error * (1.0 + FUNCTION) + EPSILON * libm::fabs(product))
    }

    fn divide(&self, other: &Self, (): ()) -> Result<Self> {
        let lower = other.above_error()?;
        if self.is_exactly_zero() {
            return Ok(Self::ZERO);
        }
        let quotient = self.value / other.value;
        let error = (self.error + libm::fabs(quotient) * other.error) / lower;
        Self::new(quotient, error * (1.0 + FUNCTION) + EPSILON * libm::fabs(quotient))
    }

    fn negate(&self) -> Self {
        Self { value: -self.value, error: self.error }
    }

    fn sqrt(&self, (): ()) -> Result<Self> {
        if self.is_exactly_zero() {
            return Ok(Self::ZERO);
        }
        match self.sign() {
            Some(Ordering::Less) => Err(Fault::Undefined),
            Some(_) => {
                let root = libm::sqrt(self.value);
                let lower = libm::sqrt(self.value - self.error);
                Self::new(root, self.error / lower + EPSILON * root)
            }
            None => {
                let upper = libm::sqrt(libm::fabs(self.value) + self.error);
                Self::new(0.0, upper * (1.0 + FUNCTION))
            }
        }
    }

    fn exp(&self, (): ()) -> Result<Self> {
        let value = libm::exp(self.value);
        Self::new(value, value * (libm::expm1(self.error) + FUNCTION))
    }

    fn ln(&self, (): ()) -> Result<Self> {
        let lower = self.above_error()?;
        if self.value < 0.0 {
            return Err(Fault::Undefined);
        }
        let value = libm::log(self.value);
        Self::new(value, self.error / lower + FUNCTION * libm::fabs(value) + EPSILON)
    }

    fn sin_cos(&self, (): ()) -> Result<(Self, Self)> {
        if self.error > 1.0 {
            return Err(Fault::Undefined);
        }
        let (sin, cos) = (libm::sin(self.value), libm::cos(self.value));
        Ok((Self::new(sin, self.error + FUNCTION)?, Self::new(cos, self.error + FUNCTION)?))
    }

    fn atan2(&self, x: &Self, (): ()) -> Result<Self> {
        let distance = libm::hypot(self.value, x.value);
        let error = self.error + x.error;
        if distance <= 2.0 * error || distance == 0.0 {
            return Err(Fault::Undefined);
        }
        let angle = libm::atan2(self.value, x.value);
        Self::new(angle, 2.0 * error / distance + FUNCTION * (libm::fabs(angle) + TINY))
    }

    fn floor(&self, (): ()) -> Result<Self> {
        let (low, high) =
            (libm::floor(self.value - self.error), libm::floor(self.value + self.error));
        if low == high { Self::new(low, 0.0) } else { Err(Fault::Undefined) }
    }

    fn sign(&self) -> Option<Ordering> {
        if self.value > self.error {
            Some(Ordering::Greater)
        } else if self.value < -self.error {
            Some(Ordering::Less)
        } else if self.error == 0.0 {
            Some(Ordering::Equal)
        } else {
            None
        }
    }

    fn approximate(&self) -> f64 {
        self.value
    }

    fn magnitude(&self) -> f64 {
        libm::log2(libm::fabs(self.value) + self.error)
    }

    fn error(&self) -> f64 {
        libm::log2(self.error)
    }
}
