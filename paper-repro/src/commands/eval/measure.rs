//! One model on one set of problems.

use super::options::Options;
use super::served::Repeats;
use super::sets::Set;
use crate::failure::Failure;
use crate::signals::Signals;
use indicatif::ProgressBar;
use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;
use rs_grpo_engine::checkpoint::Checkpoint;
use rs_grpo_engine::cuda::backend::Backend;
use rs_grpo_engine::cuda::network::Network;
use rs_grpo_engine::generate::{Engine, SamplingParams, TextSampler, Texts};
use rs_grpo_engine::model::{Decoder, Training};
use rs_grpo_engine::text::{Tokenizer, stop_tokens};
use rs_grpo_fleet::endpoint::{Endpoint, EndpointSampler};
use rs_grpo_grade::{VERSION, Verdict};
use rs_grpo_train::data::Problem;
use rs_grpo_train::evaluate::{
    Estimate, EvalFolder, EvalReport, Evaluation, SeedProblemMatrix, Statistic, bootstrap, evaluate,
};
use rs_grpo_train::inputs::{Inputs, Problems};
use rs_grpo_train::reward::Reward;
use rs_grpo_train::{Fitting, encode, engine_options, fitting, prompt_texts};
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};

/// Seed of the bootstrap.
const SEED: u64 = 0;

/// The evaluated policy.
pub(super) enum EvalPolicy {
    /// The model of a folder, in this process.
    Folder(PathBuf, Option<Backend>),
    /// A served model.
    Served(Endpoint),
}

/// An evaluation to run.
pub(super) struct EvalTask<'a> {
    pub(super) options: &'a Options,
    /// The model, and its name.
    pub(super) names: (&'a str, &'a str),
    pub(super) policy: &'a EvalPolicy,
    pub(super) set: &'a Set,
    /// The k of pass@k; powers of two if empty.
    pub(super) ks: &'a [u64],
}

/// The result of an evaluation.
pub(super) struct Measurement {
    pub(super) model: String,
    pub(super) data: String,
    pub(super) problems: usize,
    pub(super) samples: usize,
    pub(super) pass_at: Vec<(u64, Estimate)>,
    /// Statistics that are defined.
    pub(super) others: Vec<(&'static str, Estimate)>,
    /// Completions of each verdict.
    verdicts: Vec<(Verdict, usize)>,
    /// Problems without a gold answer that can be read.
    left_out: usize,
    settings: Map<String, Value>,
}

impl EvalTask<'_> {
    /// Samples and grades what is missing, and writes the result; returns it with notes for the user.
    pub(super) fn measure(
        &self,
        signals: &Signals,
        bar: &ProgressBar,
    ) -> Result<(Measurement, Vec<String>), Failure> {
        let (_, name) = self.names;
        let folder = self.options.out.join(name).join(&self.set.name);
        // A model behind an endpoint is known by its name alone. One of a folder may move: its files'
        // contents are compared.
        let free: &[&str] = match self.policy {
            EvalPolicy::Folder(..) => &["model"],
            EvalPolicy::Served(_) => &[],
        };
        let folder = EvalFolder::open(&folder, &self.settings(), free)?;
        bar.set_message(format!("{name}, {}", self.set.name));
        let (report, notes) = match self.policy {
            EvalPolicy::Folder(source, place) => {
                let run = (&folder, signals, bar);
                match place {
                    Some(place) => self.here(source, run, |model| {
                        Ok(Network::new(place, model, Training::Frozen)?)
                    })?,
                    None => self.here(source, run, |model| Ok(model.clone()))?,
                }
            }
            EvalPolicy::Served(endpoint) => {
                let mut repeats = Repeats::default();
                let report = self.there(endpoint, &folder, signals, bar, &mut repeats)?;
                (report, repeats.note().into_iter().collect())
            }
        };
        let measurement = self.measurement(&report)?;
        folder.write("result.json", &format!("{:#}\n", measurement.to_json()))?;
        Ok((measurement, notes))
    }

