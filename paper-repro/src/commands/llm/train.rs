//! `repro llm` with settings: one training run.

use super::data::{left_out, tell_of_data};
use super::defaults::defaults;
use super::flags::{Settings, write_config};
use super::progress::{Shown, Told};
use super::remote;
use crate::commands::data;
use crate::commands::device::DeviceOption;
use crate::console::Console;
use crate::failure::Failure;
use crate::model;
use crate::signals::Signals;
use clap::{Args, ValueEnum};
use rayon::ThreadPool;
use rs_grpo_engine::model::TrainableModel;
use rs_grpo_train::run::{self, Resume, RunEnd, RunFolder};
use rs_grpo_train::{StepReport, TrainContext};
use std::path::{Path, PathBuf};
use std::sync::mpsc::channel;

/// Help heading of options on results.
const SAVING: &str = "Evaluation and saving";

/// Options of a training run.
#[derive(Debug, Args)]
pub(crate) struct TrainOptions {
    #[command(flatten)]
    pub(crate) settings: Settings,
    #[command(flatten)]
    remote: remote::RemoteOptions,
    /// Folder of the run [default: out/llm].
    #[arg(long, value_name = "DIR", help_heading = SAVING)]
    pub(crate) out: Option<PathBuf>,
    /// Whether to resume a run in the folder.
    #[arg(long, value_enum, default_value_t = ResumeWhen::Never, help_heading = SAVING)]
    resume: ResumeWhen,
    /// Print some completions of every N-th step.
    #[arg(long, value_name = "N", default_value_t = 0, help_heading = SAVING)]
    show_samples: usize,
    #[command(flatten)]
    pub(crate) device: DeviceOption,
}

/// When a run is resumed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ResumeWhen {
    /// A folder that holds a run is refused.
    Never,
    /// From the newest checkpoint, if there is one.
    Auto,
}

/// Where runs go unless --out says otherwise.
const OUT: &str = "out/llm";

pub(crate) fn run(
    options: &TrainOptions,
    pool: &ThreadPool,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    let config = options.settings.resolve(&defaults(options.settings.model())?)?;
    if let Some(path) = &options.settings.write_config {
        write_config(path, &config)?;
        console.note(&format!("wrote {0}; train by it: repro llm --config {0}", path.display()));
        return Ok(());
    }
    model::check(&config.model)?;
    let out = options.out.clone().unwrap_or(PathBuf::from(OUT));
    let remote = options.remote.remote(&config, &out)?;
    // Checked before a model is downloaded.
    for source in [config.source()?, config.eval_source()?] {
        data::fetch(&source, console)?;
    }
    config.source()?.training()?;
    let source = model::folder(&config.model, console)?;
    let place = options.device.place(&source, console)?;
    let resume = match options.resume {
        ResumeWhen::Never => Resume::Never,
        ResumeWhen::Auto => Resume::Auto,
    };
    let mut folder = RunFolder::open(&out, &config, resume)?;
    let _served = options.remote.serve(&out)?;
    let left_out = left_out(&folder, &out)?;
    match place {
        None => {
            let context = TrainContext { remote, ..TrainContext::open(config, &source, left_out)? };
            train(&context, options, &out, &mut folder, pool, console)
        }
        Some(place) => {
            let context = TrainContext::on_device(config, &source, left_out, &place)?;
            let context = TrainContext { remote, ..context };
            train(&context, options, &out, &mut folder, pool, console)
        }
    }
}

/// Trains, and shows the progress.
fn train<P: TrainableModel + Sync>(
    context: &TrainContext<P>,
    options: &TrainOptions,
    out: &Path,
    folder: &mut RunFolder,
    pool: &ThreadPool,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    tell_of_data(context, out, console)?;
    let signals = &Signals::watch()?;
    let bar = console.steps(context.config.steps as u64);
    let (sender, receiver) = channel();
    // Owns the sender, so that the channel ends with it.
    let train = move || {
        let stop = || signals.received().is_some();
        let mut watch = |report: &StepReport| {
            // The other end is there until this thread ends.
            let _ = sender.send(Told::new(report, context, options.show_samples));
        };
        pool.install(|| run::run(context, folder, &stop, &mut watch))
    };
    let mut shown = Shown::nothing();
    let outcome = std::thread::scope(|scope| {
        let trainer = scope.spawn(train);
        for told in receiver {
            shown.step(told, &bar, console);
        }
        trainer.join()
    });
    let outcome = outcome.map_err(|_| Failure::Failed("the training panicked".to_owned()))??;
    bar.finish_and_clear();
    if outcome == RunEnd::Stopped {
        return Err(signals.failure(out, "--resume auto"));
    }
    shown.end(console)?;
    console.note(&format!("wrote {}", out.display()));
    Ok(())
}
