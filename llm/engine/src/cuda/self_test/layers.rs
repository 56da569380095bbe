//! Norms, rotations, gates, biases and the embedding.

use super::bench::{Bench, count, differentiate, poisoned_f32, read_counts, read_floats};
use crate::Result;
use crate::config::Rope;
use crate::cuda::launch::{Argument, Buffer, Launch};
use crate::ops::{Rotation, add_bias, embedding, rms_norm, rope, swiglu};
use candle_core::{Device, Tensor};

const EPS: f32 = 1e-6;

pub(super) fn compare(bench: &mut Bench<'_>) -> Result<()> {
    for (rows, width) in [(1, 3), (3, 77), (5, 256), (2, 1000)] {
        norms(bench, rows, width)?;
        biases(bench, rows, width)?;
    }
    for (tokens, heads, width) in [(1, 1, 6), (5, 3, 10), (3, 4, 128), (2, 1, 256)] {
        rotations(bench, [tokens, heads, width], true)?;
        rotations(bench, [tokens, heads, width], false)?;
    }
    for [biased, normed] in [[false, false], [true, false], [false, true]] {
        qkv_rope_store(bench, [3, 4, 2, 10], [biased, normed])?;
        qkv_rope_store(bench, [2, 3, 1, 128], [biased, normed])?;
    }
    for n in [1, 129, 130, 5008] {
        gates(bench, n)?;
    }
    embeddings(bench)
}

fn norms(bench: &mut Bench<'_>, rows: usize, width: usize) -> Result<()> {
    let (x, w) = (bench.numbers(rows * width), bench.numbers(width));
    let (dy, before) = (bench.numbers(rows * width), bench.floats(width, 1.0));
    let f = |[x, w]: [&Tensor; 2]| rms_norm(x, w, EPS.into());
    let (y, [dx, dw]) = differentiate([(&x, &[rows, width]), (&w, &[width])], f, &dy)?;

    let launch = Launch::rows("rms_norm", bench.element, rows);
    let out = bench.poisoned(x.len());
    let arguments = [bench.read(&x), bench.read(&w), out, count(width), Argument::F32(EPS)];
    let found = bench.run(launch.with(arguments))?;
    bench.near("rms_norm", &found[0], &y);

    let [found_dx, found_dw] = norm_backward(bench, [&x, &w, &dy], &before, &dx)?;
    bench.near("rms_norm: gradient of x", &found_dx, &dx);
    let added: Vec<f32> = dw.iter().zip(&before).map(|(dw, before)| dw + before).collect();
    bench.near("rms_norm: gradient of the weight", &found_dw, &added);
    Ok(())
}

/// Gradients of a norm of rows; that of the weight is added to what is there. `dx` is what the CPU says
/// of the former.
fn norm_backward(
    bench: &mut Bench<'_>,
    [x, w, dy]: [&[f32]; 3],
    before: &[f32],
    dx: &[f32],
) -> Result<[Vec<f32>; 2]> {
    let (width, rows) = (w.len(), x.len() / w.len());
    let launch = Launch::rows("rms_norm_backward", bench.element, rows);
    let inputs = [bench.read(x), bench.read(w), bench.read(dy)];
    let outputs = [bench.poisoned(x.len()), poisoned_f32(rows)];
    let sizes = [count(width), Argument::F32(EPS), count(0)];
    let found =
        bench.run(launch.clone().with(inputs.clone().into_iter().chain(outputs).chain(sizes)))?;

    let old = bench.numbers(x.len());
    let outputs = [Argument::Write(bench.element.buffer(&old)), poisoned_f32(rows)];
    let sizes = [count(width), Argument::F32(EPS), count(1)];
    let added = bench.run(launch.with(inputs.into_iter().chain(outputs).chain(sizes)))?;
    let expected: Vec<f32> = old.iter().zip(dx).map(|(old, dx)| old + dx).collect();
    bench.near("rms_norm: gradient of x, added", &added[0], &expected);

    let inputs = [bench.read(x), bench.read(dy), read_floats(&found[1])];
    let of_weight = sum_over_rows(bench, "rms_norm_backward_weight", inputs, rows, before)?;
    Ok([found[0].clone(), of_weight])
}

