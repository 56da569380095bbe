//! `repro experiment countdown`.

use super::arms::Arm;
use super::job::{Finished, Job};
use super::{figure, table};
use crate::console::Console;
use crate::failure::Failure;
use crate::parse;
use clap::Args;
use rayon::{ThreadPool, ThreadPoolBuilder};
use rs_grpo::Estimator;
use rs_grpo_llm::train::TrainConfig;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Options of `repro experiment countdown`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Compare these estimators only, such as grpo or rs-grpo:beta=2; may be repeated.
    #[arg(long, value_name = "NAME[:KEY=VALUE,…]", value_parser = parse::estimator)]
    estimator: Vec<Estimator>,
    /// Seeds of each method.
    #[arg(long, value_name = "N", value_parser = parse::size::<1>, default_value = "5")]
    seeds: usize,
    /// A TOML file of settings, in place of those of the experiment.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Folder for the runs, the figure and the table; an experiment that was interrupted goes on.
    #[arg(long, value_name = "DIR", default_value = "out/experiment/countdown")]
    out: PathBuf,
    #[arg(long)]
    model: PathBuf,
}

/// What came of one method, for each seed.
pub(super) struct Results {
    pub(super) arm: Arm,
    pub(super) seeds: Vec<Finished>,
}

pub(crate) fn run(
    options: &Options,
    pool: &ThreadPool,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    let config = match &options.config {
        Some(path) => TrainConfig::read(path)?,
        None => TrainConfig::default(),
    };
    let mut arms = vec![Arm::base()];
    match options.estimator.is_empty() {
        true => arms.extend(Arm::all()),
        false => arms.extend(options.estimator.iter().map(|e| Arm::of(&e.to_string()))),
    }
    let jobs: Vec<Job> = arms
        .iter()
        .flat_map(|arm| (0..options.seeds as u64).map(move |seed| (arm, seed)))
        .map(|(arm, seed)| Job {
            arm: arm.clone(),
            config: TrainConfig {
                estimator: arm.estimator.clone().unwrap_or(config.estimator.clone()),
                seed,
                ..config.clone()
            },
            folder: options.out.join(&arm.folder).join(format!("seed-{seed}")),
        })
        .collect();
    let bar = console.sampling(jobs.iter().map(Job::units).sum());
    let finished = in_parallel(&jobs, pool.current_num_threads(), |job| {
        Ok(job.run(&options.model, &|| false, &|units| bar.inc(units))?)
    })?;
    bar.finish_and_clear();
    let mut finished = finished.into_iter().flatten();
    let results: Vec<Results> = arms
        .into_iter()
        .map(|arm| Results { arm, seeds: finished.by_ref().take(options.seeds).collect() })
        .collect();
    write!(console.out, "{}", table::of(&results)?.to_text())?;
    let files = figure::of(&results)?.write(&options.out, "countdown")?;
    console.note_files(&files);
    Ok(())
}

/// Runs jobs side by side, each on its share of the threads; results in the order of the jobs. Small
/// networks are faster that way than one after the other on all threads.
fn in_parallel<T: Send>(
    jobs: &[Job],
    threads: usize,
    work: impl Fn(&Job) -> Result<T, Failure> + Sync,
) -> Result<Vec<T>, Failure> {
    let workers = threads.min(jobs.len()).max(1);
    let next = AtomicUsize::new(0);
    let worker = || -> Result<Vec<(usize, T)>, Failure> {
        let pool = ThreadPoolBuilder::new().num_threads((threads / workers).max(1)).build();
        let pool = pool.map_err(|error| Failure::Failed(error.to_string()))?;
        let mut done = Vec::new();
        while let Some((at, job)) = take(&next, jobs) {
            done.push((at, pool.install(|| work(job))?));
        }
        Ok(done)
    };
    let mut done = Vec::new();
    std::thread::scope(|scope| -> Result<(), Failure> {
        let workers: Vec<_> = (0..workers).map(|_| scope.spawn(worker)).collect();
        for worker in workers {
            let results = worker.join().map_err(|_| Failure::Failed("a job panicked".to_owned()))?;
            done.extend(results?);
        }
        Ok(())
    })?;
    done.sort_by_key(|(at, _)| *at);
    Ok(done.into_iter().map(|(_, result)| result).collect())
}

/// The next job that nobody has taken.
fn take<'a>(next: &AtomicUsize, jobs: &'a [Job]) -> Option<(usize, &'a Job)> {
    let at = next.fetch_add(1, Ordering::Relaxed);
    jobs.get(at).map(|job| (at, job))
}
