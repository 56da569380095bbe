//! Products of rows with rows.

use super::lanes::LANES;
use super::prefetch::prefetch;
use super::shared::SharedMut;
use crate::checkpoint::Elements;
use half::bf16;
use half::slice::HalfFloatSliceExt;
use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;
use std::ops::Range;

/// Rows of an output block; they stay in the L2 cache while the weights are streamed.
const ROW_BLOCK: usize = 96;
/// Columns of an output block.
const COLUMN_BLOCK: usize = 64;
/// Columns whose weights stay in the L1 cache while the rows are streamed.
const PANEL: usize = 8;
/// Columns that share the loads of a row.
const COLUMNS: usize = 4;
/// Products with fewer multiplications run on one thread.
const SERIAL: usize = 1 << 16;

/// `out[i, j] = Σₖ a[i, k] · w[j, k]`: the product of `a`, `[m, k]`, with the transpose of `w`,
/// `[n, k]`, into `out`, `[m, n]`. Rows of `a`, `w` and `out` begin `strides` elements apart.
///
/// Each element is summed in 16 lanes, fused, and the lanes in a tree: its bits depend on the two
/// rows alone.
pub fn dot(
    (m, n, k): (usize, usize, usize),
    a: &[f32],
    w: Elements<'_>,
    out: &mut [f32],
    strides: [usize; 3],
) {
    dot_on(Arch::new(), (m, n, k), a, w, out, strides);
}

/// [`dot`] with the instructions of `arch`, which do not change the result.
#[doc(hidden)]
pub fn dot_on(
    arch: Arch,
    (m, n, k): (usize, usize, usize),
    a: &[f32],
    w: Elements<'_>,
    out: &mut [f32],
    strides: [usize; 3],
) {
    if m == 0 || n == 0 {
        return;
    }
    let out = SharedMut::new(out);
    match w {
        Elements::F32(w) => Product { k, a, w, strides }.run(arch, m, n, out),
        Elements::Bf16(w) => Product { k, a, w, strides }.run(arch, m, n, out),
        Elements::F16(w) => Product { k, a, w, strides }.run(arch, m, n, out),
    }
}

/// A number that a weight may be stored as.
trait Stored: Copy + Send + Sync {
    /// The row in single precision; `buffer` has its length.
    fn widen<'a>(row: &'a [Self], buffer: &'a mut [f32]) -> &'a [f32];
}

impl Stored for f32 {
    #[inline(always)]
    fn widen<'a>(row: &'a [Self], _: &'a mut [f32]) -> &'a [f32] {
        row
    }
}

impl Stored for bf16 {
    #[inline(always)]
    fn widen<'a>(row: &'a [Self], buffer: &'a mut [f32]) -> &'a [f32] {
        // The upper half of a float: a shift, which the compiler turns into vectors.
        for (wide, narrow) in buffer.iter_mut().zip(row) {
            *wide = f32::from_bits(u32::from(narrow.to_bits()) << 16);
        }
        buffer
    }
}

impl Stored for half::f16 {
    #[inline(always)]
    fn widen<'a>(row: &'a [Self], buffer: &'a mut [f32]) -> &'a [f32] {
        row.convert_to_f32_slice(buffer);
        buffer
    }
}

struct Product<'a, W> {
    k: usize,
    a: &'a [f32],
    w: &'a [W],
    strides: [usize; 3],
}

impl<W: Stored> Product<'_, W> {
    fn run(&self, arch: Arch, m: usize, n: usize, out: SharedMut<'_>) {
        let (row_blocks, column_blocks) = (m.div_ceil(ROW_BLOCK), n.div_ceil(COLUMN_BLOCK));
        let block = |buffer: &mut Vec<f32>, index: usize| {
            let (i, j) = (index % row_blocks * ROW_BLOCK, index / row_blocks * COLUMN_BLOCK);
            let (rows, columns) = (i..m.min(i + ROW_BLOCK), j..n.min(j + COLUMN_BLOCK));
            arch.dispatch(Block { product: self, rows, columns, buffer, out });
        };
        let buffer = || vec![0.0; PANEL * self.k];
        if m * n * self.k < SERIAL {
            let mut buffer = buffer();
            (0..row_blocks * column_blocks).for_each(|index| block(&mut buffer, index));
        } else {
            (0..row_blocks * column_blocks).into_par_iter().for_each_init(buffer, block);
        }
    }
}

