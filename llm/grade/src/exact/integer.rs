//! Factorials, binomial coefficients and powers, each with the size of its result known before.

use super::stop::Stop;
use crate::budget::{Exhausted, Fuel};
use dashu_base::{BitTest, UnsignedAbs};
use dashu_int::{IBig, UBig};
use dashu_ratio::RBig;

/// Bits of the larger part of a fraction.
pub(super) fn bits(value: &RBig) -> usize {
    value.numerator().unsigned_abs().bit_len().max(value.denominator().bit_len())
}

/// Pays for a product or quotient of two numbers, and for adding what comes out to as large a one.
pub(crate) fn pay(a: &RBig, b: &RBig, fuel: &Fuel<'_>) -> Result<(), Exhausted> {
    let (left, right) = (bits(a), bits(b));
    if a.denominator().is_one() && b.denominator().is_one() {
        return fuel.pay_bits(left, right);
    }
    fuel.pay_fractions(left, right)?;
    fuel.pay_fractions(left + right, left + right)
}

/// An integer that fits a machine word.
pub(super) fn small(value: &RBig) -> Option<i64> {
    if !value.denominator().is_one() {
        return None;
    }
    i64::try_from(value.numerator()).ok()
}

/// value^exponent.
pub(super) fn power(value: &RBig, exponent: i64, fuel: &Fuel<'_>) -> Result<RBig, Stop> {
    let size = exponent.unsigned_abs();
    let trivial = *value == RBig::ONE || *value == -RBig::ONE || value.is_zero();
    if value.is_zero() && exponent <= 0 {
        return Err(Stop::Undefined);
    }
    if trivial {
        let negative = *value < RBig::ZERO && size % 2 == 1;
        return Ok(match (value.is_zero(), negative) {
            (true, _) => RBig::ZERO,
            (false, true) => -RBig::ONE,
            (false, false) => RBig::ONE,
        });
    }
    let result_bits = (bits(value) as u64).saturating_mul(size);
    let result_bits = usize::try_from(result_bits).unwrap_or(usize::MAX);
    if result_bits > fuel.budget.bits {
        return Err(Stop::TooManyBits);
    }
    fuel.pay_bits(result_bits, result_bits)?;
    let (numerator, denominator) = value.clone().into_parts();
    if !denominator.is_one() {
        fuel.pay_fractions(result_bits, result_bits)?;
    }
    let size = size as usize;
    let (numerator, denominator) = (numerator.pow(size), denominator.pow(size));
    Ok(match exponent < 0 {
        false => RBig::from_parts(numerator, denominator),
        true => RBig::from_parts_signed(denominator.into(), numerator),
    })
}

/// n! and n!!, with step 1 and 2.
pub(super) fn factorial(n: i64, step: u64, fuel: &Fuel<'_>) -> Result<UBig, Stop> {
    let n = u64::try_from(n).map_err(|_| Stop::Undefined)?;
    let bits = n.saturating_mul(u64::from(64 - n.leading_zeros())) / step;
    if bits > fuel.budget.bits as u64 {
        return Err(Stop::TooManyBits);
    }
    fuel.pay_bits(bits as usize, bits as usize)?;
    // Factors n, n − step, … down to 1 or 2.
    Ok(product(n, n.div_ceil(step), step))
}

/// n · (n − step) ⋯, `count` factors, halved so that large factors meet large ones.
fn product(n: u64, count: u64, step: u64) -> UBig {
    match count {
        0 => UBig::ONE,
        1 => UBig::from(n.max(1)),
        _ => {
            let half = count / 2;
            product(n, half, step) * product(n - half * step, count - half, step)
        }
    }
}

/// The binomial coefficient of integers.
pub(super) fn binomial(n: i64, k: i64, fuel: &Fuel<'_>) -> Result<RBig, Stop> {
    if n < 0 {
        return Err(Stop::TooLarge);
    }
    if k < 0 || k > n {
        return Ok(RBig::ZERO);
    }
    let (n, k) = (n as u64, k.min(n - k) as u64);
    let bits = k.saturating_mul(u64::from(64 - n.leading_zeros()));
    if bits > fuel.budget.bits as u64 {
        return Err(Stop::TooManyBits);
    }
    fuel.pay_bits(bits as usize, bits as usize)?;
    Ok(IBig::from(product(n, k, 1) / product(k, k, 1)).into())
}
