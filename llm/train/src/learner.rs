//! A policy with its sampler and its optimiser: all of a trainer that depends on where the policy is.

use super::batch::Example;
use super::config::TrainConfig;
use super::gradient::{Pass, logprobs};
use super::loss::Loss;
use super::setup::Setup;
use super::state::{self, Progress};
use super::tables::OptimizerConfig;
use super::trainer::engine_options;
use super::update::{Updated, update};
use crate::{Error, Result};
use rs_grpo_engine::generate::{Engine, EngineOptions, Sampler};
use rs_grpo_engine::model::Keep;
use rs_grpo_engine::model::Policy;
use rs_grpo_engine::optim::AdamWOptions;
use rs_grpo_engine::optim::OptimizerState;
use rs_grpo_engine::text::Tokenizer;
use rs_grpo_files::Refuse as _;
use std::path::Path;

/// A policy that samples and learns.
pub(super) trait Learner {
    /// The sampler, with room for its cache.
    fn sampler(&mut self) -> Result<&mut dyn Sampler>;

    /// Log-probability of each token of each completion under the policy.
    fn logprobs(&mut self, examples: &[Example<'_>]) -> Result<Vec<Vec<f32>>>;

    /// The same under the reference; nothing where there is none.
    fn reference(&mut self, examples: &[Example<'_>]) -> Result<Option<Vec<Vec<f32>>>>;

    /// Moves the policy one step down the gradient of a loss, as [`update`].
    fn update(
        &mut self,
        examples: &[Example<'_>],
        loss: &Loss,
        limits: (f64, f64),
    ) -> Result<Updated>;

    /// Updates so far.
    fn updates(&self) -> u64;

    /// What there is to say since this was last asked.
    fn notes(&mut self) -> Vec<String>;

    /// Writes the adapters that are trained into a folder that is there.
    fn write_adapters(&self, folder: &Path) -> rs_grpo_engine::Result<()>;

    /// Writes a checkpoint.
    fn save(&self, folder: &Path, progress: &Progress) -> Result<()>;

    /// Goes on from a checkpoint.
    fn restore(&mut self, folder: &Path) -> Result<Progress>;
}

/// A learner in this process.
pub(super) struct Local<'a, P: Policy> {
    setup: &'a Setup,
    policy: &'a P,
    reference: Option<&'a P>,
    /// Absent where servers sample.
    engine: Option<Engine<'a, P>>,
    cache_bytes: usize,
    optimizer: P::Optimizer,
    pass: Pass,
    longest: usize,
    notes: Vec<String>,
}

/// A learner on the policy of a setup, wherever that is.
pub(super) fn learner(setup: &Setup) -> Result<Box<dyn Learner + '_>> {
    Ok(match &setup.on_device {
        Some(device) => Box::new(Local::new(setup, &device.policy, device.reference.as_ref())?),
        None => Box::new(Local::new(setup, &setup.model, setup.reference.as_ref())?),
    })
}

impl<'a, P: Policy> Local<'a, P> {
    fn new(setup: &'a Setup, policy: &'a P, reference: Option<&'a P>) -> Result<Self> {
        let config = &setup.config;
        let TrainConfig { samples, max_new_tokens, temperature, micro_batch_tokens, .. } = *config;
        let options = engine_options(policy, &setup.prompts, samples, max_new_tokens)?;
        let keep = policy.keep(micro_batch_tokens)?;
        let OptimizerConfig { weight_decay, state, .. } = config.optimizer;
        let options_of_adamw = AdamWOptions { weight_decay, state, ..AdamWOptions::default() };
        let longest = setup.prompts.iter().map(Vec::len).max().unwrap_or(1) + max_new_tokens;
        let local = config.sampler.is_local();
        let engine = local.then(|| engine(policy, &setup.tokenizer, options)).transpose()?;
        Ok(Self {
            engine,
            cache_bytes: options.cache_slots * policy.bytes_per_slot(),
            optimizer: policy.optimizer(options_of_adamw),
            pass: Pass { temperature, micro_batch_tokens, keep },
            longest,
            notes: Vec::new(),
            setup,
            policy,
            reference,
        })
    }

    /// Does work that goes through the network in micro-batches, in smaller ones where the memory of a
    /// device is too small; those are kept.
    fn with_smaller_batches<T>(
        &mut self,
        mut work: impl FnMut(&mut Self) -> Result<T>,
    ) -> Result<T> {
        if let (true, Some(engine)) = (P::RELEASES_CACHE, &mut self.engine) {
            engine.release();
        }
        loop {
            match work(self) {
                Err(Error::Engine(rs_grpo_engine::Error::GpuMemory { .. }))
                    if self.pass.keep == Keep::Everything =>
                {
                    self.pass.keep = Keep::LayerInputs;
                    self.notes.push(
                        "The GPU has no room for all intermediate results; from now on they are \
                         computed again, layer by layer."
                            .to_owned(),
                    );
                }
                Err(Error::Engine(rs_grpo_engine::Error::GpuMemory { .. }))
                    if self.pass.micro_batch_tokens > self.longest =>
                {
                    let before = self.pass.micro_batch_tokens;
                    let now = (before / 2).max(self.longest);
                    self.pass.micro_batch_tokens = now;
                    self.notes.push(format!(
                        "The GPU has no room for micro-batches of {before} tokens; those after this \
                         have {now}. --micro-batch-tokens {now} says so from the start."
                    ));
                }
                done => return done,
            }
        }
    }
}

fn engine<'a, P: Policy>(
    policy: &'a P,
    tokenizer: &'a Tokenizer,
    options: EngineOptions,
) -> Result<Engine<'a, P>> {
    let mut engine = Engine::new(policy, Some(tokenizer), options)?;
    if P::RELEASES_CACHE {
        engine.release();
    }
    Ok(engine)
}

impl<P: Policy> Learner for Local<'_, P> {
    fn sampler(&mut self) -> Result<&mut dyn Sampler> {
        self.policy.make_room(&mut self.optimizer, self.cache_bytes)?;
        match &mut self.engine {
            Some(engine) => Ok(engine),
            None => Err(Error::parameter("sampler", self.setup.config.sampler, "local here")),
        }
    }

