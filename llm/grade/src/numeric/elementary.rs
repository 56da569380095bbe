//! Exponential, logarithm, sine and angle of large numbers, whatever their exponents are.
//!
//! The library reduces an argument by shifting it by its own exponent, and works until the last bit is
//! certain. Where an argument is below the precision, or far above it, the first terms of a series are
//! the result, and the next one goes into the error bound.

use super::big::{Big, LARGEST, Precision, size, sum};
use super::real::{Fault, Real, Result};
use dashu_float::Repr;
use dashu_ratio::RBig;
use std::cmp::Ordering;

const NONE: f64 = f64::NEG_INFINITY;

/// Whether a number of this size is below the last bit of 1.
fn vanishes(size: f64, precision: Precision<'_>) -> bool {
    size < -(precision.bits as f64) - 4.0
}

/// e^x.
pub(super) fn exp(x: &Big, precision: Precision<'_>) -> Result<Big> {
    precision.pay_function()?;
    let size_of_x = size(&x.value);
    if x.error > -2.0 {
        return Err(Fault::Undefined);
    }
    if vanishes(size_of_x, precision) {
        // |e^t − 1| ≤ 2 |t| where |t| ≤ 1.
        x.lose(precision);
        return Ok(Big::one(sum(size_of_x, x.error) + 1.0));
    }
    // |x| ≥ LARGEST from here on, and e^x is beyond 2^±LARGEST.
    if size_of_x > LARGEST.log2() + 1.0 {
        if !x.is_negative() {
            return Err(Fault::Undefined);
        }
        precision.lost.set(true);
        return Ok(Big::nothing(-LARGEST));
    }
    let result = precision.context().exp(&x.value, None);
    let exact = Big::rounded(result, NONE, precision)?;
    let error = sum(exact.error, size(&exact.value) + x.error + 1.0);
    Ok(Big { error, ..exact })
}

/// ln x for a positive x.
pub(super) fn ln(x: &Big, precision: Precision<'_>) -> Result<Big> {
    /// From this size on ln 2^size is much larger than the logarithm of the rest.
    const SPLIT: f64 = 64.0;
    precision.pay_function()?;
    let lower = x.lower()?;
    if x.is_negative() {
        return Err(Fault::Undefined);
    }
    let error = x.error - lower + 1.0;
    let size = size(&x.value);
    if size.abs() < SPLIT {
        return Big::rounded(precision.context().ln(&x.value, None), error, precision);
    }
    // ln(m · 2^size) with m between a quarter and 1.
    precision.pay_function()?;
    let exponent = x.value.exponent() - size as isize;
    let rest = Repr::new(x.value.significand().clone(), exponent);
    let rest = Big::rounded(precision.context().ln(&rest, None), error, precision)?;
    let two = Repr::new(2.into(), 0);
    let ln_2 = Big::rounded(precision.context().ln(&two, None), NONE, precision)?;
    let times = Big::rational(&RBig::from(size as i64), precision)?;
    ln_2.multiply(&times, precision)?.add(&rest, precision)
}

/// Sine and cosine of x.
pub(super) fn sin_cos(x: &Big, precision: Precision<'_>) -> Result<(Big, Big)> {
    precision.pay_function()?;
    let size = size(&x.value);
    // Larger arguments would need as many digits of π.
    if x.error > 0.0 || size > 256.0 {
        return Err(Fault::Undefined);
    }
    if vanishes(size, precision) {
        // |sin t − t| ≤ |t|³ and |cos t − 1| ≤ t².
        x.lose(precision);
        let sin = Big { value: x.value.clone(), error: sum(x.error, 3.0 * size) };
        return Ok((sin, Big::one(2.0 * sum(size, x.error))));
    }
    let (sin, cos) = precision.context().sin_cos(&x.value, None);
    Ok((Big::rounded(sin, x.error, precision)?, Big::rounded(cos, x.error, precision)?))
}

/// The angle of the point (x, y).
pub(super) fn atan2(y: &Big, x: &Big, precision: Precision<'_>) -> Result<Big> {
    precision.pay_function()?;
    let (height, width) = (size(&y.value), size(&x.value));
    let distance = height.max(width) - 2.0;
    let error = sum(y.error, x.error);
    if error + 2.0 > distance {
        return Err(Fault::Undefined);
    }
    if height != NONE && vanishes(height - width, precision) {
        return beside_horizontal(y, x, precision);
    }
    if width != NONE && vanishes(width - height, precision) {
        // ±π/2 − x/y, up to (x/y)³.
        let half = Big::rational(&RBig::from_parts(1.into(), 2u8.into()), precision)?;
        let quarter = Big::pi(precision)?.multiply(&half, precision)?;
        let quarter = if y.is_negative() { quarter.negate() } else { quarter };
        return quarter.subtract(&x.divide(y, precision)?, precision);
    }
    let result = precision.context().atan2(&y.value, &x.value, None);
    Big::rounded(result, error - distance + 1.0, precision)
}

/// The angle of a point whose height is below the precision beside its width: y/x up to (y/x)³, and half
/// a turn more where x is negative.
fn beside_horizontal(y: &Big, x: &Big, precision: Precision<'_>) -> Result<Big> {
    let quotient = y.divide(x, precision)?;
    let cube = 3.0 * size(&quotient.value);
    let quotient = Big { error: sum(quotient.error, cube), ..quotient };
    match (x.is_negative(), y.sign()) {
        (false, _) => Ok(quotient),
        (true, Some(Ordering::Less)) => quotient.subtract(&Big::pi(precision)?, precision),
        (true, _) => quotient.add(&Big::pi(precision)?, precision),
    }
}
