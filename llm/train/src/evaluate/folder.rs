//! The folder of an evaluation.

use crate::error::{Error, Result};
use crate::inputs::INPUTS;
use rs_grpo_files::Refuse as _;
use rs_grpo_files::json_object;
use rs_grpo_files::lock;
use rs_grpo_files::{write_file, write_json};
use serde_json::{Map, Value};
use std::fs::File;
use std::path::{Path, PathBuf};

const SETTINGS: &str = "settings.json";
const SAMPLES: &str = "samples.jsonl";
/// Largest `settings.json`, in bytes.
const MAX_BYTES: u64 = 1 << 20;

/// The folder of an evaluation, locked by this process.
#[derive(Debug)]
pub struct EvalFolder {
    path: PathBuf,
    /// Released when the process ends, however it does.
    _lock: File,
}

impl EvalFolder {
    /// Creates the folder, or opens one to resume an evaluation with the same settings; those that are
    /// `free` may have changed.
    ///
    /// # Errors
    /// A folder that another process locks, or whose evaluation had other settings (the message names
    /// all of them); input and output.
    pub fn open(path: &Path, settings: &Map<String, Value>, free: &[&str]) -> Result<Self> {
        std::fs::create_dir_all(path).map_err(Error::file(path))?;
        let lock = lock(path)?;
        let saved = path.join(SETTINGS);
        if saved.exists() {
            compare(&saved, settings, free)?;
        }
        let aside = path.join(format!(".{SETTINGS}.new"));
        write_json(&aside, &Value::Object(settings.clone()))?;
        std::fs::rename(&aside, &saved).map_err(Error::file(&saved))?;
        Ok(Self { path: path.to_owned(), _lock: lock })
    }

    /// The file of its inputs.
    pub fn inputs(&self) -> PathBuf {
        self.path.join(INPUTS)
    }

    /// The file of its graded completions.
    pub fn samples(&self) -> PathBuf {
        self.path.join(SAMPLES)
    }

    /// Writes a result atomically.
    ///
    /// # Errors
    /// What the operating system refuses.
    pub fn write(&self, name: &str, text: &str) -> Result<PathBuf> {
        let (aside, path) = (self.path.join(format!(".{name}.new")), self.path.join(name));
        write_file(&aside, text.as_bytes())?;
        std::fs::rename(&aside, &path).map_err(Error::file(&path))?;
        Ok(path)
    }
}

fn compare(saved: &Path, settings: &Map<String, Value>, free: &[&str]) -> Result<()> {
    let before = json_object(saved, MAX_BYTES)?;
    let mut names: Vec<&String> = before.keys().chain(settings.keys()).collect();
    names.sort_unstable();
    names.dedup();
    let show = |value: Option<&Value>| value.map_or("absent".to_owned(), Value::to_string);
    let differing: Vec<String> = names
        .into_iter()
        .map(|name| (name, before.get(name), settings.get(name)))
        .filter(|(name, before, now)| before != now && !free.contains(&name.as_str()))
        .map(|(name, before, now)| format!("{name}: {}, here {}", show(before), show(now)))
        .collect();
    if differing.is_empty() {
        return Ok(());
    }
    let problem = format!(
        "an evaluation cannot be resumed with other settings: {}; give these, or another --out",
        differing.join("; ")
    );
    Err(Error::malformed(saved, "settings", problem))
}
