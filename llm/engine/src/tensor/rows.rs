//! New tokens of a sequence, and where its keys and values lie.

/// Consecutive slots of the cache that hold consecutive positions of a sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    /// First slot.
    pub slot: usize,
    /// Number of positions.
    pub len: usize,
}

/// New tokens of one sequence.
#[derive(Debug, Clone, PartialEq)]
pub struct Rows<'a> {
    /// The tokens; at least one.
    pub tokens: &'a [u32],
    /// Position of the first of them, which is the number of positions that the cache already holds.
    pub start: usize,
    /// Where positions `0..start + tokens.len()` lie in the cache, the new ones included, in order.
    pub segments: &'a [Segment],
}
