//! A policy in training, step by step.

use super::ahead::Ahead;
use super::checkpoint::{self, TrainingProgress};
use crate::context::TrainContext;
use crate::error::Result;
use crate::metrics::{self, Metrics};
use crate::policy::{PolicySampler, PolicyUpdater};
use crate::rollout::{CompletionGroup, Rollout, RolloutSource};
use crate::step::step;
use rs_grpo_engine::generate::Sampler;
use rs_grpo_engine::model::TrainableModel;
use rs_grpo_engine::optim::OptimizerState;
use std::path::Path;
use std::time::Instant;

/// A policy in training.
pub struct Trainer<'a, P: TrainableModel> {
    source: RolloutSource<'a>,
    sampler: PolicySampler<'a, P>,
    learner: PolicyUpdater<'a, P>,
    ahead: Ahead,
    progress: TrainingProgress,
}

/// A step that is done.
#[derive(Debug)]
pub struct StepReport {
    /// Number of the step, counted from 1.
    pub step: usize,
    /// Its metrics.
    pub metrics: Metrics,
    /// Its completions.
    pub rollout: Rollout,
    /// Notes for the user, a sentence each.
    pub notes: Vec<String>,
}

impl<'a, P: TrainableModel> Trainer<'a, P> {
    /// A trainer before its first step.
    ///
    /// # Errors
    /// Prompts that are too long for the model; no room for the cache; `--sampler http` without servers;
    /// a reward command that cannot be started.
    pub fn new(context: &'a TrainContext<P>) -> Result<Self> {
        Ok(Self {
            source: RolloutSource::new(context)?,
            learner: PolicyUpdater::new(context)?,
            sampler: PolicySampler::new(context)?,
            ahead: Ahead::default(),
            progress: TrainingProgress { without_signal: true, ..TrainingProgress::default() },
        })
    }

    /// Progress of the run.
    pub fn progress(&self) -> &TrainingProgress {
        &self.progress
    }

    /// Whether all steps are done.
    pub fn is_done(&self) -> bool {
        self.progress.step >= self.learner.context.config.steps
    }

    /// One step: samples completions, and updates the policy.
    ///
    /// # Errors
    /// [`Error::Diverged`](crate::Error::Diverged) for a loss, gradient or logit that is not finite; the
    /// weights are those before that update. [`Error::Fleet`](crate::Error::Fleet) if servers gave no
    /// samples; the state is that after the previous step.
    pub fn step(&mut self) -> Result<StepReport> {
        let start = Instant::now();
        let (at, config) = (self.progress.step, &self.learner.context.config);
        let (source, learner) = (&mut self.source, &mut self.learner);
        let (rollout, mut metrics) = match &mut self.sampler {
            PolicySampler::Servers(servers) if config.sampler.async_steps > 0 => {
                self.ahead.step(source, servers, learner, at)?
            }
            sampler => step(source, sampler, learner, at)?,
        };
        self.count(&rollout);
        metrics.extend(self.sampler.metrics(&rollout, at));
        let seconds = start.elapsed().as_secs_f64();
        let restarts = self.source.restarts();
        for (name, value) in [
            ("learning_rate", self.learner.learning_rate(at)),
            ("num_tokens", self.progress.tokens as f64),
            ("train/solved_share", self.solved_share()),
            ("timing_s/step", seconds),
            ("perf/throughput", rollout.tokens() as f64 / seconds),
            ("perf/peak_rss_gib", peak_rss_gib()),
            ("reward/restarts", restarts.map_or(f64::NAN, |count| count as f64)),
        ] {
            metrics::put(&mut metrics, name, value);
        }
        let mut notes = self.learner.take_notes();
        notes.extend(self.sampler.take_notes());
        Ok(StepReport { step: self.progress.step, metrics, rollout, notes })
    }

    fn count(&mut self, rollout: &Rollout) {
        let progress = &mut self.progress;
        progress.step += 1;
        progress.given = rollout.prompts_sampled;
        progress.updates = self.learner.optimizer.updates();
        progress.tokens += rollout.tokens() as u64;
        let solved =
            |group: &&CompletionGroup| group.completions.iter().any(|c| c.grade.is_correct());
        progress.solved.extend(rollout.sampled().filter(solved).map(|group| group.problem));
        progress.without_signal &= rollout.sampled().all(|group| group.reward_std == 0.0);
    }

    /// Share of the problems that were ever solved.
    fn solved_share(&self) -> f64 {
        self.progress.solved.len() as f64 / self.learner.context.problems.len() as f64
    }

    /// Records the value of an evaluation; returns whether it is the best so far.
    pub(crate) fn note_evaluation(&mut self, value: f64) -> bool {
        let best = self.progress.best.is_none_or(|(_, best)| value > best);
        if best {
            self.progress.best = Some((self.progress.step, value));
        }
        best
    }

    /// Writes a checkpoint into a folder atomically.
    ///
    /// # Errors
    /// What the operating system refuses, such as a full disk.
    pub fn save(&self, folder: &Path) -> Result<()> {
        checkpoint::save(folder, self.learner.context, &self.learner.optimizer, &self.progress)
    }

    /// Resumes from a checkpoint: on a CPU, bit-identical to a run without a break.
    ///
    /// # Errors
    /// A checkpoint that is not of this run.
    pub fn restore(&mut self, folder: &Path) -> Result<()> {
        let PolicyUpdater { context, optimizer, .. } = &mut self.learner;
        self.progress = checkpoint::restore(folder, context, optimizer)?;
        self.source.seek(self.progress.given);
        self.ahead.forget();
        Ok(())
    }

    /// The sampler of the policy as it is, for evaluations between steps.
    ///
    /// # Errors
    /// A GPU that does not answer.
    pub fn sampler(&mut self) -> Result<&mut dyn Sampler> {
        self.sampler.of_policy(&mut self.learner, self.progress.step)
    }
}

/// The largest memory that this process has had, where the system tells; NaN elsewhere.
fn peak_rss_gib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok());
    kib.map_or(f64::NAN, |kib| kib / f64::from(1 << 20))
}
