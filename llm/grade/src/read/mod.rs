//! From text to a syntax tree: lexer, parser, numbers.

mod commands;
mod digits;
mod error;
mod functions;
mod group;
mod lexer;
mod macros;
mod number;
mod parser;
mod reals;
mod script;
mod signs;
mod syntax;
mod term;
mod token;
mod words;

pub use error::ReadError;
pub(super) use lexer::{Commas, ELLIPSIS};
pub(super) use number::Literal;
pub(super) use parser::{BIG_UNION, parse};
pub(super) use syntax::{Bracket, Constant, Function, Node, Relation};
pub(super) use words::is_clock_suffix;
