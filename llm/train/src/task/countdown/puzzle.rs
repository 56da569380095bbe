//! A puzzle, and whether a completion solves it.

use super::Expression;
use crate::task::Grade;
use rs_grpo_grade::Verdict;
use sha2::{Digest, Sha256};

/// One of so many puzzles is held out.
const HELD_OUT: u8 = 8;

/// Numbers, and what to make of them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Puzzle {
    /// The numbers, each to be used at most once.
    pub numbers: Vec<u32>,
    /// The value to reach.
    pub target: u32,
}

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
    pub fn is_held_out(&self) -> bool {
        Sha256::digest(self.key())[0].is_multiple_of(HELD_OUT)
    }

    /// Checks a completion: its first line up to an `=`, read as an expression.
    pub fn grade(&self, completion: &str) -> Grade {
        let line = completion.trim_start().lines().next().unwrap_or_default();
        let text = line.split('=').next().unwrap_or_default();
        let expression = Expression::parse(text).filter(|found| self.has(&found.numbers()));
        let value = expression.as_ref().and_then(Expression::value);
        let correct = value.is_some_and(|value| value == i128::from(self.target).into());
        let verdict = match value {
            Some(_) if correct => Verdict::Correct,
            Some(_) => Verdict::Wrong,
            None => Verdict::PredictionUnparsable,
        };
        Grade {
            verdict,
            answer: value.map(|value| value.to_string()),
            solution: expression.filter(|_| correct).map(|found| found.normal_form()),
        }
    }

    /// Whether the numbers suffice for these.
    fn has(&self, used: &[u32]) -> bool {
        let mut left = self.numbers.clone();
        used.iter().all(|number| match left.iter().position(|own| own == number) {
            Some(at) => {
                left.swap_remove(at);
                true
            }
            None => false,
        })
    }
}