/// A sum over rows, in slices that are then added to what is there.
fn sum_over_rows<const N: usize>(
    bench: &mut Bench<'_>,
    kernel: &'static str,
    inputs: [Argument; N],
    rows: usize,
    before: &[f32],
) -> Result<Vec<f32>> {
    let width = before.len();
    let slices = rows.div_ceil(2);
    let launch = Launch::columns(kernel, bench.element, width);
    let grid = [launch.grid[0], slices as u32, 1];
    let rest = [poisoned_f32(slices * width), count(rows), count(width)];
    let found = bench.run(launch.with_grid(grid).with(inputs.into_iter().chain(rest)))?;
    let launch = Launch::columns("sum_slices", bench.element, width);
    let sum = Argument::Write(Buffer::F32(before.to_vec()));
    let arguments = [read_floats(&found[0]), sum, count(slices), count(width)];
    Ok(bench.run(launch.with(arguments))?.remove(0))
}

fn biases(bench: &mut Bench<'_>, rows: usize, width: usize) -> Result<()> {
    let (x, b) = (bench.numbers(rows * width), bench.numbers(width));
    let dy = bench.numbers(rows * width);
    let f = |[x, b]: [&Tensor; 2]| add_bias(x, b);
    let (y, [_, db]) = differentiate([(&x, &[rows, width]), (&b, &[width])], f, &dy)?;

    let launch = Launch::rows("add_bias", bench.element, rows);
    let arguments = [bench.read(&x), bench.read(&b), bench.poisoned(x.len()), count(width)];
    let found = bench.run(launch.with(arguments))?;
    bench.near("add_bias", &found[0], &y);

    let inputs = [bench.read(&dy)];
    let found = sum_over_rows(bench, "add_bias_backward", inputs, rows, &vec![0.0; width])?;
    bench.near("add_bias: gradient of the bias", &found, &db);
    Ok(())
}

/// The norm of heads and their rotation, forward and backward.
fn rotations(
    bench: &mut Bench<'_>,
    [tokens, heads, width]: [usize; 3],
    normed: bool,
) -> Result<()> {
    let n = tokens * heads * width;
    let (x, w, dy) = (bench.numbers(n), bench.numbers(width), bench.numbers(n));
    let settings = Rope { theta: 1e4, scaling: None };
    let rotation = Rotation::new(&settings, width, 3..3 + tokens);
    // The kernels find the angles of a position in tables of all positions.
    let table = Rotation::new(&settings, width, 0..3 + tokens);
    let positions: Vec<u32> = (3..3 + tokens as u32).collect();
    let f = |[x, w]: [&Tensor; 2]| match normed {
        true => rope(&rms_norm(x, w, EPS.into())?, &rotation),
        false => rope(x, &rotation),
    };
    let (y, [dx, dw]) = differentiate([(&x, &[tokens, heads, width]), (&w, &[width])], f, &dy)?;

    let rows = tokens * heads;
    let launch = Launch::warps("head_norm_rope", bench.element, rows);
    let tables = [read_floats(table.cos()), read_floats(table.sin()), read_counts(&positions)];
    let flags = [Argument::F32(EPS), count(usize::from(normed))];
    let sizes =
        [bench.poisoned(n), count(rows), count(heads), count(width)].into_iter().chain(flags);
    let inputs = [bench.read(&x), bench.read(&w)];
    let inputs = inputs.into_iter().chain(tables.clone());
    let found = bench.run(launch.with(inputs.chain(sizes)))?;
    bench.near("head_norm_rope", &found[0], &y);

    let launch = Launch::warps("rope_backward", bench.element, rows);
    let inputs = [bench.read(&dy)].into_iter().chain(tables).chain([bench.poisoned(n)]);
    let turned = bench.run(launch.with(inputs.chain([rows, heads, width].map(count))))?;
    if !normed {
        bench.near("rope: gradient", &turned[0], &dx);
        return Ok(());
    }
    let [found_dx, found_dw] = norm_backward(bench, [&x, &w, &turned[0]], &vec![0.0; width], &dx)?;
    bench.near("head norm and rope: gradient of x", &found_dx, &dx);
    bench.near("head norm and rope: gradient of the weight", &found_dw, &dw);
    Ok(())
}

