//! Whether two expressions have the same value.

use super::big::{Big, Precision};
use super::complex::Complex;
use super::double::Double;
use super::eval::{Evaluator, Reading};
use super::points::{INTEGERS, Kind, POINTS};
use super::real::{Fault, Real};
use crate::agreement::Agreement;
use crate::budget::{Exhausted, Fuel};
use crate::exact::{Atom, Atoms, Poly};
use crate::read::{Function, Node};
use std::cell::Cell;

/// Bits of the first look with large numbers.
const PRECISION: usize = 256;

/// An expression that is 0 everywhere or not.
enum Target<'a> {
    Poly(&'a Poly, &'a Atoms),
    Difference(&'a Node, &'a Node),
}

impl Target<'_> {
    fn is_constant(&self) -> bool {
        match self {
            Self::Poly(poly, atoms) => (0..atoms.len()).all(|number| {
                let used =
                    poly.terms().any(|(m, _)| m.iter().any(|(a, _)| usize::from(*a) == number));
                !used
                    || match atoms.get(number as u16) {
                        Some(Atom::Variable(_)) | None => false,
                        Some(Atom::Opaque { node, .. }) => node.is_constant(),
                        Some(_) => true,
                    }
            }),
            Self::Difference(a, b) => a.is_constant() && b.is_constant(),
        }
    }

    /// Whether it rounds: what does is the same at many points close to each other.
    fn rounds(&self) -> bool {
        let step = |node: &Node| matches!(node, Node::Call(Function::Floor | Function::Ceil, _));
        match self {
            Self::Poly(_, atoms) => (0..atoms.len()).any(|number| {
                matches!(atoms.get(number as u16), Some(Atom::Opaque { node, .. }) if node.any(&step))
            }),
            Self::Difference(a, b) => a.any(&step) || b.any(&step),
        }
    }

    /// The value at a point, and log₂ of the numbers that it is the difference of.
    fn value<R: Real>(&self, evaluator: &mut Evaluator<'_, R>) -> Result<(Complex<R>, f64), Fault> {
        match self {
            Self::Poly(poly, atoms) => evaluator.poly(poly, atoms),
            Self::Difference(a, b) => {
                let (a, b) = (evaluator.node(a)?, evaluator.node(b)?);
                let size = |value: &Complex<R>| value.re.magnitude().max(value.im.magnitude());
                let scale = size(&a).max(size(&b));
                Ok((a.subtract(&b, evaluator.context)?, scale))
            }
        }
    }
}

/// Whether a polynomial in atoms is 0. `bits` is the size of the largest integer it came from.
pub(crate) fn poly_vanishes(
    poly: &Poly,
    atoms: &Atoms,
    bits: usize,
    reading: Reading,
    fuel: &Fuel<'_>,
) -> Result<Agreement, Exhausted> {
    decide(&Target::Poly(poly, atoms), bits, reading, fuel)
}

/// Whether two expressions have the same value.
pub(crate) fn nodes_agree(
    a: &Node,
    b: &Node,
    reading: Reading,
    fuel: &Fuel<'_>,
) -> Result<Agreement, Exhausted> {
    let literal_bits = |node: &Node| match node {
        Node::Number(literal) => literal.significant as usize * 4,
        _ => 0,
    };
    let bits = literal_total(a, &literal_bits) + literal_total(b, &literal_bits);
    decide(&Target::Difference(a, b), bits, reading, fuel)
}

fn literal_total(node: &Node, bits: &impl Fn(&Node) -> usize) -> usize {
    node.children().into_iter().map(|child| literal_total(child, bits)).sum::<usize>() + bits(node)
}

fn decide(
    target: &Target<'_>,
    bits: usize,
    reading: Reading,
    fuel: &Fuel<'_>,
) -> Result<Agreement, Exhausted> {
    fuel.note_numeric();
    // Two different numbers made from integers of that many bits can agree in about twice as many.
    let precision = (PRECISION + 2 * bits).next_multiple_of(64);
    if precision > fuel.budget.precision {
        // Few digits can still tell them apart, and never tell that they are the same.
        let outcome = with_precision(target, PRECISION, reading, fuel)?;
        return Ok(if outcome == Agreement::Yes { Agreement::Undecided } else { outcome });
    }
    with_precision(target, precision, reading, fuel)
}

fn with_precision(
    target: &Target<'_>,
    precision: usize,
    reading: Reading,
    fuel: &Fuel<'_>,
) -> Result<Agreement, Exhausted> {
    if target.is_constant() {
        let at = [(0, Kind::Positive)];
        return at_points(target, &at, 1, precision, reading, fuel);
    }
    let points: Vec<_> = POINTS.into_iter().enumerate().collect();
    match at_points(target, &points, 3, precision, reading, fuel)? {
        Agreement::Undecided => {
            let integers: Vec<_> = INTEGERS.into_iter().enumerate().collect();
            at_points(target, &integers, 3, precision, reading, fuel)
        }
        Agreement::Yes if target.rounds() => {
            let integers: Vec<_> = INTEGERS.into_iter().enumerate().collect();
            match at_points(target, &integers, 3, precision, reading, fuel)? {
                Agreement::No => Ok(Agreement::No),
                _ => Ok(Agreement::Yes),
            }
        }
        outcome => Ok(outcome),
    }
}

