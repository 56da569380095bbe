//! From tokens to a syntax tree, from lists down to sums.
//!
//! ```text
//! list     = item (("," | ";" | "and") item)*
//! item     = union (relation union)*
//! union    = ratio (("∪" | "∩" | "∖") ratio)*
//! ratio    = sum (":" sum)*
//! sum      = ["+" | "-" | "±"] term (("+" | "-" | "±") term)*
//! ```

use super::arrange::arrange;
use super::error::ReadError;
use super::lexer::{Commas, lex};
use super::syntax::{Node, Relation};
use super::token::{Placed, Separator, Token};
use super::words::is_unit;
use crate::budget::Budget;

/// The name that a union over an index is applied with.
pub(crate) const BIG_UNION: &str = "\\bigcup";

/// An answer with more runs of letters that have no meaning of their own is prose.
const MOST_WORDS: usize = 3;

/// Reads a text.
///
/// # Errors
/// A text beyond the budget, and notation that is not understood.
pub(crate) fn parse(text: &str, commas: Commas, budget: &Budget) -> Result<Node, ReadError> {
    if text.len() > budget.length {
        return Err(ReadError::Budget);
    }
    let mut tokens = lex(text, commas)?;
    if tokens.is_empty() {
        return Err(ReadError::Empty);
    }
    if words_of_prose(&tokens) > MOST_WORDS {
        return Err(ReadError::syntax("the answer is prose"));
    }
    arrange(text, &mut tokens);
    let mut parser = Parser { text, tokens, at: 0, depth: 0, bars: 0, indexed: false, budget };
    let node = parser.stacked()?;
    match parser.peek() {
        None => Ok(node),
        Some(_) => Err(parser.unexpected()),
    }
}

/// How many short words there are that would pass for products of variables. Between operators they are:
/// `\frac{def}{de + df + ef}`.
fn words_of_prose(tokens: &[Placed]) -> usize {
    let computes = |token: &Token| {
        use Token as T;
        matches!(
            token,
            T::Plus
                | T::Minus
                | T::Times
                | T::Slash
                | T::Caret
                | T::BraceOpen
                | T::BraceClose
                | T::Open(_)
                | T::Close(_)
                | T::Relation(_)
                | T::Frac
                | T::Root
        )
    };
    let beside = |at: Option<usize>| {
        at.and_then(|at| tokens.get(at)).is_none_or(|placed| computes(&placed.token))
    };
    let prose = |(at, placed): &(usize, &Placed)| {
        let word = matches!(&placed.token, Token::Word(word) if !is_unit(word));
        word && !(beside(at.checked_sub(1)) && beside(Some(at + 1)))
    };
    tokens.iter().enumerate().filter(prose).count()
}

pub(super) struct Parser<'a> {
    pub(super) text: &'a str,
    pub(super) tokens: Vec<Placed>,
    pub(super) at: usize,
    depth: usize,
    /// Absolute values that are open: the next bar closes one.
    pub(super) bars: usize,
    /// Whether `i` is the index of a sum or product that is being read.
    pub(super) indexed: bool,
    budget: &'a Budget,
}

