//! Tasks: where problems come from, and how answers to them are checked.
//!
//! | file | what |
//! |---|---|
//! | `countdown` | arithmetic puzzles, generated from seeds |
//! | `grade` | the check of an answer |
//! | `source` | where problems come from: a generator, a data set or a file |

pub mod countdown;
mod grade;
mod source;

pub use source::{Split, TaskSource, is_cached};
