//! Inequalities, and the intervals that they are solved by.

use super::name::Name;
use super::scalar::Scalar;
use super::value::{Interval, Value, open_interval};
use crate::budget::Fuel;
use crate::exact::{Atom, Normalizer};
use crate::read::{Constant, Function, Node, ReadError, Relation};
use dashu_ratio::RBig;

/// A bound on one name: `name relation bound`.
struct Bound {
    name: Name,
    relation: Relation,
    bound: Scalar,
    /// The name stands between bars.
    absolute: bool,
}

/// Relations in a row, solved for the one name in them where that is simple.
pub(super) fn inequality(
    first: &Node,
    rest: &[(Relation, Node)],
    fuel: &Fuel<'_>,
) -> Result<Value, ReadError> {
    let mut pairs = Vec::with_capacity(rest.len());
    let mut left = first;
    for (relation, right) in rest {
        if left.any(&|n| matches!(n, Node::Group(..) | Node::List(_)))
            || right.any(&|n| matches!(n, Node::Group(..) | Node::List(_)))
        {
            return Err(ReadError::syntax("an inequality between things that are no numbers"));
        }
        pairs.push((left.clone(), *relation, right.clone()));
        left = right;
    }
    if let [(left, relation, right)] = &pairs[..]
        && let Some(solved) = between_bars(left, *relation, right, fuel)
    {
        return Ok(solved);
    }
    let bounds: Option<Vec<Bound>> =
        pairs.iter().map(|(l, relation, r)| solve(l, *relation, r, fuel)).collect();
    let solved = bounds.and_then(|bounds| set(bounds, fuel));
    Ok(solved.unwrap_or(Value::Inequality(pairs)))
}

/// `|a x + b| < c` and `|a x + b| > c`, solved for x.
fn between_bars(left: &Node, relation: Relation, right: &Node, fuel: &Fuel<'_>) -> Option<Value> {
    let (bars, relation, bound) = match (left, right) {
        (Node::Call(Function::Abs, arguments), bound) => (arguments, relation, bound),
        (bound, Node::Call(Function::Abs, arguments)) => (arguments, relation.flipped(), bound),
        _ => return None,
    };
    let [inner] = &bars[..] else { return None };
    if Name::new(inner).is_some() || !bound.is_constant() {
        return None;
    }
    let above = linear(inner, relation, bound, fuel)?;
    let below = linear(inner, relation.flipped(), &bound.clone().negate(), fuel)?;
    match relation {
        Relation::Less | Relation::LessEqual => set(vec![above, below], fuel),
        Relation::Greater | Relation::GreaterEqual => {
            joined(&[set(vec![above], fuel)?, set(vec![below], fuel)?], fuel)
        }
        _ => None,
    }
}

/// One relation, solved for its only name.
fn solve(left: &Node, relation: Relation, right: &Node, fuel: &Fuel<'_>) -> Option<Bound> {
    let (side, relation, other) = match (right.is_constant(), left.is_constant()) {
        (true, false) => (left, relation, right),
        (false, true) => (right, relation.flipped(), left),
        _ => return linear(left, relation, right, fuel),
    };
    let (inner, absolute) = match side {
        Node::Call(Function::Abs, arguments) => (arguments.first()?, true),
        other => (other, false),
    };
    match Name::new(inner) {
        Some(name) => {
            Some(Bound { name, relation, bound: Scalar::new(other, fuel).ok()?, absolute })
        }
        None => linear(left, relation, right, fuel),
    }
}

/// a·x + b relation 0 with rational a and b.
fn linear(left: &Node, relation: Relation, right: &Node, fuel: &Fuel<'_>) -> Option<Bound> {
    let mut normalizer = Normalizer::new(fuel);
    let difference = Node::Sum(vec![left.clone(), right.clone().negate()]);
    let difference = normalizer.fraction(&difference).ok()?;
    let scale = difference.denominator.terms().next().filter(|(m, _)| m.is_empty())?.1.clone();
    if difference.denominator.len() > 1 || difference.numerator.len() > 2 {
        return None;
    }
    let (mut slope, mut offset) = (None, RBig::ZERO);
    for (monomial, coefficient) in difference.numerator.terms() {
        match &monomial[..] {
            [] => offset = coefficient / &scale,
            [(number, 1)] => match normalizer.atoms.get(*number)? {
                Atom::Variable(name) => slope = Some((name.clone(), coefficient / &scale)),
                _ => return None,
            },
            _ => return None,
        }
    }
    let (name, slope) = slope?;
    let relation = if slope < RBig::ZERO { relation.flipped() } else { relation };
    let bound = Scalar::of_rational(-offset / slope);
    Some(Bound { name: Name::variable(&name), relation, bound, absolute: false })
}

/// The end of an interval, and whether it belongs to it.
type End = (Scalar, bool);

/// The set that one or two bounds on the same name leave.
fn set(bounds: Vec<Bound>, fuel: &Fuel<'_>) -> Option<Value> {
    let name = bounds.first()?.name.clone();
    let absolute = bounds[0].absolute;
    if bounds.len() > 2 || bounds.iter().any(|b| b.name != name || b.absolute != absolute) {
        return None;
    }
    let set = match &bounds[..] {
        [Bound { relation: Relation::NotEqual, bound, absolute: false, .. }] => {
            let point = Value::Scalar(bound.clone());
            without(&interval(None, None, fuel)?, point, fuel)?
        }
        _ => {
            let (low, high) = ends(bounds)?;
            if absolute { mirrored(low, high, fuel)? } else { interval(low, high, fuel)? }
        }
    };
    Some(Value::Named(name, Box::new(set), None))
}