    /// What a completion depends on beside model and problems; the number of completions may change.
    fn settings(&self) -> Map<String, Value> {
        let options = self.options;
        let settings = json!({
            "model": self.names.0,
            "data": self.set.name,
            "prompt_template": options.prompt.prompt_template,
            "chat": options.prompt.chat,
            "temperature": options.temperature,
            "top_p": options.top_p,
            "max_tokens": options.max_new_tokens,
            "seed": options.seed,
            "grader": VERSION,
        });
        let mut settings = settings.as_object().cloned().unwrap_or_default();
        if !options.prompt.system_prompt.is_empty() {
            settings.insert("system_prompt".to_owned(), json!(options.prompt.system_prompt));
        }
        if !options.stop.is_empty() {
            settings.insert("stop".to_owned(), json!(options.stop));
        }
        if !options.reward_command.is_empty() {
            settings.insert("reward_command".to_owned(), json!(options.reward_command));
        }
        // Not its address: the same model may move, or be served by several.
        if matches!(self.policy, EvalPolicy::Served(_)) {
            settings.insert("sampler".to_owned(), json!("endpoint"));
        }
        settings
    }

    fn params(&self) -> SamplingParams {
        SamplingParams {
            temperature: self.options.temperature,
            top_p: self.options.top_p,
            max_tokens: self.options.max_new_tokens,
            seed: self.options.seed,
            stop_strings: self.options.stop.clone(),
            ..SamplingParams::default()
        }
    }

    /// Samples in this process, from the network that `network` loads.
    fn here<P: rs_grpo_engine::model::TrainableModel>(
        &self,
        source: &Path,
        (folder, signals, bar): (&EvalFolder, &Signals, &ProgressBar),
        network: impl FnOnce(&Decoder) -> Result<P, Failure>,
    ) -> Result<(EvalReport, Vec<String>), Failure> {
        let (options, set) = (self.options, self.set);
        let checkpoint = Checkpoint::open(source)?;
        let tokenizer = Tokenizer::from_folder(source)?;
        tokenizer.check_model(checkpoint.config().vocab_size, &source.join("config.json"))?;
        let decoder = Decoder::load(&checkpoint, Training::Frozen)?;
        let prompts = encode(&set.problems, &tokenizer, source, &options.prompt.options())?;
        let longest = checkpoint.config().max_positions;
        let Fitting { problems, prompts, note } = fitting(set.problems.clone(), prompts, longest)?;
        let saved = folder.inputs();
        let inputs = Inputs::of_model(&checkpoint, &saved)?.with_tokens(&problems, &prompts);
        inputs.check(&saved, Problems::MayGrow)?;
        let texts = prompt_texts(&problems, &tokenizer, source, &options.prompt.options())?;
        write_prompts(folder, &problems, &texts, &prompts)?;
        let stop_tokens = stop_tokens(source, &tokenizer)?;
        let params = SamplingParams { stop_tokens, ..self.params() };
        params.check()?;
        let network = network(&decoder)?;
        let engine = engine_options(&network, &prompts, set.samples, options.max_new_tokens)?;
        let mut engine = Engine::new(&network, Some(&tokenizer), engine)?;
        let mut sampler = Texts { sampler: &mut engine, prompts: &prompts, params: &params };
        let report = self.collect(&problems, &mut sampler, folder, (signals, bar))?;
        let mut notes = network.take_notes();
        notes.extend(note);
        Ok((report, notes))
    }

    /// Samples from an endpoint.
    fn there(
        &self,
        endpoint: &Endpoint,
        folder: &EvalFolder,
        signals: &Signals,
        bar: &ProgressBar,
        repeats: &mut Repeats,
    ) -> Result<EvalReport, Failure> {
        // With chat completions, the server applies the chat template.
        let template = self.options.prompt.options().text(self.set.is_math)?;
        let problems = &self.set.problems;
        if let Some(problem) = problems.iter().find(|problem| problem.system.is_some()) {
            return Err(Failure::Usage(format!(
                "{}: problem {} has a system message of its own, which --endpoint does not send; \
                 allowed: data without system messages, and --system-prompt for all of them",
                self.set.name, problem.id
            )));
        }
        let prompts: Vec<String> = problems.iter().map(|p| template.render(&p.prompt)).collect();
        Inputs::of_texts(problems, &prompts).check(&folder.inputs(), Problems::MayGrow)?;
        let params = self.params();
        let mut note = |problem: &str| {
            repeats.add(problem);
            bar.set_message(problem.to_owned());
        };
        let mut sampler = EndpointSampler::new(endpoint, &prompts, &params, &mut note)?;
        self.collect(problems, &mut sampler, folder, (signals, bar)).map_err(
            |failure| match failure {
                Failure::Failed(problem) => Failure::Failed(format!(
                    "{problem}; completions so far are kept; continue with the same command"
                )),
                other => other,
            },
        )
    }

