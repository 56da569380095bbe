//! Attention over rows, shared by training and generation.

use super::heads::Heads;
use crate::checkpoint::Elements;
use crate::kernels::{SharedMut, combine, dot, softmax};
use crate::tensor::Segment;
use rayon::prelude::*;

/// Tokens whose queries are processed at a time: the scores of a block take
/// `BLOCK × heads/kv_heads × keys` floats, whatever the length.
pub(super) const BLOCK: usize = 32;

/// A sequence in a batch: rows `first..first + len` are its positions `start..start + len`.
#[derive(Debug, Clone)]
pub(super) struct AttendedSequence {
    pub(super) first: usize,
    pub(super) len: usize,
    pub(super) start: usize,
    /// Segments of its keys and values, from position 0.
    pub(super) segments: Vec<Segment>,
}

impl AttendedSequence {
    /// Number of leading positions in the same slots as another sequence's, without new ones.
    pub(super) fn shares_with(&self, other: &Self) -> usize {
        let mut shared = 0;
        for (own, other) in self.segments.iter().zip(&other.segments) {
            if own.slot != other.slot {
                break;
            }
            shared += own.len.min(other.len);
            if own.len != other.len {
                break;
            }
        }
        shared.min(self.start).min(other.start)
    }
}

/// Keys and values, `[slots, keys, width]`.
#[derive(Clone, Copy)]
pub(super) struct KeysValues<'a> {
    pub(super) keys: &'a [f32],
    pub(super) values: &'a [f32],
}

/// Causal attention of all sequences: `out`, `[t, h, width]`, and for each row and head the log of
/// the sum of exponentials, `[t, h]`.
pub(super) fn attend(
    heads: Heads,
    sequences: &[AttendedSequence],
    q: &[f32],
    memory: KeysValues<'_>,
) -> (Vec<f32>, Vec<f32>) {
    let mut out = vec![0.0; q.len()];
    let mut lse = vec![0.0; q.len() / heads.width];
    let targets = (SharedMut::new(&mut out), SharedMut::new(&mut lse));
    let blocks: Vec<Block<'_>> = sequences
        .iter()
        .flat_map(|sequence| (0..sequence.len).step_by(BLOCK).map(move |at| (sequence, at)))
        .flat_map(|(sequence, at)| {
            (0..heads.keys).map(move |head| Block { heads, sequence, at, head })
        })
        .collect();
    blocks
        .par_iter()
        .for_each_init(Room::default, |room, block| block.run(q, memory, room, targets));
    (out, lse)
}

/// Queries of one key head for up to `BLOCK` tokens of a sequence.
struct Block<'a> {
    heads: Heads,
    sequence: &'a AttendedSequence,
    at: usize,
    head: usize,
}

/// Buffers of a thread.
#[derive(Default)]
struct Room {
    queries: Vec<f32>,
    scores: Vec<f32>,
    out: Vec<f32>,
}

impl Block<'_> {
    fn run(
        &self,
        q: &[f32],
        memory: KeysValues<'_>,
        room: &mut Room,
        (out, lse): (SharedMut<'_>, SharedMut<'_>),
    ) {
        let Self { heads, sequence, at, head } = *self;
        let (group, width) = (heads.group(), heads.width);
        let tokens = (sequence.len - at).min(BLOCK);
        let first = sequence.first + at;
        let keys = sequence.start + at + tokens;
        heads.pack(q, first..first + tokens, head, &mut room.queries);
        self.scores(keys, tokens * group, memory, room);
        room.out.clear();
        room.out.resize(tokens * group * width, 0.0);
        let mut sums = Vec::with_capacity(tokens * group);
        for (row, scores) in room.scores.chunks_exact_mut(keys).enumerate() {
            let (visible, hidden) = scores.split_at_mut(sequence.start + at + row / group + 1);
            sums.push(softmax(visible, heads.scale()));
            hidden.fill(0.0);
        }
        self.combine(keys, tokens * group, memory, room);
        for (row, (sum, max)) in sums.into_iter().enumerate() {
            let index = (first + row / group) * heads.queries + head * group + row % group;
            // SAFETY: a token and head belong to one block.
            #[expect(unsafe_code, reason = "threads write rows of one tensor")]
            let (out, lse) = unsafe { (out.row(index * width, width), lse.row(index, 1)) };
            for (out, value) in out.iter_mut().zip(&room.out[row * width..]) {
                *out = value / sum;
            }
            lse[0] = max + sum.ln();
        }
    }

    /// Calls `visit` with the first position of each segment, its slot and its length.
    fn segments(&self, keys: usize, mut visit: impl FnMut(usize, usize, usize)) {
        let mut position = 0;
        for segment in &self.sequence.segments {
            let len = segment.len.min(keys - position);
            if len > 0 {
                visit(position, segment.slot, len);
            }
            position += len;
        }
    }

    fn scores(&self, keys: usize, rows: usize, memory: KeysValues<'_>, room: &mut Room) {
        let Heads { keys: heads, width, .. } = self.heads;
        room.scores.clear();
        room.scores.resize(rows * keys, 0.0);
        let stride = heads * width;
        self.segments(keys, |position, slot, len| {
            let from = Elements::F32(&memory.keys[slot * stride + self.head * width..]);
            let into = &mut room.scores[position..];
            dot((rows, len, width), &room.queries, from, into, [width, stride, keys]);
        });
    }

    fn combine(&self, keys: usize, rows: usize, memory: KeysValues<'_>, room: &mut Room) {
        let Heads { keys: heads, width, .. } = self.heads;
        let stride = heads * width;
        self.segments(keys, |position, slot, len| {
            let from = &memory.values[slot * stride + self.head * width..];
            let weights = &room.scores[position..];
            combine((rows, len, width), weights, from, &mut room.out, [keys, stride, width]);
        });
    }
}
