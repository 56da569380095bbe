//! A folder with `config.json` and weights.

use super::file::read_tensors;
use super::mapped::Mapped;
use crate::config::MAX_BYTES;
use crate::{Error, ModelConfig, Result};
use rs_grpo_files::Refuse as _;
use rs_grpo_files::ShardIndex;
use rs_grpo_files::json_object;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::{Path, PathBuf};

/// The shape of the model.
const CONFIG: &str = "config.json";
/// Weights in one file.
pub(super) const SINGLE: &str = "model.safetensors";
/// The table of weights in several files.
pub(super) const INDEX: &str = "model.safetensors.index.json";

/// A checkpoint in a folder of Hugging Face's layout; its weights stay in their files.
///
/// The files must not be changed while it is open.
#[derive(Debug, Clone)]
pub struct Checkpoint {
    pub(super) folder: PathBuf,
    fields: Map<String, Value>,
    pub(super) config: ModelConfig,
    pub(super) tensors: BTreeMap<String, Mapped>,
    weight_files: Vec<String>,
}

impl Checkpoint {
    /// Opens `config.json` and `model.safetensors`, or the files that
    /// `model.safetensors.index.json` names; the single file where a folder has both, as in
    /// transformers.
    ///
    /// Weights are memory-mapped; they are copied only where the header leaves them unaligned for their
    /// type.
    ///
    /// # Errors
    /// A file is missing, cut off or malformed, or a tensor is stored in another type than F32, BF16
    /// or F16; the error names the file and the field or tensor. Or the tensors are not those of
    /// [`ModelConfig::tensors`]; one error lists all that are missing, unexpected or of another
    /// shape. The `rotary_emb.inv_freq` of old files and the copy of a tied head may be there.
    pub fn open(folder: &Path) -> Result<Self> {
        let path = folder.join(CONFIG);
        let fields = json_object(&path, MAX_BYTES)?;
        let config = ModelConfig::from_object(&path, &fields)?;
        let (single, index) = (folder.join(SINGLE), folder.join(INDEX));
        let (tensors, weight_files) = if single.exists() {
            (read_tensors(&single)?.into_iter().collect(), vec![SINGLE.to_owned()])
        } else if index.exists() {
            shards(folder, &index)?
        } else {
            return Err(no_weights(folder));
        };
        let folder = folder.to_owned();
        let checkpoint = Self { folder, fields, config, tensors, weight_files };
        checkpoint.check()?;
        Ok(checkpoint)
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The shape of the model.
    pub fn config(&self) -> &ModelConfig {
        &self.config
    }

    /// All of `config.json`, to be written into checkpoints of the same model.
    pub fn config_fields(&self) -> &Map<String, Value> {
        &self.fields
    }

    /// Names of the files that hold the weights, without the index.
    pub fn weight_files(&self) -> &[String] {
        &self.weight_files
    }

    /// A tensor by its name in the file.
    ///
    /// # Errors
    /// The checkpoint has no tensor of that name.
    pub fn tensor(&self, name: &str) -> Result<&Mapped> {
        let missing = || Error::malformed(&self.folder, name, "no file holds this tensor");
        self.tensors.get(name).ok_or_else(missing)
    }

    /// Every tensor with its name, sorted by name.
    pub fn tensors(&self) -> impl Iterator<Item = (&str, &Mapped)> {
        self.tensors.iter().map(|(name, tensor)| (name.as_str(), tensor))
    }
}

fn no_weights(folder: &Path) -> Error {
    let others = ["pytorch_model.bin", "pytorch_model.bin.index.json", "adapter_model.safetensors"];
    let found = others.iter().find(|name| folder.join(name).exists());
    let hint = match found {
        Some(other) => format!("; {other} is there, which cannot be read in its place"),
        None => String::new(),
    };
    let problem = format!("is missing, and so is {INDEX}{hint}; download them");
    Error::malformed(folder, SINGLE, problem)
}

/// The tensors of several files, each where the index says, and the names of the files.
fn shards(folder: &Path, path: &Path) -> Result<(BTreeMap<String, Mapped>, Vec<String>)> {
    let index = ShardIndex::read(path)?;
    let mut tensors = BTreeMap::new();
    let mut home = BTreeMap::new();
    for shard in index.files() {
        let file = folder.join(shard);
        if !file.exists() {
            let problem = "is not in the folder; download it, too";
            return Err(Error::malformed(path, shard, problem));
        }
        for (name, tensor) in read_tensors(&file)? {
            match tensors.entry(name) {
                Entry::Vacant(vacant) => {
                    home.insert(vacant.key().clone(), shard);
                    vacant.insert(tensor);
                }
                Entry::Occupied(held) => {
                    let problem = format!(
                        "is in {} and in {shard}; download the checkpoint again",
                        home[held.key()]
                    );
                    return Err(Error::malformed(path, held.key().as_str(), problem));
                }
            }
        }
    }
    let astray = |(name, file): &(&String, &String)| home.get(*name) != Some(&file.as_str());
    match index.weight_map.iter().find(astray) {
        Some((name, file)) => Err(Error::malformed(
            path,
            name.as_str(),
            format!("is not in {file}; download the checkpoint again"),
        )),
        None => Ok((tensors, index.files().into_iter().map(str::to_owned).collect())),
    }
}
