//! What an answer is: a number, a tuple, a set, a relation …, and when two of them are the same.

mod compare;
mod expression;
mod family;
mod interpret;
mod matrix;
mod name;
mod order;
mod rounded;
mod scalar;
mod set;
mod show;
mod value;
mod vector;

pub(super) use compare::matches;
pub(super) use interpret::{interpret, measured};
pub(super) use show::{key, kind, show};
pub(super) use value::Value;
