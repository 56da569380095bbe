//! A softmax policy over many arms that draws, moves single arms and knows its entropy in
//! `O(log K)`.

/// Logits further above the reference than this are brought back by [`SoftmaxTree::rebuild`], long
/// before a weight could overflow.
const HIGHEST_LOGIT: f64 = 16.0;
/// A total weight below this means that the reference has become too high: rebuilt as well.
const LOWEST_TOTAL: f64 = 1e-6;

/// Sums over the leaves below one node of the tree.
#[derive(Debug, Clone, Copy, Default)]
struct Node {
    /// `Σ wₐ`, with `wₐ = exp(θₐ − reference)`.
    weight: f64,
    /// `Σ wₐ (θₐ − reference)`, for the entropy.
    weighted_logit: f64,
}

impl Node {
    fn leaf(logit: f64) -> Self {
        let weight = libm::exp(logit);
        // An arm whose weight underflows to 0 contributes 0, not 0 · ∞.
        let weighted_logit = if weight > 0.0 { weight * logit } else { 0.0 };
        Self { weight, weighted_logit }
    }

    fn join(left: Self, right: Self) -> Self {
        Self {
            weight: left.weight + right.weight,
            weighted_logit: left.weighted_logit + right.weighted_logit,
        }
    }
}

/// `π(a) ∝ exp(θₐ)` over `K` arms.
///
/// A binary tree keeps the sum of the weights below each node. Parents are always recomputed from
/// their children, never moved by differences, so rounding does not build up over millions of
/// updates. Moving `m` arms costs `O(m log K)`, as does drawing `m` arms.
#[derive(Debug, Clone)]
pub struct SoftmaxTree {
    /// θ, as given and moved.
    logits: Vec<f64>,
    /// Subtracted from the logits before exponentiation.
    reference: f64,
    /// Node `i` has children `2i` and `2i + 1`; the leaves start at `first_leaf`.
    nodes: Vec<Node>,
    first_leaf: usize,
    /// Nodes whose parents must be recomputed.
    touched: Vec<usize>,
}

impl SoftmaxTree {
    /// A policy with the given finite logits (length `K ≥ 1`).
    pub fn new(logits: Vec<f64>) -> Self {
        let first_leaf = logits.len().next_power_of_two();
        let mut tree = Self {
            logits,
            reference: 0.0,
            nodes: vec![Node::default(); 2 * first_leaf],
            first_leaf,
            touched: Vec::new(),
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
        let root = self.nodes[1];
        libm::log(root.weight) - root.weighted_logit / root.weight
    }

    /// The probability of `arm`.
    pub fn probability(&self, arm: usize) -> f64 {
        self.nodes[self.first_leaf + arm].weight / self.nodes[1].weight
    }

    /// Replaces each number of `uniforms`, from `[0, 1)`, by a drawn arm in `arms`.
    ///
    /// All draws go down the tree together, one level at a time: they are independent, so the
    /// processor overlaps them.
    pub fn draw_into(&self, uniforms: &mut [f64], arms: &mut [usize]) {
        let total = self.nodes[1].weight;
        uniforms.iter_mut().for_each(|u| *u *= total);
        arms.fill(1);
        for _ in 0..self.first_leaf.trailing_zeros() {
            for (u, node) in uniforms.iter_mut().zip(arms.iter_mut()) {
                let left = self.nodes[2 * *node].weight;
                let right = *u >= left;
                *u -= if right { left } else { 0.0 };
                *node = 2 * *node + usize::from(right);
            }
        }
        for node in arms {
            *node = self.last_possible(*node) - self.first_leaf;
        }
    }

    /// The leaf itself, or, where rounding led past the last arm of positive weight, that arm.
    fn last_possible(&self, leaf: usize) -> usize {
        let mut leaf = leaf;
        while self.nodes[leaf].weight == 0.0 && leaf > self.first_leaf {
            leaf -= 1;
        }
        leaf
    }

    /// Adds `change` to the logit of `arm`; the policy follows at the next [`Self::refresh`].
    pub fn add(&mut self, arm: usize, change: f64) {
        self.logits[arm] += change;
        self.touched.push(self.first_leaf + arm);
    }

    /// Writes the probabilities into `out` (length `K`).
    pub fn probabilities_into(&self, out: &mut [f64]) {
        let total = self.nodes[1].weight;
        for (probability, leaf) in out.iter_mut().zip(&self.nodes[self.first_leaf..]) {
            *probability = leaf.weight / total;
        }
    }

    /// Adds `factor · π(a)` to the logit of every arm. Costs `O(K)`.
    pub fn shift_by_probability(&mut self, factor: f64) {
        let scale = factor / self.nodes[1].weight;
        for (logit, leaf) in self.logits.iter_mut().zip(&self.nodes[self.first_leaf..]) {
            *logit += scale * leaf.weight;
        }
        self.rebuild();
    }

    /// Adds `change(arm)` to every logit. Costs `O(K)`.
    pub fn add_all(&mut self, change: impl Fn(usize) -> f64) {
        for (arm, logit) in self.logits.iter_mut().enumerate() {
            *logit += change(arm);
        }
        self.touched.clear();
        self.rebuild();
    }

    /// Brings the policy up to date with the moved logits.
    pub fn refresh(&mut self) {
        self.touched.sort_unstable();
        self.touched.dedup();
        let mut highest = f64::NEG_INFINITY;
        for &leaf in &self.touched {
            let logit = self.logits[leaf - self.first_leaf] - self.reference;
            highest = highest.max(logit);
            self.nodes[leaf] = Node::leaf(logit);
        }
        self.refresh_parents();
        let total = self.nodes[1].weight;
        if highest > HIGHEST_LOGIT || total < LOWEST_TOTAL {
            self.rebuild();
        }
    }

    /// Recomputes every ancestor of the touched leaves, level by level.
    fn refresh_parents(&mut self) {
        for _ in 0..self.first_leaf.trailing_zeros() {
            let mut last = 0;
            let mut kept = 0;
            for i in 0..self.touched.len() {
                let parent = self.touched[i] / 2;
                if parent != last {
                    self.nodes[parent] = self.joined(parent);
                    self.touched[kept] = parent;
                    kept += 1;
                    last = parent;
                }
            }
            self.touched.truncate(kept);
        }
        self.touched.clear();
    }

    fn joined(&self, parent: usize) -> Node {
        Node::join(self.nodes[2 * parent], self.nodes[2 * parent + 1])
    }

    /// Takes the largest logit as the reference and recomputes the whole tree.
    fn rebuild(&mut self) {
        self.reference = self.logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let leaves = &mut self.nodes[self.first_leaf..];
        for (leaf, logit) in leaves.iter_mut().zip(&self.logits) {
            *leaf = Node::leaf(logit - self.reference);
        }
        for parent in (1..self.first_leaf).rev() {
            self.nodes[parent] = self.joined(parent);
        }
    }
}
