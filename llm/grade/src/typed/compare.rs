//! When two values are the same answer.

use super::name::{Name, with_labels};
use super::scalar::{Scalar, same};
use super::value::{IndexedUnion, Interval, Operation, Value, open_interval};
use super::vector;
use crate::agreement::Agreement;
use crate::budget::{Exhausted, Fuel};
use crate::exact::{self, Normalizer};
use crate::numeric;
use crate::read::{Function, Node, Relation};
use dashu_ratio::RBig;
use std::collections::BTreeSet;
use std::sync::Arc;

type Result = std::result::Result<Agreement, Exhausted>;

/// Whether two values are the same answer; the order of the two does not matter.
pub(crate) fn matches(a: &Value, b: &Value, fuel: &Fuel<'_>) -> Result {
    use Value as V;
    fuel.pay(2)?;
    match (a, b) {
        (V::About(exact, rounded), other) | (other, V::About(exact, rounded)) => {
            about(exact, rounded, other, fuel)
        }
        (V::Named(..), _) | (_, V::Named(..)) => named(a, b, fuel),
        (V::List(items, _), other) | (other, V::List(items, _))
            if items.len() == 1 && !matches!(other, V::List(..)) =>
        {
            matches(&items[0], other, fuel)
        }
        (V::Union(parts), other) | (other, V::Union(parts))
            if parts.len() == 1 && !matches!(other, V::Union(_)) =>
        {
            matches(&parts[0], other, fuel)
        }
        _ => unnamed_values(a, b, fuel),
    }
}

/// Values of which at least one has a name: a name counts against another name, and not against a
/// bare value.
fn named(a: &Value, b: &Value, fuel: &Fuel<'_>) -> Result {
    use Value as V;
    match (a, b) {
        (V::Named(name, value, sides), V::Named(other_name, other, other_sides)) => {
            let values = match name.agrees(other_name) {
                true => matches(value, other, fuel)?,
                false => Agreement::No,
            };
            match (sides, other_sides) {
                (Some(left), Some(right)) if values != Agreement::Yes => {
                    Ok(values.or(labelled_equations(left, right, fuel)?))
                }
                _ => Ok(values),
            }
        }
        (V::Named(_, _, Some((l, r))), V::Equation(left, right))
        | (V::Equation(left, right), V::Named(_, _, Some((l, r)))) => {
            let sides = (l.clone(), r.clone());
            labelled_equations(&sides, &(left.clone(), right.clone()), fuel)
        }
        (V::Named(name, ..), V::List(items, _) | V::Tuple(items))
        | (V::List(items, _) | V::Tuple(items), V::Named(name, ..))
            if names_others(name, items) =>
        {
            Ok(Agreement::No)
        }
        (V::Named(_, value, _), other) | (other, V::Named(_, value, _)) => {
            matches(value, other, fuel)
        }
        _ => Ok(Agreement::No),
    }
}

/// Whether items have names that are neither this one nor, together, the tuple that it is: `a = 1, b = 2` is
/// `(a, b) = (1, 2)` and not `A = {1, 2}`.
fn names_others(name: &Name, items: &[Value]) -> bool {
    let own = |item: &Value| match item {
        Value::Named(own, ..) => Some(own.text().to_owned()),
        _ => None,
    };
    let names: Option<Vec<String>> = items.iter().map(own).collect();
    names.is_some_and(|names| {
        let all_same = names.iter().all(|own| own == name.text());
        !names.is_empty() && !all_same && names.join(",") != name.text()
    })
}

