//! What the steps of a burst read and write on the device.
//!
//! All that the host says of a burst is one array of words, written before its first step:
//!
//! ```text
//! uniforms   8-byte numbers, [LONGEST, rows]       begin     where each row's slots begin
//! uniform    those of the step, [rows]             count     positions that each row sees
//! clock      step, steps, sequences                skip      those of them that a prefix has
//! tokens     the newest, [rows]                    prefixes  [prefixes, 4]
//! positions  theirs                                slots     of all sequences, to the burst's end
//! places     slots for their keys and values
//! ```
//!
//! The rows of a shape that no sequence needs have token 0 at position 0 and see themselves, in a slot
//! that the cache has for them. They stay as they are from step to step: all write the same there.

use super::super::super::memory::Array;
use super::super::super::place::{Rows, Seen, Shape, Turn};
use super::super::layer::Batch;
use super::super::load::Network;
use super::super::logits::drawn;
use super::LONGEST;
use crate::Result;
use crate::generate::Drawn;
use crate::ops::spans::View;
use std::ops::Range;

/// Numbers of a row in the results of a step.
const NUMBERS: usize = 4;

/// What a burst begins with.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) steps: usize,
    /// What is recorded: at least as large as what there is.
    pub(super) shape: Shape,
    pub(super) tokens: Vec<u32>,
    pub(super) places: Vec<u32>,
    pub(super) view: View,
    /// A number for each sequence, step by step.
    pub(super) uniforms: Vec<f64>,
    /// A slot for rows that are no sequence.
    pub(super) spare: u32,
}

/// Where the parts of the words lie.
struct Layout {
    uniforms: Range<usize>,
    uniform: Range<usize>,
    clock: Range<usize>,
    tokens: Range<usize>,
    positions: Range<usize>,
    places: Range<usize>,
    begin: Range<usize>,
    count: Range<usize>,
    skip: Range<usize>,
    prefixes: Range<usize>,
    /// Where the slots begin, which are the rest.
    slots: usize,
}

impl Layout {
    fn new(Shape { rows, prefixes, .. }: Shape) -> Self {
        let mut end = 0;
        let mut next = |len: usize| {
            end += len;
            end - len..end
        };
        // Numbers of two words first, where 8 divides their address; the clock is of an even number.
        Self {
            uniforms: next(2 * LONGEST * rows),
            uniform: next(2 * rows),
            clock: next(4),
            tokens: next(rows),
            positions: next(rows),
            places: next(rows),
            begin: next(rows),
            count: next(rows),
            skip: next(rows),
            prefixes: next(4 * prefixes),
            slots: next(0).end,
        }
    }
}

/// Words that the state of a shape takes where sequences have so many slots, and its results.
pub(super) fn words(shape: Shape, slots: usize) -> [usize; 2] {
    [Layout::new(shape).slots + slots + 1, LONGEST * NUMBERS * shape.rows]
}

impl Plan {
    /// Words that the state takes, and its results.
    pub(super) fn words(&self) -> [usize; 2] {
        words(self.shape, self.view.slots.len())
    }

    /// Writes the state into the first of some words, in one piece.
    pub(super) fn upload(&self, network: &Network, words: [&Array; 2]) -> Result<State> {
        let [state, _] = self.words();
        words[0].part(0..state).write(&self.fill(&Layout::new(self.shape)))?;
        Ok(State::new(network, self.shape, words))
    }

    /// The words.
    fn fill(&self, layout: &Layout) -> Vec<u32> {
        let Self { steps, shape, tokens, places, view, uniforms, spare } = self;
        let mut words = vec![0u32; self.words()[0]];
        let mut put = |range: &Range<usize>, numbers: &[u32]| {
            words[range.start..][..numbers.len()].copy_from_slice(numbers);
        };
        let sequences = tokens.len();
        for (step, uniforms) in uniforms.chunks(sequences).enumerate() {
            let first = layout.uniforms.start + 2 * step * shape.rows;
            put(&(first..first), bytemuck::cast_slice(uniforms));
        }
        put(&layout.uniform, bytemuck::cast_slice(&uniforms[..sequences]));
        put(&layout.clock, &[0, *steps as u32, sequences as u32]);
        put(&layout.tokens, tokens);
        let positions: Vec<u32> = view.count.iter().map(|count| count - 1).collect();
        put(&layout.positions, &positions);
        let more = shape.rows - sequences;
        put(&layout.places, &[&places[..], &vec![*spare; more]].concat());
        // The last of the slots is the spare one.
        let last = view.slots.len() as u32;
        put(&layout.begin, &[&view.begin[..], &vec![last; more]].concat());
        put(&layout.count, &[&view.count[..], &vec![1; more]].concat());
        put(&layout.skip, &view.skip);
        // Without tensor cores nobody asks for them.
        let prefixes = &view.prefixes[..view.prefixes.len().min(shape.prefixes)];
        put(&layout.prefixes, prefixes.as_flattened());
        put(&(layout.slots..layout.slots), &view.slots);
        words[layout.slots + view.slots.len()] = *spare;
        words
    }
}

/// The state, in memory.
#[derive(Debug)]
pub(super) struct State {
    pub(super) batch: Batch,
    pub(super) tokens: Array,
    pub(super) places: Array,
    /// Of 8 bytes each.
    pub(super) uniform: Array,
    uniforms: Array,
    clock: Array,
    positions: Array,
    slots: Array,
    begin: Array,
    count: Array,
    results: Array,
}

impl State {
    /// That of a shape in the first of some words, and its results in the others.
    pub(super) fn new(network: &Network, shape: Shape, [words, results]: [&Array; 2]) -> Self {
        let layout = Layout::new(shape);
        let part = |range: &Range<usize>| words.part(range.clone());
        let (positions, begin, count) =
            (part(&layout.positions), part(&layout.begin), part(&layout.count));
        let slots = words.part(layout.slots..words.len());
        let rows = Rows {
            slots: slots.clone(),
            begin: begin.clone(),
            count: count.clone(),
            skip: part(&layout.skip),
            prefixes: part(&layout.prefixes),
        };
        let angles = network.angles_at(positions.clone());
        Self {
            batch: Batch { angles, seen: Seen::of_cache(rows, shape) },
            tokens: part(&layout.tokens),
            places: part(&layout.places),
            uniform: part(&layout.uniform),
            uniforms: part(&layout.uniforms),
            clock: part(&layout.clock),
            positions,
            slots,
            begin,
            count,
            results: results.clone(),
        }
    }

    pub(super) fn turn(&self) -> Turn<'_> {
        let Self { tokens, places, uniform, uniforms, clock, positions, .. } = self;
        let Self { slots, begin, count, results, .. } = self;
        Turn { uniforms, slots, begin, clock, uniform, tokens, positions, places, count, results }
    }

    /// What some steps drew, for each sequence: the one thing that the host waits for.
    pub(super) fn results(
        &self,
        steps: usize,
        sequences: usize,
    ) -> Result<Vec<Vec<Result<Drawn>>>> {
        let rows = self.tokens.len();
        let words: Vec<u32> = self.results.part(0..steps * NUMBERS * rows).to_vec()?;
        let of_step = |words: &[u32]| {
            let number = |row: usize, at: usize| f32::from_bits(words[at * rows + row]);
            let of_row = |row: usize| drawn(words[row], [1, 2, 3].map(|at| number(row, at)));
            (0..sequences).map(of_row).collect()
        };
        Ok(words.chunks_exact(NUMBERS * rows).map(of_step).collect())
    }
}
