//! Functions with their arguments, matrices, and sums over a range.

use super::error::ReadError;
use super::parser::Parser;
use super::syntax::{Bracket, Constant, Function, Node, Relation};
use super::term::multiply;
use super::token::Token;

impl Parser<'_> {
    /// A function whose name is taken: base, power, argument.
    pub(super) fn call(&mut self, function: Function) -> Result<Node, ReadError> {
        if matches!(function, Function::Sum | Function::Prod) {
            return self.range(function);
        }
        let (mut base, mut power) = (None, None);
        loop {
            if base.is_none() && self.take(&Token::Underscore) {
                base = Some(self.argument()?);
            } else if power.is_none() && self.take(&Token::Caret) {
                let negative = self.take(&Token::Minus);
                let exponent = self.argument()?;
                power = Some(if negative { exponent.negate() } else { exponent });
            } else {
                break;
            }
        }
        let mut arguments = self.arguments()?;
        arguments.extend(base);
        let inverse = power.as_ref().is_some_and(|power| *power == Node::integer_written(-1));
        let function = match function.inverse() {
            Some(function) if inverse => {
                power = None;
                function
            }
            _ => function,
        };
        let call = simplified(function, arguments);
        Ok(match power {
            Some(power) => call.power(power),
            None => call,
        })
    }

    /// Arguments in brackets, or the factors up to the next function, sign or bracket.
    fn arguments(&mut self) -> Result<Vec<Node>, ReadError> {
        for bracket in [Bracket::Round, Bracket::Square, Bracket::Curly] {
            if self.take(&Token::Open(bracket)) {
                let bars = std::mem::take(&mut self.bars);
                let items = self.items()?;
                self.bars = bars;
                self.expect(&Token::Close(bracket))?;
                return Ok(items.into_iter().map(|(node, _)| node).collect());
            }
        }
        let negative = self.take(&Token::Minus);
        let mut factors = vec![self.factor()?];
        while self.peek().is_some_and(continues_an_argument) {
            factors.push(self.factor()?);
        }
        // `\sin x/2` is half a sine; `\sin \pi/3` is the sine of a third of π, as people mean it.
        if self.peek() == Some(&Token::Slash)
            && factors.iter().all(Node::is_constant)
            && matches!(self.peek_second(), Some(Token::Number(_)))
        {
            self.at += 1;
            let denominator = self.factor()?;
            factors = vec![multiply(factors).over(denominator)];
        }
        let argument = multiply(factors);
        Ok(vec![if negative { argument.negate() } else { argument }])
    }

    /// Whether one bar stands between round brackets, as in `P(A | B)`; the first is open.
    pub(super) fn has_one_bar(&self) -> bool {
        let (mut depth, mut bars) = (0usize, 0);
        for placed in self.tokens.get(self.at..).unwrap_or_default() {
            match placed.token {
                Token::Open(_) | Token::BraceOpen => depth += 1,
                Token::Close(_) | Token::BraceClose if depth == 0 => break,
                Token::Close(_) | Token::BraceClose => depth -= 1,
                Token::Bar if depth == 0 => bars += 1,
                _ => {}
            }
        }
        bars == 1
    }

    /// The inside of `(A | B)`, up to and with the closing bracket.
    pub(super) fn conditional(&mut self) -> Result<Node, ReadError> {
        let bars = std::mem::replace(&mut self.bars, 1);
        let event = self.item()?;
        self.expect(&Token::Bar)?;
        let condition = self.list()?;
        self.bars = bars;
        self.expect(&Token::Close(Bracket::Round))?;
        Ok(Node::Apply("|".into(), vec![event, condition]))
    }

    /// `\sum_{k=1}^{n} body`.
    fn range(&mut self, function: Function) -> Result<Node, ReadError> {
        self.expect(&Token::Underscore)?;
        let Node::Chain(mut variable, bounds) = self.argument()? else {
            return Err(ReadError::syntax("a sum needs a variable and its first value"));
        };
        let over_i = *variable == Node::Constant(Constant::I);
        if over_i {
            *variable = Node::symbol("i");
        }
        let Ok([(Relation::Equal, first)]) = <[_; 1]>::try_from(bounds) else {
            return Err(ReadError::syntax("a sum needs a variable and its first value"));
        };
        self.expect(&Token::Caret)?;
        let last = self.argument()?;
        let outside = self.indexed;
        self.indexed |= over_i;
        let body = self.term();
        self.indexed = outside;
        let body = body?;
        Ok(Node::Call(function, vec![body, *variable, first, last]))
    }

    /// A matrix, or the inside of another environment.
    pub(super) fn environment(&mut self, name: &str) -> Result<Node, ReadError> {
        if name == "array" && self.peek() == Some(&Token::BraceOpen) {
            // The alignment of the columns, such as {cc|c}.
            self.raw_argument()?;
        }
        let rows = self.rows()?;
        // An array of equations is a system.
        let system = rows.iter().flatten().any(|cell| matches!(cell, Node::Chain(..)));
        let matrix = name.trim_end_matches('*').ends_with("matrix") || name == "array" && !system;
        match (matrix, rows.first().map(Vec::len)) {
            (_, None) => Err(ReadError::Empty),
            (true, Some(width)) if rows.iter().all(|row| row.len() == width) => {
                Ok(if matches!(name, "vmatrix") { determinant(rows) } else { Node::Matrix(rows) })
            }
            (true, Some(_)) => Err(ReadError::syntax("the rows of a matrix differ in length")),
            (false, Some(_)) => {
                let mut cells: Vec<Node> = rows.into_iter().flatten().collect();
                Ok(if cells.len() == 1 { cells.swap_remove(0) } else { Node::List(cells) })
            }
        }
    }

    /// The rows of an environment that are not empty, up to and with its end.
    fn rows(&mut self) -> Result<Vec<Vec<Node>>, ReadError> {
        let bars = std::mem::take(&mut self.bars);
        let mut rows = vec![Vec::new()];
        let mut cells = 0;
        loop {
            match self.peek() {
                Some(Token::End) => break,
                Some(Token::RowBreak) => {
                    self.at += 1;
                    rows.push(Vec::new());
                }
                Some(Token::Ampersand) => self.at += 1,
                Some(_) => {
                    let cell = self.list()?;
                    let row = rows.len() - 1;
                    rows[row].push(cell);
                }
                None => return Err(self.unexpected()),
            }
            cells += 1;
            if cells > self.budget_terms() {
                return Err(ReadError::Budget);
            }
        }
        self.at += 1;
        self.bars = bars;
        rows.retain(|row| !row.is_empty());
        Ok(rows)
    }
}

