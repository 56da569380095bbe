//! The committed checkpoints and what transformers computed from them.

use candle_core::{DType, Device, Tensor};
use rs_grpo_llm::checkpoint::Checkpoint;
use rs_grpo_llm::model::{Decoder, Training};
use std::path::{Path, PathBuf};

/// All checkpoints of `fixtures/checkpoints`.
pub(crate) const CASES: [&str; 6] = [
    "llama-tied-f16",
    "llama3-scaled",
    "qwen2-tied",
    "qwen2-untied-bf16",
    "qwen3-tied-sharded",
    "qwen3-untied",
];

/// The folder of a checkpoint.
pub(crate) fn folder(case: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("llm/fixtures/checkpoints").join(case)
}

pub(crate) fn decoder(case: &str, training: Training) -> Decoder {
    let checkpoint = Checkpoint::open(&folder(case)).expect("a committed checkpoint opens");
    Decoder::load(&checkpoint, training).expect("a committed checkpoint loads")
}

/// What `make_checkpoints.py` wrote beside a checkpoint.
pub(crate) struct Reference(std::collections::HashMap<String, Tensor>);

impl Reference {
    pub(crate) fn of(case: &str) -> Self {
        let path = folder(case).join("reference.safetensors");
        let tensors = candle_core::safetensors::load(path, &Device::Cpu);
        Self(tensors.expect("the committed reference is readable"))
    }

    pub(crate) fn tensor(&self, name: &str) -> &Tensor {
        self.0.get(name).unwrap_or_else(|| panic!("the reference has {name}"))
    }

    pub(crate) fn floats(&self, name: &str) -> Vec<f32> {
        floats(self.tensor(name))
    }

    pub(crate) fn tokens(&self, name: &str) -> Vec<u32> {
        self.tensor(name).to_vec1().expect("tokens are u32")
    }

    /// The sequences that transformers ran, each alone.
    pub(crate) fn sequences(&self) -> Vec<Vec<u32>> {
        let names = (0..).map(|i| format!("tokens.{i}"));
        names.take_while(|name| self.0.contains_key(name)).map(|name| self.tokens(&name)).collect()
    }

    /// Gradients by the name of their tensor.
    pub(crate) fn gradients(&self) -> impl Iterator<Item = (&str, &Tensor)> {
        self.0.iter().filter_map(|(name, tensor)| Some((name.strip_prefix("gradient.")?, tensor)))
    }
}

pub(crate) fn floats(tensor: &Tensor) -> Vec<f32> {
    let flat = tensor.flatten_all().and_then(|flat| flat.to_dtype(DType::F32));
    flat.and_then(|flat| flat.to_vec1()).expect("a tensor of numbers")
}

/// The largest difference, relative to the largest expected number.
pub(crate) fn relative_error(found: &[f32], expected: &[f32]) -> f32 {
    assert_eq!(found.len(), expected.len());
    let largest = |numbers: &mut dyn Iterator<Item = f32>| numbers.fold(0.0, f32::max);
    let difference = largest(&mut found.iter().zip(expected).map(|(a, b)| (a - b).abs()));
    difference / largest(&mut expected.iter().map(|x| x.abs()))
}
