//! Values of constant expressions.

use super::big::{Big, Precision};
use super::double::Double;
use super::eval::{Evaluator, Reading};
use super::points::Kind;
use super::real::Real;
use crate::budget::Fuel;
use crate::read::Node;
use std::cell::Cell;
use std::cmp::Ordering;

/// The value of a constant expression and its error, if both are known as doubles.
pub(crate) fn value(node: &Node, fuel: &Fuel<'_>) -> Option<(f64, f64)> {
    let reading = Reading::default();
    let mut evaluator = Evaluator::<Double>::new((), fuel, (0, Kind::Positive), reading);
    let value = evaluator.node(node).ok()?;
    let real = value.as_real().ok()?;
    Some((real.approximate(), libm::exp2(real.error())))
}

/// How the value of a constant expression compares with 0, if that is seen with twice as many digits.
pub(crate) fn sign(node: &Node, digits: u32, fuel: &Fuel<'_>) -> Option<Ordering> {
    // Ten takes less than four bits.
    let bits = (128 + 8 * digits as usize).next_multiple_of(64);
    real(node, bits, fuel)?.sign()
}

/// The double nearest to the value of a constant expression.
pub(crate) fn nearest(node: &Node, fuel: &Fuel<'_>) -> Option<f64> {
    const BITS: usize = 256;
    let value = real(node, BITS, fuel)?;
    // What lies that close to the middle between two doubles may become either.
    (value.error() < value.magnitude() - 128.0).then(|| value.approximate())
}

/// A constant expression with a value that is real.
fn real(node: &Node, bits: usize, fuel: &Fuel<'_>) -> Option<Big> {
    if bits > fuel.budget.precision {
        return None;
    }
    let lost = Cell::new(false);
    let context = Precision { bits, fuel, lost: &lost };
    let reading = Reading::default();
    let mut evaluator = Evaluator::<Big>::new(context, fuel, (0, Kind::Positive), reading);
    let value = evaluator.node(node).ok()?;
    value.as_real().ok().cloned()
}
