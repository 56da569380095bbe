//! A softmax policy over many arms that draws and moves single arms in `O(1)`.

use super::draws::Draws;
use super::slots::{MAX_NUMBERS as MAX_ARMS, Slot, Slots, fixed_point, place};
use super::sums::Sums;
use crate::Error;
use rand::Rng;

/// The bound on a weight holds while the logit is in a band of width 2⁻⁶. A logit leaves a wider band less
/// often, but more proposals then need an exponential.
const BAND_BITS: u32 = 6;
/// How far the logit may lie from the centre of its band.
const SLACK: f64 = 0.5 / (1 << BAND_BITS) as f64;
/// How far the centre of a new band lies ahead of a logit that has left its old band.
const LEAD: f64 = 0.8 * SLACK;
/// `exp(SLACK)`, the ratio of a bound to the weight at the centre of the band.
const MARGIN: f64 = 1.007_843_097_206_447_9;
/// The share of the table that is filled when it is rebuilt; the rest is room for bounds to grow.
const FILL: f64 = 0.8;
/// The table is rebuilt when the bounds fill less than this share of it.
const MIN_FILL: f64 = 0.5;

/// The state of one arm.
#[derive(Debug, Clone, Copy)]
struct Arm {
    /// θ.
    logit: f64,
    /// Centre of the band of logits in which the bound holds.
    centre: f64,
}

impl Arm {
    /// Moves the logit and returns whether it is still in its band, where the bound holds and is tight.
    /// NaN is in no band.
    #[inline(always)]
    fn add(&mut self, change: f64) -> bool {
        self.logit += change;
        self.is_in_band()
    }

    #[inline(always)]
    fn is_in_band(self) -> bool {
        (self.logit - self.centre).abs() <= SLACK
    }

    /// Logarithm of weight over bound, from −2⁻⁶ to 0.
    fn log_share(self) -> f64 {
        (self.logit - self.centre) - SLACK
    }
}

/// `π(a) ∝ exp(θₐ)` over `K` arms.
///
/// Arms are drawn by rejection. A table holds bounds `bₐ ≥ wₐ = exp(θₐ − reference)`; it proposes arms in
/// proportion to `bₐ`, and a proposal is accepted with probability `wₐ / bₐ`. So arms are drawn with
/// exactly the probabilities of the policy. A bound holds as long as the logit stays in its band: moving
/// an arm is nearly always one addition, and drawing one is one look into the table. The cost of neither
/// depends on `K`, and a draw rarely has to wait for the moves before it.
///
/// Bounds are whole numbers in units of about 2⁻⁵⁰ of the table: a less likely arm is never drawn.
#[derive(Debug, Clone)]
pub struct SoftmaxPolicy {
    arms: Vec<Arm>,
    /// Subtracted from the logits before exponentiation.
    reference: f64,
    /// Fixed-point value of a weight of 1.
    scale: f64,
    bounds: Slots,
    /// Sum of the bounds.
    total: u64,
    sums: Sums,
    /// Arms that have moved since the sums were last updated.
    moved: Vec<u32>,
    /// Whether every arm may have moved since then; `moved` is then incomplete.
    all_moved: bool,
}

