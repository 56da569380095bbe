//! The Countdown experiment's part of the report: the committed output of its command.

use crate::failure::Failure;
use std::fs;
use std::path::Path;

const RESULTS: &str = "paper-repro/experiments/countdown";

/// The tables of all methods and of their differences to GRPO, for both lengths of training.
pub(super) fn tables(root: &Path) -> Result<[(&'static str, String); 2], Failure> {
    let read = |name: &str| {
        let path = root.join(RESULTS).join(name);
        fs::read_to_string(&path).map_err(|error| Failure::unreadable(&path, &error))
    };
    let both = |folder: &str| -> Result<String, Failure> {
        let (table, differences) = (format!("{folder}table.md"), format!("{folder}differences.md"));
        Ok(format!("{}\n{}", read(&table)?, read(&differences)?))
    };
    Ok([("countdown", both("")?), ("countdown-longer", both("longer/")?)])
}
