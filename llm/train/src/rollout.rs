//! Completions of a step: drawn, graded, and given their advantages.

use super::config::TrainConfig;
use super::order::Order;
use crate::reward::{Reward, Scored, while_drawing};
use crate::task::{Grade, Problem};
use crate::{Error, Result};
use rs_grpo::{Estimator, Scratch, Spread};
use rs_grpo_engine::generate::{FinishReason, Request, Sample, Sampler, SamplingParams};
use rs_grpo_files::Refuse as _;
use std::time::{Duration, Instant};

/// A completion and what it is worth.
#[derive(Debug, Clone)]
pub struct Completion {
    /// Its tokens and their log-probabilities.
    pub sample: Sample,
    /// What the grader says of it, or whether a command rewarded it with 1 or more.
    pub grade: Grade,
    /// The reward: that of grader or command, less the penalty for its length.
    pub reward: f64,
    /// The advantage in its group.
    pub advantage: f64,
}

impl Completion {
    /// Whether it ended for want of room.
    pub fn is_truncated(&self) -> bool {
        matches!(self.sample.finish_reason, FinishReason::Length | FinishReason::Context)
    }
}

/// The completions of one prompt.
#[derive(Debug, Clone)]
pub struct Group {
    /// Index of the problem.
    pub problem: usize,
    /// Its completions.
    pub completions: Vec<Completion>,
    /// Standard deviation of their rewards, with N − 1 in the denominator as in TRL.
    pub reward_std: f64,
}

impl Group {
    /// Whether any completion has an advantage.
    pub fn has_signal(&self) -> bool {
        self.completions.iter().any(|completion| completion.advantage != 0.0)
    }
}

/// All completions of a step, and what they cost.
#[derive(Debug, Clone, Default)]
pub struct Rollout {
    /// Groups to learn from.
    pub groups: Vec<Group>,
    /// Groups that dynamic sampling replaced, since they had no signal.
    pub dropped: Vec<Group>,
    /// Rounds of sampling.
    pub rounds: usize,
    /// Time in the sampler.
    pub sampling: Duration,
    /// Time that rewards took after the last completion was drawn.
    pub grading: Duration,
}

impl Rollout {
    /// Every group that was drawn.
    pub fn drawn(&self) -> impl Iterator<Item = &Group> {
        self.groups.iter().chain(&self.dropped)
    }
}

/// Problems, their prompts in tokens, and how to draw from them.
#[derive(Debug)]
pub struct Collector<'a> {
    config: &'a TrainConfig,
    problems: &'a [Problem],
    prompts: &'a [Vec<u32>],
    params: SamplingParams,
    reward: Reward,
    estimator: Estimator,
}

impl<'a> Collector<'a> {
    /// # Errors
    /// The configuration's estimator, and its reward command.
    pub fn new(
        config: &'a TrainConfig,
        problems: &'a [Problem],
        prompts: &'a [Vec<u32>],
        stop_tokens: Vec<u32>,
    ) -> Result<Self> {
        let params = SamplingParams {
            temperature: config.temperature,
            max_tokens: config.max_new_tokens,
            stop_tokens,
            ..SamplingParams::default()
        };
        let (reward, estimator) = (config.reward()?, config.estimator()?);
        Ok(Self { config, problems, prompts, params, reward, estimator })
    }

    /// Draws the groups of a step. Groups without signal are replaced by those of the next prompts
    /// while rounds are left; of what the last round lacks, the oldest of them fill the step.
    ///
    /// # Errors
    /// Those of the sampler, of the reward and of the estimator; [`Error::Diverged`] where the policy's logits are no
    /// numbers.
    pub fn collect(
        &mut self,
        sampler: &mut dyn Sampler,
        step: usize,
        order: &mut Order,
    ) -> Result<Rollout> {
        let mut rollout = Rollout::default();
        while rollout.groups.len() < self.config.prompts
            && rollout.rounds < self.config.sampling_rounds
        {
            let missing = self.config.prompts - rollout.groups.len();
            let problems: Vec<usize> =
                (0..missing).map(|_| order.next(self.problems.len())).collect();
            // Each round is another draw: a problem may come up in several.
            let seed = seed(self.config.seed, step, rollout.rounds);
            let groups = self
                .round(sampler, &problems, seed, &mut rollout)
                .map_err(|error| self.with_problems(error, step, &problems))?;
            let last = rollout.rounds + 1 == self.config.sampling_rounds;
            let kept = |group: &Group| self.config.sampling_rounds == 1 || group.has_signal();
            let (groups, dropped): (Vec<_>, Vec<_>) = groups.into_iter().partition(kept);
            rollout.groups.extend(groups);
            rollout.dropped.extend(dropped);
            rollout.rounds += 1;
            if last {
                let missing = self.config.prompts - rollout.groups.len();
                rollout.groups.extend(rollout.dropped.drain(..missing));
            }
        }
        Ok(rollout)
    }