/// Values without a name; a list or union of one item is that item.
fn unnamed_values(a: &Value, b: &Value, fuel: &Fuel<'_>) -> Result {
    use Value as V;
    match (a, b) {
        (V::Scalar(a), V::Scalar(b)) => a.matches(b, fuel),
        (V::Measured(a, unit), V::Measured(b, other)) => match unit.in_terms_of(other) {
            Some(one) if one == RBig::ONE => a.matches(b, fuel),
            Some(ratio) => a.times(ratio, fuel).matches(b, fuel),
            None => Ok(Agreement::No),
        },
        (V::Measured(value, _), other) | (other, V::Measured(value, _)) => {
            unnamed_values(&V::Scalar((**value).clone()), other, fuel)
        }
        (V::Tuple(a), V::Tuple(b)) => in_order(a, b, fuel),
        (V::Tuple(items), V::Interval(interval)) | (V::Interval(interval), V::Tuple(items)) => {
            match open_interval(items) {
                Some(open) => intervals(&open, interval, fuel),
                None => Ok(Agreement::No),
            }
        }
        (V::Interval(a), V::Interval(b)) => intervals(a, b, fuel),
        (V::Tuple(a), V::List(b, false)) | (V::List(b, false), V::Tuple(a)) => in_order(a, b, fuel),
        (V::List(a, _), V::List(b, _)) | (V::Union(a), V::Union(b)) => in_any_order(a, b, fuel),
        (V::Tuple(items), V::Matrix(rows)) | (V::Matrix(rows), V::Tuple(items)) => {
            vector(items, rows, fuel)
        }
        (V::Operated(Operation::Difference, a), V::Operated(Operation::Difference, b)) => {
            in_order(a, b, fuel)
        }
        (V::Operated(operation, a), V::Operated(other, b)) if operation == other => {
            in_any_order(a, b, fuel)
        }
        (V::IndexedUnion(a), V::IndexedUnion(b)) => families(a, b, fuel),
        (V::Matrix(a), V::Matrix(b)) => tables(a, b, fuel),
        (V::Scalar(sum), V::Tuple(items)) | (V::Tuple(items), V::Scalar(sum)) => {
            let cells: Option<Vec<_>> = items.iter().map(cell).collect();
            cells.map_or(Ok(Agreement::No), |cells| unit_vectors(&sum.node, &cells, fuel))
        }
        (V::Scalar(sum), V::Matrix(rows)) | (V::Matrix(rows), V::Scalar(sum))
            if is_vector(rows) =>
        {
            let cells: Vec<_> = rows.iter().flatten().map(|cell| &cell.node).collect();
            unit_vectors(&sum.node, &cells, fuel)
        }
        (V::Ratio(a), V::Ratio(b)) => ratios(a, b, fuel),
        (V::Equation(l, r), V::Equation(left, right)) => {
            labelled_equations(&(l.clone(), r.clone()), &(left.clone(), right.clone()), fuel)
        }
        (V::Inequality(a), V::Inequality(b)) => inequalities(a, b, fuel),
        (V::Text(a), V::Text(b)) => Ok((a == b).into()),
        _ => Ok(Agreement::No),
    }
}

/// `a ≈ b` stands for a, and for b if that is a rounding of a.
fn about(exact: &Value, rounded: &Value, other: &Value, fuel: &Fuel<'_>) -> Result {
    let direct = match other {
        Value::About(other, _) => return matches(exact, other, fuel),
        other => matches(exact, other, fuel)?,
    };
    let near = match (unnamed(exact), unnamed(rounded)) {
        (Value::Scalar(a), Value::Scalar(b)) => {
            let value =
                |scalar: &Scalar| numeric::value(&scalar.node, fuel).map(|(value, _)| value);
            match (value(a), value(b)) {
                (Some(a), Some(b)) => libm::fabs(a - b) <= 0.01 * libm::fabs(a),
                _ => false,
            }
        }
        _ => false,
    };
    if direct == Agreement::Yes || !near {
        return Ok(direct);
    }
    Ok(direct.or(matches(rounded, other, fuel)?))
}

fn unnamed(value: &Value) -> &Value {
    if let Value::Named(_, value, _) = value { unnamed(value) } else { value }
}

fn all<T>(pairs: impl Iterator<Item = T>, mut compare: impl FnMut(T) -> Result) -> Result {
    let mut result = Agreement::Yes;
    for pair in pairs {
        result = result.and(compare(pair)?);
        if result == Agreement::No {
            break;
        }
    }
    Ok(result)
}

fn in_order(a: &[Value], b: &[Value], fuel: &Fuel<'_>) -> Result {
    if a.len() != b.len() {
        return Ok(Agreement::No);
    }
    all(a.iter().zip(b), |(a, b)| matches(a, b, fuel))
}

