//! Arithmetic expressions over whole numbers.

use num_rational::Ratio;
use num_traits::{CheckedAdd, CheckedDiv, CheckedMul, CheckedSub, Zero};
use std::fmt;

/// An exact value.
pub type Quantity = Ratio<i128>;

/// Longest text that is read as an expression, in bytes.
pub const MAX_LENGTH: usize = 400;

/// Numbers joined by `+ - * /`; × ÷ − · are accepted, too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expression {
    /// A whole number.
    Number(u32),
    /// Two expressions and what joins them.
    Join(Box<Expression>, Operator, Box<Expression>),
}

/// What joins two expressions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
}

impl Operator {
    fn of(letter: char) -> Option<Self> {
        Some(match letter {
            '+' => Self::Add,
            '-' | '−' => Self::Subtract,
            '*' | '×' | '·' => Self::Multiply,
            '/' | '÷' => Self::Divide,
            _ => return None,
        })
    }

    fn is_sum(self) -> bool {
        matches!(self, Self::Add | Self::Subtract)
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
        })
    }
}

impl Expression {
    /// Reads an expression with the usual precedence and parentheses; `None` for anything else, and
    /// for texts longer than [`MAX_LENGTH`].
    pub fn parse(text: &str) -> Option<Self> {
        // The bound on the length bounds the depth of the recursion.
        if text.len() > MAX_LENGTH {
            return None;
        }
        let mut parser = Parser { letters: text.chars().filter(|c| !c.is_whitespace()).peekable() };
        // Two numbers with a space between them are not one number.
        if splits_a_number(text) {
            return None;
        }
        let expression = parser.sum()?;
        parser.letters.next().is_none().then_some(expression)
    }

    /// The exact value; `None` for a division by zero, and where a number leaves 128 bits.
    pub fn value(&self) -> Option<Quantity> {
        match self {
            Self::Number(number) => Some(Quantity::from_integer(i128::from(*number))),
            Self::Join(left, operator, right) => {
                let (left, right) = (left.value()?, right.value()?);
                match operator {
                    Operator::Add => left.checked_add(&right),
                    Operator::Subtract => left.checked_sub(&right),
                    Operator::Multiply => left.checked_mul(&right),
                    Operator::Divide if right.is_zero() => None,
                    Operator::Divide => left.checked_div(&right),
                }
            }
        }
    }

    /// The numbers, from left to right.
    pub fn numbers(&self) -> Vec<u32> {
        match self {
            Self::Number(number) => vec![*number],
            Self::Join(left, _, right) => {
                let mut numbers = left.numbers();
                numbers.extend(right.numbers());
                numbers
            }
        }
    }

    /// The same text for expressions that differ only in the order and grouping of sums and products: `9
    /// - (2 - 3 * 4)` and `4 * 3 + 9 - 2`.
    pub fn normal_form(&self) -> String {
        let mut terms = Vec::new();
        self.terms(false, &mut terms);
        terms.sort();
        terms.concat()
    }

    /// Signed terms of a sum.
    fn terms(&self, negative: bool, terms: &mut Vec<String>) {
        match self {
            Self::Join(left, operator, right) if operator.is_sum() => {
                left.terms(negative, terms);
                right.terms(negative != (*operator == Operator::Subtract), terms);
            }
            product => {
                let mut factors = Vec::new();
                product.factors(false, &mut factors);
                factors.sort();
                let sign = if negative { "-" } else { "+" };
                terms.push(format!("{sign}{}", factors.concat().trim_start_matches('*')));
            }
        }
    }

    /// Factors of a product, each behind `*` or `/`.
    fn factors(&self, inverse: bool, factors: &mut Vec<String>) {
        match self {
            Self::Join(left, operator, right) if !operator.is_sum() => {
                left.factors(inverse, factors);
                right.factors(inverse != (*operator == Operator::Divide), factors);
            }
            other => {
                let text = match other {
                    Self::Number(number) => number.to_string(),
                    sum => format!("({})", sum.normal_form()),
                };
                factors.push(format!("{}{text}", if inverse { '/' } else { '*' }));
            }
        }
    }
}

/// Whether white space stands between two digits.
fn splits_a_number(text: &str) -> bool {
    let parts: Vec<&str> = text.split_whitespace().collect();
    let digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    parts.windows(2).any(|pair| digit(pair[0].chars().last()) && digit(pair[1].chars().next()))
}

struct Parser<I: Iterator<Item = char>> {
    letters: std::iter::Peekable<I>,
}

impl<I: Iterator<Item = char>> Parser<I> {
    fn sum(&mut self) -> Option<Expression> {
        self.chain(true, Self::product)
    }

    fn product(&mut self) -> Option<Expression> {
        self.chain(false, Self::operand)
    }

    /// Operands joined from the left by operators of one precedence.
    fn chain(
        &mut self,
        sums: bool,
        operand: fn(&mut Self) -> Option<Expression>,
    ) -> Option<Expression> {
        let mut left = operand(self)?;
        let next = |parser: &mut Self| parser.letters.peek().and_then(|&c| Operator::of(c));
        while let Some(operator) = next(self).filter(|operator| operator.is_sum() == sums) {
            self.letters.next();
            left = Expression::Join(Box::new(left), operator, Box::new(operand(self)?));
        }
        Some(left)
    }

    fn operand(&mut self) -> Option<Expression> {
        if self.letters.next_if_eq(&'(').is_some() {
            let inner = self.sum()?;
            return self.letters.next_if_eq(&')').map(|_| inner);
        }
        let mut number: Option<u32> = None;
        while let Some(letter) = self.letters.next_if(char::is_ascii_digit) {
            let digit = letter.to_digit(10)?;
            number = Some(number.unwrap_or(0).checked_mul(10)?.checked_add(digit)?);
        }
        number.map(Expression::Number)
    }
}
