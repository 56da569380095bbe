//! Why a text cannot be read.

/// Why a text is not an answer that this grader can read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// There is nothing to read.
    #[error("the answer is empty")]
    Empty,
    /// The text exceeds a limit of the budget.
    #[error("the answer is too long or too deeply nested")]
    Budget,
    /// The notation is not understood.
    #[error("{0}")]
    Syntax(String),
}

impl ReadError {
    pub(crate) fn syntax(problem: impl Into<String>) -> Self {
        Self::Syntax(problem.into())
    }
}
