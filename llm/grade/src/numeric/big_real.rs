//! Numbers of any precision as real numbers: arithmetic, and functions from `elementary`.

use super::big::{Big, Float, Precision, size, sum};
use super::elementary;
use super::real::{Fault, Real, Result};
use dashu_float::Repr;
use dashu_ratio::RBig;
use std::cmp::Ordering;

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
