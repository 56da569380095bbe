//! The Countdown experiment's share of the report: what the committed command printed.

use crate::failure::Failure;
use std::fs;
use std::path::Path;

const RESULTS: &str = "paper-repro/experiments/countdown";

/// The table of all methods, and what each has over GRPO.
pub(super) fn tables(root: &Path) -> Result<String, Failure> {
    let read = |name: &str| {
        let path = root.join(RESULTS).join(name);
        fs::read_to_string(&path).map_err(|error| Failure::unreadable(&path, &error))
    };
    Ok(format!("{}\n{}", read("table.md")?, read("differences.md")?))
}
