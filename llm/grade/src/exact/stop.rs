//! Why exact arithmetic gives up.

use crate::budget::Exhausted;

/// Why an expression has no normal form.
///
/// Of two reasons the greater counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stop {
    /// Too many terms, or a notation that exact arithmetic leaves to numbers.
    TooLarge,
    /// An integer beyond the budget.
    TooManyBits,
    /// A division by zero, or a collection where a number should be.
    Undefined,
    /// The work of this comparison is used up.
    Exhausted,
}

impl From<Exhausted> for Stop {
    fn from(_: Exhausted) -> Self {
        Self::Exhausted
    }
}
