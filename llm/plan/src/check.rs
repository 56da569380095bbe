//! Compares the model with measurements.
//!
//! The rates of decoding were fitted to these measurements (see [`fit`](super::fit)), those of training
//! are means of them: the error is that of the model's form, with five numbers for seven decoding times
//! here and three for nine rates of vLLM. Shapes far from these (other GPUs, much longer completions in
//! training, more than one GPU per server) are extrapolated.

use super::decode::{DecodeBatch, DecodeServer, DecodeWork};
use super::fleet::{FleetPlan, FleetSpec, GpuSplit};
use super::lengths::Lengths;
use super::measurements::{
    DecodeMeasurement, Measurements, StepMeasurement, TrainMeasurement, VllmLoraMeasurement,
};
use super::rates::Rates;
use super::run_shape::RunShape;
use crate::Result;
use rs_grpo_engine::optim::StateType;

/// A measurement and the model's prediction.
#[derive(Debug, Clone, PartialEq)]
pub struct MeasuredRate {
    /// What was measured.
    pub what: String,
    /// Source of the measurement.
    pub source: String,
    /// The unit: `tokens/s` or `s`.
    pub unit: &'static str,
    /// Measured value.
    pub measured: f64,
    /// Predicted value.
    pub predicted: f64,
    /// Largest error that is stated for this kind of measurement.
    pub stated: f64,
}

impl MeasuredRate {
    /// Relative error of the predicted time.
    pub fn error(&self) -> f64 {
        match self.unit {
            "s" => self.predicted / self.measured - 1.0,
            _ => self.measured / self.predicted - 1.0,
        }
    }
}

/// What was timed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Timed {
    /// Decoding by the engine of this program.
    EngineDecoding,
    /// Training, alone or after sampling.
    Training,
    /// Decoding by vLLM.
    Vllm,
}

impl Timed {
    /// The largest error that is stated.
    fn stated(self) -> f64 {
        match self {
            Self::EngineDecoding => 0.06,
            Self::Training => 0.12,
            Self::Vllm => 0.15,
        }
    }
}

/// Seconds by the model with these rates.
type Model<'a> = Box<dyn Fn(&Rates) -> Result<f64> + 'a>;

/// A measured time, and the model of it.
pub(super) struct Timing<'a> {
    pub what: String,
    pub source: &'a str,
    pub kind: Timed,
    /// Tokens in that time, where their rate was measured and not the time itself.
    tokens: Option<f64>,
    /// Tokens a second, or else seconds.
    measured: f64,
    model: Model<'a>,
}

impl Timing<'_> {
    /// Seconds that it took.
    pub fn seconds(&self) -> f64 {
        self.tokens.map_or(self.measured, |tokens| tokens / self.measured)
    }

    /// Seconds by the model.
    pub fn predict(&self, rates: &Rates) -> Result<f64> {
        (self.model)(rates)
    }

    fn compare(&self, rates: &Rates) -> Result<MeasuredRate> {
        let seconds = self.predict(rates)?;
        Ok(MeasuredRate {
            what: self.what.clone(),
            source: self.source.to_owned(),
            unit: if self.tokens.is_some() { "tokens/s" } else { "s" },
            measured: self.measured,
            predicted: self.tokens.map_or(seconds, |tokens| tokens / seconds),
            stated: self.kind.stated(),
        })
    }
}

/// Every measurement beside the model with these rates.
///
/// # Errors
/// If a model does not fit with these rates.
pub fn check(rates: &Rates) -> Result<Vec<MeasuredRate>> {
    timings(&Measurements::read()?).iter().map(|timing| timing.compare(rates)).collect()
}

/// Every measured time.
pub(super) fn timings(all: &Measurements) -> Vec<Timing<'_>> {
    let mut timings = Vec::new();
    timings.extend(all.engine.decode.iter().map(|row| decoded(all, row)));
    timings.extend(all.engine.train.iter().map(|row| trained(all, row)));
    timings.extend(all.engine.step.iter().flat_map(|row| step(all, row)));
    timings.extend(all.vllm.served.iter().map(|row| served(all, row)));
    timings.push(adapters_served(all));
    timings
}

