//! Products, powers and what stands behind a value.

use super::error::ReadError;
use super::parser::Parser;
use super::script;
use super::syntax::{Bracket, Function, Node};
use super::token::Token;

/// Most exponents, factorials, signs and units behind one value.
const MOST_POSTFIXES: usize = 8;

impl Parser<'_> {
    /// Factors with `·`, `/` or nothing between them, all of the same strength.
    pub(super) fn term(&mut self) -> Result<Node, ReadError> {
        let mut product = vec![self.factor()?];
        let mut symbolic = false;
        loop {
            if self.measured(&mut product, &mut symbolic) || self.compound(&mut product) {
                continue;
            }
            match self.peek() {
                Some(Token::Times) => {
                    self.at += 1;
                    product.push(self.signed_factor()?);
                }
                Some(Token::Slash) => {
                    self.at += 1;
                    let denominator = self.signed_factor()?;
                    let numerator = multiply(std::mem::take(&mut product));
                    product.push(numerator.over(denominator));
                }
                // `3 with remainder 1` is no product.
                Some(Token::Number(_)) if matches!(product.last(), Some(Node::Unit(..))) => {
                    return Err(self.unexpected());
                }
                Some(token) if begins_a_factor(token, self.bars) => {
                    let factor = self.factor()?;
                    product.push(factor);
                }
                Some(Token::Modulo) => {
                    self.at += 1;
                    self.argument()?;
                }
                _ => return Ok(multiply(product)),
            }
        }
    }

    fn signed_factor(&mut self) -> Result<Node, ReadError> {
        let mut negative = false;
        while let Some(sign @ (Token::Minus | Token::Plus)) = self.peek() {
            negative ^= *sign == Token::Minus;
            self.at += 1;
        }
        let factor = self.factor()?;
        Ok(if negative { factor.negate() } else { factor })
    }

    /// A value with its exponents, factorials, per cent and degree signs.
    pub(super) fn factor(&mut self) -> Result<Node, ReadError> {
        let start = self.at;
        let mut node = self.primary()?;
        // In `ab^2` the exponent is that of b alone.
        let mut before = Vec::new();
        if matches!(self.tokens[start].token, Token::Word(_))
            && let Node::Product(letters) = &mut node
            && let Some(last) = letters.pop()
        {
            before = std::mem::take(letters);
            node = last;
        }
        let mut postfixes = 0;
        loop {
            let (found, more) = self.postfix(node)?;
            node = found;
            if !more {
                break;
            }
            postfixes += 1;
            if postfixes > MOST_POSTFIXES {
                return Err(ReadError::Budget);
            }
        }
        before.push(node);
        Ok(multiply(before))
    }

    /// A value with the next of its signs, if there is one, and whether there was.
    fn postfix(&mut self, node: Node) -> Result<(Node, bool), ReadError> {
        let node = match self.peek() {
            Some(Token::Caret) => {
                self.at += 1;
                self.exponent(node)?
            }
            Some(Token::Bang) => {
                self.at += 1;
                let function = match self.take(&Token::Bang) {
                    true => Function::DoubleFactorial,
                    false => Function::Factorial,
                };
                Node::Call(function, vec![node])
            }
            Some(Token::Percent) => {
                self.at += 1;
                Node::Percent(Box::new(node))
            }
            Some(Token::Degree) => {
                self.at += 1;
                Node::Degree(Box::new(self.arc(node)))
            }
            _ => return Ok((node, false)),
        };
        Ok((node, true))
    }

    fn exponent(&mut self, base: Node) -> Result<Node, ReadError> {
        // `90^\circ`, `90^{\circ}`, `f^{\prime}`.
        let braced = self.peek() == Some(&Token::BraceOpen);
        let mark = if braced { self.peek_second() } else { self.peek() };
        if let Some(token @ (Token::Degree | Token::Name("'"))) = mark {
            let degree = *token == Token::Degree;
            self.at += 1 + usize::from(braced);
            if braced {
                self.expect(&Token::BraceClose)?;
            }
            return Ok(match base {
                base if degree => Node::Degree(Box::new(self.arc(base))),
                Node::Symbol(name) => Node::symbol(format!("{name}'")),
                other => other,
            });
        }
        if let Node::Symbol(_) = base
            && let Some(sign) = self.lone_sign()
        {
            return Ok(match base {
                Node::Symbol(name) => Node::symbol(format!("{name}^{sign}")),
                other => other,
            });
        }
        let negative = self.take(&Token::Minus);
        let exponent = self.nested(|parser| {
            if parser.peek() == Some(&Token::BraceOpen) {
                return parser.argument();
            }
            let exponent = parser.primary()?;
            // Powers bind to the right: a^b^c is a^(b^c).
            match parser.take(&Token::Caret) {
                true => parser.exponent(exponent),
                false => Ok(exponent),
            }
        })?;
        Ok(base.power(if negative { exponent.negate() } else { exponent }))
    }

    /// The name of a variable with its subscript and primes.
    pub(super) fn symbol(&mut self, name: &str) -> Result<Node, ReadError> {
        let mut name = name.to_owned();
        let mut primes = String::new();
        // `x'_1` is `x_1'`.
        loop {
            if self.take(&Token::Name("'")) {
                primes.push('\'');
            } else if self.take(&Token::Underscore) {
                name.push('_');
                name.push_str(&self.raw_argument()?);
            } else {
                break;
            }
        }
        name.push_str(&primes);
        if matches!(&*name, "f" | "g" | "h") || name.ends_with('\'') {
            let round = Token::Open(Bracket::Round);
            if self.peek() == Some(&round) && !self.spaced() {
                self.at += 1;
                let items = self.nested(Self::items)?;
                self.expect(&Token::Close(Bracket::Round))?;
                let arguments = items.into_iter().map(|(node, _)| node).collect();
                return Ok(Node::Apply(name.into(), arguments));
            }
        }
        Ok(Node::symbol(name))
    }

    /// The text of an argument, without spaces, braces and commands.
    pub(super) fn raw_argument(&mut self) -> Result<String, ReadError> {
        let first = self.at;
        self.nested(|parser| match parser.peek() {
            Some(Token::BraceOpen) => parser.skip_braces(),
            Some(Token::Close(_) | Token::BraceClose) | None => Err(parser.unexpected()),
            Some(_) => {
                parser.at += 1;
                Ok(())
            }
        })?;
        let (start, end) = (self.tokens[first].start, self.tokens[self.at - 1].end);
        Ok(script::plain_name(&self.text[start as usize..end as usize]))
    }

    /// Skips a group in braces.
    fn skip_braces(&mut self) -> Result<(), ReadError> {
        let mut depth = 0usize;
        while let Some(token) = self.next() {
            match token {
                Token::BraceOpen => depth += 1,
                Token::BraceClose => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return Ok(());
            }
        }
        Err(ReadError::syntax("a brace is not closed"))
    }
}

/// Whether a factor can begin with this token, without a sign before it.
fn begins_a_factor(token: &Token, bars: usize) -> bool {
    use Token as T;
    match token {
        T::Bar => bars == 0,
        T::Number(_)
        | T::Letter(_)
        | T::Word(_)
        | T::Name(_)
        | T::Unknown(_)
        | T::Function(_)
        | T::Constant(_)
        | T::Open(_)
        | T::OpenRound(_)
        | T::BraceOpen
        | T::Frac
        | T::Root
        | T::Binomial
        | T::Accent(_)
        | T::Style
        | T::Begin(_)
        | T::Reals
        | T::Empty => true,
        _ => false,
    }
}

/// A product of factors; a single factor stands for itself.
pub(super) fn multiply(mut factors: Vec<Node>) -> Node {
    match factors.len() {
        1 => factors.swap_remove(0),
        _ => Node::Product(factors),
    }
}
