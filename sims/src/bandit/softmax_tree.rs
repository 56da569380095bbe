//! A softmax policy over many arms that draws, moves single arms and knows its entropy in
//! `O(log K)`.

use super::sum_tree::SumTree;
use std::hint::select_unpredictable;

/// Exponentials that are computed at once on the widest vectors.
const LANES: usize = 8;
/// The tree is rebuilt when a logit is further than this above the reference, or when the total
/// weight says that all are further below.
const REACH: f64 = 4.0;

/// What belongs to one arm, together, so that moving it waits for memory only once.
#[derive(Debug, Clone, Copy)]
struct Arm {
    /// θ, as given and moved.
    logit: f64,
    /// `w (θ − reference)` in fixed point, for the entropy.
    weighted_logit: i64,
    /// Whether it is among those that move now.
    is_moved: bool,
}

impl Arm {
    /// Ends the move with a new weighted logit; returns by how much it is larger. (That may wrap
    /// beyond [`REACH`], where a rebuild follows.)
    #[inline]
    fn settle(&mut self, weighted_logit: i64) -> i64 {
        self.is_moved = false;
        weighted_logit.wrapping_sub(std::mem::replace(&mut self.weighted_logit, weighted_logit))
    }
}

/// The arm outside the tree and its weight.
#[derive(Debug, Clone, Copy)]
struct Favourite {
    arm: usize,
    weight: u64,
}

impl Favourite {
    /// Gives an arm its new weight, and makes it the favourite if it outweighs the present one.
    /// Returns by how much all weights together are larger.
    #[inline(always)]
    fn set(&mut self, arm: usize, weight: u64, tree: &mut SumTree) -> u64 {
        let is_favourite = arm == self.arm;
        if !is_favourite & (weight > self.weight) {
            let change = tree.set(arm, 0).wrapping_add(tree.set(self.arm, self.weight));
            let change = change.wrapping_add(weight).wrapping_sub(self.weight);
            *self = Self { arm, weight };
            return change;
        }
        let outside = select_unpredictable(is_favourite, weight, self.weight);
        let change = outside.wrapping_sub(self.weight);
        self.weight = outside;
        change.wrapping_add(tree.set(arm, select_unpredictable(is_favourite, 0, weight)))
    }
}

/// `π(a) ∝ exp(θₐ)` over `K` arms.
///
/// A tree keeps the sums of the weights `wₐ = exp(θₐ − reference)`: moving `m` arms costs
/// `O(m log K)`, as does drawing `m` arms. Weights are fixed-point numbers of `55 − log₂ K` bits, so
/// that an arm less likely than about `2⁻⁵⁰` is never drawn. Integers add exactly and in any order:
/// the sums stay right over any number of moves, and are the same on every machine.
///
/// One arm, as a rule the heaviest, is kept out of the tree: a policy that has made up its mind
/// draws it nearly always, for the price of one comparison.
#[derive(Debug, Clone)]
pub struct SoftmaxTree {
    arms: Vec<Arm>,
    /// Subtracted from the logits before exponentiation.
    reference: f64,
    /// The fixed-point number that stands for a weight of 1.
    scale: f64,
    /// `wₐ`, but 0 for the favourite.
    tree: SumTree,
    favourite: Favourite,
    /// `Σ wₐ`, the favourite's included.
    total: u64,
    weighted_logit_sum: i64,
    /// Memory of [`Self::draw_into`]: draws that did not take the favourite, and how far beyond it.
    others: Vec<(usize, u64)>,
    /// Memory of [`Self::ascend`]: the arms that move, `θₐ − reference`, and `wₐ`.
    moved: Vec<usize>,
    heights: Vec<f64>,
    new_weights: Vec<f64>,
}

impl SoftmaxTree {
    /// A policy with the given finite logits; their number `K` is from 1 to 2²⁴.
    pub fn new(logits: &[f64]) -> Self {
        let arm = |&logit: &f64| Arm { logit, weighted_logit: 0, is_moved: false };
        let mut tree = Self {
            arms: logits.iter().map(arm).collect(),
            reference: 0.0,
            // |w x| ≤ 4 e⁴ < 2⁸ for every x ≤ REACH; K of them must fit 63 bits.
            scale: (1u64 << (55 - logits.len().next_power_of_two().trailing_zeros())) as f64,
            tree: SumTree::new(logits.len()),
            favourite: Favourite { arm: 0, weight: 0 },
            total: 0,
            weighted_logit_sum: 0,
            others: Vec::new(),
            moved: Vec::new(),
            heights: Vec::new(),
            new_weights: Vec::new(),
        };
        tree.rebuild();
        tree
    }

    /// The logits θ, `K` of them.
    pub fn logits(&self) -> impl ExactSizeIterator<Item = f64> {
        self.arms.iter().map(|arm| arm.logit)
    }

    /// Entropy of the policy in nats: `ln Z − Σ πₐ θₐ`.
    pub fn entropy(&self) -> f64 {
        let weight = self.total as f64;
        libm::log(weight / self.scale) - self.weighted_logit_sum as f64 / weight
    }

    /// Writes the probabilities into `out` (length `K`).
    pub fn probabilities_into(&self, out: &mut [f64]) {
        let total = self.total as f64;
        for (probability, &weight) in out.iter_mut().zip(self.tree.numbers()) {
            *probability = weight as f64 / total;
        }
        out[self.favourite.arm] = self.favourite.weight as f64 / total;
    }

