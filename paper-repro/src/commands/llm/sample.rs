//! `repro llm sample`: continuations of prompts.

use super::prompts::{self, Encoder};
use crate::commands::device::DeviceOption;
use crate::console::Console;
use crate::failure::Failure;
use crate::model;
use crate::parse;
use clap::{Args, ValueEnum, value_parser};
use indicatif::ProgressBar;
use rayon::ThreadPool;
use rs_grpo_engine::checkpoint::Checkpoint;
use rs_grpo_engine::cuda::network::Network;
use rs_grpo_engine::generate::{
    Engine, EngineOptions, Event, FinishReason, Request, Sample, Sampler, SamplingParams,
};
use rs_grpo_engine::model::TrainableModel;
use rs_grpo_engine::model::{Decoder, Training};
use rs_grpo_engine::text::{PlainTemplate, Tokenizer, stop_tokens};
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Most samples of a prompt in one call.
const MOST_SAMPLES: i64 = 1_000_000;

/// Options of `repro llm sample`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The model: an alias of `repro models`, an id on the hub, or a folder.
    #[arg(long, value_name = "MODEL")]
    model: String,
    /// A prompt; repeat it for several.
    #[arg(
        long,
        value_name = "TEXT",
        required_unless_present = "prompts",
        help_heading = "Prompts"
    )]
    prompt: Vec<String>,
    /// A file of prompts, one {"prompt": …} or {"messages": […]} a line; - reads standard input.
    #[arg(long, value_name = "FILE.jsonl", conflicts_with = "prompt", help_heading = "Prompts")]
    prompts: Option<PathBuf>,
    /// Prompt template, with {prompt} in place of the given prompt.
    #[arg(long, value_name = "TEXT", default_value = "{prompt}", help_heading = "Prompts")]
    prompt_template: String,
    /// Ask through the model's chat template, each prompt as the user's message.
    #[arg(long, conflicts_with = "prompt_template", help_heading = "Prompts")]
    chat: bool,
    /// Samples of each prompt.
    #[arg(short = 'n', long, value_name = "N", value_parser = value_parser!(u32).range(1..=MOST_SAMPLES), default_value_t = 1, help_heading = "Sampling")]
    samples: u32,
    /// Divides the logits; 0 takes the most probable token.
    #[arg(
        long,
        value_name = "T",
        default_value_t = 1.0,
        allow_negative_numbers = true,
        help_heading = "Sampling"
    )]
    temperature: f32,
    /// Draw from the K most probable tokens only; 0 is off.
    #[arg(long, value_name = "K", default_value_t = 0, help_heading = "Sampling")]
    top_k: usize,
    /// Draw from the fewest tokens that have this probability together; 1 is off.
    #[arg(
        long,
        value_name = "P",
        default_value_t = 1.0,
        allow_negative_numbers = true,
        help_heading = "Sampling"
    )]
    top_p: f32,
    /// Draw from tokens at least this probable relative to the most probable; 0 is off.
    #[arg(
        long,
        value_name = "P",
        default_value_t = 0.0,
        allow_negative_numbers = true,
        help_heading = "Sampling"
    )]
    min_p: f32,
    /// Longest sample, in tokens.
    #[arg(
        long,
        aliases = parse::MAX_NEW_TOKENS,
        value_name = "N",
        value_parser = parse::size::<1>,
        default_value = "256",
        help_heading = "Sampling"
    )]
    max_new_tokens: usize,
    /// End a sample before this text; repeat it for several.
    #[arg(long, value_name = "TEXT", help_heading = "Sampling")]
    stop: Vec<String>,
    /// Go on after the model's stop tokens.
    #[arg(long, help_heading = "Sampling")]
    ignore_eos: bool,
    /// Seed; a sample depends on it, on the prompt and on its number alone.
    #[arg(long, value_name = "N", default_value_t = 0, help_heading = "Sampling")]
    seed: u64,
    /// Most samples that are extended at a time.
    #[arg(long, value_name = "N", value_parser = parse::size::<1>, default_value = "64", help_heading = "Engine")]
    max_batch: usize,
    /// Positions that the cache of keys and values holds; by default what the batch needs, up to
    /// 4 GiB.
    #[arg(long, value_name = "N", value_parser = parse::size::<16>, help_heading = "Engine")]
    cache_slots: Option<usize>,
    /// Most prompt tokens that are processed at a time.
    #[arg(long, value_name = "N", value_parser = parse::size::<1>, default_value = "512", help_heading = "Engine")]
    prefill_tokens: usize,
    #[command(flatten)]
    device: DeviceOption,
    /// How to print: texts, or one JSON object for each sample.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// How samples are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// One JSON object a line.
    Jsonl,
}

/// One line of `--format jsonl`.
#[derive(Serialize)]
struct Line<'a> {
    prompt: usize,
    sample: usize,
    text: &'a str,
    finish_reason: String,
    tokens: &'a [u32],
    logprobs: &'a [f32],
    model_logprobs: &'a [f32],
}

/// All samples, the seconds that they took, and notes for the user.
struct Drawn {
    samples: Vec<Vec<Sample>>,
    seconds: f64,
    notes: Vec<String>,
}

