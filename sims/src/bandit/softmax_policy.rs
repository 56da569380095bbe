//! A softmax policy over many arms that draws and moves single arms in `O(1)`.

use super::draws::Draws;
use super::slots::{MOST as MOST_ARMS, Slot, Slots, fixed_point, place};
use super::sums::Sums;
use crate::Error;
use rand::Rng;

/// The bound on a weight holds while the logit is in a band of 2⁻⁶. A wider one is left less often, but
/// takes a second look at more draws.
const BAND_BITS: u32 = 6;
/// How far the logit may be from the middle of its band.
const SLACK: f64 = 0.5 / (1 << BAND_BITS) as f64;
/// How far a new band lies ahead of an arm that has left its own.
const AHEAD: f64 = 0.8 * SLACK;
/// `exp(SLACK)`, by which a bound is above the weight in the middle.
const MARGIN: f64 = 1.007_843_097_206_447_9;
/// The share of the table that is filled when it is made anew, so that bounds can grow.
const FILL: f64 = 0.8;
/// A table of bounds that together are below this share is made anew.
const LEAST: f64 = 0.5;

/// What belongs to one arm.
#[derive(Debug, Clone, Copy)]
struct Arm {
    /// θ.
    logit: f64,
    /// The middle of the band in which the bound holds.
    centre: f64,
}

impl Arm {
    /// Moves the arm; returns whether its bound holds and is near. (That of a logit that is no number
    /// does not.)
    #[inline(always)]
    fn add(&mut self, change: f64) -> bool {
        self.logit += change;
        self.is_in_band()
    }

    #[inline(always)]
    fn is_in_band(self) -> bool {
        (self.logit - self.centre).abs() <= SLACK
    }

    /// The logarithm of the share of its bound that the arm weighs, from −2⁻⁶ to 0.
    fn log_share(self) -> f64 {
        (self.logit - self.centre) - SLACK
    }
}

/// `π(a) ∝ exp(θₐ)` over `K` arms.
///
/// Arms are drawn by rejection. A table holds bounds `bₐ ≥ wₐ = exp(θₐ − reference)`; a place in the
/// table that is some arm's is taken with probability `wₐ / bₐ`. So arms come with exactly the
/// probabilities of the policy, while a bound holds for as long as the logit stays in a band: to move
/// an arm is, nearly always, one addition, and to draw one takes a look at its place. Neither depends
/// on `K`, and draws hardly ever wait for the moves before them.
///
/// Bounds are whole numbers in units so small that an arm less likely than about 2⁻⁵⁰ is never drawn.
#[derive(Debug, Clone)]
pub struct SoftmaxPolicy {
    arms: Vec<Arm>,
    /// Subtracted from the logits before exponentiation.
    reference: f64,
    /// The whole number that stands for a weight of 1.
    scale: f64,
    bounds: Slots,
    /// Sum of the bounds.
    total: u64,
    sums: Sums,
    /// Arms that have moved since the sums were taken, or that all may have.
    moved: Vec<u32>,
    all_moved: bool,
}

impl SoftmaxPolicy {
    /// A policy with the given logits; their number `K` is from 1 to 2²⁴.
    ///
    /// # Errors
    /// Fewer or more logits, or one that is not finite.
    pub fn new(logits: &[f64]) -> Result<Self, Error> {
        if logits.is_empty() || logits.len() > MOST_ARMS {
            return Err(Error::parameter("arms", logits.len(), format!("1 to {MOST_ARMS}")));
        }
        if let Some(bad) = logits.iter().find(|logit| !logit.is_finite()) {
            return Err(Error::parameter("logit", bad, "any finite number"));
        }
        let mut policy = Self {
            arms: logits.iter().map(|&logit| Arm { logit, centre: logit }).collect(),
            reference: 0.0,
            scale: 1.0,
            bounds: Slots::new(logits.len()),
            total: 0,
            sums: Sums::new(logits.len()),
            moved: Vec::new(),
            all_moved: true,
        };
        policy.bound_all();
        Ok(policy)
    }

