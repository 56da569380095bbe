//! Values as text: for people, and as keys that equal answers share.

use super::expression::expression;
use super::scalar::{Mark, Scalar};
use super::value::{Interval, Value};
use crate::budget::Fuel;
use crate::numeric;

/// What kind of answer it is, in a word.
pub(crate) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Scalar(scalar) => match scalar.mark {
            Mark::Percent => "percentage",
            Mark::Degree => "degrees",
            Mark::None if scalar.rational.is_some() => "number",
            Mark::None if scalar.node.is_constant() => "constant",
            Mark::None => "expression",
        },
        Value::Measured(..) => "number",
        Value::Tuple(_) => "tuple",
        Value::Interval(_) => "interval",
        Value::List(_, true) => "set",
        Value::List(_, false) => "list",
        Value::Union(_) => "union",
        Value::Operated(..) => "set",
        Value::IndexedUnion(_) => "union",
        Value::Matrix(_) => "matrix",
        Value::Ratio(_) => "ratio",
        Value::Named(_, value, _) => kind(value),
        Value::Equation(..) => "equation",
        Value::Inequality(_) => "inequality",
        Value::About(exact, _) => kind(exact),
        Value::Text(_) => "text",
    }
}

/// The value as a person reads it.
pub(crate) fn show(value: &Value) -> String {
    let all = |items: &[Value], mark: &str| items.iter().map(show).collect::<Vec<_>>().join(mark);
    match value {
        Value::Scalar(value) => scalar(value),
        Value::Measured(value, _) => scalar(value),
        Value::Tuple(items) => format!("({})", all(items, ", ")),
        Value::Interval(interval) => bracketed(interval, scalar),
        Value::List(items, _) => format!("{{{}}}", all(items, ", ")),
        Value::Union(parts) => all(parts, " ∪ "),
        Value::Operated(operation, sets) => all(sets, &format!(" {} ", operation.sign())),
        Value::IndexedUnion(family) => {
            let [first, last] = &family.ends;
            format!("⋃ ({} to {}) {}", expression(first), expression(last), show(&family.member))
        }
        Value::Matrix(rows) => table(rows, scalar),
        Value::Ratio(parts) => parts.iter().map(expression).collect::<Vec<_>>().join(" : "),
        Value::Named(name, value, sides) => {
            let relation = match **value {
                Value::Interval(_) | Value::Union(_) | Value::List(_, true) if sides.is_none() => {
                    "∈"
                }
                _ => "=",
            };
            format!("{} {relation} {}", name.text(), show(value))
        }
        Value::Equation(left, right) => format!("{} = {}", expression(left), expression(right)),
        Value::Inequality(pairs) => pairs
            .iter()
            .map(|(l, relation, r)| {
                format!("{} {} {}", expression(l), relation.symbol(), expression(r))
            })
            .collect::<Vec<_>>()
            .join(", "),
        Value::About(exact, rounded) => format!("{} ≈ {}", show(exact), show(rounded)),
        Value::Text(text) => text.clone(),
    }
}

fn bracketed(interval: &Interval, show: impl Fn(&Scalar) -> String) -> String {
    let open = if interval.low_closed { '[' } else { '(' };
    let close = if interval.high_closed { ']' } else { ')' };
    format!("{open}{}, {}{close}", show(&interval.low), show(&interval.high))
}

fn table(rows: &[Vec<Scalar>], show: impl Fn(&Scalar) -> String) -> String {
    let row = |row: &Vec<Scalar>| row.iter().map(&show).collect::<Vec<_>>().join(", ");
    format!("[{}]", rows.iter().map(row).collect::<Vec<_>>().join("; "))
}

fn scalar(scalar: &Scalar) -> String {
    let mark = mark(scalar);
    match &scalar.rational {
        Some(value) => format!("{value}{mark}"),
        None => format!("{}{mark}", expression(&scalar.node)),
    }
}

fn mark(scalar: &Scalar) -> &'static str {
    match scalar.mark {
        Mark::None => "",
        Mark::Percent => " %",
        Mark::Degree => "°",
    }
}

/// A text that equal answers of the common kinds share.
pub(crate) fn key(value: &Value, fuel: &Fuel<'_>) -> String {
    let all = |items: &[Value]| items.iter().map(|item| key(item, fuel)).collect::<Vec<_>>();
    let sorted = |items: &[Value]| {
        let mut keys = all(items);
        keys.sort();
        keys.dedup();
        keys
    };
    match value {
        Value::Scalar(scalar) => scalar_key(scalar, fuel),
        Value::Measured(scalar, _) => scalar_key(scalar, fuel),
        Value::Tuple(items) => format!("({})", all(items).join(",")),
        Value::Interval(interval) => bracketed(interval, |end| scalar_key(end, fuel)),
        Value::List(items, _) if items.len() == 1 => key(&items[0], fuel),
        Value::List(items, _) => format!("{{{}}}", sorted(items).join(",")),
        Value::Union(parts) => sorted(parts).join("∪"),
        Value::Matrix(rows) => table(rows, |cell| scalar_key(cell, fuel)),
        Value::Named(_, value, _) | Value::About(value, _) => key(value, fuel),
        other => show(other),
    }
}

/// With the mark: `50 %` is 1/2, too, so its key is neither that of 50 nor that of 1/2.
fn scalar_key(scalar: &Scalar, fuel: &Fuel<'_>) -> String {
    let value = match (&scalar.rational, scalar.infinite()) {
        (Some(value), _) => value.to_string(),
        (None, Some(sign)) => if sign > 0 { "∞" } else { "-∞" }.into(),
        (None, None) => {
            numeric::fingerprint(&scalar.node, fuel).unwrap_or_else(|| expression(&scalar.node))
        }
    };
    value + mark(scalar)
}
