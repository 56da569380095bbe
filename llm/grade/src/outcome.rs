//! What grading one completion gives.

use crate::answer::Answer;
use crate::verdict::{Method, Verdict};

/// A verdict and what it is based on.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The verdict.
    pub verdict: Verdict,
    /// The text of the completion's answer; absent where it has none.
    pub extracted: Option<String>,
    /// How it was compared with the gold answer; absent where either cannot be read.
    pub method: Option<Method>,
    /// The completion's answer as it was read; absent where it cannot be.
    pub answer: Option<Answer>,
}

impl Outcome {
    /// The outcome where there was nothing to compare.
    pub(super) fn without(extracted: Option<String>, verdict: Verdict) -> Self {
        Self { verdict, extracted, method: None, answer: None }
    }
}
