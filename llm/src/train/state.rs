//! Checkpoints of a run: everything that it needs to go on, whole or not at all.

use super::adamw::{AdamW, Moments};
use super::setup::Setup;
use crate::checkpoint::save::{Shaped, aside, write_file, write_json, write_model, write_tensors};
use crate::checkpoint::{Checkpoint, Elements, Layout, Storage, file};
use crate::files::json_object;
use crate::model::{Decoder, read_adapters, write_adapters};
use crate::{Error, Result};
use candle_core::Tensor;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

const STATE: &str = "trainer.json";
const OPTIMIZER: &str = "optimizer.safetensors";
const MEAN: &str = ".mean";
const SQUARE: &str = ".square";
/// Largest `trainer.json`, in bytes.
const MAX_BYTES: u64 = 1 << 30;

/// How far a run is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Progress {
    /// Steps that are done.
    pub step: usize,
    /// Problems that were given out: the position in the data.
    pub given: u64,
    /// Updates of the optimiser.
    pub updates: u64,
    /// Tokens that were drawn.
    pub tokens: u64,
    /// Indices of the problems that were ever solved.
    pub solved: BTreeSet<usize>,
    /// The best evaluation so far, with its step.
    pub best: Option<(usize, f64)>,
    /// Whether every group so far had the same reward throughout.
    pub without_signal: bool,
}

/// Writes a checkpoint: the model in Hugging Face's files, the optimiser and the progress.
///
/// # Errors
/// What the operating system refuses, such as a full disk; nothing is left behind then.
pub(super) fn save(
    folder: &Path,
    setup: &Setup,
    optimizer: &AdamW,
    progress: &Progress,
) -> Result<()> {
    if folder.exists() {
        // Steps that were done once and are done again give the same files.
        std::fs::remove_dir_all(folder).map_err(Error::file(folder))?;
    }
    aside(folder, |temporary| {
        weights(temporary, setup)?;
        for (name, bytes) in &setup.companions {
            write_file(&temporary.join(name), bytes)?;
        }
        moments(&temporary.join(OPTIMIZER), setup, optimizer)?;
        let state = serde_json::to_value(progress)
            .map_err(|error| Error::malformed(folder, STATE, error.to_string()))?;
        write_json(&temporary.join(STATE), &state)
    })
}

fn weights(folder: &Path, setup: &Setup) -> Result<()> {
    if let Some(options) = setup.config.lora() {
        return write_adapters(folder, &setup.model, options, &setup.config.model);
    }
    let trained: BTreeMap<_, _> = setup.model.trained().iter().cloned().collect();
    let tensors = setup.model.config().tensors();
    write_model(folder, &setup.fields, &tensors, Layout::new(Storage::F32), |name| {
        Ok(trained[name].flatten_all()?.to_vec1::<f32>()?.into())
    })
}

fn moments(path: &Path, setup: &Setup, optimizer: &AdamW) -> Result<()> {
    let shapes: BTreeMap<_, _> =
        setup.model.trained().iter().map(|(name, var)| (name.as_str(), var.dims())).collect();
    let mut tensors: Vec<Shaped> = Vec::new();
    for name in optimizer.moments.keys() {
        for part in [MEAN, SQUARE] {
            tensors.push((format!("{name}{part}"), shapes[name.as_str()].to_vec()));
        }
    }
    write_tensors(path, &tensors, Storage::F32, &mut |name: &str| {
        let numbers = match name.strip_suffix(MEAN) {
            Some(name) => &optimizer.moments[name].mean,
            None => &optimizer.moments[name.trim_end_matches(SQUARE)].square,
        };
        Ok(numbers.as_slice().into())
    })
}

/// Puts a run back to where a checkpoint was written.
///
/// # Errors
/// A checkpoint that is not of this model.
pub(super) fn restore(folder: &Path, setup: &Setup, optimizer: &mut AdamW) -> Result<Progress> {
    let path = folder.join(STATE);
    let state = Value::Object(json_object(&path, MAX_BYTES)?);
    let progress: Progress = serde_json::from_value(state)
        .map_err(|error| Error::malformed(&path, "the file", error.to_string()))?;
    match setup.config.lora() {
        Some(_) => read_adapters(folder, &setup.model)?,
        None => read_weights(&Checkpoint::open(folder)?, &setup.model)?,
    }
    optimizer.updates = progress.updates;
    optimizer.moments = read_moments(&folder.join(OPTIMIZER))?;
    Ok(progress)
}

fn read_weights(checkpoint: &Checkpoint, model: &Decoder) -> Result<()> {
    for (name, var) in model.trained() {
        let numbers = checkpoint.tensor(name)?.elements().to_f32();
        var.set(&Tensor::from_vec(numbers, var.shape(), var.device())?)?;
    }
    Ok(())
}

fn read_moments(path: &Path) -> Result<BTreeMap<String, Moments>> {
    let mut moments: BTreeMap<String, Moments> = BTreeMap::new();
    for (name, tensor) in file::tensors(path)? {
        let Elements::F32(numbers) = tensor.elements() else {
            return Err(Error::malformed(path, name, "is not F32"));
        };
        if let Some(name) = name.strip_suffix(MEAN) {
            moments.entry(name.to_owned()).or_default().mean = numbers.to_vec();
        } else if let Some(name) = name.strip_suffix(SQUARE) {
            moments.entry(name.to_owned()).or_default().square = numbers.to_vec();
        }
    }
    Ok(moments)
}
