//! `repro completions`: a completion script for a shell.

use crate::cli::Cli;
use crate::console::Console;
use crate::failure::Failure;
use clap::CommandFactory;
use clap_complete::Shell;

pub(crate) fn run(shell: Shell, console: &mut Console<'_>) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "repro", &mut script);
    Ok(console.out.write_all(&script)?)
}
