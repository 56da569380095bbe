//! `repro llm` with settings: one training run.

use super::flags::{Settings, write_config};
use super::{model, remote};
use crate::commands::data;
use crate::commands::device::DeviceOption;
use crate::console::Console;
use crate::failure::Failure;
use crate::signals::Signals;
use clap::{Args, ValueEnum};
use rayon::ThreadPool;
use rs_grpo_engine::model::TrainableModel;
use rs_grpo_figures::write_atomic;
use rs_grpo_train::run::{self, Outcome, Resume, RunFolder, sample_lines};
use rs_grpo_train::{Decontaminated, Metrics, StepReport, TrainConfig, TrainContext};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::sync::mpsc::channel;

/// The heading of what a run leaves behind.
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
    /// Whether to go on with a run that the folder holds.
    #[arg(long, value_enum, default_value_t = ResumeWhen::Never, help_heading = SAVING)]
    resume: ResumeWhen,
    /// Print some completions of every N-th step.
    #[arg(long, value_name = "N", default_value_t = 0, help_heading = SAVING)]
    show_samples: usize,
    #[command(flatten)]
    pub(crate) device: DeviceOption,
}

/// When a run goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ResumeWhen {
    /// A folder that holds a run is refused.
    Never,
    /// From the newest checkpoint, if there is one.
    Auto,
}

/// File of a run that tells what was left out of its problems.
const OVERLAPS: &str = "overlaps.json";

/// Where runs go unless --out says otherwise.
const OUT: &str = "out/llm";

/// The settings of the paper's models, in `experiments/`; the first are those of any other model.
const MODELS: [(&str, &str); 5] = [
    ("qwen3-4b-base", include_str!("../../../experiments/qwen3-4b-base-math12k/config.toml")),
    ("qwen2.5-7b", include_str!("../../../experiments/qwen2.5-7b-math12k/config.toml")),
    (
        "qwen2.5-math-1.5b",
        include_str!("../../../experiments/qwen2.5-math-1.5b-deepmath103k/config.toml"),
    ),
    ("qwen2.5-math-7b", include_str!("../../../experiments/qwen2.5-math-7b-math12k/config.toml")),
    (
        "llama3.1-8b-instruct",
        include_str!("../../../experiments/llama3.1-8b-instruct-math12k/config.toml"),
    ),
];

/// What the flags override: the settings that suit the model.
fn defaults(model: Option<&str>) -> Result<TrainConfig, Failure> {
    let embedded = TrainConfig::default();
    let Some(model) = model.filter(|model| *model != embedded.model) else { return Ok(embedded) };
    let (name, text) = MODELS.into_iter().find(|(name, _)| *name == model).unwrap_or(MODELS[0]);
    let table = text.parse().map_err(|error: toml::de::Error| {
        Failure::Failed(format!("the settings of {name}: {}", error.message()))
    })?;
    Ok(embedded.with(table, Path::new(name))?)
}

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
    // Before gigabytes of a model are downloaded for problems that cannot be read.
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

/// Trains, and shows how it goes.
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
    let mut silent = true;
    let mut last = Metrics::new();
    let outcome = std::thread::scope(|scope| {
        let trainer = scope.spawn(train);
        for told in receiver {
            bar.set_position(told.step as u64);
            bar.set_message(status(&told.metrics));
            silent &= told.metrics.get("frac_reward_zero_std") == Some(&1.0);
            for note in &told.notes {
                bar.suspend(|| console.note(note));
            }
            if let Some(samples) = told.samples {
                bar.suspend(|| console.note(samples.trim_end()));
            }
            last = told.metrics;
        }
        trainer.join()
    });
    let outcome = outcome.map_err(|_| Failure::Failed("the training panicked".to_owned()))??;
    bar.finish_and_clear();
    if outcome == Outcome::Stopped {
        return Err(signals.failure(out, "--resume auto"));
    }
    if silent && !last.is_empty() {
        console.note(
            "warning: in every step, all completions of each prompt had the same reward, so nothing \
             was learned: the task is too hard or too easy for this model, or its answers cannot be \
             read (look at samples.jsonl)",
        );
    }
    if !last.is_empty() {
        writeln!(console.out, "{}", status(&last))?;
    }
    console.note(&format!("wrote {}", out.display()));
    Ok(())
}

/// Says what was found in the data, and keeps what was left out in the folder of the run.
fn tell_of_data<P>(
    context: &TrainContext<P>,
    out: &Path,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    context.notes.iter().for_each(|note| console.note(&format!("{}: {note}", context.config.data)));
    let Some(decontaminated) = &context.decontaminated else { return Ok(()) };
    let (data, overlaps) = (&context.config.data, &decontaminated.overlaps);
    console.note(&match &decontaminated.benchmarks[..] {
        [] => format!("{data}: compared with no benchmark, since none is in the cache"),
        benchmarks => format!(
            "{data}: {} problems left out that {} hold; {} stay",
            overlaps.len(),
            benchmarks.join(", "),
            context.problems.len()
        ),
    });
    let report = json!({ "benchmarks": decontaminated.benchmarks, "overlaps": overlaps });
    Ok(write_atomic(out.join(OVERLAPS), format!("{report:#}\n").as_bytes())?)
}

/// What a run that goes on left out of its problems when it began.
fn left_out(folder: &RunFolder, out: &Path) -> Result<Option<Decontaminated>, Failure> {
    let path = out.join(OVERLAPS);
    if folder.newest()?.is_none() || !path.exists() {
        return Ok(None);
    }
    let wrong = |problem: String| Failure::Failed(format!("{}: {problem}", path.display()));
    let text = std::fs::read_to_string(&path).map_err(|error| wrong(error.to_string()))?;
    serde_json::from_str(&text).map(Some).map_err(|error| wrong(error.to_string()))
}

/// What the console is told of a step.
struct Told {
    step: usize,
    metrics: Metrics,
    samples: Option<String>,
    notes: Vec<String>,
}

impl Told {
    fn new<P>(report: &StepReport, context: &TrainContext<P>, show_samples: usize) -> Self {
        let show = show_samples > 0 && report.step.is_multiple_of(show_samples);
        let samples = show.then(|| samples(report, context));
        let notes = report.notes.clone();
        Self { step: report.step, metrics: report.metrics.clone(), samples, notes }
    }
}

/// The numbers that say how training goes.
fn status(metrics: &Metrics) -> String {
    let number = |name: &str| metrics.get(name).copied().unwrap_or(f64::NAN);
    format!(
        "reward {:.3}, pass rate {:.3}, no signal {:.0} %, gradient norm {:.2}, {:.0} tokens/s",
        number("reward"),
        number("pass_rate"),
        100.0 * number("frac_no_signal"),
        number("grad_norm"),
        number("perf/throughput"),
    )
}

/// Some completions of a step, for people.
fn samples<P>(report: &StepReport, context: &TrainContext<P>) -> String {
    let mut text = format!("── step {}\n", report.step);
    for line in sample_lines(report, context) {
        text.push_str(&format!(
            "{}  →  {}   reward {}, advantage {:.2}\n",
            line.prompt, line.completion, line.reward, line.advantage
        ));
    }
    text
}
