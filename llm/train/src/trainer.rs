//! The loop: sample → grade → advantages → loss → update → record.

use super::batch::Example;
use super::config::TrainConfig;
use super::drawing::{Drawing, Drawn};
use super::learner::{Learner, learner};
use super::loss::Loss;
use super::metrics::{self, Metrics};
use super::rollout::{Group, Rollout};
use super::setup::Setup;
use super::state::Progress;
use super::update::Updated;
use crate::{Error, Result};
use rs_grpo_engine::generate::{Engine, EngineOptions, Sampler};
use rs_grpo_engine::model::Policy;
use std::path::Path;
use std::time::Instant;

/// A policy in training.
pub struct Trainer<'a> {
    setup: &'a Setup,
    loss: Loss,
    drawing: Drawing<'a>,
    learner: Box<dyn Learner + 'a>,
    progress: Progress,
}

/// A step that is done.
#[derive(Debug)]
pub struct StepReport {
    /// Which it was, counted from 1.
    pub step: usize,
    /// Its numbers.
    pub metrics: Metrics,
    /// Its completions.
    pub rollout: Rollout,
    /// What there is to say of it, a sentence each.
    pub notes: Vec<String>,
}

impl<'a> Trainer<'a> {
    /// A trainer before its first step.
    ///
    /// # Errors
    /// Prompts that are too long for the model; no room for the cache; servers that are to sample, and
    /// none given.
    pub fn new(setup: &'a Setup) -> Result<Self> {
        Ok(Self {
            loss: setup.config.loss(),
            drawing: Drawing::new(setup, 0)?,
            learner: learner(setup)?,
            progress: Progress { without_signal: true, ..Progress::default() },
            setup,
        })
    }

    /// How far the run is.
    pub fn progress(&self) -> &Progress {
        &self.progress
    }

    /// Whether all steps are done.
    pub fn is_done(&self) -> bool {
        self.progress.step >= self.setup.config.steps
    }

    /// One step: draws completions, and moves the policy.
    ///
    /// # Errors
    /// [`Error::Diverged`] for a loss, gradient or logit that is no finite number; the weights are
    /// those before that update then. [`Error::Endpoint`] where servers gave no samples; all is as after
    /// the step before then.
    pub fn step(&mut self) -> Result<StepReport> {
        let start = Instant::now();
        let step = self.progress.step;
        let learner = &mut *self.learner;
        let Drawn { rollout, given } = self.drawing.take(learner, step)?;
        let drawn = Instant::now();
        let rate = learning_rate(&self.setup.config, step);
        let Self { setup, loss, drawing, .. } = self;
        let lesson = Lesson { setup, loss, rollout: &rollout, step };
        let updates = drawing.ahead_of(learner, step, |learner| lesson.learn(learner, rate))?;
        let trained = drawn.elapsed();
        self.count(&rollout, given);
        let mut metrics = metrics::of_rollout(&rollout);
        metrics.extend(metrics::of_updates(&updates));
        metrics.extend(self.drawing.metrics(&rollout, step));
        let seconds = start.elapsed().as_secs_f64();
        let tokens = tokens(&rollout) as f64;
        for (name, value) in [
            ("learning_rate", rate),
            ("num_tokens", self.progress.tokens as f64),
            ("train/solved_share", self.solved_share()),
            ("timing_s/step", seconds),
            ("timing_s/sample", rollout.sampling.as_secs_f64()),
            ("timing_s/grade", rollout.grading.as_secs_f64()),
            ("timing_s/train", trained.as_secs_f64()),
            ("perf/throughput", tokens / seconds),
            ("perf/peak_rss_gib", peak_rss_gib()),
            ("reward/restarts", self.drawing.restarts().map_or(f64::NAN, |count| count as f64)),
        ] {
            metrics::put(&mut metrics, name, value);
        }
        let mut notes = self.learner.notes();
        notes.extend(self.drawing.notes());
        Ok(StepReport { step: self.progress.step, metrics, rollout, notes })
    }

    fn count(&mut self, rollout: &Rollout, given: u64) {
        let progress = &mut self.progress;
        progress.step += 1;
        progress.given = given;
        progress.updates = self.learner.updates();
        progress.tokens += tokens(rollout) as u64;
        let solved = |group: &&Group| group.completions.iter().any(|c| c.grade.is_correct());
        progress.solved.extend(rollout.drawn().filter(solved).map(|group| group.problem));
        progress.without_signal &= rollout.drawn().all(|group| group.reward_std == 0.0);
    }

    /// Share of the problems that were ever solved.
    fn solved_share(&self) -> f64 {
        self.progress.solved.len() as f64 / self.setup.problems.len() as f64
    }

    /// Notes an evaluation; says whether it is the best so far.
    pub fn note_evaluation(&mut self, value: f64) -> bool {
        let best = self.progress.best.is_none_or(|(_, best)| value > best);
        if best {
            self.progress.best = Some((self.progress.step, value));
        }
        best
    }

    /// Writes a checkpoint into a folder, whole or not at all.
    ///
    /// # Errors
    /// What the operating system refuses, such as a full disk.
    pub fn save(&self, folder: &Path) -> Result<()> {
        self.learner.save(folder, &self.progress)
    }

    /// Goes on from a checkpoint: on a CPU, to the last bit as if there had been no break.
    ///
    /// # Errors
    /// A checkpoint that is not of this run.
    pub fn restore(&mut self, folder: &Path) -> Result<()> {
        self.progress = self.learner.restore(folder)?;
        self.drawing.go_on(self.progress.given);
        Ok(())
    }

