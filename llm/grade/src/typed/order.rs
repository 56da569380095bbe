//! Inequalities, and the intervals that they are solved by.

use super::name::Name;
use super::scalar::Scalar;
use super::set::{End, complement, interval, is_cofinite, is_empty, operate};
use super::value::{Operation, Value};
use crate::budget::Fuel;
use crate::exact::{Atom, Normalizer};
use crate::read::{Function, Node, ReadError, Relation};
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
            complement(&point, fuel)?
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
/// leave. Bounds that exclude each other are meant as a union, whatever stands between them; what they
/// have in common is meant where one comes from below and one from above, or leaves single points out.
pub(super) fn joined(items: &[Value], fuel: &Fuel<'_>) -> Option<Value> {
    let name = match items {
        [Value::Named(name, ..), _, ..] => name,
        _ => return None,
    };
    let mut sets = Vec::with_capacity(items.len());
    for item in items {
        sets.push(bounded(item, name)?);
    }
    // `x = 1, x = 2` stays a list.
    if sets.iter().all(|set| matches!(set, Value::List(..) | Value::Scalar(_))) {
        return None;
    }
    let set = match apart(&sets, fuel)? {
        Some(union) => union,
        None if sets.iter().any(|set| is_cofinite(set, fuel)) || opposite(&sets) => {
            let (first, rest) = sets.split_first()?;
            let both = |a: Value, b: &Value| operate(Operation::Intersection, &a, b, fuel);
            rest.iter().try_fold(first.clone(), both)?
        }
        None => return None,
    };
    Some(Value::Named(name.clone(), Box::new(set), None))
}

/// The set of real numbers that a statement about this name allows.
fn bounded(item: &Value, name: &Name) -> Option<Value> {
    match item {
        Value::Named(other, set, None) if other == name => match &**set {
            set @ (Value::Interval(_) | Value::Union(_) | Value::List(_, true)) => {
                Some(set.clone())
            }
            _ => None,
        },
        Value::Named(other, value, Some(_)) if other == name => match &**value {
            Value::Scalar(value) if value.node.is_constant() => Some(Value::Scalar(value.clone())),
            _ => None,
        },
        _ => None,
    }
}

/// The union of sets no two of which have anything in common; nothing inside where some do, and nothing
/// at all where that is not decided.
fn apart(sets: &[Value], fuel: &Fuel<'_>) -> Option<Option<Value>> {
    let (first, rest) = sets.split_first()?;
    let mut union = first.clone();
    for set in rest {
        if !is_empty(&operate(Operation::Intersection, &union, set, fuel)?) {
            return Some(None);
        }
        union = operate(Operation::Union, &union, set, fuel)?;
    }
    Some(Some(union))
}

/// Whether of two intervals one is unbounded below and the other above.
fn opposite(sets: &[Value]) -> bool {
    let unbounded = |set: &Value| match set {
        Value::Interval(interval) => {
            Some((interval.low.infinite() == Some(-1), interval.high.infinite() == Some(1)))
        }
        _ => None,
    };
    match sets {
        [a, b] => matches!(
            (unbounded(a), unbounded(b)),
            (Some((true, false)), Some((false, true))) | (Some((false, true)), Some((true, false)))
        ),
        _ => false,
    }
}
