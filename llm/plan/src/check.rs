//! The model beside measurements.
//!
//! The rates of decoding were fitted to these measurements, those of training are means of them: the
//! error is that of the model's form, with five numbers for seven decoding times here and three for nine
//! rates of vLLM. With each decoding time left out of the fit in turn, the worst error is 20 %, of the one
//! with adapters at batch 128. What differs much from these shapes (other GPUs, much longer completions in
//! training, more than one GPU a server) is arithmetic.

use super::fleet::{Fleet, Job};
use super::lengths::Lengths;
use super::rates::{Rates, Sampling};
use super::sampling::{Batch, Machine, Work};
use crate::{Error, Result};
use rs_grpo_engine::ModelConfig;
use rs_grpo_files::Refuse as _;
use rs_grpo_hub::Alias;
use rs_grpo_train::{LoraConfig, TrainConfig};

/// A measurement and what the model says.
#[derive(Debug, Clone, PartialEq)]
pub struct Checked {
    /// What was measured.
    pub what: String,
    /// Where that is written.
    pub source: &'static str,
    /// The unit.
    pub unit: &'static str,
    /// As measured.
    pub measured: f64,
    /// As the model has it.
    pub predicted: f64,
    /// The largest error that is stated for its kind.
    pub stated: f64,
}

impl Checked {
    /// How much longer the model has it take than it took, as a share.
    pub fn error(&self) -> f64 {
        match self.unit {
            "s" => self.predicted / self.measured - 1.0,
            _ => self.measured / self.predicted - 1.0,
        }
    }
}

/// Largest errors, of each kind.
const DECODING: f64 = 0.06;
const TRAINING: f64 = 0.12;
const VLLM: f64 = 0.15;
const HERE: &str = "llm/engine/benches/README.md, 2026-11-27";
const ENERGY: &str = "ml-energy/leaderboard, read 2026-11";
const UNSLOTH: &str = "unslothai/unsloth PR #5108, read 2026-11";
/// Tokens of prompts in our measurements, completions of each, and rank of adapters.
const PROMPT: usize = 256;
const SAMPLES: usize = 16;
const RANK: usize = 32;
/// Tokens of the chat prompts; not published there, taken for granted here.
const CHAT_PROMPT: usize = 100;

/// The engine on an H100: model, batch, new tokens, tokens a second.
const DECODED: [(&str, usize, usize, f64); 4] = [
    ("qwen3-4b-base", 256, 1_024, 13_563.0),
    ("qwen3-4b-base", 64, 1_024, 6_195.0),
    ("qwen2.5-math-1.5b", 256, 512, 32_292.0),
    ("llama3.1-8b-instruct", 256, 512, 14_968.0),
];
/// Forward and backward on an H100, of 32 sequences of 768 tokens: model, rank, tokens a second with
/// the prompt of each completion.
const TRAINED: [(&str, usize, f64); 3] = [
    ("qwen3-4b-base", RANK, 28_530.0),
    ("qwen3-4b-base", 0, 19_707.0),
    ("qwen2.5-math-1.5b", RANK, 66_488.0),
];
/// Whole steps of Qwen3-4B-Base on an H100: rank, prompts, new tokens, seconds of sampling and training.
const STEPS: [(usize, usize, usize, f64, f64); 3] =
    [(RANK, 32, 512, 13.8, 13.5), (RANK, 8, 256, 3.83, 1.82), (0, 8, 256, 2.56, 2.49)];
/// vLLM on an H100 in bf16: model, completions at a time, their length, tokens a second. The model of
/// Qwen3-8B has the shape of its base model.
const SERVED: [(&str, usize, usize, f64); 9] = [
    ("llama3.1-8b-instruct", 64, 400, 5_147.0),
    ("llama3.1-8b-instruct", 128, 400, 7_037.0),
    ("llama3.1-8b-instruct", 256, 400, 9_010.0),
    ("llama3.1-8b-instruct", 512, 400, 9_806.0),
    ("qwen3-8b-base", 64, 650, 4_315.0),
    ("qwen3-8b-base", 256, 650, 7_719.0),
    ("qwen3-8b-base", 512, 650, 8_535.0),
    ("qwen3-8b-base", 64, 8_000, 2_510.0),
    ("qwen3-8b-base", 82, 8_000, 3_117.0),
];

/// Every measurement beside the model with these rates.
///
/// # Errors
/// None, unless rates leave no room for a model.
pub fn check(rates: &Rates) -> Result<Vec<Checked>> {
    let mut all = Vec::new();
    for measured in DECODED {
        all.push(decoded(rates, measured)?);
    }
    for measured in TRAINED {
        all.push(trained(rates, measured)?);
    }
    for measured in STEPS {
        all.extend(step(rates, measured)?);
    }
    for measured in SERVED {
        all.push(served(rates, measured)?);
    }
    all.push(adapters_served(rates)?);
    Ok(all)
}

fn shape(name: &str) -> Result<&'static ModelConfig> {
    Alias::find(name)
        .and_then(|alias| ModelConfig::published(alias.repository))
        .ok_or_else(|| Error::parameter("model", format!("{name:?}"), "an alias"))
}

