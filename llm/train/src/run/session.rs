//! A whole run: steps, records, evaluations and checkpoints until it is done or stopped.

use super::folder::RunFolder;
use super::trainer::{StepReport, Trainer};
use crate::context::{Fitting, TrainContext, encode, fitting};
use crate::data::Problem;
use crate::error::{Error, Result};
use crate::evaluate::{EvalReport, Evaluation, Statistic, evaluate};
use crate::inputs::{Inputs, Problems};
use crate::metrics::{self, Metrics};
use crate::reward::Reward;
use crate::rollout::CompletionGroup;
use crate::task::Split;
use rs_grpo_engine::checkpoint::Checkpoint;
use rs_grpo_engine::generate::{Sampler, SamplingParams, Texts};
use rs_grpo_engine::model::TrainableModel;
use rs_grpo_grade::Verdict;
use serde::Serialize;
use std::path::PathBuf;

/// Groups of a step that are recorded, and completions of each.
const GROUPS: usize = 2;
const SAMPLES: usize = 4;

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunEnd {
    /// All steps are done.
    Done,
    /// It was stopped, and can be resumed from the checkpoint of its last step.
    Stopped,
}

/// One completion, as it is recorded.
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
    /// Version of the grader.
    pub grader: &'static str,
    /// Its reward.
    pub reward: f64,
    /// Its advantage.
    pub advantage: f64,
    /// Number of the policy that sampled it, if the sampler reports it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<u64>,
}

/// Runs or resumes the training of a folder. After every step, `watch` gets its report, and `stop` says
/// whether to stop.
///
/// # Errors
/// Those of the steps, of evaluations and of the file system. The last checkpoint stays intact.
pub fn run<P: TrainableModel>(
    context: &TrainContext<P>,
    folder: &mut RunFolder,
    stop: &dyn Fn() -> bool,
    watch: &mut dyn FnMut(&StepReport),
) -> Result<RunEnd> {
    check_inputs(context, folder)?;
    let mut trainer = Trainer::new(context)?;
    if let Some((_, checkpoint)) = folder.newest()? {
        trainer.restore(&checkpoint)?;
    }
    let mut held_out = HeldOut::new(context)?;
    while !trainer.is_done() {
        let mut report = trainer.step().map_err(|error| stopped(error, &trainer, folder))?;
        let evaluated = held_out.evaluate_if_due(&mut trainer, &mut report);
        // The step is recorded even if its evaluation failed.
        folder.record(report.step, &report.metrics)?;
        evaluated.map_err(|error| stopped(error, &trainer, folder))?;
        for line in sample_lines(&report, context) {
            folder.sample(&line)?;
        }
        watch(&report);
        let stopping = stop();
        if trainer.is_done() || stopping || report.step.is_multiple_of(context.config.save.every) {
            folder.sync()?;
            trainer.save(&folder.checkpoint(report.step))?;
            let best = trainer.progress().best.map(|(step, _)| step);
            folder.prune(context.config.save.keep, best)?;
        }
        if stopping && !trainer.is_done() {
            return Ok(RunEnd::Stopped);
        }
    }
    Ok(RunEnd::Done)
}

/// Refuses a run that goes on with another model, or with other problems than it began with.
fn check_inputs<P>(context: &TrainContext<P>, folder: &RunFolder) -> Result<()> {
    let saved = folder.inputs();
    let model = Inputs::of_model(&Checkpoint::open(&context.folder)?, &saved)?;
    model.with_tokens(&context.problems, &context.prompts).check(&saved, Problems::Fixed)
}

