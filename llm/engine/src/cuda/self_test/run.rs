//! All comparisons, for both types.

use super::bench::{Bench, KernelCheck};
use super::{advance, attention, head, layers, optimizer};
use crate::Result;
use crate::cuda::launch::{Element, Machine};

/// Runs every kernel on a machine; one check for each output and type, the worst over all sizes.
///
/// # Errors
/// A kernel that does not run. Wrong numbers are not an error, but a check that has not passed.
pub fn self_test(machine: &mut dyn Machine) -> Result<Vec<KernelCheck>> {
    let mut checks = Vec::new();
    for element in Element::ALL {
        let mut bench = Bench::new(machine, element);
        layers::compare(&mut bench)?;
        attention::compare(&mut bench)?;
        head::compare(&mut bench)?;
        advance::compare(&mut bench)?;
        optimizer::compare(&mut bench)?;
        checks.extend(bench.checks());
    }
    Ok(checks)
}
