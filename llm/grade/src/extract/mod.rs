//! Where in a completion the answer stands.

mod boxed;
mod spoken;
mod unboxed;

pub(super) use boxed::{Boxes, boxes};
pub(super) use spoken::spoken;
pub(super) use unboxed::{announces, choice_in_prose, final_answer, in_boxed_prose, in_prose};
