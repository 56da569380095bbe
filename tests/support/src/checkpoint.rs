//! Checkpoints made by hand, byte by byte or by the `safetensors` crate.

use rs_grpo_engine::Error;
use rs_grpo_engine::ModelConfig;
use safetensors::tensor::{Dtype, TensorView};
use serde_json::{Value, json};
use std::fmt::Debug;
use std::path::Path;

pub fn write(path: &Path, bytes: &[u8]) {
    std::fs::write(path, bytes).unwrap();
}

/// Field and problem that the error blames.
#[track_caller]
pub fn malformed<T: Debug>(result: Result<T, Error>) -> (String, String) {
    match result {
        Err(Error::Input(rs_grpo_files::Error::Malformed { field, problem, .. })) => {
            (field, problem)
        }
        other => panic!("{other:?} blames no field"),
    }
}

/// A tiny model with everything: query and key norms, fewer key heads, a head of its own.
pub fn tiny() -> Value {
    json!({
        "model_type": "qwen3",
        "hidden_size": 8,
        "intermediate_size": 12,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 6,
        "vocab_size": 10,
        "torch_dtype": "float32"
    })
}

pub fn config(value: &Value) -> ModelConfig {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.json");
    write(&path, value.to_string().as_bytes());
    ModelConfig::from_json(&path).unwrap()
}

/// Tensors with values of which each is different, in f32.
pub fn tensors(value: &Value) -> Vec<(String, Vec<usize>, Vec<f32>)> {
    let shapes = config(value).tensors();
    let numbered = shapes.into_iter().enumerate().map(|(number, (name, shape))| {
        let count: usize = shape.iter().product();
        let values = (0..count).map(|i| (number as f32) + (i as f32) / 64.0).collect();
        (name, shape, values)
    });
    numbered.collect()
}

/// A `.safetensors` file as the `safetensors` crate writes it.
pub fn serialise(tensors: &[(String, Vec<usize>, Vec<f32>)]) -> Vec<u8> {
    let bytes: Vec<Vec<u8>> = tensors
        .iter()
        .map(|(_, _, values)| values.iter().flat_map(|value| value.to_le_bytes()).collect())
        .collect();
    let views = tensors.iter().zip(&bytes).map(|((name, shape, _), bytes)| {
        (name.clone(), TensorView::new(Dtype::F32, shape.clone(), bytes).unwrap())
    });
    safetensors::serialize(views, None).unwrap()
}
