//! Problems with answers that a program can check: what a policy is trained on and measured by.
//!
//! | file | what |
//! |---|---|
//! | `countdown` | arithmetic puzzles, generated from seeds |
//! | `source` | where problems come from: a generator or a file |

pub mod countdown;
mod source;

pub use source::{Source, Split, is_at_hand};

use countdown::Puzzle;
use rs_grpo_grade::{Answer, Grader, Verdict};

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
    /// This mathematical answer.
    Math(Answer),
}

/// What was found in a completion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grade {
    /// Whether it answers the question, and if not, why.
    pub verdict: Verdict,
    /// The final answer in a form that equal answers share; absent where none was found.
    pub answer: Option<String>,
    /// The way to it in a form that equal ways share; absent where it is not correct.
    pub solution: Option<String>,
}

impl Grade {
    /// Whether it answers the question.
    pub fn is_correct(&self) -> bool {
        self.verdict == Verdict::Correct
    }

    /// The reward of the completion: 1 for a correct one, else 0.
    pub fn reward(&self) -> f64 {
        f64::from(u8::from(self.is_correct()))
    }
}

impl Problem {
    /// Checks a completion.
    pub fn grade(&self, completion: &str) -> Grade {
        match &self.gold {
            Gold::Countdown(puzzle) => puzzle.grade(completion),
            Gold::Math(gold) => math(gold, completion),
        }
    }

    /// The gold answer as a text: as the grader reads it, or the target of a puzzle.
    pub fn answer(&self) -> String {
        match &self.gold {
            Gold::Countdown(puzzle) => puzzle.target.to_string(),
            Gold::Math(gold) => gold.to_string(),
        }
    }
}

fn math(gold: &Answer, completion: &str) -> Grade {
    let outcome = Grader::default().grade_with(gold, completion);
    let correct = outcome.verdict == Verdict::Correct;
    Grade {
        verdict: outcome.verdict,
        answer: outcome.answer.map(|answer| answer.key()),
        solution: correct.then(|| completion.trim().to_owned()),
    }
}
