//! `repro llm`: language models.

mod embedded;
mod flags;
mod merge;
pub(crate) mod model;
mod pretrain;
mod prompts;
mod remote;
mod sample;
mod train;

use crate::commands::experiment;
use crate::console::Console;
use crate::failure::Failure;
use clap::{Args, Subcommand};
use rayon::ThreadPool;

/// Options of `repro llm`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Options {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    train: train::TrainOptions,
}

/// Commands of `repro llm`.
#[derive(Debug, Subcommand)]
enum Command {
    /// Add LoRA adapters to the matrices of their model.
    Merge(merge::MergeOptions),
    /// Make the embedded model again: teach a small decoder Countdown from nothing.
    Pretrain(pretrain::Options),
    /// Sample continuations of prompts.
    Sample(Box<sample::Options>),
}

pub(crate) fn run(
    options: &Options,
    pool: &ThreadPool,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    match &options.command {
        Some(Command::Merge(options)) => merge::run(options, pool, console),
        Some(Command::Pretrain(options)) => pretrain::run(options, pool, console),
        Some(Command::Sample(options)) => sample::run(options, pool, console),
        None if options.train.settings.is_empty() => {
            let train = &options.train;
            experiment::demonstration(train.out.as_deref(), train.device, pool, console)
        }
        None => train::run(&options.train, pool, console),
    }
}
