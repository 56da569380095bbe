//! A training run, read from its folder; and runs that differ by their seed alone.

use super::method;
use crate::failure::Failure;
use rs_grpo_train::{Metrics, TrainConfig};
use serde_json::{Map, Value};
use std::fs;
use std::path::{Path, PathBuf};

pub(super) const CONFIG: &str = "config.toml";
pub(super) const METRICS: &str = "metrics.jsonl";

/// A run.
#[derive(Debug, Clone)]
pub(super) struct ReportedRun {
    pub(super) folder: PathBuf,
    pub(super) config: TrainConfig,
    /// The numbers of every step.
    pub(super) steps: Vec<(f64, Metrics)>,
}

/// Runs whose settings are the same but for the seed.
pub(super) struct ReportArm {
    /// What tells it from the others.
    pub(super) label: String,
    pub(super) runs: Vec<ReportedRun>,
}

impl ReportedRun {
    pub(super) fn is_in(folder: &Path) -> bool {
        folder.join(CONFIG).is_file() && folder.join(METRICS).is_file()
    }

    pub(super) fn read(folder: &Path) -> Result<Self, Failure> {
        let config = TrainConfig::read(&folder.join(CONFIG))?;
        let path = folder.join(METRICS);
        let text = fs::read_to_string(&path).map_err(|e| Failure::unreadable(&path, &e))?;
        // What follows the last line break is being written, or was cut off.
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        let lines = whole.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        let steps = lines.map(|(at, line)| step(line, &path, at + 1)).collect::<Result<_, _>>()?;
        Ok(Self { folder: folder.to_owned(), config, steps })
    }
}

/// The number of the step, and every other number of the line.
fn step(line: &str, path: &Path, number: usize) -> Result<(f64, Metrics), Failure> {
    let fields: Option<Map<String, Value>> = serde_json::from_str(line).ok();
    let step = fields.as_ref().and_then(|fields| fields.get("step")?.as_f64());
    let (Some(fields), Some(step)) = (fields, step) else {
        let place = format!("{}:{number}", path.display());
        return Err(Failure::Usage(format!(
            "{place}: expected a JSON object with a number \"step\", as `repro llm` writes it"
        )));
    };
    let numbers = fields.into_iter().filter_map(|(name, value)| Some((name, value.as_f64()?)));
    Ok((step, numbers.collect()))
}

/// The runs, those together that differ by their seed alone, in the order of their first.
pub(super) fn arms(trainings: Vec<ReportedRun>) -> Vec<ReportArm> {
    let mut arms: Vec<ReportArm> = Vec::new();
    for run in trainings {
        let same = |arm: &&mut ReportArm| seedless(&arm.runs[0].config) == seedless(&run.config);
        match arms.iter_mut().find(same) {
            Some(arm) => arm.runs.push(run),
            None => arms.push(ReportArm { label: String::new(), runs: vec![run] }),
        }
    }
    let differing = differing(&arms.iter().map(|arm| &arm.runs[0].config).collect::<Vec<_>>());
    for arm in &mut arms {
        arm.label = label(&arm.runs[0].config, &differing);
    }
    arms
}

pub(super) fn seedless(config: &TrainConfig) -> TrainConfig {
    TrainConfig { seed: 0, ..config.clone() }
}

/// The settings in which some of these differ.
pub(super) fn differing(configs: &[&TrainConfig]) -> Vec<String> {
    let tables: Vec<_> = configs.iter().map(|config| seedless(config).texts()).collect();
    let differs = |key: &String| tables.iter().any(|table| table.get(key) != tables[0].get(key));
    TrainConfig::keys().into_iter().filter(differs).collect()
}

/// The method, and whatever else tells the run from the others.
fn label(config: &TrainConfig, differing: &[String]) -> String {
    let table = config.texts();
    let others = differing.iter().filter(|key| *key != "estimator");
    let others = others.filter_map(|key| Some(format!("{key} {}", shown(table.get(key)?))));
    [method::label(&config.estimator)].into_iter().chain(others).collect::<Vec<_>>().join("; ")
}

/// A setting as people read it.
pub(super) fn shown(value: &toml::Value) -> String {
    match value {
        toml::Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
