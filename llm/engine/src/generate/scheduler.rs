//! Schedules tokens for the model, and takes the tokens that it draws.

use super::blocks::{BlockAllocator, append};
use super::draw::Drawn;
use super::logits::Logits;
use super::options::EngineOptions;
use super::prompt_group::PromptGroup;
use super::request::{Event, Request, Sample, SamplingParams, SamplingProgress};
use super::sequence::{Sequence, stream};
use crate::Result;
use crate::tensor::{Rows, Segment};
use crate::text::Tokenizer;
use std::collections::VecDeque;

/// The state of one call of [`Sampler::sample`](super::Sampler::sample): running and waiting samples,
/// and their blocks of the cache. It never calls the model; the [`Engine`](super::Engine) does.
pub(super) struct Scheduler<'r, 'a, L> {
    pub(super) params: &'r SamplingParams,
    options: EngineOptions,
    /// Longest sequence of the model, in tokens.
    max_positions: usize,
    pub(super) blocks: BlockAllocator,
    groups: Vec<PromptGroup<'r, L>>,
    /// Oldest first.
    pub(super) running: Vec<Sequence<'a>>,
    /// Next first: samples that were preempted, then those that have not begun.
    waiting: VecDeque<Sequence<'a>>,
    samples: Vec<Vec<Sample>>,
    progress: SamplingProgress,
}

/// New tokens of one sequence that go through the model together.
pub(super) struct ScheduledTokens {
    pub(super) source: TokenSource,
    /// Number of tokens, counted from the first one that is not cached.
    pub(super) count: usize,
}

/// The sequence that tokens belong to, by its index.
#[derive(Clone, Copy)]
pub(super) enum TokenSource {
    /// The prompt of a group.
    Prompt(usize),
    /// A running sample.
    Running(usize),
}

impl<'r, 'a, L> Scheduler<'r, 'a, L> {
    /// A scheduler in which all samples wait.
    pub(super) fn new(
        requests: &'r [Request],
        params: &'r SamplingParams,
        options: EngineOptions,
        max_positions: usize,
        tokenizer: Option<&'a Tokenizer>,
    ) -> Self {
        let sequence = |(group, request): (usize, &'r Request)| {
            let first = request.first_sample;
            (first..first + request.samples).map(move |index| {
                let random = stream(params.seed, index, &request.prompt);
                Sequence::new(group, index, random, tokenizer.map(|t| t.stream(true)))
            })
        };
        let waiting: VecDeque<_> = requests.iter().enumerate().flat_map(sequence).collect();
        Self {
            params,
            options,
            max_positions,
            blocks: BlockAllocator::new(options.blocks()),
            groups: requests.iter().map(|request| PromptGroup::new(&request.prompt)).collect(),
            running: Vec::new(),
            progress: SamplingProgress { samples: waiting.len(), ..SamplingProgress::default() },
            waiting,
            samples: requests.iter().map(|_| Vec::new()).collect(),
        }
    }

    pub(super) fn is_done(&self) -> bool {
        self.running.is_empty() && self.waiting.is_empty()
    }

    /// Current counts of the batch.
    pub(super) fn progress(&self) -> SamplingProgress {
        self.progress
    }

    /// The samples of each request, in the order of their indices.
    pub(super) fn into_samples(self) -> Vec<Vec<Sample>> {
        debug_assert_eq!(self.progress.slots, 0, "blocks that were not released");
        let mut samples = self.samples;
        samples.iter_mut().for_each(|samples| samples.sort_by_key(|sample| sample.index));
        samples
    }

    /// Admits samples to the batch while there is room for them and for the next tokens of those already
    /// running.
    ///
    /// An empty batch always admits one: the engine has checked that any sample fits an empty cache, and
    /// every block that an empty batch holds can be freed. The oldest sample is never preempted, so
    /// every step extends a sample or processes part of a prompt, and the loop ends.
    pub(super) fn admit(&mut self) {
        while self.running.len() < self.options.max_batch {
            let Some(next) = self.waiting.front() else { return };
            let (group, tokens) = (next.group, next.tokens.len());
            let prompt = BlockAllocator::needed(self.groups[group].prompt.len());
            let missing = prompt - self.groups[group].blocks.len();
            let needed = missing + BlockAllocator::needed(tokens) + self.running.len();
            if needed > self.blocks.free() {
                self.evict_idle(group);
            }
            if needed > self.blocks.free() && !self.running.is_empty() {
                return;
            }
            let Some(mut sequence) = self.waiting.pop_front() else { return };
            let PromptGroup { blocks, running, .. } = &mut self.groups[group];
            self.blocks.extend(blocks, prompt);
            self.blocks.extend(&mut sequence.blocks, BlockAllocator::needed(tokens));
            *running += 1;
            self.running.push(sequence);
        }
    }

