//! One method with one seed: trained, then evaluated; both can be resumed.

use super::arms::ExperimentArm;
use rs_grpo_engine::checkpoint::Checkpoint;
use rs_grpo_engine::cuda::backend::Backend;
use rs_grpo_engine::generate::{SamplingParams, Texts};
use rs_grpo_engine::model::TrainableModel;
use rs_grpo_files::Reader;
use rs_grpo_train::Result;
use rs_grpo_train::evaluate::{EvalFolder, EvalReport, Evaluation, evaluate};
use rs_grpo_train::inputs::{Inputs, Problems};
use rs_grpo_train::run::{Resume, RunEnd, RunFolder};
use rs_grpo_train::task::Split;
use rs_grpo_train::{Fitting, Metrics, TrainConfig, TrainContext, encode, engine, fitting};
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};

/// A training and its evaluation.
pub(super) struct Job {
    pub(super) arm: ExperimentArm,
    pub(super) config: TrainConfig,
    pub(super) folder: PathBuf,
}

/// The result of a job.
pub(super) struct Finished {
    pub(super) report: EvalReport,
    /// The numbers of every step.
    pub(super) steps: Vec<Metrics>,
}

impl Job {
    /// Steps of training and completions of the evaluation: the units of the progress bar.
    pub(super) fn units(&self) -> u64 {
        let steps = if self.arm.estimator.is_some() { self.config.steps } else { 0 };
        (steps * self.config.prompts * self.config.samples
            + self.config.eval.problems * self.config.eval.samples) as u64
    }

    /// Trains and evaluates. `advance` gets the number of new completions; `stop` is called between
    /// steps, and returns true to stop, which returns `None`.
    pub(super) fn run(
        &self,
        model: &Path,
        place: Option<&Backend>,
        stop: &(dyn Fn() -> bool + Sync),
        advance: &(dyn Fn(u64) + Sync),
    ) -> Result<Option<Finished>> {
        let config = self.config.clone();
        match place {
            None => self.run_in(&TrainContext::new(config, model)?, stop, advance),
            Some(place) => {
                self.run_in(&TrainContext::on_device(config, model, None, place)?, stop, advance)
            }
        }
    }

    fn run_in<P: TrainableModel>(
        &self,
        context: &TrainContext<P>,
        stop: &(dyn Fn() -> bool + Sync),
        advance: &(dyn Fn(u64) + Sync),
    ) -> Result<Option<Finished>> {
        let mut steps = Vec::new();
        if self.arm.estimator.is_some() {
            let mut folder = RunFolder::open(&self.folder, &self.config, Resume::Auto)?;
            let per_step = (self.config.prompts * self.config.samples) as u64;
            advance(per_step * folder.newest()?.map_or(0, |(step, _)| step as u64));
            let outcome =
                rs_grpo_train::run::run(context, &mut folder, stop, &mut |_| advance(per_step))?;
            if outcome == RunEnd::Stopped {
                return Ok(None);
            }
            steps = Reader::<Metrics>::open(&self.folder.join("metrics.jsonl"))?
                .collect::<Result<_, _>>()?;
        }
        let report = self.evaluate(context, stop, advance)?;
        Ok(report.map(|report| Finished { report, steps }))
    }

    fn evaluate<P: TrainableModel>(
        &self,
        context: &TrainContext<P>,
        stop: &(dyn Fn() -> bool + Sync),
        advance: &(dyn Fn(u64) + Sync),
    ) -> Result<Option<EvalReport>> {
        let config = &self.config;
        let folder = EvalFolder::open(&self.folder.join("eval"), &self.eval_settings(), &[])?;
        let problems = config.eval_source()?.problems(Split::HeldOut, config.eval.problems)?;
        let prompts =
            encode(&problems, &context.tokenizer, &context.folder, &config.prompt_options()?)?;
        let Fitting { problems, prompts, .. } =
            fitting(problems, prompts, context.model.max_positions)?;
        let model = Inputs::of_model(&Checkpoint::open(&context.folder)?, &folder.inputs())?;
        model.with_tokens(&problems, &prompts).check(&folder.inputs(), Problems::MayGrow)?;
        let params = SamplingParams {
            temperature: 1.0,
            max_tokens: config.max_new_tokens,
            stop_tokens: context.stop_tokens.clone(),
            stop_strings: config.stop.clone(),
            seed: config.seed,
            ..SamplingParams::default()
        };
        let evaluation = Evaluation { problems: &problems, samples: config.eval.samples };
        let mut engine = engine(context, &prompts, config.eval.samples, config.max_new_tokens)?;
        let mut sampler = Texts { sampler: &mut engine, prompts: &prompts, params: &params };
        let mut done = 0;
        let tallies = evaluate(
            &mut sampler,
            evaluation,
            &mut config.reward()?,
            Some(&folder.samples()),
            |all| {
                advance(all as u64 - done);
                done = all as u64;
                !stop()
            },
        )?;
        Ok(tallies.map(EvalReport::new))
    }

    /// What a completion depends on beside the trained policy and the problems.
    fn eval_settings(&self) -> Map<String, Value> {
        let settings = json!({
            "max_tokens": self.config.max_new_tokens,
            "seed": self.config.seed,
            "grader": rs_grpo_grade::VERSION,
        });
        settings.as_object().cloned().unwrap_or_default()
    }
}
