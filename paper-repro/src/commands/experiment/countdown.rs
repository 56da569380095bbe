//! `repro experiment countdown`.

use super::arms::ExperimentArm;
use super::job::{Finished, Job};
use super::parallel::in_parallel;
use super::results::Results;
use super::{figure, table};
use crate::commands::device::DeviceOption;
use crate::console::Console;
use crate::failure::Failure;
use crate::model;
use crate::output::write_config;
use crate::parse;
use crate::signals::Signals;
use clap::Args;
use rayon::ThreadPool;
use rs_grpo::Estimator;
use rs_grpo_figures::write_atomic;
use rs_grpo_train::TrainConfig;
use std::path::{Path, PathBuf};

/// The settings that all methods share.
const SETTINGS: &str = include_str!("../../../experiments/countdown/config.toml");

/// Options of `repro experiment countdown`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Compare these estimators only, such as grpo or rs-grpo:beta=2; may be repeated.
    #[arg(long, value_name = "NAME[:KEY=VALUE,…]", value_parser = parse::estimator)]
    estimator: Vec<Estimator>,
    /// Short for --estimator rs-grpo:beta=β; several with commas between them.
    #[arg(
        long,
        value_name = "β,…",
        value_delimiter = ',',
        value_parser = parse::number,
        allow_hyphen_values = true,
        conflicts_with = "estimator"
    )]
    beta: Vec<f64>,
    /// Seeds of each method.
    #[arg(long, value_name = "N", value_parser = parse::size::<1>, default_value = "5")]
    seeds: usize,
    /// Settings in place of those of the experiment, as a TOML file; all methods share them.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Steps of each run, in place of those of the settings.
    #[arg(long, alias = "max-steps", value_name = "N", value_parser = parse::size::<1>)]
    steps: Option<usize>,
    /// Folder for the runs, the table and the figure; an interrupted experiment is resumed.
    #[arg(long, value_name = "DIR", default_value = "out/experiment/countdown")]
    out: PathBuf,
    #[command(flatten)]
    device: DeviceOption,
}

/// Estimators of `repro llm` without options.
const DEMONSTRATION: [&str; 2] = ["grpo", "rs-grpo:beta=2"];

pub(crate) fn run(
    options: &Options,
    pool: &ThreadPool,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    let estimators = parse::estimators(&options.estimator, &options.beta)?;
    let mut config = match &options.config {
        Some(path) => TrainConfig::read(path)?,
        None => settings()?,
    };
    config.steps = options.steps.unwrap_or(config.steps);
    let arms = match estimators.is_empty() {
        true => ExperimentArm::all(),
        false => estimators.iter().map(|e| ExperimentArm::of(&e.to_string())).collect(),
    };
    let run = (options.seeds, options.device);
    compare(arms, &config, run, &options.out, pool, console)
}

/// GRPO and RS-GRPO with one seed.
pub(crate) fn demonstration(
    out: Option<&Path>,
    device: DeviceOption,
    pool: &ThreadPool,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    let config = settings()?;
    let arms = DEMONSTRATION.map(ExperimentArm::of).to_vec();
    let out = out.unwrap_or(Path::new("out/llm-demonstration"));
    compare(arms, &config, (1, device), out, pool, console)
}

/// The settings of the experiment.
fn settings() -> Result<TrainConfig, Failure> {
    let origin = Path::new("experiments/countdown/config.toml");
    let table = SETTINGS.parse().map_err(|error: toml::de::Error| {
        Failure::Failed(format!("{}: {}", origin.display(), error.message()))
    })?;
    Ok(TrainConfig::default().with(table, origin)?)
}

/// Trains and evaluates every method with every seed, and evaluates the base model; prints the table and
/// writes the figure.
fn compare(
    arms: Vec<ExperimentArm>,
    config: &TrainConfig,
    (seeds, device): (usize, DeviceOption),
    out: &Path,
    pool: &ThreadPool,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    let model = model::folder(&config.model, console)?;
    let place = device.place_by_name(&model)?;
    let arms: Vec<ExperimentArm> = [ExperimentArm::base()].into_iter().chain(arms).collect();
    let jobs = jobs(&arms, config, seeds, out);
    for job in &jobs {
        job.config.check()?;
    }
    let signals = Signals::watch()?;
    let stop = || signals.received().is_some();
    let bar = console.sampling(jobs.iter().map(Job::units).sum());
    let finished = in_parallel(&jobs, pool.current_num_threads(), |job| {
        bar.set_message(format!("{}, seed {}", job.arm.label, job.config.seed));
        Ok(if stop() {
            None
        } else {
            job.run(&model, place.as_ref(), &stop, &|units| bar.inc(units))?
        })
    })?;
    bar.finish_and_clear();
    if stop() {
        return Err(signals.failure(out, "the same command"));
    }
    show(&by_arm(arms, finished), config, out, console)
}

/// Groups finished jobs by method.
fn by_arm(arms: Vec<ExperimentArm>, finished: Vec<Option<Finished>>) -> Vec<Results> {
    let mut results: Vec<Results> =
        arms.into_iter().map(|arm| Results { arm, seeds: Vec::new() }).collect();
    let count = results.len();
    for (at, finished) in finished.into_iter().flatten().enumerate() {
        results[at % count].seeds.push(finished);
    }
    results
}

/// Prints the tables, and writes them, the figure and the settings.
fn show(
    results: &[Results],
    config: &TrainConfig,
    out: &Path,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    let table = table::of(results)?;
    write!(console.out, "{}", table.to_text())?;
    let differences = table::differences(results)?;
    if let Some(differences) = &differences {
        write!(console.out, "\n{}", differences.to_text())?;
    }
    let mut files = figure::of(results, config)?.write(out, "countdown")?;
    for (name, table) in [("table", Some(&table)), ("differences", differences.as_ref())] {
        let Some(table) = table else { continue };
        for (kind, text) in [("csv", table.to_csv()), ("md", table.to_markdown())] {
            let path = out.join(format!("{name}.{kind}"));
            write_atomic(&path, text.as_bytes())?;
            files.push(path);
        }
    }
    files.push(write_config(out, config)?);
    console.note_files(&files);
    Ok(())
}

/// One job for each seed and method, seeds first, so that an unfinished experiment has compared all
/// methods on its first seeds.
fn jobs(arms: &[ExperimentArm], config: &TrainConfig, seeds: usize, out: &Path) -> Vec<Job> {
    let job = |(seed, arm): (u64, &ExperimentArm)| Job {
        arm: arm.clone(),
        config: TrainConfig {
            estimator: arm.estimator.clone().unwrap_or(config.estimator.clone()),
            seed,
            ..config.clone()
        },
        folder: out.join(&arm.folder).join(format!("seed-{seed}")),
    };
    (0..seeds as u64).flat_map(|seed| arms.iter().map(move |arm| (seed, arm))).map(job).collect()
}
