//! `repro completions`: a completion script for a shell.

use crate::console::Console;
use crate::failure::Failure;
use clap::Command;
use clap_complete::Shell;

/// Prints the script for the command line that it is given.
pub(crate) fn run(
    shell: Shell,
    mut command: Command,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, "repro", &mut script);
    Ok(console.out.write_all(&script)?)
}
