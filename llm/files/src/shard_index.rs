//! Which of several files holds which tensor: `model.safetensors.index.json`.

use crate::unique::Unique;
use crate::{Error, Refuse as _, Result, read};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path};

/// Longest index, in bytes; that of a model of 400 billion parameters has 100 thousand.
const MAX_BYTES: u64 = 100_000_000;

/// A parsed `model.safetensors.index.json`.
pub struct ShardIndex {
    /// File of every tensor.
    pub weight_map: BTreeMap<String, String>,
}

/// The index as it stands in the file; its metadata is not needed.
#[derive(serde::Deserialize)]
struct Raw {
    weight_map: Unique<String>,
}

impl ShardIndex {
    /// Reads an index.
    ///
    /// # Errors
    /// The file cannot be read, is not an index, or names files outside its folder.
    pub fn read(path: &Path) -> Result<Self> {
        let refuse = |problem: String| Error::malformed(path, "weight_map", problem);
        let bytes = read::read(path, MAX_BYTES)?;
        let raw: Raw = serde_json::from_slice(&bytes)
            .map_err(|error| refuse(format!("cannot be read: {error}")))?;
        if raw.weight_map.0.is_empty() {
            return Err(refuse("is empty; it names the file of every tensor".to_owned()));
        }
        for (tensor, file) in &raw.weight_map.0 {
            if !is_plain(file) {
                let problem = format!(
                    "lies in {file:?}; allowed: the name of a file in the folder of the index"
                );
                return Err(Error::malformed(path, tensor.as_str(), problem));
            }
        }
        Ok(Self { weight_map: raw.weight_map.0.into_iter().collect() })
    }

    /// Every file, once.
    pub fn files(&self) -> BTreeSet<&str> {
        self.weight_map.values().map(String::as_str).collect()
    }
}

/// Whether a name stays in its folder, on every operating system.
fn is_plain(name: &str) -> bool {
    let mut components = Path::new(name).components();
    matches!((components.next(), components.next()), (Some(Component::Normal(only)), None) if only == name)
        && !name.contains(['/', '\\', ':', '\0'])
}
