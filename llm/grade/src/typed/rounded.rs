//! Whether a decimal is a rounding of an exact value, or what a program printed for it.
//!
//! # Rules
//! - A decimal with five or more digits stands for an exact value that rounds to it, half a unit of its
//!   last place either way. With fewer, too many values would round to it.
//! - A decimal with sixteen or more digits is also taken for a printed double. It stands for the value if
//!   it is the shortest print, or the print with 17 digits, of the double nearest to the value or of one of
//!   its two neighbours: a program's last operations may have rounded by that much. The exact expansion of
//!   the nearest double counts at any length.
//! - A decimal does not round to another decimal, which is exact as it stands. The second rule does count
//!   there, `0.30000000000000004` for `0.3`, unless both have the digits of a printed double.
//! - Dots behind a decimal say that the digits stand as they are: `0.857142...` is 6/7.
//! - An integer is asked for exactly: `1.0995\times10^{12}` is not 4^20. With twelve or more digits, as
//!   programs print large floats, `1.09951162778e12` is.

use crate::budget::Fuel;
use crate::exact;
use crate::numeric;
use crate::read::{Literal, Node};
use dashu_int::{IBig, UBig};
use dashu_ratio::RBig;
use std::cmp::Ordering;

/// A decimal with fewer digits than these is not a rounding of an exact value.
const ROUNDED_DIGITS: u32 = 5;
/// Fewest digits of a decimal that may be a rounded integer.
const INTEGER_DIGITS: u32 = 12;
/// Fewest digits of a decimal that may be a printed double.
const DOUBLE_DIGITS: u32 = 16;
/// With more digits a decimal is longer than the print of a double is by default.
const LONGEST_DOUBLE: u32 = 17;
/// The farthest last place, in either direction, that a decimal is compared at.
const FARTHEST_PLACE: i32 = 20_000;

/// A number written as a decimal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Decimal {
    /// The power of ten that the last digit counts.
    place: i32,
    /// Digits from the first that is not 0.
    digits: u32,
    /// Dots behind it say that more digits follow.
    cut: bool,
}

