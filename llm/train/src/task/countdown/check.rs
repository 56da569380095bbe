//! Whether a completion solves a puzzle.

use super::Expression;
use crate::data::{Grade, Puzzle};
use rs_grpo_grade::Verdict;

impl Puzzle {
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
