//! The embedded model: a small Qwen3 decoder, pre-trained on Countdown.

use crate::error::{Error, Result};
use crate::loss::{Example, Loss, Pass, UpdateStats};
use crate::schedule::{Decay, Schedule};
use crate::step::update;
use crate::task::countdown::{Prior, PuzzleShape, Solved};
use rand::{Rng, SeedableRng};
use rand_distr::{Distribution, Normal};
use rand_xoshiro::Xoshiro256PlusPlus;
use rs_grpo_engine::ModelConfig;
use rs_grpo_engine::checkpoint::{Checkpoint, Layout, Storage, save};
use rs_grpo_engine::cuda::backend::Backend;
use rs_grpo_engine::cuda::network::Network;
use rs_grpo_engine::model::TrainableModel;
use rs_grpo_engine::model::{ActivationCheckpointing, Decoder, Training};
use rs_grpo_engine::optim::AdamWOptions;
use rs_grpo_engine::text::Tokenizer;
use rs_grpo_files::Refuse as _;
use serde_json::{Map, Value, json};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

/// The token that ends an answer, and its id.
const END: (&str, u32) = ("<|end|>", 0);
/// Words of the prompt and signs of the answer; numbers follow them.
const WORDS: [&str; 11] =
    ["<|end|>", "make", "from", "=", "+", "-", "*", "/", "(", ")", "<|unknown|>"];
/// Numbers that are tokens.
const NUMBERS: std::ops::RangeInclusive<u32> = 0..=100;
/// Rows of the embedding.
const VOCAB: usize = 112;
/// Standard deviation of the weights at the start.
const SPREAD: f64 = 0.02;

/// How the embedded model is made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pretraining {
    /// How large the puzzles are.
    pub shape: PuzzleShape,
    /// Frequency of each operator in the solutions.
    pub prior: Prior,
    /// Steps of the optimiser.
    pub steps: usize,
    /// Solved puzzles of a step.
    pub batch: usize,
    /// Solved puzzles in total; steps cycle through them.
    pub problems: usize,
    /// Largest learning rate; it falls along a cosine.
    pub learning_rate: f64,
    /// Layers of the decoder.
    pub layers: usize,
    /// Width of the residual stream.
    pub width: usize,
    /// Seed of the weights and of the puzzles.
    pub seed: u64,
}

impl Default for Pretraining {
    /// What made the embedded model.
    fn default() -> Self {
        Self {
            shape: PuzzleShape::default(),
            prior: Prior::SKEWED,
            steps: 1_000,
            batch: 256,
            problems: 200_000,
            learning_rate: 2e-3,
            layers: 3,
            width: 128,
            seed: 0,
        }
    }
}

/// Makes the model in a new folder, as files of Hugging Face's layout, on a device if there is one.
/// `watch` is called after every step.
///
/// Held-out puzzles are not among those that it learns from.
///
/// # Errors
/// Sizes outside their range; a folder that exists and is not empty; a loss that is not finite.
pub fn pretrain(
    options: &Pretraining,
    folder: &Path,
    place: Option<&Backend>,
    mut watch: impl FnMut(usize, &UpdateStats),
) -> Result<()> {
    options.check()?;
    let mut random = Xoshiro256PlusPlus::seed_from_u64(options.seed);
    let scratch = tempfile::tempdir().map_err(Error::file(&std::env::temp_dir()))?;
    let start = scratch.path().join("start");
    write(&start, options, |name, shape| Ok(initial(name, shape, &mut random).into()))?;
    let checkpoint = Checkpoint::open(&start)?;
    let tokenizer = Tokenizer::from_folder(&start)?;
    let demonstrations = demonstrations(options, &tokenizer, &mut random)?;
    let taught = |policy: &dyn Fn(&str) -> rs_grpo_engine::Result<Vec<f32>>| {
        write(folder, options, |name, _| Ok(policy(name)?.into()))
    };
    match place {
        None => {
            let policy = Decoder::load(&checkpoint, Training::Full)?;
            learn(&policy, options, &demonstrations, &mut random, &mut watch)?;
            taught(&|name| policy.trained_numbers(name))
        }
        Some(place) => {
            let start = Decoder::load(&checkpoint, Training::Frozen)?;
            let policy = Network::new(place, &start, Training::Full)?;
            learn(&policy, options, &demonstrations, &mut random, &mut watch)?;
            taught(&|name| policy.trained_numbers(name))
        }
    }
}

impl Pretraining {
    fn check(&self) -> Result<()> {
        self.shape.check()?;
        let step = if self.width > 256 { 64 } else { 32 };
        match self.width.is_multiple_of(step) && self.width > 0 {
            true => Ok(()),
            false => {
                let allowed = "a multiple of 32 up to 256, and of 64 above";
                Err(Error::parameter("width", self.width, allowed))
            }
        }
    }

    /// Four heads, or as many as are 64 wide.
    fn heads(&self) -> usize {
        (self.width / 64).max(4)
    }
}

/// A prompt, and the answer that is learned.
struct Demonstration {
    prompt: Vec<u32>,
    answer: Vec<u32>,
}

