//! Checkpoints of a run: everything that is needed to resume it, written atomically.

use crate::context::TrainContext;
use crate::error::{Error, Result};
use crate::policy::write_weights;
use rs_grpo_engine::checkpoint::{
    Checkpoint, Elements, Shaped, Storage, read_tensors, write_tensors,
};
use rs_grpo_engine::model::TrainableModel;
use rs_grpo_engine::model::set_adapters;
use rs_grpo_engine::optim::OptimizerState;
use rs_grpo_files::Refuse as _;
use rs_grpo_files::json_object;
use rs_grpo_files::{aside, write_file, write_json};
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

/// Progress of a run; a file of its checkpoints.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainingProgress {
    /// Steps that are done.
    pub step: usize,
    /// Prompts that were sampled: the position in the data.
    pub given: u64,
    /// Updates of the optimiser.
    pub updates: u64,
    /// Tokens that were sampled.
    pub tokens: u64,
    /// Indices of the problems that were ever solved.
    pub solved: BTreeSet<usize>,
    /// Step and value of the best evaluation so far.
    pub best: Option<(usize, f64)>,
    /// Whether the rewards of every group so far were all equal.
    pub without_signal: bool,
}

/// Writes a checkpoint: the model in Hugging Face's files, the optimiser and the progress.
///
/// # Errors
/// What the operating system refuses, such as a full disk; nothing is left behind then.
pub(super) fn save<P: TrainableModel>(
    folder: &Path,
    context: &TrainContext<P>,
    optimizer: &P::Optimizer,
    progress: &TrainingProgress,
) -> Result<()> {
    if folder.exists() {
        // A repeated step gives the same files.
        std::fs::remove_dir_all(folder).map_err(Error::file(folder))?;
    }
    aside(folder, |temporary| {
        write_weights(temporary, context)?;
        for (name, bytes) in &context.tokenizer_files {
            write_file(&temporary.join(name), bytes)?;
        }
        write_moments(&temporary.join(OPTIMIZER), &context.policy, optimizer)?;
        let state = serde_json::to_value(progress)
            .map_err(|error| Error::malformed(folder, STATE, error.to_string()))?;
        Ok(write_json(&temporary.join(STATE), &state)?)
    })
}

fn write_moments<P: TrainableModel>(
    path: &Path,
    policy: &P,
    optimizer: &P::Optimizer,
) -> rs_grpo_engine::Result<()> {
    let shapes: BTreeMap<_, _> = policy.trained_shapes().into_iter().collect();
    let mut tensors: Vec<Shaped> = Vec::new();
    for name in optimizer.names() {
        for part in [MEAN, SQUARE] {
            tensors.push((format!("{name}{part}"), shapes[name.as_str()].clone()));
        }
    }
    write_tensors(path, &tensors, Storage::F32, &mut |name: &str| {
        let [mean, square] = match name.strip_suffix(MEAN) {
            Some(name) => optimizer.moments(name)?,
            None => optimizer.moments(name.trim_end_matches(SQUARE))?,
        };
        Ok(if name.ends_with(MEAN) { mean.into() } else { square.into() })
    })
}

/// Restores a run from a checkpoint.
///
/// # Errors
/// A checkpoint that is not of this model.
pub(super) fn restore<P: TrainableModel>(
    folder: &Path,
    context: &TrainContext<P>,
    optimizer: &mut P::Optimizer,
) -> Result<TrainingProgress> {
    let (path, policy) = (folder.join(STATE), &context.policy);
    let state = Value::Object(json_object(&path, MAX_BYTES)?);
    let progress: TrainingProgress = serde_json::from_value(state)
        .map_err(|error| Error::malformed(&path, "the file", error.to_string()))?;
    match context.config.lora() {
        Some(_) => set_adapters(folder, &policy.trained_shapes(), |name, numbers| {
            policy.set_trained(name, numbers)
        })?,
        None => read_weights(&Checkpoint::open(folder)?, policy)?,
    }
    optimizer.set_updates(progress.updates);
    for (name, moments) in read_moments(&folder.join(OPTIMIZER))? {
        optimizer.set_moments(&name, moments);
    }
    Ok(progress)
}

fn read_weights<P: TrainableModel>(checkpoint: &Checkpoint, policy: &P) -> Result<()> {
    for (name, _) in policy.trained_shapes() {
        policy.set_trained(&name, checkpoint.tensor(&name)?.elements().to_f32())?;
    }
    Ok(())
}

fn read_moments(path: &Path) -> Result<BTreeMap<String, [Vec<f32>; 2]>> {
    let mut moments: BTreeMap<String, [Vec<f32>; 2]> = BTreeMap::new();
    for (name, tensor) in read_tensors(path)? {
        let Elements::F32(numbers) = tensor.elements() else {
            return Err(Error::malformed(path, name, "is not F32"));
        };
        for (part, suffix) in [MEAN, SQUARE].into_iter().enumerate() {
            if let Some(name) = name.strip_suffix(suffix) {
                moments.entry(name.to_owned()).or_default()[part] = numbers.to_vec();
            }
        }
    }
    Ok(moments)
}
