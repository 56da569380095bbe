//! Complex numbers over any real numbers with error bounds.
//!
//! Functions take principal values, but for odd roots of negative real numbers, which are real.

use super::real::{Fault, Real, Result};
use dashu_ratio::RBig;
use std::cmp::Ordering;

/// re + i·im.
#[derive(Debug, Clone)]
pub(super) struct Complex<R> {
    pub(super) re: R,
    pub(super) im: R,
}

impl<R: Real> Complex<R> {
    pub(super) fn rational(value: &RBig, context: R::Context<'_>) -> Result<Self> {
        Ok(Self { re: R::rational(value, context)?, im: R::rational(&RBig::ZERO, context)? })
    }

    pub(super) fn integer(value: i64, context: R::Context<'_>) -> Result<Self> {
        Self::rational(&value.into(), context)
    }

    pub(super) fn i(context: R::Context<'_>) -> Result<Self> {
        Ok(Self { re: R::rational(&RBig::ZERO, context)?, im: R::rational(&RBig::ONE, context)? })
    }

    /// A real number.
    pub(super) fn real(re: R, context: R::Context<'_>) -> Result<Self> {
        Ok(Self { re, im: R::rational(&RBig::ZERO, context)? })
    }

    pub(super) fn is_real(&self) -> bool {
        self.im.is_exactly_zero()
    }

    /// The real part of a number that is real.
    pub(super) fn as_real(&self) -> Result<&R> {
        if self.is_real() { Ok(&self.re) } else { Err(Fault::Undefined) }
    }

    pub(super) fn add(&self, other: &Self, context: R::Context<'_>) -> Result<Self> {
        Ok(Self { re: self.re.add(&other.re, context)?, im: self.im.add(&other.im, context)? })
    }

    pub(super) fn negate(&self) -> Self {
        Self { re: self.re.negate(), im: self.im.negate() }
    }

    pub(super) fn subtract(&self, other: &Self, context: R::Context<'_>) -> Result<Self> {
        self.add(&other.negate(), context)
    }

    pub(super) fn multiply(&self, other: &Self, context: R::Context<'_>) -> Result<Self> {
        let product = |a: &R, b: &R| a.multiply(b, context);
        let re = product(&self.re, &other.re)?;
        if self.is_real() && other.is_real() {
            return Self::real(re, context);
        }
        let re = re.subtract(&product(&self.im, &other.im)?, context)?;
        let im = product(&self.re, &other.im)?.add(&product(&self.im, &other.re)?, context)?;
        Ok(Self { re, im })
    }

    pub(super) fn divide(&self, other: &Self, context: R::Context<'_>) -> Result<Self> {
        if other.is_real() {
            let divide = |part: &R| part.divide(&other.re, context);
            return Ok(Self { re: divide(&self.re)?, im: divide(&self.im)? });
        }
        let conjugate = Self { re: other.re.clone(), im: other.im.negate() };
        let above = self.multiply(&conjugate, context)?;
        let below = other.norm(context)?;
        above.divide(&Self::real(below, context)?, context)
    }

    /// re² + im².
    fn norm(&self, context: R::Context<'_>) -> Result<R> {
        let re = self.re.multiply(&self.re, context)?;
        re.add(&self.im.multiply(&self.im, context)?, context)
    }

    pub(super) fn abs(&self, context: R::Context<'_>) -> Result<Self> {
        if !self.is_real() {
            return Self::real(self.norm(context)?.sqrt(context)?, context);
        }
        let negative = self.re.approximate() < 0.0;
        Ok(if negative { self.negate() } else { self.clone() })
    }

    pub(super) fn exp(&self, context: R::Context<'_>) -> Result<Self> {
        let size = self.re.exp(context)?;
        if self.is_real() {
            return Self::real(size, context);
        }
        let (sin, cos) = self.im.sin_cos(context)?;
        Ok(Self { re: size.multiply(&cos, context)?, im: size.multiply(&sin, context)? })
    }

