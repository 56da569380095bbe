//! Continuous batching on the model in this process.

use super::blocks::{BLOCK_SIZE, BlockAllocator};
use super::draw::Drawn;
use super::language_model::LanguageModel;
use super::logits::Logits;
use super::multi_step::DecodeStep;
use super::options::EngineOptions;
use super::request::{Event, Request, Sample, Sampler, SamplingParams};
use super::scheduler::{ScheduledTokens, Scheduler};
use crate::text::Tokenizer;
use crate::{Error, Result};
use rs_grpo_files::Refuse as _;

/// Extends many samples at a time, and replaces each that ends by the next.
///
/// The prompt of a group of samples is processed and cached once. If the cache runs out, the youngest
/// sample is preempted and recomputed later; the model's numbers, and so the sample, do not depend on
/// that.
#[derive(Debug)]
pub struct Engine<'a, M: LanguageModel> {
    model: &'a M,
    tokenizer: Option<&'a Tokenizer>,
    options: EngineOptions,
    /// Absent after [`release`](Engine::release), until the next sample.
    cache: Option<M::Cache>,
}

/// The scheduler of a model's engine.
type SchedulerOf<'r, 'a, M> = Scheduler<'r, 'a, <M as LanguageModel>::Logits>;

impl<'a, M: LanguageModel> Engine<'a, M> {
    /// An engine with a new cache. Without a tokenizer, samples have no text.
    ///
    /// # Errors
    /// [`Parameter`](rs_grpo_files::Error::Parameter) for an option that is 0; a cache that the device has no room for.
    pub fn new(
        model: &'a M,
        tokenizer: Option<&'a Tokenizer>,
        options: EngineOptions,
    ) -> Result<Self> {
        options.check()?;
        let cache = Some(model.new_cache(options.slots())?);
        Ok(Self { model, tokenizer, options, cache })
    }

    /// Frees the memory of the cache until the next sample.
    pub fn release(&mut self) {
        self.cache = None;
    }

    /// Refuses requests that could not be finished.
    fn check(&self, requests: &[Request], params: &SamplingParams) -> Result<()> {
        params.check()?;
        if !params.stop_strings.is_empty() && self.tokenizer.is_none() {
            let allowed = "none, since the sampler has no tokenizer";
            return Err(Error::parameter("stop", format!("{:?}", params.stop_strings[0]), allowed));
        }
        for (index, request) in requests.iter().enumerate() {
            self.check_prompt(index, request)?;
            self.check_cache(index, request, params)?;
        }
        Ok(())
    }

    fn check_prompt(&self, index: usize, request: &Request) -> Result<()> {
        let (vocab, context) = (self.model.vocab_size(), self.model.max_positions());
        let Request { prompt, samples, first_sample } = request;
        if first_sample.checked_add(*samples).is_none() {
            let most = usize::MAX - samples;
            let allowed = format!("at most {most}, for {samples} samples (prompt {index})");
            return Err(Error::parameter("first sample", first_sample, allowed));
        }
        if prompt.is_empty() || prompt.len() >= context {
            let allowed = format!(
                "1 to {} tokens, so that one more fits the model's context of {context} (prompt {index})",
                context - 1
            );
            return Err(Error::parameter("prompt length", prompt.len(), allowed));
        }
        match prompt.iter().find(|&&token| token as usize >= vocab) {
            Some(token) => {
                let allowed = format!("less than the model's vocabulary, {vocab} (prompt {index})");
                Err(Error::parameter("prompt token", token, allowed))
            }
            None => Ok(()),
        }
    }

    /// A prompt and one of its samples must fit an empty cache.
    fn check_cache(&self, index: usize, request: &Request, params: &SamplingParams) -> Result<()> {
        let prompt = request.prompt.len();
        // The last token is drawn, never cached.
        let own = params.max_tokens.min(self.model.max_positions() - prompt) - 1;
        let blocks = BlockAllocator::needed(prompt) + BlockAllocator::needed(own);
        let needed = blocks * BLOCK_SIZE;
        if needed <= self.options.slots() {
            return Ok(());
        }
        let allowed = format!(
            "at least {needed}, for a prompt of length {prompt} and samples of length {} \
             (prompt {index}); a smaller max-new-tokens needs less",
            own + 1
        );
        Err(Error::parameter("cache-slots", self.options.cache_slots, allowed))
    }

