//! Continuous batching on the model in this process.

use super::burst::Turn;
use super::group::Group;
use super::pages::{PAGE, Pages, append};
use super::sequence::{Sequence, stream};
use super::{
    Drawn, Event, LanguageModel, Logits, Progress, Request, Sample, Sampler, SamplingParams,
};
use crate::tensor::{Rows, Segment};
use crate::text::Tokenizer;
use crate::{Error, Result};
use rs_grpo_files::Refuse as _;
use std::collections::VecDeque;

/// What an engine may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EngineOptions {
    /// Most samples that are extended at a time.
    pub max_batch: usize,
    /// Positions that the cache of keys and values holds, prompts included.
    pub cache_slots: usize,
    /// Most tokens of prompts that are processed at a time.
    pub prefill_tokens: usize,
    /// Most tokens of a sample that are drawn before the host sees them, where the model draws several:
    /// on a device. What is drawn does not depend on it.
    pub burst: usize,
}

impl Default for EngineOptions {
    /// 64 samples at a time, 32,768 positions, prompts in pieces of 512 tokens, bursts of 8 tokens.
    fn default() -> Self {
        Self { max_batch: 64, cache_slots: 32_768, prefill_tokens: 512, burst: 8 }
    }
}

/// Extends many samples at a time, and fills the place of one that ends with the next.
///
/// The prompt of a group of samples is processed and stored once. Where the cache runs out, the
/// youngest sample gives up its part and is computed again later; since the model's numbers do not
/// depend on that, neither does the sample.
#[derive(Debug)]
pub struct Engine<'a, M: LanguageModel> {
    pub(super) model: &'a M,
    tokenizer: Option<&'a Tokenizer>,
    pub(super) options: EngineOptions,
    /// Absent after [`release`](Engine::release), until the next sample.
    pub(super) cache: Option<M::Cache>,
}

impl<'a, M: LanguageModel> Engine<'a, M> {
    /// An engine with a cache of its own. Without a tokenizer, samples have no text.
    ///
    /// # Errors
    /// [`Error::Parameter`] for an option that is 0; a cache that the device has no room for.
    pub fn new(
        model: &'a M,
        tokenizer: Option<&'a Tokenizer>,
        options: EngineOptions,
    ) -> Result<Self> {
        let EngineOptions { max_batch, cache_slots, prefill_tokens, burst } = options;
        let sizes = [
            ("max-batch", max_batch, 1),
            ("cache-slots", cache_slots, PAGE),
            ("prefill-tokens", prefill_tokens, 1),
            ("burst", burst, 1),
        ];
        if let Some((name, value, least)) =
            sizes.into_iter().find(|(_, value, least)| value < least)
        {
            return Err(Error::parameter(name, value, format!("at least {least}")));
        }
        let cache = Some(model.new_cache(cache_slots / PAGE * PAGE)?);
        Ok(Self { model, tokenizer, options, cache })
    }

    /// Gives back the memory of the cache, until the next sample.
    pub fn release(&mut self) {
        self.cache = None;
    }

    /// Refuses what could not be finished.
    fn check(&self, requests: &[Request], params: &SamplingParams) -> Result<()> {
        params.check()?;
        if !params.stop_strings.is_empty() && self.tokenizer.is_none() {
            let allowed = "nothing, since the sampler has no tokenizer";
            return Err(Error::parameter("stop", format!("{:?}", params.stop_strings[0]), allowed));
        }
        let (vocab, context) = (self.model.vocab_size(), self.model.max_positions());
        for (i, Request { prompt, samples, first_sample }) in requests.iter().enumerate() {
            if first_sample.checked_add(*samples).is_none() {
                let allowed =
                    format!("at most {}, for {samples} samples (prompt {i})", usize::MAX - samples);
                return Err(Error::parameter("first sample", first_sample, allowed));
            }
            if prompt.is_empty() || prompt.len() >= context {
                let allowed = format!(
                    "1 to {} tokens, so that one more fits the model's context of {context} (prompt {i})",
                    context - 1
                );
                return Err(Error::parameter("prompt length", prompt.len(), allowed));
            }
            if let Some(token) = prompt.iter().find(|&&token| token as usize >= vocab) {
                let allowed = format!("less than the model's vocabulary, {vocab} (prompt {i})");
                return Err(Error::parameter("prompt token", token, allowed));
            }
            // The last token is drawn, never cached.
            let own = params.max_tokens.min(context - prompt.len()) - 1;
            let needed = (Pages::needed(prompt.len()) + Pages::needed(own)) * PAGE;
            let slots = self.options.cache_slots / PAGE * PAGE;
            if needed > slots {
                let allowed = format!(
                    "at least {needed}, for a prompt of length {} and samples of length {} \
                     (prompt {i}); a smaller max-tokens needs less",
                    prompt.len(),
                    own + 1
                );
                return Err(Error::parameter("cache-slots", self.options.cache_slots, allowed));
            }
        }
        Ok(())
    }
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
            self.cache = Some(self.model.new_cache(self.options.cache_slots / PAGE * PAGE)?);
        }
        let mut run = Run::new(self, requests, params)?;
        while !run.is_done() {
            run.admit();
            run.step(watch)?;
        }
        debug_assert_eq!(run.progress.slots, 0, "pages that nobody gave back");
        let mut samples = run.samples;
        samples.iter_mut().for_each(|samples| samples.sort_by_key(|sample| sample.index));
        Ok(samples)
    }
}

