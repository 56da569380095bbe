//! One speed measurement per process, for `peers.py`.
//!
//! ```text
//! speed FOLDER THREADS open | decode:BATCH | prefill:TOKENS | train:SEQUENCES:TOKENS:KEEP
//! ```
//!
//! Prints one JSON object: seconds of each repetition after a warm-up, and the peak memory of the
//! process, in bytes.

use mimalloc::MiMalloc;
use rs_grpo_engine::Result;
use rs_grpo_engine::checkpoint::Checkpoint;
use rs_grpo_engine::generate::{
    Engine, EngineOptions, LanguageModel, Request, Sampler, SamplingParams,
};
use rs_grpo_engine::kernels::leave_threads_to_rayon;
use rs_grpo_engine::model::{ActivationCheckpointing, Decoder, Packed, Training};
use rs_grpo_engine::ops::logprob_head::LossGradient;
use rs_grpo_engine::tensor::Gradients;
use rs_grpo_engine::tensor::{Rows, Segment};
use std::path::Path;
use std::time::Instant;

/// As in `repro`, which is what is measured.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// Tokens of the prompts and of the continuations of `decode`.
const PROMPT: usize = 64;
const NEW: usize = 64;

fn main() {
    leave_threads_to_rayon();
    // `cargo bench` adds `--bench`; `cargo test` runs benches without a measurement to make.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let [folder, threads, task] = &arguments[..] else { return };
    let threads = threads.parse().expect("a number of threads");
    rayon::ThreadPoolBuilder::new().num_threads(threads).build_global().expect("threads");
    let seconds = run(Path::new(folder), task).expect("the measurement runs");
    println!("{{\"seconds\": {seconds:?}, \"peak_bytes\": {}}}", peak_bytes());
}

fn run(folder: &Path, task: &str) -> Result<Vec<f64>> {
    let parts: Vec<&str> = task.split(':').collect();
    let number = |text: &str| text.parse::<usize>().expect("a number");
    match parts[..] {
        ["open"] => repeat(|| {
            let checkpoint = Checkpoint::open(folder)?;
            prefill(&Decoder::load(&checkpoint, Training::Frozen)?, 1)
        }),
        ["decode", batch] => decode(&frozen(folder)?, number(batch)),
        ["prefill", tokens] => {
            let model = frozen(folder)?;
            repeat(|| prefill(&model, number(tokens)))
        }
        ["train", sequences, tokens, keep] => {
            let model = Decoder::load(&Checkpoint::open(folder)?, Training::Full)?;
            let keep = if keep == "all" {
                ActivationCheckpointing::Off
            } else {
                ActivationCheckpointing::PerLayer
            };
            let batch: Vec<_> =
                (0..number(sequences)).map(|i| prompt(&model, i, number(tokens))).collect();
            repeat(|| train(&model, &batch, keep))
        }
        _ => panic!("no such measurement: {task}"),
    }
}

fn frozen(folder: &Path) -> Result<Decoder> {
    Decoder::load(&Checkpoint::open(folder)?, Training::Frozen)
}

/// Seconds of several runs, after one that warms up.
fn repeat(mut work: impl FnMut() -> Result<()>) -> Result<Vec<f64>> {
    let mut timed = || {
        let start = Instant::now();
        work().map(|()| start.elapsed().as_secs_f64())
    };
    let first = timed()?;
    let repetitions = ((10.0 / first) as usize).clamp(3, 15);
    (0..repetitions).map(|_| timed()).collect()
}

/// The same tokens as in `peers.py`.
fn prompt(model: &Decoder, index: usize, tokens: usize) -> Vec<u32> {
    let vocab = model.vocab_size();
    (0..tokens).map(|t| ((index * 7919 + t * 104_729 + 11) % vocab) as u32).collect()
}

fn decode(model: &Decoder, batch: usize) -> Result<Vec<f64>> {
    let options = EngineOptions {
        max_batch: batch,
        cache_slots: batch * (PROMPT + NEW),
        prefill_tokens: 1024,
        multi_step: 1,
    };
    let params = SamplingParams { temperature: 0.0, max_tokens: NEW, ..SamplingParams::default() };
    let requests: Vec<_> = (0..batch)
        .map(|i| Request { prompt: prompt(model, i, PROMPT), samples: 1, first_sample: 0 })
        .collect();
    let mut engine = Engine::new(model, None, options)?;
    repeat(|| {
        let samples = engine.sample(&requests, &params, &mut |_| {})?;
        assert!(samples.iter().flatten().all(|sample| sample.tokens.len() == NEW));
        Ok(())
    })
}

fn prefill(model: &Decoder, tokens: usize) -> Result<()> {
    let mut cache = model.new_cache(tokens)?;
    let segments = [Segment { slot: 0, len: tokens }];
    let tokens = prompt(model, 0, tokens);
    model.forward(&[Rows { tokens: &tokens, start: 0, segments: &segments }], &mut cache)?;
    Ok(())
}

/// Forward and backward of the mean negative log-probability of the next token.
fn train(model: &Decoder, batch: &[Vec<u32>], keep: ActivationCheckpointing) -> Result<()> {
    let mut gradients = Gradients::new();
    let tape = model.record(Packed::new(batch.iter().map(Vec::as_slice))?, keep)?;
    let (mut targets, mut weights) = (Vec::new(), Vec::new());
    let predicted: usize = batch.iter().map(|sequence| sequence.len() - 1).sum();
    for sequence in batch {
        targets.extend(&sequence[1..]);
        targets.push(0);
        weights.resize(targets.len() - 1, -1.0 / predicted as f32);
        weights.push(0.0);
    }
    let weigh = |rows: std::ops::Range<usize>, _: &_| LossGradient {
        logprobs: weights[rows].to_vec(),
        entropies: Vec::new(),
    };
    let hidden = tape.hidden();
    let (_, gradient) =
        model.head().forward_backward(&hidden, &targets, 1.0, weigh, &mut gradients)?;
    tape.backward(&gradient, &mut gradients)?;
    assert_eq!(gradients.iter().count(), model.trained().len());
    Ok(())
}

/// Most memory that was resident, as Linux counts it; 0 elsewhere.
fn peak_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kilobytes.unwrap_or(0) * 1024
}
