//! Single values: numbers and expressions.

use crate::agreement::Agreement;
use crate::budget::{Exhausted, Fuel};
use crate::exact::{self, Difference};
use crate::numeric::{self, Reading};
use crate::read::{Constant, Function, Node, ReadError};
use dashu_int::UBig;
use dashu_ratio::RBig;

/// A decimal with fewer digits than these is not a rounding of an exact value.
const ROUNDED_DIGITS: u32 = 5;

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
    /// Digits behind the point and significant digits, if it is written as a decimal.
    decimal: Option<(u32, u32)>,
    /// Whether it is written as one number.
    literal: bool,
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
        let unsigned = if let Node::Negate(value) = &inner { value } else { &inner };
        let literal = if let Node::Number(literal) = unsigned { Some(literal) } else { None };
        Ok(Self {
            rational: exact::rational(&inner, fuel),
            mark,
            decimal: literal.and_then(|l| Some((l.places.filter(|p| *p > 0)?, l.significant))),
            literal: literal.is_some(),
            node: inner,
        })
    }

    /// A value that is known to be a number.
    pub(super) fn of_rational(value: RBig) -> Self {
        let (numerator, denominator) = value.clone().into_parts();
        let part = |value: RBig| {
            let mut literal = crate::read::Literal::integer(0);
            literal.value = value;
            Node::Number(literal)
        };
        let node = part(numerator.into()).over(part(denominator.into()));
        Self { node, mark: Mark::None, rational: Some(value), decimal: None, literal: false }
    }

    /// This value times a number: in another unit.
    pub(super) fn times(&self, ratio: RBig, fuel: &Fuel<'_>) -> Self {
        let node = Node::Product(vec![self.node.clone(), Self::of_rational(ratio).node]);
        let rational = exact::rational(&node, fuel);
        Self { node, rational, decimal: None, literal: false, mark: self.mark }
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
        Ok(direct.or(other_reading))
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

    /// Whether this is a decimal with enough digits, and the other an exact value that rounds to it.
    /// No decimal rounds to another, and no integer to anything.
    fn rounds(&self, other: &Self, fuel: &Fuel<'_>) -> bool {
        let (Some((places, significant)), Some(decimal)) = (self.decimal, &self.rational) else {
            return false;
        };
        if significant < ROUNDED_DIGITS || other.literal || self.mark != other.mark {
            return false;
        }
        // Half a unit of the last place.
        let scale = RBig::from(UBig::from(10u8).pow(places as usize));
        let half = RBig::ONE / (scale * RBig::from(2));
        match &other.rational {
            Some(value) if value.denominator().is_one() => false,
            Some(value) => {
                let distance = value - decimal;
                distance <= half && -half <= distance
            }
            None if other.node.is_constant() && significant <= 15 => {
                numeric::value(&other.node, fuel).is_some_and(|(value, error)| {
                    let distance = libm::fabs(value - decimal.to_f64_fast());
                    distance <= half.to_f64_fast() + error
                })
            }
            None => false,
        }
    }
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
