//! Multi-step scheduling: several tokens of each sample before the host sees them.
//!
//! The host processes several tokens at once, so that the device waits for it less often. Tokens after
//! the end of a sample are discarded. Each sample has its own random numbers, in order: what is drawn
//! does not depend on the number of steps.

use super::blocks::BlockAllocator;
use super::draw::Drawn;
use super::request::Event;
use super::scheduler::{ScheduledTokens, Scheduler, TokenSource};
use super::sequence::Sequence;
use crate::Result;
use crate::tensor::{Rows, Segment};

/// What the engine does next.
pub(super) enum DecodeStep {
    /// All scheduled tokens go through the model, once.
    ForwardPass,
    /// Samples whose prompt is cached get their first token, and the others wait until all can draw
    /// several at a time.
    FirstTokens,
    /// Every running sample draws this many tokens.
    MultiStep(usize),
}

impl<L> Scheduler<'_, '_, L> {
    /// Several tokens of each sample, up to `most`, if the newest tokens of samples are all that is
    /// scheduled and no sample waits for its first.
    pub(super) fn next_step(&self, scheduled: &[ScheduledTokens], most: usize) -> DecodeStep {
        if most < 2 || !scheduled.iter().all(|scheduled| self.is_newest_token(scheduled)) {
            return DecodeStep::ForwardPass;
        }
        // All others have no token yet, but their prompt's logits.
        match scheduled.len() == self.running.len() {
            true => DecodeStep::MultiStep(self.tokens_ahead(most)),
            false => DecodeStep::FirstTokens,
        }
    }

    /// Tokens that every running sample may draw before the host sees them, at most `most`: no more than
    /// the sample nearest to its end needs, since another then replaces it, and no more than the free
    /// blocks hold. One always fits.
    fn tokens_ahead(&self, most: usize) -> usize {
        let left = |sample: &Sequence<'_>| {
            self.params.max_tokens.min(self.room(sample)) - sample.tokens.len()
        };
        let most = self.running.iter().map(left).fold(most, usize::min);
        let fits = |tokens: &usize| self.blocks_ahead(*tokens) <= self.blocks.free();
        (1..=most).rev().find(fits).unwrap_or(1)
    }

    /// Whether it is the last token of a sample and nothing else.
    fn is_newest_token(&self, scheduled: &ScheduledTokens) -> bool {
        let TokenSource::Running(index) = scheduled.source else { return false };
        let Sequence { tokens, cached, .. } = &self.running[index];
        tokens.len() == cached + 1
    }

    /// Additional blocks needed for every running sample to draw this many tokens.
    fn blocks_ahead(&self, tokens: usize) -> usize {
        let missing =
            |sample: &Sequence<'_>| needed(sample, tokens).saturating_sub(sample.blocks.len());
        self.running.iter().map(missing).sum()
    }

    /// Allocates the blocks for this many more tokens of every running sample.
    pub(super) fn reserve(&mut self, tokens: usize) {
        for sample in &mut self.running {
            let blocks = needed(sample, tokens);
            self.blocks.extend(&mut sample.blocks, blocks);
        }
    }

    /// The next uniform numbers of every running sample: those of the first token, then of the second
    /// and so on.
    pub(super) fn uniforms(&mut self, tokens: usize) -> Vec<f64> {
        let rows = self.running.len();
        let mut uniforms = vec![0.0; tokens * rows];
        for (row, sample) in self.running.iter_mut().enumerate() {
            uniforms.iter_mut().skip(row).step_by(rows).for_each(|u| *u = sample.uniform());
        }
        uniforms
    }

    /// Segments of every running sample, including this many tokens from the newest on.
    pub(super) fn segments_ahead(&self, tokens: usize) -> Vec<Vec<Segment>> {
        let running = (0..self.running.len()).map(TokenSource::Running);
        let scheduled = running.map(|source| ScheduledTokens { source, count: tokens });
        scheduled.map(|scheduled| self.segments(&scheduled)).collect()
    }

    /// The newest token of every running sample as the model reads it, with the segments of each.
    pub(super) fn newest_rows<'s>(&'s self, segments: &'s [Vec<Segment>]) -> Vec<Rows<'s>> {
        let running = (0..self.running.len()).map(TokenSource::Running);
        let newest: Vec<_> = running.map(|source| ScheduledTokens { source, count: 1 }).collect();
        self.rows(&newest, segments)
    }

    /// Appends tokens that were drawn for every running sample, step by step. Samples that end among
    /// them leave the batch.
    pub(super) fn push_steps(
        &mut self,
        steps: Vec<Vec<Result<Drawn>>>,
        watch: &mut dyn FnMut(Event<'_>),
    ) -> Result<()> {
        // Rows of the step whose samples still run, in order.
        let mut rows: Vec<usize> = (0..self.running.len()).collect();
        for drawn in steps {
            let drawn = self.of_running(&rows, drawn)?;
            let ended = self.push(&drawn, watch)?;
            // From the back, so that earlier indices stay valid.
            for index in ended.into_iter().rev() {
                rows.remove(index);
            }
        }
        Ok(())
    }

    /// The tokens of samples that still run, with the indices of these in the batch. Of several errors
    /// it is always the first that is reported, as if each token had been drawn alone.
    fn of_running(
        &mut self,
        rows: &[usize],
        drawn: Vec<Result<Drawn>>,
    ) -> Result<Vec<(usize, Drawn)>> {
        let of_running = drawn.into_iter().enumerate().filter_map(|(row, drawn)| {
            let index = rows.binary_search(&row).ok()?;
            Some((index, drawn))
        });
        let named = of_running.map(|(index, drawn)| match drawn {
            Ok(drawn) => Ok((index, drawn)),
            Err(error) => Err(self.running[index].blame(error)),
        });
        let drawn = named.collect::<Result<Vec<_>>>()?;
        self.running.iter_mut().for_each(|sample| sample.cached += 1);
        Ok(drawn)
    }
}

/// Blocks of a sample that draws this many tokens more; the last one is not cached.
fn needed(sample: &Sequence<'_>, tokens: usize) -> usize {
    BlockAllocator::needed(sample.tokens.len() + tokens - 1)
}