    /// The sampler of the policy as it is, for evaluations between steps.
    ///
    /// # Errors
    /// A GPU that does not answer.
    pub fn sampler(&mut self) -> Result<&mut dyn Sampler> {
        self.drawing.sampler(&mut *self.learner, self.progress.step)
    }
}

fn learning_rate(config: &TrainConfig, step: usize) -> f64 {
    config.learning_rate * config.schedule.factor(step, config.steps)
}

/// What is learned in a step.
struct Lesson<'a> {
    setup: &'a Setup,
    loss: &'a Loss,
    rollout: &'a Rollout,
    step: usize,
}

impl Lesson<'_> {
    /// The updates of a step: each epoch goes over the completions in mini-batches.
    fn learn(&self, learner: &mut dyn Learner, rate: f64) -> Result<Vec<Updated>> {
        let config = &self.setup.config;
        let mut examples = examples(&self.rollout.groups, self.setup);
        let (old, reference);
        if config.minibatches * config.epochs > 1 {
            old = self.old_logprobs(learner, &examples)?;
            for (example, old) in examples.iter_mut().zip(&old) {
                example.old = old;
            }
        }
        if let Some(found) = learner.reference(&examples)? {
            reference = found;
            for (example, reference) in examples.iter_mut().zip(&reference) {
                example.reference = reference;
            }
        }
        let (count, parts) = (examples.len(), config.minibatches);
        let mut updates = Vec::new();
        for part in (0..config.epochs).flat_map(|_| 0..parts) {
            let part = &examples[count * part / parts..count * (part + 1) / parts];
            let updated = learner.update(part, self.loss, (rate, config.clip_norm))?;
            self.refuse_divergence(&updated)?;
            updates.push(updated);
        }
        Ok(updates)
    }

    /// Log-probabilities before the step. The sampler's are the trainer's, unless a correction for
    /// their difference is asked for.
    fn old_logprobs(
        &self,
        learner: &mut dyn Learner,
        examples: &[Example<'_>],
    ) -> Result<Vec<Vec<f32>>> {
        match self.loss.importance_cap == 0.0 {
            true => Ok(examples.iter().map(|example| example.sampler.to_vec()).collect()),
            false => learner.logprobs(examples),
        }
    }

    fn refuse_divergence(&self, updated: &Updated) -> Result<()> {
        let Some((what, value)) = updated.fault() else { return Ok(()) };
        let id = |group: &Group| self.setup.problems[group.problem].id.clone();
        let prompts = self.rollout.groups.iter().map(id).collect();
        Err(Error::Diverged {
            what: what.to_owned(),
            value,
            step: self.step + 1,
            prompts,
            checkpoint: None,
        })
    }
}

/// A sampler on a setup's policy as it is by now, with room for many completions of such prompts.
///
/// # Errors
/// No room for its cache.
pub fn sampler<'a>(
    setup: &'a Setup,
    prompts: &[Vec<u32>],
    samples: usize,
    max_new_tokens: usize,
) -> Result<Box<dyn Sampler + 'a>> {
    let tokenizer = Some(&setup.tokenizer);
    Ok(match &setup.on_device {
        Some(device) => {
            let options = engine_options(&device.policy, prompts, samples, max_new_tokens)?;
            Box::new(Engine::new(&device.policy, tokenizer, options)?)
        }
        None => {
            let options = engine_options(&setup.model, prompts, samples, max_new_tokens)?;
            Box::new(Engine::new(&setup.model, tokenizer, options)?)
        }
    })
}

/// Room for many completions of such prompts at a time, within the memory that there is for them.
///
/// # Errors
/// A GPU that does not answer.
pub fn engine_options<P: Policy>(
    policy: &P,
    prompts: &[Vec<u32>],
    samples: usize,
    max_new_tokens: usize,
) -> Result<EngineOptions> {
    let max_batch = P::MAX_BATCH;
    let longest = prompts.iter().map(Vec::len).max().unwrap_or(1);
    let own = max_new_tokens.min(policy.max_positions().saturating_sub(longest).max(1));
    // A page more for each part, since parts begin in pages of their own.
    let one = longest + own + 32;
    let wanted = max_batch * (own + 16) + (max_batch / samples.max(1) + 2) * (longest + 16);
    let affordable = policy.cache_budget()? / policy.bytes_per_slot();
    let cache_slots = wanted.min(affordable).max(one);
    let prefill_tokens = P::PREFILL_TOKENS;
    Ok(EngineOptions { max_batch, cache_slots, prefill_tokens, ..EngineOptions::default() })
}

/// The completions of groups as examples; those that were cut off are left out where so asked.
fn examples<'a>(groups: &'a [Group], setup: &'a Setup) -> Vec<Example<'a>> {
    let mask = setup.config.mask_truncated;
    let of_group = |group: &'a Group| {
        group.completions.iter().map(move |completion| Example {
            prompt: &setup.prompts[group.problem],
            completion: &completion.sample.tokens,
            advantage: completion.advantage,
            masked: mask && completion.is_truncated(),
            old: &[],
            sampler: &completion.sample.logprobs,
            reference: &[],
        })
    };
    groups.iter().flat_map(of_group).collect()
}

fn tokens(rollout: &Rollout) -> usize {
    rollout.drawn().flat_map(|g| &g.completions).map(|c| c.sample.tokens.len()).sum()
}

/// The most memory that this process has had, where the system tells; NaN elsewhere.
fn peak_rss_gib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok());
    kib.map_or(f64::NAN, |kib| kib / f64::from(1 << 20))
}
