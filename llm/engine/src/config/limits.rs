//! The largest sizes that a `config.json` may name.

/// Largest `config.json`, in bytes; published ones have two thousand.
pub(crate) const MAX_BYTES: u64 = 16 << 20;

// Far above every published model, and low enough that the number of bytes of all tensors together
// fits a `u64`.
pub(super) const MAX_VOCAB: usize = 1 << 24;
pub(super) const MAX_HIDDEN: usize = 1 << 20;
pub(super) const MAX_INTERMEDIATE: usize = 1 << 24;
pub(super) const MAX_LAYERS: usize = 1 << 10;
pub(super) const MAX_HEADS: usize = 1 << 16;
pub(super) const MAX_HEAD_DIM: usize = 1 << 12;
pub(super) const MAX_POSITIONS: usize = 1 << 31;
