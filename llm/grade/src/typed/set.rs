//! Sets by operation: unions, intersections and differences of intervals and of finite sets.
//!
//! A set of real numbers is a list of cuts: places between numbers where it begins or ends. A cut stands
//! before a number or behind it, so `[0, 1)` goes from before 0 to before 1, and {2} from before 2 to
//! behind it. An operation sorts the cuts of both sets and asks of each gap between two of them whether
//! the result has it; what touches is joined that way.

use super::compare::matches;
use super::scalar::Scalar;
use super::value::{Interval, Operation, Value, open_interval};
use crate::agreement::Agreement;
use crate::budget::Fuel;
use crate::numeric;
use std::cmp::Ordering;

impl Operation {
    pub(super) fn sign(self) -> &'static str {
        match self {
            Self::Union => "∪",
            Self::Intersection => "∩",
            Self::Difference => "∖",
        }
    }

    /// Whether the result has what the sets have or lack.
    fn keeps(self, first: bool, second: bool) -> bool {
        match self {
            Self::Union => first || second,
            Self::Intersection => first && second,
            Self::Difference => first && !second,
        }
    }
}

/// The set that an operation on two sets gives; nothing where that is not decided: for ends with
/// variables, and for items that may be the same.
pub(super) fn operate(
    operation: Operation,
    a: &Value,
    b: &Value,
    fuel: &Fuel<'_>,
) -> Option<Value> {
    let real = match (pieces(a), pieces(b)) {
        (Some(first), Some(second)) => sweep(operation, first, second, fuel),
        _ => None,
    };
    real.or_else(|| match (a, b) {
        (Value::List(first, true), Value::List(second, true)) => {
            finite(operation, first, second, fuel).map(|items| Value::List(items, true))
        }
        (Value::Interval(line), other) if operation == Operation::Difference => {
            without_variable(line, other)
        }
        (Value::Tuple(ends), other) if operation == Operation::Difference => {
            without_variable(&open_interval(ends)?, other)
        }
        _ => None,
    })
}

/// What the real line has beside a set.
pub(super) fn complement(set: &Value, fuel: &Fuel<'_>) -> Option<Value> {
    operate(Operation::Difference, &interval(None, None, fuel)?, set, fuel)
}

/// Whether a set is the real line but for finitely many points.
pub(super) fn is_cofinite(set: &Value, fuel: &Fuel<'_>) -> bool {
    matches!(complement(set, fuel), Some(Value::List(..)))
}

pub(super) fn is_empty(set: &Value) -> bool {
    matches!(set, Value::List(items, _) if items.is_empty())
}

/// The end of an interval, and whether it belongs to it.
pub(super) type End = (Scalar, bool);

/// An interval; an end that is missing is ±∞.
pub(super) fn interval(low: Option<End>, high: Option<End>, fuel: &Fuel<'_>) -> Option<Value> {
    let unbounded = |negative| Scalar::infinity(negative, fuel).ok();
    let (low, low_closed) = low.or(Some((unbounded(true)?, false)))?;
    let (high, high_closed) = high.or(Some((unbounded(false)?, false)))?;
    Some(Value::Interval(Box::new(Interval { low, high, low_closed, high_closed })))
}

/// The intervals that a set consists of, points as intervals that are closed at both ends.
fn pieces(set: &Value) -> Option<Vec<Interval>> {
    match set {
        Value::Interval(interval) => Some(vec![(**interval).clone()]),
        Value::Tuple(items) => Some(vec![open_interval(items)?]),
        Value::Scalar(point) => Some(vec![Interval {
            low: point.clone(),
            high: point.clone(),
            low_closed: true,
            high_closed: true,
        }]),
        // A pair in a finite set is a point of the plane.
        Value::List(items, _) if items.iter().any(|item| !matches!(item, Value::Scalar(_))) => None,
        Value::List(parts, _) | Value::Union(parts) => {
            let parts: Option<Vec<_>> = parts.iter().map(pieces).collect();
            Some(parts?.into_iter().flatten().collect())
        }
        _ => None,
    }
}

/// A number in order among the others, and what is known of its value.
struct Place {
    scalar: Scalar,
    value: f64,
    error: f64,
}

/// The ends of pieces of two sets, in order; ends with the same value are one place.
struct Places {
    places: Vec<Place>,
}

impl Places {
    fn new(sets: [&[Interval]; 2], fuel: &Fuel<'_>) -> Option<Self> {
        let mut all = Vec::new();
        for end in sets.into_iter().flatten().flat_map(|piece| [&piece.low, &piece.high]) {
            fuel.pay(10).ok()?;
            let (value, error) = position(end, fuel)?;
            all.push(Place { scalar: end.clone(), value, error });
        }
        all.sort_by(|a, b| a.value.total_cmp(&b.value));
        let mut places: Vec<Place> = Vec::with_capacity(all.len());
        for place in all {
            match places.last().filter(|last| !last.is_below(&place)) {
                None => places.push(place),
                Some(last) if last.scalar.mark != place.scalar.mark => return None,
                // Which of two that are as close as this is smaller, is not known.
                Some(last) => match last.scalar.matches(&place.scalar, fuel) {
                    Ok(Agreement::Yes) => {}
                    _ => return None,
                },
            }
        }
        Some(Self { places })
    }

