//! The exact gradient of the entropic risk over softmax logits, with rounding bounds.

use super::Instance;
use super::enclosure::UNIT;
use crate::Error;
use nalgebra::DVector;
use rs_grpo::Estimator;

/// Largest |β|; past it `β (r − r*)` no longer has room under the overflow threshold.
const MAX_BETA: f64 = 1e15;

/// `∂J_β/∂θⱼ` of a softmax policy `π ∝ exp θ`.
///
/// # Formula
/// ```text
/// J_β = (1/β) ln Σⱼ πⱼ exp(β rⱼ)        (β = 0: Σⱼ πⱼ rⱼ)
/// dⱼ = ∂J_β/∂θⱼ = Σᵢ πᵢ Aᵢ ∂ln πᵢ/∂θⱼ = πⱼ (Aⱼ − Σᵢ πᵢ Aᵢ) = πⱼ Aⱼ
/// ```
/// where `Aⱼ` is the population advantage that the core library computes. `β = 0` is the standard
/// policy gradient.
///
/// # Rounding
/// The core works relative to `x`, the largest reward for β > 0 and the smallest for β < 0, with
/// `tⱼ = β (rⱼ − x) ≤ 0`. Let `a = |A|` of an arm with reward `x`, and `κ = K + 32`.
/// ```text
/// all |tⱼ| < 1/2:  uⱼ = expm1(tⱼ),  Aⱼ = (uⱼ − ū) / (β (1 + ū))
///                  |error of Aⱼ| ≤ u [ 5 (a + 1/|β|) |tⱼ| + κ a + 2κ |Aⱼ| ]
/// ```
/// because `expm1` has a condition number of at most 1 there, so each `uⱼ` is within `4u |uⱼ|`; sums
/// of one sign add `K u`; and `1/(|β| (1 + ū)) = a + 1/|β|`.
/// ```text
/// otherwise:       eⱼ = exp(tⱼ),  Aⱼ = (eⱼ − ē) / (β ē)
///                  |error of Aⱼ| ≤ u (κ + 160) (|Aⱼ| + 1/|β|)
/// ```
/// because each `eⱼ` is within `u (2 |tⱼ| + 2) eⱼ`, where terms with `|tⱼ| > 60` do not matter
/// beside `ē ≥ 1e-12`, `eⱼ / (|β| ē) ≤ |Aⱼ| + 1/|β|`, and the mean of `|tⱼ|` weighted by `πⱼ eⱼ` is
/// at most `ln(1/ē) < 28` (a Kullback-Leibler divergence is not negative).
///
/// For `|β| (max r − min r) < u/2` the core returns `rⱼ − r̄`, which is within
/// `(κ + 1) u (max r − min r)`. In every case `|error of dⱼ| ≤ πⱼ |error of Aⱼ| + 5u |dⱼ|`, and all
/// bounds are doubled, see [`Enclosure`](super::Enclosure).
#[derive(Debug, Clone, PartialEq)]
pub struct PolicyGradient {
    components: DVector<f64>,
    errors: DVector<f64>,
    advantages: DVector<f64>,
    extreme: f64,
}

impl PolicyGradient {
    /// The gradient at risk parameter `beta`, from −1e15 to 1e15.
    ///
    /// # Errors
    /// A `beta` outside that range.
    pub fn new(instance: &Instance, beta: f64) -> Result<Self, Error> {
        if !(-MAX_BETA..=MAX_BETA).contains(&beta) {
            return Err(Error::parameter(
                "beta",
                format!("{beta:?}"),
                "numbers from -1e15 to 1e15",
            ));
        }
        let advantages = core_advantages(instance, beta)?;
        let extreme = extreme_advantage(instance, beta, &advantages);
        let bound = AdvantageBound::new(instance, beta, extreme);
        let (policy, rewards) = (instance.policy(), instance.rewards());
        let components = policy.component_mul(&advantages);
        let advantage_errors = rewards.zip_map(&advantages, |r, a| bound.of(r, a));
        let errors = policy.component_mul(&advantage_errors) + 10.0 * UNIT * components.abs();
        Ok(Self { components, errors, advantages, extreme })
    }

    /// `dⱼ`, length `K`.
    pub fn components(&self) -> &DVector<f64> {
        &self.components
    }

    /// Bounds on the rounding error of each component, length `K`.
    pub fn errors(&self) -> &DVector<f64> {
        &self.errors
    }

    /// `Aⱼ`, length `K`.
    pub fn advantages(&self) -> &DVector<f64> {
        &self.advantages
    }

    /// `a`: |advantage| of an arm with the largest reward (β ≥ 0) or the smallest (β < 0).
    pub(crate) fn extreme(&self) -> f64 {
        self.extreme
    }
}

fn core_advantages(instance: &Instance, beta: f64) -> Result<DVector<f64>, Error> {
    let estimator = Estimator::RsGrpo { beta };
    let mut advantages = DVector::zeros(instance.arms());
    estimator
        .population_advantages_into(instance.core_policy()?, advantages.as_mut_slice())
        .map_err(|source| Error::Estimator { estimator: estimator.to_string(), source })?;
    Ok(advantages)
}

fn extreme_advantage(instance: &Instance, beta: f64, advantages: &DVector<f64>) -> f64 {
    let x = origin(instance, beta);
    let arm = instance.rewards().iter().position(|&r| r == x);
    arm.map_or(0.0, |arm| advantages[arm].abs())
}

/// `x`, the reward that exponents are relative to.
pub(crate) fn origin(instance: &Instance, beta: f64) -> f64 {
    if beta < 0.0 { smallest(instance) } else { instance.best_reward() }
}

fn smallest(instance: &Instance) -> f64 {
    instance.rewards().iter().copied().fold(f64::INFINITY, f64::min)
}

/// The bound on the error of one advantage, doubled.
struct AdvantageBound {
    beta: f64,
    origin: f64,
    range: f64,
    extreme: f64,
    kappa: f64,
}

impl AdvantageBound {
    fn new(instance: &Instance, beta: f64, extreme: f64) -> Self {
        Self {
            beta: beta.abs(),
            origin: origin(instance, beta),
            range: instance.best_reward() - smallest(instance),
            extreme,
            kappa: instance.arms() as f64 + 32.0,
        }
    }

    fn of(&self, reward: f64, advantage: f64) -> f64 {
        if self.beta * self.range < f64::EPSILON / 4.0 {
            return 2.0 * UNIT * (self.kappa + 1.0) * self.range;
        }
        let inverse = 1.0 / self.beta;
        if self.beta * self.range >= 0.5 {
            return 2.0 * UNIT * (self.kappa + 160.0) * (advantage.abs() + inverse);
        }
        let exponent = self.beta * (reward - self.origin).abs();
        let own = 5.0 * (self.extreme + inverse) * exponent;
        2.0 * UNIT * (own + self.kappa * (self.extreme + 2.0 * advantage.abs()))
    }
}
