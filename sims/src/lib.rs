//! Bandit simulator and numerical theory of risk-sensitive policy gradients.
//!
//! Everything here is a function of its seed alone: not of the number of threads, and not of the
//! machine, since exponentials and logarithms are pure Rust: those of `libm`, and
//! [`rs_grpo::exp`] where speed counts.

pub mod bandit;
mod error;
mod interval;
mod streams;
pub mod theory;

pub use error::Error;
pub use interval::Interval;

/// The example of the README, compiled and run as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
