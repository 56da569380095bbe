//! The real line and its halves.

use super::parser::Parser;
use super::syntax::{Bracket, Constant, Node};
use super::token::Token;

impl Parser<'_> {
    /// The real line, or the half of it that a sign says: `\mathbb{R}^+`.
    pub(super) fn real_numbers(&mut self) -> Node {
        let start = self.at;
        let sign = self.take(&Token::Caret).then(|| self.lone_sign()).flatten();
        let infinity = Node::Constant(Constant::Infinity);
        let ends = match sign {
            None => {
                self.at = start;
                return reals();
            }
            Some('+') => vec![Node::integer(0), infinity],
            Some(_) => vec![infinity.negate(), Node::integer(0)],
        };
        Node::Group(Bracket::Round, ends, Bracket::Round)
    }

    /// A sign that stands alone in an exponent, with its braces.
    pub(super) fn lone_sign(&mut self) -> Option<char> {
        let braced = self.peek() == Some(&Token::BraceOpen);
        let at = self.at + usize::from(braced);
        let token = |at: usize| self.tokens.get(at).map(|placed| &placed.token);
        let sign = match token(at) {
            Some(Token::Plus) => '+',
            Some(Token::Minus) => '-',
            _ => return None,
        };
        let ends = match token(at + 1) {
            Some(Token::BraceClose) => braced,
            None | Some(Token::Close(_) | Token::Separator(_)) => !braced,
            Some(Token::Union | Token::Intersection | Token::Difference) => !braced,
            _ => false,
        };
        if ends {
            self.at = at + 1 + usize::from(braced);
        }
        ends.then_some(sign)
    }
}

/// The real line.
fn reals() -> Node {
    let infinity = || Node::Constant(Constant::Infinity);
    Node::Group(Bracket::Round, vec![infinity().negate(), infinity()], Bracket::Round)
}
