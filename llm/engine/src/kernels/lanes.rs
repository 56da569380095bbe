//! The number of lanes of sums.

/// Lanes of every sum: the width of the widest vector registers in use, so that narrower ones give
/// the same bits in several passes.
pub(crate) const LANES: usize = 16;
