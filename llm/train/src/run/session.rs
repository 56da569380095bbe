//! A whole run: steps, records, evaluations and checkpoints until it is done or told to stop.

use super::folder::RunFolder;
use crate::evaluate::{Evaluation, Report, Statistic, evaluate};
use crate::reward::Reward;
use crate::task::{Problem, Split};
use crate::{Error, Result};
use crate::{Group, Metrics, Setup, StepReport, Trainer, encode};
use rs_grpo_engine::generate::{SamplingParams, Texts};
use rs_grpo_grade::Verdict;
use serde::Serialize;

/// Completions of a step that are written down, of each of so many groups.
const SAMPLES: usize = 4;
const GROUPS: usize = 2;

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// All steps are done.
    Done,
    /// It was told to stop, and can go on from the checkpoint of its last step.
    Stopped,
}

/// One completion, as it is written down.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SampleLine<'a> {
    /// The step, counted from 1.
    pub step: usize,
    /// Name of the problem.
    pub problem: &'a str,
    /// The question.
    pub prompt: &'a str,
    /// The completion.
    pub completion: &'a str,
    /// Whether it is correct, and if not, why.
    pub verdict: Verdict,
    /// Its reward.
    pub reward: f64,
    /// Its advantage.
    pub advantage: f64,
    /// Number of the policy that drew it, where policies have one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<u64>,
}

/// Runs or continues the training of a folder. `stop` is asked after every step, and `watch` is told
/// of it.
///
/// # Errors
/// Those of the steps, of evaluations and of the file system. The last checkpoint is whole whatever
/// happens.
pub fn run(
    setup: &Setup,
    folder: &mut RunFolder,
    stop: &dyn Fn() -> bool,
    watch: &mut dyn FnMut(&StepReport),
) -> Result<Outcome> {
    let config = &setup.config;
    let mut trainer = Trainer::new(setup)?;
    if let Some((_, checkpoint)) = folder.newest()? {
        trainer.restore(&checkpoint)?;
    }
    let mut held_out = HeldOut::new(setup)?;
    while !trainer.is_done() {
        let mut report = match trainer.step() {
            Ok(report) => report,
            Err(error) => return Err(stopped(error, &trainer, folder)),
        };
        if config.eval.every > 0 && report.step.is_multiple_of(config.eval.every) {
            match held_out.evaluate(&mut trainer, setup) {
                Ok(metrics) => {
                    trainer.note_evaluation(metrics["eval/pass@1"]);
                    report.metrics.extend(metrics);
                }
                Err(error) => {
                    // The step before it is done.
                    folder.record(report.step, &report.metrics)?;
                    return Err(stopped(error, &trainer, folder));
                }
            }
        }
        folder.record(report.step, &report.metrics)?;
        for line in sample_lines(&report, setup) {
            folder.sample(&line)?;
        }
        watch(&report);
        let stopping = stop();
        if trainer.is_done() || stopping || report.step.is_multiple_of(config.save.every) {
            folder.sync()?;
            trainer.save(&folder.checkpoint(report.step))?;
            folder.prune(config.save.keep, trainer.progress().best.map(|(step, _)| step))?;
        }
        if stopping && !trainer.is_done() {
            return Ok(Outcome::Stopped);
        }
    }
    Ok(Outcome::Done)
}

/// Names the checkpoint from which a run that failed can go on. Where it was servers or files that
/// failed, the steps before are worth one.
fn stopped(error: Error, trainer: &Trainer<'_>, folder: &RunFolder) -> Error {
    match error {
        Error::Diverged { what, value, step, prompts, .. } => {
            let checkpoint = folder.newest().ok().flatten().map(|(_, path)| path);
            Error::Diverged { what, value, step, prompts, checkpoint }
        }
        Error::Fleet(rs_grpo_fleet::Error::Endpoint { url, problem }) => {
            match save_now(trainer, folder) {
                Ok(Some(checkpoint)) => {
                    let checkpoint = checkpoint.display();
                    let problem = format!("{problem}. --resume auto goes on from {checkpoint}");
                    rs_grpo_fleet::Error::Endpoint { url, problem }.into()
                }
                Ok(None) => rs_grpo_fleet::Error::Endpoint { url, problem }.into(),
                Err(error) => error,
            }
        }
        // Such as a folder of adapters that is gone, on another disk than the run's.
        file @ Error::Input(rs_grpo_files::Error::File { .. }) => {
            let _ = save_now(trainer, folder);
            file
        }
        other => other,
    }
}