    /// Frees the blocks of prompts that no running sample reads, except one group's.
    fn evict_idle(&mut self, except: usize) {
        for (index, group) in self.groups.iter_mut().enumerate() {
            if index != except && group.running == 0 && !group.blocks.is_empty() {
                self.blocks.release(&mut group.blocks);
                group.forget();
            }
        }
    }

    /// Allocates the blocks for the tokens of every running sample; if there are not enough, preempts
    /// the youngest samples.
    pub(super) fn make_room(&mut self) {
        let mut index = 0;
        while index < self.running.len() {
            let sequence = &mut self.running[index];
            let needed = BlockAllocator::needed(sequence.tokens.len());
            if self.blocks.extend(&mut sequence.blocks, needed) {
                index += 1;
                continue;
            }
            let group = sequence.group;
            self.evict_idle(group);
            if self.running[index].blocks.len() + self.blocks.free() < needed {
                self.preempt();
            }
        }
    }

    /// Preempts the youngest sample; it is recomputed later.
    fn preempt(&mut self) {
        if let Some(mut sequence) = self.running.pop() {
            self.blocks.release(&mut sequence.blocks);
            sequence.cached = 0;
            let group = sequence.group;
            self.waiting.push_front(sequence);
            self.leave(group);
            self.progress.preemptions += 1;
        }
    }

    /// A sample of the group has left the batch.
    fn leave(&mut self, group: usize) {
        let left = &mut self.groups[group];
        left.running -= 1;
        // Waiting samples are younger than running ones: if one is of this group, it is the next.
        let wanted = self.waiting.front().is_some_and(|next| next.group == group);
        if left.running == 0 && !wanted {
            self.blocks.release(&mut left.blocks);
            left.forget();
        }
    }

    /// Tokens for the model: one of each sample, and chunks of prompts and of preempted samples, up to
    /// the limit.
    pub(super) fn schedule(&self) -> Vec<ScheduledTokens> {
        let mut budget = self.options.prefill_tokens;
        let mut piece = |pending: usize| {
            let tokens = if pending == 1 { 1 } else { pending.min(budget) };
            budget -= if pending == 1 { 0 } else { tokens };
            tokens
        };
        let mut scheduled = Vec::new();
        for (index, sequence) in self.running.iter().enumerate() {
            let group = &self.groups[sequence.group];
            // In order of age, the samples of a group are neighbours.
            let first = index == 0 || self.running[index - 1].group != sequence.group;
            let (source, pending) = match group.pending().len() {
                0 => (TokenSource::Running(index), sequence.tokens.len() - sequence.cached),
                // The first sample of a group schedules the prompt; the others wait for it.
                pending if first => (TokenSource::Prompt(sequence.group), pending),
                _ => continue,
            };
            let count = piece(pending);
            if count > 0 {
                scheduled.push(ScheduledTokens { source, count });
            }
        }
        scheduled
    }

    /// Segments of a sequence, up to its scheduled tokens.
    pub(super) fn segments(&self, scheduled: &ScheduledTokens) -> Vec<Segment> {
        let mut segments = Vec::new();
        match scheduled.source {
            TokenSource::Prompt(index) => {
                let group = &self.groups[index];
                append(&mut segments, &group.blocks, group.cached + scheduled.count);
            }
            TokenSource::Running(index) => {
                let sequence = &self.running[index];
                let group = &self.groups[sequence.group];
                append(&mut segments, &group.blocks, group.prompt.len());
                append(&mut segments, &sequence.blocks, sequence.cached + scheduled.count);
            }
        }
        segments
    }

