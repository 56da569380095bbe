//! From text to a syntax tree: lexer, parser, numbers.

mod arrange;
mod aside;
mod characters;
mod commands;
mod digits;
mod domain;
mod error;
mod functions;
mod group;
mod lexer;
mod macros;
mod measure;
mod named_units;
mod number;
mod parser;
mod reals;
mod remark;
mod script;
mod signs;
mod syntax;
mod term;
mod token;
mod unit_table;
mod units;
mod words;
mod wrappers;

pub(super) use domain::{Domain, rename};
pub use error::ReadError;
pub(super) use lexer::{Commas, ELLIPSIS};
pub(super) use number::Literal;
pub(super) use parser::{BIG_UNION, parse};
pub(super) use remark::{Remarked, split as split_remark};
pub(super) use syntax::{Bracket, Constant, Function, Node, Relation};
pub(super) use units::{Unit, letters_behind, parse as parse_unit};
pub(super) use words::{is_clock_suffix, is_unit, multiplier};
pub(super) use wrappers::unwrapped;
