//! What a factor can begin with: numbers, names, brackets, commands with arguments, functions.

use super::error::ReadError;
use super::number::Literal;
use super::parser::Parser;
use super::script::plain_name;
use super::syntax::{Bracket, Constant, Function, Node};
use super::term::multiply;
use super::token::{Separator, Token};
use super::words;

/// A word with this many letters or more is not read as a product of variables.
const LONGEST_PRODUCT: usize = 5;

impl Parser<'_> {
    /// A value without anything behind it.
    pub(super) fn primary(&mut self) -> Result<Node, ReadError> {
        match self.next().ok_or_else(|| ReadError::syntax("the answer ends in the middle"))? {
            Token::Number(literal) => self.number(literal),
            // `P(1, 2)` names a point.
            Token::Letter(letter) if letter.is_ascii_uppercase() && self.before_tuple() => {
                self.primary()
            }
            Token::Letter(letter) => self.symbol(letter.encode_utf8(&mut [0; 4])),
            Token::Name(name) => self.symbol(name),
            Token::Unknown(name) => self.symbol(&name),
            Token::Word(word) => Ok(self.word(&word)?),
            Token::Constant(constant) => self.constant(constant),
            Token::Text(text) => self.text_value(text),
            Token::Function(function) => self.nested(|parser| parser.call(function)),
            Token::Open(bracket) => self.nested(|parser| parser.group(bracket)),
            Token::OpenRound(function) => self.rounded(function),
            Token::Bar => self.absolute_value(),
            Token::BraceOpen => self.nested(Self::braced),
            Token::Frac => {
                let numerator = self.digit_argument()?;
                Ok(numerator.over(self.digit_argument()?))
            }
            Token::Root => self.root(),
            Token::Binomial => {
                let above = self.digit_argument()?;
                Ok(Node::Call(Function::Binomial, vec![above, self.digit_argument()?]))
            }
            Token::Accent(mark) => self.accented(mark),
            Token::Style => self.argument(),
            Token::Begin(name) => self.nested(|parser| parser.environment(&name)),
            Token::Reals => Ok(self.real_numbers()),
            Token::Empty => Ok(Node::Group(Bracket::Curly, Vec::new(), Bracket::Curly)),
            _ => {
                self.at -= 1;
                Err(self.unexpected())
            }
        }
    }

    /// A number, with the subscript of its base or the fraction of a mixed number.
    fn number(&mut self, literal: Literal) -> Result<Node, ReadError> {
        if self.take(&Token::Underscore) {
            let digits = literal.digits.clone();
            return self.based(&digits);
        }
        let is_whole = literal.integer_digits().is_some();
        let start = self.at;
        // `2½`.
        if is_whole
            && let Some(Token::Number(part)) = self.peek()
            && part.is_sign()
        {
            let part = Node::Number(part.clone());
            self.at += 1;
            return Ok(Node::Sum(vec![Node::Number(literal), part]));
        }
        if is_whole && let Some(fraction) = self.proper_fraction()? {
            return Ok(Node::Sum(vec![Node::Number(literal), fraction]));
        }
        self.at = start;
        Ok(Node::Number(literal))
    }

    /// The fraction of `2\frac13` or `2 1/3`.
    fn proper_fraction(&mut self) -> Result<Option<Node>, ReadError> {
        let part = |node: &Node| match node {
            Node::Number(literal) if literal.integer_digits().is_some() => {
                Some(literal.value.clone())
            }
            _ => None,
        };
        let fraction = match self.peek() {
            Some(Token::Frac) => {
                self.at += 1;
                let numerator = self.digit_argument()?;
                (numerator, self.digit_argument()?)
            }
            Some(Token::Number(numerator)) if self.spaced() => {
                let numerator = Node::Number(numerator.clone());
                self.at += 1;
                if !self.take(&Token::Slash) {
                    return Ok(None);
                }
                match self.next() {
                    Some(Token::Number(denominator)) => (numerator, Node::Number(denominator)),
                    _ => return Ok(None),
                }
            }
            _ => return Ok(None),
        };
        Ok(match (part(&fraction.0), part(&fraction.1)) {
            (Some(above), Some(below)) if above < below && !above.is_zero() => {
                Some(fraction.0.over(fraction.1))
            }
            _ => None,
        })
    }

    /// Digits with a base behind the underscore, which is taken already.
    fn based(&mut self, digits: &str) -> Result<Node, ReadError> {
        let base = self.raw_argument()?;
        let words = ["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];
        let named = words.iter().position(|word| base == format!("text{word}") || base == *word);
        let base = named.map_or(base.parse().ok(), |i| Some(i as u32 + 2));
        base.filter(|base| (2..=36).contains(base))
            .and_then(|base| Literal::in_base(digits, base))
            .map(Node::Based)
            .ok_or_else(|| ReadError::syntax("no number in this base"))
    }

    /// A word of prose that is part of an expression is a product of its letters.
    fn word(&mut self, word: &str) -> Result<Node, ReadError> {
        if word.chars().count() >= LONGEST_PRODUCT {
            // `Total = 5` names what it gives; elsewhere it is prose.
            return match self.peek() {
                Some(Token::Relation(_) | Token::Colon) => Ok(Node::symbol(word)),
                _ => Err(ReadError::syntax(format!("'{word}' is a word"))),
            };
        }
        let mut factors = Vec::new();
        for (i, letter) in word.char_indices() {
            let name = &word[i..i + letter.len_utf8()];
            let last = i + letter.len_utf8() == word.len();
            factors.push(match name {
                "e" => Node::Constant(Constant::E),
                "i" => Node::Constant(Constant::I),
                _ if last => self.symbol(name)?,
                _ => Node::symbol(name),
            });
        }
        Ok(multiply(factors))
    }

    /// `e_1` and `i_2` are variables.
    fn constant(&mut self, constant: Constant) -> Result<Node, ReadError> {
        match (constant, self.peek()) {
            // Sums run over i.
            (Constant::I, _) if self.indexed => self.symbol("i"),
            (Constant::E, Some(Token::Underscore)) => self.symbol("e"),
            (Constant::I, Some(Token::Underscore)) => self.symbol("i"),
            _ => Ok(Node::Constant(constant)),
        }
    }

    /// `\text{A5}_{11}`, or prose.
    fn text_value(&mut self, text: String) -> Result<Node, ReadError> {
        if self.take(&Token::Underscore) {
            return self.based(&text);
        }
        // A name before a value, as in `\text{Area} = 5`, and prose before one.
        match self.peek() {
            Some(Token::Number(_) | Token::Frac) if words::is_minus(&text) => {
                Ok(self.factor()?.negate())
            }
            Some(Token::Number(_) | Token::Frac | Token::Root) if !words::goes_on(&text) => {
                self.factor()
            }
            _ => Ok(Node::Text(text)),
        }
    }

    /// Items in brackets; a single item in round ones stands for itself.
    fn group(&mut self, open: Bracket) -> Result<Node, ReadError> {
        // In a set a bar stands before a condition, unless a value must come.
        let bars = std::mem::replace(&mut self.bars, usize::from(open == Bracket::Curly));
        if open == Bracket::Curly {
            self.colon_as_bar();
        }
        if open == Bracket::Round && self.has_one_bar() {
            let inner = self.conditional();
            self.bars = bars;
            return inner;
        }
        let items = self.items()?;
        // `\{x \mid x > 3\}` is the set of what its condition says.
        let condition = open == Bracket::Curly && items.len() == 1 && self.take(&Token::Bar);
        let items = if condition { self.items()? } else { items };
        self.bars = bars;
        let close = match self.next() {
            Some(Token::Close(close)) => close,
            _ => {
                self.at -= 1;
                return Err(self.unexpected());
            }
        };
        let nodes = items.into_iter().map(|(node, _)| node).collect();
        self.bracketed(open, nodes, close, condition)
    }

    /// What items in brackets are; `condition` says whether they are the condition of a set.
    fn bracketed(
        &mut self,
        open: Bracket,
        mut nodes: Vec<Node>,
        close: Bracket,
        condition: bool,
    ) -> Result<Node, ReadError> {
        Ok(match (open, close) {
            // `[[1, 2], [3, 4]]`.
            (Bracket::Square, Bracket::Square) if nodes.len() > 1 && are_rows(&nodes) => {
                Node::Matrix(nodes.into_iter().filter_map(into_row).collect())
            }
            (Bracket::Curly, Bracket::Curly) if condition => match nodes.len() {
                1 => nodes.swap_remove(0),
                _ => Node::List(nodes),
            },
            (Bracket::Round, Bracket::Round) | (Bracket::Square, Bracket::Square)
                if nodes.len() == 1 =>
            {
                let inner = nodes.swap_remove(0);
                match (self.peek(), inner) {
                    // `(1011)_2`.
                    (Some(Token::Underscore), Node::Number(literal)) => {
                        self.at += 1;
                        self.based(&literal.digits)?
                    }
                    (_, inner) => inner,
                }
            }
            (Bracket::Curly, Bracket::Curly) => Node::Group(open, nodes, close),
            (Bracket::Curly, _) | (_, Bracket::Curly) => {
                return Err(ReadError::syntax("brackets do not match"));
            }
            _ if nodes.len() < 2 => return Err(ReadError::syntax("brackets do not match")),
            _ => Node::Group(open, nodes, close),
        })
    }

    /// Whether round brackets follow with a comma in them.
    fn before_tuple(&self) -> bool {
        let mut depth = 0usize;
        for placed in self.tokens.get(self.at..).unwrap_or_default() {
            match &placed.token {
                Token::Open(Bracket::Round) if depth == 0 && placed.spaced => return false,
                Token::Open(_) | Token::BraceOpen => depth += 1,
                Token::Close(_) | Token::BraceClose if depth <= 1 => return false,
                Token::Close(_) | Token::BraceClose => depth -= 1,
                Token::Separator(Separator::Comma) if depth == 1 => return true,
                _ if depth == 0 => return false,
                _ => {}
            }
        }
        false
    }

    /// In `{x : x > 0}` the colon stands before the condition.
    fn colon_as_bar(&mut self) {
        let mut depth = 0usize;
        let mut colon = None;
        for at in self.at..self.tokens.len() {
            match &self.tokens[at].token {
                Token::Open(_) | Token::BraceOpen => depth += 1,
                Token::Close(_) | Token::BraceClose if depth == 0 => return,
                Token::Close(_) | Token::BraceClose => depth -= 1,
                Token::Colon if depth == 0 && colon.is_none() => colon = Some(at),
                Token::Relation(_) if depth == 0 => {
                    if let Some(colon) = colon {
                        self.tokens[colon].token = Token::Bar;
                        return;
                    }
                }
                _ => {}
            }
        }
    }

    /// The inside of `\lfloor` or `\lceil`, up to and with what closes it.
    fn rounded(&mut self, function: Function) -> Result<Node, ReadError> {
        let inner = self.nested(Self::sum)?;
        self.expect(&Token::CloseRound(function))?;
        Ok(Node::Call(function, vec![inner]))
    }

    fn absolute_value(&mut self) -> Result<Node, ReadError> {
        // `\|v\|` and `||v||`.
        let double = self.take(&Token::Bar);
        // Also after an error: it may be caught, and what was read be read in another way.
        let bars = self.bars;
        self.bars = bars + 1;
        let inner = self.nested(Self::sum);
        self.bars = bars;
        let inner = inner?;
        self.expect(&Token::Bar)?;
        if double {
            self.expect(&Token::Bar)?;
        }
        Ok(Node::Call(Function::Abs, vec![inner]))
    }

    /// A list, or two of them above each other: `n \choose k`, `a \over b`.
    pub(super) fn stacked(&mut self) -> Result<Node, ReadError> {
        let above = self.list()?;
        if self.take(&Token::Choose) {
            return Ok(Node::Call(Function::Binomial, vec![above, self.list()?]));
        }
        if self.take(&Token::Over) {
            return Ok(above.over(self.list()?));
        }
        Ok(above)
    }

    /// The inside of braces, up to and with the closing one.
    fn braced(&mut self) -> Result<Node, ReadError> {
        let bars = std::mem::take(&mut self.bars);
        let inner = self.stacked()?;
        self.bars = bars;
        self.expect(&Token::BraceClose)?;
        Ok(inner)
    }

    /// An argument in braces, or one value.
    pub(super) fn argument(&mut self) -> Result<Node, ReadError> {
        self.nested(|parser| match parser.take(&Token::BraceOpen) {
            true => parser.braced(),
            false => parser.primary(),
        })
    }

    /// An argument of `\frac`: TeX takes a single digit of a number without braces.
    fn digit_argument(&mut self) -> Result<Node, ReadError> {
        let Some(Token::Number(literal)) = self.peek() else { return self.argument() };
        let Some((first, rest)) = literal.integer_digits().and_then(|digits| {
            (digits.len() > 1).then(|| (digits[..1].to_owned(), digits[1..].to_owned()))
        }) else {
            let node = Node::Number(literal.clone());
            self.at += 1;
            return Ok(node);
        };
        let (Some(first), Some(rest)) = (Literal::decimal(&first), Literal::decimal(&rest)) else {
            return Err(self.unexpected());
        };
        self.tokens[self.at].token = Token::Number(rest);
        self.tokens[self.at].start += 1;
        Ok(Node::Number(first))
    }

    fn root(&mut self) -> Result<Node, ReadError> {
        let mut degree = None;
        if self.take(&Token::Open(Bracket::Square)) {
            degree = Some(self.nested(Self::sum)?);
            self.expect(&Token::Close(Bracket::Square))?;
        }
        let radicand = self.argument()?;
        let exponent = Node::integer(1).over(degree.unwrap_or(Node::integer(2)));
        Ok(radicand.power(exponent))
    }

    /// `\overline{AB}` is the name AB; a mark over one letter makes another name of it.
    fn accented(&mut self, mark: &str) -> Result<Node, ReadError> {
        let first = self.at;
        let mut name = self.raw_argument()?;
        // `\vec{F_1}` is `\vec F_1`.
        let (start, end) = (self.tokens[first].start, self.tokens[self.at - 1].end);
        if let Some((letter, index)) = self.text[start as usize..end as usize].split_once('_') {
            name = format!("{}_{}", plain_name(letter), plain_name(index));
        }
        // Two points with a line over them are what it joins: `\overline{AB}` is AB.
        if name.chars().count() == 1 {
            name.push_str(mark);
        }
        self.symbol(&name)
    }
}

/// Whether items are rows of one width in square brackets.
fn are_rows(nodes: &[Node]) -> bool {
    let width = |node: &Node| match node {
        Node::Group(Bracket::Square, items, Bracket::Square) => Some(items.len()),
        _ => None,
    };
    let first = nodes.first().and_then(width);
    first.is_some() && nodes.iter().all(|node| width(node) == first)
}

fn into_row(node: Node) -> Option<Vec<Node>> {
    if let Node::Group(_, items, _) = node { Some(items) } else { None }
}