    /// The principal logarithm. An imaginary part that may be 0 counts as 0 on the cut.
    pub(super) fn ln(&self, context: R::Context<'_>) -> Result<Self> {
        if self.is_real() && self.re.sign() == Some(Ordering::Greater) {
            return Self::real(self.re.ln(context)?, context);
        }
        let half = R::rational(&RBig::from_parts(1.into(), 2u8.into()), context)?;
        let re = self.norm(context)?.ln(context)?.multiply(&half, context)?;
        let on_cut = self.im.sign().is_none_or(|sign| sign == Ordering::Equal)
            && self.re.sign() == Some(Ordering::Less);
        let im = if on_cut { R::pi(context)? } else { self.im.atan2(&self.re, context)? };
        Ok(Self { re, im })
    }

    pub(super) fn sqrt(&self, context: R::Context<'_>) -> Result<Self> {
        if !self.is_real() {
            let half = RBig::from_parts(1.into(), 2u8.into());
            return self
                .ln(context)?
                .multiply(&Self::rational(&half, context)?, context)?
                .exp(context);
        }
        if self.re.sign() == Some(Ordering::Less) {
            let im = self.re.negate().sqrt(context)?;
            return Ok(Self { im, ..Self::integer(0, context)? });
        }
        Self::real(self.re.sqrt(context)?, context)
    }

    /// self^n.
    pub(super) fn power(&self, n: i64, context: R::Context<'_>) -> Result<Self> {
        let mut power = Self::integer(1, context)?;
        let size = n.unsigned_abs();
        for bit in (0..64 - size.leading_zeros()).rev() {
            power = power.multiply(&power, context)?;
            if size >> bit & 1 == 1 {
                power = power.multiply(self, context)?;
            }
        }
        if n < 0 { Self::integer(1, context)?.divide(&power, context) } else { Ok(power) }
    }

    /// self^(n/q), q > 1.
    pub(super) fn root(&self, n: i64, q: u32, context: R::Context<'_>) -> Result<Self> {
        if self.re.is_exactly_zero() && self.is_real() {
            return if n > 0 { Ok(self.clone()) } else { Err(Fault::Undefined) };
        }
        if q == 2 {
            return self.sqrt(context)?.power(n, context);
        }
        let negative = self.is_real() && q % 2 == 1 && self.re.sign() == Some(Ordering::Less);
        let base = if negative { self.negate() } else { self.clone() };
        let exponent = RBig::from_parts(n.into(), q.into());
        let size = base.ln(context)?.multiply(&Self::rational(&exponent, context)?, context)?;
        let root = size.exp(context)?;
        Ok(if negative && n % 2 != 0 { root.negate() } else { root })
    }

    /// self^exponent for any exponent.
    pub(super) fn general_power(&self, exponent: &Self, context: R::Context<'_>) -> Result<Self> {
        if self.is_real() && self.re.is_exactly_zero() {
            let positive = exponent.re.sign() == Some(Ordering::Greater);
            return if positive { Ok(self.clone()) } else { Err(Fault::Undefined) };
        }
        self.ln(context)?.multiply(exponent, context)?.exp(context)
    }

    /// Sine and cosine.
    pub(super) fn sin_cos(&self, context: R::Context<'_>) -> Result<(Self, Self)> {
        if self.is_real() {
            let (sin, cos) = self.re.sin_cos(context)?;
            return Ok((Self::real(sin, context)?, Self::real(cos, context)?));
        }
        // From e^(iz) and e^(−iz).
        let i = Self::i(context)?;
        let forth = self.multiply(&i, context)?.exp(context)?;
        let back = self.multiply(&i, context)?.negate().exp(context)?;
        let two = Self::integer(2, context)?;
        let sin = forth.subtract(&back, context)?.divide(&two.multiply(&i, context)?, context)?;
        Ok((sin, forth.add(&back, context)?.divide(&two, context)?))
    }

    /// Hyperbolic sine and cosine.
    pub(super) fn sinh_cosh(&self, context: R::Context<'_>) -> Result<(Self, Self)> {
        let (forth, back) = (self.exp(context)?, self.negate().exp(context)?);
        let two = Self::integer(2, context)?;
        let sinh = forth.subtract(&back, context)?.divide(&two, context)?;
        Ok((sinh, forth.add(&back, context)?.divide(&two, context)?))
    }
}
