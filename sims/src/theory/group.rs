//! The group that is used: what changes when `N` draws stand for the policy.
//!
//! Notation as in [`Instance`]; one best arm `*`, `β > 0`. The others are at `−β` and `−r`.
//!
//! # The tilt of a group
//! RS-GRPO weighs a response by its share of the exponential weights of its group. Its expectation is a
//! policy,
//! ```text
//! q_b = E[ Σ_{i: aᵢ = b} w_{aᵢ} / Σᵢ w_{aᵢ} ] = π_b (1 + β ā_b),      w_b = e^{β (r_b − r*)}
//! ```
//! with `ā_b = E[A₁ | a₁ = b]`. With `N → ∞` it is `π_b x_b`, where `x_b = w_b/Z` and `Z = Σ π w`. The
//! expected step moves the logit of `b` by `α (q_b − π_b)/β`, so that the gain of a small one is
//! ```text
//! β G_N = (q_* − π_*) − Σ_b π_b (q_b − π_b)                                                  (1)
//! ```
//! The best arm gains if the tilt gives it more than it gives, on average, to what the policy likes already.
//!
//! # Statements
//! 1. *Two arms.* With `K = 2` the best arm gains at every `N ≥ 2` and every β of either sign.
//! 2. *Ceiling.* `q_* < 1 − (1 − π_*)^N`: no β can weigh what is not in the group.
//! 3. *Bias.* `q_*` is below that of an infinite group, at every β and `N`.
//! 4. *Distance.* With `T_N = Σ_b π_b x_b (x_b − 1)⁺/(N − 1 + x_b) ≤ χ/(N − 1)`, `χ = Σ π x²`,
//!    ```text
//!    ½ Σ_b |q_b − π_b x_b| ≤ T_N      and      β |G_N − G_∞| ≤ 2 (1 − π_*) T_N                (2)
//!    ```
//!    so where an infinite group gains, one of `N ≥ 1 + 2 (1 − π_*) χ/(β G_∞)` does, and `β_N → β_∞` like
//!    `1/N` at a simple root.
//! 5. *Large β.* `β G_N → H_N`, with `F` the distribution of rewards under the policy,
//!    ```text
//!    H_N = (1) with q_b = π_b (F(r_b)^N − F(r_b−)^N)/(F(r_b) − F(r_b−))
//!    |β G_N − H_N| ≤ 2 (N − 1) e^{−βδ},     δ the smallest gap between two rewards
//!    ```
//!    If `H_N > 0` every `β ≥ ln(2 (N − 1)/H_N)/δ` gains; if `H_N < 0` none of those does.
//! 6. *Pairs.* With `N = 2` the advantage is `tanh(β (r₁ − r₂)/2)/β`, even in β: a negative β does exactly
//!    what a positive one does. With `D_ab = r_a − r_b`, let the policy prefer better arms below the best
//!    one: `π_a ≥ π_b` where `r_a > r_b`, `a, b ≠ *`. If for every level `ρ < r*`
//!    ```text
//!    Σ_{b: r_b ≤ ρ} π_b [ π_* (1 − π_* + π_b) − Σ_{a ≠ *, r_a > r_b} π_a (π_a − π_b) D_ab/D_*b ] ≤ 0   (3)
//!    ```
//!    then `G_2 ≤ 0` at every β: *no β helps*.
//!
//! Every policy has a β that helps an infinite group ([`lemma2`](super::lemma2)); by 2 and 6 a finite group
//! may have none. For a fixed `N` that is so on every policy whose best arm is rare enough, if the tilt of
//! the others alone favours likely arms, `Σ_b ρ_b (q_b − ρ_b) > 0` for `ρ = π` without `*`, at every β and in
//! both limits: divided by β/(1 + β) that sum has a positive minimum over `[0, ∞]`, while the share of `*` in
//! (1) is at most `π_* (N − 1) min(1, β (r* − min r))` and vanishes with `π_*`.
//!
//! # Proofs
//! Let `X(w) = N w E[1/(w + S)]`, `S` the weight of `N − 1` draws, so that `q_b = π_b X(w_b)`.
//! - *(1)* is the chain rule: `d ln π_*/dα = d_* − Σ_b π_b d_b` with `d_b = (q_b − π_b)/β`.
//! - *1.* `Σ q = 1`, so `βG = 2 (1 − π_*)(q_* − π_*)`, and `A` grows with the reward.
//! - *2.* The share of `*` is at most 1, below it with positive probability, and 0 in a group without `*`.
//! - *3.* `X(w)/w` falls with `w`, and `x(w)/w = 1/Z` is constant, with the same average `Σ π X = Σ π x = 1`.
//!   Were `X ≥ x` at the largest weight, it would be so at all, strictly at some: the averages would differ.
//! - *4.* By Jensen's inequality `X_b ≥ N w_b/((N − 1) Z + w_b) = x_b N/(N − 1 + x_b)`, so that
//!   `x_b − X_b ≤ x_b (x_b − 1)/(N − 1 + x_b)`. The positive parts of `π (x − X)` sum to half of all
//!   absolute ones, since `Σ π (x − X) = 0`. In (1) the factors of `q_b` lie between `−max_{b≠*} π_b` and
//!   `1 − π_*`, at most `2 (1 − π_*)` apart.
//! - *5.* In a group the responses below its best have at most `(N − 1) e^{−βδ}` of the weight, so the tilt
//!   is that far from the one in which its best responses share equally, and `q_b/π_b` is the latter's
//!   `Σ_m N C(N−1, m−1) f^{m−1} F(r_b−)^{N−m}/m` with `f` the probability of the level: the quotient
//!   above. Factors as in 4.
//! - *6.* `β G_2 = Σ_{b≠*} π_* π_b (1 − π_* + π_b) t_*b − Σ_{a,b≠*, r_a>r_b} π_a π_b (π_a − π_b) t_ab` with
//!   `t_ab = tanh(β D_ab/2)`, which is concave, so `t_ab ≥ t_*b D_ab/D_*b`. That leaves `Σ_b t_*b` times the
//!   terms of (3); `t_*b` grows as `r_b` falls, so the sum is a combination of the partial sums of (3) with
//!   factors that are not negative. ∎