/// One call of [`Sampler::sample`].
pub(super) struct Run<'r, 'a, M: LanguageModel> {
    pub(super) engine: &'r mut Engine<'a, M>,
    pub(super) params: &'r SamplingParams,
    pub(super) pages: Pages,
    groups: Vec<Group<'r, M::Logits>>,
    /// Oldest first.
    pub(super) running: Vec<Sequence<'a>>,
    /// Next first: samples that were put off, then those that have not begun.
    waiting: VecDeque<Sequence<'a>>,
    samples: Vec<Vec<Sample>>,
    progress: Progress,
}

/// New tokens that go through the model together.
pub(super) struct Work {
    pub(super) owner: Owner,
    pub(super) tokens: usize,
}

/// Whose tokens they are: a prompt's, or a running sample's.
#[derive(Clone, Copy)]
pub(super) enum Owner {
    Group(usize),
    Sequence(usize),
}

impl<'r, 'a, M: LanguageModel> Run<'r, 'a, M> {
    fn new(
        engine: &'r mut Engine<'a, M>,
        requests: &'r [Request],
        params: &'r SamplingParams,
    ) -> Result<Self> {
        let tokenizer = engine.tokenizer;
        let sequence = |(group, request): (usize, &'r Request)| {
            let first = request.first_sample;
            (first..first + request.samples).map(move |index| {
                let random = stream(params.seed, index, &request.prompt);
                Sequence::new(group, index, random, tokenizer.map(|t| t.stream(true)))
            })
        };
        let waiting: VecDeque<_> = requests.iter().enumerate().flat_map(sequence).collect();
        let progress = Progress { samples: waiting.len(), ..Progress::default() };
        Ok(Self {
            pages: Pages::new(engine.options.cache_slots / PAGE),
            engine,
            params,
            groups: requests.iter().map(|request| Group::new(&request.prompt)).collect(),
            running: Vec::new(),
            waiting,
            samples: requests.iter().map(|_| Vec::new()).collect(),
            progress,
        })
    }

    fn is_done(&self) -> bool {
        self.running.is_empty() && self.waiting.is_empty()
    }

    /// Takes samples into the batch while there is room, for them and for what those already running
    /// will need next.
    ///
    /// The first is always taken into an empty batch: `check` saw that any sample fits an empty
    /// cache, and an empty batch leaves no page that cannot be taken back. The oldest sample is
    /// preempted by none, so every step extends a sample or brings a prompt nearer to its end, and
    /// the loop ends.
    fn admit(&mut self) {
        while self.running.len() < self.engine.options.max_batch {
            let Some(next) = self.waiting.front() else { return };
            let (group, tokens) = (next.group, next.tokens.len());
            let prompt = Pages::needed(self.groups[group].prompt.len());
            let missing = prompt - self.groups[group].pages.len();
            let needed = missing + Pages::needed(tokens) + self.running.len();
            if needed > self.pages.free() {
                self.evict_idle(group);
            }
            if needed > self.pages.free() && !self.running.is_empty() {
                return;
            }
            let Some(mut sequence) = self.waiting.pop_front() else { return };
            let Group { pages, running, .. } = &mut self.groups[group];
            self.pages.extend(pages, prompt);
            self.pages.extend(&mut sequence.pages, Pages::needed(tokens));
            *running += 1;
            self.running.push(sequence);
        }
    }

