//! `repro theory`: are the lemmas true, and what do they say about one bandit?

mod figure;
mod instance;
mod options;
mod verify;

pub(crate) use options::Options;
pub(crate) use verify::{overview, statements};

use crate::console::Console;
use crate::failure::Failure;
use crate::output::prepare_folder;
use rayon::ThreadPool;

pub(crate) fn run(
    options: &Options,
    pool: &ThreadPool,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    if options.rewards.is_empty() {
        prepare_folder(&options.out)?;
    }
    match options.rewards.is_empty() {
        true => verify::run(options, pool, console),
        false => instance::run(options, console),
    }
}
