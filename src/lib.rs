//! Group advantages for reinforcement learning of language models.
//!
//! Policy-gradient trainers such as GRPO sample `N` responses to one prompt, score each with a
//! reward, and turn the `N` rewards into `N` *advantages*. This crate holds one implementation of
//! each such rule: RS-GRPO (the risk-sensitive rule of [arXiv 2509.24261]) and its rivals.
//!
//! ```
//! use rs_grpo::Estimator;
//!
//! let rs_grpo: Estimator = "rs-grpo:beta=2".parse()?;
//! let advantages = rs_grpo.advantages(&[1.0, 0.0, 0.0, 0.0])?;
//! assert!((advantages[0] - 0.922_469).abs() < 1e-6);
//! # Ok::<(), rs_grpo::Error>(())
//! ```
//!
//! # Conventions
//!
//! | symbol | meaning |
//! |---|---|
//! | `N` | group size: responses to one prompt |
//! | `rᵢ` | reward of response `i`; any finite number unless an estimator says *binary* (0 or 1) |
//! | `r̄` | mean reward of the group |
//! | `c`, `p` | number of correct responses, pass rate (binary rewards) |
//! | `β` | risk parameter; never a KL coefficient |
//! | `k` | attempts in pass@k and max@k |
//! | `Aᵢ` | advantage, always in *mean form*: the gradient is `(1/N) Σᵢ Aᵢ ∇log π(yᵢ)` |
//!
//! [`Estimator`] documents each rule with its formula, limits, bias and source. A rule of your own
//! implements [`AdvantageRule`] and becomes an [`Estimator`] by [`Estimator::custom`].
//!
//! # What is deliberately absent
//!
//! No tensor, no file, no clock, no random number. One group goes in, one group comes out;
//! batching, masks and devices belong to the caller. [`exp`] is this crate's, all other functions are
//! those of `libm`: pure Rust, so that the same rewards give the same bits on every machine.
//!
//! [arXiv 2509.24261]: https://arxiv.org/abs/2509.24261

mod binomial;
mod declare;
mod effective_weight;
mod entropic_risk;
mod error;
mod estimator;
mod estimators;
mod exp;
mod expected;
mod group;
mod max_at_k;
mod moments;
mod nested;
mod parameter;
mod pass_at_k;
mod population;
mod positions;
mod quantile;
mod rule;
mod scratch;
mod statistic;
mod text;

pub use effective_weight::effective_weight;
pub use entropic_risk::{entropic_risk, population_entropic_risk};
pub use error::Error;
pub use estimators::focal_base::Base;
pub use estimators::maxrl_order_loo::SeriesBaseline;
pub use estimators::{CATALOGUE, Entry, Estimator, SYMBOLS};
pub use exp::exp;
pub use group::Group;
pub use max_at_k::max_at_k;
pub use moments::Spread;
pub use nested::Nested;
pub use pass_at_k::pass_at_k;
pub use population::Policy;
pub use rule::{AdvantageRule, CustomRule};
pub use scratch::Scratch;
pub use statistic::OrderStatistic;
