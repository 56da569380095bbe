//! A problem, what makes an answer to it right, and the grade of an answer.

use rs_grpo_grade::{Answer, Verdict};
use sha2::{Digest, Sha256};

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

/// A Countdown puzzle: reach the target from the numbers with `+ − × ÷`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Puzzle {
    /// The numbers, each to be used at most once.
    pub numbers: Vec<u32>,
    /// The value to reach.
    pub target: u32,
}

/// What was found in a completion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grade {
    /// Whether it answers the question, and if not, why.
    pub verdict: Verdict,
    /// The final answer as it is written; absent where none that can be read was found.
    pub answer: Option<String>,
    /// The way to it in a form that equal ways share; absent where it is not correct.
    pub solution: Option<String>,
}

impl Problem {
    /// The gold answer as a text: as the grader reads it, or the target of a puzzle.
    pub fn answer(&self) -> String {
        match &self.gold {
            Gold::Countdown(puzzle) => puzzle.target.to_string(),
            Gold::Math(gold) => gold.to_string(),
        }
    }
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

/// One puzzle of this many is held out.
const HELD_OUT: u8 = 8;

impl Puzzle {
    /// The question, such as `make 24 from 3 8 9 12 =`.
    pub fn prompt(&self) -> String {
        let numbers: Vec<String> = self.numbers.iter().map(u32::to_string).collect();
        format!("make {} from {} =", self.target, numbers.join(" "))
    }

    /// The puzzle whatever the order of its numbers.
    pub fn key(&self) -> String {
        let mut numbers = self.numbers.clone();
        numbers.sort_unstable();
        Self { numbers, target: self.target }.prompt()
    }

    /// Whether the puzzle is kept for evaluation. A property of the puzzle itself: no seed and no
    /// size of a data set can put one puzzle on both sides.
    pub(crate) fn is_held_out(&self) -> bool {
        Sha256::digest(self.key())[0].is_multiple_of(HELD_OUT)
    }
}
