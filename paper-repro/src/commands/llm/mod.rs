//! `repro llm`: language models.

mod model;
mod pretrain;
mod prompts;
mod sample;

use crate::console::Console;
use crate::failure::Failure;
use clap::Subcommand;
use rayon::ThreadPool;

/// Commands of `repro llm`.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make the embedded model again: teach a small decoder Countdown from nothing.
    Pretrain(pretrain::Options),
    /// Sample continuations of prompts.
    Sample(Box<sample::Options>),
}

pub(crate) fn run(
    command: &Command,
    pool: &ThreadPool,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    match command {
        Command::Pretrain(options) => pretrain::run(options, pool, console),
        Command::Sample(options) => sample::run(options, pool, console),
    }
}
