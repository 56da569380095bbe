//! Whether two things are the same, where that may be left open.

/// Whether two expressions, values or answers are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Agreement {
    /// They are the same.
    Yes,
    /// They differ.
    No,
    /// The budget does not suffice to say, or no point of evaluation gave an answer.
    Undecided,
}

impl Agreement {
    /// Whether one of two comparisons succeeds.
    pub(crate) fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Yes, _) | (_, Self::Yes) => Self::Yes,
            (Self::No, Self::No) => Self::No,
            _ => Self::Undecided,
        }
    }

    /// Whether both of two comparisons succeed.
    pub(crate) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::No, _) | (_, Self::No) => Self::No,
            (Self::Yes, Self::Yes) => Self::Yes,
            _ => Self::Undecided,
        }
    }
}

impl From<bool> for Agreement {
    fn from(same: bool) -> Self {
        if same { Self::Yes } else { Self::No }
    }
}
