//! What one exact gradient step does to a softmax policy, proved and checked numerically.
//!
//! A policy over `K` arms with known rewards takes one step of exact gradient on the entropic risk
//! `J_β = (1/β) ln Σⱼ πⱼ exp(β rⱼ)`. Four statements are proved in the docs and tried on random and
//! constructed instances:
//!
//! | module | statement |
//! |---|---|
//! | [`gradient_check`] | the policy-gradient theorem, `∂J_β/∂θⱼ = πⱼ Aⱼ` |
//! | [`lemma1`] | the standard gradient, `β = 0`, can lower the probability of the optimal arm |
//! | [`lemma2`] | `β ≥ β̄ = ln(1/π*) / (r* − r₂)` raises it, at every step size |
//! | [`tradeoff`] | past its peak the gain stays positive and falls as 1/β |
//!
//! [`verify`] runs them all; [`analyse`] says what they mean for one instance; [`thresholds`] are
//! the values of β at which something changes.
//!
//! # Rigour
//!
//! Advantages come from the core library alone; nothing here repeats them. Every margin is an
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

pub use analysis::{Analysis, Peak, Row, Thresholds, analyse};
pub use check::{Check, Trial};
pub use enclosure::{Enclosure, Sign};
pub use first_order::{Expansion, first_order_gain};
pub use gradient::PolicyGradient;
pub use instance::Instance;
pub use random::{Source, Top};
pub use report::{Report, verify};
pub use series::{GainCurve, gain_curves, log_spaced};
pub use step::{Step, policy_after};
pub use thresholds::{FirstOrderRoot, StepLimit};
pub use tradeoff::peak;