use super::enclosure::{Enclosure, UNIT};
use super::{Instance, PolicyGradient};
use crate::Error;
use rs_grpo::Estimator;

/// Relative error of the integrals.
const TOLERANCE: f64 = 1e-14;

/// The expected advantages of RS-GRPO in a group of `N`.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupAdvantages {
    beta: f64,
    values: Vec<f64>,
    error: f64,
}

impl GroupAdvantages {
    /// `ā_b = E[A₁ | a₁ = b]` of every arm in a group of `n` at risk parameter `beta`.
    ///
    /// # Errors
    /// A `beta` that is not finite, or an `n` outside 1 to 2²⁴.
    pub fn new(instance: &Instance, beta: f64, n: usize) -> Result<Self, Error> {
        let estimator = Estimator::RsGrpo { beta };
        let mut values = vec![0.0; instance.arms()];
        let error = estimator
            .expected_advantages_into(instance.core_policy()?, n, TOLERANCE, &mut values)
            .map_err(|source| Error::Estimator { estimator: estimator.to_string(), source })?;
        Ok(Self { beta, values, error })
    }

    /// `ā`, length `K`.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// Bound on the error of each.
    pub fn error(&self) -> f64 {
        self.error
    }

    /// The tilt `q_b = π_b (1 + β ā_b)` of one arm.
    pub fn tilt(&self, instance: &Instance, arm: usize) -> Enclosure {
        let probability = instance.policy()[arm];
        let value = probability * (1.0 + self.beta * self.values[arm]);
        let error = probability * self.beta.abs() * self.error;
        Enclosure { value, error: error + 8.0 * UNIT * (value.abs() + probability) }
    }

    /// `G_N = Σ_b (1[b = *] − π_b) π_b ā_b`, the gain of a small step for the best arm.
    pub fn gain(&self, instance: &Instance) -> Enclosure {
        weighted(instance, |arm| (self.values[arm], self.error))
    }