impl SoftmaxPolicy {
    /// A policy with the given logits; their number `K` is from 1 to 2²⁴.
    ///
    /// # Errors
    /// Another number of logits, or a logit that is not finite.
    pub fn new(logits: &[f64]) -> Result<Self, Error> {
        if logits.is_empty() || logits.len() > MAX_ARMS {
            return Err(Error::parameter("arms", logits.len(), format!("1 to {MAX_ARMS}")));
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

    /// Draws `count` arms. `draws` keeps random numbers for the next call, so always use it with the same
    /// `rng`.
    #[inline(always)]
    pub fn draw_into(&self, rng: &mut impl Rng, count: usize, draws: &mut Draws) {
        draws.make_room(count, rng);
        let mut drawn = 0;
        while drawn < count {
            let Draws { arms, randoms, proposals } = &mut *draws;
            let count = self.bounds.propose(randoms.as_flattened(), proposals);
            drawn += self.accept(&proposals[..count], &mut arms[drawn..]);
            draws.refill(rng);
        }
    }

    /// Writes the arms of the accepted proposals, as many as there is room for, and returns how many.
    /// Nearly all are accepted.
    #[inline(always)]
    fn accept(&self, proposals: &[(u64, Slot)], out: &mut [u32]) -> usize {
        let (mut proposals, mut taken) = (proposals.iter(), 0);
        for out in out {
            *out = loop {
                let Some(&(random, slot)) = proposals.next() else { return taken };
                let (place, limit) = (place(random), slot.limit());
                // Below the smallest possible ratio of weight to bound.
                let certain = limit - (limit >> BAND_BITS);
                if place < certain || self.accepts(slot.owner(), place, limit) {
                    break slot.owner();
                }
            };
            taken += 1;
        }
        taken
    }

    /// Whether a proposal of `arm` is accepted: its place is below `wₐ / bₐ` of the `limit` of its slot.
    #[inline(always)]
    fn accepts(&self, arm: u32, place: u64, limit: u64) -> bool {
        // An exponential only where it decides: exp(x) lies between 1 + x and 1 + x + x²/2 for x ≤ 0.
        let (place, limit, x) = (place as f64, limit as f64, self.arms[arm as usize].log_share());
        place < limit * (1.0 + x)
            || (place < limit * (1.0 + x + 0.5 * x * x) && place < limit * rs_grpo::exp(x))
    }

    /// Adds `rate · gradient[i]` to the logit of `arms[i]`, for every `i`; arms may repeat. Returns
    /// whether all logits are finite; if not, the policy must not be used any more.
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

    /// Finds new bounds for the arms that have left their band.
    #[inline(always)]
    fn bound(&mut self, moved: impl Iterator<Item = usize>) -> bool {
        for arm in moved {
            if !self.arms[arm].is_in_band() && !self.bound_one(arm) {
                return self.bound_all();
            }
        }
        self.total as f64 >= MIN_FILL * self.bounds.whole() || self.bound_all()
    }

    /// Finds a new bound for one arm; returns whether the table has room for it.
    #[inline(always)]
    fn bound_one(&mut self, index: usize) -> bool {
        let arm = &mut self.arms[index];
        // A logit usually keeps moving in the same direction: its new band lies ahead.
        arm.centre = arm.logit + (arm.logit - arm.centre).clamp(-LEAD, LEAD);
        let height = arm.centre - self.reference;
        let bound = fixed_point(self.scale * rs_grpo::exp(height) * MARGIN);
        let Some(before) = self.bounds.set(index, bound) else { return false };
        self.total = self.total - before + bound;
        true
    }

    /// Rebuilds the table: the largest logit becomes the reference, and the scale fills the table as far
    /// as wanted. Returns whether all logits are finite; if not, nothing changes.
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
        debug_assert!(fits, "a table filled to FILL has a free slot for each arm");
        true
    }

    /// Entropy of the policy in nats. Costs an exponential for each arm that has moved since the last call
    /// of this method or of [`Self::probabilities_into`].
    #[inline(always)]
    pub fn entropy(&mut self) -> f64 {
        self.update_sums();
        self.sums.entropy(self.scale)
    }

    /// Writes the probabilities into `out` (length `K`). Costs `O(K)`.
    #[inline(always)]
    pub fn probabilities_into(&mut self, out: &mut [f64]) {
        self.update_sums();
        self.sums.probabilities_into(out);
    }

    /// Updates the sums for the arms that have moved.
    #[inline(always)]
    fn update_sums(&mut self) {
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

    /// The probability of a draw is bound times acceptance probability: their product must be the weight,
    /// and the acceptance probability within the range that [`SoftmaxPolicy::accept`] relies on. The moves
    /// leave bands rarely, often and always, and fill the table or empty it. Bounds are exact to 2⁻⁵⁰ of
    /// the table; arms below 1e-6 of the largest weight are left out.
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