    fn logprobs(&mut self, examples: &[Example<'_>]) -> Result<Vec<Vec<f32>>> {
        self.with_smaller_batches(|own| logprobs(own.policy, examples, own.pass))
    }

    fn reference(&mut self, examples: &[Example<'_>]) -> Result<Option<Vec<Vec<f32>>>> {
        let Some(reference) = self.reference else { return Ok(None) };
        self.with_smaller_batches(|own| logprobs(reference, examples, own.pass)).map(Some)
    }

    fn update(
        &mut self,
        examples: &[Example<'_>],
        loss: &Loss,
        limits: (f64, f64),
    ) -> Result<Updated> {
        self.with_smaller_batches(|own| {
            update(own.policy, &mut own.optimizer, examples, loss, own.pass, limits)
        })
    }

    fn updates(&self) -> u64 {
        self.optimizer.updates()
    }

    fn notes(&mut self) -> Vec<String> {
        let mut notes = std::mem::take(&mut self.notes);
        notes.extend(self.policy.take_notes());
        notes
    }

    fn write_adapters(&self, folder: &Path) -> rs_grpo_engine::Result<()> {
        state::weights(folder, self.setup, self.policy)
    }

    fn save(&self, folder: &Path, progress: &Progress) -> Result<()> {
        state::save(folder, self.setup, self.policy, &self.optimizer, progress)
    }

    fn restore(&mut self, folder: &Path) -> Result<Progress> {
        state::restore(folder, self.setup, self.policy, &mut self.optimizer)
    }
}
