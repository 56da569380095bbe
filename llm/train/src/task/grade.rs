//! The check of an answer.

use crate::data::{Gold, Grade, Problem};
use rs_grpo_grade::{Answer, Grader, Verdict};

impl Problem {
    /// Checks a completion.
    pub fn grade(&self, completion: &str) -> Grade {
        match &self.gold {
            Gold::Countdown(puzzle) => puzzle.grade(completion),
            Gold::Math(gold) => math(gold, completion),
        }
    }
}

fn math(gold: &Answer, completion: &str) -> Grade {
    let outcome = Grader::default().grade_with(gold, completion);
    let correct = outcome.verdict == Verdict::Correct;
    Grade {
        verdict: outcome.verdict,
        answer: outcome.answer.and(outcome.extracted),
        solution: correct.then(|| completion.trim().to_owned()),
    }
}
