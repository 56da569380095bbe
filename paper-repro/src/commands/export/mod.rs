//! `repro export`: a run as the command, the settings and the data of another trainer.
//!
//! | file | what |
//! |---|---|
//! | `blocks` | the paper's experiments by name |
//! | `settings` | each setting of a run as verl's |
//! | `verl` | the files |

mod blocks;
mod settings;
mod verl;

use crate::console::Console;
use crate::failure::Failure;
use clap::Subcommand;

/// Which trainer.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// verl, for training all weights on many GPUs, with this program's advantages and grader.
    Verl(Box<verl::Options>),
}

pub(crate) fn run(command: &Command, console: &mut Console<'_>) -> Result<(), Failure> {
    match command {
        Command::Verl(options) => verl::run(options, console),
    }
}
