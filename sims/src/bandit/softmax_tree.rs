//! A softmax policy over many arms that draws, moves single arms and knows its entropy in
//! `O(log K)`.

/// The tree is rebuilt when a logit is further than this above the reference, or when the total
/// weight says that all are further below.
const REACH: f64 = 4.0;

/// Sums over the leaves below one node, in fixed point.
///
/// Integers add exactly and in any order: the sums stay right over any number of moves, and are the
/// same on every machine.
#[derive(Debug, Clone, Copy, Default)]
struct Node {
    /// `Σ wₐ`, with `wₐ = exp(θₐ − reference)`.
    weight: u64,
    /// `Σ wₐ (θₐ − reference)`, for the entropy; two's complement.
    weighted_logit: u64,
}

impl Node {
    fn join(self, other: Self) -> Self {
        Self {
            weight: self.weight.wrapping_add(other.weight),
            weighted_logit: self.weighted_logit.wrapping_add(other.weighted_logit),
        }
    }

    fn less(self, other: Self) -> Self {
        Self {
            weight: self.weight.wrapping_sub(other.weight),
            weighted_logit: self.weighted_logit.wrapping_sub(other.weighted_logit),
        }
    }
}

/// `π(a) ∝ exp(θₐ)` over `K` arms.
///
/// A binary tree keeps the sum of the weights below each node: moving `m` arms costs
/// `O(m log K)`, as does drawing `m` arms. Weights are fixed-point numbers of `55 − log₂ K` bits, so
/// that an arm less likely than about `2⁻⁵⁰` is never drawn.
///
/// One arm, as a rule the heaviest, is kept out of the tree: a policy that has made up its mind
/// draws it nearly always, for the price of one comparison.
#[derive(Debug, Clone)]
pub struct SoftmaxTree {
    /// θ, as given and moved.
    logits: Vec<f64>,
    /// Subtracted from the logits before exponentiation.
    reference: f64,
    /// The fixed-point number that stands for a weight of 1.
    scale: f64,
    /// Node `i` has children `2i` and `2i + 1`; the leaves start at `first_leaf`.
    nodes: Vec<Node>,
    first_leaf: usize,
    /// The arm outside the tree; its leaf is empty.
    favourite: usize,
    favourite_node: Node,
    /// Arms moved since the last refresh, each once.
    moved: Vec<usize>,
    is_moved: Vec<bool>,
}

impl SoftmaxTree {
    /// A policy with the given finite logits; their number `K` is from 1 to 2²⁴.
    pub fn new(logits: Vec<f64>) -> Self {
        let first_leaf = logits.len().next_power_of_two();
        let mut tree = Self {
            is_moved: vec![false; logits.len()],
            logits,
            reference: 0.0,
            // |w x| ≤ 4 e⁴ < 2⁸ for every x ≤ REACH; K of them must fit 63 bits.
            scale: (1u64 << (55 - first_leaf.trailing_zeros())) as f64,
            nodes: vec![Node::default(); 2 * first_leaf],
            first_leaf,
            favourite: 0,
            favourite_node: Node::default(),
            moved: Vec::new(),
        };
        tree.rebuild();
        tree
    }

    /// The logits θ, length `K`.
    pub fn logits(&self) -> &[f64] {
        &self.logits
    }

    /// Entropy of the policy in nats: `ln Z − Σ πₐ θₐ`.
    pub fn entropy(&self) -> f64 {
        let total = self.total();
        let weight = total.weight as f64;
        libm::log(weight / self.scale) - total.weighted_logit as i64 as f64 / weight
    }

    /// Writes the probabilities into `out` (length `K`).
    pub fn probabilities_into(&self, out: &mut [f64]) {
        let total = self.total().weight as f64;
        for (probability, leaf) in out.iter_mut().zip(&self.nodes[self.first_leaf..]) {
            *probability = leaf.weight as f64 / total;
        }
        out[self.favourite] = self.favourite_node.weight as f64 / total;
    }

    /// Draws one arm, from a number that is spread over all of `u64`.
    #[inline]
    pub fn draw(&self, random: u64) -> usize {
        match scaled(random, self.total().weight).checked_sub(self.favourite_node.weight) {
            None => self.favourite,
            Some(rest) => self.descend(rest),
        }
    }