    /// The logits θ, `K` of them.
    pub fn logits(&self) -> impl ExactSizeIterator<Item = f64> {
        self.arms.iter().map(|arm| arm.logit)
    }

    /// Draws `count` arms. Random numbers that are left over lie in `draws` for the next time: it goes
    /// with one source of them.
    #[inline(always)]
    pub fn draw_into(&self, rng: &mut impl Rng, count: usize, draws: &mut Draws) {
        draws.make_room(count, rng);
        let mut drawn = 0;
        while drawn < count {
            let Draws { arms, randoms, found } = &mut *draws;
            let count = self.bounds.find(randoms.as_flattened(), found);
            drawn += self.take(&found[..count], &mut arms[drawn..]);
            draws.renew(rng);
        }
    }

    /// Writes the owners of slots that take their place, as many as there is room for, and returns how
    /// many. Nearly all do.
    #[inline(always)]
    fn take(&self, found: &[(u64, Slot)], out: &mut [u32]) -> usize {
        let (mut found, mut taken) = (found.iter(), 0);
        for out in out {
            *out = loop {
                let Some(&(random, slot)) = found.next() else { return taken };
                let (place, limit) = (place(random), slot.limit());
                // Within the least share that an arm weighs of its bound.
                if place < limit - (limit >> BAND_BITS) || self.takes(slot.owner(), place, limit) {
                    break slot.owner();
                }
            };
            taken += 1;
        }
        taken
    }

    /// Whether an arm takes a place of its bound's, of which there are so many in the slot.
    #[inline(always)]
    fn takes(&self, arm: u32, place: u64, limit: u64) -> bool {
        // An exponential only where it counts: exp(x) lies between 1 + x and 1 + x + x²/2.
        let (place, limit, x) = (place as f64, limit as f64, self.arms[arm as usize].log_share());
        place < limit * (1.0 + x)
            || (place < limit * (1.0 + x + 0.5 * x * x) && place < limit * rs_grpo::exp(x))
    }

    /// Adds `rate · gradient[i]` to the logit of `arms[i]`, for every `i`; arms may repeat. Returns
    /// whether all logits are finite; if not, nothing can be drawn any more.
    #[inline(always)]
    #[must_use]
    pub fn ascend(&mut self, rate: f64, arms: &[u32], gradient: &[f64]) -> bool {
        let (all, mut in_band) = (&mut self.arms[..], true);
        for (&arm, &slope) in arms.iter().zip(gradient) {
            in_band &= all[arm as usize].add(rate * slope);
        }
        self.all_moved |= self.moved.len() >= all.len();
        if !self.all_moved {
            self.moved.extend_from_slice(arms);
        }
        in_band || self.bound(arms.iter().map(|&arm| arm as usize))
    }

    /// Adds `change(arm)` to every logit, and returns whether all are finite. Costs `O(K)`.
    #[inline(always)]
    #[must_use]
    pub fn add_all(&mut self, change: impl Fn(usize) -> f64) -> bool {
        self.all_moved = true;
        let mut in_band = true;
        for (index, arm) in self.arms.iter_mut().enumerate() {
            in_band &= arm.add(change(index));
        }
        in_band || self.bound(0..self.arms.len())
    }

    /// Bounds the weights of those arms that have left their band.
    #[inline(always)]
    fn bound(&mut self, moved: impl Iterator<Item = usize>) -> bool {
        for arm in moved {
            if !self.arms[arm].is_in_band() && !self.bound_one(arm) {
                return self.bound_all();
            }
        }
        self.total as f64 >= LEAST * self.bounds.whole() || self.bound_all()
    }

    /// Bounds the weight of an arm, if the table has room.
    #[inline(always)]
    fn bound_one(&mut self, index: usize) -> bool {
        let arm = &mut self.arms[index];
        // An arm that has gone one way will, as a rule, go on: its new band lies ahead.
        arm.centre = arm.logit + (arm.logit - arm.centre).clamp(-AHEAD, AHEAD);
        let height = arm.centre - self.reference;
        let bound = fixed_point(self.scale * rs_grpo::exp(height) * MARGIN);
        let Some(before) = self.bounds.set(index, bound) else { return false };
        self.total = self.total - before + bound;
        true
    }

