//! The difference of two expressions in exact arithmetic.

use super::atom::Atoms;
use super::normal::Normalizer;
use super::poly::Poly;
use super::stop::Stop;
use crate::budget::{Exhausted, Fuel};
use crate::read::Node;
use dashu_ratio::RBig;

/// What exact arithmetic says about the difference of two expressions.
pub(crate) enum Difference {
    /// It is zero.
    Zero,
    /// It is not zero: what remains is linearly independent over the rational numbers.
    NotZero,
    /// It vanishes where this polynomial does; numbers must decide.
    Unknown(Poly, Atoms, usize),
    /// The expressions are too large to be expanded, but hold only moderate integers.
    TooLarge,
    /// An integer in them is larger than the budget.
    TooManyBits,
}

/// The difference of two expressions.
pub(crate) fn difference(a: &Node, b: &Node, fuel: &Fuel<'_>) -> Result<Difference, Exhausted> {
    let mut normalizer = Normalizer::new(fuel);
    // Both in any case, so that their order does not matter.
    let both = match (normalizer.fraction(a), normalizer.fraction(b)) {
        (Ok(a), Ok(b)) => Ok((a, b)),
        (Err(stop), Ok(_)) | (Ok(_), Err(stop)) => Err(stop),
        (Err(one), Err(other)) => Err(one.max(other)),
    };
    let cross = both.and_then(|(a, b)| {
        let left = normalizer.multiply(&a.numerator, &b.denominator)?;
        let right = normalizer.multiply(&b.numerator, &a.denominator)?;
        normalizer.subtract(left, right)
    });
    Ok(match cross {
        Ok(poly) if poly.is_zero() => Difference::Zero,
        Ok(poly) if normalizer.atoms.independent(&poly) => Difference::NotZero,
        Ok(poly) => {
            let bits = normalizer.largest;
            Difference::Unknown(poly, normalizer.atoms, bits)
        }
        // What divides by zero is not a number, and the same as none.
        Err(Stop::Undefined) => Difference::NotZero,
        Err(Stop::TooLarge) => Difference::TooLarge,
        Err(Stop::TooManyBits) => Difference::TooManyBits,
        Err(Stop::Exhausted) => return Err(Exhausted),
    })
}

/// The value of an expression without variables, roots and transcendental parts.
pub(crate) fn rational(node: &Node, fuel: &Fuel<'_>) -> Option<RBig> {
    if let Node::Number(literal) = node {
        return Some(literal.value.clone());
    }
    Normalizer::new(fuel).fraction(node).ok()?.constant()
}
