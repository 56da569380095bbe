//! Single values: numbers and expressions.

use super::rounded::{Decimal, Exact};
use crate::agreement::Agreement;
use crate::budget::{Exhausted, Fuel};
use crate::exact::{self, Difference};
use crate::numeric::{self, Reading};
use crate::read::{Constant, Function, Node, ReadError};
use dashu_ratio::RBig;

/// A sign behind a value that changes what it can mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    None,
    Percent,
    Degree,
}

/// One value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Scalar {
    pub(super) node: Node,
    pub(super) mark: Mark,
    /// The value, where it is rational.
    pub(super) rational: Option<RBig>,
    /// How it is written, if that is as a decimal.
    decimal: Option<Decimal>,
}

impl Scalar {
    /// # Errors
    /// An expression with a collection in it.
    pub(super) fn new(node: &Node, fuel: &Fuel<'_>) -> Result<Self, ReadError> {
        if node.any(&is_collection) {
            return Err(ReadError::syntax("a number is expected, and there is something else"));
        }
        let (inner, mark) = strip_marks(node, Mark::None);
        let (inner, mark) = strip_signed_mark(inner, mark);
        Ok(Self {
            rational: exact::rational(&inner, fuel),
            mark,
            decimal: Decimal::of(&inner),
            node: inner,
        })
    }

    /// A value that is known to be a number.
    pub(super) fn of_rational(value: RBig) -> Self {
        let node = Node::fraction(value.clone());
        Self { node, mark: Mark::None, rational: Some(value), decimal: None }
    }

    /// This value times a number: in another unit.
    pub(super) fn times(&self, ratio: RBig, fuel: &Fuel<'_>) -> Self {
        let node = Node::Product(vec![self.node.clone(), Self::of_rational(ratio).node]);
        let rational = exact::rational(&node, fuel);
        Self { node, rational, decimal: None, mark: self.mark }
    }

    /// ±∞.
    pub(super) fn infinity(negative: bool, fuel: &Fuel<'_>) -> Result<Self, ReadError> {
        let infinity = Node::Constant(Constant::Infinity);
        Self::new(&if negative { infinity.negate() } else { infinity }, fuel)
    }

    /// +1 for ∞, −1 for −∞.
    pub(super) fn infinite(&self) -> Option<i8> {
        let infinity = Node::Constant(Constant::Infinity);
        match &self.node {
            node if *node == infinity => Some(1),
            Node::Negate(inner) if **inner == infinity => Some(-1),
            _ => None,
        }
    }

    /// Whether both have the same value.
    pub(super) fn matches(&self, other: &Self, fuel: &Fuel<'_>) -> Result<Agreement, Exhausted> {
        let direct = self.same(other, fuel)?;
        if direct == Agreement::Yes {
            return Ok(direct);
        }
        let other_reading = match (self.mark, other.mark) {
            (Mark::Percent, Mark::None | Mark::Degree) => self.hundredth_is(other, fuel)?,
            (Mark::None | Mark::Degree, Mark::Percent) => other.hundredth_is(self, fuel)?,
            (Mark::Degree, Mark::None) => self.angle_is(other, fuel)?,
            (Mark::None, Mark::Degree) => other.angle_is(self, fuel)?,
            _ => Agreement::No,
        };
        if other_reading == Agreement::Yes || self.rounds(other, fuel) || other.rounds(self, fuel) {
            return Ok(Agreement::Yes);
        }
        if self.printed_as(other, fuel)? {
            return Ok(Agreement::Yes);
        }
        Ok(direct.or(other_reading))
    }

    /// Whether one of the two is the other with its numbers as a program prints them, as in
    /// `3.14159265358979*x`.
    fn printed_as(&self, other: &Self, fuel: &Fuel<'_>) -> Result<bool, Exhausted> {
        let printed = |scalar: &Self| scalar.node.any(&is_long_decimal);
        let alone = self.decimal.is_some() || other.decimal.is_some();
        if alone || self.mark != other.mark || printed(self) == printed(other) {
            return Ok(false);
        }
        numeric::agree_within_rounding(&self.node, &other.node, fuel)
    }

    fn same(&self, other: &Self, fuel: &Fuel<'_>) -> Result<Agreement, Exhausted> {
        match (&self.rational, &other.rational) {
            (Some(a), Some(b)) => Ok((a == b).into()),
            _ => same(&self.node, &other.node, fuel),
        }
    }

    /// 28 % is 0.28.
    fn hundredth_is(&self, other: &Self, fuel: &Fuel<'_>) -> Result<Agreement, Exhausted> {
        if let (Some(a), Some(b)) = (&self.rational, &other.rational) {
            return Ok((*a == b * RBig::from(100)).into());
        }
        same(&Node::Percent(Box::new(self.node.clone())), &other.node, fuel)
    }