    /// The arm at which the sum of the weights passes `rest`, a number below the root's weight.
    fn descend(&self, mut rest: u64) -> usize {
        let mut node = 1;
        while node < self.first_leaf {
            // Selected, not branched: nobody can predict where a random number goes.
            let (beyond, stays) = rest.overflowing_sub(self.nodes[2 * node].weight);
            rest = if stays { rest } else { beyond };
            node = 2 * node + usize::from(!stays);
        }
        node - self.first_leaf
    }

    /// Adds `change` to the logit of `arm`; the policy follows at the next [`Self::refresh`].
    pub fn add(&mut self, arm: usize, change: f64) {
        self.logits[arm] += change;
        if !std::mem::replace(&mut self.is_moved[arm], true) {
            self.moved.push(arm);
        }
    }

    /// Adds `change(arm)` to every logit. Costs `O(K)`.
    pub fn add_all(&mut self, change: impl Fn(usize) -> f64) {
        for (arm, logit) in self.logits.iter_mut().enumerate() {
            *logit += change(arm);
        }
        self.rebuild();
    }

    /// Brings the policy up to date with the moved logits.
    pub fn refresh(&mut self) {
        let mut highest = f64::NEG_INFINITY;
        while let Some(arm) = self.moved.pop() {
            self.is_moved[arm] = false;
            let logit = self.logits[arm] - self.reference;
            highest = highest.max(logit);
            self.set(arm, self.leaf(logit));
        }
        let lowest_total = self.scale * const { 1.0 / 54.0 };
        if highest > REACH || (self.total().weight as f64) < lowest_total {
            self.rebuild();
        }
    }

    fn total(&self) -> Node {
        self.favourite_node.join(self.nodes[1])
    }

    /// The leaf of an arm whose logit is so far above the reference.
    fn leaf(&self, logit: f64) -> Node {
        let weight = self.scale * rs_grpo::exp(logit.min(REACH));
        // An arm whose weight underflows to 0 contributes 0, not 0 · ∞.
        let weighted_logit = if weight > 0.0 { weight * logit } else { 0.0 };
        Node { weight: weight as u64, weighted_logit: weighted_logit as i64 as u64 }
    }

    /// Gives `arm` its new weight, and makes it the favourite if it outweighs the present one.
    fn set(&mut self, arm: usize, node: Node) {
        if arm == self.favourite {
            self.favourite_node = node;
        } else if node.weight > self.favourite_node.weight {
            self.set_leaf(arm, Node::default());
            self.set_leaf(self.favourite, self.favourite_node);
            (self.favourite, self.favourite_node) = (arm, node);
        } else {
            self.set_leaf(arm, node);
        }
    }

    /// Changes a leaf and the sums of all its ancestors.
    fn set_leaf(&mut self, arm: usize, leaf: Node) {
        let mut node = self.first_leaf + arm;
        let change = leaf.less(self.nodes[node]);
        while node > 0 {
            self.nodes[node] = self.nodes[node].join(change);
            node /= 2;
        }
    }

    /// Takes the largest logit as the reference and its arm as the favourite, and recomputes the
    /// whole tree.
    fn rebuild(&mut self) {
        let heaviest = |best, arm| if self.logits[arm] > self.logits[best] { arm } else { best };
        self.favourite = (0..self.logits.len()).fold(0, heaviest);
        self.reference = self.logits[self.favourite];
        for arm in 0..self.logits.len() {
            self.nodes[self.first_leaf + arm] = self.leaf(self.logits[arm] - self.reference);
        }
        self.favourite_node = std::mem::take(&mut self.nodes[self.first_leaf + self.favourite]);
        for parent in (1..self.first_leaf).rev() {
            self.nodes[parent] = self.nodes[2 * parent].join(self.nodes[2 * parent + 1]);
        }
    }
}

/// A number spread over all of `u64`, scaled to `0..total`.
fn scaled(random: u64, total: u64) -> u64 {
    ((u128::from(random) * u128::from(total)) >> 64) as u64
}
