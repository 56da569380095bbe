//! The bandit: against the authors' script, closed forms, and a naive softmax.

mod agreement;
mod determinism;
mod refused;
mod softmax_policy;
