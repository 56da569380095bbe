//! Training problems without those of benchmarks.

use crate::config::TrainConfig;
use crate::data::{Benchmark, DataSet, Loaded, Overlap, Overlaps, Problem, ReadOptions, load_set};
use crate::error::{Error, Result};
use crate::task::{Split, TaskSource, is_cached};
use rs_grpo_files::Refuse as _;
use rs_grpo_hub::HubSettings;
use std::collections::HashSet;

/// Training problems that were left out because benchmarks have them.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Decontaminated {
    /// Names of the benchmarks that the problems were compared with.
    pub benchmarks: Vec<String>,
    /// The problems that were left out.
    pub overlaps: Vec<Overlap>,
}

/// Problems to train on without those of cached benchmarks, and what was left out.
///
/// # Errors
/// Problems that cannot be loaded; no problems left.
pub fn training_problems(config: &TrainConfig) -> Result<(Loaded, Option<Decontaminated>)> {
    let mut loaded = config.source()?.training()?;
    let decontaminated = decontaminate(config, &mut loaded, None)?;
    Ok((loaded, decontaminated))
}

/// Removes the problems of benchmarks: those in the hub's cache, and the run's evaluation set. A resumed
/// run removes what it `left_out` when it began.
///
/// # Errors
/// Benchmarks that cannot be read; no problems left.
pub(crate) fn decontaminate(
    config: &TrainConfig,
    loaded: &mut Loaded,
    left_out: Option<Decontaminated>,
) -> Result<Option<Decontaminated>> {
    let source = config.source()?;
    if !config.decontaminate || !source.is_math() {
        return Ok(None);
    }
    let decontaminated = match left_out {
        Some(left_out) => left_out,
        None => overlaps(config, &source, &loaded.problems)?,
    };
    let shared: HashSet<&str> =
        decontaminated.overlaps.iter().map(|overlap| overlap.problem.as_str()).collect();
    loaded.problems.retain(|problem| !shared.contains(problem.id.as_str()));
    if loaded.problems.is_empty() {
        let allowed =
            "a set with problems that are not in the benchmarks, or --decontaminate false";
        return Err(Error::parameter("data", &config.data, allowed));
    }
    Ok(Some(decontaminated))
}

fn overlaps(
    config: &TrainConfig,
    source: &TaskSource,
    problems: &[Problem],
) -> Result<Decontaminated> {
    let mut benchmarks = benchmarks(&HubSettings::from_environment())?;
    let own = config.eval_source()?;
    if own.is_math() && own != *source {
        let problems = own.problems(Split::HeldOut, usize::MAX)?;
        benchmarks.push(Benchmark { name: own.to_string(), problems });
    }
    let index = Overlaps::new(&benchmarks);
    let overlaps = problems.iter().filter_map(|problem| index.find(problem)).collect();
    let benchmarks = benchmarks.into_iter().map(|benchmark| benchmark.name).collect();
    Ok(Decontaminated { benchmarks, overlaps })
}

/// The problems of every benchmark in the hub's cache.
///
/// # Errors
/// Files without the problems of their set.
pub fn benchmarks(settings: &HubSettings) -> Result<Vec<Benchmark>> {
    let cached = DataSet::benchmarks().filter(|set| is_cached(set, settings));
    cached
        .map(|set| {
            let source = TaskSource::Set { set, path: None };
            let loaded = load_set(set, &source.fetch(settings, &mut ())?, ReadOptions::default())?;
            Ok(Benchmark { name: set.name.to_owned(), problems: loaded.problems })
        })
        .collect()
}
