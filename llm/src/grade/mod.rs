//! Grading of mathematical answers: is what a completion says the gold answer?

mod answer;
mod budget;
mod exact;
mod extract;
mod grader;
mod numeric;
mod plain;
mod read;
mod typed;
mod verdict;

pub use answer::Answer;
pub use budget::Budget;
pub use grader::{Grader, Unboxed};
pub use read::ReadError;
pub use verdict::{Method, Outcome, Verdict};

/// Version of the grader: it changes whenever a verdict may.
pub const VERSION: &str = "1";
