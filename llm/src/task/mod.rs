//! Problems with answers that a program can check: what a policy is trained on and measured by.
//!
//! | file | what |
//! |---|---|
//! | `countdown` | arithmetic puzzles, generated from seeds |
//! | `boxed` | answers in a box, compared as text |
//! | `source` | where problems come from: a generator or a file |

pub mod boxed;
pub mod countdown;
mod source;

pub use source::{Source, Split};

use countdown::Puzzle;

/// A question whose answers can be checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    /// Name in reports and messages, unique among the problems of a source.
    pub id: String,
    /// The question, without any template around it.
    pub prompt: String,
    /// What makes an answer right.
    pub gold: Gold,
}

/// What makes an answer right.
#[derive(Debug, Clone, PartialEq)]
pub enum Gold {
    /// An expression of the puzzle's numbers that reaches its target.
    Countdown(Puzzle),
    /// This answer, in a box or alone.
    Text(String),
}

/// What was found in a completion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grade {
    /// Whether it answers the question.
    pub correct: bool,
    /// The final answer in a form that equal answers share; absent where none was found.
    pub answer: Option<String>,
    /// The way to it in a form that equal ways share; absent where it is not correct.
    pub solution: Option<String>,
}

impl Grade {
    /// The reward of the completion: 1 for a correct one, else 0.
    pub fn reward(&self) -> f64 {
        f64::from(u8::from(self.correct))
    }
}

impl Problem {
    /// Checks a completion.
    pub fn grade(&self, completion: &str) -> Grade {
        match &self.gold {
            Gold::Countdown(puzzle) => puzzle.grade(completion),
            Gold::Text(gold) => boxed::grade(gold, completion),
        }
    }
}
