//! A softmax policy over many arms that draws, moves single arms and knows its entropy in
//! `O(log K)`.

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

/// `π(a) ∝ exp(θₐ)` over `K` arms.
///
/// A binary tree keeps the sum of the weights `wₐ = exp(θₐ − reference)` below each node: moving `m`
/// arms costs `O(m log K)`, as does drawing `m` arms. Weights are fixed-point numbers of
/// `55 − log₂ K` bits, so that an arm less likely than about `2⁻⁵⁰` is never drawn. Integers add
/// exactly and in any order: the sums stay right over any number of moves, and are the same on every
/// machine.
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
    /// `Σ wₐ` below node `i`, which has children `2i` and `2i + 1`; the leaves start at `first_leaf`.
    weights: Vec<u64>,
    first_leaf: usize,
    /// The arm outside the tree; its leaf is empty.
    favourite: usize,
    favourite_weight: u64,
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
        let first_leaf = logits.len().next_power_of_two();
        let arm = |&logit: &f64| Arm { logit, weighted_logit: 0, is_moved: false };
        let mut tree = Self {
            arms: logits.iter().map(arm).collect(),
            reference: 0.0,
            // |w x| ≤ 4 e⁴ < 2⁸ for every x ≤ REACH; K of them must fit 63 bits.
            scale: (1u64 << (55 - first_leaf.trailing_zeros())) as f64,
            weights: vec![0; 2 * first_leaf],
            first_leaf,
            favourite: 0,
            favourite_weight: 0,
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
        let weight = self.total() as f64;
        libm::log(weight / self.scale) - self.weighted_logit_sum as f64 / weight
    }

    /// Writes the probabilities into `out` (length `K`).
    pub fn probabilities_into(&self, out: &mut [f64]) {
        let total = self.total() as f64;
        for (probability, &weight) in out.iter_mut().zip(&self.weights[self.first_leaf..]) {
            *probability = weight as f64 / total;
        }
        out[self.favourite] = self.favourite_weight as f64 / total;
    }

    /// Draws arms into `out`, each from a number that is spread over all of `u64`.
    ///
    /// First it is settled, without a branch that nobody could predict, who draws the favourite;
    /// the others go through the tree. (Not inlined, so that the generator stays in registers.)
    #[inline(never)]
    pub fn draw_into(&mut self, mut random: impl FnMut() -> u64, out: &mut [usize]) {
        let (total, favourite_weight) = (self.total(), self.favourite_weight);
        self.others.resize(out.len(), (0, 0));
        let mut count = 0;
        for draw in 0..out.len() {
            let place = scaled(random(), total);
            let (beyond, is_favourite) = place.overflowing_sub(favourite_weight);
            self.others[count] = (draw, beyond);
            count += usize::from(!is_favourite);
        }
        out.fill(self.favourite);
        for &(draw, beyond) in &self.others[..count] {
            out[draw] = self.descend(beyond);
        }
    }

    /// The arm at which the sum of the weights passes `rest`, a number below the root's weight.
    fn descend(&self, mut rest: u64) -> usize {
        let mut left = 2;
        while let Some(&weight) = self.weights.get(left) {
            // Computed, not branched: nobody can predict where a random number goes.
            let (beyond, stays) = rest.overflowing_sub(weight);
            let minus_one = u64::from(stays).wrapping_neg();
            rest = beyond.wrapping_add(weight & minus_one);
            left = 2 * (left + 1).wrapping_add(minus_one as usize);
        }
        left / 2 - self.first_leaf
    }

    /// Adds `rate · gradient[i]` to the logit of `arms[i]`, for every `i`; arms may repeat.
    ///
    /// The exponentials are computed in one go, which is where several at once pay.
    pub fn ascend(&mut self, rate: f64, arms: &[usize], gradient: &[f64]) {
        self.add(rate, arms, gradient);
        self.heights.clear();
        self.heights.extend(self.moved.iter().map(|&arm| self.arms[arm].logit - self.reference));
        self.new_weights.resize(self.heights.len(), 0.0);
        for (weight, &height) in self.new_weights.iter_mut().zip(&self.heights) {
            *weight = weight_at(height, self.scale);
        }
        let (mut highest, mut sum) = (f64::NEG_INFINITY, self.weighted_logit_sum);
        for i in (0..self.moved.len()).rev() {
            let (arm, weight, height) = (self.moved[i], self.new_weights[i], self.heights[i]);
            highest = if height > highest { height } else { highest };
            sum = sum.wrapping_add(self.arms[arm].settle((weight * height) as i64));
            self.set(arm, weight as i64 as u64);
        }
        self.weighted_logit_sum = sum;
        let lowest_total = self.scale * const { 1.0 / 54.0 };
        if highest > REACH || (self.total() as f64) < lowest_total {
            self.rebuild();
        }
    }

    /// Moves the logits and collects the arms that moved, each once.
    fn add(&mut self, rate: f64, arms: &[usize], gradient: &[f64]) {
        self.moved.resize(arms.len(), 0);
        let mut count = 0;
        for (&index, &slope) in arms.iter().zip(gradient) {
            if slope != 0.0 {
                let arm = &mut self.arms[index];
                arm.logit += rate * slope;
                self.moved[count] = index;
                count += usize::from(!std::mem::replace(&mut arm.is_moved, true));
            }
        }
        self.moved.truncate(count);
    }

    /// Adds `change(arm)` to every logit. Costs `O(K)`.
    pub fn add_all(&mut self, change: impl Fn(usize) -> f64) {
        for (index, arm) in self.arms.iter_mut().enumerate() {
            arm.logit += change(index);
        }
        self.rebuild();
    }

    fn total(&self) -> u64 {
        self.favourite_weight + self.weights[1]
    }

    /// Gives an arm its new weight, and makes it the favourite if it outweighs the present one.
    #[inline]
    fn set(&mut self, index: usize, weight: u64) {
        if index == self.favourite {
            self.favourite_weight = weight;
        } else if weight > self.favourite_weight {
            self.set_leaf(index, 0);
            self.set_leaf(self.favourite, self.favourite_weight);
            (self.favourite, self.favourite_weight) = (index, weight);
        } else {
            self.set_leaf(index, weight);
        }
    }

    /// Changes a leaf and the sums of all its ancestors.
    #[inline]
    fn set_leaf(&mut self, index: usize, weight: u64) {
        let mut node = self.first_leaf + index;
        let change = weight.wrapping_sub(self.weights[node]);
        while node > 0 {
            self.weights[node] = self.weights[node].wrapping_add(change);
            node /= 2;
        }
    }

    /// Takes the largest logit as the reference and its arm as the favourite, and recomputes the
    /// whole tree.
    fn rebuild(&mut self) {
        let logit = |index: usize| self.arms[index].logit;
        let heavier = |best, index| if logit(index) > logit(best) { index } else { best };
        self.favourite = (0..self.arms.len()).fold(0, heavier);
        self.reference = logit(self.favourite);
        self.weighted_logit_sum = 0;
        for (arm, leaf) in self.arms.iter_mut().zip(&mut self.weights[self.first_leaf..]) {
            let height = arm.logit - self.reference;
            let weight = weight_at(height, self.scale);
            arm.weighted_logit = (weight * height) as i64;
            self.weighted_logit_sum += arm.weighted_logit;
            *leaf = weight as i64 as u64;
        }
        self.favourite_weight = std::mem::take(&mut self.weights[self.first_leaf + self.favourite]);
        for parent in (1..self.first_leaf).rev() {
            self.weights[parent] = self.weights[2 * parent] + self.weights[2 * parent + 1];
        }
    }
}

/// The weight of an arm whose logit is so far above the reference, before it becomes an integer.
///
/// As an integer its product with the height is 0 even where that is 0 · ∞.
#[inline]
fn weight_at(height: f64, scale: f64) -> f64 {
    scale * rs_grpo::exp(if height < REACH { height } else { REACH })
}

/// A number spread over all of `u64`, scaled to `0..total`.
fn scaled(random: u64, total: u64) -> u64 {
    ((u128::from(random) * u128::from(total)) >> 64) as u64
}
