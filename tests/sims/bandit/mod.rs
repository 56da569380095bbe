//! The bandit: against the authors' script, closed forms, and a naive softmax.

mod agreement;
mod determinism;
mod expected;
mod refused;
mod softmax_policy;