    /// One pass through the model, and a token for every sample that is ready for one; or several tokens
    /// of every sample.
    fn step(
        &mut self,
        scheduler: &mut SchedulerOf<'_, 'a, M>,
        watch: &mut dyn FnMut(Event<'_>),
    ) -> Result<()> {
        scheduler.make_room();
        let scheduled = scheduler.schedule();
        let most = self.options.multi_step.min(self.model.max_steps());
        match scheduler.next_step(&scheduled, most) {
            DecodeStep::ForwardPass => self.pass(scheduler, &scheduled, watch)?,
            DecodeStep::FirstTokens => self.pass(scheduler, &[], watch)?,
            DecodeStep::MultiStep(tokens) => self.multi_step(scheduler, tokens, watch)?,
        }
        scheduler.count();
        watch(Event::Step(scheduler.progress()));
        Ok(())
    }

    fn pass(
        &mut self,
        scheduler: &mut SchedulerOf<'_, 'a, M>,
        scheduled: &[ScheduledTokens],
        watch: &mut dyn FnMut(Event<'_>),
    ) -> Result<()> {
        scheduler.count();
        let logits = match scheduled {
            [] => None,
            _ => Some(self.forward(scheduler, scheduled)?),
        };
        let drawn = scheduler.advance(scheduled, logits.as_ref())?;
        scheduler.push(&drawn, watch)?;
        Ok(())
    }

    fn forward(
        &mut self,
        scheduler: &SchedulerOf<'_, 'a, M>,
        scheduled: &[ScheduledTokens],
    ) -> Result<M::Logits> {
        let segments: Vec<_> = scheduled.iter().map(|tokens| scheduler.segments(tokens)).collect();
        let rows = scheduler.rows(scheduled, &segments);
        let cache = self.cache.as_mut().ok_or_else(no_cache)?;
        let logits = self.model.forward(&rows, cache)?;
        let shape = [rows.len(), self.model.vocab_size()];
        // With missing rows, samples would wait forever.
        if logits.extent() != shape {
            let allowed = format!("{shape:?}, a row for each sequence of the batch");
            let found = format!("{:?}", logits.extent());
            return Err(Error::parameter("shape of logits", found, allowed));
        }
        Ok(logits)
    }

    /// Draws several tokens for every running sample.
    fn multi_step(
        &mut self,
        scheduler: &mut SchedulerOf<'_, 'a, M>,
        tokens: usize,
        watch: &mut dyn FnMut(Event<'_>),
    ) -> Result<()> {
        scheduler.reserve(tokens);
        scheduler.count();
        let uniforms = scheduler.uniforms(tokens);
        let steps = self.draw_steps(scheduler, tokens, &uniforms)?;
        scheduler.push_steps(steps, watch)
    }

    /// What the model draws, by token and then by sample.
    fn draw_steps(
        &mut self,
        scheduler: &SchedulerOf<'_, 'a, M>,
        tokens: usize,
        uniforms: &[f64],
    ) -> Result<Vec<Vec<Result<Drawn>>>> {
        let segments = scheduler.segments_ahead(tokens);
        let rows = scheduler.newest_rows(&segments);
        let cache = self.cache.as_mut().ok_or_else(no_cache)?;
        let drawn = self.model.multi_step(&rows, cache, uniforms, scheduler.params)?;
        // With missing rows, samples would wait forever.
        if drawn.len() != tokens || drawn.iter().any(|drawn| drawn.len() != rows.len()) {
            let lengths: Vec<_> = drawn.iter().map(Vec::len).collect();
            let allowed = format!("{} samples, {tokens} times", rows.len());
            return Err(Error::parameter("drawn tokens", format!("{lengths:?}"), allowed));
        }
        Ok(drawn)
    }
}

fn no_cache() -> Error {
    Error::parameter("cache", "none", "one, while samples are drawn")
}

impl<M: LanguageModel> Sampler for Engine<'_, M> {
    fn sample(
        &mut self,
        requests: &[Request],
        params: &SamplingParams,
        watch: &mut dyn FnMut(Event<'_>),
    ) -> Result<Vec<Vec<Sample>>> {
        self.check(requests, params)?;
        if self.cache.is_none() {
            self.cache = Some(self.model.new_cache(self.options.slots())?);
        }
        let context = self.model.max_positions();
        let mut scheduler = Scheduler::new(requests, params, self.options, context, self.tokenizer);
        while !scheduler.is_done() {
            scheduler.admit();
            self.step(&mut scheduler, watch)?;
        }
        Ok(scheduler.into_samples())
    }
}