/// Names the checkpoint from which a run that failed can go on. Where it was servers or files that
/// failed, the steps before are worth one.
fn stopped<P: TrainableModel>(error: Error, trainer: &Trainer<'_, P>, folder: &RunFolder) -> Error {
    match error {
        Error::Diverged { what, value, step, prompts, .. } => {
            let checkpoint = folder.newest().ok().flatten().map(|(_, path)| path);
            Error::Diverged { what, value, step, prompts, checkpoint }
        }
        Error::Fleet(rs_grpo_fleet::Error::Endpoint { url, problem }) => {
            match save_now(trainer, folder) {
                Ok(Some(checkpoint)) => {
                    let checkpoint = checkpoint.display();
                    let problem = format!("{problem}. --resume auto continues from {checkpoint}");
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
fn save_now<P: TrainableModel>(
    trainer: &Trainer<'_, P>,
    folder: &RunFolder,
) -> Result<Option<PathBuf>> {
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
pub fn sample_lines<'a, P>(
    report: &'a StepReport,
    context: &'a TrainContext<P>,
) -> Vec<SampleLine<'a>> {
    let of_group = |group: &'a CompletionGroup| {
        let problem = &context.problems[group.problem];
        group.completions.iter().take(SAMPLES).map(move |completion| SampleLine {
            step: report.step,
            problem: &problem.id,
            prompt: &problem.prompt,
            completion: completion.sample.text.as_deref().unwrap_or_default(),
            verdict: completion.grade.verdict,
            grader: rs_grpo_grade::VERSION,
            reward: completion.reward,
            advantage: completion.advantage,
            policy: completion.sample.policy,
        })
    };
    report.rollout.groups.iter().take(GROUPS).flat_map(of_group).collect()
}

/// The evaluations of a run.
struct HeldOut<'a, P> {
    context: &'a TrainContext<P>,
    problems: Vec<Problem>,
    prompts: Vec<Vec<u32>>,
    /// With a program, another process than the trainer's.
    reward: Reward,
}

impl<'a, P: TrainableModel> HeldOut<'a, P> {
    fn new(context: &'a TrainContext<P>) -> Result<Self> {
        let config = &context.config;
        if config.eval.every == 0 {
            let reward = Reward::Grader;
            return Ok(Self { context, problems: Vec::new(), prompts: Vec::new(), reward });
        }
        let problems = config.eval_source()?.problems(Split::HeldOut, config.eval.problems)?;
        let options = config.prompt_options()?;
        let prompts = encode(&problems, &context.tokenizer, &context.folder, &options)?;
        let Fitting { problems, prompts, .. } =
            fitting(problems, prompts, context.model.max_positions)?;
        Ok(Self { context, problems, prompts, reward: config.reward()? })
    }

    /// Evaluates the policy if this step is due, and adds to its metrics.
    fn evaluate_if_due(
        &mut self,
        trainer: &mut Trainer<'_, P>,
        report: &mut StepReport,
    ) -> Result<()> {
        let every = self.context.config.eval.every;
        if every > 0 && report.step.is_multiple_of(every) {
            let metrics = metrics_of(&self.evaluate(trainer.sampler()?)?)?;
            trainer.note_evaluation(metrics["eval/pass@1"]);
            report.metrics.extend(metrics);
        }
        Ok(())
    }

    fn evaluate(&mut self, sampler: &mut dyn Sampler) -> Result<EvalReport> {
        let config = &self.context.config;
        let params = SamplingParams {
            temperature: config.temperature,
            max_tokens: config.max_new_tokens,
            stop_tokens: self.context.stop_tokens.clone(),
            stop_strings: config.stop.clone(),
            seed: config.seed,
            ..SamplingParams::default()
        };
        let mut sampler = Texts { sampler, prompts: &self.prompts, params: &params };
        let evaluation = Evaluation { problems: &self.problems, samples: config.eval.samples };
        let tallies = evaluate(&mut sampler, evaluation, &mut self.reward, None, |_| true)?;
        Ok(EvalReport::new(tallies.unwrap_or_default()))
    }
}

/// The metrics of an evaluation.
fn metrics_of(report: &EvalReport) -> Result<Metrics> {
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
        metrics::put(&mut metrics, name, report.mean(statistic)?);
    }
    Ok(metrics)
}
