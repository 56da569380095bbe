//! In what order problems come up.

use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

/// A walk through the problems, epoch after epoch, each in an order of its own.
#[derive(Debug, Clone)]
pub struct Order {
    seed: u64,
    /// Problems given out so far: all that has to be remembered to go on.
    given: u64,
    /// The epoch that `permutation` is of.
    epoch: Option<u64>,
    permutation: Vec<usize>,
}

impl Order {
    /// A walk that goes on after `given` problems.
    pub fn new(seed: u64, given: u64) -> Self {
        Self { seed, given, epoch: None, permutation: Vec::new() }
    }

    /// Problems given out so far.
    pub fn given(&self) -> u64 {
        self.given
    }

    /// The next of `count` problems, at least one.
    pub fn next(&mut self, count: usize) -> usize {
        let epoch = self.given / count as u64;
        if self.epoch != Some(epoch) || self.permutation.len() != count {
            self.permutation = permutation(self.seed, epoch, count);
            self.epoch = Some(epoch);
        }
        let at = (self.given % count as u64) as usize;
        self.given += 1;
        self.permutation[at]
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
