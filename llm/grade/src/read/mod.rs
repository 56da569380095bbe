//! From text to a syntax tree: lexer, parser, numbers.

mod commands;
mod functions;
mod group;
mod lexer;
mod macros;
mod number;
mod parser;
mod script;
mod syntax;
mod term;
mod token;
mod words;

pub(super) use lexer::Commas;
pub(super) use number::Literal;
pub(super) use parser::parse;
pub(super) use syntax::{Bracket, Constant, Function, Node, Relation};
pub(super) use words::is_clock_suffix;

/// Why a text is no answer that this grader can read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// There is nothing to read.
    #[error("the answer is empty")]
    Empty,
    /// The text exceeds a limit of the budget.
    #[error("the answer is too long or too deeply nested")]
    Budget,
    /// The notation is not understood.
    #[error("{0}")]
    Syntax(String),
}

impl ReadError {
    pub(super) fn syntax(problem: impl Into<String>) -> Self {
        Self::Syntax(problem.into())
    }
}
