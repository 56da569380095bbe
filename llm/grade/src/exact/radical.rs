//! Roots of rational numbers as products of rational numbers and roots of integers.

use super::atom::{Atom, Atoms};
use super::integer::{bits, power};
use super::poly::Poly;
use super::stop::Stop;
use crate::budget::Fuel;
use crate::read::Constant;
use dashu_base::{BitTest, CubicRootRem, SquareRootRem, UnsignedAbs};
use dashu_int::UBig;
use dashu_ratio::RBig;

/// Primes up to this one are split off by division.
const LARGEST_PRIME: u64 = 1_000;

/// value^(numerator/degree) as a polynomial in roots.
///
/// Odd roots of negative numbers are real, even ones imaginary.
pub(super) fn root(
    value: &RBig,
    numerator: i64,
    degree: u32,
    atoms: &mut Atoms,
    fuel: &Fuel<'_>,
) -> Result<Poly, Stop> {
    let value = power(value, numerator, fuel)?;
    let negative = value < RBig::ZERO;
    if negative && degree.is_multiple_of(2) && degree != 2 {
        return Err(Stop::TooLarge);
    }
    // (n/d)^(1/q) = (n·d^(q−1))^(1/q) / d.
    let below = value.denominator().clone();
    let lift = power(&below.clone().into(), i64::from(degree) - 1, fuel)?;
    let radicand = value.numerator().unsigned_abs() * lift.numerator().unsigned_abs();
    fuel.pay(60 + 2 * radicand.bit_len() as u64)?;
    let (outside, parts) = split(radicand, degree, fuel)?;
    let mut coefficient = RBig::from_parts(outside.into(), below);
    let mut monomial = Vec::new();
    for (radicand, exponent, independent) in parts {
        let independent = independent && degree == 2;
        let number = atoms.number(Atom::Root { radicand, degree, independent });
        monomial.push((number, exponent));
    }
    if negative && degree == 2 {
        monomial.push((atoms.number(Atom::Constant(Constant::I)), 1));
    } else if negative {
        coefficient = -coefficient;
    }
    monomial.sort_unstable();
    let mut poly = Poly::default();
    debug_assert!(bits(&coefficient) > 0);
    poly.add(monomial, coefficient);
    Ok(poly)
}

/// An integer under a root, its exponent, and whether it is known to be prime.
type Part = (UBig, u32, bool);

/// A root taken apart: n^(1/q) as an integer before the root, and what stays under it.
struct Split {
    degree: u32,
    outside: UBig,
    parts: Vec<Part>,
}

impl Split {
    /// Takes the root of base^times, as far as it can be taken.
    fn take(&mut self, base: UBig, times: u32, is_prime: bool) {
        self.outside *= base.clone().pow((times / self.degree) as usize);
        if !times.is_multiple_of(self.degree) {
            self.parts.push((base, times % self.degree, is_prime));
        }
    }

    /// Takes the small primes out of n, and returns what is left of it.
    fn take_small_primes(&mut self, mut n: UBig, fuel: &Fuel<'_>) -> Result<UBig, Stop> {
        let mut candidate = 2u64;
        while candidate <= LARGEST_PRIME {
            // Nothing but a prime is left.
            if n.bit_len() <= 64 && u64::try_from(&n).is_ok_and(|n| n < candidate * candidate) {
                break;
            }
            if (&n % candidate) == 0 {
                fuel.pay_fractions(n.bit_len(), n.bit_len())?;
                let times = n.remove(&candidate.into()).unwrap_or_default();
                self.take(candidate.into(), times as u32, true);
            }
            candidate += 1 + candidate % 2;
        }
        Ok(n)
    }
}

/// n^(1/q) as an integer before the root, and integers with their exponents under it; whether each
/// is known to be prime.
fn split(n: UBig, degree: u32, fuel: &Fuel<'_>) -> Result<(UBig, Vec<Part>), Stop> {
    if n.is_zero() {
        return Ok((n, Vec::new()));
    }
    let mut split = Split { degree, outside: UBig::ONE, parts: Vec::new() };
    let n = split.take_small_primes(n, fuel)?;
    if n.is_one() {
        return Ok((split.outside, split.parts));
    }
    fuel.pay_fractions(n.bit_len(), n.bit_len())?;
    let (root, rest) = match degree {
        2 => n.sqrt_rem(),
        3 => n.cbrt_rem(),
        _ => (UBig::ZERO, UBig::ONE),
    };
    if rest.is_zero() {
        split.take(root, degree, false);
    } else {
        // No prime up to 1,000 divides what is left: below a million it is prime. One such radicand
        // alone is irrational too, but two could have a common factor.
        let prime = n < UBig::from(LARGEST_PRIME * LARGEST_PRIME);
        split.take(n, 1, prime);
    }
    Ok((split.outside, split.parts))
}
