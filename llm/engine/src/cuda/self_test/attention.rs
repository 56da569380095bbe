//! Attention that trains, and attention to a cache.

use super::bench::{
    Bench, count, differentiate, poisoned_f32, read_counts, read_floats, to_floats,
};
use crate::Result;
use crate::cuda::launch::{Argument, Buffer, Element, Launch};
use crate::ops::cached_attention::{Placement, cached_attention};
use crate::ops::spans::{AttentionSlots, Pieces, TILE};
use crate::ops::{Spans, attention};
use crate::tensor::{Rows, Segment};
use candle_core::{Device, Tensor};

/// Query heads, key heads and their width.
type Heads = [usize; 3];

pub(super) fn compare(bench: &mut Bench<'_>) -> Result<()> {
    // The gradient of a query that sees one key is 0, and its error relative to nothing.
    packed(bench, &Spans::separate(&[2]), [1, 1, 3])?;
    packed(bench, &Spans::separate(&[5, 1, 40]), [4, 2, 34])?;
    let trees = [(33, &[4, 9, 1][..]), (3, &[][..]), (1, &[7, 2][..])];
    packed(bench, &Spans::trees(trees), [4, 2, 128])?;
    packed(bench, &Spans::trees([(9, &[3, 5][..])]), [3, 3, 256])?;
    if bench.element == Element::Bf16 {
        flash(bench, &Spans::separate(&[1, 70, 64]), [2, 1, 64])?;
        let trees = [(70, &[40, 9, 1, 65][..]), (3, &[][..]), (1, &[7, 2][..])];
        flash(bench, &Spans::trees(trees), [4, 2, 128])?;
        // More rows see a tile than make a piece.
        flash(bench, &Spans::trees([(2, &[600, 601][..])]), [1, 1, 64])?;
    }
    for shares in [1, 3, 8] {
        generated(bench, [4, 2, 50], shares)?;
        generated(bench, [8, 1, 128], shares)?;
        generated(bench, [3, 3, 7], shares)?;
        generated(bench, [3, 1, 64], shares)?;
        generated(bench, [14, 2, 64], shares)?;
    }
    Ok(())
}

/// Attention on tensor cores.
fn flash(bench: &mut Bench<'_>, spans: &Spans, heads: Heads) -> Result<()> {
    let [queries, kv, width] = heads;
    let rows = spans.rows();
    let (q, k) = (bench.numbers(rows * queries * width), bench.numbers(rows * kv * width));
    let (v, dy) = (bench.numbers(k.len()), bench.numbers(q.len()));
    let of_keys = [rows, kv, width];
    let inputs = [(&q[..], &[rows, queries, width][..]), (&k, &of_keys), (&v, &of_keys)];
    let f = |[q, k, v]: [&Tensor; 3]| attention(q, k, v, spans);
    let (y, [dq, dk, dv]) = differentiate(inputs, f, &dy)?;

    let view = spans.view();
    let tiles = &view.tiles;
    let launch = |kernel, element| {
        Launch::rows(kernel, element, 1).with_grid([tiles.len() as u32, queries as u32, 1])
    };
    let inputs =
        [bench.read(&q), bench.read(&k), bench.read(&v), read_counts(tiles.as_flattened())];
    let sizes = heads.map(count);
    let outputs = [bench.poisoned(q.len()), poisoned_f32(rows * queries)];
    let arguments = inputs.clone().into_iter().chain(outputs).chain(sizes.clone());
    let found = bench.run(launch("flash_attention", bench.element).with(arguments))?;
    bench.near("flash_attention", &found[0], &y);

    let delta = flash_delta(bench, &found[0], &dy, [rows * queries, width])?;
    let [q, k, v, tiles] = inputs;
    let known = [bench.read(&dy), read_floats(&found[1]), read_floats(&delta)];
    let inputs = [q.clone(), k.clone(), v.clone(), tiles].into_iter().chain(known.clone());
    let arguments = inputs.chain([bench.poisoned(dq.len())]).chain(sizes);
    let found = bench.run(launch("flash_backward_query", bench.element).with(arguments))?;
    bench.near("flash_attention: gradient of queries", &found[0], &dq);
    flash_keys(bench, &view.pieces(), ([q, k, v], known), heads, [&dk, &dv])
}

/// The product of each head of results with its gradient.
fn flash_delta(
    bench: &mut Bench<'_>,
    out: &[f32],
    dy: &[f32],
    [n, width]: [usize; 2],
) -> Result<Vec<f32>> {
    let launch = Launch::warps("flash_delta", bench.element, n);
    let arguments = [bench.read(out), bench.read(dy), poisoned_f32(n), count(n), count(width)];
    Ok(bench.run(launch.with(arguments))?.remove(0))
}

