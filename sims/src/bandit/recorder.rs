//! The curve of one run: mean reward and entropy in windows of pulls.

use super::SoftmaxPolicy;

/// Number of windows in a curve. At the authors' 400,000 pulls each holds 1,000 pulls, as in their moving
/// average.
pub(super) const WINDOWS: u64 = 400;

/// Collects rewards pull by pull into windows of equal length.
#[derive(Debug)]
pub(super) struct Recorder {
    /// Number of pulls in a window.
    window: u64,
    /// Number of pulls so far in the current window.
    filled: u64,
    sum: f64,
    /// Mean reward of each full window.
    pub(super) rewards: Vec<f64>,
    /// Entropy of the policy at the first pull of each window.
    pub(super) entropies: Vec<f64>,
}

impl Recorder {
    pub(super) fn new(pulls: u64) -> Self {
        let window = window(pulls);
        let windows = (pulls / window) as usize;
        Self {
            window,
            filled: 0,
            sum: 0.0,
            rewards: Vec::with_capacity(windows),
            entropies: Vec::with_capacity(windows + 1),
        }
    }

    /// Adds the rewards of one group drawn from `policy`.
    #[inline(always)]
    pub(super) fn add(&mut self, mut rewards: &[f64], policy: &mut SoftmaxPolicy) {
        while !rewards.is_empty() {
            if self.filled == 0 {
                self.entropies.push(policy.entropy());
            }
            let room = (self.window - self.filled).min(rewards.len() as u64) as usize;
            let (now, later) = rewards.split_at(room);
            self.sum += sum(now);
            self.filled += room as u64;
            self.close_if_full();
            rewards = later;
        }
    }

    fn close_if_full(&mut self) {
        if self.filled == self.window {
            self.rewards.push(self.sum / self.window as f64);
            self.sum = 0.0;
            self.filled = 0;
        }
    }

    /// The curves of rewards and entropies, without a last window that is not full.
    pub(super) fn finish(mut self) -> (Vec<f64>, Vec<f64>) {
        self.entropies.truncate(self.rewards.len());
        (self.rewards, self.entropies)
    }
}

/// Number of pulls in a window, for a run of `pulls` pulls.
pub(super) fn window(pulls: u64) -> u64 {
    (pulls / WINDOWS).max(1)
}

/// The sum of `numbers` in eight partial sums, which vector units add at once.
#[inline(always)]
fn sum(numbers: &[f64]) -> f64 {
    let (lanes, rest) = numbers.as_chunks::<8>();
    let mut sums = [0.0; 8];
    for lane in lanes {
        sums = std::array::from_fn(|i| sums[i] + lane[i]);
    }
    sums.iter().chain(rest).sum()
}
