//! The theory's part of the report.

use crate::commands::bandit::table::thousands;
use crate::commands::theory;
use crate::console::Console;
use crate::failure::Failure;
use rayon::ThreadPool;
use rs_grpo_figures::{Figure, Table};
use rs_grpo_sims::theory::verify;

/// The defaults of `repro theory`.
const INSTANCES: u64 = 100_000;
const SEED: u64 = 0;

/// The table of statements and the figure of `repro theory`.
pub(super) fn statements(
    pool: &ThreadPool,
    console: &mut Console<'_>,
) -> Result<(Table, Figure), Failure> {
    let bandits = thousands(INSTANCES);
    console.note(&format!("trying each statement on {bandits} random bandits"));
    let (report, ratios) = pool.install(|| verify(SEED, INSTANCES))?;
    Ok((theory::statements(&report.checks)?, theory::overview(&ratios)?))
}