/// Queries, keys and values that one product gave, with the results of the CPU.
struct Qkv {
    x: Vec<f32>,
    bias: Vec<f32>,
    norms: [Vec<f32>; 2],
    rotation: Rotation,
    /// Queries, keys and values in separate rows.
    expected: [Vec<f32>; 3],
}

impl Qkv {
    fn new(
        bench: &mut Bench<'_>,
        [tokens, queries, keys, width]: [usize; 4],
        [biased, normed]: [bool; 2],
    ) -> Result<Self> {
        let heads = queries + 2 * keys;
        let (x, bias) = (bench.numbers(tokens * heads * width), bench.numbers(heads * width));
        let norms = [bench.numbers(width), bench.numbers(width)];
        let rotation = Rotation::new(&Rope { theta: 1e4, scaling: None }, width, 0..tokens);
        let mut sums = x.clone();
        if biased {
            sums.iter_mut().zip(bias.iter().cycle()).for_each(|(x, bias)| *x += bias);
            bench.element.round(&mut sums);
        }
        let sums = Tensor::from_slice(&sums, (tokens, heads, width), &Device::Cpu)?;
        let part = |first, count| sums.narrow(1, first, count)?.contiguous();
        let rotated = |x: Tensor, norm: &[f32]| match normed {
            true => {
                let norm = Tensor::from_slice(norm, width, &Device::Cpu)?;
                rope(&rms_norm(&x, &norm, EPS.into())?, &rotation)
            }
            false => rope(&x, &rotation),
        };
        let flat = |x: Tensor| Ok::<_, crate::Error>(x.flatten_all()?.to_vec1::<f32>()?);
        let expected = [
            flat(rotated(part(0, queries)?, &norms[0])?)?,
            flat(rotated(part(queries, keys)?, &norms[1])?)?,
            flat(part(queries + keys, keys)?)?,
        ];
        Ok(Self { x, bias, norms, rotation, expected })
    }
}

/// Queries, keys and values that one product gave, taken apart: keys and values are stored in a cache.
fn qkv_rope_store(
    bench: &mut Bench<'_>,
    sizes: [usize; 4],
    flags @ [biased, normed]: [bool; 2],
) -> Result<()> {
    let Qkv { x, bias, norms, rotation, expected } = Qkv::new(bench, sizes, flags)?;
    let [tokens, queries, keys, width] = sizes;
    // Rows go to slots in the other direction, of caches with one slot more.
    let slots: Vec<u32> = (1..=tokens as u32).rev().collect();
    let positions: Vec<u32> = (0..tokens as u32).collect();
    let (row, rows) = (keys * width, tokens * (queries + 2 * keys));
    let first = vec![7.0; row];
    let before: Vec<f32> =
        first.iter().copied().chain(std::iter::repeat_n(f32::NAN, tokens * row)).collect();
    let cache = || Argument::Write(bench.element.buffer(&before));
    let inputs = [&x, &bias, &norms[0], &norms[1]].map(|numbers| bench.read(numbers));
    let tables = [read_floats(rotation.cos()), read_floats(rotation.sin())];
    let mapping = [read_counts(&positions), read_counts(&slots)];
    let outputs = [bench.poisoned(expected[0].len()), cache(), cache()];
    let sizes = [rows, queries, keys, width].map(count).into_iter().chain([Argument::F32(EPS)]);
    let flags = [biased, normed].map(|flag| count(usize::from(flag)));
    let arguments = inputs.into_iter().chain(tables).chain(mapping).chain(outputs);
    let launch = Launch::warps("qkv_rope_store", bench.element, rows);
    let found = bench.run(launch.with(arguments.chain(sizes).chain(flags)))?;
    bench.near("qkv_rope_store: queries", &found[0], &expected[0]);
    for (at, name) in [(1, "keys"), (2, "values")] {
        let (untouched, cache) = found[at].split_at(row);
        let in_order: Vec<f32> = cache.chunks_exact(row).rev().flatten().copied().collect();
        bench.near(&format!("qkv_rope_store: {name}"), &in_order, &expected[at]);
        bench.same(&format!("qkv_rope_store: other slots of {name}"), untouched, &first);
    }
    Ok(())
}