    /// 90° is π/2.
    fn angle_is(&self, other: &Self, fuel: &Fuel<'_>) -> Result<Agreement, Exhausted> {
        if !other.node.any(&|part| *part == Node::Constant(Constant::Pi)) {
            return Ok(Agreement::No);
        }
        let half_turn = Node::Constant(Constant::Pi).over(Node::integer(180));
        same(&Node::Product(vec![self.node.clone(), half_turn]), &other.node, fuel)
    }

    /// Whether this is a decimal, and the other a value that it stands for.
    fn rounds(&self, other: &Self, fuel: &Fuel<'_>) -> bool {
        let (Some(decimal), Some(value)) = (self.decimal, &self.rational) else { return false };
        let stands_for = |node: &Node, rational: Option<&RBig>| {
            decimal.stands_for(value, &Exact { node, rational, decimal: other.decimal }, fuel)
        };
        let as_written = stands_for(&other.node, other.rational.as_ref());
        // 66.6667 % stands for 2/3 and for 200/3.
        let ratio = match (self.mark, other.mark) {
            (mark, other) if mark == other => return as_written,
            (Mark::Percent, Mark::None) => RBig::from(100),
            (Mark::None, Mark::Percent) => RBig::from_parts(1.into(), 100u8.into()),
            _ => return false,
        };
        as_written || {
            let scaled = other.times(ratio, fuel);
            stands_for(&scaled.node, scaled.rational.as_ref())
        }
    }
}

fn is_long_decimal(part: &Node) -> bool {
    matches!(part, Node::Number(literal) if literal.is_long())
}

/// Whether this is several things, or none that has a value.
fn is_collection(part: &Node) -> bool {
    matches!(
        part,
        Node::Group(..)
            | Node::List(_)
            | Node::Union(_)
            | Node::Intersection(_)
            | Node::Difference(..)
            | Node::Chain(..)
            | Node::Text(_)
            | Node::Matrix(_)
            | Node::PlusMinus(..)
    )
}

/// An expression without the units and signs behind it, and its mark: the innermost, or `mark` where
/// there is none.
fn strip_marks(mut node: &Node, mut mark: Mark) -> (&Node, Mark) {
    loop {
        (node, mark) = match node {
            Node::Unit(value, _) => (value, mark),
            Node::Percent(value) => (value, Mark::Percent),
            Node::Degree(value) => (value, Mark::Degree),
            _ => return (node, mark),
        };
    }
}

/// `-5\%` and `-90^\circ`: the mark belongs to the whole.
fn strip_signed_mark(node: &Node, mark: Mark) -> (Node, Mark) {
    match node {
        Node::Negate(inner) => {
            let (part, mark) = strip_marks(inner, mark);
            (part.clone().negate(), mark)
        }
        other => (other.clone(), mark),
    }
}

/// Whether two expressions have the same value: exactly if possible, else by numbers.
pub(super) fn same(a: &Node, b: &Node, fuel: &Fuel<'_>) -> Result<Agreement, Exhausted> {
    if a == b {
        return Ok(Agreement::Yes);
    }
    let infinite = |node: &Node| node.any(&|part| *part == Node::Constant(Constant::Infinity));
    if infinite(a) || infinite(b) {
        return Ok(Agreement::No);
    }
    let unnamed_base =
        |part: &Node| matches!(part, Node::Call(Function::Log, arguments) if arguments.len() == 1);
    let mut result = numerically(a, b, Reading::default(), fuel)?;
    if result != Agreement::Yes && (a.any(&unnamed_base) || b.any(&unnamed_base)) {
        let reading = Reading { decimal_logarithm: true, ..Reading::default() };
        result = result.or(numerically(a, b, reading, fuel)?);
    }
    Ok(result)
}

fn numerically(
    a: &Node,
    b: &Node,
    reading: Reading,
    fuel: &Fuel<'_>,
) -> Result<Agreement, Exhausted> {
    let (outcome, sure) = match exact::difference(a, b, fuel)? {
        Difference::Zero => return Ok(Agreement::Yes),
        Difference::NotZero => return Ok(Agreement::No),
        Difference::Unknown(poly, atoms, bits) => {
            (numeric::poly_vanishes(&poly, &atoms, bits, reading, fuel)?, true)
        }
        Difference::TooLarge => (numeric::nodes_agree(a, b, reading, fuel)?, true),
        // Two huge integers may differ far behind the digits that are looked at.
        Difference::TooManyBits => (numeric::nodes_agree(a, b, reading, fuel)?, false),
    };
    Ok(match outcome {
        Agreement::Yes if sure => Agreement::Yes,
        Agreement::No => Agreement::No,
        _ => Agreement::Undecided,
    })
}
