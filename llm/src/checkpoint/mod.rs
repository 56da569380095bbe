//! Checkpoints in Hugging Face's files, read without copying.

mod file;
mod mapped;
mod save;

pub use mapped::{Elements, Mapped};
pub use save::{Precision, save};

use crate::{Error, ModelConfig, Result};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

const CONFIG: &str = "config.json";
const SINGLE: &str = "model.safetensors";
const INDEX: &str = "model.safetensors.index.json";

/// A model folder: its configuration, and its tensors mapped into memory.
#[derive(Debug, Clone)]
pub struct Checkpoint {
    folder: PathBuf,
    config: ModelConfig,
    tensors: BTreeMap<String, Mapped>,
}

impl Checkpoint {
    /// Opens a folder with `config.json` and either `model.safetensors` or
    /// `model.safetensors.index.json` and its shards. Weights are mapped, not read.
    ///
    /// # Errors
    /// [`Error::File`] for a file that cannot be read, [`Error::Malformed`] for one that is not what
    /// it should be, [`Error::Tensors`] with all tensors that do not fit the configuration.
    pub fn open(folder: &Path) -> Result<Self> {
        let config = ModelConfig::from_json(&folder.join(CONFIG))?;
        let (listed_in, mut tensors) = read(folder)?;
        check(&config, &listed_in, &mut tensors)?;
        Ok(Self { folder: folder.to_owned(), config, tensors })
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The shape of the model.
    pub fn config(&self) -> &ModelConfig {
        &self.config
    }

    /// A tensor by its name in the file.
    ///
    /// # Errors
    /// [`Error::Malformed`] for a name that is not in [`ModelConfig::tensors`].
    pub fn tensor(&self, name: &str) -> Result<&Mapped> {
        self.tensors
            .get(name)
            .ok_or_else(|| Error::malformed(&self.folder, name, "is not in this checkpoint"))
    }
}

/// The file that lists the tensors, and the tensors.
fn read(folder: &Path) -> Result<(PathBuf, BTreeMap<String, Mapped>)> {
    let (single, index) = (folder.join(SINGLE), folder.join(INDEX));
    if single.exists() || !index.exists() {
        let tensors = file::read(&single)?;
        return Ok((single, tensors));
    }
    let listed = shards(&index)?;
    let mut tensors = BTreeMap::new();
    for shard in listed.values().collect::<BTreeSet<_>>() {
        for (name, tensor) in file::read(&folder.join(shard))? {
            if listed.get(&name) == Some(shard) {
                tensors.insert(name, tensor);
            }
        }
    }
    match listed.iter().find(|(name, _)| !tensors.contains_key(*name)) {
        Some((name, shard)) => {
            let problem = format!("is said to be in {shard}, which lacks it");
            Err(Error::malformed(&index, format!("weight_map.{name}"), problem))
        }
        None => Ok((index, tensors)),
    }
}

/// The shard of each tensor.
fn shards(index: &Path) -> Result<BTreeMap<String, String>> {
    let text = std::fs::read_to_string(index).map_err(Error::file(index))?;
    let value: Value = serde_json::from_str(&text)
        .map_err(|error| Error::malformed(index, "JSON", error.to_string()))?;
    let Some(Value::Object(map)) = value.get("weight_map") else {
        let problem = "must be an object from tensor names to file names";
        return Err(Error::malformed(index, "weight_map", problem));
    };
    let shard = |(name, file): (&String, &Value)| match file {
        Value::String(file) if is_plain_name(file) => Ok((name.clone(), file.clone())),
        other => {
            let problem = format!("is {other}; allowed: the name of a file in the same folder");
            Err(Error::malformed(index, format!("weight_map.{name}"), problem))
        }
    };
    map.iter().map(shard).collect()
}

/// A name that cannot lead out of the folder.
fn is_plain_name(file: &str) -> bool {
    !file.is_empty() && file != "." && file != ".." && !file.contains(['/', '\\', '\0', ':'])
}

/// Compares what a file holds with what the configuration needs, and drops known extras.
fn check(config: &ModelConfig, path: &Path, tensors: &mut BTreeMap<String, Mapped>) -> Result<()> {
    let expected: BTreeMap<_, _> = config.tensors().into_iter().collect();
    let tied_head = |name: &str| config.tie_embeddings && name == "lm_head.weight";
    tensors.retain(|name, _| !name.ends_with("rotary_emb.inv_freq") && !tied_head(name));
    let missing = expected.keys().filter(|name| !tensors.contains_key(*name));
    let unexpected = tensors.keys().filter(|name| !expected.contains_key(*name));
    let misshaped = tensors.iter().filter_map(|(name, tensor)| {
        let shape = expected.get(name).filter(|shape| *shape != tensor.shape())?;
        Some(format!("{name} is {:?}, not {shape:?}", tensor.shape()))
    });
    let problems = Error::Tensors {
        path: path.to_owned(),
        missing: missing.cloned().collect(),
        unexpected: unexpected.cloned().collect(),
        misshaped: misshaped.collect(),
    };
    match &problems {
        Error::Tensors { missing, unexpected, misshaped, .. }
            if missing.is_empty() && unexpected.is_empty() && misshaped.is_empty() =>
        {
            Ok(())
        }
        _ => Err(problems),
    }
}
