//! The order in which prompts are sampled.

use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

/// Iterates over the problems of a data set, shuffled anew in every epoch.
#[derive(Debug, Clone)]
pub(crate) struct PromptSampler {
    seed: u64,
    /// Problems in the data set.
    count: usize,
    /// Problems sampled so far: all that a checkpoint has to store.
    position: u64,
    /// The epoch that `permutation` is of.
    epoch: Option<u64>,
    permutation: Vec<usize>,
}

impl PromptSampler {
    /// Goes through `count` problems, at least one, and begins after the first `position`.
    pub(crate) fn new(seed: u64, count: usize, position: u64) -> Self {
        Self { seed, count, position, epoch: None, permutation: Vec::new() }
    }

    /// Problems sampled so far.
    pub(crate) fn position(&self) -> u64 {
        self.position
    }

    /// Indices of the next `n` problems.
    pub(crate) fn sample(&mut self, n: usize) -> Vec<usize> {
        (0..n).map(|_| self.next()).collect()
    }

    fn next(&mut self) -> usize {
        let count = self.count as u64;
        let (epoch, at) = (self.position / count, self.position % count);
        if self.epoch != Some(epoch) {
            self.permutation = permutation(self.seed, epoch, self.count);
            self.epoch = Some(epoch);
        }
        self.position += 1;
        self.permutation[at as usize]
    }
}

fn permutation(seed: u64, epoch: u64, count: usize) -> Vec<usize> {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed ^ epoch.rotate_left(32));
    let mut order: Vec<usize> = (0..count).collect();
    for last in (1..count).rev() {
        order.swap(last, random.random_range(0..=last));
    }
    order
}
