//! Adapters in PEFT's files: `adapter_config.json` and `adapter_model.safetensors`.

use super::adapter::LoraOptions;
use super::decoder::Decoder;
use super::loader::Training;
use super::names::{DOWN, UP};
use crate::checkpoint::{Checkpoint, Layout, Mapped, Storage, read_tensors, save};
use crate::checkpoint::{Shaped, write_tensors};
use crate::kernels::gemm::{Matrix, gemm};
use crate::{Error, Result};
use candle_core::Tensor;
use rs_grpo_files::Refuse as _;
use rs_grpo_files::json_object;
use rs_grpo_files::write_json;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::path::Path;

const CONFIG: &str = "adapter_config.json";
const WEIGHTS: &str = "adapter_model.safetensors";
/// PEFT's prefix of the tensor names of a causal language model.
const PREFIX: &str = "base_model.model.";
/// The projections that have adapters.
const TARGETS: [&str; 7] =
    ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"];
/// Largest `adapter_config.json`, in bytes.
const MAX_BYTES: u64 = 1 << 20;

/// Writes adapters of these shapes into an existing folder; `base` is the name of their base model.
pub fn write_adapters(
    folder: &Path,
    shapes: Vec<Shaped>,
    numbers: impl Fn(&str) -> Result<Vec<f32>>,
    options: LoraOptions,
    base: &str,
) -> Result<()> {
    let mut shapes: Vec<Shaped> =
        shapes.into_iter().map(|(name, shape)| (format!("{PREFIX}{name}"), shape)).collect();
    shapes.sort();
    write_tensors(&folder.join(WEIGHTS), &shapes, Storage::F32, &mut |name: &str| {
        Ok(numbers(name.strip_prefix(PREFIX).unwrap_or(name))?.into())
    })?;
    let config = json!({
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "base_model_name_or_path": base,
        "r": options.rank,
        "lora_alpha": options.alpha,
        "lora_dropout": 0.0,
        "target_modules": TARGETS,
        "bias": "none",
        "fan_in_fan_out": false,
        "inference_mode": true,
        "init_lora_weights": true,
        "use_rslora": false,
        "use_dora": false,
        "modules_to_save": null,
    });
    Ok(write_json(&folder.join(CONFIG), &config)?)
}

/// Reads the adapters of a decoder from a folder.
///
/// # Errors
/// A tensor that is missing, unexpected, or of another shape.
pub fn read_adapters(folder: &Path, model: &Decoder) -> Result<()> {
    let trained = model.trained();
    let shapes: Vec<Shaped> =
        trained.iter().map(|(name, var)| (name.clone(), var.dims().to_vec())).collect();
    let vars: BTreeMap<&str, &candle_core::Var> =
        trained.iter().map(|(name, var)| (name.as_str(), var)).collect();
    set_adapters(folder, &shapes, |name, numbers| {
        let var = vars[name];
        Ok(var.set(&Tensor::from_vec(numbers, var.shape(), var.device())?)?)
    })
}

/// Reads adapters of these shapes from a folder.
///
/// # Errors
/// As [`read_adapters`].
pub fn set_adapters(
    folder: &Path,
    shapes: &[Shaped],
    set: impl Fn(&str, Vec<f32>) -> Result<()>,
) -> Result<()> {
    let path = folder.join(WEIGHTS);
    let mut stored: BTreeMap<String, Mapped> = read_tensors(&path)?.into_iter().collect();
    for (own, shape) in shapes {
        let name = format!("{PREFIX}{own}");
        let tensor = stored
            .remove(&name)
            .ok_or_else(|| Error::malformed(&path, name.as_str(), "is missing"))?;
        if tensor.shape() != shape {
            let problem = format!("has shape {:?}; expected {shape:?}", tensor.shape());
            return Err(Error::malformed(&path, name, problem));
        }
        set(own, tensor.elements().to_f32())?;
    }
    match stored.keys().next() {
        Some(name) => {
            let problem = "belongs to no projection of the model; adapters of all its linear layers, \
                           and nothing else, can be read";
            Err(Error::malformed(&path, name.as_str(), problem))
        }
        None => Ok(()),
    }
}