    fn round(
        &mut self,
        sampler: &mut dyn Sampler,
        problems: &[usize],
        seed: u64,
        rollout: &mut Rollout,
    ) -> Result<Vec<Group>> {
        let start = Instant::now();
        let requests = requests(problems, self.prompts, self.config.samples);
        let params = SamplingParams { seed, ..self.params.clone() };
        let asked: Vec<&Problem> =
            problems.iter().map(|&problem| &self.problems[problem]).collect();
        let (samples, scores) = while_drawing(&mut self.reward, &asked, &requests, |watch| {
            Ok(sampler.sample(&requests, &params, watch)?)
        })?;
        rollout.sampling += start.elapsed() - scores.waited;
        rollout.grading += scores.waited;
        let groups = problems.iter().zip(samples).zip(scores.of_requests);
        groups.map(|((&problem, samples), scores)| self.group(problem, samples, scores)).collect()
    }

    /// How often a reward command had to be started again; none where there is no command.
    pub fn restarts(&self) -> Option<usize> {
        match &self.reward {
            Reward::Command(command) => Some(command.restarts()),
            Reward::Grader => None,
        }
    }

    /// Tells where a policy broke down.
    fn with_problems(&self, error: Error, step: usize, problems: &[usize]) -> Error {
        let Error::Engine(rs_grpo_engine::Error::Logits { what, value }) = error else {
            return error;
        };
        let prompts = problems.iter().map(|&problem| self.problems[problem].id.clone()).collect();
        Error::Diverged { what, value: value.into(), step: step + 1, prompts, checkpoint: None }
    }

    /// Gives the completions of a prompt their advantages.
    fn group(&self, problem: usize, samples: Vec<Sample>, scores: Vec<Scored>) -> Result<Group> {
        let mut completions: Vec<Completion> = samples
            .into_iter()
            .zip(scores)
            .map(|(sample, Scored { grade, reward })| {
                let reward = reward - self.overlong(sample.tokens.len());
                Completion { sample, grade, reward, advantage: 0.0 }
            })
            .collect();
        let rewards: Vec<f64> = completions.iter().map(|completion| completion.reward).collect();
        let refused = |error: rs_grpo::Error| {
            Error::parameter("estimator", self.estimator, error.to_string())
        };
        let mut advantages = vec![0.0; rewards.len()];
        self.estimator
            .advantages_into(&rewards, &mut advantages, &mut Scratch::new())
            .map_err(refused)?;
        let reward_std =
            rs_grpo::Group::new(&rewards).map_err(refused)?.standard_deviation(Spread::Sample);
        for (completion, advantage) in completions.iter_mut().zip(advantages) {
            completion.advantage = advantage;
        }
        Ok(Group { problem, completions, reward_std })
    }

    /// The soft punishment of long completions (DAPO, arXiv 2503.14476, equation 13): 0 up to the
    /// buffer, then linear up to 1 at the longest length.
    fn overlong(&self, tokens: usize) -> f64 {
        let TrainConfig { overlong_buffer: buffer, max_new_tokens: longest, .. } = *self.config;
        let excess = (tokens + buffer).saturating_sub(longest);
        if buffer == 0 { 0.0 } else { excess as f64 / buffer as f64 }
    }
}

/// One request for each problem; a problem that comes up again gets other samples.
fn requests(problems: &[usize], prompts: &[Vec<u32>], samples: usize) -> Vec<Request> {
    let earlier = |at: usize| problems[..at].iter().filter(|&&p| p == problems[at]).count();
    let request = |(at, &problem): (usize, &usize)| Request {
        prompt: prompts[problem].clone(),
        samples,
        first_sample: earlier(at) * samples,
    };
    problems.iter().enumerate().map(request).collect()
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
