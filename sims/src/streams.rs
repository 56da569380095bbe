//! Random streams derived from a seed and an index.

use rand::{RngExt, SeedableRng};
use rand_xoshiro::SplitMix64;

/// The random stream number `index` under `seed`.
///
/// The seed is spread by SplitMix64 and the index mixed into its first output, so that neighbouring
/// seeds and indices give unrelated streams. The same pair gives the same numbers everywhere.
pub(crate) fn stream<R: SeedableRng>(seed: u64, index: u64) -> R {
    let spread: u64 = SplitMix64::seed_from_u64(seed).random();
    R::seed_from_u64(spread ^ SplitMix64::seed_from_u64(!index).random::<u64>())
}
