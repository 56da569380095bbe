//! The block allocator of the KV cache.

use crate::tensor::Segment;

/// Slots of a block.
pub(super) const BLOCK_SIZE: usize = 16;

/// Allocates the blocks of a cache.
#[derive(Debug)]
pub(super) struct BlockAllocator {
    free: Vec<usize>,
    all: usize,
}

impl BlockAllocator {
    /// All blocks of a cache, free.
    pub(super) fn new(blocks: usize) -> Self {
        // The lowest comes first, so that the blocks of a prompt are contiguous.
        Self { free: (0..blocks).rev().collect(), all: blocks }
    }

    /// Number of blocks that hold this many positions.
    pub(super) fn needed(positions: usize) -> usize {
        positions.div_ceil(BLOCK_SIZE)
    }

    /// Number of free blocks.
    pub(super) fn free(&self) -> usize {
        self.free.len()
    }

    /// Slots of the blocks that are in use.
    pub(super) fn used_slots(&self) -> usize {
        (self.all - self.free.len()) * BLOCK_SIZE
    }

    /// Extends `held` to `blocks` blocks; if there are not enough, takes none and returns false.
    pub(super) fn extend(&mut self, held: &mut Vec<usize>, blocks: usize) -> bool {
        let missing = blocks.saturating_sub(held.len());
        if missing > self.free.len() {
            return false;
        }
        held.extend(self.free.drain(self.free.len() - missing..).rev());
        true
    }

    /// Frees blocks.
    pub(super) fn release(&mut self, held: &mut Vec<usize>) {
        self.free.extend(held.drain(..).rev());
    }
}

/// Appends the first `len` positions of some blocks to a list of segments, joining neighbours.
pub(super) fn append(segments: &mut Vec<Segment>, blocks: &[usize], len: usize) {
    let parts = (0..len).step_by(BLOCK_SIZE).map(|at| BLOCK_SIZE.min(len - at));
    for (&block, part) in blocks.iter().zip(parts) {
        let slot = block * BLOCK_SIZE;
        match segments.last_mut() {
            Some(last) if last.slot + last.len == slot => last.len += part,
            _ => segments.push(Segment { slot, len: part }),
        }
    }
}