/// A checkpoint of the steps that are done, if any are.
fn save_now(trainer: &Trainer<'_>, folder: &RunFolder) -> Result<Option<std::path::PathBuf>> {
    let step = trainer.progress().step;
    if step == 0 {
        return Ok(None);
    }
    let checkpoint = folder.checkpoint(step);
    if !checkpoint.exists() {
        folder.sync()?;
        trainer.save(&checkpoint)?;
    }
    Ok(Some(checkpoint))
}

/// Some completions of a step.
pub fn sample_lines<'a>(report: &'a StepReport, setup: &'a Setup) -> Vec<SampleLine<'a>> {
    let of_group = |group: &'a Group| {
        let problem = &setup.problems[group.problem];
        group.completions.iter().take(SAMPLES).map(move |completion| SampleLine {
            step: report.step,
            problem: &problem.id,
            prompt: &problem.prompt,
            completion: completion.sample.text.as_deref().unwrap_or_default(),
            verdict: completion.grade.verdict,
            reward: completion.reward,
            advantage: completion.advantage,
            policy: completion.sample.policy,
        })
    };
    report.rollout.groups.iter().take(GROUPS).flat_map(of_group).collect()
}

/// The problems of the evaluations of a run.
struct HeldOut {
    problems: Vec<Problem>,
    prompts: Vec<Vec<u32>>,
    /// With a program, another process than the trainer's.
    reward: Reward,
}

impl HeldOut {
    fn new(setup: &Setup) -> Result<Self> {
        let config = &setup.config;
        if config.eval.every == 0 {
            return Ok(Self { problems: Vec::new(), prompts: Vec::new(), reward: Reward::Grader });
        }
        let problems = config.eval_source()?.problems(Split::HeldOut, config.eval.problems)?;
        let template = &config.prompt_template;
        let prompts = encode(&problems, &setup.tokenizer, &setup.folder, template)?;
        Ok(Self { problems, prompts, reward: config.reward()? })
    }

    fn evaluate(&mut self, trainer: &mut Trainer<'_>, setup: &Setup) -> Result<Metrics> {
        let config = &setup.config;
        let params = SamplingParams {
            temperature: config.temperature,
            max_tokens: config.max_new_tokens,
            stop_tokens: setup.stop_tokens.clone(),
            seed: config.seed,
            ..SamplingParams::default()
        };
        let (problems, samples) = (&self.problems, config.eval.samples);
        let mut sampler =
            Texts { sampler: trainer.sampler()?, prompts: &self.prompts, params: &params };
        let evaluation = Evaluation { problems, samples };
        let tallies = evaluate(&mut sampler, evaluation, &mut self.reward, None, |_| true)?;
        let report = Report::new(tallies.unwrap_or_default());
        let mut metrics = Metrics::new();
        for k in report.ks() {
            metrics.insert(format!("eval/pass@{k}"), report.mean(Statistic::PassAt(k))?);
        }
        for (name, statistic) in [
            ("eval/majority", Statistic::Majority),
            ("eval/solutions", Statistic::Solutions),
            ("eval/answers", Statistic::Answers),
            ("eval/entropy", Statistic::Entropy),
        ] {
            let mean = report.mean(statistic)?;
            if mean.is_finite() {
                metrics.insert(name.to_owned(), mean);
            }
        }
        Ok(metrics)
    }
}
