//! From one decoding step to the next.

use super::bench::{Bench, count, read_counts, read_floats};
use crate::Result;
use crate::cuda::launch::{Argument, Buffer, Launch};

/// Rows, sequences among them, and steps.
const ROWS: usize = 70;
const SEQUENCES: usize = 67;
const STEPS: usize = 3;

/// What the kernel changes.
#[derive(Debug, Clone)]
struct AdvanceState {
    clock: Vec<u32>,
    uniform: Vec<f64>,
    tokens: Vec<u32>,
    positions: Vec<u32>,
    slot_mapping: Vec<u32>,
    count: Vec<u32>,
    results: Vec<u32>,
}

/// What the kernel reads.
struct Given {
    drawn: Vec<u32>,
    numbers: Vec<f32>,
    uniforms: Vec<f64>,
    slots: Vec<u32>,
    begin: Vec<u32>,
}

/// All steps, one after the other, and a step too many, which changes nothing.
pub(super) fn compare(bench: &mut Bench<'_>) -> Result<()> {
    let mut state = AdvanceState::new();
    for step in 0..=STEPS {
        let given = Given::new(bench, step);
        let arguments = given.arguments().into_iter().chain(state.arguments());
        let launch = Launch::rows("advance_rows", bench.element, 1).with_threads(32);
        let found = bench.run_raw(launch.with(arguments.chain([count(ROWS)])))?;
        state.advance(&given);
        for (name, (found, expected)) in NAMES.iter().zip(found.iter().zip(state.buffers())) {
            // Bytes, since results are the bits of numbers.
            let (found, expected) = (found.bytes(), expected.bytes());
            let different = found.iter().zip(expected).filter(|(a, b)| a != b).count();
            let missing = found.len().abs_diff(expected.len());
            bench.within(&format!("next step: {name}"), (different + missing) as f32, 0.0);
        }
    }
    Ok(())
}

const NAMES: [&str; 7] =
    ["clock", "uniform numbers", "tokens", "positions", "slots", "counts", "results"];

impl AdvanceState {
    /// Sequences of 4 positions and more; rows behind them see one.
    fn new() -> Self {
        let sequences = (0..ROWS as u32).map(|row| (row, (row as usize) < SEQUENCES));
        let count = |(row, is_one): (u32, bool)| if is_one { 4 + row % 5 } else { 1 };
        let count: Vec<u32> = sequences.map(count).collect();
        Self {
            clock: vec![0, STEPS as u32, SEQUENCES as u32],
            uniform: vec![0.25; ROWS],
            tokens: vec![7; ROWS],
            positions: count.iter().map(|count| count - 1).collect(),
            slot_mapping: vec![900; ROWS],
            count,
            results: vec![0; 4 * STEPS * ROWS],
        }
    }

    fn buffers(&self) -> [Buffer; 7] {
        let Self { clock, uniform, tokens, positions, slot_mapping, count, results } = self.clone();
        let words = [tokens, positions, slot_mapping, count, results].map(Buffer::U32);
        let [tokens, positions, slot_mapping, count, results] = words;
        let (clock, uniform) = (Buffer::U32(clock), Buffer::F64(uniform));
        [clock, uniform, tokens, positions, slot_mapping, count, results]
    }

    fn arguments(&self) -> [Argument; 7] {
        self.buffers().map(Argument::Write)
    }

    /// What the kernel does, on the host.
    fn advance(&mut self, given: &Given) {
        let step = self.clock[0] as usize;
        if step == STEPS {
            return;
        }
        self.clock[0] += 1;
        let numbers = given.numbers.iter().map(|number| number.to_bits());
        let all: Vec<u32> = given.drawn.iter().copied().chain(numbers).collect();
        self.results[4 * step * ROWS..][..4 * ROWS].copy_from_slice(&all);
        if step + 1 == STEPS {
            return;
        }
        for row in 0..SEQUENCES {
            self.tokens[row] = if given.drawn[row] == u32::MAX { 0 } else { given.drawn[row] };
            self.positions[row] += 1;
            self.slot_mapping[row] = given.slots[(given.begin[row] + self.count[row]) as usize];
            self.count[row] += 1;
            self.uniform[row] = given.uniforms[(step + 1) * ROWS + row];
        }
    }
}

impl Given {
    /// Every 13th row, from the second on, was not drawn from.
    fn new(bench: &mut Bench<'_>, step: usize) -> Self {
        let token = |row: usize| match row % 13 {
            1 => u32::MAX,
            _ => (100 * step + row) as u32,
        };
        // Room for 12 positions of each row.
        Self {
            drawn: (0..ROWS).map(token).collect(),
            numbers: bench.floats(3 * ROWS, 1.0),
            uniforms: (0..STEPS * ROWS).map(|at| at as f64 / 1000.0).collect(),
            slots: (0..12 * ROWS as u32).map(|at| 5000 - at).collect(),
            begin: (0..ROWS as u32).map(|row| 12 * row).collect(),
        }
    }

    fn arguments(&self) -> [Argument; 5] {
        [
            read_counts(&self.drawn),
            read_floats(&self.numbers),
            Argument::Read(Buffer::F64(self.uniforms.clone())),
            read_counts(&self.slots),
            read_counts(&self.begin),
        ]
    }
}