    /// Takes the largest logit as the reference and a scale that fills the table, and bounds all
    /// weights, if all logits are finite.
    #[cold]
    #[inline(never)]
    fn bound_all(&mut self) -> bool {
        if !self.logits().all(f64::is_finite) {
            return false;
        }
        self.reference = self.logits().fold(f64::NEG_INFINITY, f64::max);
        let weights = self.logits().map(|logit| rs_grpo::exp(logit - self.reference));
        self.scale = FILL * self.bounds.whole() / (weights.sum::<f64>() * MARGIN);
        self.bounds.clear();
        (self.total, self.all_moved) = (0, true);
        let fits = (0..self.arms.len()).fold(true, |fits, arm| fits & self.bound_one(arm));
        debug_assert!(fits, "a table that is filled that far has a slot for each arm beside");
        true
    }

    /// Entropy of the policy in nats. Costs an exponential for each arm that has moved since it, or
    /// [`Self::probabilities_into`], was last asked for.
    #[inline(always)]
    pub fn entropy(&mut self) -> f64 {
        self.take_in();
        self.sums.entropy(self.scale)
    }

    /// Writes the probabilities into `out` (length `K`). Costs `O(K)`.
    #[inline(always)]
    pub fn probabilities_into(&mut self, out: &mut [f64]) {
        self.take_in();
        self.sums.probabilities_into(out);
    }

    /// Brings the sums up to date with the arms that have moved.
    #[inline(always)]
    fn take_in(&mut self) {
        let Self { arms, reference, scale, sums, .. } = self;
        let height = |arm: &Arm| arm.logit - *reference;
        if std::mem::take(&mut self.all_moved) {
            sums.replace(arms.iter().map(height), *scale);
        } else {
            self.moved.iter().map(|&arm| arm as usize).for_each(|arm| {
                sums.set(arm, height(&arms[arm]), *scale);
            });
        }
        self.moved.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::streams::stream;
    use rand::RngExt;
    use rand_xoshiro::Xoshiro256PlusPlus;

    /// Draws are as probable as a bound times the share of it that is taken: that must be the weight,
    /// and the share what [`SoftmaxPolicy::take`] relies on, after moves that leave bands seldom, often
    /// and always, and fill the table or empty it. Bounds are exact to 2⁻⁵⁰ of the table, and those of
    /// arms below 1e-6 of the largest are not looked at.
    #[test]
    fn bounds_times_shares_are_the_weights_after_any_moves() {
        let mut random: Xoshiro256PlusPlus = stream(6, 0);
        for size in [1e-4, 3e-3, 0.1, 5.0] {
            let mut policy = SoftmaxPolicy::new(&[0.0; 50]).expect("finite logits");
            for _ in 0..2_000 {
                let arms: [u32; 16] = std::array::from_fn(|_| random.random_range(0..50));
                let moves: [f64; 16] = std::array::from_fn(|_| random.random_range(-1.0..1.0));
                assert!(policy.ascend(size, &arms, &moves));
            }
            let height = |arm: &Arm| arm.logit - policy.reference;
            let highest = policy.arms.iter().map(height).fold(f64::NEG_INFINITY, f64::max);
            for (arm, bound) in policy.arms.iter().zip(policy.bounds.numbers()) {
                let (share, weight) = (arm.log_share().exp(), policy.scale * height(arm).exp());
                assert!((1.0 - 1.0 / 64.0..=1.0).contains(&share), "a share of {share}");
                let error = (bound as f64 * share / weight - 1.0).abs();
                let counts = height(arm) > highest - 13.8;
                assert!(!counts || error < 1e-8, "moves of {size}: off by {error}");
            }
            let sum: u64 = policy.bounds.numbers().sum();
            assert_eq!(sum, policy.total);
        }
    }
}
