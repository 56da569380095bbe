//! Whose answer a text is.

/// Whose answer a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// The gold answer, which others are compared with.
    Gold,
    /// The answer of a completion, or of a person.
    Given,
}
