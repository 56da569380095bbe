//! The `repro` command: the experiments of the RS-GRPO paper from one binary.
//!
//! [`run`] is the whole program, with its arguments and streams passed in: tests call it as `main`
//! does. Results go to the first writer, everything else to the second.

mod cli;
mod commands;
mod console;
mod exit;
mod failure;
mod model;
mod output;
mod parse;
mod signals;

pub use exit::Exit;

use clap::{CommandFactory, Parser};
use cli::{Cli, Command};
use console::Console;
use failure::Failure;
use std::ffi::OsString;
use std::io::Write;

/// Runs `repro` with the given arguments, the first of which is the program's name.
///
/// Writes results to `out`; progress, notes and errors to `err`.
pub fn run(
    arguments: impl IntoIterator<Item = OsString>,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Exit {
    let result = match Cli::try_parse_from(arguments) {
        Ok(cli) => dispatch(cli, &mut Console::new(out, err)),
        Err(error) => Err(Failure::Clap(error)),
    };
    match result {
        Ok(()) => Exit::Success,
        Err(failure) => failure.report(out, err),
    }
}

fn dispatch(cli: Cli, console: &mut Console<'_>) -> Result<(), Failure> {
    console.quiet = cli.global.quiet;
    let pool = output::thread_pool(cli.global.threads)?;
    match cli.command {
        Command::Advantage(options) => commands::advantage::run(&options, console),
        Command::Bandit(options) => commands::bandit::run(&options, &pool, console),
        Command::Data(command) => commands::data::run(&command, console),
        Command::Doctor(options) => commands::doctor::run(&options, console),
        Command::Eval(options) => commands::eval::run(&options, &pool, console),
        Command::Experiment(command) => commands::experiment::run(&command, &pool, console),
        Command::Export(command) => commands::export::run(&command, console),
        Command::Grade(options) => commands::grade::run(&options, console),
        Command::Llm(options) => commands::llm::run(&options, &pool, console),
        Command::Models(options) => commands::models::run(&options, console),
        Command::Plan(options) => commands::plan::run(&options, console),
        Command::Report(options) => commands::report::run(&options, &pool, console),
        Command::Theory(options) => commands::theory::run(&options, &pool, console),
        Command::Completions { shell } => {
            commands::completions::run(shell, Cli::command(), console)
        }
    }
}
