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

    /// Writes the numbers by rank back to the positions that the rewards had.
    pub(crate) fn unsort_into(&self, out: &mut [f64]) {
        for (&i, &number) in self.order.iter().zip(&self.by_rank) {
            out[i] = number;
        }
    }
}
