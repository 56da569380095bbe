//! The words of mathematical notation.

use super::number::Literal;
use super::syntax::{Bracket, Constant, Function, Relation};

/// What stands between the items of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Separator {
    Comma,
    /// A semicolon, `and`, `or`, or a wide space.
    Strong,
}

/// One token.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    Number(Literal),
    Letter(char),
    /// Several letters that are no function: a word of prose, or a product of variables.
    Word(String),
    /// A Greek letter or another named symbol.
    Name(&'static str),
    /// A command that is not known: a name.
    Unknown(String),
    Function(Function),
    Constant(Constant),
    Relation(Relation),
    Separator(Separator),
    Open(Bracket),
    Close(Bracket),
    /// `\lfloor` or `\lceil`, and what closes them.
    OpenRound(Function),
    CloseRound(Function),
    BraceOpen,
    BraceClose,
    Text(String),
    Plus,
    Minus,
    PlusMinus,
    MinusPlus,
    Times,
    Slash,
    Caret,
    Underscore,
    Bang,
    Percent,
    Degree,
    Bar,
    Colon,
    Ampersand,
    RowBreak,
    Frac,
    Root,
    Binomial,
    Choose,
    Over,
    /// A hat, bar or arrow over its argument; the mark that makes another name of it, if it does.
    Accent(&'static str),
    /// A style around its argument, which is read as if it stood alone.
    Style,
    /// `\pmod`, with an argument that does not count.
    Modulo,
    Begin(String),
    End,
    Union,
    Intersection,
    Difference,
    Reals,
    Empty,
}

/// A token, where it stands, and whether space stands before it.
#[derive(Debug, Clone)]
pub(super) struct Placed {
    pub(super) token: Token,
    pub(super) start: u32,
    pub(super) end: u32,
    pub(super) spaced: bool,
    /// Whether it is set in upright letters, as units are.
    pub(super) upright: bool,
}
