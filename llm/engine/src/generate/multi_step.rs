//! Several tokens of each sample at a time, which the host sees when all are drawn.
//!
//! A device works while the host looks at what it drew last, so that looking costs nothing, if the host
//! looks at several tokens at once. Tokens behind the end of a sample are thrown away. A sample has its
//! own random numbers, in order: what is drawn does not depend on how many tokens come at a time.

use super::engine::{Owner, Run, Work};
use super::pages::Pages;
use super::sequence::Sequence;
use super::{Drawn, Event, LanguageModel, Logits, SamplingParams};
use crate::tensor::{Rows, Segment};
use crate::{Error, Result};
use rs_grpo_files::Refuse as _;

/// What to do next.
pub(super) enum Turn {
    /// All work goes through the model, once.
    Pass,
    /// Samples that only wait for their first token get it, and the others wait for a burst of all.
    FirstTokens,
    /// Every running sample draws so many tokens.
    Burst(usize),
}

impl<M: LanguageModel> Run<'_, '_, M> {
    /// A burst, where the newest token of samples is all the work, and none waits for its first.
    pub(super) fn next_turn(&self, work: &[Work]) -> Turn {
        let most = self.engine.options.burst.min(self.engine.model.longest_burst());
        if most < 2 || !work.iter().all(|work| self.is_one(work)) {
            return Turn::Pass;
        }
        // All others have no token yet, but their prompt's logits.
        match work.len() == self.running.len() {
            true => Turn::Burst(self.tokens_ahead(most)),
            false => Turn::FirstTokens,
        }
    }

    /// Tokens that every running sample may draw before the host sees them, of so many at most: within
    /// what is left to the one with the least, which makes way for another then, and within the pages
    /// that are free. There is room for one.
    fn tokens_ahead(&self, most: usize) -> usize {
        let left = |sample: &Sequence<'_>| {
            self.params.max_tokens.min(self.room(sample)) - sample.tokens.len()
        };
        let most = self.running.iter().map(left).fold(most, usize::min);
        let fits = |tokens: &usize| self.pages_ahead(*tokens) <= self.pages.free();
        (1..=most).rev().find(fits).unwrap_or(1)
    }

    /// Whether it is the last token of a sample and nothing else.
    fn is_one(&self, work: &Work) -> bool {
        let Owner::Sequence(index) = work.owner else { return false };
        let Sequence { tokens, cached, .. } = &self.running[index];
        tokens.len() == cached + 1
    }

    /// Pages that are missing where every running sample draws so many tokens.
    fn pages_ahead(&self, tokens: usize) -> usize {
        let missing =
            |sample: &Sequence<'_>| needed(sample, tokens).saturating_sub(sample.pages.len());
        self.running.iter().map(missing).sum()
    }

    /// Draws so many tokens for every running sample. Those that end among them leave the batch.
    pub(super) fn burst(&mut self, tokens: usize, watch: &mut dyn FnMut(Event<'_>)) -> Result<()> {
        for sample in &mut self.running {
            let pages = needed(sample, tokens);
            self.pages.extend(&mut sample.pages, pages);
        }
        self.count();
        let drawn = self.drawn_ahead(tokens)?;
        // Rows of the burst whose samples still run, in order.
        let mut rows: Vec<usize> = (0..self.running.len()).collect();
        for drawn in drawn {
            let ready = self.ready(&rows, drawn)?;
            let ended = self.push(&ready, watch)?;
            // From the back, so that the indices before stay right.
            for index in ended.into_iter().rev() {
                rows.remove(index);
            }
        }
        Ok(())
    }

    /// What the model draws, by token and then by sample.
    fn drawn_ahead(&mut self, tokens: usize) -> Result<Vec<Vec<Result<Drawn>>>> {
        let rows = self.running.len();
        let mut uniforms = vec![0.0; tokens * rows];
        for (row, sample) in self.running.iter_mut().enumerate() {
            uniforms.iter_mut().skip(row).step_by(rows).for_each(|u| *u = sample.uniform());
        }
        let segments = |index| self.segments(&Work { owner: Owner::Sequence(index), tokens });
        let segments: Vec<_> = (0..rows).map(segments).collect();
        let batch = self.running.iter().zip(&segments).map(|(sample, segments)| Rows {
            tokens: &sample.tokens[sample.cached..],
            start: self.start(sample) + sample.cached,
            segments,
        });
        let batch: Vec<_> = batch.collect();
        let Some(cache) = self.engine.cache.as_mut() else {
            return Err(Error::parameter("cache", "none", "one, while samples are drawn"));
        };
        let drawn = self.engine.model.burst(&batch, cache, &uniforms, self.params)?;
        // With rows missing, samples would wait for them for ever.
        if drawn.len() != tokens || drawn.iter().any(|drawn| drawn.len() != rows) {
            let lengths: Vec<_> = drawn.iter().map(Vec::len).collect();
            let allowed = format!("{rows} samples, {tokens} times");
            return Err(Error::parameter("drawn tokens", format!("{lengths:?}"), allowed));
        }
        Ok(drawn)
    }

    /// The tokens of samples that still run, with where these are in the batch. Of several errors it is
    /// always the first that is told, as if each token had been drawn alone.
    fn ready(&mut self, rows: &[usize], drawn: Vec<Result<Drawn>>) -> Result<Vec<(usize, Drawn)>> {
        let of_running = drawn.into_iter().enumerate().filter_map(|(row, drawn)| {
            let index = rows.binary_search(&row).ok()?;
            Some((index, drawn))
        });
        let named = of_running.map(|(index, drawn)| match drawn {
            Ok(drawn) => Ok((index, drawn)),
            Err(error) => Err(self.running[index].blame(error)),
        });
        let ready = named.collect::<Result<Vec<_>>>()?;
        self.running.iter_mut().for_each(|sample| sample.cached += 1);
        Ok(ready)
    }
}

