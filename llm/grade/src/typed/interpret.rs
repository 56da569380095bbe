//! From the syntax tree to a typed value.

use super::matrix;
use super::name::Name;
use super::order;
use super::scalar::Scalar;
use super::value::{Interval, Value, open_interval};
use crate::budget::Fuel;
use crate::read::{Bracket, Node, ReadError, Relation, parse_unit};

type Result<T> = std::result::Result<T, ReadError>;

/// The typed value of a syntax tree.
///
/// # Errors
/// A collection where a number should be.
pub(crate) fn interpret(node: &Node, fuel: &Fuel<'_>) -> Result<Value> {
    Ok(match node {
        Node::Text(text) => Value::Text(text.clone()),
        Node::Unit(inner, _) if !is_arithmetic(inner) => interpret(inner, fuel)?,
        Node::Unit(_, unit) if let Some(unit) = parse_unit(unit) => {
            match interpret_unmeasured(node, fuel)? {
                Value::Scalar(value) => Value::Measured(Box::new(value), unit),
                other => other,
            }
        }
        _ => interpret_unmeasured(node, fuel)?,
    })
}

/// The typed value of a syntax tree whose unit does not count.
fn interpret_unmeasured(node: &Node, fuel: &Fuel<'_>) -> Result<Value> {
    Ok(match node {
        Node::Group(open, items, close) => group(*open, items, *close, fuel)?,
        // `(1, 2, 3)^T`.
        Node::Power(base, exponent)
            if matches!(**base, Node::Group(..)) && matrix::is_transposition(exponent) =>
        {
            interpret(base, fuel)?
        }
        Node::List(items) => {
            let items = spread(all(items, fuel)?);
            match order::joined(&items, fuel) {
                Some(set) => set,
                None => Value::List(items, false),
            }
        }
        Node::Union(parts) => Value::Union(set_parts(all(parts, fuel)?)?),
        Node::Difference(whole, removed) => {
            order::without(&interpret(whole, fuel)?, interpret(removed, fuel)?, fuel)
                .ok_or_else(|| ReadError::syntax("a difference of sets that is not understood"))?
        }
        Node::Intersection(_) => {
            return Err(ReadError::syntax("an intersection of sets is not evaluated"));
        }
        // `5:00` is a time of day, and no quotient.
        Node::Ratio(parts) if parts.iter().any(is_written_zero) => Value::Tuple(all(parts, fuel)?),
        Node::Ratio(parts) if parts.len() > 2 => Value::Ratio(parts.clone()),
        Node::Chain(first, rest) => chain(first, rest, fuel)?,
        _ if node.any(&|part| matches!(part, Node::Matrix(_))) => matrix::read(node, fuel)?,
        _ if node.any(&|part| matches!(part, Node::PlusMinus(..))) => either_sign(node, fuel)?,
        _ => Value::Scalar(Scalar::new(node, fuel)?),
    })
}

fn all(nodes: &[Node], fuel: &Fuel<'_>) -> Result<Vec<Value>> {
    nodes.iter().map(|node| interpret(node, fuel)).collect()
}

/// Items in brackets: a set, an interval or a tuple.
fn group(open: Bracket, items: &[Node], close: Bracket, fuel: &Fuel<'_>) -> Result<Value> {
    Ok(match (items, open, close) {
        (_, Bracket::Curly, _) => Value::List(spread(all(items, fuel)?), true),
        ([low, high], Bracket::Square, _) | ([low, high], _, Bracket::Square) => {
            Value::Interval(Box::new(Interval {
                low: Scalar::new(low, fuel)?,
                high: Scalar::new(high, fuel)?,
                low_closed: open == Bracket::Square,
                high_closed: close == Bracket::Square,
            }))
        }
        _ => Value::Tuple(all(items, fuel)?),
    })
}

/// `1 ± √5`: one value with each sign.
fn either_sign(node: &Node, fuel: &Fuel<'_>) -> Result<Value> {
    let either =
        [false, true].map(|minus| Ok(Value::Scalar(Scalar::new(&resolve(node, minus), fuel)?)));
    Ok(Value::List(either.into_iter().collect::<Result<_>>()?, false))
}

fn is_written_zero(node: &Node) -> bool {
    matches!(node, Node::Number(literal) if literal.value.is_zero())
}

fn is_arithmetic(node: &Node) -> bool {
    !matches!(
        node,
        Node::Group(..) | Node::List(_) | Node::Union(_) | Node::Chain(..) | Node::Text(_)
    )
}

/// `1 ± √5` in a list are two items of it.
fn spread(items: Vec<Value>) -> Vec<Value> {
    let mut flat = Vec::with_capacity(items.len());
    for item in items {
        match item {
            Value::List(inner, false) => flat.extend(inner),
            other => flat.push(other),
        }
    }
    flat
}