    /// Scheduled tokens as the model reads them, with the segments of each.
    pub(super) fn rows<'s>(
        &'s self,
        scheduled: &[ScheduledTokens],
        segments: &'s [Vec<Segment>],
    ) -> Vec<Rows<'s>> {
        let rows = scheduled.iter().zip(segments).map(|(scheduled, segments)| {
            let (tokens, cached, before) = match scheduled.source {
                TokenSource::Prompt(index) => {
                    (self.groups[index].prompt, self.groups[index].cached, 0)
                }
                TokenSource::Running(index) => {
                    let sequence = &self.running[index];
                    (&sequence.tokens[..], sequence.cached, self.prompt_len(sequence))
                }
            };
            let tokens = &tokens[cached..cached + scheduled.count];
            Rows { tokens, start: before + cached, segments }
        });
        rows.collect()
    }

    /// Appends the drawn tokens. Samples that end with them leave the batch; returns the indices that
    /// they had in it, in order.
    pub(super) fn push(
        &mut self,
        drawn: &[(usize, Drawn)],
        watch: &mut dyn FnMut(Event<'_>),
    ) -> Result<Vec<usize>> {
        self.progress.tokens += drawn.len();
        let mut ended = Vec::new();
        for &(index, drawn) in drawn {
            let room = self.room(&self.running[index]);
            if let Some(reason) = self.running[index].push(drawn, self.params, room)? {
                ended.push((index, reason));
            }
        }
        let indices = ended.iter().map(|(index, _)| *index).collect();
        // From the back, so that earlier indices stay valid.
        for (index, reason) in ended.into_iter().rev() {
            let mut sequence = self.running.remove(index);
            let group = sequence.group;
            self.blocks.release(&mut sequence.blocks);
            self.leave(group);
            let sample = sequence.finish(reason, &self.params.stop_strings)?;
            self.progress.finished += 1;
            watch(Event::Finished(group, &sample));
            self.samples[group].push(sample);
        }
        Ok(indices)
    }

    /// Tokens that fit the context after the sample's prompt.
    pub(super) fn room(&self, sequence: &Sequence<'_>) -> usize {
        self.max_positions - self.prompt_len(sequence)
    }

    /// Length of a sample's prompt: the position of its own first token.
    fn prompt_len(&self, sequence: &Sequence<'_>) -> usize {
        self.groups[sequence.group].prompt.len()
    }

    /// Updates the progress from the batch.
    pub(super) fn count(&mut self) {
        let progress = &mut self.progress;
        progress.running = self.running.len();
        progress.slots = self.blocks.used_slots();
        progress.peak_running = progress.peak_running.max(progress.running);
        progress.peak_slots = progress.peak_slots.max(progress.slots);
    }
}

impl<L: Logits> Scheduler<'_, '_, L> {
    /// Marks the scheduled tokens as cached, and draws the next token of each sample whose tokens are
    /// all cached, with the index of the sample in the batch.
    pub(super) fn advance(
        &mut self,
        scheduled: &[ScheduledTokens],
        logits: Option<&L>,
    ) -> Result<Vec<(usize, Drawn)>> {
        let rows = self.mark_cached(scheduled, logits)?;
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
        // One after another, so that of several errors it is always the first that is reported.
        let named = ready.iter().zip(drawn).map(|(&(index, _), drawn)| match drawn {
            Ok(drawn) => Ok((index, drawn)),
            Err(error) => Err(self.running[index].blame(error)),
        });
        named.collect()
    }

    /// Marks the scheduled tokens as cached. Returns for each running sample the row of the logits after
    /// its last token, if that was scheduled.
    fn mark_cached(
        &mut self,
        scheduled: &[ScheduledTokens],
        logits: Option<&L>,
    ) -> Result<Vec<Option<usize>>> {
        let mut rows = vec![None; self.running.len()];
        for (row, scheduled) in scheduled.iter().enumerate() {
            match scheduled.source {
                TokenSource::Prompt(index) => {
                    let group = &mut self.groups[index];
                    group.cached += scheduled.count;
                    if group.pending().is_empty() {
                        group.logits = logits.map(|logits| logits.row(row)).transpose()?;
                    }
                }
                TokenSource::Running(index) => {
                    let sequence = &mut self.running[index];
                    sequence.cached += scheduled.count;
                    rows[index] = (sequence.cached == sequence.tokens.len()).then_some(row);
                }
            }
        }
        Ok(rows)
    }
}