/// As sets: each of either side has its like on the other.
fn in_any_order(a: &[Value], b: &[Value], fuel: &Fuel<'_>) -> Result {
    let found = |item: &Value, others: &[Value], hint: usize| {
        // Most lists are in the same order.
        let mut result = Agreement::No;
        let order = others.iter().cycle().skip(hint).take(others.len());
        for other in order {
            result = result.or(matches(item, other, fuel)?);
            if result == Agreement::Yes {
                break;
            }
        }
        Ok(result)
    };
    if a.is_empty() || b.is_empty() {
        return Ok((a.len() == b.len()).into());
    }
    let forth = all(a.iter().enumerate(), |(i, item)| found(item, b, i % b.len()))?;
    if forth == Agreement::No {
        return Ok(forth);
    }
    Ok(forth.and(all(b.iter().enumerate(), |(i, item)| found(item, a, i % a.len()))?))
}

fn intervals(a: &Interval, b: &Interval, fuel: &Fuel<'_>) -> Result {
    if a.low_closed != b.low_closed || a.high_closed != b.high_closed {
        return Ok(Agreement::No);
    }
    all([(&a.low, &b.low), (&a.high, &b.high)].into_iter(), |(a, b)| {
        match (a.infinite(), b.infinite()) {
            (None, None) => a.matches(b, fuel),
            (a, b) => Ok((a == b).into()),
        }
    })
}

/// Over the same range of an index, the same sets.
fn families(a: &IndexedUnion, b: &IndexedUnion, fuel: &Fuel<'_>) -> Result {
    let ends = all(a.ends.iter().zip(&b.ends), |(a, b)| same(a, b, fuel))?;
    if ends == Agreement::No {
        return Ok(ends);
    }
    Ok(ends.and(matches(&a.member, &b.member, fuel)?))
}

/// A tuple and a matrix of one row or one column.
fn vector(items: &[Value], rows: &[Vec<Scalar>], fuel: &Fuel<'_>) -> Result {
    let cells: Vec<&Scalar> = rows.iter().flatten().collect();
    if !is_vector(rows) || cells.len() != items.len() {
        return Ok(Agreement::No);
    }
    all(items.iter().zip(cells), |(item, cell)| match item {
        Value::Scalar(item) => item.matches(cell, fuel),
        _ => Ok(Agreement::No),
    })
}

fn is_vector(rows: &[Vec<Scalar>]) -> bool {
    rows.len() == 1 || rows.iter().all(|row| row.len() == 1)
}

fn cell(item: &Value) -> Option<&Node> {
    if let Value::Scalar(cell) = item { Some(&cell.node) } else { None }
}

/// `3i - 2j` and its coordinates.
fn unit_vectors(sum: &Node, cells: &[&Node], fuel: &Fuel<'_>) -> Result {
    match vector::coordinates(sum, cells.len()) {
        Some(coordinates) => all(coordinates.iter().zip(cells), |(a, b)| same(a, b, fuel)),
        None => Ok(Agreement::No),
    }
}

fn tables(a: &[Vec<Scalar>], b: &[Vec<Scalar>], fuel: &Fuel<'_>) -> Result {
    let shape = |rows: &[Vec<Scalar>]| (rows.len(), rows.first().map_or(0, Vec::len));
    if shape(a) != shape(b) {
        return Ok(Agreement::No);
    }
    all(a.iter().flatten().zip(b.iter().flatten()), |(a, b)| a.matches(b, fuel))
}

/// Up to a common factor: a₀·bᵢ = b₀·aᵢ.
fn ratios(a: &[Node], b: &[Node], fuel: &Fuel<'_>) -> Result {
    if a.len() != b.len() {
        return Ok(Agreement::No);
    }
    all(a.iter().zip(b), |(left, right)| {
        let cross = |one: &Node, other: &Node| Node::Product(vec![one.clone(), other.clone()]);
        same(&cross(&b[0], left), &cross(&a[0], right), fuel)
    })
}

/// Equations between what is written: where a side is a number, runs of capitals are the names of
/// segments and angles, and no products. An equation in `log`, whose base is left open, is none in `ln`.
fn labelled_equations(a: &(Node, Node), b: &(Node, Node), fuel: &Fuel<'_>) -> Result {
    if logarithms(a) != logarithms(b) {
        return Ok(Agreement::No);
    }
    let names = |sides: &(Node, Node)| sides.0.is_constant() || sides.1.is_constant();
    if !names(a) || !names(b) {
        return equations(a, b, fuel);
    }
    let labelled = |sides: &(Node, Node)| (with_labels(&sides.0), with_labels(&sides.1));
    equations(&labelled(a), &labelled(b), fuel)
}

