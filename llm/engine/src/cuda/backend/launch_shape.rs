//! The sizes that determine the launches of a decoding step, rounded so that few CUDA graphs serve all
//! batches.

use super::base::Backend;
use crate::ops::heads::Heads;
use crate::ops::spans::{AttentionSlots, TILE};

/// Blocks that keep a large GPU busy.
const BUSY: usize = 1024;
/// Fewest positions per block in attention to a cache.
const SHARE: usize = 64;

/// The sizes of a batch, one new token of each sequence, that determine the launches of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LaunchShape {
    /// Rows.
    pub(crate) rows: usize,
    /// Most positions that a row sees.
    pub(crate) longest: usize,
    /// Prefixes that rows share.
    pub(crate) prefixes: usize,
    /// Most rows that share one.
    pub(crate) together: usize,
}

/// The largest of some counts, at least 1.
fn most(counts: impl Iterator<Item = u32>) -> usize {
    counts.max().map_or(1, |most| most.max(1) as usize)
}

/// Number of splits of the positions that gives enough blocks to fill a GPU.
pub(super) fn spread(rows: usize, longest: usize, heads: Heads) -> usize {
    BUSY.div_ceil(rows * heads.keys).min(longest.div_ceil(SHARE)).max(1)
}

impl LaunchShape {
    /// The sizes of a batch with one new token of each sequence.
    pub(crate) fn of(view: &AttentionSlots) -> Self {
        Self {
            rows: view.count.len(),
            longest: most(view.count.iter().copied()),
            prefixes: view.prefixes.len(),
            together: most(view.prefixes.iter().map(|prefix| prefix[1])),
        }
    }
}

impl Backend {
    /// A shape at least as large as this one. Sizes that make no difference to a launch are left out.
    pub(crate) fn rounded(&self, shape: LaunchShape, heads: Heads) -> LaunchShape {
        let rows = rounded_rows(shape.rows);
        // Shares of the positions: a power of two, or as many as these rows can use.
        let longest = SHARE * shape.longest.div_ceil(SHARE).next_power_of_two();
        let longest = SHARE * spread(rows, longest, heads);
        if !self.has_tensor_cores(heads) || shape.prefixes == 0 {
            return LaunchShape { rows, longest, prefixes: 0, together: 1 };
        }
        let group = heads.queries / heads.keys;
        let tiles = (shape.together * group).div_ceil(TILE).next_power_of_two();
        let together = tiles * TILE / group;
        LaunchShape { rows, longest, prefixes: shape.prefixes.next_power_of_two(), together }
    }
}

/// Powers of two up to 16, then multiples of 16 up to 128, then of 32. Padding is free for few rows,
/// whose products take as long as those of one, and a small part for many.
fn rounded_rows(rows: usize) -> usize {
    match rows {
        0..=16 => rows.next_power_of_two(),
        17..=128 => rows.next_multiple_of(16),
        _ => rows.next_multiple_of(32),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Up to 512 rows there are 24 shapes, and none is more than twice as large as what it is for, or a
    /// quarter larger from 64 on.
    #[test]
    fn few_numbers_of_rows_have_room_for_all() {
        let all: std::collections::BTreeSet<_> = (1..=512).map(rounded_rows).collect();
        assert_eq!(all.len(), 5 + 7 + 12);
        for rows in 1..=512 {
            let rounded = rounded_rows(rows);
            assert!(rounded >= rows && rounded < 2 * rows.max(2), "{rows}: {rounded}");
            assert!(rows < 64 || 4 * rounded < 5 * rows, "{rows}: {rounded}");
        }
    }
}
