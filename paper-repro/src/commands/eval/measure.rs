//! One model on one set of problems.

use super::{Options, Set};
use crate::failure::Failure;
use crate::signals::Signals;
use indicatif::ProgressBar;
use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;
use rs_grpo_llm::checkpoint::Checkpoint;
use rs_grpo_llm::evaluate::{
    Estimate, EvalFolder, Evaluation, Report, Statistic, bootstrap, evaluate,
};
use rs_grpo_llm::generate::{Engine, SamplingParams};
use rs_grpo_llm::grade::VERSION;
use rs_grpo_llm::model::{Decoder, Training};
use rs_grpo_llm::text::{Tokenizer, stop_tokens};
use rs_grpo_llm::train::{encode, engine_options};
use serde_json::{Map, Value, json};
use std::path::Path;

/// Seed of the bootstrap.
const SEED: u64 = 0;

/// What came of it.
pub(super) struct Measurement {
    pub(super) model: String,
    pub(super) data: String,
    pub(super) problems: usize,
    pub(super) samples: usize,
    pub(super) pass_at: Vec<(u64, Estimate)>,
    pub(super) others: Vec<(&'static str, Estimate)>,
}

pub(super) fn measure(
    options: &Options,
    (model, name): (&str, &str),
    source: &Path,
    set: &Set,
    ks: &[u64],
    signals: &Signals,
    bar: &ProgressBar,
) -> Result<Measurement, Failure> {
    let folder = options.out.join(name).join(&set.name);
    let folder = EvalFolder::open(&folder, &settings(options, model, set))?;
    bar.set_message(format!("{name}, {}", set.name));
    let report = collect(options, source, set, &folder, signals, bar)?;
    let measurement = Measurement::new(name, set, &report, ks)?;
    folder.write("result.json", &format!("{:#}\n", measurement.to_json()))?;
    Ok(measurement)
}

/// Everything that a completion depends on; their number may change.
fn settings(options: &Options, model: &str, set: &Set) -> Map<String, Value> {
    let template = if options.chat { Value::Null } else { json!(options.prompt_template) };
    let settings = json!({
        "model": model,
        "data": set.name,
        "prompt_template": template,
        "temperature": options.temperature,
        "top_p": options.top_p,
        "max_tokens": options.max_tokens,
        "seed": options.seed,
        "grader": VERSION,
    });
    settings.as_object().cloned().unwrap_or_default()
}

fn collect(
    options: &Options,
    source: &Path,
    set: &Set,
    folder: &EvalFolder,
    signals: &Signals,
    bar: &ProgressBar,
) -> Result<Report, Failure> {
    let checkpoint = Checkpoint::open(source)?;
    let tokenizer = Tokenizer::from_folder(source)?;
    tokenizer.check_model(checkpoint.config().vocab_size, &source.join("config.json"))?;
    let decoder = Decoder::load(&checkpoint, Training::Frozen)?;
    let template = if options.chat { "" } else { &options.prompt_template };
    let prompts = encode(&set.problems, &tokenizer, source, template)?;
    let params = SamplingParams {
        temperature: options.temperature,
        top_p: options.top_p,
        max_tokens: options.max_tokens,
        stop_tokens: stop_tokens(source, &tokenizer)?,
        seed: options.seed,
        ..SamplingParams::default()
    };
    params.check()?;
    let engine = engine_options(&decoder, &prompts, options.samples, options.max_tokens);
    let mut engine = Engine::new(&decoder, Some(&tokenizer), engine)?;
    let (problems, samples) = (&set.problems, options.samples);
    let evaluation = Evaluation { problems, prompts: &prompts, samples, params: &params };
    let tallies = evaluate(&mut engine, evaluation, Some(&folder.samples()), |done| {
        bar.set_position(done as u64);
        signals.received().is_none()
    })?;
    match tallies {
        Some(tallies) => Ok(Report::new(tallies)),
        None => Err(signals.failure(&options.out, "the same command")),
    }
}

impl Measurement {
    fn new(model: &str, set: &Set, report: &Report, ks: &[u64]) -> Result<Self, Failure> {
        let estimate = |statistic| -> Result<Estimate, Failure> {
            let values = [report.values(statistic)?];
            Ok(bootstrap(&values, &mut Xoshiro256PlusPlus::seed_from_u64(SEED)))
        };
        let ks = if ks.is_empty() { report.ks() } else { ks.to_vec() };
        let pass_at = ks.into_iter().map(|k| Ok((k, estimate(Statistic::PassAt(k))?)));
        let others = [
            ("majority", Statistic::Majority),
            ("solutions", Statistic::Solutions),
            ("answers", Statistic::Answers),
            ("truncated", Statistic::Truncated),
            ("unparsable", Statistic::Unparsable),
            ("over_budget", Statistic::OverBudget),
            ("length", Statistic::Length),
            ("entropy", Statistic::Entropy),
        ];
        let others = others.into_iter().map(|(name, s)| Ok((name, estimate(s)?)));
        Ok(Self {
            model: model.to_owned(),
            data: set.name.clone(),
            problems: set.problems.len(),
            samples: report.samples(),
            pass_at: pass_at.collect::<Result<_, Failure>>()?,
            others: others.collect::<Result<_, Failure>>()?,
        })
    }

    fn to_json(&self) -> Value {
        let estimate = |e: &Estimate| json!({"mean": e.mean, "low": e.low, "high": e.high});
        let pass_at = self.pass_at.iter().map(|(k, e)| (k.to_string(), estimate(e)));
        let others = self.others.iter().map(|(name, e)| ((*name).to_owned(), estimate(e)));
        let mut object = Map::from_iter([
            ("model".to_owned(), json!(self.model)),
            ("data".to_owned(), json!(self.data)),
            ("problems".to_owned(), json!(self.problems)),
            ("samples".to_owned(), json!(self.samples)),
            ("grader".to_owned(), json!(VERSION)),
            ("pass_at_k".to_owned(), Value::Object(pass_at.collect())),
        ]);
        object.extend(others);
        Value::Object(object)
    }
}