pub(crate) fn run(
    options: &Options,
    pool: &ThreadPool,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    let template = PlainTemplate::new(&options.prompt_template)?;
    let prompts = prompts::read(&options.prompt, options.prompts.as_deref())?;
    let folder = model::folder(&options.model, console)?;
    let checkpoint = Checkpoint::open(&folder)?;
    let tokenizer = Tokenizer::from_folder(&folder)?;
    tokenizer.check_model(checkpoint.config().vocab_size, &folder.join("config.json"))?;
    let place = options.device.place(&folder, console)?;
    let decoder = Decoder::load(&checkpoint, Training::Frozen)?;
    let params = options.params(&folder, &tokenizer)?;
    let encoder = Encoder { folder, tokenizer: &tokenizer, chat: options.chat, template };
    let requests = requests(encoder.encode(&prompts)?, options.samples as usize);
    let bar = console.sampling(requests.iter().map(|request| request.samples as u64).sum());
    let Drawn { samples, seconds, notes } = match &place {
        Some(place) => {
            let network = Network::new(place, &decoder, Training::Frozen)?;
            pool.install(|| options.draw(&network, &tokenizer, &requests, &params, &bar))?
        }
        None => pool.install(|| options.draw(&decoder, &tokenizer, &requests, &params, &bar))?,
    };
    bar.finish_and_clear();
    notes.iter().for_each(|note| console.note(note));
    note_speed(&samples, seconds, console);
    for (prompt, samples) in samples.iter().enumerate() {
        for sample in samples {
            print(options.format, prompt, sample, console)?;
        }
    }
    Ok(())
}

impl Options {
    fn params(&self, folder: &Path, tokenizer: &Tokenizer) -> Result<SamplingParams, Failure> {
        let stop_tokens =
            if self.ignore_eos { Vec::new() } else { stop_tokens(folder, tokenizer)? };
        let params = SamplingParams {
            temperature: self.temperature,
            top_k: self.top_k,
            top_p: self.top_p,
            min_p: self.min_p,
            max_tokens: self.max_new_tokens,
            stop_tokens,
            stop_strings: self.stop.clone(),
            seed: self.seed,
        };
        params.check()?;
        Ok(params)
    }

    /// Draws all samples.
    fn draw<P: TrainableModel>(
        &self,
        model: &P,
        tokenizer: &Tokenizer,
        requests: &[Request],
        params: &SamplingParams,
        bar: &ProgressBar,
    ) -> Result<Drawn, Failure> {
        let mut engine =
            Engine::new(model, Some(tokenizer), self.engine(model, requests, params)?)?;
        let start = Instant::now();
        let samples = sample(&mut engine, requests, params, bar)?;
        let seconds = start.elapsed().as_secs_f64();
        Ok(Drawn { samples, seconds, notes: model.take_notes() })
    }

    fn engine<P: TrainableModel>(
        &self,
        model: &P,
        requests: &[Request],
        params: &SamplingParams,
    ) -> Result<EngineOptions, Failure> {
        let asked = requests.iter().map(|request| request.samples).sum::<usize>();
        let max_batch = self.max_batch.min(asked);
        let longest = requests.iter().map(|request| request.prompt.len()).max().unwrap_or(0);
        let own = params.max_tokens.min(model.max_positions().saturating_sub(longest).max(1));
        // One block more for each part, since each part starts a new block.
        let (one, all) = (longest + own + 32, max_batch * (longest + own + 32));
        let affordable = model.cache_budget()? / model.bytes_per_slot();
        let cache_slots = self.cache_slots.unwrap_or(all.min(affordable).max(one));
        let Self { prefill_tokens, .. } = *self;
        Ok(EngineOptions { max_batch, cache_slots, prefill_tokens, ..EngineOptions::default() })
    }
}

/// Requests of all prompts. A prompt that was given before gets other samples than before.
fn requests(prompts: Vec<Vec<u32>>, samples: usize) -> Vec<Request> {
    let mut requests: Vec<Request> = Vec::new();
    for prompt in prompts {
        let earlier = requests.iter().filter(|request| request.prompt == prompt).count();
        requests.push(Request { prompt, samples, first_sample: earlier * samples });
    }
    requests
}

fn sample(
    sampler: &mut dyn Sampler,
    requests: &[Request],
    params: &SamplingParams,
    bar: &ProgressBar,
) -> Result<Vec<Vec<Sample>>, Failure> {
    let start = Instant::now();
    let samples = sampler.sample(requests, params, &mut |event| match event {
        Event::Finished(..) => bar.inc(1),
        Event::Step(progress) => {
            let rate = progress.tokens as f64 / start.elapsed().as_secs_f64();
            bar.set_message(format!("{rate:.0} tokens/s, {} running", progress.running));
        }
    })?;
    Ok(samples)
}

fn note_speed(samples: &[Vec<Sample>], seconds: f64, console: &mut Console<'_>) {
    let all = || samples.iter().flatten();
    let (count, tokens) = (all().count(), all().map(|sample| sample.tokens.len()).sum::<usize>());
    let rate = tokens as f64 / seconds;
    console
        .note(&format!("{count} samples, {tokens} tokens in {seconds:.1} s: {rate:.0} tokens/s"));
}

fn print(
    format: Format,
    prompt: usize,
    sample: &Sample,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    let text = sample.text.as_deref().unwrap_or_default();
    let finish_reason = reason(&sample.finish_reason);
    match format {
        Format::Text => {
            let (number, tokens) = (sample.index + 1, sample.tokens.len());
            writeln!(
                console.out,
                "── prompt {}, sample {number}: {tokens} tokens, {finish_reason}",
                prompt + 1
            )?;
            writeln!(console.out, "{text}\n")?;
        }
        Format::Jsonl => console.json(&Line {
            prompt,
            sample: sample.index,
            text,
            finish_reason,
            tokens: &sample.tokens,
            logprobs: &sample.logprobs,
            model_logprobs: &sample.model_logprobs,
        })?,
    }
    Ok(())
}

/// The finish reason in the terms of the completions protocol, extended where it has none.
fn reason(reason: &FinishReason) -> String {
    match reason {
        FinishReason::StopToken(_) | FinishReason::StopString(_) => "stop".to_owned(),
        FinishReason::Length => "length".to_owned(),
        FinishReason::Context => "context".to_owned(),
    }
}
