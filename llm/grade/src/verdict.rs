//! Verdicts, and how they were reached.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The outcome of grading one completion. There is always exactly one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The completion's answer is the gold answer.
    Correct,
    /// The completion's answer differs from the gold answer.
    Wrong,
    /// The gold answer cannot be read: the problem must be left out and counted, never scored.
    GoldUnparsable,
    /// The completion holds no answer that can be read.
    PredictionUnparsable,
    /// The [`Budget`](crate::Budget) does not suffice to say.
    BudgetExceeded,
}

/// How two answers were compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Both read the same without any calculation.
    Identical,
    /// As letters of a choice.
    Choice,
    /// As words.
    Words,
    /// In exact arithmetic: rational numbers, polynomials and roots.
    Exact,
    /// By evaluation with a bound on the error.
    Numeric,
}

/// One word, such as `exact`.
impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Identical => "identical",
            Self::Choice => "choice",
            Self::Words => "words",
            Self::Exact => "exact",
            Self::Numeric => "numeric",
        })
    }
}

impl Verdict {
    /// All verdicts, in the order in which tables list them.
    pub const ALL: [Self; 5] = [
        Self::Correct,
        Self::Wrong,
        Self::PredictionUnparsable,
        Self::BudgetExceeded,
        Self::GoldUnparsable,
    ];

    /// 1 for a correct answer, 0 for any other; `None` where the gold answer cannot be read.
    pub fn reward(self) -> Option<f64> {
        match self {
            Self::Correct => Some(1.0),
            Self::Wrong | Self::PredictionUnparsable | Self::BudgetExceeded => Some(0.0),
            Self::GoldUnparsable => None,
        }
    }
}

/// In words, such as `prediction unparsable`.
impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Correct => "correct",
            Self::Wrong => "wrong",
            Self::GoldUnparsable => "gold unparsable",
            Self::PredictionUnparsable => "prediction unparsable",
            Self::BudgetExceeded => "budget exceeded",
        })
    }
}