    /// The number of the place that an end stands at.
    fn index(&self, end: &Scalar, fuel: &Fuel<'_>) -> Option<usize> {
        let (value, error) = position(end, fuel)?;
        let here = Place { scalar: end.clone(), value, error };
        self.places.iter().position(|place| !place.is_below(&here))
    }

    /// The cuts at which pieces begin and end: twice the number of the place, and one more behind it.
    fn cuts(&self, pieces: &[Interval], fuel: &Fuel<'_>) -> Option<Vec<(usize, usize)>> {
        let mut cuts = Vec::with_capacity(pieces.len());
        for piece in pieces {
            let low = 2 * self.index(&piece.low, fuel)?;
            let high = 2 * self.index(&piece.high, fuel)?;
            match low.cmp(&high) {
                // No interval.
                Ordering::Greater => return None,
                _ => cuts.push((
                    low + usize::from(!piece.low_closed),
                    high + usize::from(piece.high_closed),
                )),
            }
        }
        Some(cuts)
    }

    /// The set between cuts.
    fn set(&self, cuts: &[(usize, usize)]) -> Value {
        let (mut parts, mut points) = (Vec::new(), Vec::new());
        for &(from, to) in cuts {
            let (low, high) = (&self.places[from / 2].scalar, &self.places[to / 2].scalar);
            if from / 2 == to / 2 {
                points.push(Value::Scalar(low.clone()));
                continue;
            }
            parts.push(Value::Interval(Box::new(Interval {
                low: low.clone(),
                high: high.clone(),
                low_closed: from % 2 == 0,
                high_closed: to % 2 == 1,
            })));
        }
        if parts.is_empty() {
            return Value::List(points, true);
        }
        if !points.is_empty() {
            parts.push(Value::List(points, true));
        }
        if parts.len() == 1 { parts.swap_remove(0) } else { Value::Union(parts) }
    }
}

impl Place {
    /// Whether it stands below another for sure, where it does not stand above it.
    fn is_below(&self, other: &Self) -> bool {
        other.value - self.value > self.error + other.error
    }
}

/// Where a number stands on the real line, ±∞ included, and how far that may be off.
fn position(point: &Scalar, fuel: &Fuel<'_>) -> Option<(f64, f64)> {
    match (point.infinite(), &point.rational) {
        (Some(sign), _) => Some((f64::INFINITY.copysign(f64::from(sign)), 0.0)),
        (None, Some(value)) => {
            let value = value.to_f64_fast();
            Some((value, libm::fabs(value) * 4.0 * f64::EPSILON))
        }
        (None, None) if point.node.is_constant() => numeric::value(&point.node, fuel),
        _ => None,
    }
    .filter(|(value, error)| !value.is_nan() && error.is_finite())
}

fn sweep(
    operation: Operation,
    a: Vec<Interval>,
    b: Vec<Interval>,
    fuel: &Fuel<'_>,
) -> Option<Value> {
    let places = Places::new([&a, &b], fuel)?;
    let (first, second) = (places.cuts(&a, fuel)?, places.cuts(&b, fuel)?);
    fuel.pay((2 * places.places.len() * (a.len() + b.len())) as u64).ok()?;
    let has = |pieces: &[(usize, usize)], gap: usize| {
        pieces.iter().any(|&(from, to)| from <= gap && gap < to)
    };
    let mut result: Vec<(usize, usize)> = Vec::new();
    for gap in 0..2 * places.places.len() {
        if !operation.keeps(has(&first, gap), has(&second, gap)) {
            continue;
        }
        match result.last_mut() {
            Some((_, end)) if *end == gap => *end += 1,
            _ => result.push((gap, gap + 1)),
        }
    }
    Some(places.set(&result))
}

/// Operations on finite sets of anything; nothing where it is not decided whether items are the same.
fn finite(operation: Operation, a: &[Value], b: &[Value], fuel: &Fuel<'_>) -> Option<Vec<Value>> {
    if operation == Operation::Union {
        return Some(a.iter().chain(b).cloned().collect());
    }
    let mut kept = Vec::new();
    for item in a {
        let mut found = Agreement::No;
        for other in b {
            found = found.or(matches(item, other, fuel).ok()?);
        }
        match found {
            Agreement::Undecided => return None,
            found if operation.keeps(true, found == Agreement::Yes) => kept.push(item.clone()),
            _ => {}
        }
    }
    Some(kept)
}

/// The real line without one point that has a variable in it.
fn without_variable(line: &Interval, removed: &Value) -> Option<Value> {
    let point = match removed {
        Value::List(items, _) => match &items[..] {
            [Value::Scalar(point)] => point,
            _ => return None,
        },
        Value::Scalar(point) => point,
        _ => return None,
    };
    if (line.low.infinite(), line.high.infinite()) != (Some(-1), Some(1)) {
        return None;
    }
    let below = Interval { high: point.clone(), ..line.clone() };
    let above = Interval { low: point.clone(), ..line.clone() };
    Some(Value::Union(vec![Value::Interval(Box::new(below)), Value::Interval(Box::new(above))]))
}