impl Decimal {
    /// How a number is written, if it is a decimal or one times a power of ten, with a sign or without.
    pub(super) fn of(node: &Node) -> Option<Self> {
        let literal = |literal: &Literal| {
            Some(Self { place: -literal.places?, digits: literal.significant, cut: literal.cut })
        };
        match node {
            Node::Negate(inner) => Self::of(inner),
            Node::Number(number) => literal(number),
            Node::Product(factors) => match &factors[..] {
                [mantissa, power] if matches!(mantissa, Node::Number(_) | Node::Negate(_)) => {
                    let mantissa = Self::of(mantissa)?;
                    Some(Self {
                        place: mantissa.place.checked_add(power_of_ten(power)?)?,
                        ..mantissa
                    })
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether this decimal, whose value is `value`, stands for an exact value.
    pub(super) fn stands_for(self, value: &RBig, exact: &Exact<'_>, fuel: &Fuel<'_>) -> bool {
        if self.digits < ROUNDED_DIGITS || self.place.abs() > FARTHEST_PLACE {
            return false;
        }
        if self.rounds(value, exact, fuel) {
            return true;
        }
        let is_double = |decimal: Self| (DOUBLE_DIGITS..=LONGEST_DOUBLE).contains(&decimal.digits);
        let from_double = self.digits >= DOUBLE_DIGITS && !exact.decimal.is_some_and(is_double);
        from_double && self.is_printed(value, exact, fuel)
    }

    /// Whether the exact value is within half a unit of the last place.
    fn rounds(self, value: &RBig, exact: &Exact<'_>, fuel: &Fuel<'_>) -> bool {
        if exact.decimal.is_some() {
            return false;
        }
        let unit = power(10, self.place);
        let half = &unit / RBig::from(2);
        let mut ends = (value - &half, value + half);
        if self.cut && *value < RBig::ZERO {
            ends.0 = value - unit;
        } else if self.cut {
            ends.1 = value + unit;
        }
        let Some(rational) = exact.rational else {
            return self.rounds_irrational(ends, exact.node, fuel);
        };
        let is_integer = rational.denominator().is_one();
        if is_integer && (self.place < 1 || self.digits < INTEGER_DIGITS) {
            return false;
        }
        if exact::pay(value, rational, fuel).is_err() {
            return false;
        }
        ends.0 <= *rational && *rational <= ends.1
    }

    fn rounds_irrational(self, ends: (RBig, RBig), node: &Node, fuel: &Fuel<'_>) -> bool {
        if !node.is_constant() {
            return false;
        }
        if self.digits < DOUBLE_DIGITS
            && let Some((near, error)) = numeric::value(node, fuel)
        {
            let (low, high) = (ends.0.to_f64_fast(), ends.1.to_f64_fast());
            return low <= near + error && near - error <= high;
        }
        // Whether the value lies between the two ends, with more digits than doubles have.
        let compared = |end: RBig| {
            let difference = Node::Sum(vec![node.clone(), Node::fraction(-end)]);
            numeric::sign(&difference, self.digits, fuel)
        };
        compared(ends.0) == Some(Ordering::Greater) && compared(ends.1) == Some(Ordering::Less)
    }

    /// Whether a double near the exact value is printed as this decimal.
    fn is_printed(self, value: &RBig, exact: &Exact<'_>, fuel: &Fuel<'_>) -> bool {
        let nearest = match exact.rational {
            Some(rational) => Some(rational.to_f64().value()),
            None if exact.node.is_constant() => numeric::nearest(exact.node, fuel),
            None => None,
        };
        let Some(nearest) = nearest.filter(|double| double.is_normal()) else { return false };
        let digits = self.digits.min(800) as usize;
        let is_print = |text: String| scientific(&text).is_some_and(|print| print == *value);
        let of_any =
            |double: f64| is_print(format!("{double:e}")) || is_print(format!("{double:.16e}"));
        of_any(nearest)
            || of_any(nearest.next_up())
            || of_any(nearest.next_down())
            || is_print(format!("{nearest:.*e}", digits - 1))
    }
}

/// The other value of a comparison: where it is rational its value, and how it is written.
pub(super) struct Exact<'a> {
    pub(super) node: &'a Node,
    pub(super) rational: Option<&'a RBig>,
    pub(super) decimal: Option<Decimal>,
}

/// The exponent of `10^n`, `10`, `100` …
fn power_of_ten(node: &Node) -> Option<i32> {
    let whole = |node: &Node| match node {
        Node::Number(literal) if literal.value.denominator().is_one() => {
            i32::try_from(literal.value.numerator()).ok()
        }
        _ => None,
    };
    match node {
        Node::Power(base, exponent) if whole(base) == Some(10) => match &**exponent {
            Node::Negate(inner) => whole(inner).map(|n| -n),
            exponent => whole(exponent),
        },
        Node::Number(_) => {
            let value = whole(node).filter(|value| *value >= 10)?;
            let exponent = value.ilog10();
            (10i32.pow(exponent) == value).then_some(exponent as i32)
        }
        _ => None,
    }
}

/// base^exponent.
fn power(base: u8, exponent: i32) -> RBig {
    let size = UBig::from(base).pow(exponent.unsigned_abs() as usize);
    match exponent < 0 {
        true => RBig::from_parts(IBig::ONE, size),
        false => RBig::from(size),
    }
}

/// The value of what Rust prints for a double in scientific notation.
fn scientific(text: &str) -> Option<RBig> {
    let (mantissa, exponent) = text.split_once('e')?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = IBig::from_str_radix(&format!("{whole}{fraction}"), 10).ok()?;
    let exponent = exponent.parse::<i32>().ok()? - fraction.len() as i32;
    Some(RBig::from(digits) * power(10, exponent))
}