    /// Draws arms into `out`, each from a number that is spread over all of `u64`.
    ///
    /// First it is settled, without a branch that nobody could predict, who draws the favourite;
    /// the others go through the tree. (Not inlined, so that the generator stays in registers.)
    #[inline(never)]
    pub fn draw_into(&mut self, mut random: impl FnMut() -> u64, out: &mut [usize]) {
        let (total, favourite) = (self.total, self.favourite);
        self.others.resize(out.len(), (0, 0));
        let mut count = 0;
        for draw in 0..out.len() {
            let place = scaled(random(), total);
            let (beyond, is_favourite) = place.overflowing_sub(favourite.weight);
            self.others[count] = (draw, beyond);
            count += usize::from(!is_favourite);
        }
        out.fill(favourite.arm);
        self.tree.prepare();
        for &(draw, beyond) in &self.others[..count] {
            out[draw] = self.tree.find(beyond);
        }
    }

    /// Adds `rate · gradient[i]` to the logit of `arms[i]`, for every `i`; arms may repeat.
    ///
    /// The exponentials are computed in one go, which is where several at once pay.
    #[inline(always)]
    pub fn ascend(&mut self, rate: f64, arms: &[usize], gradient: &[f64]) {
        self.add(rate, arms, gradient);
        self.weigh();
        let (mut highest, mut sum) = (f64::NEG_INFINITY, self.weighted_logit_sum);
        let (mut favourite, mut total) = (self.favourite, self.total);
        let count = self.moved.len();
        let (weights, heights) = (&self.new_weights[..count], &self.heights[..count]);
        for ((&arm, &weight), &height) in self.moved.iter().zip(weights).zip(heights).rev() {
            highest = if height > highest { height } else { highest };
            sum = sum.wrapping_add(self.arms[arm].settle((weight * height) as i64));
            let change = favourite.set(arm, weight as i64 as u64, &mut self.tree);
            total = total.wrapping_add(change);
        }
        (self.weighted_logit_sum, self.favourite, self.total) = (sum, favourite, total);
        let lowest_total = self.scale * const { 1.0 / 54.0 };
        if highest > REACH || (total as f64) < lowest_total {
            self.rebuild();
        }
    }

    /// Moves the logits and collects the arms that moved, each once.
    #[inline(always)]
    fn add(&mut self, rate: f64, arms: &[usize], gradient: &[f64]) {
        self.moved.resize(arms.len(), 0);
        let (all, moved) = (&mut self.arms[..], &mut self.moved[..]);
        let mut count = 0;
        for (&index, &slope) in arms.iter().zip(gradient) {
            if slope != 0.0 {
                let arm = &mut all[index];
                arm.logit += rate * slope;
                moved[count] = index;
                count += usize::from(!std::mem::replace(&mut arm.is_moved, true));
            }
        }
        self.moved.truncate(count);
    }

    /// The heights and new weights of the arms that moved, filled up to whole vectors.
    #[inline(always)]
    fn weigh(&mut self) {
        let height = |&arm: &usize| self.arms[arm].logit - self.reference;
        self.heights.clear();
        self.heights.extend(self.moved.iter().map(height));
        self.heights.resize(self.moved.len().next_multiple_of(LANES), 0.0);
        self.new_weights.resize(self.heights.len(), 0.0);
        for (weight, &height) in self.new_weights.iter_mut().zip(&self.heights) {
            *weight = weight_at(height, self.scale);
        }
    }

    /// Adds `change(arm)` to every logit. Costs `O(K)`.
    pub fn add_all(&mut self, change: impl Fn(usize) -> f64) {
        for (index, arm) in self.arms.iter_mut().enumerate() {
            arm.logit += change(index);
        }
        self.rebuild();
    }

    /// Takes the largest logit as the reference and its arm as the favourite, and recomputes the
    /// whole tree.
    fn rebuild(&mut self) {
        let logit = |index: usize| self.arms[index].logit;
        let heavier = |best, index| if logit(index) > logit(best) { index } else { best };
        let favourite = (0..self.arms.len()).fold(0, heavier);
        self.reference = logit(favourite);
        self.weighted_logit_sum = 0;
        self.total = 0;
        self.tree.replace(self.arms.iter_mut().map(|arm| {
            let height = arm.logit - self.reference;
            let weight = weight_at(height, self.scale);
            arm.weighted_logit = (weight * height) as i64;
            self.weighted_logit_sum += arm.weighted_logit;
            self.total += weight as i64 as u64;
            weight as i64 as u64
        }));
        self.favourite = Favourite { arm: favourite, weight: self.tree.numbers()[favourite] };
        self.tree.set(favourite, 0);
    }
}

/// The weight of an arm whose logit is so far above the reference, before it becomes an integer.
///
/// As an integer its product with the height is 0 even where that is 0 · ∞.
#[inline(always)]
fn weight_at(height: f64, scale: f64) -> f64 {
    scale * rs_grpo::exp(if height < REACH { height } else { REACH })
}

/// A number spread over all of `u64`, scaled to `0..total`.
fn scaled(random: u64, total: u64) -> u64 {
    ((u128::from(random) * u128::from(total)) >> 64) as u64
}
