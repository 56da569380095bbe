//! Identity W: what an estimator really optimises on binary rewards, exactly.

use crate::binomial::success_chances;
use crate::{Error, Estimator, Scratch};

/// The effective weight `w_N(p)` of an estimator on binary rewards with pass rate `p`.
///
/// # Formula
/// ```text
/// E[gradient] = w_N(p) ∇p,    w_N(p) = E_{c ~ Binomial(N−1, p)} [ a₊(c+1) − a₋(c) ]
/// ```
/// where `a₊(c)` and `a₋(c)` are the advantages of a correct and of a wrong response in a group
/// with `c` correct ones. Exact for every policy: an estimator is unbiased for an objective `F(p)`
/// exactly when `w_N(p) = F′(p)` for all `p`. For pass@k that is `k(1−p)^{k−1}`.
///
/// `n` is the group size `N ≥ 1`, `p` lies in `[0, 1]`. Cost `O(N)` evaluations of the estimator.
///
/// # Errors
/// `n = 0`, `p` outside `[0, 1]`, or what the estimator refuses at this group size.
pub fn effective_weight(estimator: &Estimator, n: usize, p: f64) -> Result<f64, Error> {
    let others = n.checked_sub(1).ok_or(Error::EmptyGroup)?;
    if !(0.0..=1.0).contains(&p) {
        return Err(Error::parameter("p", p, "0 to 1"));
    }
    let mut groups = BinaryGroups::new(n);
    let mut wrong = groups.advantages(estimator, 0)?.1;
    let mut weight = 0.0;
    for (c, chance) in success_chances(others, p).into_iter().enumerate() {
        let (correct, next_wrong) = groups.advantages(estimator, c + 1)?;
        weight += chance * (correct - wrong);
        wrong = next_wrong;
    }
    Ok(weight)
}

/// The groups with `c` ones followed by zeros, for any `c`, in reused memory.
struct BinaryGroups {
    rewards: Vec<f64>,
    advantages: Vec<f64>,
    scratch: Scratch,
}

impl BinaryGroups {
    fn new(n: usize) -> Self {
        Self { rewards: vec![0.0; n], advantages: vec![0.0; n], scratch: Scratch::new() }
    }

    /// Advantages `(a₊, a₋)` in the group with `c` correct responses.
    fn advantages(&mut self, estimator: &Estimator, c: usize) -> Result<(f64, f64), Error> {
        for (i, reward) in self.rewards.iter_mut().enumerate() {
            *reward = f64::from(u8::from(i < c));
        }
        estimator.advantages_into(&self.rewards, &mut self.advantages, &mut self.scratch)?;
        Ok((self.advantages[0], self.advantages[self.rewards.len() - 1]))
    }
}
