//! The gain of an infinitesimal step, and its expansion in `exp(β r)`.

use super::enclosure::{Enclosure, UNIT};
use super::{Instance, PolicyGradient};

/// `G = d ln P / dα` at `α = 0`.
///
/// # Formula
/// ```text
/// G = Σ_{i∈O} (πᵢ/P) dᵢ − Σⱼ πⱼ dⱼ = (R/P) Σ_{i∈O} πᵢ dᵢ − Σ_{j∉O} πⱼ dⱼ
/// ```
/// with a unique best arm `G = π* A* − Σⱼ πⱼ² Aⱼ`. The error bound is
/// `Σ (weight of dⱼ) · error of dⱼ + (3K + 16) u Σ |terms|`, doubled.
pub fn first_order_gain(instance: &Instance, gradient: &PolicyGradient) -> Enclosure {
    let odds = instance.rest_mass() / instance.best_mass();
    let (mut value, mut magnitude, mut error) = (0.0, 0.0, 0.0);
    for (j, &p) in instance.policy().iter().enumerate() {
        let weight = p * if instance.is_best(j) { odds } else { -1.0 };
        let term = weight * gradient.components()[j];
        value += term;
        magnitude += term.abs();
        error += weight.abs() * gradient.errors()[j];
    }
    let sums = 2.0 * (3.0 * instance.arms() as f64 + 16.0) * UNIT * magnitude;
    Enclosure { value, error: 2.0 * error + sums }
}

/// `G` as a sum of exponentials.
///
/// # Formula
/// ```text
/// β Z G = C e^{β r*} − Σ_{j∉O} cⱼ e^{β rⱼ},   Z = Σⱼ πⱼ e^{β rⱼ}
/// C = w R² + P Σ_{j∉O} πⱼ²,   cⱼ = πⱼ (πⱼ + w − Σᵢ πᵢ²),   w = Σ_{i∈O} πᵢ² / P
/// ```
/// If the best arm is unique `w = π*`, and then `C = π* (1 − 2π* + Σ πⱼ²)`. `C > 0` always, so
/// the gain is positive for large β; `C = Σ cⱼ`, so `β = 0` is a zero of the right-hand side.
#[derive(Debug, Clone, PartialEq)]
pub struct Expansion {
    mass: f64,
    rest: f64,
    gap: f64,
    top: f64,
    /// `w + Σ πᵢ²`: what cancels in the `cⱼ`.
    scatter: f64,
    /// `(rⱼ, cⱼ)` of the suboptimal arms.
    below: Vec<(f64, f64)>,
}

impl Expansion {
    /// The coefficients of `instance`.
    pub fn new(instance: &Instance) -> Self {
        let squares = |best: bool| -> f64 {
            let arms = (0..instance.arms()).filter(|&j| instance.is_best(j) == best);
            arms.map(|j| instance.policy()[j] * instance.policy()[j]).sum()
        };
        let (mass, rest) = (instance.best_mass(), instance.rest_mass());
        let (squares_best, squares_rest) = (squares(true), squares(false));
        let w = squares_best / mass;
        let shift = w - (squares_best + squares_rest);
        let below = (0..instance.arms()).filter(|&j| !instance.is_best(j));
        Self {
            mass,
            rest,
            gap: instance.gap(),
            top: w * rest * rest + mass * squares_rest,
            scatter: w + squares_best + squares_rest,
            below: below
                .map(|j| (instance.rewards()[j], instance.policy()[j]))
                .map(|(reward, p)| (reward, p * (p + shift)))
                .collect(),
        }
    }

    /// `C`.
    pub fn top(&self) -> f64 {
        self.top
    }

    /// `(rⱼ, cⱼ)` of each suboptimal arm.
    pub fn below(&self) -> &[(f64, f64)] {
        &self.below
    }

    /// `lim β G = C/P` as `β → ∞`; with a unique best arm `(1 − π*)² + Σ_{j≠*} πⱼ²`.
    ///
    /// A sum of positive terms: the relative error is under `(4K + 32) u`, doubled.
    pub fn limit(&self) -> Enclosure {
        let value = self.top / self.mass;
        let arms = self.below.len() as f64 + 4.0;
        Enclosure { value, error: 2.0 * (4.0 * arms + 32.0) * UNIT * value }
    }

    /// Bound on `|β G − C/P|` for β > 0.
    ///
    /// # Formula
    /// ```text
    /// |β G − C/P| ≤ (P Σ |cⱼ| + C R) / P² · exp(−β Δ)
    /// ```
    /// because `β G − C/P = −(P Σ cⱼ xⱼ + C Σ πⱼ xⱼ) / (P Z)` over the suboptimal arms, with
    /// `xⱼ = exp(β (rⱼ − r*)) ≤ exp(−β Δ)` and `Z = P + Σ πⱼ xⱼ ≥ P`. In floating point the `cⱼ`
    /// lose up to `(K + 8) u πⱼ (w + Σ πᵢ²)` to cancellation; the rest is relative,
    /// `(4K + 32 + 3βΔ) u`. Both are doubled.
    pub fn limit_distance(&self, beta: f64) -> Enclosure {
        let magnitudes: f64 = self.below.iter().map(|(_, c)| c.abs()).sum();
        let factor = (self.mass * magnitudes + self.top * self.rest) / (self.mass * self.mass);
        let decay = libm::exp(-beta * self.gap);
        let arms = self.below.len() as f64 + 4.0;
        let cancelled = (arms + 8.0) * self.rest * self.scatter / self.mass * decay;
        let relative = (4.0 * arms + 32.0 + 3.0 * beta * self.gap) * factor * decay;
        Enclosure { value: factor * decay, error: 2.0 * UNIT * (cancelled + relative) }
    }

    /// Sign changes of the coefficients in the order of their rewards.
    ///
    /// Descartes' rule of signs holds for sums of exponentials: the number of real zeros of
    /// `β Z G`, with multiplicity, is at most this, and differs from it by an even number. One of
    /// them is `β = 0`. So with at most 1 the gain is positive for every β, and with 2 it has
    /// exactly one zero, which is positive if and only if `G < 0` at `β = 0`.
    pub(crate) fn sign_changes(&self) -> usize {
        let mut descending = self.below.clone();
        descending.sort_by(|a, b| b.0.total_cmp(&a.0));
        let merged = descending.chunk_by(|a, b| a.0 == b.0);
        let sums = merged.map(|tied| -tied.iter().map(|(_, c)| c).sum::<f64>());
        let (mut changes, mut sign) = (0, 1.0);
        for coefficient in sums.filter(|c| *c != 0.0) {
            changes += usize::from(coefficient * sign < 0.0);
            sign = coefficient.signum();
        }
        changes
    }
}