/// The parts of a union: pairs in round brackets are open intervals there.
fn set_parts(parts: Vec<Value>) -> Result<Vec<Value>> {
    parts
        .into_iter()
        .map(|part| match part {
            Value::Tuple(items) => {
                open_interval(&items).map(|interval| Value::Interval(Box::new(interval)))
            }
            part @ (Value::Interval(_) | Value::List(..) | Value::Union(_)) => Some(part),
            Value::Scalar(_) | Value::Text(_) => Some(part),
            _ => None,
        })
        .collect::<Option<_>>()
        .ok_or_else(|| ReadError::syntax("a union of things that are no sets"))
}

/// The expression with every ± read as one sign and every ∓ as the other.
fn resolve(node: &Node, minus: bool) -> Node {
    let one = |node: &Node| Box::new(resolve(node, minus));
    let all = |nodes: &[Node]| nodes.iter().map(|node| resolve(node, minus)).collect();
    match node {
        Node::PlusMinus(inner, minus_first) if *minus_first == minus => *one(inner),
        Node::PlusMinus(inner, _) => Node::Negate(one(inner)),
        Node::Sum(terms) => Node::Sum(all(terms)),
        Node::Product(factors) => Node::Product(all(factors)),
        Node::Negate(inner) => Node::Negate(one(inner)),
        Node::Quotient(above, below) => Node::Quotient(one(above), one(below)),
        Node::Power(base, exponent) => Node::Power(one(base), one(exponent)),
        Node::Call(function, arguments) => Node::Call(*function, all(arguments)),
        Node::Percent(inner) => Node::Percent(one(inner)),
        Node::Degree(inner) => Node::Degree(one(inner)),
        Node::Unit(inner, unit) => Node::Unit(one(inner), unit.clone()),
        other => other.clone(),
    }
}

/// Expressions with relations between them.
fn chain(first: &Node, rest: &[(Relation, Node)], fuel: &Fuel<'_>) -> Result<Value> {
    // What follows from the rest is the answer.
    if let Some(i) = rest.iter().rposition(|(relation, _)| *relation == Relation::Implies) {
        return part(&rest[i].1, &rest[i + 1..], fuel);
    }
    if let Some(i) = rest.iter().position(|(relation, _)| *relation == Relation::Approximately) {
        if i == 0 && Name::new(first).is_some() {
            let mut rest = rest.to_vec();
            rest[0].0 = Relation::Equal;
            return chain(first, &rest, fuel);
        }
        let exact = part(first, &rest[..i], fuel)?;
        let rounded = part(&rest[i].1, &rest[i + 1..], fuel)?;
        return Ok(Value::About(Box::new(exact), Box::new(rounded)));
    }
    let last = &rest[rest.len() - 1];
    match last.0 {
        Relation::In => {
            let set = interpret(&last.1, fuel)?;
            let set = match set {
                Value::Tuple(items) if items.len() == 2 => open_interval(&items)
                    .map_or(Value::Tuple(items), |interval| Value::Interval(Box::new(interval))),
                other => other,
            };
            match Name::new(first) {
                Some(name) if rest.len() == 1 => Ok(Value::Named(name, Box::new(set), None)),
                _ => Ok(set),
            }
        }
        _ if rest.iter().all(|(relation, _)| *relation == Relation::Equal) => {
            equation(first, rest, &last.1, fuel)
        }
        _ => order::inequality(first, rest, fuel),
    }
}

fn part(first: &Node, rest: &[(Relation, Node)], fuel: &Fuel<'_>) -> Result<Value> {
    if rest.is_empty() { interpret(first, fuel) } else { chain(first, rest, fuel) }
}

/// `name = … = value`, a computation, or an equation between expressions.
fn equation(
    first: &Node,
    rest: &[(Relation, Node)],
    last: &Node,
    fuel: &Fuel<'_>,
) -> Result<Value> {
    if let Some(name) = Name::new(first) {
        let sides = (rest.len() == 1 && is_arithmetic(last)).then(|| (first.clone(), last.clone()));
        return Ok(Value::Named(name, Box::new(interpret(last, fuel)?), sides));
    }
    // `2 + 3 = 5`, and longer chains: the last value counts.
    if rest.len() > 1 || first.is_constant() && last.is_constant() {
        return interpret(last, fuel);
    }
    if let Some(name) = Name::new(last)
        && first.is_constant()
    {
        let sides = Some((last.clone(), first.clone()));
        return Ok(Value::Named(name, Box::new(interpret(first, fuel)?), sides));
    }
    if !is_arithmetic(first) || !is_arithmetic(last) {
        return interpret(last, fuel);
    }
    Ok(Value::Equation(first.clone(), last.clone()))
}
