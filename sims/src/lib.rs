//! Bandit simulator and numerical theory of risk-sensitive policy gradients.
//!
//! Every result depends on its seed alone, neither on the number of threads nor on the machine:
//! exponentials and logarithms are pure Rust, those of `libm` or, where speed matters,
//! [`rs_grpo::exp`].

pub mod bandit;
mod error;
mod interval;
mod streams;
pub mod theory;

pub use error::Error;
pub use interval::ConfidenceInterval;

/// The example of the README, compiled and run as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
