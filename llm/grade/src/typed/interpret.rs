//! From the syntax tree to a typed value.

use super::family::family;
use super::matrix;
use super::name::Name;
use super::order;
use super::scalar::Scalar;
use super::set::{complement, operate};
use super::value::{IndexedUnion, Interval, Operation, Value, open_interval};
use crate::budget::Fuel;
use crate::read::{
    BIG_UNION, Bracket, ELLIPSIS, Function, Node, ReadError, Relation, Unit, parse_unit,
};

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

/// A number and its unit.
///
/// # Errors
/// A collection where a number should be.
pub(crate) fn measured(node: &Node, unit: Unit, fuel: &Fuel<'_>) -> Result<Value> {
    Ok(Value::Measured(Box::new(Scalar::new(node, fuel)?), unit))
}

/// The typed value of a syntax tree whose unit does not count.
fn interpret_unmeasured(node: &Node, fuel: &Fuel<'_>) -> Result<Value> {
    Ok(match node {
        Node::Group(open, items, close) => group(*open, items, *close, fuel)?,
        _ if is_statement(node) => return Err(ReadError::syntax("a statement in words")),
        // `[0, 1]^c`.
        Node::Power(base, exponent)
            if !is_arithmetic(base)
                && matches!(&**exponent, Node::Symbol(mark) if matches!(&**mark, "c" | "C")) =>
        {
            complement(&interpret(base, fuel)?, fuel)
                .ok_or_else(|| ReadError::syntax("a complement of what is no set"))?
        }
        // `(1, 2, 3)^T`.
        Node::Power(base, exponent)
            if matches!(**base, Node::Group(..)) && matrix::is_transposition(exponent) =>
        {
            interpret(base, fuel)?
        }
        Node::List(items) => {
            let items = spread(all(&excluded(items), fuel)?);
            match order::joined(&items, fuel) {
                Some(set) => set,
                None => Value::List(coordinates(items), false),
            }
        }
        Node::Union(parts) => union(set_parts(all(parts, fuel)?)?, fuel),
        Node::Difference(whole, removed) => operated(Operation::Difference, whole, removed, fuel)?,
        Node::Intersection(parts) => match &parts[..] {
            [a, b] => operated(Operation::Intersection, a, b, fuel)?,
            _ => return Err(ReadError::syntax("an intersection of other than two sets")),
        },
        Node::Apply(name, parts) if &**name == BIG_UNION => {
            let (range, last, member) = match &parts[..] {
                [range, member] => (range, None, member),
                [range, last, member] => (range, Some(last), member),
                _ => return Err(ReadError::syntax("a union over no range")),
            };
            let (ends, member) = family(range, last, member)?;
            Value::IndexedUnion(Box::new(IndexedUnion { ends, member: interpret(&member, fuel)? }))
        }
        // `\mathbb{R} - \{0\}`.
        Node::Sum(terms) if let Some((whole, removed)) = set_difference(terms) => {
            operated(Operation::Difference, whole, removed, fuel)?
        }
        // `5:00` is a time of day, and no quotient.
        Node::Ratio(parts) if parts.iter().any(is_written_zero) => Value::Tuple(all(parts, fuel)?),
        Node::Ratio(parts) if parts.len() > 2 => Value::Ratio(parts.clone()),
        Node::Chain(first, rest) => chain(first, rest, fuel)?,
        _ if node.any(&|part| matches!(part, Node::Matrix(_))) => matrix::read(node, fuel)?,
        _ if node.any(&|part| matches!(part, Node::PlusMinus(..))) => either_sign(node, fuel)?,
        Node::Symbol(_) => Value::Scalar(Scalar::new(node, fuel)?),
        _ if node.any(&is_statement) => return Err(ReadError::syntax("a statement in words")),
        _ if node.any(&|part| matches!(part, Node::Symbol(name) if &**name == ELLIPSIS)) => {
            return Err(ReadError::syntax(
                "an expression with dots in it, which may stand for anything",
            ));
        }
        _ => Value::Scalar(Scalar::new(node, fuel)?),
    })
}

fn all(nodes: &[Node], fuel: &Fuel<'_>) -> Result<Vec<Value>> {
    nodes.iter().map(|node| interpret(node, fuel)).collect()
}

/// Items in brackets: a set, an interval or a tuple.
fn group(open: Bracket, items: &[Node], close: Bracket, fuel: &Fuel<'_>) -> Result<Value> {
    // `[x = 1, y = 2]` is the list of these, whatever its brackets.
    if are_assignments(items) {
        return Ok(Value::List(coordinates(all(items, fuel)?), false));
    }
    Ok(match (items, open, close) {
        (_, Bracket::Curly, _) => Value::List(spread(all(items, fuel)?), true),
        ([low, high], Bracket::Square, _) | ([low, high], _, Bracket::Square) => {
            let (low, high) = (Scalar::new(low, fuel)?, Scalar::new(high, fuel)?);
            // `[3, -3]` and `[4, 4]` are no intervals, but lists.
            if open == close && low.rational >= high.rational && high.rational.is_some() {
                return Ok(Value::List(vec![Value::Scalar(low), Value::Scalar(high)], false));
            }
            Value::Interval(Box::new(Interval {
                low,
                high,
                low_closed: open == Bracket::Square,
                high_closed: close == Bracket::Square,
            }))
        }
        _ => Value::Tuple(all(items, fuel)?),
    })
}

/// Whether items are `x = 1, y = 2`: values of several symbols.
fn are_assignments(items: &[Node]) -> bool {
    let symbol = |item: &Node| match item {
        Node::Chain(name, rest) => match (&**name, &rest[..]) {
            (Node::Symbol(name), [(Relation::Equal, _)]) => Some(name.clone()),
            _ => None,
        },
        _ => None,
    };
    let names: Option<Vec<_>> = items.iter().map(symbol).collect();
    names.is_some_and(|mut names| {
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        count > 1 && names.len() == count
    })
}