/// Bars around a table are its determinant, which is read for two rows.
fn determinant(rows: Vec<Vec<Node>>) -> Node {
    match &rows[..] {
        [first, second] if first.len() == 2 => Node::Sum(vec![
            Node::Product(vec![first[0].clone(), second[1].clone()]),
            Node::Product(vec![first[1].clone(), second[0].clone()]).negate(),
        ]),
        _ => Node::Matrix(rows),
    }
}

/// `exp` and `sqrt` as powers.
fn simplified(function: Function, mut arguments: Vec<Node>) -> Node {
    let root =
        |argument: Node, degree| argument.power(Node::integer(1).over(Node::integer(degree)));
    match (function, arguments.len()) {
        (Function::Exp, 1) => Node::Constant(Constant::E).power(arguments.swap_remove(0)),
        (Function::Sqrt, 1) => root(arguments.swap_remove(0), 2),
        (Function::Cbrt, 1) => root(arguments.swap_remove(0), 3),
        _ => Node::Call(function, arguments),
    }
}

/// Whether the argument of a function without brackets goes on.
fn continues_an_argument(token: &Token) -> bool {
    matches!(
        token,
        Token::Number(_)
            | Token::Letter(_)
            | Token::Name(_)
            | Token::Constant(_)
            | Token::Frac
            | Token::Root
            | Token::BraceOpen
    )
}

impl Node {
    /// How the parser writes a negative integer.
    fn integer_written(value: i64) -> Self {
        let magnitude = super::number::Literal::decimal(&value.unsigned_abs().to_string());
        let number = magnitude.map_or(Self::integer(0), Self::Number);
        if value < 0 { number.negate() } else { number }
    }
}
