//! Products, powers and what stands behind a value.

use super::error::ReadError;
use super::parser::Parser;
use super::script;
use super::syntax::{Bracket, Constant, Function, Node};
use super::token::Token;
use super::words;

/// Most exponents, factorials, signs and units behind one value.
const MOST_POSTFIXES: usize = 8;

impl Parser<'_> {
    /// Factors with `·`, `/` or nothing between them, all of the same strength.
    pub(super) fn term(&mut self) -> Result<Node, ReadError> {
        let mut product = vec![self.factor()?];
        loop {
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
                Some(token) if begins_a_factor(token, self.bars) => {
                    let factor = self.factor()?;
                    product.push(factor);
                }
                Some(Token::Text(text)) => {
                    let text = text.clone();
                    self.at += 1;
                    self.unit(&mut product, text);
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

    /// A unit behind a value, with its own exponent, as in `5 \text{ cm}^2`.
    fn unit(&mut self, product: &mut Vec<Node>, text: String) {
        let start = self.at;
        if self.take(&Token::Caret) && self.argument().is_err() {
            self.at = start;
        }
        // `km/h` and `m/s^2`: the unit goes on.
        if self.peek() == Some(&Token::Slash) && self.peek_second().is_some_and(is_unit_token) {
            self.at += 2;
            let start = self.at;
            if self.take(&Token::Caret) && self.argument().is_err() {
                self.at = start;
            }
        }
        let value = multiply(std::mem::take(product));
        product.push(Node::Unit(Box::new(value), text));
    }

    /// Whether `m/s` follows a number and a space.
    fn is_speed(&self, before: &Node) -> bool {
        let letter = |at: usize| match self.tokens.get(at).map(|placed| &placed.token) {
            Some(Token::Letter(letter)) => Some(*letter),
            _ => None,
        };
        let slash = self.peek_second() == Some(&Token::Slash);
        matches!(before, Node::Number(_))
            && self.spaced()
            && slash
            && matches!(
                (letter(self.at), letter(self.at + 2)),
                (Some('m'), Some('s' | 'h')) | (Some('g'), Some('L'))
            )
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
            let (found, more) = self.postfix(node, start)?;
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

    /// A value with the next of its signs, if there is one, and whether there was. `start` is where the
    /// value begins.
    fn postfix(&mut self, node: Node, start: usize) -> Result<(Node, bool), ReadError> {
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
                Node::Degree(Box::new(node))
            }
            Some(Token::Letter(letter)) if self.is_speed(&node) => {
                let unit = letter.to_string();
                self.with_unit(node, unit)
            }
            Some(Token::Word(word)) if self.is_plain_unit(word, &node, start) => {
                let unit = word.clone();
                self.with_unit(node, unit)
            }
            _ => return Ok((node, false)),
        };
        Ok((node, true))
    }

    /// A value and the unit that is the next token.
    fn with_unit(&mut self, node: Node, unit: String) -> Node {
        self.at += 1;
        let mut product = vec![node];
        self.unit(&mut product, unit);
        multiply(product)
    }

    /// Whether a word behind a number is a unit and no product of variables.
    fn is_plain_unit(&self, word: &str, before: &Node, start: usize) -> bool {
        let after_number =
            before_is_number(before) || start > 0 && self.tokens[start].token == Token::Root;
        let long = self.spaced() && word.len() >= 4;
        after_number && (words::is_unit(word) || long)
            || matches!(before, Node::Unit(..)) && self.spaced()
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
                base if degree => Node::Degree(Box::new(base)),
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
        loop {
            if self.take(&Token::Name("'")) {
                name.push('\'');
            } else if self.take(&Token::Underscore) {
                name.push('_');
                name.push_str(&self.raw_argument()?);
            } else {
                break;
            }
        }
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
        let raw = &self.text[start as usize..end as usize];
        let plain = raw.chars().map(|c| script::lowered(c).unwrap_or(c));
        Ok(plain.filter(|c| c.is_alphanumeric() || "+-'".contains(*c)).collect())
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
        | T::Accent
        | T::Style
        | T::Begin(_)
        | T::Reals
        | T::Empty => true,
        _ => false,
    }
}

/// Whether a unit can end with this, behind a bar.
fn is_unit_token(token: &Token) -> bool {
    match token {
        Token::Word(word) => words::is_unit(word),
        Token::Letter(letter) => matches!(letter, 'h' | 's' | 'm' | 'L'),
        Token::Text(_) => true,
        _ => false,
    }
}

fn before_is_number(node: &Node) -> bool {
    matches!(
        node,
        Node::Number(_)
            | Node::Quotient(..)
            | Node::Sum(_)
            | Node::Degree(_)
            | Node::Unit(..)
            | Node::Constant(Constant::Pi)
    )
}

/// A product of factors; a single factor stands for itself.
pub(super) fn multiply(mut factors: Vec<Node>) -> Node {
    match factors.len() {
        1 => factors.swap_remove(0),
        _ => Node::Product(factors),
    }
}