    /// Takes back the pages of prompts that no running sample reads, but for one.
    fn evict_idle(&mut self, but: usize) {
        for (index, group) in self.groups.iter_mut().enumerate() {
            if index != but && group.running == 0 && !group.pages.is_empty() {
                self.pages.release(&mut group.pages);
                group.forget();
            }
        }
    }

    /// One pass through the model, and a token for every sample that is ready for one; or several, in a
    /// burst.
    fn step(&mut self, watch: &mut dyn FnMut(Event<'_>)) -> Result<()> {
        self.make_room();
        let work = self.plan();
        match self.next_turn(&work) {
            Turn::Pass => self.pass(&work, watch)?,
            Turn::FirstTokens => self.pass(&[], watch)?,
            Turn::Burst(tokens) => self.burst(tokens, watch)?,
        }
        self.count();
        watch(Event::Step(self.progress));
        Ok(())
    }

    fn pass(&mut self, work: &[Work], watch: &mut dyn FnMut(Event<'_>)) -> Result<()> {
        self.count();
        let logits = if work.is_empty() { None } else { Some(self.forward(work)?) };
        let ready = self.advance(work, logits.as_ref())?;
        self.push(&ready, watch)?;
        Ok(())
    }

    /// Gives every running sample the pages for its tokens; the youngest make way where there are
    /// not enough.
    fn make_room(&mut self) {
        let mut index = 0;
        while index < self.running.len() {
            let sequence = &mut self.running[index];
            let needed = Pages::needed(sequence.tokens.len());
            if self.pages.extend(&mut sequence.pages, needed) {
                index += 1;
                continue;
            }
            let group = sequence.group;
            self.evict_idle(group);
            if self.running[index].pages.len() + self.pages.free() < needed {
                self.preempt();
            }
        }
    }

    /// Puts off the youngest sample.
    fn preempt(&mut self) {
        if let Some(mut sequence) = self.running.pop() {
            self.pages.release(&mut sequence.pages);
            sequence.cached = 0;
            let group = sequence.group;
            self.waiting.push_front(sequence);
            self.leave(group);
            self.progress.preemptions += 1;
        }
    }

    /// A sample of the group is no longer in the batch.
    fn leave(&mut self, group: usize) {
        let left = &mut self.groups[group];
        left.running -= 1;
        // All that wait are younger than all that run: one of this group would be the next.
        let wanted = self.waiting.front().is_some_and(|next| next.group == group);
        if left.running == 0 && !wanted {
            self.pages.release(&mut left.pages);
            left.forget();
        }
    }

    /// What goes through the model: one token of each sample, and pieces of prompts, or of samples
    /// that are computed again, up to the limit.
    fn plan(&self) -> Vec<Work> {
        let mut budget = self.engine.options.prefill_tokens;
        let mut piece = |pending: usize| {
            let tokens = if pending == 1 { 1 } else { pending.min(budget) };
            budget -= if pending == 1 { 0 } else { tokens };
            tokens
        };
        let mut work = Vec::new();
        for (index, sequence) in self.running.iter().enumerate() {
            let group = &self.groups[sequence.group];
            // In order of age, the samples of a group are neighbours.
            let first = index == 0 || self.running[index - 1].group != sequence.group;
            let (owner, pending) = match group.pending().len() {
                0 => (Owner::Sequence(index), sequence.tokens.len() - sequence.cached),
                // The first sample of a group brings the prompt; the others wait for it.
                pending if first => (Owner::Group(sequence.group), pending),
                _ => continue,
            };
            let tokens = piece(pending);
            if tokens > 0 {
                work.push(Work { owner, tokens });
            }
        }
        work
    }

    fn forward(&mut self, work: &[Work]) -> Result<M::Logits> {
        let segments: Vec<_> = work.iter().map(|work| self.segments(work)).collect();
        let rows = work.iter().zip(&segments).map(|(work, segments)| {
            let (tokens, cached, before) = match work.owner {
                Owner::Group(index) => (self.groups[index].prompt, self.groups[index].cached, 0),
                Owner::Sequence(index) => {
                    let sequence = &self.running[index];
                    let before = self.groups[sequence.group].prompt.len();
                    (&sequence.tokens[..], sequence.cached, before)
                }
            };
            Rows { tokens: &tokens[cached..cached + work.tokens], start: before + cached, segments }
        });
        let rows: Vec<_> = rows.collect();
        let Some(cache) = self.engine.cache.as_mut() else {
            return Err(Error::parameter("cache", "none", "one, while samples are drawn"));
        };
        let logits = self.engine.model.forward(&rows, cache)?;
        let shape = [rows.len(), self.engine.model.vocab_size()];
        // With rows missing, samples would wait for them for ever.
        if logits.extent() != shape {
            let allowed = format!("{shape:?}, a row for each sequence of the batch");
            let found = format!("{:?}", logits.extent());
            return Err(Error::parameter("shape of logits", found, allowed));
        }
        Ok(logits)
    }

    pub(super) fn segments(&self, work: &Work) -> Vec<Segment> {
        let mut segments = Vec::new();
        match work.owner {
            Owner::Group(index) => {
                let group = &self.groups[index];
                append(&mut segments, &group.pages, group.cached + work.tokens);
            }
            Owner::Sequence(index) => {
                let sequence = &self.running[index];
                let group = &self.groups[sequence.group];
                append(&mut segments, &group.pages, group.prompt.len());
                append(&mut segments, &sequence.pages, sequence.cached + work.tokens);
            }
        }
        segments
    }

    /// Records what is cached now, and draws the next token of each sample whose tokens all are.
    fn advance(
        &mut self,
        work: &[Work],
        logits: Option<&M::Logits>,
    ) -> Result<Vec<(usize, Drawn)>> {
        let mut rows = vec![None; self.running.len()];
        for (row, work) in work.iter().enumerate() {
            match work.owner {
                Owner::Group(index) => {
                    let group = &mut self.groups[index];
                    group.cached += work.tokens;
                    if group.pending().is_empty() {
                        group.logits = logits.map(|logits| logits.row(row)).transpose()?;
                    }
                }
                Owner::Sequence(index) => {
                    let sequence = &mut self.running[index];
                    sequence.cached += work.tokens;
                    rows[index] = (sequence.cached == sequence.tokens.len()).then_some(row);
                }
            }
        }
        let (mut ready, mut uniforms) = (Vec::new(), Vec::new());
        for (index, (sequence, row)) in self.running.iter_mut().zip(rows).enumerate() {
            let row = match sequence.tokens.is_empty() {
                true => self.groups[sequence.group].logits.as_ref().map(|logits| (logits, 0)),
                false => logits.zip(row),
            };
            if let Some(row) = row {
                ready.push((index, row));
                uniforms.push(sequence.uniform());
            }
        }
        let rows: Vec<_> = ready.iter().map(|(_, row)| *row).collect();
        let drawn = Logits::draw(&rows, &uniforms, self.params)?;
        // One after another, so that of several errors it is always the first that is told.
        let named = ready.iter().zip(drawn).map(|(&(index, _), drawn)| match drawn {
            Ok(drawn) => Ok((index, drawn)),
            Err(error) => Err(self.running[index].blame(error)),
        });
        named.collect()
    }

    /// Appends the drawn tokens. Samples that end with them leave the batch; where they were in it, in
    /// order.
    pub(super) fn push(
        &mut self,
        ready: &[(usize, Drawn)],
        watch: &mut dyn FnMut(Event<'_>),
    ) -> Result<Vec<usize>> {
        self.progress.tokens += ready.len();
        let mut ended = Vec::new();
        for &(index, drawn) in ready {
            let room = self.room(&self.running[index]);
            if let Some(reason) = self.running[index].push(drawn, self.params, room)? {
                ended.push((index, reason));
            }
        }
        let places = ended.iter().map(|(index, _)| *index).collect();
        // From the back, so that the indices before stay right.
        for (index, reason) in ended.into_iter().rev() {
            let mut sequence = self.running.remove(index);
            let group = sequence.group;
            self.pages.release(&mut sequence.pages);
            self.leave(group);
            let sample = sequence.finish(reason, &self.params.stop_strings)?;
            self.progress.finished += 1;
            watch(Event::Finished(group, &sample));
            self.samples[group].push(sample);
        }
        Ok(places)
    }

    /// Tokens that fit the context after the sample's prompt.
    pub(super) fn room(&self, sequence: &Sequence<'_>) -> usize {
        self.engine.model.max_positions() - self.groups[sequence.group].prompt.len()
    }

    /// The position of the sample's own first token.
    pub(super) fn start(&self, sequence: &Sequence<'_>) -> usize {
        self.groups[sequence.group].prompt.len()
    }

    pub(super) fn count(&mut self) {
        let progress = &mut self.progress;
        progress.running = self.running.len();
        progress.slots = self.pages.used_slots();
        progress.peak_running = progress.peak_running.max(progress.running);
        progress.peak_slots = progress.peak_slots.max(progress.slots);
    }
}