fn gates(bench: &mut Bench<'_>, n: usize) -> Result<()> {
    let (gate, up, dy) = (bench.numbers(n), bench.numbers(n), bench.numbers(n));
    let f = |[gate, up]: [&Tensor; 2]| swiglu(gate, up);
    let (y, [dgate, dup]) = differentiate([(&gate, &[n]), (&up, &[n])], f, &dy)?;

    let size = Argument::U64(n as u64);
    let wide = bench.floats(n, 1.0);
    let launch = Launch::elements("cast", bench.element, n);
    let found = bench.run(launch.with([read_floats(&wide), bench.poisoned(n), size.clone()]))?;
    let mut expected = wide;
    bench.element.round(&mut expected);
    bench.same("cast", &found[0], &expected);

    let launch = Launch::elements("swiglu", bench.element, n);
    let arguments = [bench.read(&gate), bench.read(&up), bench.poisoned(n), size.clone()];
    let found = bench.run(launch.with(arguments))?;
    bench.near("swiglu", &found[0], &y);

    // The same as two rows, of a width that packs divide or not.
    if n.is_multiple_of(2) {
        let merged: Vec<f32> = (0..2)
            .flat_map(|row| [&gate, &up].map(|part| &part[row * n / 2..][..n / 2]).concat())
            .collect();
        let launch = Launch::rows("swiglu_rows", bench.element, 2).with_grid([2, 3, 1]);
        let arguments = [bench.read(&merged), bench.poisoned(n), count(n / 2)];
        let found = bench.run(launch.with(arguments))?;
        bench.near("swiglu_rows", &found[0], &y);
    }

    let launch = Launch::elements("swiglu_backward", bench.element, n);
    let inputs = [bench.read(&gate), bench.read(&up), bench.read(&dy)];
    let outputs = [bench.poisoned(n), bench.poisoned(n), size];
    let found = bench.run(launch.with(inputs.into_iter().chain(outputs)))?;
    bench.near("swiglu: gradient of the gate", &found[0], &dgate);
    bench.near("swiglu: gradient of up", &found[1], &dup);
    Ok(())
}

fn embeddings(bench: &mut Bench<'_>) -> Result<()> {
    let (vocab, width) = (11, 133);
    let tokens = [7u32, 3, 7, 0, 10, 3, 7];
    let table = bench.numbers(vocab * width);
    let expected: Vec<f32> =
        tokens.iter().flat_map(|&t| table[t as usize * width..][..width].to_vec()).collect();
    let launch = Launch::rows("embedding", bench.element, tokens.len());
    let out = bench.poisoned(expected.len());
    let arguments = [read_counts(&tokens), bench.read(&table), out, count(width)];
    let found = bench.run(launch.with(arguments))?;
    bench.same("embedding", &found[0], &expected);

    let dy = bench.numbers(expected.len());
    let before = bench.floats(vocab * width, 1.0);
    let mut sum = before.clone();
    let gradient = Tensor::from_slice(&dy, (tokens.len(), width), &Device::Cpu)?;
    embedding::backward(&tokens, &gradient, &mut sum)?;
    let gathered = embedding::Gathered::new(&tokens);
    let launch = Launch::rows("embedding_backward", bench.element, gathered.distinct.len());
    let tables = [&gathered.distinct, &gathered.begin, &gathered.rows].map(|t| read_counts(t));
    let outputs = [Argument::Write(Buffer::F32(before)), count(width)];
    let inputs = tables.into_iter().chain([bench.read(&dy)]);
    let found = bench.run(launch.with(inputs.chain(outputs)))?;
    bench.near("embedding: gradient", &found[0], &sum);
    Ok(())
}