/// One GPU of a kind with a model and no adapter.
fn one_gpu<T>(
    all: &Measurements,
    rates: &Rates,
    (gpu, model): (&str, &str),
    of: impl FnOnce(DecodeServer<'_>) -> T,
) -> Result<T> {
    let (gpu, model) = (rates.gpu("device", gpu)?, all.shape(model)?);
    let (decode, weights) = (&rates.vllm, 2 * model.parameters());
    Ok(of(DecodeServer { decode, gpu, gpus: 1, rates, model, adapters: false, weights }))
}

fn decoded<'a>(all: &'a Measurements, row: &'a DecodeMeasurement) -> Timing<'a> {
    let DecodeMeasurement { model, completions: batch, new_tokens: new, .. } = row;
    let (engine, completions) = (&all.engine, row.completions as f64);
    let seconds = move |rates: &Rates| {
        let lengths = Lengths::new(*new, *new as f64)?;
        let (samples, prompt) = (engine.samples, engine.prompt_tokens);
        let work = DecodeWork { completions, samples, prompt, lengths, of: completions };
        one_gpu(all, rates, (&engine.gpu, model), |server| {
            DecodeServer { decode: &rates.engine, ..server }.sample(&work).0
        })
    };
    Timing {
        what: format!("engine, decode {model}, {batch} × {new}"),
        source: &engine.source,
        kind: Timed::EngineDecoding,
        tokens: Some(completions * *new as f64),
        measured: row.tokens_per_second,
        model: Box::new(seconds),
    }
}

/// A step on one GPU that does everything.
fn split(
    all: &Measurements,
    rates: &Rates,
    model: &str,
    (lora_rank, prompts, new_tokens): (usize, usize, usize),
) -> Result<GpuSplit> {
    let gpu = rates.gpu("device", &all.engine.gpu)?;
    let run = RunShape {
        prompts,
        samples: all.engine.samples,
        max_new_tokens: new_tokens,
        sampling_rounds: 1,
        on_servers: false,
        lora_rank,
        reference: false,
        importance_correction: false,
        minibatches: 1,
        epochs: 1,
        micro_batch_tokens: 8_192,
        moments: StateType::F32,
    };
    let spec = FleetSpec {
        model: all.shape(model)?,
        run,
        prompt: all.engine.prompt_tokens,
        lengths: Lengths::new(new_tokens, new_tokens as f64)?,
        signal: 1.0,
        gpus: 1,
        trainer: gpu,
        sampler: gpu,
        group: None,
        rates,
    };
    Ok(FleetPlan::new(spec)?.split(0))
}

fn trained<'a>(all: &'a Measurements, row: &'a TrainMeasurement) -> Timing<'a> {
    let TrainMeasurement { model, lora_rank, sequences, tokens, tokens_per_second } = row;
    let prompts = sequences / all.engine.samples;
    let sizes = (*lora_rank, prompts, tokens - all.engine.prompt_tokens);
    Timing {
        what: format!("train {model}, {}, {sequences} × {tokens}", trained_part(*lora_rank)),
        source: &all.engine.source,
        kind: Timed::Training,
        tokens: Some((sequences * tokens) as f64),
        measured: *tokens_per_second,
        model: Box::new(move |rates| Ok(split(all, rates, model, sizes)?.training)),
    }
}

/// Sampling, training, and both.
fn step<'a>(all: &'a Measurements, row: &'a StepMeasurement) -> [Timing<'a>; 3] {
    let StepMeasurement { model, lora_rank, prompts, new_tokens, .. } = row;
    let (sampling, training) = (row.sampling_seconds, row.training_seconds);
    let timing = |part: &str, measured: f64, kind, of: fn(&GpuSplit) -> f64| Timing {
        what: format!(
            "step {model}, {}, {prompts} × {} × {new_tokens}: {part}",
            trained_part(*lora_rank),
            all.engine.samples
        ),
        source: &all.engine.source,
        kind,
        tokens: None,
        measured,
        model: Box::new(move |rates| {
            Ok(of(&split(all, rates, model, (*lora_rank, *prompts, *new_tokens))?))
        }),
    };
    [
        timing("sampling", sampling, Timed::EngineDecoding, |split| split.sampling),
        timing("training", training, Timed::Training, |split| split.training),
        timing("whole", sampling + training, Timed::Training, GpuSplit::in_turn),
    ]
}

fn trained_part(lora_rank: usize) -> &'static str {
    if lora_rank == 0 { "full" } else { "LoRA" }
}

/// A step of a steady batch: completions are half done on average, and a prompt is read for each that
/// ends.
fn served<'a>(all: &'a Measurements, row: &'a DecodeMeasurement) -> Timing<'a> {
    let DecodeMeasurement { model, completions: batch, new_tokens: new, .. } = row;
    let (vllm, completions) = (&all.vllm, row.completions as f64);
    let seconds = move |rates: &Rates| {
        let prompt = vllm.prompt_tokens;
        let tokens = completions * (prompt as f64 + *new as f64 / 2.0);
        let lengths = Lengths::new(*new, *new as f64)?;
        let work = DecodeWork { completions, samples: 1, prompt, lengths, of: completions };
        one_gpu(all, rates, (&vllm.gpu, model), |server| {
            let prompts = server.prompts(&work) / *new as f64;
            server.step(DecodeBatch { completions, tokens }) + prompts
        })
    };
    Timing {
        what: format!("vLLM, {model}, {batch} at a time, {new} new"),
        source: &vllm.source,
        kind: Timed::Vllm,
        tokens: Some(completions),
        measured: row.tokens_per_second,
        model: Box::new(seconds),
    }
}

fn adapters_served(all: &Measurements) -> Timing<'_> {
    let VllmLoraMeasurement { source, gpu, model, completions, sequence_tokens, .. } =
        &all.vllm_lora;
    let batch = *completions as f64;
    let tokens = batch * all.vllm_lora.held_tokens as f64;
    let seconds = move |rates: &Rates| {
        one_gpu(all, rates, (gpu, model), |server| {
            let server = DecodeServer { adapters: true, ..server };
            server.step(DecodeBatch { completions: batch, tokens })
        })
    };
    Timing {
        what: format!(
            "vLLM, {model} with LoRA on a {}, {completions} at a time, {sequence_tokens} tokens",
            gpu.to_uppercase()
        ),
        source,
        kind: Timed::Vllm,
        tokens: Some(batch),
        measured: all.vllm_lora.tokens_per_second,
        model: Box::new(seconds),
    }
}