/// A rectangle of the output.
struct Block<'a, W> {
    product: &'a Product<'a, W>,
    rows: Range<usize>,
    columns: Range<usize>,
    /// Room for `PANEL` rows of weights in single precision.
    buffer: &'a mut [f32],
    out: SharedMut<'a>,
}

impl<W: Stored> WithSimd for Block<'_, W> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let Range { mut start, end } = self.columns;
        while start < end {
            let stop = end.min(start + PANEL);
            self.panel(simd, start..stop);
            start = stop;
        }
    }
}

impl<W: Stored> Block<'_, W> {
    /// Up to `PANEL` columns of all rows.
    #[inline(always)]
    fn panel<S: Simd>(&mut self, simd: S, columns: Range<usize>) {
        let Product { k, w, strides: [_, stride, _], .. } = *self.product;
        let mut weights: [&[f32]; PANEL] = [&[]; PANEL];
        let weights = &mut weights[..columns.len()];
        let mut buffers = self.buffer.chunks_exact_mut(k.max(1));
        // Loops rather than closures here and below: a closure would be compiled without the vector
        // instructions.
        for (j, weight) in weights.iter_mut().enumerate() {
            let at = (columns.start + j) * stride;
            *weight = W::widen(&w[at..at + k], buffers.next().unwrap_or_default());
        }
        let [first, last] =
            [columns.end, columns.end + PANEL].map(|column| (column * stride).min(w.len()));
        let tallest = if S::F32_LANES == LANES { 6 } else { 3 };
        let turns = self.rows.len().div_ceil(tallest);
        let mut ahead = Ahead { weights: &w[first..last], stride, turn: 0, turns };
        let (product, out) = (self.product, self.out);
        let Range { start: mut row, end } = self.rows.clone();
        while row < end {
            let at = (row, columns.start);
            row += match end - row {
                6.. if tallest == 6 => tiles::<S, W, 6>(simd, product, at, weights, ahead, out),
                3.. => tiles::<S, W, 3>(simd, product, at, weights, ahead, out),
                _ => tiles::<S, W, 1>(simd, product, at, weights, ahead, out),
            };
            ahead.turn += 1;
        }
    }
}

/// `M` rows of a panel; returns `M`.
#[inline(always)]
fn tiles<S: Simd, W: Stored, const M: usize>(
    simd: S,
    product: &Product<'_, W>,
    (row, mut column): (usize, usize),
    weights: &[&[f32]],
    mut ahead: Ahead<'_, W>,
    out: SharedMut<'_>,
) -> usize {
    let (groups, rest) = weights.as_chunks::<COLUMNS>();
    for group in groups {
        let (mine, others) = ahead.split(COLUMNS);
        tile::<S, W, M, COLUMNS>(simd, product, (row, column), *group, mine, out);
        (ahead, column) = (others, column + COLUMNS);
    }
    for weight in rest {
        let (mine, others) = ahead.split(1);
        tile::<S, W, M, 1>(simd, product, (row, column), [weight], mine, out);
        (ahead, column) = (others, column + 1);
    }
    M
}

/// Rows of weights that are prefetched while those before them are used. Each tile prefetches some of
/// their lines between its sums: all at once would stall it.
#[derive(Clone, Copy)]
struct Ahead<'a, W> {
    weights: &'a [W],
    stride: usize,
    /// Which of the tiles that share the work this is, and of how many.
    turn: usize,
    turns: usize,
}

impl<W: Stored> Ahead<'_, W> {
    /// The first `rows` rows, and those after them.
    #[inline(always)]
    fn split(self, rows: usize) -> (Self, Self) {
        let at = (rows * self.stride).min(self.weights.len());
        let (mine, others) = self.weights.split_at(at);
        (Self { weights: mine, ..self }, Self { weights: others, ..self })
    }

    /// Asks for the elements of all rows from `at`.
    #[inline(always)]
    fn fetch(&self, mut at: usize) {
        while at < self.weights.len() {
            prefetch(&self.weights[at]);
            at += self.stride;
        }
    }
}

