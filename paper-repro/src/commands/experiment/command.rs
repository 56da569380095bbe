//! Which experiment.

use super::countdown;
use crate::console::Console;
use crate::failure::Failure;
use clap::Subcommand;
use rayon::ThreadPool;

/// Experiments.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Train a small transformer on Countdown with every method of the paper's table.
    Countdown(Box<countdown::Options>),
}

pub(crate) fn run(
    command: &Command,
    pool: &ThreadPool,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    match command {
        Command::Countdown(options) => countdown::run(options, pool, console),
    }
}
