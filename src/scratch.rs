//! Reusable memory for the estimators that sort.

/// Memory an estimator may use between its first and last line.
///
/// Keep one per thread and pass it to every call: after the first group of a given size no
/// estimator allocates.
#[derive(Debug, Clone, Default)]
pub struct Scratch {
    /// Positions in the group, by rank.
    order: Vec<usize>,
    /// One number for each rank.
    by_rank: Vec<f64>,
    /// One number for each gap between neighbours.
    weights: Vec<f64>,
    /// For what goes into the weights.
    spare: [Vec<f64>; 2],
}

impl Scratch {
    /// Empty memory; grows on first use.
    pub fn new() -> Self {
        Self::default()
    }

    /// The rewards from smallest to largest; remembers where each one came from.
    pub(crate) fn sort_ascending(&mut self, rewards: &[f64]) -> &mut [f64] {
        self.order.clear();
        self.order.extend(0..rewards.len());
        self.order.sort_unstable_by(|&a, &b| rewards[a].total_cmp(&rewards[b]));
        self.by_rank.clear();
        self.by_rank.extend(self.order.iter().map(|&i| rewards[i]));
        &mut self.by_rank
    }

    /// The same, with a weight of 0 for each gap and two buffers.
    pub(crate) fn sort_with_weights(&mut self, rewards: &[f64]) -> Sorted<'_> {
        self.sort_ascending(rewards);
        self.weights.clear();
        self.weights.resize(rewards.len() - 1, 0.0);
        let [first, second] = &mut self.spare;
        Sorted { rewards: &mut self.by_rank, weights: &mut self.weights, spare: [first, second] }
    }

    /// Writes the numbers by rank back to the positions that the rewards had.
    pub(crate) fn unsort_into(&self, out: &mut [f64]) {
        for (&i, &number) in self.order.iter().zip(&self.by_rank) {
            out[i] = number;
        }
    }
}

/// Sorted rewards, and memory for the weights of their gaps.
pub(crate) struct Sorted<'a> {
    /// From the smallest to the largest.
    pub(crate) rewards: &'a mut [f64],
    /// One for each gap between neighbours.
    pub(crate) weights: &'a mut [f64],
    /// For what goes into the weights.
    pub(crate) spare: [&'a mut Vec<f64>; 2],
}
