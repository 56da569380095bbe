//! The committed checkpoints and what transformers computed from them.

use candle_core::{DType, Device, Tensor};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use rs_grpo_engine::checkpoint::Checkpoint;
use rs_grpo_engine::model::{Decoder, Training};
use std::path::{Path, PathBuf};

/// All checkpoints of `fixtures/checkpoints`.
pub const CASES: [&str; 6] = [
    "llama-tied-f16",
    "llama3-scaled",
    "qwen2-tied",
    "qwen2-untied-bf16",
    "qwen3-tied-sharded",
    "qwen3-untied",
];

/// The model that the project embeds.
pub fn countdown_model() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../paper-repro/models/countdown")
}

/// The folder of a checkpoint.
pub fn folder(case: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../engine/fixtures/checkpoints").join(case)
}

pub fn decoder(case: &str, training: Training) -> Decoder {
    let checkpoint = Checkpoint::open(&folder(case)).expect("a committed checkpoint opens");
    Decoder::load(&checkpoint, training).expect("a committed checkpoint loads")
}

/// What `make_checkpoints.py` wrote beside a checkpoint.
pub struct Reference(std::collections::HashMap<String, Tensor>);

impl Reference {
    pub fn of(case: &str) -> Self {
        let path = folder(case).join("reference.safetensors");
        let tensors = candle_core::safetensors::load(path, &Device::Cpu);
        Self(tensors.expect("the committed reference is readable"))
    }

    pub fn tensor(&self, name: &str) -> &Tensor {
        self.0.get(name).unwrap_or_else(|| panic!("the reference has {name}"))
    }

    pub fn floats(&self, name: &str) -> Vec<f32> {
        floats(self.tensor(name))
    }

    pub fn tokens(&self, name: &str) -> Vec<u32> {
        self.tensor(name).to_vec1().expect("tokens are u32")
    }

    /// The sequences that transformers ran, each alone.
    pub fn sequences(&self) -> Vec<Vec<u32>> {
        let names = (0..).map(|i| format!("tokens.{i}"));
        names.take_while(|name| self.0.contains_key(name)).map(|name| self.tokens(&name)).collect()
    }

    /// Gradients by the name of their tensor.
    pub fn gradients(&self) -> impl Iterator<Item = (&str, &Tensor)> {
        self.0.iter().filter_map(|(name, tensor)| Some((name.strip_prefix("gradient.")?, tensor)))
    }
}

pub fn floats(tensor: &Tensor) -> Vec<f32> {
    let flat = tensor.flatten_all().and_then(|flat| flat.to_dtype(DType::F32));
    flat.and_then(|flat| flat.to_vec1()).expect("a tensor of numbers")
}

/// The largest difference, relative to the largest expected number.
pub fn relative_error(found: &[f32], expected: &[f32]) -> f32 {
    assert_eq!(found.len(), expected.len());
    let largest = |numbers: &mut dyn Iterator<Item = f32>| numbers.fold(0.0, f32::max);
    let difference = largest(&mut found.iter().zip(expected).map(|(a, b)| (a - b).abs()));
    difference / largest(&mut expected.iter().map(|x| x.abs()))
}

/// Numbers between −1 and 1 that are the same in every run: a linear congruential generator.
pub struct Stream(u64);

impl Stream {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5851_f42d_4c95_7f2d)
    }

    fn next(&mut self) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 40
    }

    pub fn numbers(&mut self, len: usize) -> Vec<f32> {
        (0..len).map(|_| self.next() as f32 / 8_388_608.0 - 1.0).collect()
    }

    pub fn tensor(&mut self, shape: &[usize]) -> Tensor {
        let numbers = self.numbers(shape.iter().product());
        Tensor::from_vec(numbers, shape, &Device::Cpu).expect("as many numbers as the shape says")
    }

    pub fn tokens(&mut self, len: usize, vocab: usize) -> Vec<u32> {
        (0..len).map(|_| (self.next() as usize % vocab) as u32).collect()
    }
}

/// Threads of a pool of their own.
pub fn pool(threads: usize) -> rayon::ThreadPool {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads start")
}

/// A property-test runner that draws the same cases every time.
pub fn runner(cases: u32) -> TestRunner {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}