fn config(rank: usize, prompts: usize, new: usize) -> TrainConfig {
    TrainConfig {
        lora: LoraConfig { rank, ..LoraConfig::default() },
        prompts,
        samples: SAMPLES,
        max_new_tokens: new,
        micro_batch_tokens: 8_192,
        ..TrainConfig::default()
    }
}

/// One H100 that does everything.
fn on_one<T>(
    rates: &Rates,
    name: &str,
    config: &TrainConfig,
    of: impl FnOnce(&Fleet<'_>) -> T,
) -> Result<T> {
    let device = rates.device("device", "h100")?;
    let new = config.max_new_tokens;
    let job = Job {
        model: shape(name)?,
        config,
        prompt: PROMPT,
        lengths: Lengths::new(new, new as f64)?,
        signal: 1.0,
        gpus: 1,
        trainer: device,
        sampler: device,
        group: None,
        rates,
    };
    Ok(of(&Fleet::new(job)?))
}

/// One H100 with a model and no adapter.
fn h100<'a>(
    rates: &'a Rates,
    sampling: &'a Sampling,
    model: &'a ModelConfig,
) -> Result<Machine<'a>> {
    let (device, weights) = (rates.device("device", "h100")?, 2 * model.parameters());
    Ok(Machine { sampling, device, gpus: 1, rates, model, adapters: false, weights })
}

fn decoded(
    rates: &Rates,
    (name, batch, new, measured): (&str, usize, usize, f64),
) -> Result<Checked> {
    let model = shape(name)?;
    let machine = h100(rates, &rates.engine, model)?;
    let (completions, lengths) = (batch as f64, Lengths::new(new, new as f64)?);
    let work = Work { completions, samples: SAMPLES, prompt: PROMPT, lengths, of: completions };
    let predicted = completions * new as f64 / machine.sample(&work).0;
    let what = format!("engine, decode {name}, {batch} × {new}");
    let (source, unit, stated) = (HERE, "tokens/s", DECODING);
    Ok(Checked { what, source, unit, measured, predicted, stated })
}

fn trained(rates: &Rates, (name, rank, measured): (&str, usize, f64)) -> Result<Checked> {
    let (sequences, length) = (32, 768);
    let config = config(rank, sequences / SAMPLES, length - PROMPT);
    let seconds = on_one(rates, name, &config, |fleet| fleet.split(0).training)?;
    let predicted = (sequences * length) as f64 / seconds;
    let what = format!("train {name}, {}, {sequences} × {length}", kind(rank));
    let (source, unit, stated) = (HERE, "tokens/s", TRAINING);
    Ok(Checked { what, source, unit, measured, predicted, stated })
}

fn step(
    rates: &Rates,
    (rank, prompts, new, sampling, training): (usize, usize, usize, f64, f64),
) -> Result<[Checked; 3]> {
    let name = "qwen3-4b-base";
    let split = on_one(rates, name, &config(rank, prompts, new), |fleet| fleet.split(0))?;
    let (kind, source, unit) = (kind(rank), HERE, "s");
    let checked = |part: &str, measured, predicted, stated| {
        let what = format!("step {name}, {kind}, {prompts} × {SAMPLES} × {new}: {part}");
        Checked { what, source, unit, measured, predicted, stated }
    };
    Ok([
        checked("sampling", sampling, split.sampling, DECODING),
        checked("training", training, split.training, TRAINING),
        checked("whole", sampling + training, split.in_turn(), TRAINING),
    ])
}

fn kind(rank: usize) -> &'static str {
    if rank == 0 { "full" } else { "LoRA" }
}

/// As many at a time as are said, each in the middle of its length in the mean, and a prompt read for
/// each that ends.
fn served(
    rates: &Rates,
    (name, batch, new, measured): (&str, usize, usize, f64),
) -> Result<Checked> {
    let model = shape(name)?;
    let machine = h100(rates, &rates.vllm, model)?;
    let completions = batch as f64;
    let tokens = completions * (CHAT_PROMPT as f64 + new as f64 / 2.0);
    let lengths = Lengths::new(new, new as f64)?;
    let work = Work { completions, samples: 1, prompt: CHAT_PROMPT, lengths, of: completions };
    let seconds = machine.step(Batch { completions, tokens }) + machine.prompts(&work) / new as f64;
    let what = format!("vLLM, {name}, {batch} at a time, {new} new");
    let (source, unit, stated) = (ENERGY, "tokens/s", VLLM);
    Ok(Checked { what, source, unit, measured, predicted: completions / seconds, stated })
}

/// 32 prompts of 512 tokens on a B200, with adapters; half of them are taken to be the prompt's.
fn adapters_served(rates: &Rates) -> Result<Checked> {
    let model = shape("qwen3-4b-base")?;
    let machine = Machine {
        sampling: &rates.vllm,
        device: rates.device("device", "b200")?,
        gpus: 1,
        rates,
        model,
        adapters: true,
        weights: 2 * model.parameters(),
    };
    let completions = 32.0;
    let predicted = completions / machine.step(Batch { completions, tokens: completions * 384.0 });
    let what = "vLLM, qwen3-4b-base with LoRA on a B200, 32 at a time, 512 tokens".to_owned();
    let (source, unit, stated) = (UNSLOTH, "tokens/s", VLLM);
    Ok(Checked { what, source, unit, measured: 7_224.0, predicted, stated })
}
