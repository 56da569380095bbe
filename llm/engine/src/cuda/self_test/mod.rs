//! Every kernel, forward and backward, against the CPU form of its operation.
//!
//! Inputs are random and sizes odd; outputs are filled with NaN first. Errors are relative to the
//! largest expected number, and NaN never passes.

mod advance;
mod attention;
mod bench;
mod head;
mod layers;
mod optimizer;
mod run;

pub use bench::{KernelCheck, relative_error, to_floats};
pub use run::self_test;
