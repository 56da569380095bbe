//! State of decoding steps on the device.
//!
//! The host writes one array of words before the first of several steps:
//!
//! ```text
//! uniforms      8-byte numbers, [MAX_STEPS, rows]
//! uniform       those of the present step, [rows]
//! clock         present step, steps, sequences
//! tokens        the newest of each row, [rows]
//! positions     theirs, [rows]
//! slot_mapping  the slots for their keys and values, [rows]
//! begin         where each row's slots begin, [rows]
//! count         positions that each row sees, [rows]
//! skip          those of them that belong to a shared prefix, [rows]
//! prefixes      [prefixes, 4]
//! slots         of all sequences, up to the last step
//! ```
//!
//! Rows beyond the sequences are padding: token 0 at position 0, which sees only itself, in the spare
//! slot of the cache. They stay the same from step to step, and all write the same numbers there.

use super::decoder::Network;
use super::layer::ForwardContext;
use super::logits::drawn;
use crate::Result;
use crate::cuda::backend::{AttentionMetadata, DecodeTables, LaunchShape, StepBuffers};
use crate::cuda::memory::Array;
use crate::generate::Drawn;
use crate::ops::spans::AttentionSlots;
use std::ops::Range;

/// Most tokens of a sequence that are drawn before the host sees them.
pub(super) const MAX_STEPS: usize = 8;

/// Numbers of a row in the results of a step.
const NUMBERS: usize = 4;

/// Inputs of the first of several steps.
#[derive(Debug)]
pub(super) struct MultiStepPlan {
    pub(super) steps: usize,
    /// Shape of the launches, at least as large as the batch.
    pub(super) shape: LaunchShape,
    pub(super) tokens: Vec<u32>,
    pub(super) slot_mapping: Vec<u32>,
    pub(super) view: AttentionSlots,
    /// A number for each sequence, step by step.
    pub(super) uniforms: Vec<f64>,
    /// A slot for padding rows.
    pub(super) spare: u32,
}

/// Where the parts of the words lie.
struct StateLayout {
    uniforms: Range<usize>,
    uniform: Range<usize>,
    clock: Range<usize>,
    tokens: Range<usize>,
    positions: Range<usize>,
    slot_mapping: Range<usize>,
    begin: Range<usize>,
    count: Range<usize>,
    skip: Range<usize>,
    prefixes: Range<usize>,
    /// Where the slots begin, which are the rest.
    slots: usize,
}

impl StateLayout {
    fn new(LaunchShape { rows, prefixes, .. }: LaunchShape) -> Self {
        let mut end = 0;
        let mut next = |len: usize| {
            end += len;
            end - len..end
        };
        // Numbers of two words first, where 8 divides their address; the clock is of an even number.
        Self {
            uniforms: next(2 * MAX_STEPS * rows),
            uniform: next(2 * rows),
            clock: next(4),
            tokens: next(rows),
            positions: next(rows),
            slot_mapping: next(rows),
            begin: next(rows),
            count: next(rows),
            skip: next(rows),
            prefixes: next(4 * prefixes),
            slots: next(0).end,
        }
    }
}

/// Words of the state of a shape where sequences have `slots` slots, and of its results.
pub(super) fn words(shape: LaunchShape, slots: usize) -> [usize; 2] {
    [StateLayout::new(shape).slots + slots + 1, MAX_STEPS * NUMBERS * shape.rows]
}

impl MultiStepPlan {
    /// Words that the state takes, and its results.
    pub(super) fn words(&self) -> [usize; 2] {
        words(self.shape, self.view.slots.len())
    }

    /// Writes the state into the first of some words, in one piece.
    pub(super) fn upload(&self, network: &Network, words: [&Array; 2]) -> Result<StepState> {
        let [state, _] = self.words();
        words[0].part(0..state).write(&self.fill(&StateLayout::new(self.shape)))?;
        Ok(StepState::new(network, self.shape, words))
    }

    /// The words.
    fn fill(&self, layout: &StateLayout) -> Vec<u32> {
        let Self { steps, shape, tokens, slot_mapping, view, uniforms, spare } = self;
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
        put(&layout.slot_mapping, &[&slot_mapping[..], &vec![*spare; more]].concat());
        // The last of the slots is the spare one.
        let last = view.slots.len() as u32;
        put(&layout.begin, &[&view.begin[..], &vec![last; more]].concat());
        put(&layout.count, &[&view.count[..], &vec![1; more]].concat());
        put(&layout.skip, &view.skip);
        // Without tensor cores no kernel reads them.
        let prefixes = &view.prefixes[..view.prefixes.len().min(shape.prefixes)];
        put(&layout.prefixes, prefixes.as_flattened());
        put(&(layout.slots..layout.slots), &view.slots);
        words[layout.slots + view.slots.len()] = *spare;
        words
    }
}

/// The state, in memory.
#[derive(Debug)]
pub(super) struct StepState {
    pub(super) context: ForwardContext,
    pub(super) tokens: Array,
    pub(super) slot_mapping: Array,
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

impl StepState {
    /// The state of a shape in the first of some words, and its results in the others.
    pub(super) fn new(
        network: &Network,
        shape: LaunchShape,
        [words, results]: [&Array; 2],
    ) -> Self {
        let layout = StateLayout::new(shape);
        let part = |range: &Range<usize>| words.part(range.clone());
        let (positions, begin, count) =
            (part(&layout.positions), part(&layout.begin), part(&layout.count));
        let slots = words.part(layout.slots..words.len());
        let tables = DecodeTables {
            slots: slots.clone(),
            begin: begin.clone(),
            count: count.clone(),
            skip: part(&layout.skip),
            prefixes: part(&layout.prefixes),
        };
        let angles = network.angles_at(positions.clone());
        Self {
            context: ForwardContext {
                angles,
                attention: AttentionMetadata::of_cache(tables, shape),
            },
            tokens: part(&layout.tokens),
            slot_mapping: part(&layout.slot_mapping),
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

    /// The arguments of the kernel that prepares the next step.
    pub(super) fn buffers(&self) -> StepBuffers<'_> {
        let Self { tokens, slot_mapping, uniform, uniforms, clock, positions, .. } = self;
        let Self { slots, begin, count, results, .. } = self;
        StepBuffers {
            uniforms,
            slots,
            begin,
            clock,
            uniform,
            tokens,
            positions,
            slot_mapping,
            count,
            results,
        }
    }

    /// What the steps drew, for each sequence. The only point where the host waits.
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
