//! Every kernel, forward and backward, against the CPU form of its operation.
//!
//! Inputs are random and sizes odd; where a kernel writes, memory holds NaN before. Errors are relative
//! to the largest number that is expected, and NaN never passes.

mod advance;
mod attention;
mod bench;
mod head;
mod layers;
mod optimizer;
mod run;

pub use bench::{KernelCheck, relative_error, to_floats};
pub use run::self_test;
