//! The syntax tree of an answer.

use super::number::Literal;
use dashu_ratio::RBig;
use std::sync::Arc;

/// A relation between two expressions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Relation {
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Approximately,
    In,
    Implies,
}

impl Relation {
    /// The same relation read from right to left.
    pub(crate) fn flipped(self) -> Self {
        match self {
            Self::Less => Self::Greater,
            Self::LessEqual => Self::GreaterEqual,
            Self::Greater => Self::Less,
            Self::GreaterEqual => Self::LessEqual,
            other => other,
        }
    }

    pub(crate) fn symbol(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "≠",
            Self::Less => "<",
            Self::LessEqual => "≤",
            Self::Greater => ">",
            Self::GreaterEqual => "≥",
            Self::Approximately => "≈",
            Self::In => "∈",
            Self::Implies => "⇒",
        }
    }
}

/// A bracket that can hold several items.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Bracket {
    Round,
    Square,
    Curly,
    Angle,
}

/// A number with a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Constant {
    Pi,
    E,
    I,
    Infinity,
}

/// A function with a known meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Function {
    Sin,
    Cos,
    Tan,
    Cot,
    Sec,
    Csc,
    Arcsin,
    Arccos,
    Arctan,
    Arccot,
    Arcsec,
    Arccsc,
    Sinh,
    Cosh,
    Tanh,
    Exp,
    Ln,
    /// Logarithm whose base is not written: its argument, or argument and base.
    Log,
    Abs,
    Floor,
    Ceil,
    Max,
    Min,
    Gcd,
    Lcm,
    Sqrt,
    Cbrt,
    Factorial,
    DoubleFactorial,
    /// Binomial coefficient: above, below.
    Binomial,
    /// Sum over a range of integers: body, variable, first, last.
    Sum,
    /// Product over a range of integers: body, variable, first, last.
    Prod,
}

impl Function {
    /// The function of a name that LaTeX and plain notation share.
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "sin" => Self::Sin,
            "cos" => Self::Cos,
            "tan" | "tg" => Self::Tan,
            "cot" | "ctg" => Self::Cot,
            "sec" => Self::Sec,
            "csc" | "cosec" => Self::Csc,
            "arcsin" => Self::Arcsin,
            "arccos" => Self::Arccos,
            "arctan" | "arctg" => Self::Arctan,
            "arccot" => Self::Arccot,
            "arcsec" => Self::Arcsec,
            "arccsc" => Self::Arccsc,
            "sinh" => Self::Sinh,
            "cosh" => Self::Cosh,
            "tanh" => Self::Tanh,
            "exp" => Self::Exp,
            "ln" => Self::Ln,
            "log" | "lg" => Self::Log,
            "max" => Self::Max,
            "min" => Self::Min,
            "gcd" => Self::Gcd,
            "lcm" => Self::Lcm,
            _ => return None,
        })
    }

    /// Whether an argument in degrees is to be converted.
    pub(crate) fn takes_an_angle(self) -> bool {
        use Function::{Cos, Cot, Csc, Sec, Sin, Tan};
        matches!(self, Sin | Cos | Tan | Cot | Sec | Csc)
    }

    /// The inverse of a trigonometric function, for `\sin^{-1}`.
    pub(super) fn inverse(self) -> Option<Self> {
        Some(match self {
            Self::Sin => Self::Arcsin,
            Self::Cos => Self::Arccos,
            Self::Tan => Self::Arctan,
            Self::Cot => Self::Arccot,
            Self::Sec => Self::Arcsec,
            Self::Csc => Self::Arccsc,
            _ => return None,
        })
    }
}

/// An expression, a collection or a relation, as it is written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Node {
    Number(Literal),
    Constant(Constant),
    /// A variable or any other name.
    Symbol(Arc<str>),
    Sum(Vec<Node>),
    Product(Vec<Node>),
    Negate(Box<Node>),
    Quotient(Box<Node>, Box<Node>),
    Power(Box<Node>, Box<Node>),
    Call(Function, Vec<Node>),
    /// A function without known meaning, such as `f(x)`.
    Apply(Arc<str>, Vec<Node>),
    /// `±a`, or with `true` `∓a`.
    PlusMinus(Box<Node>, bool),
    Percent(Box<Node>),
    Degree(Box<Node>),
    /// A value and a unit or remark behind it, which does not count.
    Unit(Box<Node>, String),
    /// An integer or fraction with its digits in a base other than ten.
    Based(Literal),
    Text(String),
    /// `a : b : c`.
    Ratio(Vec<Node>),
    /// Items in brackets; opening and closing bracket may differ, as in `[0, 1)`.
    Group(Bracket, Vec<Node>, Bracket),
    /// Items without brackets.
    List(Vec<Node>),
    Union(Vec<Node>),
    Intersection(Vec<Node>),
    Difference(Box<Node>, Box<Node>),
    Matrix(Vec<Vec<Node>>),
    Chain(Box<Node>, Vec<(Relation, Node)>),
}

impl Node {
    pub(crate) fn symbol(name: impl Into<Arc<str>>) -> Self {
        Self::Symbol(name.into())
    }

    pub(crate) fn integer(value: i64) -> Self {
        Self::Number(Literal::integer(value))
    }

    /// A quotient of two integers.
    pub(crate) fn fraction(value: RBig) -> Self {
        let (numerator, denominator) = value.into_parts();
        let part = |value: RBig| Self::Number(Literal { value, ..Literal::integer(0) });
        part(numerator.into()).over(part(denominator.into()))
    }

    /// A rational number.
    pub(super) fn rational(value: RBig) -> Self {
        Self::Number(Literal { value, ..Literal::integer(0) })
    }

    pub(crate) fn negate(self) -> Self {
        Self::Negate(Box::new(self))
    }

    pub(crate) fn over(self, denominator: Self) -> Self {
        Self::Quotient(Box::new(self), Box::new(denominator))
    }

    pub(crate) fn power(self, exponent: Self) -> Self {
        Self::Power(Box::new(self), Box::new(exponent))
    }

    /// The direct parts of an expression.
    pub(crate) fn children(&self) -> Vec<&Node> {
        match self {
            Self::Number(_)
            | Self::Based(_)
            | Self::Constant(_)
            | Self::Symbol(_)
            | Self::Text(_) => Vec::new(),
            Self::Negate(a)
            | Self::PlusMinus(a, _)
            | Self::Percent(a)
            | Self::Degree(a)
            | Self::Unit(a, _) => vec![a],
            Self::Quotient(a, b) | Self::Power(a, b) | Self::Difference(a, b) => vec![a, b],
            Self::Sum(items)
            | Self::Product(items)
            | Self::Call(_, items)
            | Self::Apply(_, items)
            | Self::Ratio(items)
            | Self::Group(_, items, _)
            | Self::List(items)
            | Self::Union(items)
            | Self::Intersection(items) => items.iter().collect(),
            Self::Matrix(rows) => rows.iter().flatten().collect(),
            Self::Chain(first, rest) => {
                std::iter::once(&**first).chain(rest.iter().map(|(_, node)| node)).collect()
            }
        }
    }

    /// Whether this or any part of it satisfies a condition.
    pub(crate) fn any(&self, condition: &impl Fn(&Node) -> bool) -> bool {
        condition(self) || self.children().iter().any(|child| child.any(condition))
    }

    /// Whether it is a number, however it is written: no variable and no unknown function in it.
    pub(crate) fn is_constant(&self) -> bool {
        !self.any(&|node| matches!(node, Self::Symbol(_) | Self::Apply(..) | Self::Text(_)))
    }
}
