//! Countdown: reach a target from some numbers with `+ − × ÷`, using each number at most once.
//!
//! | file | what |
//! |---|---|
//! | `expression` | what a completion says: parsed, evaluated exactly, brought to a normal form |
//! | `puzzle` | the numbers and the target, and the check of an answer |
//! | `generate` | puzzles with a solution, from a seed |

mod expression;
mod generate;
mod puzzle;

pub use expression::{Expression, MAX_LENGTH, Value};
pub use generate::{Prior, Shape, Solved};
pub use puzzle::Puzzle;
