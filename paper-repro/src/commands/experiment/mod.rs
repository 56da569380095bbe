//! `repro experiment`: several methods on one task, everything else equal.

mod arms;
mod countdown;
mod figure;
mod job;
mod table;

pub(crate) use countdown::demonstration;

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