    /// `β |G_N − G_∞|`, the distance to the infinite group with this gradient.
    pub fn distance(&self, instance: &Instance, gradient: &PolicyGradient) -> Enclosure {
        let apart = weighted(instance, |arm| {
            let (own, limit) = (self.values[arm], gradient.advantages()[arm]);
            // The error of d = πA is at least π times that of A.
            let error = gradient.errors()[arm] / instance.policy()[arm];
            (own - limit, self.error + error + 2.0 * UNIT * (own - limit).abs())
        });
        let beta = self.beta.abs();
        Enclosure { value: beta * apart.value.abs(), error: beta * apart.error }
    }
}

/// `Σ_b (1[b = *] − π_b) π_b v_b` of numbers with `Σ_b π_b v_b = 0`, each with a bound on its error.
///
/// # Rounding
/// Any constant may be added to the factors `1[b = *] − π_b`. Here it is the one that removes the term of the
/// arm with more than half of the mass, if there is one: otherwise its error would hide a sum that is as
/// small as the mass of the others, or as its square.
fn weighted(instance: &Instance, number: impl Fn(usize) -> (f64, f64)) -> Enclosure {
    let (best, policy) = (best_arm(instance), instance.policy());
    let removed = majority(instance);
    let (mut value, mut magnitude, mut error) = (0.0, 0.0, 0.0);
    for (arm, &p) in policy.iter().enumerate() {
        let factor = match removed {
            Some(most) if arm == most => 0.0,
            Some(most) if most == best => -(instance.rest_mass() + p),
            Some(most) if arm == best => instance.rest_mass() + policy[most],
            Some(most) => policy[most] - p,
            None if arm == best => instance.rest_mass(),
            None => -p,
        };
        let (own, own_error) = number(arm);
        value += p * factor * own;
        magnitude += (p * factor * own).abs();
        error += p * factor.abs() * own_error;
    }
    let sums = 2.0 * (3.0 * instance.arms() as f64 + 16.0) * UNIT * magnitude;
    Enclosure { value, error: error + sums }
}

/// The arm with more than half of the mass.
fn majority(instance: &Instance) -> Option<usize> {
    instance.policy().iter().position(|&p| p > 0.5)
}

/// The first arm with the best reward.
pub(crate) fn best_arm(instance: &Instance) -> usize {
    (0..instance.arms()).find(|&arm| instance.is_best(arm)).unwrap_or(0)
}

/// `H_N = lim β G_N` as `β → ∞`.
///
/// # Errors
/// None for a valid instance.
pub fn large_beta_limit(instance: &Instance, n: usize) -> Enclosure {
    let best = best_arm(instance);
    let (policy, rewards) = (instance.policy(), instance.rewards());
    let (mut value, mut magnitude) = (0.0, 0.0);
    for arm in 0..instance.arms() {
        let own: f64 = at_most(instance, |r| r == rewards[arm]);
        let below: f64 = at_most(instance, |r| r < rewards[arm]);
        let power = |x: f64| libm::exp(n as f64 * libm::log(x.min(1.0)));
        let share = (power(own + below) - power(below)) / own;
        let factor = policy[arm] * if arm == best { instance.rest_mass() } else { -policy[arm] };
        value += factor * (share - 1.0);
        magnitude += factor.abs() * ((power(own + below) + power(below)) / own + 1.0);
    }
    // A power of N multiplies the relative error of a sum of K probabilities by N.
    let rounding = 4.0 * (n as f64 + 4.0) * (instance.arms() as f64 + 8.0) * UNIT;
    Enclosure { value, error: rounding * magnitude }
}

fn at_most(instance: &Instance, is_in: impl Fn(f64) -> bool) -> f64 {
    let arms = instance.policy().iter().zip(instance.rewards().iter());
    arms.filter(|&(_, &reward)| is_in(reward)).map(|(p, _)| p).sum()
}

