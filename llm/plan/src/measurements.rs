//! The measurements of `measurements.toml`.

use crate::{Error, Result};
use rs_grpo_engine::ModelConfig;
use rs_grpo_files::Refuse as _;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

/// The file, which is part of the program.
const FILE: &str = include_str!("../measurements.toml");
const PATH: &str = "llm/plan/measurements.toml";

/// All measurements.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Measurements {
    models: BTreeMap<String, String>,
    pub ceiling: CeilingMeasurement,
    pub engine: EngineMeasurements,
    pub vllm: VllmMeasurements,
    pub vllm_lora: VllmLoraMeasurement,
}

/// What a copy and a product reach on a GPU.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CeilingMeasurement {
    pub gpu: String,
    pub copy_gb_per_second: f64,
    pub product_tflop_per_second: f64,
}

/// The engine and the trainer of this program, on one GPU.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EngineMeasurements {
    pub source: String,
    pub gpu: String,
    pub prompt_tokens: usize,
    /// Completions of each prompt.
    pub samples: usize,
    pub decode: Vec<DecodeMeasurement>,
    pub train: Vec<TrainMeasurement>,
    pub step: Vec<StepMeasurement>,
}

/// `completions` at a time, each of `new_tokens`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DecodeMeasurement {
    pub model: String,
    pub completions: usize,
    pub new_tokens: usize,
    pub tokens_per_second: f64,
}

/// Forward and backward.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TrainMeasurement {
    pub model: String,
    pub lora_rank: usize,
    pub sequences: usize,
    /// Tokens of a sequence, prompt included.
    pub tokens: usize,
    pub tokens_per_second: f64,
}

/// A step of sampling and training.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StepMeasurement {
    pub model: String,
    pub lora_rank: usize,
    pub prompts: usize,
    pub new_tokens: usize,
    pub sampling_seconds: f64,
    pub training_seconds: f64,
}

/// vLLM at a steady number of completions.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct VllmMeasurements {
    pub source: String,
    pub gpu: String,
    pub prompt_tokens: usize,
    pub served: Vec<DecodeMeasurement>,
}

/// vLLM with an adapter.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct VllmLoraMeasurement {
    pub source: String,
    pub gpu: String,
    pub model: String,
    pub completions: usize,
    /// Tokens of a whole sequence.
    pub sequence_tokens: usize,
    /// Mean number of tokens that a sequence holds in the cache.
    pub held_tokens: usize,
    pub tokens_per_second: f64,
}

impl Measurements {
    /// Reads the file that is part of the program.
    pub fn read() -> Result<Self> {
        toml::from_str(FILE).map_err(|error| {
            Error::malformed(Path::new(PATH), "the file", error.message().to_owned())
        })
    }

    /// The shape of a model that rows name.
    pub fn shape(&self, name: &str) -> Result<&'static ModelConfig> {
        let repository = self.models.get(name);
        repository.and_then(|repository| ModelConfig::published(repository)).ok_or_else(|| {
            let problem = "is not a model with a published shape";
            Error::malformed(Path::new(PATH), name, problem)
        })
    }
}