fn demonstrations(
    options: &Pretraining,
    tokenizer: &Tokenizer,
    random: &mut Xoshiro256PlusPlus,
) -> Result<Vec<Demonstration>> {
    let mut demonstrations = Vec::with_capacity(options.problems);
    while demonstrations.len() < options.problems {
        let Solved { puzzle, solution } = Solved::draw(options.shape, &options.prior, random);
        if puzzle.is_held_out() {
            continue;
        }
        let prompt = tokenizer.encode(&puzzle.prompt(), false)?;
        let mut answer = tokenizer.encode(&solution, false)?;
        answer.push(END.1);
        demonstrations.push(Demonstration { prompt, answer });
    }
    Ok(demonstrations)
}

fn learn<P: TrainableModel>(
    policy: &P,
    options: &Pretraining,
    demonstrations: &[Demonstration],
    random: &mut Xoshiro256PlusPlus,
    watch: &mut impl FnMut(usize, &UpdateStats),
) -> Result<()> {
    let options_of_adamw = AdamWOptions { weight_decay: 0.01, ..AdamWOptions::default() };
    let mut optimizer = policy.optimizer(options_of_adamw);
    let pass = Pass {
        temperature: 1.0,
        micro_batch_tokens: 1 << 14,
        checkpointing: ActivationCheckpointing::Off,
    };
    let schedule = Schedule { decay: Decay::Cosine, warmup: options.steps / 30 };
    for step in 0..options.steps {
        let examples: Vec<Example<'_>> = (0..options.batch)
            .map(|_| &demonstrations[(random.next_u64() % demonstrations.len() as u64) as usize])
            .map(|Demonstration { prompt, answer }| Example::new(prompt, answer, 1.0))
            .collect();
        let rate = options.learning_rate * schedule.factor(step, options.steps);
        let stats = update(policy, &mut optimizer, &examples, &Loss::default(), pass, (rate, 1.0))?;
        if let Some((what, value)) = stats.fault() {
            let allowed =
                format!("a finite number (step {step}); a smaller learning rate may help");
            return Err(Error::parameter(what, value, allowed));
        }
        watch(step, &stats);
    }
    Ok(())
}

/// Weights of a matrix from a normal distribution; norms begin at 1.
fn initial(name: &str, shape: &[usize], random: &mut Xoshiro256PlusPlus) -> Vec<f32> {
    let count = shape.iter().product();
    if name.ends_with("norm.weight") {
        return vec![1.0; count];
    }
    let Ok(normal) = Normal::new(0.0, SPREAD) else { return vec![0.0; count] };
    (0..count)
        .map(|_| {
            let x: f64 = normal.sample(random);
            x as f32
        })
        .collect()
}

fn write<'a>(
    folder: &Path,
    options: &Pretraining,
    mut values: impl FnMut(&str, &[usize]) -> rs_grpo_engine::Result<Cow<'a, [f32]>>,
) -> Result<()> {
    let config = config(options);
    let shape = ModelConfig::from_object(&folder.join("config.json"), &config)?;
    let tensors = shape.tensors();
    let shapes: BTreeMap<_, _> = tensors.iter().cloned().collect();
    save(folder, &config, &tensors, Layout::new(Storage::F32), |name| values(name, &shapes[name]))?;
    for (name, value) in [
        ("tokenizer.json", tokenizer()),
        ("tokenizer_config.json", tokenizer_config()),
        ("generation_config.json", json!({ "eos_token_id": END.1 })),
    ] {
        let path = folder.join(name);
        std::fs::write(&path, format!("{value:#}\n")).map_err(Error::file(&path))?;
    }
    Ok(())
}

fn config(options: &Pretraining) -> Map<String, Value> {
    let config = json!({
        "architectures": ["Qwen3ForCausalLM"],
        "model_type": "qwen3",
        "vocab_size": VOCAB,
        "hidden_size": options.width,
        "intermediate_size": 3 * options.width,
        "num_hidden_layers": options.layers,
        "num_attention_heads": options.heads(),
        "num_key_value_heads": options.heads(),
        "head_dim": options.width / options.heads(),
        "hidden_act": "silu",
        "max_position_embeddings": 128,
        "rms_norm_eps": 1e-6,
        "rope_theta": 10_000.0,
        "attention_bias": false,
        "tie_word_embeddings": true,
        "eos_token_id": END.1,
        "bos_token_id": null,
    });
    match config {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

fn tokenizer() -> Value {
    let numbers = NUMBERS.map(|number| number.to_string());
    let words = WORDS.iter().map(|word| (*word).to_owned()).chain(numbers);
    let vocab: Map<String, Value> = words.enumerate().map(|(id, word)| (word, json!(id))).collect();
    json!({
        "version": "1.0",
        "truncation": null,
        "padding": null,
        "added_tokens": [{
            "id": END.1, "content": END.0, "single_word": false, "lstrip": false,
            "rstrip": false, "normalized": false, "special": true,
        }],
        "normalizer": null,
        "pre_tokenizer": {
            "type": "Split", "pattern": { "Regex": "\\d+|[a-z]+|\\S" },
            "behavior": "Removed", "invert": true,
        },
        "post_processor": null,
        "decoder": null,
        "model": { "type": "WordLevel", "vocab": vocab, "unk_token": "<|unknown|>" },
    })
}

fn tokenizer_config() -> Value {
    json!({
        "tokenizer_class": "PreTrainedTokenizerFast",
        "eos_token": END.0,
        "pad_token": END.0,
        "unk_token": "<|unknown|>",
        "clean_up_tokenization_spaces": false,
        "model_max_length": 128,
    })
}
