//! Attention that trains, and attention to a cache.

use super::Bench;
use super::bench::{blank_floats, count, differentiate, read_counts, read_floats, to_floats};
use crate::Result;
use crate::cuda::launch::{Argument, Buffer, Element, Launch};
use crate::ops::cached_attention::{Placement, cached_attention};
use crate::ops::spans::{Pieces, TILE};
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
fn flash(bench: &mut Bench<'_>, spans: &Spans, [heads, kv, width]: Heads) -> Result<()> {
    let rows = spans.rows();
    let (q, k) = (bench.numbers(rows * heads * width), bench.numbers(rows * kv * width));
    let (v, dy) = (bench.numbers(k.len()), bench.numbers(q.len()));
    let of_keys = [rows, kv, width];
    let inputs = [(&q[..], &[rows, heads, width][..]), (&k, &of_keys), (&v, &of_keys)];
    let f = |[q, k, v]: [&Tensor; 3]| attention(q, k, v, spans);
    let (y, [dq, dk, dv]) = differentiate(inputs, f, &dy)?;

    let view = spans.view();
    let tiles = &view.tiles;
    let launch = |kernel, heads: usize, element| {
        Launch::rows(kernel, element, 1).with_grid([tiles.len() as u32, heads as u32, 1])
    };
    let seen = [bench.read(&q), bench.read(&k), bench.read(&v), read_counts(tiles.as_flattened())];
    let sizes = [count(heads), count(kv), count(width)];
    let outputs = [bench.blank(q.len()), blank_floats(rows * heads)];
    let arguments = seen.clone().into_iter().chain(outputs).chain(sizes.clone());
    let found = bench.run(launch("flash_attention", heads, bench.element).with(arguments))?;
    let (out, lse) = (&found[0], read_floats(&found[1]));
    bench.near("flash_attention", out, &y);

    let delta = Launch::warps("flash_delta", bench.element, rows * heads);
    let inputs = [bench.read(out), bench.read(&dy), blank_floats(rows * heads)];
    let delta = delta.with(inputs.into_iter().chain([count(rows * heads), count(width)]));
    let delta = read_floats(&bench.run(delta)?[0]);

    let known = [bench.read(&dy), lse, delta];
    let known = seen.into_iter().chain(known);
    let outputs = [bench.blank(q.len())];
    let arguments = known.clone().chain(outputs).chain(sizes.clone());
    let found = bench.run(launch("flash_backward_query", heads, bench.element).with(arguments))?;
    bench.near("flash_attention: gradient of queries", &found[0], &dq);

    let Pieces { pieces, tiles } = view.pieces();
    let mut known: Vec<Argument> = known.collect();
    known[3] = read_counts(pieces.as_flattened());
    let len = pieces.len() * kv * TILE * width;
    let outputs = [blank_floats(len), blank_floats(len)];
    let launch = Launch::rows("flash_backward_key", bench.element, 1);
    let launch = launch.with_grid([pieces.len() as u32, kv as u32, 1]);
    let found = bench.run(launch.with(known.into_iter().chain(outputs).chain(sizes)))?;
    let launch = Launch::rows("flash_sum_pieces", bench.element, 1);
    let launch = launch.with_grid([tiles.len() as u32, kv as u32, 1]);
    let inputs =
        [read_counts(tiles.as_flattened()), read_floats(&found[0]), read_floats(&found[1])];
    let outputs = [bench.blank(k.len()), bench.blank(k.len()), count(kv), count(width)];
    let found = bench.run(launch.with(inputs.into_iter().chain(outputs)))?;
    bench.near("flash_attention: gradient of keys", &found[0], &dk);
    bench.near("flash_attention: gradient of values", &found[1], &dv);
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
    let outputs = [bench.blank(q.len()), blank_floats(rows * heads)];
    let seen = tensors.clone().into_iter().chain(tables);
    let found = bench.run(launch.with(seen.clone().chain(outputs).chain(sizes.clone())))?;
    let (out, lse) = (&found[0], read_floats(&found[1]));
    bench.near("attention", out, &y);

    let launch = Launch::warps("attention_backward_query", bench.element, rows * heads);
    let known = [bench.read(&dy), lse.clone()];
    let outputs = [bench.blank(q.len()), blank_floats(rows * heads)];
    let arguments = seen.chain(known).chain(outputs).chain(sizes.clone());
    let found = bench.run(launch.with(arguments))?;
    bench.near("attention: gradient of queries", &found[0], &dq);

    let launch = Launch::warps("attention_backward_key", bench.element, rows * kv);
    let known = [read_counts(&view.last), bench.read(&dy), lse, read_floats(&found[1])];
    let outputs = [bench.blank(k.len()), bench.blank(k.len())];
    let arguments = tensors.into_iter().chain(known).chain(outputs).chain(sizes);
    let found = bench.run(launch.with(arguments))?;
    bench.near("attention: gradient of keys", &found[0], &dk);
    bench.near("attention: gradient of values", &found[1], &dv);
    Ok(())
}