    fn collect(
        &self,
        problems: &[Problem],
        sampler: &mut dyn TextSampler,
        folder: &EvalFolder,
        (signals, bar): (&Signals, &ProgressBar),
    ) -> Result<EvalReport, Failure> {
        let evaluation = Evaluation { problems, samples: self.set.samples };
        let mut reward = Reward::of(&self.options.reward_command)?;
        let tallies =
            evaluate(sampler, evaluation, &mut reward, Some(&folder.samples()), |done| {
                bar.set_position(done as u64);
                signals.received().is_none()
            })?;
        match tallies {
            Some(tallies) => Ok(EvalReport::new(tallies)),
            None => Err(signals.failure(&self.options.out, "the same command")),
        }
    }

    fn measurement(&self, report: &EvalReport) -> Result<Measurement, Failure> {
        let estimate = |statistic| -> Result<Estimate, Failure> {
            let values = SeedProblemMatrix::new(&[report.values(statistic)?])?;
            Ok(bootstrap(&values, &mut Xoshiro256PlusPlus::seed_from_u64(SEED)))
        };
        let samples = report.samples();
        let ks = match self.ks.is_empty() {
            true => report.ks(),
            false => self.ks.iter().copied().filter(|&k| k <= samples as u64).collect(),
        };
        let pass_at = ks.into_iter().map(|k| Ok((k, estimate(Statistic::PassAt(k))?)));
        let mut others = Vec::new();
        for (name, statistic) in OTHERS {
            let estimate = estimate(statistic)?;
            if estimate.mean.is_finite() {
                others.push((name, estimate));
            }
        }
        Ok(Measurement {
            model: self.names.1.to_owned(),
            data: self.set.name.clone(),
            problems: self.set.problems.len(),
            samples,
            pass_at: pass_at.collect::<Result<_, Failure>>()?,
            others,
            verdicts: Verdict::ALL.map(|verdict| (verdict, report.count(verdict))).to_vec(),
            left_out: report.left_out(),
            settings: self.settings(),
        })
    }
}

/// Writes what the model was given, a line for each problem: text and token ids.
fn write_prompts(
    folder: &EvalFolder,
    problems: &[Problem],
    texts: &[String],
    tokens: &[Vec<u32>],
) -> Result<(), Failure> {
    let line = |((problem, text), tokens): ((&Problem, &String), &Vec<u32>)| {
        json!({"problem": problem.id, "prompt": text, "tokens": tokens}).to_string() + "\n"
    };
    let lines = problems.iter().zip(texts).zip(tokens).map(line);
    folder.write("prompts.jsonl", &lines.collect::<String>())?;
    Ok(())
}

/// Statistics beside pass@k, by the names of their fields.
const OTHERS: [(&str, Statistic); 8] = [
    ("majority", Statistic::Majority),
    ("solutions", Statistic::Solutions),
    ("answers", Statistic::Answers),
    ("truncated", Statistic::Truncated),
    ("unparsable", Statistic::Unparsable),
    ("over_budget", Statistic::OverBudget),
    ("length", Statistic::Length),
    ("entropy", Statistic::Entropy),
];

impl Measurement {
    fn to_json(&self) -> Value {
        let estimate = |e: &Estimate| json!({"mean": e.mean, "low": e.low, "high": e.high});
        let pass_at = self.pass_at.iter().map(|(k, e)| (k.to_string(), estimate(e)));
        let others = self.others.iter().map(|(name, e)| ((*name).to_owned(), estimate(e)));
        let snake = |verdict: &Verdict| verdict.to_string().replace(' ', "_");
        let verdicts = self.verdicts.iter().map(|(verdict, count)| (snake(verdict), json!(count)));
        let mut object = Map::from_iter([
            ("model".to_owned(), json!(self.model)),
            ("data".to_owned(), json!(self.data)),
            ("problems".to_owned(), json!(self.problems)),
            ("left_out".to_owned(), json!(self.left_out)),
            ("samples".to_owned(), json!(self.samples)),
            ("grader".to_owned(), json!(VERSION)),
            ("settings".to_owned(), Value::Object(self.settings.clone())),
            ("pass_at_k".to_owned(), Value::Object(pass_at.collect())),
            ("verdicts".to_owned(), Value::Object(verdicts.collect())),
        ]);
        object.extend(others);
        Value::Object(object)
    }
}