/// The gradients of keys and values on tensor cores: in pieces, which are then added up.
fn flash_keys(
    bench: &mut Bench<'_>,
    Pieces { pieces, tiles }: &Pieces,
    (inputs, known): ([Argument; 3], [Argument; 3]),
    heads: Heads,
    [dk, dv]: [&[f32]; 2],
) -> Result<()> {
    let [_, kv, width] = heads;
    let len = pieces.len() * kv * TILE * width;
    let outputs = [poisoned_f32(len), poisoned_f32(len)];
    let launch = Launch::rows("flash_backward_key", bench.element, 1);
    let launch = launch.with_grid([pieces.len() as u32, kv as u32, 1]);
    let table = [read_counts(pieces.as_flattened())];
    let inputs = inputs.into_iter().chain(table).chain(known);
    let found = bench.run(launch.with(inputs.chain(outputs).chain(heads.map(count))))?;

    let launch = Launch::rows("flash_sum_pieces", bench.element, 1);
    let launch = launch.with_grid([tiles.len() as u32, kv as u32, 1]);
    let inputs =
        [read_counts(tiles.as_flattened()), read_floats(&found[0]), read_floats(&found[1])];
    let outputs = [bench.poisoned(dk.len()), bench.poisoned(dv.len()), count(kv), count(width)];
    let found = bench.run(launch.with(inputs.into_iter().chain(outputs)))?;
    bench.near("flash_attention: gradient of keys", &found[0], dk);
    bench.near("flash_attention: gradient of values", &found[1], dv);
    Ok(())
}

fn packed(bench: &mut Bench<'_>, spans: &Spans, [heads, kv, width]: Heads) -> Result<()> {
    let rows = spans.rows();
    let (q, k) = (bench.numbers(rows * heads * width), bench.numbers(rows * kv * width));
    let (v, dy) = (bench.numbers(k.len()), bench.numbers(q.len()));
    let of_keys = [rows, kv, width];
    let inputs = [(&q[..], &[rows, heads, width][..]), (&k, &of_keys), (&v, &of_keys)];
    let f = |[q, k, v]: [&Tensor; 3]| attention(q, k, v, spans);
    let (y, [dq, dk, dv]) = differentiate(inputs, f, &dy)?;

    let view = spans.view();
    let tensors = [bench.read(&q), bench.read(&k), bench.read(&v)];
    let tables = [&view.slots, &view.begin, &view.count].map(|table| read_counts(table));
    let sizes = [count(rows), count(heads), count(kv), count(width)];
    let launch = Launch::warps("attention", bench.element, rows * heads);
    let outputs = [bench.poisoned(q.len()), poisoned_f32(rows * heads)];
    let metadata = tensors.clone().into_iter().chain(tables);
    let found = bench.run(launch.with(metadata.clone().chain(outputs).chain(sizes.clone())))?;
    let (out, lse) = (&found[0], read_floats(&found[1]));
    bench.near("attention", out, &y);

    let launch = Launch::warps("attention_backward_query", bench.element, rows * heads);
    let known = [bench.read(&dy), lse.clone()];
    let outputs = [bench.poisoned(q.len()), poisoned_f32(rows * heads)];
    let arguments = metadata.chain(known).chain(outputs).chain(sizes.clone());
    let found = bench.run(launch.with(arguments))?;
    bench.near("attention: gradient of queries", &found[0], &dq);

    let launch = Launch::warps("attention_backward_key", bench.element, rows * kv);
    let known = [read_counts(&view.last), bench.read(&dy), lse, read_floats(&found[1])];
    let outputs = [bench.poisoned(k.len()), bench.poisoned(k.len())];
    let arguments = tensors.into_iter().chain(known).chain(outputs).chain(sizes);
    let found = bench.run(launch.with(arguments))?;
    bench.near("attention: gradient of keys", &found[0], &dk);
    bench.near("attention: gradient of values", &found[1], &dv);
    Ok(())
}

/// One new token of each of four sequences, of which the first two share their beginning.
fn generated(bench: &mut Bench<'_>, heads: Heads, shares: usize) -> Result<()> {
    let slot = |slot, len| Segment { slot, len };
    let segments = [
        vec![slot(40, 33), slot(3, 2)],
        vec![slot(40, 33), slot(80, 9)],
        vec![slot(0, 1)],
        vec![slot(40, 33), slot(73, 5)],
    ];
    let lengths = [35, 42, 1, 38];
    let batch: Vec<Rows<'_>> = segments
        .iter()
        .zip(lengths)
        .map(|(segments, len)| Rows { tokens: &[0], start: len - 1, segments })
        .collect();
    let case = CacheCase::new(bench, &Placement::new(&batch), heads)?;
    case.plain(bench, shares)?;
    if bench.element == Element::F32 || ![64, 128].contains(&heads[2]) {
        return Ok(());
    }
    // One share more, of the positions that neighbours share.
    case.on_tensor_cores(bench, shares + 1)
}