/// One new token of each of four sequences, of which the first two share their beginning.
fn generated(bench: &mut Bench<'_>, [heads, kv, width]: Heads, shares: usize) -> Result<()> {
    let slot = |slot, len| Segment { slot, len };
    let segments = [
        vec![slot(40, 33), slot(3, 2)],
        vec![slot(40, 33), slot(80, 9)],
        vec![slot(0, 1)],
        vec![slot(40, 33), slot(73, 5)],
    ];
    let lengths = [35, 42, 1, 38];
    let (cache, rows) = (90, segments.len());
    let (q, k) = (bench.numbers(rows * heads * width), bench.numbers(cache * kv * width));
    let v = bench.numbers(k.len());
    let batch: Vec<Rows<'_>> = segments
        .iter()
        .zip(lengths)
        .map(|(segments, len)| Rows { tokens: &[0], start: len - 1, segments })
        .collect();
    let of_keys = |numbers| Tensor::from_slice(numbers, (cache, kv, width), &Device::Cpu);
    let of_queries = Tensor::from_slice(&q, (rows, heads, width), &Device::Cpu)?;
    let placement = Placement::new(&batch);
    let y = cached_attention(&of_queries, &of_keys(&k)?, &of_keys(&v)?, &placement)?;
    let expected = to_floats(&y)?;

    let view = placement.view();
    let tensors = [bench.read(&q), bench.read(&k), bench.read(&v)];
    let tables = [&view.slots, &view.begin, &view.count].map(|table| read_counts(table));
    let parts = rows * heads * shares;
    let outputs = [blank_floats(parts * width), blank_floats(2 * parts)];
    let sizes = [count(heads), count(kv), count(width), count(shares)];
    let inputs = tensors.into_iter().chain(tables);
    let launch = Launch::rows("cached_attention", bench.element, rows)
        .with_grid([rows as u32, kv as u32, shares as u32])
        .with_threads(32 * (heads / kv) as u32);
    let arguments = inputs.clone().chain(outputs).chain(sizes);
    let found = bench.run(launch.with(arguments))?;
    merged(bench, "cached_attention", &found, [width, shares], &expected)?;
    if bench.element == Element::F32 || ![64, 128].contains(&width) {
        return Ok(());
    }
    // One share more, of what is in common: of the neighbours only.
    assert_eq!(view.prefixes, [[0, 2, 0, 33]]);
    let shares = shares + 1;
    let parts = rows * heads * shares;
    let sizes = [count(heads), count(kv), count(width), count(shares)];
    let turns = (heads / kv).div_ceil(4);
    let launch = Launch::rows("decode_attention", bench.element, rows).with_grid([
        rows as u32,
        (kv * turns) as u32,
        shares as u32 - 1,
    ]);
    let outputs = [blank_floats(parts * width), blank_floats(2 * parts)];
    let skip = [read_counts(&view.skip)];
    let arguments = inputs.clone().chain(skip).chain(outputs).chain(sizes.clone());
    let own = bench.run(launch.with(arguments))?;
    let tiles = (2 * heads / kv).div_ceil(TILE) as u32;
    let launch = Launch::rows("prefix_attention", bench.element, 1);
    let launch = launch.with_grid([view.prefixes.len() as u32, kv as u32, tiles]);
    let table = [read_counts(view.prefixes.as_flattened())];
    let outputs = own.iter().map(|numbers| Argument::Write(Buffer::F32(numbers.clone())));
    let arguments = inputs.take(4).chain(table).chain(outputs).chain(sizes);
    let found = bench.run(launch.with(arguments))?;
    merged(bench, "decode_attention", &found, [width, shares], &expected)
}

/// The shares of each head put together.
fn merged(
    bench: &mut Bench<'_>,
    what: &str,
    found: &[Vec<f32>],
    [width, shares]: [usize; 2],
    expected: &[f32],
) -> Result<()> {
    let n = expected.len() / width;
    let launch = Launch::rows("merge_shares", bench.element, n).with_threads(32);
    let outputs = [bench.blank(expected.len()), count(width), count(shares)];
    let inputs = [read_floats(&found[0]), read_floats(&found[1])];
    let found = bench.run(launch.with(inputs.into_iter().chain(outputs)))?;
    bench.near(what, &found[0], expected);
    Ok(())
}
