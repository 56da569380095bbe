//! `repro bandit`: does the policy leave the wrong peak?

mod config;
mod figure;
mod options;
mod phase;
pub(crate) mod table;
mod thresholds;

pub(crate) use figure::curves as figure;
pub(crate) use options::Options;
pub(crate) use phase::heatmap;

use crate::console::Console;
use crate::failure::Failure;
use crate::output::{Format, prepare_folder, write_config};
use rayon::ThreadPool;
use rs_grpo_sims::bandit::{Config, Summary, Updates, simulate};
use serde::Serialize;

/// What `--format json` prints.
#[derive(Serialize)]
struct Answer<'a> {
    results: &'a [Summary],
}

pub(crate) fn run(
    options: &Options,
    pool: &ThreadPool,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    options.check().map_err(Failure::Usage)?;
    leave_huge_pages();
    let configs = options.configs();
    configs.iter().try_for_each(Config::check)?;
    prepare_folder(&options.out)?;
    if options.thresholds {
        return thresholds::run(options, pool, console);
    }
    if options.phase {
        return phase::run(options, pool, console);
    }
    let (seed, seeds) = (options.seed, options.seeds());
    let results = simulate_all(&configs, seed, seeds, options.updates(), pool, console)?;
    let mut files = figure(&configs[0], &results)?.write(&options.out, "bandit")?;
    files.push(write_config(&options.out, &config::Resolved::new(options, &configs))?);
    match options.format {
        Format::Text => write!(console.out, "{}", table::text(&configs[0], &results)?)?,
        Format::Json => console.json(&Answer { results: &results })?,
    }
    console.note_files(&files);
    Ok(())
}

/// Asks the system for no huge pages: the pieces of memory here are small, and a third of the most
/// memory that is in use would be the rest of such pages.
fn leave_huge_pages() {
    // A system that refuses costs memory, nothing else.
    #[cfg(target_os = "linux")]
    let _ = rustix::thread::disable_transparent_huge_pages(true);
}

/// One summary for each configuration, with a bar over all runs.
pub(crate) fn simulate_all(
    configs: &[Config],
    seed: u64,
    seeds: u64,
    updates: Updates,
    pool: &ThreadPool,
    console: &mut Console<'_>,
) -> Result<Vec<Summary>, Failure> {
    configs.iter().try_for_each(Config::check)?;
    let runs = configs.len() as u64 * updates.runs(seeds);
    let bar = console.progress(runs, "bandit");
    let run = |config| simulate(config, seed, seeds, updates, || bar.inc(1));
    let results = pool.install(|| configs.iter().map(run).collect::<Result<_, _>>());
    bar.finish_and_clear();
    Ok(results?)
}
