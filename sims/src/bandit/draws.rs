//! Arms that are drawn, and the memory that it takes.

use super::slots::Slot;
use rand::Rng;

/// Random numbers that are computed at once on the widest vectors.
const LANES: usize = 8;

/// Arms that were drawn from a policy, and memory for drawing more.
#[derive(Debug, Clone, Default)]
pub struct Draws {
    pub(super) arms: Vec<u32>,
    /// For the next draws. They are computed right after those before, while the arms that were drawn
    /// are on their way to memory and nothing else can be done.
    pub(super) randoms: Vec<[u64; LANES]>,
    /// Random numbers that tell a place in a slot, and those slots.
    pub(super) found: Vec<(u64, Slot)>,
}

impl Draws {
    /// The arms in the order in which they were drawn.
    pub fn arms(&self) -> &[u32] {
        &self.arms
    }

    /// Makes room for as many arms, with random numbers that suffice for them nearly always.
    #[inline(always)]
    pub(super) fn make_room(&mut self, count: usize, rng: &mut impl Rng) {
        self.arms.resize(count, 0);
        let lanes = (count + count / 4).div_ceil(LANES);
        if self.randoms.len() != lanes {
            self.randoms.resize(lanes, [0; LANES]);
            self.found.resize(lanes * LANES, Default::default());
            self.renew(rng);
        }
    }

    /// Draws all random numbers anew; those that were left over are lost, which costs less than to
    /// keep them.
    #[inline(always)]
    pub(super) fn renew(&mut self, rng: &mut impl Rng) {
        for lanes in &mut self.randoms {
            *lanes = std::array::from_fn(|_| rng.next_u64());
        }
    }
}
