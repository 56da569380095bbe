//! `repro llm`: trains, or runs a subcommand.

use super::{merge, pretrain, pull_adapters, sample, train};
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
    /// Pre-train the embedded model again: a small decoder, on Countdown.
    Pretrain(pretrain::Options),
    /// Mirror a trainer's folder of adapters on the machine of a vLLM server.
    ///
    /// Pulls new adapters, checks the SHA-256 of every file, and removes deleted ones, until it is
    /// interrupted. An unreachable trainer is tried again. The token, if the trainer has one, is
    /// RS_GRPO_ADAPTER_TOKEN on both machines.
    PullAdapters(pull_adapters::PullOptions),
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
        Some(Command::PullAdapters(options)) => pull_adapters::run(options, console),
        Some(Command::Sample(options)) => sample::run(options, pool, console),
        None if options.train.settings.is_empty() => {
            let train = &options.train;
            experiment::demonstration(train.out.as_deref(), train.device, pool, console)
        }
        None => train::run(&options.train, pool, console),
    }
}
