//! `repro report`: a page about runs, beside the paper; and the README's tables and the committed figures,
//! made anew or checked.

mod artifact;
mod bandit;
mod countdown;
mod page;
mod readme;
mod theory;
mod upkeep;

use crate::console::Console;
use crate::failure::Failure;
use clap::Args;
use rayon::ThreadPool;
use std::path::PathBuf;

/// Options of `repro report`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Folders of runs: of a training, of an evaluation, or that hold several of them. With none, the page
    /// shows the committed results of Countdown and of the bandit.
    #[arg(value_name = "RUN", conflicts_with_all = ["check", "write"])]
    runs: Vec<PathBuf>,
    /// Folder for report.md, report.html and the figures.
    #[arg(long, value_name = "DIR", default_value = "out/report")]
    out: PathBuf,
    /// Title of the page.
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,
    /// Make the README's tables and the committed figures anew, in place of a page.
    #[arg(long, conflicts_with_all = ["out", "title"], help_heading = "The project's own files")]
    write: bool,
    /// Write nothing; fail if a table or a figure of the project is not what this program makes of it.
    #[arg(
        long,
        conflicts_with_all = ["write", "out", "title"],
        help_heading = "The project's own files"
    )]
    check: bool,
    /// The folder of the project, for --write and --check: holds README.md and figures/.
    #[arg(long, value_name = "DIR", default_value = ".", help_heading = "The project's own files")]
    root: PathBuf,
}

pub(crate) fn run(
    options: &Options,
    pool: &ThreadPool,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    match options.write || options.check {
        true => upkeep::run(options, pool, console),
        false => page::run(&options.runs, &options.out, options.title.as_deref(), console),
    }
}