/// `M × N` elements, whose sums stay in registers.
#[inline(always)]
fn tile<S: Simd, W: Stored, const M: usize, const N: usize>(
    simd: S,
    product: &Product<'_, W>,
    (row, column): (usize, usize),
    weights: [&[f32]; N],
    ahead: Ahead<'_, W>,
    out: SharedMut<'_>,
) {
    let Product { k, a, strides: [stride, _, out_stride], .. } = *product;
    let zero = simd.splat_f32s(0.0);
    let mut rows: [&[f32]; M] = [&[]; M];
    for (i, slice) in rows.iter_mut().enumerate() {
        *slice = &a[(row + i) * stride..][..k];
    }
    let total = match LANES / S::F32_LANES {
        1 => lanes(simd, k, 0, rows, weights, Some(ahead)),
        2 => add(
            simd,
            lanes(simd, k, 0, rows, weights, Some(ahead)),
            lanes::<S, W, M, N>(simd, k, 1, rows, weights, None),
        ),
        passes => {
            // Adds halves, as `reduce_sum_f32s` does inside a register.
            let mut parts = [[[zero; N]; M]; LANES];
            for (pass, part) in parts[..passes].iter_mut().enumerate() {
                let ahead = (pass == 0).then_some(ahead);
                *part = lanes(simd, k, pass, rows, weights, ahead);
            }
            let mut half = passes / 2;
            while half > 0 {
                for pass in 0..half {
                    parts[pass] = add(simd, parts[pass], parts[pass + half]);
                }
                half /= 2;
            }
            parts[0]
        }
    };
    for (i, sums) in total.iter().enumerate() {
        let at = (row + i) * out_stride + column;
        // SAFETY: blocks do not overlap, and tiles of a block follow each other.
        #[expect(unsafe_code, reason = "threads write blocks of one matrix")]
        let target = unsafe { out.row(at, N) };
        for (element, &sum) in target.iter_mut().zip(sums) {
            *element = simd.reduce_sum_f32s(sum);
        }
    }
}

#[inline(always)]
fn add<S: Simd, const M: usize, const N: usize>(
    simd: S,
    mut left: [[S::f32s; N]; M],
    right: [[S::f32s; N]; M],
) -> [[S::f32s; N]; M] {
    for i in 0..M {
        for j in 0..N {
            left[i][j] = simd.add_f32s(left[i][j], right[i][j]);
        }
    }
    left
}

/// The sums of those lanes that a register of this machine holds in pass `pass`.
#[inline(always)]
fn lanes<S: Simd, W: Stored, const M: usize, const N: usize>(
    simd: S,
    k: usize,
    pass: usize,
    rows: [&[f32]; M],
    weights: [&[f32]; N],
    ahead: Option<Ahead<'_, W>>,
) -> [[S::f32s; N]; M] {
    let zero = simd.splat_f32s(0.0);
    let (whole, passes) = (k / LANES, LANES / S::F32_LANES);
    let mut a: [&[S::f32s]; M] = [&[]; M];
    let mut w: [&[S::f32s]; N] = [&[]; N];
    for i in 0..M {
        a[i] = &S::as_simd_f32s(rows[i]).0[..whole * passes];
    }
    for j in 0..N {
        w[j] = &S::as_simd_f32s(weights[j]).0[..whole * passes];
    }
    let mut sums = [[zero; N]; M];
    let mut due = ahead.map_or(whole, |ahead| ahead.turn);
    for chunk in 0..whole {
        if let Some(ahead) = ahead
            && chunk == due
        {
            ahead.fetch(chunk * LANES);
            due += ahead.turns;
        }
        let at = chunk * passes + pass;
        let mut columns = [zero; N];
        for j in 0..N {
            columns[j] = w[j][at];
        }
        for i in 0..M {
            let element = a[i][at];
            for j in 0..N {
                sums[i][j] = simd.mul_add_f32s(element, columns[j], sums[i][j]);
            }
        }
    }
    let rest = whole * LANES + pass * S::F32_LANES;
    if rest < k {
        let end = k.min(rest + S::F32_LANES);
        for i in 0..M {
            let element = simd.partial_load_f32s(&rows[i][rest..end]);
            for j in 0..N {
                let weight = simd.partial_load_f32s(&weights[j][rest..end]);
                sums[i][j] = simd.mul_add_f32s(element, weight, sums[i][j]);
            }
        }
    }
    sums
}