/// Slots of the cache of a case.
const SLOTS: usize = 90;

/// New tokens that attend to a cache, and the results of the CPU.
struct CacheCase {
    heads: Heads,
    view: AttentionSlots,
    inputs: Vec<Argument>,
    expected: Vec<f32>,
}

impl CacheCase {
    fn new(bench: &mut Bench<'_>, placement: &Placement, heads: Heads) -> Result<Self> {
        let ([queries, kv, width], view) = (heads, placement.view());
        let rows = view.count.len();
        let (q, k) = (bench.numbers(rows * queries * width), bench.numbers(SLOTS * kv * width));
        let v = bench.numbers(k.len());
        let of_keys = |numbers| Tensor::from_slice(numbers, (SLOTS, kv, width), &Device::Cpu);
        let of_queries = Tensor::from_slice(&q, (rows, queries, width), &Device::Cpu)?;
        let y = cached_attention(&of_queries, &of_keys(&k)?, &of_keys(&v)?, placement)?;
        let tables = [&view.slots, &view.begin, &view.count].map(|table| read_counts(table));
        let tensors = [bench.read(&q), bench.read(&k), bench.read(&v)];
        let inputs = tensors.into_iter().chain(tables).collect();
        Ok(Self { heads, view, inputs, expected: to_floats(&y)? })
    }

    fn sizes(&self, shares: usize) -> [Argument; 4] {
        let [queries, kv, width] = self.heads;
        [queries, kv, width, shares].map(count)
    }

    /// Room for what each share of the positions comes to.
    fn parts(&self, shares: usize) -> [Argument; 2] {
        let parts = self.view.count.len() * self.heads[0] * shares;
        [poisoned_f32(parts * self.heads[2]), poisoned_f32(2 * parts)]
    }

    fn plain(&self, bench: &mut Bench<'_>, shares: usize) -> Result<()> {
        let ([queries, kv, _], rows) = (self.heads, self.view.count.len());
        let launch = Launch::rows("cached_attention", bench.element, rows)
            .with_grid([rows as u32, kv as u32, shares as u32])
            .with_threads(32 * (queries / kv) as u32);
        let inputs = self.inputs.iter().cloned();
        let arguments = inputs.chain(self.parts(shares)).chain(self.sizes(shares));
        let found = bench.run(launch.with(arguments))?;
        self.merged(bench, "cached_attention", &found, shares)
    }

    /// The last share is that of the prefixes, which rows share.
    fn on_tensor_cores(&self, bench: &mut Bench<'_>, shares: usize) -> Result<()> {
        let Self { heads: [queries, kv, _], view, inputs, .. } = self;
        assert_eq!(view.prefixes, [[0, 2, 0, 33]]);
        let rows = view.count.len();
        let blocks = kv * (queries / kv).div_ceil(4);
        let launch = Launch::rows("decode_attention", bench.element, rows);
        let launch = launch.with_grid([rows as u32, blocks as u32, shares as u32 - 1]);
        let arguments = inputs.iter().cloned().chain([read_counts(&view.skip)]);
        let arguments = arguments.chain(self.parts(shares)).chain(self.sizes(shares));
        let own = bench.run(launch.with(arguments))?;

        let tiles = (2 * queries / kv).div_ceil(TILE) as u32;
        let launch = Launch::rows("prefix_attention", bench.element, 1);
        let launch = launch.with_grid([view.prefixes.len() as u32, *kv as u32, tiles]);
        let table = [read_counts(view.prefixes.as_flattened())];
        let outputs = own.iter().map(|numbers| Argument::Write(Buffer::F32(numbers.clone())));
        let arguments = inputs.iter().take(4).cloned().chain(table).chain(outputs);
        let found = bench.run(launch.with(arguments.chain(self.sizes(shares))))?;
        self.merged(bench, "decode_attention", &found, shares)
    }

    /// Compares the shares of each head put together.
    fn merged(
        &self,
        bench: &mut Bench<'_>,
        what: &str,
        found: &[Vec<f32>],
        shares: usize,
    ) -> Result<()> {
        let width = self.heads[2];
        let n = self.expected.len() / width;
        let launch = Launch::rows("merge_shares", bench.element, n).with_threads(32);
        let outputs = [bench.poisoned(self.expected.len()), count(width), count(shares)];
        let inputs = [read_floats(&found[0]), read_floats(&found[1])];
        let found = bench.run(launch.with(inputs.into_iter().chain(outputs)))?;
        bench.near(what, &found[0], &self.expected);
        Ok(())
    }
}
