//! The trade-off: past its peak the gain stays positive and falls as 1/β.
//!
//! Notation as in [`Instance`], [`Step`] and
//! [`PolicyGradient`].
//!
//! # Statement
//! Let `L = ln(1/P)`. For every step size `α > 0` the gain is positive and strictly decreasing in β
//! on
//! ```text
//! β ≥ β_fall = (L + √(2L)) / Δ
//! ```
//! and, for the gain `G` of a small step,
//! ```text
//! |β G − C/P| ≤ D e^{−β Δ}
//! ```
//! with `C`, `D` as in [`Expansion`]; for a unique best arm the limit `C/P` is
//! `(1 − π*)² + Σ_{j≠*} πⱼ²`. The 1/β is the prefactor of the advantage: for large β the direction of
//! the gradient hardly changes, and a larger β only shortens the step.
//!
//! The bound of the 1/β law is sharp where the other arms tie. On nearly solved policies its margin is
//! then below the rounding error of the advantages (about `u/R`), and a few trials are undecided.
//!
//! # Proof
//! The second part is the bound of [`Expansion::limit_distance`](super::Expansion::limit_distance).
//! For the first let `tⱼ = β (r* − rⱼ)`, `xⱼ = e^{−tⱼ}` and `Z = P + Σ_{j∉O} πⱼ xⱼ`, so that
//! ```text
//! i ∈ O:  Aᵢ = (1/Z − 1) / β > 0          j ∉ O:  −Aⱼ = (1 − xⱼ/Z) / β
//! ```
//! At `β = β_fall`, with `s = √(2L)`, `t = β Δ = s + s²/2` and `1 + t = 1 + s + s²/2 < e^s`, so
//! `(1 + t) e^{−t} < e^{s−t} = e^{−L} = P`. The function `(1 + t) e^{−t}` falls with `t`, and
//! `tⱼ ≥ β Δ`, so for every `β ≥ β_fall` and every `j ∉ O`
//! ```text
//! (1 + tⱼ) xⱼ < P < Z                                                                     (∗)
//! ```
//! - *Positive.* `xⱼ < Z` by (∗), so `Aⱼ < 0 < Aᵢ`, and Lemma 2's last step applies.
//! - *The others shrink.* `−Aⱼ = h/β` with `h = 1 − xⱼ/Z` falls if `β h' < h`. Since `Z` falls with β,
//!   `β h' ≤ tⱼ xⱼ / Z`, and `tⱼ xⱼ / Z < 1 − xⱼ/Z` is (∗).
//! - *The optimal ones shrink.* `Aᵢ = h/β` with `h = 1/Z − 1`, and `β h' = Σ πⱼ tⱼ xⱼ / Z²`, so
//!   `β h' < h` if `Σ πⱼ tⱼ xⱼ < Z (1 − Z) = Z Σ πⱼ (1 − xⱼ)`. That holds term by term:
//!   `xⱼ (tⱼ + Z) ≤ xⱼ (tⱼ + 1) < Z`, again by (∗).
//!
//! So past `β_fall` every component of the gradient moves towards 0 as β grows. The odds after the
//! step, `Σ_{i∈O} πᵢ e^{α dᵢ} / Σ_{j∉O} πⱼ e^{α dⱼ}`, fall with them, whatever `α`. ∎

use super::check::{Check, Claim, Trial, parallel};
use super::random::{BanditSampler, Optimum};
use super::roots::maximise;
use super::thresholds::falling_bound;
use super::{
    Enclosure, Expansion, Instance, PolicyGradient, Step, enclosure::UNIT, first_order_gain,
};
use crate::Error;

const POSITIVE: Claim = Claim {
    name: "trade-off, positive",
    claim: "the gain is positive for β ≥ β_fall = (L + √(2L))/Δ, L = ln(1/π*)",
    margin: "rise of the log-odds of the optimal arm",
};
const FALLING: Claim = Claim {
    name: "trade-off, falling",
    claim: "the gain falls from β to β', β_fall ≤ β < β'",
    margin: "rise of the log-odds at β less that at β'",
};
const LIMIT: Claim = Claim {
    name: "trade-off, 1/β law",
    claim: "|βG - C/P| ≤ D exp(-βΔ): βG tends to its limit",
    margin: "D exp(-βΔ) less |βG - C/P|",
};