/// Looks at each point with doubles, which can tell values apart, and at `needed` of them with large
/// numbers, which can tell that they are the same.
fn at_points(
    target: &Target<'_>,
    points: &[(usize, Kind)],
    needed: usize,
    precision: usize,
    reading: Reading,
    fuel: &Fuel<'_>,
) -> Result<Agreement, Exhausted> {
    let (mut open, mut undefined) = (Vec::new(), Vec::new());
    for &point in points {
        let mut evaluator = Evaluator::<Double>::new((), fuel, point, reading);
        match target.value(&mut evaluator) {
            Ok((value, _)) if is_nonzero(&value) => return Ok(Agreement::No),
            Ok(_) => open.push(point),
            Err(Fault::Exhausted) => return Err(Exhausted),
            // Out of the range of doubles, perhaps.
            Err(Fault::Undefined) if needed == 1 => open.push(point),
            Err(Fault::Undefined) => undefined.push(point),
        }
    }
    let look =
        |points: Vec<(usize, Kind)>| with_large_numbers(target, &points, precision, reading, fuel);
    if open.is_empty() {
        // Too large for doubles: large numbers can still tell values apart.
        undefined.truncate(needed);
        if look(undefined)? == Agreement::No {
            return Ok(Agreement::No);
        }
    }
    if open.len() < needed.min(2) {
        return Ok(Agreement::Undecided);
    }
    // Points of different kinds first.
    open.truncate(needed);
    look(open)
}

/// Looks at points with large numbers: one at which the values differ decides, else one at which they
/// are the same.
fn with_large_numbers(
    target: &Target<'_>,
    points: &[(usize, Kind)],
    precision: usize,
    reading: Reading,
    fuel: &Fuel<'_>,
) -> Result<Agreement, Exhausted> {
    let mut result = Agreement::Undecided;
    for &point in points {
        match closely(target, point, precision, reading, fuel)? {
            Agreement::No => return Ok(Agreement::No),
            Agreement::Yes => result = Agreement::Yes,
            Agreement::Undecided => {}
        }
    }
    Ok(result)
}

/// Looks at one point with large numbers, and with four times as many bits where that is in doubt, or as
/// many as the budget has.
fn closely(
    target: &Target<'_>,
    point: (usize, Kind),
    precision: usize,
    reading: Reading,
    fuel: &Fuel<'_>,
) -> Result<Agreement, Exhausted> {
    let more = (4 * precision).min(fuel.budget.precision);
    for bits in std::iter::once(precision).chain((more > precision).then_some(more)) {
        let lost = Cell::new(false);
        let context = Precision { bits, fuel, lost: &lost };
        let mut evaluator = Evaluator::<Big>::new(context, fuel, point, reading);
        match target.value(&mut evaluator) {
            Ok((value, _)) if is_nonzero(&value) => return Ok(Agreement::No),
            Ok((value, scale)) => {
                // Sure only if far more digits agree than two such numbers share by chance.
                let error = value.re.error().max(value.im.error());
                let exact = error == f64::NEG_INFINITY;
                let close = exact || error < scale - bits as f64 * 0.75;
                if close && !lost.get() {
                    return Ok(Agreement::Yes);
                }
            }
            Err(Fault::Exhausted) => return Err(Exhausted),
            Err(Fault::Undefined) => {}
        }
    }
    Ok(Agreement::Undecided)
}

/// Whether two expressions, of which one has long decimals in it, differ by no more than the rounding of
/// these explains, at every point where both have a value.
pub(crate) fn agree_within_rounding(
    a: &Node,
    b: &Node,
    fuel: &Fuel<'_>,
) -> Result<bool, Exhausted> {
    /// log₂ of the part of a value that rounding may make up.
    const MOST: f64 = -20.0;
    let target = Target::Difference(a, b);
    let constant = target.is_constant();
    let (points, needed) = if constant { (&POINTS[..1], 1) } else { (&POINTS[..], 3) };
    let reading = Reading { rounded: true, ..Reading::default() };
    let mut seen = 0;
    for point in points.iter().copied().enumerate() {
        let mut evaluator = Evaluator::<Double>::new((), fuel, point, reading);
        match target.value(&mut evaluator) {
            Ok((value, _)) if is_nonzero(&value) => return Ok(false),
            Ok((value, scale)) => {
                let error = value.re.error().max(value.im.error());
                seen += usize::from(error < scale + MOST);
            }
            Err(Fault::Exhausted) => return Err(Exhausted),
            Err(Fault::Undefined) => {}
        }
    }
    Ok(seen >= needed)
}

fn is_nonzero<R: Real>(value: &Complex<R>) -> bool {
    let nonzero = |part: &R| part.sign().is_some_and(std::cmp::Ordering::is_ne);
    nonzero(&value.re) || nonzero(&value.im)
}

/// A few digits of the value at a fixed point, which equal expressions share.
pub(crate) fn fingerprint(node: &Node, fuel: &Fuel<'_>) -> Option<String> {
    for (point, kind) in [(0, Kind::Positive), (1, Kind::Small), (0, Kind::Integer)] {
        let mut evaluator = Evaluator::<Double>::new((), fuel, (point, kind), Reading::default());
        if let Ok(value) = evaluator.node(node) {
            // Rounding noise around 0 is 0.
            let clean = |part: f64, other: f64| {
                if libm::fabs(part) < 1e-12 * libm::fabs(other).max(1e-12) { 0.0 } else { part }
            };
            let (re, im) = (value.re.approximate(), value.im.approximate());
            let (re, im) = (clean(re, im), clean(im, re));
            let kind = if node.is_constant() { "" } else { "@" };
            return Some(format!("{kind}{re:.9e}{im:+.9e}i"));
        }
    }
    None
}
