//! One estimator a file. Each takes a checked group and writes its advantages, in mean form.
//!
//! Parameters and group sizes are checked inside; the length of `out` and the finiteness of the
//! result are checked once, by [`Estimator::advantages_into`](crate::Estimator::advantages_into).

pub(crate) mod dr_grpo;
pub(crate) mod entropic_adaptive;
pub(crate) mod entropic_loo;
pub(crate) mod focal;
pub(crate) mod grpo;
pub(crate) mod grpo_passk;
pub(crate) mod maxrl;
pub(crate) mod pass_at_k;
pub(crate) mod pass_at_k_rloo;
pub(crate) mod pkpo;
pub(crate) mod rloo;
pub(crate) mod rs_grpo;
pub(crate) mod rs_loo;
