//! Attention to a KV cache, for generation: no gradient.

use super::attend::{AttendedSequence, KeysValues, attend};
use super::heads::Heads;
use super::spans::AttentionSlots;
use crate::tensor::Rows;
use crate::tensor::floats;
use candle_core::{CpuStorage, CustomOp3, InplaceOp2, Layout, Result, Shape, Tensor};
use std::sync::Arc;

/// Fewest shared positions that are worth a separate launch.
const LEAST_PREFIX: usize = 32;

/// Which rows of a batch belong to which sequence, and where their keys and values lie.
#[derive(Debug, Clone)]
pub struct Placement {
    sequences: Arc<[AttendedSequence]>,
    /// Slot of each row that its segments have one for.
    slots: Arc<[usize]>,
    /// Rows of the batch.
    rows: usize,
}

impl Placement {
    /// Of a batch whose rows follow each other.
    pub fn new(batch: &[Rows<'_>]) -> Self {
        let mut first = 0;
        let mut slots = Vec::new();
        let sequence = |rows: &Rows<'_>| {
            let len = rows.tokens.len();
            let all =
                rows.segments.iter().flat_map(|segment| segment.slot..segment.slot + segment.len);
            slots.extend(all.skip(rows.start).take(len));
            first += len;
            let segments = rows.segments.to_vec();
            AttendedSequence { first: first - len, len, start: rows.start, segments }
        };
        let sequences = batch.iter().map(sequence).collect();
        Self { sequences, slots: slots.into(), rows: first }
    }

    /// Slot of each row.
    pub(crate) fn slots(&self) -> &[usize] {
        &self.slots
    }

    /// What each row sees, as a kernel reads it.
    pub(crate) fn view(&self) -> AttentionSlots {
        self.view_ahead(0)
    }

    /// As [`view`](Self::view), with the slots of `more` further positions of each sequence, which the
    /// rows do not see.
    pub(crate) fn view_ahead(&self, more: usize) -> AttentionSlots {
        let mut view = AttentionSlots::default();
        for AttendedSequence { len, start, segments, .. } in self.sequences.iter() {
            let begin = view.slots.len() as u32;
            let slots = segments.iter().flat_map(|part| part.slot..part.slot + part.len);
            view.slots.extend(slots.take(start + len + more).map(|slot| slot as u32));
            view.begin.extend(std::iter::repeat_n(begin, *len));
            view.count.extend((start + 1..=start + len).map(|count| count as u32));
            view.skip.extend(std::iter::repeat_n(0, *len));
        }
        self.share_prefixes(&mut view);
        view
    }

    /// Finds neighbours with one new token each whose first slots are the same.
    fn share_prefixes(&self, view: &mut AttentionSlots) {
        let mut rest = &self.sequences[..];
        while let Some((first, others)) = rest.split_first() {
            let mut len = usize::MAX;
            let is_alike = |other: &&AttendedSequence| {
                let shared = first.shares_with(other);
                let alike = first.len == 1 && other.len == 1 && shared >= LEAST_PREFIX;
                len = if alike { len.min(shared) } else { len };
                alike
            };
            let rows = 1 + others.iter().take_while(is_alike).count();
            if rows > 1 {
                let (row, begin) = (first.first as u32, view.begin[first.first]);
                view.prefixes.push([row, rows as u32, begin, len as u32]);
                view.skip[first.first..first.first + rows].fill(len as u32);
            }
            rest = &rest[rows..];
        }
    }

    /// Refuses a batch whose shape, `rows`, is not that of this placement.
    fn check(&self, rows: &[usize]) -> Result<()> {
        if rows.first() != Some(&self.rows) {
            candle_core::bail!("a batch {rows:?} where {} rows were placed", self.rows);
        }
        for AttendedSequence { len, start, segments, .. } in self.sequences.iter() {
            let slots: usize = segments.iter().map(|segment| segment.len).sum();
            if slots < start + len {
                let end = start + len;
                candle_core::bail!("a batch {rows:?} with {end} positions in {slots} slots");
            }
        }
        Ok(())
    }
}

/// Writes the rows of `new`, `[t, kv, width]`, into their slots of `cache`, `[slots, kv, width]`.
///
/// # Errors
/// Shapes that do not fit; tensors that are not contiguous f32.
pub fn write(cache: &Tensor, new: &Tensor, placement: &Placement) -> Result<()> {
    cache.inplace_op2(new, &Write(placement.clone()))
}

struct Write(Placement);

impl InplaceOp2 for Write {
    fn name(&self) -> &'static str {
        "cache_write"
    }

    fn cpu_fwd(
        &self,
        cache: &mut CpuStorage,
        cache_layout: &Layout,
        new: &CpuStorage,
        layout: &Layout,
    ) -> Result<()> {
        let (slots, width) = match (cache_layout.dims(), layout.dims()) {
            (&[slots, heads, width], &[_, new_heads, new_width])
                if (heads, width) == (new_heads, new_width) =>
            {
                (slots, heads * width)
            }
            (cache, new) => candle_core::bail!("rows {new:?} for a cache {cache:?}"),
        };
        self.0.check(layout.dims())?;
        if let Some(slot) = self.0.slots.iter().find(|&&slot| slot >= slots) {
            candle_core::bail!("slot {slot} is past a cache {:?}", cache_layout.dims());
        }
        let (CpuStorage::F32(cache), Some((0, _))) = (cache, cache_layout.contiguous_offsets())
        else {
            candle_core::bail!("a cache is a contiguous f32 tensor");
        };
        let rows = floats(new, layout)?.chunks_exact(width.max(1));
        for (&slot, row) in self.0.slots.iter().zip(rows) {
            cache[slot * width..][..width].copy_from_slice(row);
        }
        Ok(())
    }
}

/// `softmax(q kᵀ / √width) v` of the rows of `q`, `[t, h, width]`, over the positions up to their
/// own in the cache, `[slots, kv, width]` each.
///
/// # Errors
/// Shapes that do not fit; slots past the cache; tensors that are not contiguous f32.
pub fn cached_attention(
    q: &Tensor,
    keys: &Tensor,
    values: &Tensor,
    placement: &Placement,
) -> Result<Tensor> {
    q.apply_op3_no_bwd(keys, values, &CachedAttention(placement.clone()))
}

struct CachedAttention(Placement);

impl CustomOp3 for CachedAttention {
    fn name(&self) -> &'static str {
        "cached_attention"
    }

    fn cpu_fwd(
        &self,
        q: &CpuStorage,
        q_layout: &Layout,
        k: &CpuStorage,
        k_layout: &Layout,
        v: &CpuStorage,
        v_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (q_dims, k_dims, v_dims) = (q_layout.dims(), k_layout.dims(), v_layout.dims());
        let Some(heads) = Heads::of(q_dims, k_dims, v_dims) else {
            candle_core::bail!("attention of {q_dims:?} to {k_dims:?} and {v_dims:?}");
        };
        self.0.check(q_dims)?;
        let sequences = &self.0.sequences;
        let mut segments = sequences.iter().flat_map(|sequence| &sequence.segments);
        if let Some(past) = segments.find(|segment| segment.slot + segment.len > k_dims[0]) {
            candle_core::bail!("{past:?} is past a cache {k_dims:?}");
        }
        let memory = KeysValues { keys: floats(k, k_layout)?, values: floats(v, v_layout)? };
        let (out, _) = attend(heads, sequences, floats(q, q_layout)?, memory);
        Ok((CpuStorage::F32(out), q_layout.shape().clone()))
    }
}
