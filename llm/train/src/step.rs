//! One step of reinforcement learning, from prompts to the update of the policy.
//!
//! ```text
//! prompts ─► completions ─► rewards ─► advantages ─► mini-batches ─► loss ─► update ─► metrics
//! └──────────────── rollout ────────────────┘        └─────── learn ───────┘
//! ```
//!
//! Sampling ahead on servers (`run/ahead.rs`), retries when a GPU runs out of memory
//! (`policy/micro_batches.rs`), checkpoints, evaluations and records (`run/`) wrap it from outside.

use crate::context::TrainContext;
use crate::error::{Error, Result};
use crate::loss::{Example, Loss, Pass, UpdateStats, gradient, logprobs};
use crate::metrics::{self, Metrics};
use crate::policy::{PolicySampler, PolicyUpdater};
use crate::reward::sample_and_score;
use crate::rollout::{Rollout, RolloutSource};
use rs_grpo_engine::generate::Sampler;
use rs_grpo_engine::model::TrainableModel;
use std::time::Instant;

/// One step: samples completions from the policy, and moves it towards the better ones.
pub(crate) fn step<P: TrainableModel>(
    source: &mut RolloutSource<'_>,
    sampler: &mut PolicySampler<'_, P>,
    learner: &mut PolicyUpdater<'_, P>,
    step: usize,
) -> Result<(Rollout, Metrics)> {
    let rollout = rollout(source, sampler.of_policy(learner, step)?, step)?;
    sampler.release_cache();
    let start = Instant::now();
    let updates = learn(learner, &rollout, step)?;
    let metrics = metrics::of_step(&rollout, &updates, start.elapsed());
    Ok((rollout, metrics))
}

/// Samples a group of completions for each of the next prompts, and gives each its reward and advantage.
///
/// With dynamic sampling (DAPO), groups without signal are replaced by those of the next prompts while
/// rounds are left; after the last round, the oldest of them fill the gaps. Logits of the policy that
/// are not finite are [`Error::Diverged`].
pub(crate) fn rollout(
    source: &mut RolloutSource<'_>,
    sampler: &mut dyn Sampler,
    step: usize,
) -> Result<Rollout> {
    let config = source.config;
    let mut rollout = Rollout::default();
    while rollout.groups.len() < config.prompts && rollout.rounds < config.sampling_rounds {
        let problems = source.prompt_sampler.sample(config.prompts - rollout.groups.len());
        let (requests, params) = (source.requests(&problems), source.params(step, rollout.rounds));
        // Completions are graded on other threads while others are still being sampled.
        let asked = source.problems(&problems);
        let scored = sample_and_score(sampler, &requests, &params, &mut source.reward, &asked)
            .map_err(|error| source.name_prompts(error, step, &problems))?;
        rollout.sampling += scored.sampling;
        rollout.grading += scored.grading;
        for (problem, (samples, scores)) in problems.into_iter().zip(scored.groups) {
            let rewards: Vec<f64> = samples
                .iter()
                .zip(&scores)
                .map(|(sample, score)| score.reward - source.overlong_penalty(sample.tokens.len()))
                .collect();
            let advantages = source.advantages(&rewards)?;
            let group = source.group(problem, samples, scores, &rewards, &advantages)?;
            let keep = config.sampling_rounds == 1 || group.has_signal();
            if keep { &mut rollout.groups } else { &mut rollout.dropped }.push(group);
        }
        rollout.rounds += 1;
    }
    let missing = config.prompts - rollout.groups.len();
    rollout.groups.extend(rollout.dropped.drain(..missing));
    rollout.prompts_sampled = source.prompt_sampler.position();
    Ok(rollout)
}

/// Updates the policy with the completions of a rollout: each epoch goes over them in mini-batches. A
/// loss or a gradient that is not finite is [`Error::Diverged`].
pub(crate) fn learn<P: TrainableModel>(
    learner: &mut PolicyUpdater<'_, P>,
    rollout: &Rollout,
    step: usize,
) -> Result<Vec<UpdateStats>> {
    let (context, rate) = (learner.context, learner.learning_rate(step));
    let PolicyUpdater { optimizer, passes, .. } = learner;
    let (config, policy, loss) = (&context.config, &context.policy, context.config.loss());
    let mut batch = examples(rollout, context);
    // Ratios are relative to the policy before the step; with a single update they are 1.
    let old = match (config.epochs * config.minibatches, loss.importance_cap == 0.0) {
        (1, _) => Vec::new(),
        (_, true) => batch.iter().map(|example| example.sampler.to_vec()).collect(),
        (_, false) => passes.within_memory(|pass| logprobs(policy, &batch, pass))?,
    };
    let reference = match &context.reference {
        None => Vec::new(),
        Some(reference) => passes.within_memory(|pass| logprobs(reference, &batch, pass))?,
    };
    batch.iter_mut().zip(&old).for_each(|(example, old)| example.old = old);
    batch.iter_mut().zip(&reference).for_each(|(example, own)| example.reference = own);

    let mut updates = Vec::new();
    for part in (0..config.epochs).flat_map(|_| 0..config.minibatches) {
        let bound = |part: usize| batch.len() * part / config.minibatches;
        let minibatch = &batch[bound(part)..bound(part + 1)];
        let limits = (rate, config.clip_norm);
        let stats = passes
            .within_memory(|pass| update(policy, optimizer, minibatch, &loss, pass, limits))?;
        if let Some((what, value)) = stats.fault() {
            let prompts = context.names(rollout.groups.iter().map(|group| group.problem));
            return Err(Error::diverged(what, value, step, prompts));
        }
        updates.push(stats);
    }
    Ok(updates)
}

/// The completions to learn from, each with its advantage.
fn examples<'a, P>(rollout: &'a Rollout, context: &'a TrainContext<P>) -> Vec<Example<'a>> {
    let mut examples = Vec::new();
    for group in &rollout.groups {
        let prompt = &context.prompts[group.problem];
        examples.extend(group.completions.iter().map(|completion| Example {
            masked: context.config.mask_truncated && completion.is_truncated(),
            sampler: &completion.sample.logprobs,
            ..Example::new(prompt, &completion.sample.tokens, completion.advantage)
        }));
    }
    examples
}

/// One step of the optimiser down the gradient of a loss, whose norm is clipped to `clip_norm`.
///
/// Where the loss or the gradient is not finite, the weights stay as they are;
/// [`UpdateStats::fault`] tells.
///
/// # Errors
/// As [`gradient`].
pub fn update<P: TrainableModel>(
    policy: &P,
    optimizer: &mut P::Optimizer,
    examples: &[Example<'_>],
    loss: &Loss,
    pass: Pass,
    (learning_rate, clip_norm): (f64, f64),
) -> Result<UpdateStats> {
    let (gradients, sums) = gradient(policy, examples, loss, pass)?;
    let stats = UpdateStats { sums, grad_norm: policy.norm(&gradients)? };
    if stats.fault().is_none() {
        let scale = if stats.grad_norm > clip_norm { clip_norm / stats.grad_norm } else { 1.0 };
        policy.step(optimizer, &gradients, learning_rate, scale)?;
    }
    Ok(stats)
}
