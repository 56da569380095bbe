//! `repro llm pull-adapters`: adapters brought to the machine of a vLLM server.

use crate::console::Console;
use crate::failure::Failure;
use crate::parse;
use crate::signals::Signals;
use clap::Args;
use rs_grpo_fleet::adapters::{Puller, token_from_environment};
use std::path::PathBuf;
use std::time::Duration;

/// Options of `repro llm pull-adapters`.
#[derive(Debug, Args)]
pub(crate) struct PullOptions {
    /// Address of the trainer: what --serve-adapters was given there.
    #[arg(long, value_name = "URL")]
    from: String,
    /// Folder for the adapters and nothing else.
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    /// Seconds between looks at what the trainer has.
    #[arg(long, value_name = "SECONDS", default_value_t = 0.5, value_parser = parse::number, allow_negative_numbers = true)]
    interval: f64,
    /// End when all that the trainer has now is here.
    #[arg(long)]
    once: bool,
}

pub(crate) fn run(options: &PullOptions, console: &mut Console<'_>) -> Result<(), Failure> {
    let interval = Some(options.interval).filter(|seconds| (0.01..=3600.0).contains(seconds));
    let interval = interval.map(Duration::from_secs_f64).ok_or_else(|| {
        Failure::Usage(format!("--interval is {}; allowed: 0.01 to 3600", options.interval))
    })?;
    let token = token_from_environment();
    let mut puller = Puller::open(&options.from, &options.to, token.as_deref())?;
    let signals = Signals::watch()?;
    let stop = || signals.received().is_some();
    if options.once {
        let pulled = puller.pull(&stop);
        let words = [("pulled", &pulled.added), ("removed", &pulled.removed)];
        for (word, names) in words {
            names.iter().for_each(|name| console.note(&format!("{word} {name}")));
        }
        return match &pulled.problems[..] {
            [] => Ok(()),
            problems => Err(Failure::Failed(problems.join("\n"))),
        };
    }
    puller.run(interval, &stop, &mut |news| console.note(news));
    console.note(&format!("stopped; {} stays as it is", options.to.display()));
    Ok(())
}
