//! What an answer is: a number, a tuple, a set, a relation …, and when two of them are the same.

mod compare;
mod matrix;
mod name;
mod order;
mod scalar;
mod show;
mod value;

pub(super) use compare::{Match, matches};
pub(super) use show::{key, kind, show};
pub(super) use value::{Value, read};