/// Rank and scale of the adapters of a folder.
///
/// # Errors
/// A file that is missing or not JSON; adapters other than plain LoRA.
pub fn adapter_options(folder: &Path) -> Result<LoraOptions> {
    let path = folder.join(CONFIG);
    let fields = json_object(&path, MAX_BYTES)?;
    let plain = [
        ("peft_type", json!("LORA")),
        ("bias", json!("none")),
        ("use_rslora", json!(false)),
        ("use_dora", json!(false)),
        ("fan_in_fan_out", json!(false)),
    ];
    for (name, wanted) in plain {
        if fields.get(name).is_some_and(|value| *value != wanted) {
            let problem = format!("is {}; supported: {wanted}", fields[name]);
            return Err(Error::malformed(&path, name, problem));
        }
    }
    for name in ["rank_pattern", "alpha_pattern"] {
        if fields.get(name).and_then(Value::as_object).is_some_and(|map| !map.is_empty()) {
            let problem = "is not empty; supported: one rank and one alpha for all layers";
            return Err(Error::malformed(&path, name, problem));
        }
    }
    let rank = fields.get("r").and_then(Value::as_u64).filter(|rank| (1..1 << 20).contains(rank));
    let rank = rank.ok_or_else(|| Error::malformed(&path, "r", "must be a rank of at least 1"))?;
    let alpha = fields.get("lora_alpha").and_then(Value::as_f64).filter(|alpha| alpha.is_finite());
    let alpha = alpha.ok_or_else(|| Error::malformed(&path, "lora_alpha", "must be a number"))?;
    Ok(LoraOptions { rank: rank as usize, alpha, seed: 0 })
}

/// Writes a checkpoint whose matrices have the adapters of a folder added to them, in the storage of
/// the original.
///
/// # Errors
/// Adapters that are not of this checkpoint; a folder that exists and is not empty.
pub fn merge(checkpoint: &Checkpoint, adapters: &Path, out: &Path) -> Result<()> {
    let options = adapter_options(adapters)?;
    let model = Decoder::load(checkpoint, Training::Lora(options))?;
    read_adapters(adapters, &model)?;
    let factors: BTreeMap<&str, &candle_core::Var> =
        model.trained().iter().map(|(name, var)| (name.as_str(), var)).collect();
    let scale = (options.alpha / options.rank as f64) as f32;
    let tensors = checkpoint.config().tensors();
    let storage = checkpoint.tensor(&tensors[0].0)?.storage();
    let fields: &Map<String, Value> = checkpoint.config_fields();
    save(out, fields, &tensors, Layout::new(storage), |name| {
        let mut numbers = checkpoint.tensor(name)?.elements().to_f32();
        let stem = name.strip_suffix("weight").unwrap_or(name);
        let factor = |part: &str| factors.get(format!("{stem}{part}").as_str());
        if let (Some(down), Some(up)) = (factor(DOWN), factor(UP)) {
            add_product(&mut numbers, up, down, scale)?;
        }
        Ok(numbers.into())
    })
}

/// `w += scale · up · down`, for `[n, k]`, `[n, rank]` and `[rank, k]`.
fn add_product(w: &mut [f32], up: &Tensor, down: &Tensor, scale: f32) -> Result<()> {
    let ((n, rank), (_, k)) = (up.dims2()?, down.dims2()?);
    let up: Vec<f32> = up.flatten_all()?.to_vec1::<f32>()?.iter().map(|x| x * scale).collect();
    let down: Vec<f32> = down.flatten_all()?.to_vec1()?;
    let (up, down) = (Matrix::new(&up[..], n, rank, rank), Matrix::new(&down[..], rank, k, k));
    gemm(Matrix::new(w, n, k, k), up, down, true, true);
    Ok(())
}
