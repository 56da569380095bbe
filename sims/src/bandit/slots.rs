//! A table for drawing an index in proportion to whole-number weights; a draw and a change of one weight
//! cost `O(1)`.

/// Smallest ratio of slots to numbers. With more slots fewer proposals are rejected, and the table takes
/// more memory.
const SLOTS_PER_NUMBER: usize = 8;
/// Number of bits of a place in a slot.
const PLACE_BITS: u32 = 39;
/// Number of bits of the largest sum: `f64` represents every whole number up to it.
const MAX_BITS: u32 = 52;
/// Number of bits of the index of an owner.
const OWNER_BITS: u32 = 24;
/// Largest count of numbers in a table.
pub(super) const MAX_NUMBERS: usize = 1 << OWNER_BITS;

/// A slot of the table: of its 2³⁹ places the first `limit` belong to its owner.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Slot(u64);

impl Slot {
    fn new(limit: u64, owner: u32) -> Self {
        Self(limit << OWNER_BITS | u64::from(owner))
    }

    /// How many places belong to the owner.
    #[inline(always)]
    pub(super) fn limit(self) -> u64 {
        self.0 >> OWNER_BITS
    }

    /// Index of the number that owns the slot.
    #[inline(always)]
    pub(super) fn owner(self) -> u32 {
        (self.0 % (1 << OWNER_BITS)) as u32
    }

    /// Whether the place that a random number picks belongs to the owner.
    #[inline(always)]
    fn contains(self, random: u64) -> bool {
        // One comparison: with the bits of the owner set, the left side is below `self.0` if and only if
        // the place is below the limit.
        (random >> 1 | ((1 << OWNER_BITS) - 1)) < self.0
    }
}

/// The place in its slot that a random number picks.
#[inline(always)]
pub(super) fn place(random: u64) -> u64 {
    random >> (u64::BITS - PLACE_BITS)
}

/// A number, and the last of the slots that it owns.
#[derive(Debug, Clone, Copy)]
struct Owner {
    number: u64,
    top: u32,
}

/// `K` whole numbers, each of which owns a part of the table in proportion to its size.
///
/// The table has `M ≥ 8 K` slots that stand for `Q` each. A number `n` owns `⌊n/Q⌋` whole slots and the
/// remainder, `n mod Q`, of one more. To draw an index in proportion to its number, pick a slot and a
/// place in it at random, and accept the owner if the place belongs to it; otherwise pick again. (The
/// method of Hagerup, Mehlhorn and Munro, ICALP 1993, with slots of one size.)
#[derive(Debug, Clone)]
pub(super) struct Slots {
    slots: Vec<Slot>,
    /// For each slot, the previous slot of its owner, if there is one.
    below: Vec<u32>,
    owners: Vec<Owner>,
    /// Slots without an owner; the last is given away next.
    free: Vec<u32>,
    /// `log₂ Q`.
    quantum: u32,
}

impl Slots {
    /// A table of `count` zeros; `count` is from 1 to [`MAX_NUMBERS`].
    pub(super) fn new(count: usize) -> Self {
        let slots = SLOTS_PER_NUMBER * count.next_power_of_two();
        let mut new = Self {
            slots: vec![Slot::default(); slots],
            below: vec![0; slots],
            owners: vec![Owner { number: 0, top: 0 }; count],
            free: Vec::with_capacity(slots),
            quantum: PLACE_BITS.min(MAX_BITS - slots.trailing_zeros()),
        };
        new.clear();
        new
    }

    /// The sum that fills the table, `M Q`.
    pub(super) fn whole(&self) -> f64 {
        ((self.slots.len() as u64) << self.quantum) as f64
    }

    /// The numbers.
    #[cfg(test)]
    pub(super) fn numbers(&self) -> impl Iterator<Item = u64> {
        self.owners.iter().map(|owner| owner.number)
    }

    /// Sets all numbers to 0.
    pub(super) fn clear(&mut self) {
        self.slots.fill(Slot::default());
        self.free.clear();
        self.free.extend((self.owners.len() as u32..self.slots.len() as u32).rev());
        for (index, owner) in (0..).zip(&mut self.owners) {
            self.slots[index as usize] = Slot::new(0, index);
            *owner = Owner { number: 0, top: index };
        }
    }

