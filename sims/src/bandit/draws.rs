//! Drawn arms, and the buffers for drawing them.

use super::slots::Slot;
use rand::Rng;

/// How many random numbers fit the widest vectors.
const LANES: usize = 8;

/// Arms drawn from a policy, and buffers for drawing more.
#[derive(Debug, Clone, Default)]
pub struct Draws {
    pub(super) arms: Vec<u32>,
    /// Random numbers for the next draws, computed at the end of the last ones: the processor would
    /// otherwise wait there for the drawn arms to reach memory.
    pub(super) randoms: Vec<[u64; LANES]>,
    /// Random numbers whose place has an owner, each with its slot.
    pub(super) proposals: Vec<(u64, Slot)>,
}

impl Draws {
    /// The arms in the order in which they were drawn.
    pub fn arms(&self) -> &[u32] {
        &self.arms
    }

    /// Makes room for `count` arms, and for enough random numbers to draw them nearly always.
    #[inline(always)]
    pub(super) fn make_room(&mut self, count: usize, rng: &mut impl Rng) {
        self.arms.resize(count, 0);
        let lanes = (count + count / 4).div_ceil(LANES);
        if self.randoms.len() != lanes {
            self.randoms.resize(lanes, [0; LANES]);
            self.proposals.resize(lanes * LANES, Default::default());
            self.refill(rng);
        }
    }

    /// Replaces all random numbers. Unused ones are lost, which costs less than keeping them.
    #[inline(always)]
    pub(super) fn refill(&mut self, rng: &mut impl Rng) {
        for lanes in &mut self.randoms {
            *lanes = std::array::from_fn(|_| rng.next_u64());
        }
    }
}