/// The smallest gap between two different rewards, `δ`.
pub fn smallest_gap(instance: &Instance) -> f64 {
    let mut rewards: Vec<f64> = instance.rewards().iter().copied().collect();
    rewards.sort_by(f64::total_cmp);
    rewards.dedup();
    rewards.windows(2).map(|pair| pair[1] - pair[0]).fold(f64::INFINITY, f64::min)
}

/// `2 (1 − π_*) T_N`, the bound on `β |G_N − G_∞|`, with a bound on its rounding error.
pub fn distance_bound(
    instance: &Instance,
    gradient: &PolicyGradient,
    beta: f64,
    n: usize,
) -> Enclosure {
    let others = (n - 1) as f64;
    let (mut value, mut error) = (0.0, 0.0);
    for arm in 0..instance.arms() {
        let excess = excess(instance, gradient, beta, arm);
        let x = 1.0 + beta * gradient.advantages()[arm];
        let share = x / (others + x);
        value += excess.value.max(0.0) * share;
        // The slope of x/(N − 1 + x) is at most 1, and the error of d = πA is at least π times that of A.
        let slope = beta * gradient.errors()[arm] / instance.policy()[arm] + 4.0 * UNIT * x;
        error += excess.error * share + excess.value.max(0.0) * slope;
    }
    let factor = 2.0 * instance.rest_mass();
    let sums = 2.0 * (instance.arms() as f64 + 16.0) * UNIT * value;
    Enclosure { value: factor * value, error: factor * (error + sums) }
}

/// `π_b (x_b − 1) = β d_b`; that of an arm with more than half of the mass from the others, since all sum to 0.
fn excess(instance: &Instance, gradient: &PolicyGradient, beta: f64, arm: usize) -> Enclosure {
    let own = |arm: usize| (beta * gradient.components()[arm], beta * gradient.errors()[arm]);
    let (value, error, magnitude) = if majority(instance) == Some(arm) {
        let others = (0..instance.arms()).filter(|&other| other != arm).map(own);
        others.fold((0.0, 0.0, 0.0), |(value, error, magnitude), (own, own_error)| {
            (value - own, error + own_error, magnitude + own.abs())
        })
    } else {
        let (value, error) = own(arm);
        (value, error, value.abs())
    };
    let sums = 2.0 * (instance.arms() as f64 + 2.0) * UNIT * magnitude;
    Enclosure { value, error: error + sums }
}

/// `χ = Σ π x²`, how unevenly an infinite group weighs the policy: `1 ≤ χ ≤ 1/π_*`.
pub fn unevenness(instance: &Instance, gradient: &PolicyGradient, beta: f64) -> f64 {
    let shares = gradient.advantages().iter().map(|advantage| 1.0 + beta * advantage);
    instance.policy().iter().zip(shares).map(|(p, x)| p * x * x).sum()
}

/// Whether the premise of statement 6 holds, so that no β helps a group of two; with room for rounding.
pub fn no_beta_helps_pairs(instance: &Instance) -> bool {
    let best = best_arm(instance);
    let (policy, rewards) = (instance.policy(), instance.rewards());
    let mut others: Vec<usize> = (0..instance.arms()).filter(|&arm| arm != best).collect();
    others.sort_by(|&a, &b| rewards[a].total_cmp(&rewards[b]));
    let prefers_better = others.iter().enumerate().all(|(i, &b)| {
        others[i..].iter().all(|&a| rewards[a] == rewards[b] || policy[a] >= policy[b])
    });
    let top = policy[best];
    let term = |&b: &usize| {
        let above = others.iter().filter(|&&a| rewards[a] > rewards[b]);
        let pulled = above.map(|&a| {
            let share = (rewards[a] - rewards[b]) / (rewards[best] - rewards[b]);
            policy[a] * (policy[a] - policy[b]) * share
        });
        policy[b] * (top * (instance.rest_mass() + policy[b]) - pulled.sum::<f64>())
    };
    let mut sum = 0.0;
    prefers_better
        && others.chunk_by(|&a, &b| rewards[a] == rewards[b]).all(|level| {
            sum += level.iter().map(term).sum::<f64>();
            sum <= -1e-12
        })
}
