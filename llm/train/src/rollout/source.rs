//! What rollouts are made from.

use super::prompt_sampler::PromptSampler;
use super::{Completion, CompletionGroup};
use crate::config::TrainConfig;
use crate::context::TrainContext;
use crate::data::Problem;
use crate::error::{Error, Result};
use crate::reward::{Reward, Scored};
use rs_grpo::{Estimator, Spread};
use rs_grpo_engine::generate::{Request, Sample, SamplingParams};
use rs_grpo_files::Refuse as _;

/// Problems and prompts, the source of rewards, and the estimator of advantages.
#[derive(Debug)]
pub(crate) struct RolloutSource<'a> {
    pub(crate) config: &'a TrainConfig,
    problems: &'a [Problem],
    prompts: &'a [Vec<u32>],
    stop_tokens: &'a [u32],
    pub(crate) prompt_sampler: PromptSampler,
    pub(crate) reward: Reward,
    estimator: Estimator,
}

impl<'a> RolloutSource<'a> {
    /// Begins with the first problem; starts the reward command, if there is one.
    ///
    /// # Errors
    /// The configuration's reward command.
    pub(crate) fn new<P>(context: &'a TrainContext<P>) -> Result<Self> {
        let config = &context.config;
        Ok(Self {
            config,
            problems: &context.problems,
            prompts: &context.prompts,
            stop_tokens: &context.stop_tokens,
            prompt_sampler: PromptSampler::new(config.seed, context.problems.len(), 0),
            reward: config.reward()?,
            estimator: context.estimator.clone(),
        })
    }

    /// Skips the first `position` problems.
    pub(crate) fn seek(&mut self, position: u64) {
        self.prompt_sampler = PromptSampler::new(self.config.seed, self.problems.len(), position);
    }

    /// A request for a group of completions of each problem; a problem that occurs again gets other
    /// completions.
    pub(crate) fn requests(&self, problems: &[usize]) -> Vec<Request> {
        let samples = self.config.samples;
        let earlier = |at: usize| problems[..at].iter().filter(|&&p| p == problems[at]).count();
        let request = |(at, &problem): (usize, &usize)| Request {
            prompt: self.prompts[problem].clone(),
            samples,
            first_sample: earlier(at) * samples,
        };
        problems.iter().enumerate().map(request).collect()
    }

    /// Sampling parameters of a round of a step. Each round has another seed, since a problem may occur
    /// in several.
    pub(crate) fn params(&self, step: usize, round: usize) -> SamplingParams {
        SamplingParams {
            temperature: self.config.temperature,
            max_tokens: self.config.max_new_tokens,
            stop_tokens: self.stop_tokens.to_vec(),
            stop_strings: self.config.stop.clone(),
            seed: seed(self.config.seed, step, round),
            ..SamplingParams::default()
        }
    }

    /// The problems of these indices.
    pub(crate) fn problems(&self, indices: &[usize]) -> Vec<&'a Problem> {
        indices.iter().map(|&index| &self.problems[index]).collect()
    }

    /// The soft overlong punishment (DAPO, arXiv 2503.14476, equation 13): 0 up to the buffer, then
    /// linear up to 1 at the longest length.
    pub(crate) fn overlong_penalty(&self, tokens: usize) -> f64 {
        let TrainConfig { overlong_buffer: buffer, max_new_tokens: longest, .. } = *self.config;
        let excess = (tokens + buffer).saturating_sub(longest);
        if buffer == 0 { 0.0 } else { excess as f64 / buffer as f64 }
    }

    /// The advantages of the completions of one prompt, from their rewards.
    pub(crate) fn advantages(&self, rewards: &[f64]) -> Result<Vec<f64>> {
        self.estimator.advantages(rewards).map_err(|error| self.refused(&error))
    }

    /// The completions of one prompt with their rewards and advantages.
    pub(crate) fn group(
        &self,
        problem: usize,
        samples: Vec<Sample>,
        scores: Vec<Scored>,
        rewards: &[f64],
        advantages: &[f64],
    ) -> Result<CompletionGroup> {
        let group = rs_grpo::Group::new(rewards).map_err(|error| self.refused(&error))?;
        let reward_std = group.standard_deviation(Spread::Sample);
        let mut completions = Vec::with_capacity(samples.len());
        let numbers = rewards.iter().zip(advantages);
        for ((sample, Scored { grade, .. }), (&reward, &advantage)) in
            samples.into_iter().zip(scores).zip(numbers)
        {
            completions.push(Completion { sample, grade, reward, advantage });
        }
        Ok(CompletionGroup { problem, completions, reward_std })
    }

    fn refused(&self, error: &rs_grpo::Error) -> Error {
        Error::parameter("estimator", &self.estimator, error.to_string())
    }

    /// Names the prompts of a step in which the policy's logits were not finite.
    pub(crate) fn name_prompts(&self, error: Error, step: usize, problems: &[usize]) -> Error {
        let Error::Engine(rs_grpo_engine::Error::Logits { what, value }) = error else {
            return error;
        };
        let names = self.problems(problems).into_iter().map(|problem| problem.id.clone());
        Error::diverged(what, value.into(), step, names.collect())
    }

    /// How often the reward command was restarted; none without a command.
    pub(crate) fn restarts(&self) -> Option<usize> {
        match &self.reward {
            Reward::Command(command) => Some(command.restarts()),
            Reward::Grader => None,
        }
    }
}

/// The seed of a round of a step.
fn seed(seed: u64, step: usize, round: usize) -> u64 {
    use sha2::{Digest, Sha256};
    let mut hash = Sha256::new();
    for number in [seed, step as u64, round as u64] {
        hash.update(number.to_le_bytes());
    }
    let digest: [u8; 32] = hash.finalize().into();
    let mut first = [0; 8];
    first.copy_from_slice(&digest[..8]);
    u64::from_le_bytes(first)
}
