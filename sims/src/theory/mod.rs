//! How one exact gradient step changes a softmax policy: proofs, and numerical checks of them.
//!
//! A policy over `K` arms with known rewards takes one step of exact gradient on the entropic risk
//! `J_β = (1/β) ln Σⱼ πⱼ exp(β rⱼ)`. Five statements are proved in the docs and checked on random and
//! constructed instances:
//!
//! | module | statement |
//! |---|---|
//! | [`gradient_check`] | the policy-gradient theorem, `∂J_β/∂θⱼ = πⱼ Aⱼ` |
//! | [`lemma1`] | the standard gradient, `β = 0`, can lower the probability of the optimal arm |
//! | [`lemma2`] | `β ≥ β̄ = ln(1/π*) / (r* − r₂)` raises it, at every step size |
//! | [`tradeoff`] | past its peak the gain stays positive and falls as 1/β |
//! | [`group`] | what changes with a group of `N`: when no β helps, and which `N` is enough |
//!
//! [`verify`] runs all checks; [`analyse`] evaluates the statements for one instance; [`thresholds`]
//! are the values of β at which something changes.
//!
//! # Rigour
//!
//! Advantages come from the core library; no formula of them is repeated here. Policies, rewards and
//! gradients are vectors of `nalgebra`. Every margin is an
//! [`Enclosure`]: a number and a proved bound on its rounding error. A margin beyond the bound on the
//! wrong side is a violation, a margin within the bound is undecided, and both are counted.
//! Random bandits are a function of `(seed, experiment, index)`, so that results depend neither on
//! the number of threads nor on the machine.
//!
//! Not here: sampling (see [`bandit`](crate::bandit)), figures, files.

mod analysis;
mod check;
mod dual;
mod enclosure;
mod first_order;
mod gradient;
pub mod gradient_check;
pub mod group;
mod group_check;
mod instance;
pub mod lemma1;
pub mod lemma2;
mod random;
mod report;
mod roots;
mod series;
mod step;
pub mod thresholds;
pub mod tradeoff;

pub use analysis::{Analysis, PeakGain, Row, Thresholds, analyse};
pub use check::{Check, Trial};
pub use enclosure::{Enclosure, Sign};
pub use first_order::{Expansion, first_order_gain};
pub use gradient::PolicyGradient;
pub use group::GroupAdvantages;
pub use group_check::RescueRate;
pub use instance::Instance;
pub use random::{BanditSampler, Optimum};
pub use report::{Report, verify};
pub use series::{GainCurve, gain_curves, log_spaced};
pub use step::{Step, policy_after};
pub use thresholds::StepLimit;
pub use tradeoff::peak;
