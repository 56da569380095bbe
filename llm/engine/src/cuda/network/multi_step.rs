//! Several tokens of each sequence, one step after the other on the device: the host hears of them when
//! all are drawn.
//!
//! A step reads what the one before left in memory. Once recorded, it is a single call, for the other
//! steps of the burst and for later bursts of the same shape.
//!
//! | file | what |
//! |---|---|
//! | `state` | what a step reads, where it lies in memory, and what comes of it |
//! | `recordings` | steps that were recorded, and the memory that they work on |

mod recordings;
mod state;

pub(super) use recordings::{MOST, Recorder, Recordings};

use super::super::memory::{Array, Kind};
use super::super::place::{Heads, Place, Shape};
use super::super::workspace::Workspace;
use super::cache::{KvCache, check_slots};
use super::load::Network;
use crate::config::ModelConfig;
use crate::generate::{Drawn, SamplingParams};
use crate::ops::cached_attention::Placement;
use crate::tensor::Rows;
use crate::{Error, Result};
use recordings::Key;
use rs_grpo_files::Refuse as _;
use state::{Plan, State, words};
use std::sync::Arc;

/// Most tokens of a burst.
pub(super) const LONGEST: usize = 8;

/// Positions of sequences for which memory is set aside.
const LONG: usize = 16_384;

/// One step of a burst: from the newest token of each row to the next.
#[derive(Clone, Copy)]
struct Step<'a> {
    network: &'a Network,
    layers: &'a [[Array; 2]],
    state: &'a State,
    params: &'a SamplingParams,
}

impl Step<'_> {
    /// Asks for all of it. What it computes on its way lies in the memory of a place of the same device.
    fn run(&self, place: &Place) -> Result<()> {
        let Self { network, layers, state, params } = *self;
        let width = network.config.hidden_size;
        let mut x = place.gather(&state.tokens, &network.embedding.array, width)?;
        for (layer, [keys, values]) in network.layers.iter().zip(layers) {
            x = layer.infer(place, x, &state.batch, &state.places, [keys, values])?;
        }
        let hidden = place.rms_norm(&x, network.last_norm().1)?;
        drop(x);
        let logits = network.logits(place, &hidden)?;
        let draws = place.draw(&logits, &state.uniform, network.config.vocab_size, params)?;
        place.advance(&draws, &state.turn())
    }
}

impl Network {
    /// Without a word to the host in between, draws as many tokens for each sequence as it has uniform
    /// numbers, see [`burst`](crate::generate::LanguageModel::burst).
    pub(super) fn draw_burst(
        &self,
        batch: &[Rows<'_>],
        cache: &mut KvCache,
        uniforms: &[f64],
        params: &SamplingParams,
    ) -> Result<Vec<Vec<Result<Drawn>>>> {
        if batch.is_empty() {
            return Ok(Vec::new());
        }
        let plan = self.plan(batch, cache, uniforms)?;
        let KvCache { layers, recordings, .. } = cache;
        let [state, results] = recordings.memory(&self.place, &plan)?;
        let state = &plan.upload(self, [&state, &results])?;
        let step = Step { network: self, layers, state, params };
        let key = Key::new(&self.recorder, plan.shape, params);
        let done = match plan.steps > 1 {
            true => recordings.prepare(&key, step)?,
            false => 0,
        };
        for _ in done..plan.steps {
            match recordings.get(&key) {
                Some(recording) => recording.replay()?,
                None => step.run(&self.place)?,
            }
        }
        state.results(plan.steps, batch.len())
    }

    fn rounded(&self, shape: Shape) -> Shape {
        let ModelConfig { heads, kv_heads, head_dim, .. } = self.config;
        let heads = Heads { queries: heads, keys: kv_heads, width: head_dim };
        self.place.rounded(shape, heads)
    }

    /// Bytes that bursts of so many sequences take beside the cache: the logits of a step, above all.
    pub(crate) fn burst_bytes(&self, sequences: usize) -> Result<usize> {
        let counting = Arc::new(Workspace::counting(self.place.device()));
        let place = self.place.moved(counting.clone());
        // Longer ones are few: they fill the cache.
        let longest = self.config.max_positions.min(LONG);
        let (prefixes, together) = (sequences / 2, sequences);
        let shape = self.rounded(Shape { rows: sequences, longest, prefixes, together });
        // There may be room for twice as much, see `recordings`.
        let words = words(shape, sequences * longest);
        let [state, results] = words.map(|len| Array::new(place.device(), Kind::U32, 2 * len));
        let state = &State::new(self, shape, [&state?, &results?]);
        let layer = |_| Ok([place.blank(0)?, place.blank(0)?]);
        let layers = &self.layers.iter().map(layer).collect::<Result<Vec<_>>>()?;
        let params = &SamplingParams::default();
        Step { network: self, layers, state, params }.run(&place)?;
        Ok(counting.peak())
    }

    /// What the steps of a burst read, if all of it is allowed.
    fn plan(&self, batch: &[Rows<'_>], cache: &KvCache, uniforms: &[f64]) -> Result<Plan> {
        let steps = uniforms.len() / batch.len();
        if !(1..=LONGEST).contains(&steps) || steps * batch.len() != uniforms.len() {
            let allowed = format!("1 to {LONGEST} for each of {} sequences", batch.len());
            return Err(Error::parameter("uniform numbers", uniforms.len(), allowed));
        }
        if let Some(rows) = batch.iter().find(|rows| rows.tokens.len() != 1) {
            return Err(Error::parameter("new tokens of a sequence", rows.tokens.len(), "1"));
        }
        let tokens: Vec<u32> = batch.iter().map(|rows| rows.tokens[0]).collect();
        let longest = batch.iter().map(|rows| rows.start).max().unwrap_or(0) + steps;
        self.check(&tokens, longest)?;
        let placement = Placement::new(batch);
        let places = check_slots(batch, &placement, cache, steps - 1)?;
        let view = placement.view_ahead(steps - 1);
        let mut shape = Shape::of(&view);
        shape.longest += steps - 1;
        let shape = self.rounded(shape);
        let uniforms = uniforms.to_vec();
        Ok(Plan { steps, shape, tokens, places, view, uniforms, spare: cache.spare_slot() })
    }
}
