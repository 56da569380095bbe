//! Every kernel, forward and backward, against the CPU form of its operation.
//!
//! Inputs are random and sizes odd; where a kernel writes, memory holds NaN before. Errors are relative
//! to the largest number that is expected, and NaN is no number that passes.

mod advance;
mod attention;
mod bench;
mod head;
mod layers;
mod optimizer;

use super::launch::{Element, Machine};
use crate::Result;
use bench::Bench;
pub use bench::{relative_error, to_floats};

/// One output of an operation, compared.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The operation and its output, such as `rms_norm: gradient of x`.
    pub what: String,
    /// The type of weights and activations.
    pub element: Element,
    /// The largest difference, relative to the largest number expected.
    pub error: f32,
    /// What it may be.
    pub limit: f32,
}

impl Outcome {
    /// Whether the error is a number within its limit.
    pub fn passed(&self) -> bool {
        self.error <= self.limit
    }
}

/// Runs every kernel on a machine; one outcome for each output and type, the worst over all sizes.
///
/// # Errors
/// A kernel that does not run. Wrong numbers are no error but an outcome.
pub fn self_test(machine: &mut dyn Machine) -> Result<Vec<Outcome>> {
    let mut outcomes = Vec::new();
    for element in Element::ALL {
        let mut bench = Bench::new(machine, element);
        layers::compare(&mut bench)?;
        attention::compare(&mut bench)?;
        head::compare(&mut bench)?;
        advance::compare(&mut bench)?;
        optimizer::compare(&mut bench)?;
        outcomes.extend(bench.outcomes());
    }
    Ok(outcomes)
}
