//! Countdown: reach a target from some numbers with `+ − × ÷`, using each number at most once.
//!
//! | file | what |
//! |---|---|
//! | `expression` | expressions: parsed, evaluated exactly, normalized |
//! | `check` | whether a completion solves a puzzle |
//! | `generate` | puzzles with a solution, from a seed |

mod check;
mod expression;
mod generate;

pub use expression::{Expression, MAX_LENGTH, Quantity};
pub use generate::{Prior, PuzzleShape, Solved};