/// Whether logarithms of variables have no written base, and whether they are natural.
fn logarithms(sides: &(Node, Node)) -> (bool, bool) {
    let has = |function: Function| {
        let of_variable = |part: &Node| match part {
            Node::Call(found, arguments) => {
                *found == function && arguments.len() == 1 && !arguments[0].is_constant()
            }
            _ => false,
        };
        sides.0.any(&of_variable) || sides.1.any(&of_variable)
    };
    (has(Function::Log), has(Function::Ln))
}

/// left − right of both, up to a factor other than 0.
fn equations(a: &(Node, Node), b: &(Node, Node), fuel: &Fuel<'_>) -> Result {
    let difference =
        |(left, right): &(Node, Node)| Node::Sum(vec![left.clone(), right.clone().negate()]);
    let (a, b) = (difference(a), difference(b));
    match factor(&a, &b, fuel) {
        Some(factor) => Ok((!factor.is_zero()).into()),
        None if variables(&a) != variables(&b) => Ok(Agreement::No),
        None => Ok(same(&a, &b, fuel)?.or(same(&a, &b.negate(), fuel)?)),
    }
}

/// The names of the variables in an expression.
fn variables(node: &Node) -> BTreeSet<Arc<str>> {
    let mut found: BTreeSet<Arc<str>> = node.children().into_iter().flat_map(variables).collect();
    if let Node::Symbol(name) = node {
        found.insert(name.clone());
    }
    found
}

/// The rational number that the second is multiplied by to give the first; 0 if there is none, and
/// nothing where numbers must decide.
fn factor(a: &Node, b: &Node, fuel: &Fuel<'_>) -> Option<RBig> {
    let mut normalizer = Normalizer::new(fuel);
    let (a, b) = (normalizer.fraction(a).ok()?, normalizer.fraction(b).ok()?);
    let (a, b) = (a.numerator, b.numerator);
    let (first, second) = (a.terms().next(), b.terms().next());
    let factor = match (first, second) {
        (Some((left, p)), Some((right, q))) if left == right => p / q,
        (Some(_), Some(_)) => RBig::ZERO,
        _ => return None,
    };
    for (_, coefficient) in b.terms() {
        exact::pay(coefficient, &factor, fuel).ok()?;
    }
    let fits = a.len() == b.len()
        && a.terms()
            .zip(b.terms())
            .all(|((left, p), (right, q))| left == right && *p == q * &factor);
    match fits {
        true => Some(factor),
        // Roots and functions can hide a factor.
        false if normalizer.atoms.only_variables() => Some(RBig::ZERO),
        false => None,
    }
}

/// Relations one by one: the same relation between the same expressions, up to a positive factor.
fn inequalities(
    a: &[(Node, Relation, Node)],
    b: &[(Node, Relation, Node)],
    fuel: &Fuel<'_>,
) -> Result {
    if a.len() != b.len() {
        return Ok(Agreement::No);
    }
    let one = |a: &(Node, Relation, Node), b: &(Node, Relation, Node)| {
        let difference = |(left, _, right): &(Node, Relation, Node)| {
            Node::Sum(vec![left.clone(), right.clone().negate()])
        };
        let (left, right) = (difference(a), difference(b));
        match factor(&left, &right, fuel) {
            Some(factor) if factor.is_zero() => Ok(Agreement::No),
            Some(factor) => {
                let relation = if factor < RBig::ZERO { b.1.flipped() } else { b.1 };
                Ok((a.1 == relation).into())
            }
            None if a.1 == b.1 => same(&left, &right, fuel),
            None if a.1 == b.1.flipped() => same(&left, &right.negate(), fuel),
            None => Ok(Agreement::No),
        }
    };
    let forth = all(a.iter().zip(b), |(a, b)| one(a, b))?;
    if forth == Agreement::Yes || a.len() == 1 {
        return Ok(forth);
    }
    // The same chain read from right to left.
    Ok(forth.or(all(a.iter().zip(b.iter().rev()), |(a, b)| one(a, b))?))
}