/// Pages of a sample of which so many tokens more are drawn; the last one is not cached.
fn needed(sample: &Sequence<'_>, tokens: usize) -> usize {
    Pages::needed(sample.tokens.len() + tokens - 1)
}

/// [`LanguageModel::burst`] of a model that has no way of its own.
pub(super) fn one_by_one<M: LanguageModel + ?Sized>(
    model: &M,
    batch: &[Rows<'_>],
    cache: &mut M::Cache,
    uniforms: &[f64],
    params: &SamplingParams,
) -> Result<Vec<Vec<Result<Drawn>>>> {
    let mut tokens: Vec<u32> = batch.iter().flat_map(|rows| rows.tokens).copied().collect();
    let mut all = Vec::new();
    for (step, uniforms) in uniforms.chunks(batch.len().max(1)).enumerate() {
        let segments = |rows: &Rows<'_>| until(rows.segments, rows.start + step + 1);
        let segments: Vec<_> = batch.iter().map(segments).collect();
        let rows = batch.iter().zip(&tokens).zip(&segments).map(|((rows, token), segments)| Rows {
            tokens: std::slice::from_ref(token),
            start: rows.start + step,
            segments,
        });
        let logits = model.forward(&rows.collect::<Vec<_>>(), cache)?;
        let rows: Vec<_> = (0..batch.len()).map(|row| (&logits, row)).collect();
        let drawn = Logits::draw(&rows, uniforms, params)?;
        for (token, drawn) in tokens.iter_mut().zip(&drawn) {
            *token = drawn.as_ref().map_or(0, |drawn| drawn.token);
        }
        all.push(drawn);
    }
    Ok(all)
}

/// The segments of the first `len` positions.
fn until(segments: &[Segment], len: usize) -> Vec<Segment> {
    let mut left = len;
    let cut = segments.iter().map(|&Segment { slot, len }| {
        let len = len.min(left);
        left -= len;
        Segment { slot, len }
    });
    cut.filter(|segment| segment.len > 0).collect()
}