/// Checks the three parts of the statement, each on `instances` random bandits.
pub(crate) fn checks(seed: u64, instances: u64) -> Result<[Check; 3], Error> {
    let pairs = parallel(instances, |index| falling_trial(seed, index).map(Some))?;
    Ok([
        POSITIVE.tally(pairs.iter().map(|[positive, _]| *positive)),
        FALLING.tally(pairs.iter().map(|[_, falling]| *falling)),
        LIMIT.check(instances, |index| limit_trial(seed, index).map(Some))?,
    ])
}

/// The rise at `β ≥ β_fall`, and its excess over the rise at some `β' > β`.
fn falling_trial(seed: u64, index: u64) -> Result<[Trial; 2], Error> {
    let mut sampler = BanditSampler::new(seed, 8, index);
    let arms = sampler.arms(2);
    let instance = sampler.bandit(arms, Optimum::Unique)?;
    let alpha = sampler.step();
    let past = if sampler.uniform() < 0.5 { 1.0 } else { sampler.log_uniform(1.0, 10.0) };
    let beta = past * falling_bound(&instance);
    let later = beta * (1.0 + sampler.log_uniform(1e-2, 10.0));
    let rise = rise(&instance, beta, alpha)?;
    let drop = rise.minus(self::rise(&instance, later, alpha)?);
    Ok([rise, drop].map(|margin| Trial::new(&instance, beta, Some(alpha), margin)))
}

fn rise(instance: &Instance, beta: f64, alpha: f64) -> Result<Enclosure, Error> {
    let gradient = PolicyGradient::new(instance, beta)?;
    Ok(Step::new(instance, &gradient, alpha)?.log_odds_gain())
}

/// The 1/β law at one random β.
///
/// β is such that `e^{−βΔ}` lies between 1 and 1e-3. Where the other arms nearly tie the bound is sharp,
/// and at larger β its margin soon falls below the rounding error.
fn limit_trial(seed: u64, index: u64) -> Result<Trial, Error> {
    let mut sampler = BanditSampler::new(seed, 9, index);
    let arms = sampler.arms(2);
    let instance = sampler.bandit(arms, Optimum::Unique)?;
    let beta = 6.9 * sampler.uniform() / instance.gap();
    let margin = limit_margin(&instance, beta)?;
    Ok(Trial::new(&instance, beta, None, margin))
}

/// `D e^{−βΔ} − |β G − C/P|`, relative to the limit `C/P`.
///
/// # Errors
/// A `beta` outside −1e15 to 1e15.
pub fn limit_margin(instance: &Instance, beta: f64) -> Result<Enclosure, Error> {
    let gain = first_order_gain(instance, &PolicyGradient::new(instance, beta)?);
    let expansion = Expansion::new(instance);
    let (limit, allowed) = (expansion.limit(), expansion.limit_distance(beta));
    let scaled = Enclosure {
        value: beta * gain.value,
        error: beta * gain.error + 2.0 * UNIT * (beta * gain.value).abs(),
    };
    let distance = scaled.minus(limit);
    let margin = allowed.minus(Enclosure { value: distance.value.abs(), ..distance });
    Ok(Enclosure { value: margin.value / limit.value, error: margin.error / limit.value })
}

/// The β at which a step of size `alpha` gains the most.
///
/// # Errors
/// A step size outside 1e-9 to 1e9.
pub fn peak(instance: &Instance, alpha: f64) -> Result<f64, Error> {
    // Past the bound the gain falls, so its maximum lies before it.
    maximise(0.0, falling_bound(instance), |beta| {
        rise(instance, beta, alpha).map(|rise| rise.value)
    })
}
