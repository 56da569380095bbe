//! The unit behind a value, in any of the forms that people write: `\text{ cm}^2`, `5\,\mathrm{m}/\mathrm{s}`,
//! `5 km/h`, `5\ \mu\mathrm{m}`, `5\frac{\text{m}}{\text{s}}`, `12\ (\text{cm}^2)`.
//!
//! Upright letters and known abbreviations are units behind a number. An italic letter by itself is a
//! variable here: [`super::units`] says which reading the whole of an answer such as `5 m` has besides.

use super::lexer::is_wide;
use super::parser::Parser;
use super::syntax::Node;
use super::token::Token;
use super::unit_table;
use super::units;
use super::words;
use super::{syntax::Bracket, term::multiply};

/// Most factors of a unit, and how deep fractions and brackets in it go.
const MOST_FACTORS: usize = 8;

impl Parser<'_> {
    /// Takes the unit behind a product, if one stands there. `symbolic` remembers that the product has a
    /// variable in it.
    pub(super) fn measured(&mut self, product: &mut Vec<Node>, symbolic: &mut bool) -> bool {
        if self.temperature(product) {
            return true;
        }
        if self.multiplied(product) {
            return true;
        }
        let changed =
            |token: &Token| matches!(token, Token::Text(text) if words::changes_the_value(text));
        if self.peek().is_some_and(changed) || !self.begins_a_unit(self.at, true) {
            return false;
        }
        let strong = matches!(self.peek(), Some(Token::Text(_)));
        let numeric = !*symbolic && product.iter().all(Node::is_constant);
        *symbolic = !numeric;
        // `\frac12 mg` is half a weight.
        let product_of_letters = matches!(self.peek(), Some(Token::Word(word)) if words::is_ambiguous(word))
            && !matches!(product[..], [Node::Number(_)]);
        if !strong && !numeric || product_of_letters {
            return false;
        }
        let start = self.at;
        let mut unit = String::new();
        if self.unit_into(&mut unit, 0) == 0 || !(strong || self.is_settled(&unit)) {
            self.at = start;
            return false;
        }
        let value = multiply(std::mem::take(product));
        product.push(Node::Unit(Box::new(value), unit));
        true
    }

    /// `5 \text{ million}`, `2 thirds`: takes the word and multiplies by it; what follows it is the unit.
    fn multiplied(&mut self, product: &mut Vec<Node>) -> bool {
        let number = matches!(product[..], [Node::Number(_)]);
        let (Some(Token::Text(text) | Token::Word(text)), true) = (self.peek(), number) else {
            return false;
        };
        let text = text.trim();
        let end = text.find(|c: char| !c.is_alphabetic()).unwrap_or(text.len());
        let Some((above, below)) = words::multiplier(&text[..end]) else { return false };
        let rest = text[end..].trim().to_owned();
        match rest.is_empty() {
            true => self.at += 1,
            false => self.tokens[self.at].token = Token::Text(rest),
        }
        product.push(Node::integer(above).over(Node::integer(below)));
        true
    }

    /// Whether a unit that is no prose is a known one, or consists of words.
    fn is_settled(&self, unit: &str) -> bool {
        let mut letters = unit.chars();
        let symbol = letters.next().is_some_and(unit_table::is_symbol) && letters.next().is_none();
        symbol
            || units::is_known(unit)
            || unit.split(|c: char| !c.is_alphabetic()).any(|word| word.chars().count() > 1)
            || unit.chars().any(is_wide)
    }

    /// `5^\circ F`: the degree sign is part of the unit.
    fn temperature(&mut self, product: &mut Vec<Node>) -> bool {
        let Some(Node::Degree(_)) = product.last() else { return false };
        let scale = match self.peek() {
            Some(Token::Letter(letter @ ('C' | 'F'))) if self.ends_a_value(self.at + 1) => *letter,
            Some(Token::Text(text)) => match text.trim() {
                "C" | "Celsius" | "celsius" => 'C',
                "F" | "Fahrenheit" | "fahrenheit" => 'F',
                _ => return false,
            },
            _ => return false,
        };
        self.at += 1;
        if let Some(Node::Degree(value)) = product.pop() {
            product.push(*value);
        }
        let value = multiply(std::mem::take(product));
        product.push(Node::Unit(Box::new(value), format!("°{scale}")));
        true
    }

    /// Whether nothing that computes stands at a place.
    fn ends_a_value(&self, at: usize) -> bool {
        use Token as T;
        match self.tokens.get(at).map(|placed| &placed.token) {
            None => true,
            Some(token) => matches!(
                token,
                T::Separator(_)
                    | T::Close(_)
                    | T::BraceClose
                    | T::Relation(_)
                    | T::End
                    | T::RowBreak
                    | T::Ampersand
                    | T::Plus
                    | T::Minus
                    | T::Text(_)
            ),
        }
    }

    /// Whether a unit can begin at a place; `first` says whether a number stands right before it.
    fn begins_a_unit(&self, at: usize, first: bool) -> bool {
        let token = |offset: usize| self.tokens.get(at + offset).map(|placed| &placed.token);
        let Some(placed) = self.tokens.get(at) else { return false };
        match &placed.token {
            Token::Text(_) => true,
            Token::Word(word) => self.is_unit_word(word, at, first),
            Token::Letter(letter) => self.is_unit_letter(*letter, at, first),
            Token::Name("mu") => match token(1) {
                Some(Token::Text(_)) => true,
                Some(Token::Letter(_)) => {
                    self.tokens[at + 1].upright || !self.source(at).starts_with('\\')
                }
                _ => false,
            },
            Token::Name("Omega") => self.ends_a_value(at + 1),
            Token::Unknown(name) => unit_table::command(name).is_some(),
            Token::Frac => token(1) == Some(&Token::BraceOpen) && self.is_upright(at + 2),
            Token::BraceOpen => self.is_upright(at + 1) || self.is_known_word(at + 1),
            Token::Open(Bracket::Square) => {
                placed.spaced && (self.is_upright(at + 1) || self.is_known_word(at + 1))
            }
            Token::Open(Bracket::Round) => {
                self.is_upright(at + 1) || placed.spaced && self.is_known_word(at + 1)
            }
            _ => false,
        }
    }

    fn source(&self, at: usize) -> &str {
        let placed = &self.tokens[at];
        &self.text[placed.start as usize..placed.end as usize]
    }

    /// Prose, or upright letters that are a unit.
    fn is_upright(&self, at: usize) -> bool {
        self.tokens.get(at).is_some_and(|placed| match &placed.token {
            Token::Text(_) => true,
            Token::Letter(letter) => placed.upright && unit_table::is_symbol(*letter),
            Token::Unknown(name) => unit_table::command(name).is_some(),
            _ => false,
        })
    }

    /// A unit in plain letters, and nothing behind it but the closing bracket.
    fn is_known_word(&self, at: usize) -> bool {
        let closes = matches!(
            self.tokens.get(at + 1).map(|placed| &placed.token),
            Some(Token::Close(_) | Token::BraceClose | Token::Slash | Token::Caret)
        );
        closes
            && match self.tokens.get(at).map(|placed| &placed.token) {
                Some(Token::Word(word)) => words::is_unit(word) || units::is_known(word),
                Some(Token::Letter(letter)) => units::is_known(letter.encode_utf8(&mut [0; 4])),
                _ => false,
            }
    }

    /// Abbreviations, and longer words behind a space, which can be nothing else behind a number.
    fn is_unit_word(&self, word: &str, at: usize, first: bool) -> bool {
        let spaced = self.tokens[at].spaced;
        match word {
            _ if words::is_ambiguous(word) => spaced || !first,
            _ if is_wide(word.chars().next().unwrap_or(' ')) => !words::is_multiple(word),
            _ => {
                let short = word.len() == 3 && words::is_noun(word) && self.ends_a_value(at + 1);
                let begins = word.len() >= 4 || !first || short || word == "per";
                let glued = first && !spaced && self.ends_a_value(at + 1);
                words::is_unit(word)
                    || spaced && begins
                    || glued
                        && (word.len() > 2 && units::is_known(word) || words::is_plain_word(word))
            }
        }
    }

    /// Upright letters, `m/s` behind a space, and the letter behind a bar of a unit.
    fn is_unit_letter(&self, letter: char, at: usize, first: bool) -> bool {
        let placed = &self.tokens[at];
        let behind = |offset: usize| self.tokens.get(at + offset).map(|placed| &placed.token);
        // `k\Omega`.
        if matches!(letter, 'k' | 'M' | 'm') && behind(1) == Some(&Token::Name("Omega")) {
            return self.ends_a_value(at + 2);
        }
        let known = units::is_known(letter.encode_utf8(&mut [0; 4]));
        if !first || placed.upright {
            return known || placed.upright && unit_table::is_symbol(letter);
        }
        let below = match (behind(1), behind(2)) {
            (Some(Token::Slash), Some(Token::Letter(below))) => {
                matches!(below, 's' | 'h' | 'L' | 'm') && self.ends_unit(at + 3)
            }
            (Some(Token::Slash), Some(Token::Word(below))) => words::is_unit(below),
            _ => false,
        };
        let after_number = at > 0 && matches!(self.tokens[at - 1].token, Token::Number(_));
        known && below && placed.spaced && after_number
    }

    /// The end of a unit: of the value, or its exponent.
    fn ends_unit(&self, at: usize) -> bool {
        let caret = self.tokens.get(at).is_some_and(|placed| placed.token == Token::Caret);
        caret || self.ends_a_value(at)
    }

    /// Takes the factors of a unit and writes them down. Returns how many there are.
    fn unit_into(&mut self, unit: &mut String, depth: usize) -> usize {
        let mut factors = 0;
        while factors < MOST_FACTORS && self.begins_a_unit(self.at, factors == 0 && depth == 0) {
            let start = (self.at, unit.len());
            if !self.unit_factor(unit, depth) {
                self.at = start.0;
                unit.truncate(start.1);
                break;
            }
            factors += 1;
            self.unit_exponent(unit);
            let goes_on = self.begins_a_unit(self.at + 1, false);
            match self.peek() {
                Some(Token::Slash) if goes_on => unit.push('/'),
                Some(Token::Times) if goes_on => unit.push('·'),
                _ => {
                    unit.push(' ');
                    continue;
                }
            }
            self.at += 1;
        }
        unit.truncate(unit.trim_end().len());
        factors
    }

    fn unit_factor(&mut self, unit: &mut String, depth: usize) -> bool {
        let Some(token) = self.next() else { return false };
        match token {
            Token::Text(text) => unit.push_str(&text),
            Token::Word(word) => unit.push_str(&word),
            Token::Letter(letter) => {
                unit.push(letter);
                if self.take(&Token::Name("Omega")) {
                    unit.push('Ω');
                }
            }
            Token::Name("mu") => {
                unit.push('μ');
                return self.unit_factor(unit, depth);
            }
            Token::Name("Omega") => unit.push('Ω'),
            Token::Unknown(name) => {
                unit.push_str(unit_table::command(&name).unwrap_or_default());
                // The A of `\mathring{A}`.
                return name != "mathring" || self.raw_argument().is_ok_and(|letter| letter == "A");
            }
            Token::Frac if depth == 0 => {
                let above =
                    self.take(&Token::BraceOpen) && self.unit_group(unit, &Token::BraceClose);
                unit.push('/');
                return above
                    && self.take(&Token::BraceOpen)
                    && self.unit_group(unit, &Token::BraceClose);
            }
            Token::BraceOpen if depth < 3 => return self.unit_group(unit, &Token::BraceClose),
            Token::Open(bracket) if depth < 3 => {
                return self.unit_group(unit, &Token::Close(bracket));
            }
            _ => return false,
        }
        true
    }

    /// A unit in brackets, of which the first is taken.
    fn unit_group(&mut self, unit: &mut String, close: &Token) -> bool {
        unit.push('(');
        let factors = self.unit_into(unit, 1);
        unit.push(')');
        factors > 0 && self.take(close)
    }

    /// `^2`, `^{-1}`; another exponent does not count.
    fn unit_exponent(&mut self, unit: &mut String) {
        let start = self.at;
        if !self.take(&Token::Caret) {
            return;
        }
        let braced = self.take(&Token::BraceOpen);
        let negative = self.take(&Token::Minus);
        if let Some(Token::Number(literal)) = self.peek()
            && let Some(digits) = literal.integer_digits()
        {
            unit.push_str(if negative { "^-" } else { "^" });
            unit.push_str(digits);
            self.at += 1;
            if !braced || self.take(&Token::BraceClose) {
                return;
            }
        }
        self.at = start + 1;
        if self.argument().is_err() {
            self.at = start;
        }
    }

    /// `2 hours 30 minutes`: what follows a unit in a smaller one is added. Returns whether it was so.
    pub(super) fn compound(&mut self, product: &mut Vec<Node>) -> bool {
        let [Node::Unit(_, larger)] = &product[..] else { return false };
        let Some(larger) = units::parse(larger) else { return false };
        let Some(Token::Number(literal)) = self.peek() else { return false };
        let (start, literal) = (self.at, literal.clone());
        self.at += 1;
        let mut part = vec![Node::Number(literal)];
        let ratio = match self.measured(&mut part, &mut false) {
            true => match &part[..] {
                [Node::Unit(_, smaller)] => {
                    units::parse(smaller).and_then(|smaller| smaller.in_terms_of(&larger))
                }
                _ => None,
            },
            false => None,
        };
        let Some(ratio) = ratio.filter(|ratio| *ratio < dashu_ratio::RBig::ONE) else {
            self.at = start;
            return false;
        };
        let (Some(Node::Unit(value, unit)), Some(Node::Unit(more, _))) =
            (product.pop(), part.pop())
        else {
            return false;
        };
        let more = Node::Product(vec![*more, Node::rational(ratio)]);
        product.push(Node::Unit(Box::new(Node::Sum(vec![*value, more])), unit));
        true
    }

    /// Minutes and seconds behind degrees: `179^\circ 59' 56''`.
    pub(super) fn arc(&mut self, degrees: Node) -> Node {
        let mut sum = vec![degrees];
        for (primes, parts) in [(1, 60), (2, 3600)] {
            let start = self.at;
            let Some(Token::Number(literal)) = self.peek() else { continue };
            let literal = literal.clone();
            self.at += 1;
            if self.primes() == primes {
                sum.push(Node::Number(literal).over(Node::integer(parts)));
            } else {
                self.at = start;
            }
        }
        if sum.len() == 1 { multiply(sum) } else { Node::Sum(sum) }
    }

    /// Takes `'`, `^{\prime\prime}` and the like, and counts them.
    fn primes(&mut self) -> usize {
        let prime = Token::Name("'");
        let braced = self.take(&Token::Caret) && self.take(&Token::BraceOpen);
        let mut primes = 0;
        while self.take(&prime) {
            primes += 1;
        }
        if braced && !self.take(&Token::BraceClose) { 0 } else { primes }
    }
}
