//! The folder of a run.

use super::tensorboard::EventWriter;
use crate::config::TrainConfig;
use crate::error::{Error, Result};
use crate::inputs::INPUTS;
use crate::metrics::Metrics;
use rs_grpo_files::Lines;
use rs_grpo_files::Refuse as _;
use rs_grpo_files::write_file;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

const CONFIG: &str = "config.toml";
const METRICS: &str = "metrics.jsonl";
const SAMPLES: &str = "samples.jsonl";
const CHECKPOINTS: &str = "checkpoints";
const STEP: &str = "step-";

/// Settings that may change when a run is resumed.
const FREE: [&str; 2] = ["save", "eval"];

/// What to do with a folder that has a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Resume {
    /// Refuse it.
    #[default]
    Never,
    /// Resume from the newest checkpoint, or start if there is none.
    Auto,
}

/// The folder of a run, locked by this process.
#[derive(Debug)]
pub struct RunFolder {
    path: PathBuf,
    /// Released when the process ends, however it does.
    _lock: File,
    metrics: Lines,
    samples: Lines,
    events: EventWriter,
}

/// The number of the step in a line.
#[derive(Serialize, Deserialize)]
struct Step {
    step: usize,
}

impl RunFolder {
    /// Creates the folder, or opens one to resume a run with the same settings. Lines of steps after its
    /// newest checkpoint are removed: those steps are repeated.
    ///
    /// # Errors
    /// A folder that another process locks, that has a run and is not to be resumed, or whose run had
    /// other settings (the message names all of them); input and output.
    pub fn open(path: &Path, config: &TrainConfig, resume: Resume) -> Result<Self> {
        std::fs::create_dir_all(path).map_err(Error::file(path))?;
        let lock = rs_grpo_files::lock(path)?;
        let saved = path.join(CONFIG);
        if saved.exists() {
            if resume == Resume::Never {
                let problem = "holds a run; resume it with --resume auto, or give another --out";
                return Err(Error::malformed(path, "the folder", problem));
            }
            compare(&saved, config)?;
        }
        write_atomic(&saved, config.to_toml().as_bytes())?;
        let steps = newest(path)?.map_or(0, |(step, _)| step);
        for name in [METRICS, SAMPLES] {
            Lines::retain(&path.join(name), |line: &Step| line.step <= steps)?;
        }
        Ok(Self {
            metrics: Lines::append(&path.join(METRICS))?,
            samples: Lines::append(&path.join(SAMPLES))?,
            events: EventWriter::create(path, steps, now())?,
            path: path.to_owned(),
            _lock: lock,
        })
    }

    /// Path of the folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The file of its inputs.
    pub(crate) fn inputs(&self) -> PathBuf {
        self.path.join(INPUTS)
    }

    /// The newest checkpoint, with its step.
    ///
    /// # Errors
    /// What the operating system refuses.
    pub fn newest(&self) -> Result<Option<(usize, PathBuf)>> {
        newest(&self.path)
    }

    /// Path of the checkpoint after `step` steps.
    pub fn checkpoint(&self, step: usize) -> PathBuf {
        self.path.join(CHECKPOINTS).join(format!("{STEP}{step:06}"))
    }

    /// Deletes all checkpoints but the `keep` newest and the one of step `best`.
    ///
    /// # Errors
    /// What the operating system refuses.
    pub(crate) fn prune(&self, keep: usize, best: Option<usize>) -> Result<()> {
        let mut all = checkpoints(&self.path)?;
        all.sort_unstable_by(|a, b| b.cmp(a));
        for (step, path) in all.into_iter().skip(keep) {
            if Some(step) != best {
                std::fs::remove_dir_all(&path).map_err(Error::file(&path))?;
            }
        }
        Ok(())
    }

    /// Appends the numbers of a step.
    ///
    /// # Errors
    /// What the operating system refuses.
    pub fn record(&mut self, step: usize, metrics: &Metrics) -> Result<()> {
        let mut line = Map::from_iter([("step".to_owned(), Value::from(step))]);
        line.extend(metrics.iter().map(|(name, value)| (name.clone(), Value::from(*value))));
        self.metrics.push(&line)?;
        let scalars = metrics.iter().map(|(name, value)| (name.as_str(), *value));
        self.events.scalars(step, now(), scalars)
    }

    /// Appends a completion; the line has a field `step`.
    ///
    /// # Errors
    /// What the operating system refuses.
    pub fn sample(&mut self, line: &impl Serialize) -> Result<()> {
        Ok(self.samples.push(line)?)
    }

    /// Waits until all lines are on the disk.
    ///
    /// # Errors
    /// What the operating system refuses.
    pub fn sync(&self) -> Result<()> {
        self.metrics.sync()?;
        Ok(self.samples.sync()?)
    }
}

/// Seconds since 1970.
fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64())
}

fn compare(saved: &Path, config: &TrainConfig) -> Result<()> {
    let differing: Vec<String> = TrainConfig::read(saved)?
        .differences(config)
        .into_iter()
        .filter(|line| !FREE.iter().any(|free| line.starts_with(&format!("{free}:"))))
        .collect();
    if differing.is_empty() {
        return Ok(());
    }
    let problem = format!(
        "a run cannot be resumed with other settings: {}; give these, or another --out",
        differing.join("; ")
    );
    Err(Error::malformed(saved, "settings", problem))
}

fn checkpoints(path: &Path) -> Result<Vec<(usize, PathBuf)>> {
    let folder = path.join(CHECKPOINTS);
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for entry in std::fs::read_dir(&folder).map_err(Error::file(&folder))? {
        let path = entry.map_err(Error::file(&folder))?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if let Some(step) = name.strip_prefix(STEP).and_then(|step| step.parse().ok()) {
            found.push((step, path));
        }
    }
    Ok(found)
}

fn newest(path: &Path) -> Result<Option<(usize, PathBuf)>> {
    Ok(checkpoints(path)?.into_iter().max())
}

/// Writes a file under a temporary name, syncs it, and renames it.
fn write_atomic(path: &Path, bytes: &[u8]) -> Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let aside = folder.join(format!(".{CONFIG}.new"));
    write_file(&aside, bytes)?;
    std::fs::rename(&aside, path).map_err(Error::file(path))
}