/// The lower and the upper of bounds, at most one of each.
fn ends(bounds: Vec<Bound>) -> Option<(Option<End>, Option<End>)> {
    let (mut low, mut high) = (None, None);
    for bound in bounds {
        let closed = matches!(bound.relation, Relation::LessEqual | Relation::GreaterEqual);
        let side = match bound.relation {
            Relation::Less | Relation::LessEqual => &mut high,
            Relation::Greater | Relation::GreaterEqual => &mut low,
            _ => return None,
        };
        if side.replace((bound.bound, closed)).is_some() {
            return None;
        }
    }
    Some((low, high))
}

/// An interval; an end that is missing is ±∞.
fn interval(low: Option<End>, high: Option<End>, fuel: &Fuel<'_>) -> Option<Value> {
    let unbounded = |negative| Scalar::new(&infinity(negative), fuel).ok();
    let (low, low_closed) = low.or(Some((unbounded(true)?, false)))?;
    let (high, high_closed) = high.or(Some((unbounded(false)?, false)))?;
    Some(Value::Interval(Box::new(Interval { low, high, low_closed, high_closed })))
}

/// What bounds on an absolute value leave: |x| < a is one interval, a < |x| are two of them.
fn mirrored(low: Option<End>, high: Option<End>, fuel: &Fuel<'_>) -> Option<Value> {
    let mirror = |(bound, closed): &End| {
        Scalar::new(&bound.node.clone().negate(), fuel).ok().map(|bound| (bound, *closed))
    };
    match low {
        None => {
            let high = high?;
            interval(Some(mirror(&high)?), Some(high), fuel)
        }
        Some(low) => {
            let left = interval(high.as_ref().and_then(mirror), mirror(&low), fuel)?;
            Some(Value::Union(vec![left, interval(Some(low), high, fuel)?]))
        }
    }
}

/// Bounds on one name beside each other: `x < -1 or x > 1` is a union, `x > -1 and x < 1` is what both
/// leave. Bounds that exclude each other are meant as a union, whatever stands between them.
pub(super) fn joined(items: &[Value], fuel: &Fuel<'_>) -> Option<Value> {
    let bound = |item: &Value| match item {
        Value::Named(name, value, None) => match &**value {
            Value::Interval(interval) => Some((name.clone(), (**interval).clone())),
            _ => None,
        },
        _ => None,
    };
    let bounds: Vec<(Name, Interval)> = items.iter().map(bound).collect::<Option<_>>()?;
    let name = bounds.first().filter(|_| bounds.len() > 1)?.0.clone();
    if bounds.iter().any(|(other, _)| *other != name) {
        return None;
    }
    let mut parts: Vec<(f64, f64, Interval)> = Vec::with_capacity(bounds.len());
    for (_, interval) in bounds {
        parts.push((position(&interval.low, fuel)?, position(&interval.high, fuel)?, interval));
    }
    parts.sort_by(|a, b| a.0.total_cmp(&b.0));
    let apart = |pair: &[(f64, f64, Interval)]| {
        let touching = pair[0].1 == pair[1].0 && !(pair[0].2.high_closed && pair[1].2.low_closed);
        pair[0].1 < pair[1].0 || touching
    };
    if parts.windows(2).all(apart) {
        let parts = parts.into_iter().map(|(_, _, part)| Value::Interval(Box::new(part))).collect();
        return Some(Value::Named(name, Box::new(Value::Union(parts)), None));
    }
    // From below and from above.
    let [(f64::NEG_INFINITY, _, below), (_, f64::INFINITY, above)] = &parts[..] else {
        return None;
    };
    let both = Interval {
        low: above.low.clone(),
        high: below.high.clone(),
        low_closed: above.low_closed,
        high_closed: below.high_closed,
    };
    Some(Value::Named(name, Box::new(Value::Interval(Box::new(both))), None))
}

/// Where a number stands on the real line, ±∞ included.
fn position(point: &Scalar, fuel: &Fuel<'_>) -> Option<f64> {
    match (point.infinite(), &point.rational) {
        (Some(sign), _) => Some(f64::INFINITY.copysign(f64::from(sign))),
        (None, Some(value)) => Some(value.to_f64_fast()),
        (None, None) => crate::numeric::value(&point.node, fuel).map(|(value, _)| value),
    }
}

/// An interval without finitely many points in it.
pub(super) fn without(whole: &Value, removed: Value, fuel: &Fuel<'_>) -> Option<Value> {
    let whole = match whole {
        Value::Interval(interval) => (**interval).clone(),
        Value::Tuple(items) => open_interval(items)?,
        _ => return None,
    };
    let points = match removed {
        Value::List(items, _) => items,
        other => vec![other],
    };
    let mut cuts = Vec::with_capacity(points.len());
    for point in points {
        let Value::Scalar(point) = point else { return None };
        cuts.push((position(&point, fuel)?, point));
    }
    cuts.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut parts = Vec::with_capacity(cuts.len() + 1);
    let (mut low, mut low_closed) = (whole.low, whole.low_closed);
    for (_, cut) in cuts {
        let part = Interval { low, high: cut.clone(), low_closed, high_closed: false };
        parts.push(Value::Interval(Box::new(part)));
        (low, low_closed) = (cut, false);
    }
    let (high, high_closed) = (whole.high, whole.high_closed);
    parts.push(Value::Interval(Box::new(Interval { low, high, low_closed, high_closed })));
    Some(Value::Union(parts))
}

/// ±∞.
fn infinity(negative: bool) -> Node {
    let infinity = Node::Constant(Constant::Infinity);
    if negative { infinity.negate() } else { infinity }
}