impl Parser<'_> {
    pub(super) fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at).map(|placed| &placed.token)
    }

    pub(super) fn peek_second(&self) -> Option<&Token> {
        self.tokens.get(self.at + 1).map(|placed| &placed.token)
    }

    pub(super) fn budget_terms(&self) -> usize {
        self.budget.terms
    }

    /// Whether space stands before the next token.
    pub(super) fn spaced(&self) -> bool {
        self.tokens.get(self.at).is_some_and(|placed| placed.spaced)
    }

    pub(super) fn next(&mut self) -> Option<Token> {
        let token = self.peek().cloned();
        self.at += 1;
        token
    }

    /// Takes the next token if it is this one.
    pub(super) fn take(&mut self, token: &Token) -> bool {
        let found = self.peek() == Some(token);
        self.at += usize::from(found);
        found
    }

    pub(super) fn expect(&mut self, token: &Token) -> Result<(), ReadError> {
        if self.take(token) { Ok(()) } else { Err(self.unexpected()) }
    }

    pub(super) fn unexpected(&self) -> ReadError {
        match self.tokens.get(self.at) {
            None => ReadError::syntax("the answer ends in the middle"),
            Some(placed) => {
                let found = &self.text[placed.start as usize..placed.end as usize];
                let found: String = found.chars().take(20).collect();
                ReadError::syntax(format!("unexpected '{}'", found.escape_default()))
            }
        }
    }

    /// Reads something one level deeper.
    pub(super) fn nested<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, ReadError>,
    ) -> Result<T, ReadError> {
        if self.depth >= self.budget.depth {
            return Err(ReadError::Budget);
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }

    /// Items and what stands between them, up to a closing bracket or the end.
    pub(super) fn items(&mut self) -> Result<Vec<(Node, Separator)>, ReadError> {
        let mut items = Vec::new();
        self.separators();
        while !self.at_end_of_list() {
            let item = self.item()?;
            let separator = self.separators();
            items.push((item, separator.unwrap_or(Separator::Comma)));
            if separator.is_none() {
                break;
            }
            if items.len() > self.budget.terms {
                return Err(ReadError::Budget);
            }
        }
        Ok(items)
    }

    fn at_end_of_list(&self) -> bool {
        use Token::{Ampersand, BraceClose, Close, CloseRound, End, RowBreak};
        matches!(
            self.peek(),
            None | Some(Close(_) | BraceClose | CloseRound(_) | End | RowBreak | Ampersand)
        )
    }

    /// Skips separators: `, \text{ and }` is one. A comma decides over what stands beside it.
    fn separators(&mut self) -> Option<Separator> {
        let mut found = None;
        while let Some(Token::Separator(separator)) = self.peek() {
            if found != Some(Separator::Comma) {
                found = Some(*separator);
            }
            self.at += 1;
        }
        found
    }

    /// The items of a list as one node; a single item stands for itself.
    pub(super) fn list(&mut self) -> Result<Node, ReadError> {
        let items = self.nested(Self::items)?;
        if items.is_empty() {
            return Err(ReadError::Empty);
        }
        Ok(super::group::collect(items))
    }

    pub(super) fn item(&mut self) -> Result<Node, ReadError> {
        // A relation may lack its left side, as in `= 5` or `\approx 8.24`.
        while let Some(Token::Relation(
            Relation::Equal | Relation::Approximately | Relation::Implies,
        )) = self.peek()
        {
            self.at += 1;
        }
        let first = self.union()?;
        let mut rest = Vec::new();
        while let Some(Token::Relation(relation)) = self.peek() {
            let relation = *relation;
            self.at += 1;
            self.take(&Token::Ampersand);
            rest.push((relation, self.union()?));
        }
        Ok(if rest.is_empty() { first } else { Node::Chain(Box::new(first), rest) })
    }

    /// `\bigcup_{k=1}^{n}` and a set: its range, the end of that where it is written, and the set.
    fn big_union(&mut self) -> Result<Node, ReadError> {
        self.expect(&Token::Union)?;
        self.expect(&Token::Underscore)?;
        let mut parts = vec![self.argument()?];
        if self.take(&Token::Caret) {
            parts.push(self.argument()?);
        }
        parts.push(self.ratio()?);
        Ok(Node::Apply(BIG_UNION.into(), parts))
    }

    fn union(&mut self) -> Result<Node, ReadError> {
        if self.peek() == Some(&Token::Union) {
            return self.big_union();
        }
        let mut left = self.ratio()?;
        loop {
            left = match self.peek() {
                Some(Token::Union) => {
                    self.at += 1;
                    let right = self.ratio()?;
                    match left {
                        Node::Union(mut parts) => {
                            parts.push(right);
                            Node::Union(parts)
                        }
                        other => Node::Union(vec![other, right]),
                    }
                }
                Some(Token::Intersection) => {
                    self.at += 1;
                    Node::Intersection(vec![left, self.ratio()?])
                }
                Some(Token::Difference) => {
                    self.at += 1;
                    Node::Difference(Box::new(left), Box::new(self.ratio()?))
                }
                _ => return Ok(left),
            };
        }
    }

    fn ratio(&mut self) -> Result<Node, ReadError> {
        let first = self.sum()?;
        if self.peek() != Some(&Token::Colon) {
            return Ok(first);
        }
        let mut parts = vec![first];
        while self.take(&Token::Colon) {
            parts.push(self.sum()?);
        }
        Ok(Node::Ratio(parts))
    }

    pub(super) fn sum(&mut self) -> Result<Node, ReadError> {
        let mut terms = Vec::new();
        loop {
            let mut negative = false;
            let mut either = None;
            // Signs in a row are read in a loop: `- - 5` must not deepen the tree.
            let signs = self.at;
            loop {
                match self.peek() {
                    Some(Token::Plus) => {}
                    Some(Token::Minus) => negative = !negative,
                    Some(Token::PlusMinus) if either.is_none() => either = Some(false),
                    Some(Token::MinusPlus) if either.is_none() => either = Some(true),
                    _ => break,
                }
                self.at += 1;
            }
            if signs == self.at && !terms.is_empty() {
                break;
            }
            let mut term = self.term()?;
            if let Some(minus_first) = either {
                term = Node::PlusMinus(Box::new(term), minus_first);
            }
            terms.push(if negative { term.negate() } else { term });
        }
        let only = terms.len() == 1;
        Ok(match terms.pop() {
            Some(term) if only => term,
            Some(last) => {
                terms.push(last);
                Node::Sum(terms)
            }
            None => return Err(self.unexpected()),
        })
    }
}
