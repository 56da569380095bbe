//! What an answer can be.

use super::name::Name;
use super::scalar::Scalar;
use crate::read::{Node, Relation, Unit};

/// An interval; its ends may be ±∞.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Interval {
    pub(super) low: Scalar,
    pub(super) high: Scalar,
    pub(super) low_closed: bool,
    pub(super) high_closed: bool,
}

/// A set for each value of an index.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct IndexedUnion {
    /// The first and the last value of the index; ±∞ for all integers.
    pub(super) ends: [Node; 2],
    /// The set, with one symbol for the index of every family.
    pub(super) member: Value,
}

/// What is done with two sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    Union,
    Intersection,
    Difference,
}

/// A typed answer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Scalar(Scalar),
    /// A number and its unit, which is compared where both answers have one.
    Measured(Box<Scalar>, Unit),
    /// Items in order: a point, a vector. Two in round brackets can be an open interval.
    Tuple(Vec<Value>),
    Interval(Box<Interval>),
    /// Items whose order does not count, and whether they stand in braces.
    List(Vec<Value>, bool),
    /// Intervals and sets.
    Union(Vec<Value>),
    /// Sets with an operation between them that is not carried out.
    Operated(Operation, Vec<Value>),
    /// A union over an index.
    IndexedUnion(Box<IndexedUnion>),
    Matrix(Vec<Vec<Scalar>>),
    /// Three or more numbers up to a common factor.
    Ratio(Vec<Node>),
    /// `name = value`, `name ∈ set` or an inequality solved for its name; the sides where it is an
    /// equation.
    Named(Name, Box<Value>, Option<(Node, Node)>),
    Equation(Node, Node),
    /// Relations that hold together.
    Inequality(Vec<(Node, Relation, Node)>),
    /// `a ≈ b`: the value, and what it is rounded to.
    About(Box<Value>, Box<Value>),
    Text(String),
}

/// A pair in round brackets as an interval.
pub(super) fn open_interval(items: &[Value]) -> Option<Interval> {
    match items {
        [Value::Scalar(low), Value::Scalar(high)] => Some(Interval {
            low: low.clone(),
            high: high.clone(),
            low_closed: false,
            high_closed: false,
        }),
        _ => None,
    }
}