    /// Replaces a number and returns its old value; `None` if the slots do not suffice, after which all
    /// numbers must be replaced. They suffice while the sum is at most 7/8 of the whole table.
    #[must_use]
    #[inline(always)]
    pub(super) fn set(&mut self, index: usize, number: u64) -> Option<u64> {
        let (quantum, wide) = (self.quantum, PLACE_BITS - self.quantum);
        let Self { slots, below, owners, free, .. } = self;
        let owner = &mut owners[index];
        let old = std::mem::replace(&mut owner.number, number);
        for _ in number >> quantum..old >> quantum {
            slots[owner.top as usize] = Slot::default();
            free.push(owner.top);
            owner.top = below[owner.top as usize];
        }
        for _ in old >> quantum..number >> quantum {
            let slot = free.pop()?;
            slots[owner.top as usize] = Slot::new(1 << PLACE_BITS, index as u32);
            below[slot as usize] = std::mem::replace(&mut owner.top, slot);
        }
        let rest = number % (1 << quantum);
        slots[owner.top as usize] = Slot::new(rest << wide, index as u32);
        Some(old)
    }

    /// Writes each random number whose place has an owner, with its slot, and returns how many there are.
    ///
    /// Which they are is unpredictable, so there is no branch.
    #[inline(always)]
    pub(super) fn propose(&self, randoms: &[u64], proposals: &mut [(u64, Slot)]) -> usize {
        let (slots, proposals) = (&self.slots[..], &mut proposals[..randoms.len()]);
        let mut count = 0;
        for &random in randoms {
            let slot = slots[random as usize & (slots.len() - 1)];
            proposals[count] = (random, slot);
            count += usize::from(slot.contains(random));
        }
        count
    }
}

/// Rounds a number from 0 to 2⁵² − 1 to a whole one; larger numbers, and NaN, become the largest.
#[inline(always)]
pub(super) fn fixed_point(number: f64) -> u64 {
    const WHOLE: f64 = (1u64 << MAX_BITS) as f64;
    let number = if number < WHOLE - 1.0 { number } else { WHOLE - 1.0 };
    // With 2⁵² added, the bits of the mantissa are the number.
    (number + WHOLE).to_bits() % (1 << MAX_BITS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::streams::stream;
    use rand::Rng;
    use rand_xoshiro::Xoshiro256PlusPlus;

    #[test]
    fn a_slot_contains_the_places_below_its_limit() {
        let most = 1 << PLACE_BITS;
        for owner in [0, 1, (1 << OWNER_BITS) - 1] {
            for limit in [0, 1, 2, most - 1, most] {
                let slot = Slot::new(limit, owner);
                assert_eq!((slot.limit(), slot.owner()), (limit, owner));
                for place_ in [0, 1, 2, most - 2, most - 1] {
                    for low_bits in [0, (1 << (u64::BITS - PLACE_BITS)) - 1] {
                        let random = place_ << (u64::BITS - PLACE_BITS) | low_bits;
                        assert_eq!(place(random), place_);
                        assert_eq!(slot.contains(random), place_ < limit, "{place_} of {limit}");
                    }
                }
            }
        }
    }

    /// How much of the table each number owns, in units of the number.
    fn owned(slots: &Slots) -> Vec<u64> {
        let mut owned = vec![0; slots.owners.len()];
        for slot in &slots.slots {
            owned[slot.owner() as usize] += slot.limit() >> (PLACE_BITS - slots.quantum);
        }
        owned
    }

    /// From a few slots to that many that the quantum has to shrink; up to 7/8 of the table is filled.
    #[test]
    fn every_number_owns_its_share_after_any_changes() {
        for count in [1, 2, 7, 100, 3_000] {
            let mut slots = Slots::new(count);
            let mut random: Xoshiro256PlusPlus = stream(1, count as u64);
            let mut numbers = vec![0; count];
            let most = (slots.whole() * (1.0 - 1.0 / SLOTS_PER_NUMBER as f64)) as u64;
            for _ in 0..300 {
                let index = (random.next_u64() % count as u64) as usize;
                let room = most - numbers.iter().sum::<u64>() + numbers[index];
                let number = random.next_u64() % (room + 1);
                assert_eq!(slots.set(index, number), Some(numbers[index]), "{count} numbers");
                numbers[index] = number;
                assert_eq!(owned(&slots), numbers);
            }
        }
    }

    #[test]
    fn a_number_that_does_not_fit_is_reported() {
        let mut slots = Slots::new(3);
        assert_eq!(slots.set(1, slots.whole() as u64), None);
        slots.clear();
        assert_eq!(owned(&slots), [0; 3]);
    }

    /// 2⁵² − 1 is the largest; ties round to even, as IEEE 754 does.
    #[test]
    fn numbers_are_rounded() {
        let cases = [(0.0, 0), (0.5, 0), (0.75, 1), (1e15, 1_000_000_000_000_000)];
        for (number, whole) in cases {
            assert_eq!(fixed_point(number), whole);
        }
        for large in [2f64.powi(52), f64::INFINITY, f64::NAN] {
            assert_eq!(fixed_point(large), (1 << 52) - 1);
        }
    }
}
