//! What of a batch shapes the launches of a step, rounded so that few shapes are enough.

use super::attention::{SHARE, spread};
use super::{Heads, Place};
use crate::ops::spans::TILE;

/// What of a batch of one new token each shapes the launches of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shape {
    /// Rows.
    pub(crate) rows: usize,
    /// Most positions that a row sees.
    pub(crate) longest: usize,
    /// Prefixes that rows share.
    pub(crate) prefixes: usize,
    /// Most rows that share one.
    pub(crate) together: usize,
}

impl Place {
    /// A shape that has room for another. What makes no difference to a launch is the same in both.
    pub(crate) fn rounded(&self, shape: Shape, heads: Heads) -> Shape {
        let rows = rounded_rows(shape.rows);
        // So many shares of the positions: a power of two, or as many as are of use for so many rows.
        let longest = SHARE * shape.longest.div_ceil(SHARE).next_power_of_two();
        let longest = SHARE * spread(rows, longest, heads);
        if !self.has_tensor_cores(heads) || shape.prefixes == 0 {
            return Shape { rows, longest, prefixes: 0, together: 1 };
        }
        let group = heads.queries / heads.keys;
        let tiles = (shape.together * group).div_ceil(TILE).next_power_of_two();
        let together = tiles * TILE / group;
        Shape { rows, longest, prefixes: shape.prefixes.next_power_of_two(), together }
    }
}

/// Powers of two up to 16, then multiples of 16 up to 128, then of 32. Products of few rows take as long
/// as those of one; of many, some more are a small part.
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