/// `y = 4, x = 3` in the order of the coordinates; other lists as they are.
fn coordinates(mut items: Vec<Value>) -> Vec<Value> {
    let place = |item: &Value| match item {
        Value::Named(name, ..) => ["x", "y", "z"].iter().position(|axis| *axis == name.text()),
        _ => None,
    };
    if items.iter().all(|item| place(item).is_some()) {
        items.sort_by_key(place);
    }
    items
}

/// `x ≠ 1, 2` as `x ≠ 1, x ≠ 2`.
fn excluded(items: &[Node]) -> Vec<Node> {
    match items {
        [Node::Chain(name, rest), others @ ..]
            if matches!(rest[..], [(Relation::NotEqual, _)])
                && others.iter().all(is_arithmetic) =>
        {
            let each = others
                .iter()
                .map(|other| Node::Chain(name.clone(), vec![(Relation::NotEqual, other.clone())]));
            std::iter::once(items[0].clone()).chain(each).collect()
        }
        _ => items.to_vec(),
    }
}

/// The two sets of a difference that is written with a minus sign.
fn set_difference(terms: &[Node]) -> Option<(&Node, &Node)> {
    match terms {
        [whole @ Node::Group(..), Node::Negate(removed)]
            if matches!(**removed, Node::Group(Bracket::Curly, ..)) =>
        {
            Some((whole, removed))
        }
        _ => None,
    }
}

/// The union of sets, joined where they touch; as it is written where that is not decided.
fn union(parts: Vec<Value>, fuel: &Fuel<'_>) -> Value {
    let joined = parts.split_first().and_then(|(first, rest)| {
        rest.iter().try_fold(first.clone(), |a, b| operate(Operation::Union, &a, b, fuel))
    });
    joined.unwrap_or(Value::Union(parts))
}

/// What an operation leaves of two sets; as it is written where that is not decided.
fn operated(operation: Operation, a: &Node, b: &Node, fuel: &Fuel<'_>) -> Result<Value> {
    let sets = set_parts(vec![interpret(a, fuel)?, interpret(b, fuel)?])?;
    let result = operate(operation, &sets[0], &sets[1], fuel);
    Ok(result.unwrap_or(Value::Operated(operation, sets)))
}

/// `1 ± √5`: one value with each sign.
fn either_sign(node: &Node, fuel: &Fuel<'_>) -> Result<Value> {
    let either =
        [false, true].map(|minus| Ok(Value::Scalar(Scalar::new(&resolve(node, minus), fuel)?)));
    Ok(Value::List(either.into_iter().collect::<Result<_>>()?, false))
}

/// Whether words behind a variable go on with a sentence about it: `n \text{ is prime}`.
fn is_statement(node: &Node) -> bool {
    let words = match node {
        Node::Unit(inner, words) if !inner.is_constant() => words,
        _ => return false,
    };
    let verb = words.split_whitespace().next().unwrap_or_default();
    matches!(verb, "is" | "are" | "has" | "have" | "divides" | "must" | "does" | "can" | "cannot")
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
            Value::Scalar(_) | Value::Text(_) | Value::Operated(..) => Some(part),
            Value::Named(_, set, None) => Some(*set),
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
        // `x \notin \{1, 2\}`.
        Relation::NotEqual
            if rest.len() == 1 && matches!(last.1, Node::Group(Bracket::Curly, ..)) =>
        {
            let name = Name::new(first).unwrap_or_else(|| Name::written(first));
            let set = complement(&interpret(&last.1, fuel)?, fuel)
                .ok_or_else(|| ReadError::syntax("not in what is no set of numbers"))?;
            Ok(Value::Named(name, Box::new(set), None))
        }
        Relation::In => {
            let set = interpret(&last.1, fuel)?;
            let set = match set {
                Value::Tuple(items) if items.len() == 2 => open_interval(&items)
                    .map_or(Value::Tuple(items), |interval| Value::Interval(Box::new(interval))),
                other => other,
            };
            // `-x \in [1, 2]` says something else than `x \in [1, 2]`.
            let name = || Name::new(first).unwrap_or_else(|| Name::written(first));
            Ok(if rest.len() == 1 { Value::Named(name(), Box::new(set), None) } else { set })
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
        return definition(name, first, last, fuel);
    }
    // `2 + 3 = 5`, and longer chains: the last value counts.
    if rest.len() > 1 || first.is_constant() && last.is_constant() && is_arithmetic(first) {
        return interpret(last, fuel);
    }
    if let Some(name) = Name::new(last)
        && first.is_constant()
    {
        return definition(name, last, first, fuel);
    }
    if !is_arithmetic(first) || !is_arithmetic(last) {
        let value = Box::new(interpret(last, fuel)?);
        return Ok(Value::Named(Name::written(first), value, None));
    }
    Ok(Value::Equation(first.clone(), last.clone()))
}

/// A value with what stands before it; both sides, where they can be computed with.
fn definition(name: Name, left: &Node, right: &Node, fuel: &Fuel<'_>) -> Result<Value> {
    let computes = |side: &Node| {
        !side.any(&|part| match part {
            Node::Ratio(parts) => parts.len() > 2,
            // The greatest value of f is no value of f.
            Node::Call(Function::Max | Function::Min, arguments) => arguments.len() == 1,
            part => !is_arithmetic(part) || matches!(part, Node::Intersection(_)),
        })
    };
    let sides = (name.computes() && computes(left) && computes(right))
        .then(|| (left.clone(), right.clone()));
    Ok(Value::Named(name, Box::new(interpret(right, fuel)?), sides))
}
