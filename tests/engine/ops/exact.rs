//! Every operation and its gradients against plain candle operations in f64.
//!
//! The oracle of an operation is a composition of candle's own functions, which candle
//! differentiates; central differences in f64 check the oracle in turn. Inputs are f32 numbers, so
//! both sides start from the same values.

use candle_core::{D, DType, Device, Result, Tensor, Var};
use proptest::prelude::*;
use rs_grpo_engine::checkpoint::Checkpoint;
use rs_grpo_engine::config::{Llama3Scaling, Rope};
use rs_grpo_engine::ops::cached_attention::{Placement, cached_attention, write};
use rs_grpo_engine::ops::logprob_head::{Head, LossGradient, Scores};
use rs_grpo_engine::ops::{
    Rotation, Spans, add_bias, attention, embedding, linear, rms_norm, rope, swiglu,
};
use rs_grpo_engine::tensor::{Frozen, Gradients, Weight};
use rs_grpo_engine::tensor::{Rows, Segment};
use test_support::{Stream, floats, folder, pool, relative_error, runner};

/// Sums of up to a few hundred terms of f32, relative to the largest: 16 units of 2⁻²⁴, rounded up.
const CLOSE: f32 = 1e-6;

fn double(tensor: &Tensor) -> Tensor {
    tensor.to_dtype(DType::F64).unwrap()
}

fn shapes(tensors: &[Tensor]) -> Vec<&[usize]> {
    tensors.iter().map(Tensor::dims).collect()
}

/// `f(inputs)`, and the gradients of `Σ f(inputs) · dy` with respect to each of them.
fn differentiate(
    inputs: &[Tensor],
    f: impl Fn(&[Tensor]) -> Result<Tensor>,
    dy: &Tensor,
) -> (Tensor, Vec<Option<Tensor>>) {
    let vars: Vec<Var> = inputs.iter().map(|input| Var::from_tensor(input).unwrap()).collect();
    let tensors: Vec<Tensor> = vars.iter().map(|var| var.as_tensor().clone()).collect();
    let y = f(&tensors).unwrap();
    let dy = dy.to_dtype(y.dtype()).unwrap();
    let store = (&y * dy).unwrap().sum_all().unwrap().backward().unwrap();
    (y.detach(), vars.iter().map(|var| store.get(var).cloned()).collect())
}

/// Fails unless `op` on f32 inputs has the value and gradients of `oracle` on the same in f64.
#[track_caller]
fn agrees(
    inputs: &[Tensor],
    op: impl Fn(&[Tensor]) -> Result<Tensor>,
    oracle: impl Fn(&[Tensor]) -> Result<Tensor>,
) {
    let dy = Stream::new(77).tensor(op(inputs).unwrap().dims());
    let (found, found_gradients) = differentiate(inputs, op, &dy);
    let wide: Vec<Tensor> = inputs.iter().map(double).collect();
    let (expected, expected_gradients) = differentiate(&wide, oracle, &dy);
    assert_eq!(found.dims(), expected.dims());
    let what = format!("{:?}", shapes(inputs));
    near(&floats(&found), &floats(&expected), &what);
    for (i, (found, expected)) in found_gradients.iter().zip(&expected_gradients).enumerate() {
        let (found, expected) = (found.as_ref().unwrap(), expected.as_ref().unwrap());
        assert_eq!(found.dims(), expected.dims());
        near(&floats(found), &floats(expected), &format!("{what}: gradient {i}"));
    }
}

/// Fails unless candle's gradients of `oracle` are its central differences, whose error is about
/// h² = 1e-8 of the third derivative and 1e-16/h = 1e-12 from rounding.
#[track_caller]
fn is_differentiated(inputs: &[Tensor], oracle: impl Fn(&[Tensor]) -> Result<Tensor>) {
    let h = 1e-4;
    let inputs: Vec<Tensor> = inputs.iter().map(double).collect();
    let dy = Stream::new(78).tensor(oracle(&inputs).unwrap().dims());
    let (_, gradients) = differentiate(&inputs, &oracle, &dy);
    let wide = double(&dy);
    let loss = |inputs: &[Tensor]| -> f64 {
        let y = oracle(inputs).unwrap();
        (y * &wide).unwrap().sum_all().unwrap().to_scalar().unwrap()
    };
    for (i, input) in inputs.iter().enumerate() {
        let numbers: Vec<f64> = input.flatten_all().unwrap().to_vec1().unwrap();
        let gradient = gradients[i].as_ref().unwrap().flatten_all().unwrap();
        for (at, expected) in gradient.to_vec1::<f64>().unwrap().into_iter().enumerate() {
            let moved = |by: f64| {
                let (mut numbers, mut inputs) = (numbers.clone(), inputs.clone());
                numbers[at] += by;
                inputs[i] = Tensor::from_vec(numbers, input.shape(), &Device::Cpu).unwrap();
                loss(&inputs)
            };
            let found = (moved(h) - moved(-h)) / (2.0 * h);
            assert!((found - expected).abs() < 1e-6, "input {i}, {at}: {found} for {expected}");
        }
    }
}

/// Fails unless the difference is small relative to the largest number expected, or to 1: the terms
/// of a gradient are about 1 and may cancel, as in the attention of a single token.
#[track_caller]
fn near(found: &[f32], expected: &[f32], what: &str) {
    within(CLOSE, found, expected, what);
}

#[track_caller]
fn within(tolerance: f32, found: &[f32], expected: &[f32], what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let largest = |numbers: &[f32]| numbers.iter().fold(0.0_f32, |a, x| a.max(x.abs()));
    let differences: Vec<f32> = found.iter().zip(expected).map(|(a, b)| a - b).collect();
    let (error, scale) = (largest(&differences), largest(expected).max(1.0));
    // Written so that a NaN fails.
    assert!(differences.iter().all(|d| d.abs() <= tolerance * scale), "{what}: off by {error:e}");
}

fn tensors(seed: u64, shapes: &[&[usize]]) -> Vec<Tensor> {
    let mut stream = Stream::new(seed);
    shapes.iter().map(|shape| stream.tensor(shape)).collect()
}

fn trained(tensor: &Tensor) -> Weight {
    Weight::Trained(Var::from_tensor(tensor).unwrap())
}

fn frozen(tensor: &Tensor) -> Weight {
    Weight::Frozen(Frozen::Tensor(tensor.clone()))
}

// linear and add_bias

fn linear_oracle(inputs: &[Tensor]) -> Result<Tensor> {
    let (x, w) = (&inputs[0], &inputs[1]);
    let rows = x.elem_count() / x.dim(D::Minus1)?;
    let mut dims = x.dims().to_vec();
    *dims.last_mut().unwrap() = w.dim(0)?;
    x.reshape((rows, x.dim(D::Minus1)?))?.matmul(&w.t()?)?.reshape(dims)
}

/// The gradients of a trained matrix are those of its variable: `linear` takes it as one.
#[test]
fn linear_is_a_matrix_product() {
    for (m, k, n) in [(1, 1, 1), (1, 37, 3), (5, 16, 20), (33, 70, 31), (100, 200, 67)] {
        let inputs = tensors(1, &[&[m, k], &[n, k]]);
        let dy = Stream::new(2).tensor(&[m, n]);
        let weight = trained(&inputs[1]);
        let x = Var::from_tensor(&inputs[0]).unwrap();
        let y = linear(x.as_tensor(), &weight, true).unwrap();
        let store = (&y * &dy).unwrap().sum_all().unwrap().backward().unwrap();
        let found = [&y, store.get(&x).unwrap(), store.get(weight.var().unwrap()).unwrap()];
        let wide: Vec<Tensor> = inputs.iter().map(double).collect();
        let (y, gradients) = differentiate(&wide, linear_oracle, &dy);
        let expected = [Some(y)].into_iter().chain(gradients);
        for (i, (found, expected)) in found.into_iter().zip(expected).enumerate() {
            let error = relative_error(&floats(found), &floats(&expected.unwrap()));
            assert!(error < CLOSE, "{:?}, number {i}: off by {error:e}", (m, k, n));
        }
    }
    is_differentiated(&tensors(3, &[&[2, 3, 5], &[4, 5]]), linear_oracle);
}

#[test]
fn linear_with_a_frozen_weight_has_the_same_gradient_of_its_input() {
    for shape in [&[1, 1, 7][..], &[3, 2, 37], &[40, 37]] {
        let k = shape[shape.len() - 1];
        let inputs = tensors(4, &[shape, &[19, k]]);
        let weight = frozen(&inputs[1]);
        let wide = double(&inputs[1]);
        let op = |x: &[Tensor]| linear(&x[0], &weight, true);
        agrees(&inputs[..1], op, |x| linear_oracle(&[x[0].clone(), wide.clone()]));
    }
}

/// `Σ f(x)` for a variable `x`; the gradients that exist, as those of `x` and of `others`.
fn gets_gradient(f: impl Fn(&Tensor) -> Tensor, x: &Tensor, others: &[&Tensor]) -> Vec<bool> {
    let x = Var::from_tensor(x).unwrap();
    let store = f(x.as_tensor()).sum_all().unwrap().backward().unwrap();
    let others = others.iter().map(|tensor| store.get(tensor).is_some());
    [store.get(&x).is_some()].into_iter().chain(others).collect()
}

#[test]
fn frozen_weights_get_no_gradient() {
    let inputs = tensors(5, &[&[3, 8], &[4, 8], &[8]]);
    let (x, matrix, row) = (&inputs[0], &inputs[1], &inputs[2]);
    let of = |f: &dyn Fn(&Tensor) -> Result<Tensor>, weight: &Tensor| {
        gets_gradient(|x| f(x).unwrap(), x, &[weight])
    };
    assert_eq!(of(&|x| linear(x, &frozen(matrix), true), matrix), [true, false]);
    assert_eq!(of(&|x| rms_norm(x, row, 1e-6), row), [true, false]);
    assert_eq!(of(&|x| add_bias(x, row), row), [true, false]);
    // A trained matrix outside of training.
    let weight = trained(matrix);
    let var = weight.var().unwrap().as_tensor();
    assert_eq!(of(&|x| linear(x, &weight, false), var), [true, false]);
    assert_eq!(of(&|x| linear(x, &weight, true), var), [true, true]);
}

#[test]
fn nothing_is_recorded_of_frozen_weights_on_plain_inputs() {
    let inputs = tensors(6, &[&[3, 8], &[4, 8], &[8]]);
    let y = linear(&inputs[0], &frozen(&inputs[1]), true).unwrap();
    assert!(!y.track_op());
    assert!(!linear(&inputs[0], &trained(&inputs[1]), false).unwrap().track_op());
    assert!(!rms_norm(&inputs[0], &inputs[2], 1e-6).unwrap().track_op());
}

/// The narrow numbers are in the committed checkpoints, one in bf16 and one in f16.
#[test]
fn a_weight_in_its_file_gives_the_bits_of_its_widened_form() {
    for case in ["qwen2-untied-bf16", "llama-tied-f16"] {
        let checkpoint = Checkpoint::open(&folder(case)).unwrap();
        for name in ["model.layers.0.mlp.gate_proj.weight", "model.embed_tokens.weight"] {
            let mapped = checkpoint.tensor(name).unwrap();
            assert_eq!(mapped.storage().bytes(), 2, "{case}: {name}");
            let shape = mapped.shape();
            let wide = Tensor::from_vec(mapped.to_f32(), shape, &Device::Cpu).unwrap();
            let x = Stream::new(8).tensor(&[41, shape[1]]);
            let dy = Stream::new(9).tensor(&[41, shape[0]]);
            let run = |weight: Weight| {
                let (y, dx) =
                    differentiate(std::slice::from_ref(&x), |x| linear(&x[0], &weight, true), &dy);
                (floats(&y), floats(dx[0].as_ref().unwrap()))
            };
            let narrow = run(Weight::Frozen(Frozen::Mapped(mapped.clone())));
            assert_eq!(narrow, run(frozen(&wide)), "{case}: {name}");
            assert_eq!(narrow.0, run(trained(&wide)).0, "{case}: {name}");
        }
    }
}

#[test]
fn add_bias_adds_to_every_row() {
    let oracle = |inputs: &[Tensor]| inputs[0].broadcast_add(&inputs[1]);
    for shape in [&[1, 1][..], &[1, 5], &[70, 33], &[4, 3, 17]] {
        let inputs = tensors(10, &[shape, &shape[shape.len() - 1..]]);
        agrees(&inputs, |x| add_bias(&x[0], &x[1]), oracle);
    }
    is_differentiated(&tensors(11, &[&[2, 3], &[3]]), oracle);
}

// rms_norm, rope and swiglu

fn norm_oracle(inputs: &[Tensor], eps: f64) -> Result<Tensor> {
    let mean = inputs[0].sqr()?.mean_keepdim(D::Minus1)?;
    inputs[0].broadcast_div(&(mean + eps)?.sqrt()?)?.broadcast_mul(&inputs[1])
}

#[test]
fn rms_norm_divides_by_the_root_mean_square() {
    for shape in [&[1, 1][..], &[1, 16], &[3, 5], &[64, 48], &[65, 31], &[33, 4, 12]] {
        let inputs = tensors(12, &[shape, &shape[shape.len() - 1..]]);
        for eps in [1e-6, 0.1] {
            agrees(&inputs, |x| rms_norm(&x[0], &x[1], eps), |x| norm_oracle(x, eps));
        }
    }
    is_differentiated(&tensors(13, &[&[3, 4], &[4]]), |x| norm_oracle(x, 1e-3));
}

/// √ε, not 0/0.
#[test]
fn rms_norm_of_zeros_is_zero() {
    let zeros = Tensor::zeros((2, 5), DType::F32, &Device::Cpu).unwrap();
    let weight = Tensor::ones(5, DType::F32, &Device::Cpu).unwrap();
    assert_eq!(floats(&rms_norm(&zeros, &weight, 1e-6).unwrap()), [0.0; 10]);
}

#[test]
fn gradients_of_rms_norm_do_not_depend_on_the_threads() {
    let inputs = tensors(14, &[&[300, 33], &[33]]);
    let dy = Stream::new(15).tensor(&[300, 33]);
    let run = |threads| {
        pool(threads).install(|| {
            let (y, gradients) = differentiate(&inputs, |x| rms_norm(&x[0], &x[1], 1e-6), &dy);
            let gradients: Vec<_> = gradients.iter().map(|g| floats(g.as_ref().unwrap())).collect();
            (floats(&y), gradients)
        })
    };
    assert_eq!(run(1), run(4));
}

fn llama3() -> Rope {
    let scaling = Llama3Scaling {
        factor: 8.0,
        low_freq_factor: 1.0,
        high_freq_factor: 4.0,
        original_max_positions: 64,
    };
    Rope { theta: 500_000.0, scaling: Some(scaling) }
}

/// The frequencies of transformers' `_compute_llama3_parameters`, in wavelengths. Frequencies and
/// angles are f32 there.
fn angle(rope: &Rope, head_dim: usize, position: usize, pair: usize) -> f64 {
    let plain = 1.0 / rope.theta.powf((2 * pair) as f64 / head_dim as f64);
    let frequency = match rope.scaling {
        None => plain,
        Some(Llama3Scaling {
            factor,
            low_freq_factor,
            high_freq_factor,
            original_max_positions,
        }) => {
            let (context, wavelength) =
                (original_max_positions as f64, std::f64::consts::TAU / plain);
            if wavelength < context / high_freq_factor {
                plain
            } else if wavelength > context / low_freq_factor {
                plain / factor
            } else {
                let smooth =
                    (context / wavelength - low_freq_factor) / (high_freq_factor - low_freq_factor);
                (1.0 - smooth) * plain / factor + smooth * plain
            }
        }
    };
    f64::from(position as f32 * frequency as f32)
}

/// The form of the paper: `x cos + rotate_half(x) sin`.
fn rope_oracle(x: &Tensor, rope: &Rope, positions: &[usize]) -> Result<Tensor> {
    let head_dim = x.dim(2)?;
    let half = head_dim / 2;
    let table = |f: fn(f64) -> f64| {
        let row = |&at: &usize| {
            (0..head_dim).map(move |c| f(angle(rope, head_dim, at, c % half))).collect::<Vec<_>>()
        };
        let numbers: Vec<f64> = positions.iter().flat_map(row).collect();
        Tensor::from_vec(numbers, (positions.len(), 1, head_dim), &Device::Cpu)
    };
    let turned = Tensor::cat(&[x.narrow(2, half, half)?.neg()?, x.narrow(2, 0, half)?], 2)?;
    x.broadcast_mul(&table(f64::cos)?)? + turned.broadcast_mul(&table(f64::sin)?)?
}

#[test]
fn rope_rotates_pairs_by_their_position() {
    for rope_of in [Rope { theta: 10_000.0, scaling: None }, llama3()] {
        for (tokens, heads, head_dim) in [(1, 1, 2), (33, 3, 12), (70, 2, 64)] {
            // Not from 0 on: packed sequences and caches begin anywhere.
            let positions: Vec<usize> = (0..tokens).map(|t| (t * 13 + 5) % 101).collect();
            let rotation = Rotation::new(&rope_of, head_dim, positions.iter().copied());
            let inputs = tensors(16, &[&[tokens, heads, head_dim]]);
            let oracle = |x: &[Tensor]| rope_oracle(&x[0], &rope_of, &positions);
            agrees(&inputs, |x| rope(&x[0], &rotation), oracle);
        }
    }
    is_differentiated(&tensors(17, &[&[2, 1, 6]]), |x| rope_oracle(&x[0], &llama3(), &[3, 50]));
}

#[test]
fn rope_at_position_zero_is_the_identity() {
    let x = Stream::new(18).tensor(&[2, 3, 10]);
    let rotation = Rotation::new(&llama3(), 10, [0, 0].into_iter());
    assert_eq!(floats(&rope(&x, &rotation).unwrap()), floats(&x));
}

fn swiglu_oracle(inputs: &[Tensor]) -> Result<Tensor> {
    let gate = &inputs[0];
    (gate / (gate.neg()?.exp()? + 1.0)?)? * &inputs[1]
}

#[test]
fn swiglu_gates_by_the_sigmoid() {
    for shape in [&[1][..], &[1, 15], &[3, 129], &[130, 127]] {
        let mut inputs = tensors(19, &[shape, shape]);
        agrees(&inputs, |x| swiglu(&x[0], &x[1]), swiglu_oracle);
        inputs[0] = (&inputs[0] * 20.0).unwrap();
        agrees(&inputs, |x| swiglu(&x[0], &x[1]), swiglu_oracle);
    }
    is_differentiated(&tensors(20, &[&[2, 3], &[2, 3]]), swiglu_oracle);
}

/// silu(g) is g for large g and 0 for small.
#[test]
fn swiglu_has_its_limits() {
    let tensor = |numbers: &[f32]| Tensor::new(numbers, &Device::Cpu).unwrap();
    let (gate, up) = (tensor(&[200.0, -200.0, 0.0]), tensor(&[3.0, 3.0, 3.0]));
    let dy = tensor(&[1.0; 3]);
    let (y, gradients) = differentiate(&[gate, up], |x| swiglu(&x[0], &x[1]), &dy);
    assert_eq!(floats(&y), [600.0, 0.0, 0.0]);
    assert_eq!(floats(gradients[0].as_ref().unwrap()), [3.0, 0.0, 1.5]);
    assert_eq!(floats(gradients[1].as_ref().unwrap()), [200.0, 0.0, 0.0]);
}

// attention

/// One matrix of scores for each sequence and head.
fn attention_oracle(inputs: &[Tensor], lengths: &[usize]) -> Result<Tensor> {
    let (heads, keys, width) = (inputs[0].dim(1)?, inputs[1].dim(1)?, inputs[0].dim(2)?);
    let (mut first, mut sequences) = (0, Vec::new());
    for &len in lengths {
        let causal: Vec<f64> =
            (0..len * len).map(|i| if i % len <= i / len { 1.0 } else { 0.0 }).collect();
        let causal = Tensor::from_vec(causal, (len, len), &Device::Cpu)?;
        let mut columns = Vec::new();
        for head in 0..heads {
            let part = |input: usize, head: usize| {
                inputs[input].narrow(0, first, len)?.narrow(1, head, 1)?.squeeze(1)
            };
            let shared = head / (heads / keys);
            let (q, k, v) = (part(0, head)?, part(1, shared)?, part(2, shared)?);
            let scores = (q.matmul(&k.t()?)? / (width as f64).sqrt())?;
            let weights = (scores.exp()? * &causal)?;
            let weights = weights.broadcast_div(&weights.sum_keepdim(1)?)?;
            columns.push(weights.matmul(&v.contiguous()?)?);
        }
        sequences.push(Tensor::stack(&columns, 1)?);
        first += len;
    }
    Tensor::cat(&sequences, 0)
}

fn attention_inputs(seed: u64, t: usize, heads: [usize; 2], width: usize) -> Vec<Tensor> {
    let [heads, keys] = heads;
    let (q, k) = ([t, heads, width], [t, keys, width]);
    let scale = |tensor: Tensor| (tensor * 2.0).unwrap();
    tensors(seed, &[&q, &k, &k]).into_iter().map(scale).collect()
}

#[test]
fn attention_is_causal_and_within_sequences() {
    let packed = [&[1][..], &[31], &[32], &[33], &[70], &[1, 31, 32, 33, 70], &[3, 1, 1, 40]];
    for lengths in packed {
        for (heads, width) in [([1, 1], 16), ([4, 2], 12), ([4, 1], 3), ([7, 1], 20), ([2, 2], 33)]
        {
            let inputs = attention_inputs(21, lengths.iter().sum(), heads, width);
            let shared = Spans::separate(lengths);
            let op = |x: &[Tensor]| attention(&x[0], &x[1], &x[2], &shared);
            agrees(&inputs, op, |x| attention_oracle(x, lengths));
        }
    }
    is_differentiated(&attention_inputs(22, 5, [4, 2], 3), |x| attention_oracle(x, &[2, 3]));
}

/// Completions that share a prompt, against the same sequences with the prompt written out for each:
/// the same values to the last bit, and the gradient of a shared row the sum of its copies'.
#[test]
fn attention_of_branches_is_that_of_whole_sequences() {
    for (trunk, branches) in [(1, &[1, 2][..]), (5, &[3, 40, 1]), (40, &[33, 2]), (3, &[])] {
        for (heads, width) in [([1, 1], 16), ([4, 2], 12), ([7, 1], 20)] {
            let (t, mut next) = (trunk + branches.iter().sum::<usize>() + 4, trunk);
            // Row of each token of the sequences written out, the last of 4 tokens that share nothing;
            // and the row that is that token's own.
            let (mut rows, mut own, mut lengths) = (Vec::new(), vec![0; t], Vec::new());
            let starts = if branches.is_empty() { vec![0] } else { branches.to_vec() };
            for len in starts {
                rows.extend(0..trunk as u32);
                rows.extend(next as u32..(next + len) as u32);
                lengths.push(trunk + len);
                next += len;
            }
            rows.extend(t as u32 - 4..t as u32);
            lengths.push(4);
            rows.iter().enumerate().for_each(|(at, &row)| own[row as usize] = at as u32);
            let inputs = attention_inputs(27, t, heads, width);
            let spans = Spans::trees([(trunk, branches), (4, &[])]);
            let dy = Stream::new(28).tensor(&[t, heads[0], width]);
            let shared = |x: &[Tensor]| attention(&x[0], &x[1], &x[2], &spans);
            let whole = |x: &[Tensor]| {
                let rows = Tensor::new(rows.as_slice(), &Device::Cpu)?;
                let x: Vec<_> = x.iter().map(|x| x.index_select(&rows, 0).unwrap()).collect();
                let y = attention(&x[0], &x[1], &x[2], &Spans::separate(&lengths))?;
                y.index_select(&Tensor::new(own.as_slice(), &Device::Cpu)?, 0)
            };
            let (y, gradients) = differentiate(&inputs, shared, &dy);
            let (expected, slow) = differentiate(&inputs, whole, &dy);
            assert_eq!(floats(&y), floats(&expected), "{trunk} {branches:?}");
            for (fast, slow) in gradients.iter().flatten().zip(slow.iter().flatten()) {
                for (a, b) in floats(fast).into_iter().zip(floats(slow)) {
                    assert!((a - b).abs() < 1e-5, "{a} {b} {trunk} {branches:?}");
                }
            }
        }
    }
}

/// One key: its value, whatever the score.
#[test]
fn attention_of_a_first_token_is_its_value() {
    let inputs = attention_inputs(23, 1, [4, 2], 6);
    let y = attention(&inputs[0], &inputs[1], &inputs[2], &Spans::separate(&[1])).unwrap();
    let value = floats(&inputs[2]);
    let expected = [&value[..6], &value[..6], &value[6..], &value[6..]].concat();
    assert_eq!(floats(&y), expected);
}

/// Scores of some 10⁴, where exp of an unshifted score would overflow.
#[test]
fn attention_survives_large_scores() {
    let inputs: Vec<Tensor> =
        attention_inputs(24, 40, [2, 1], 16).iter().map(|x| (x * 100.0).unwrap()).collect();
    let dy = Stream::new(25).tensor(&[40, 2, 16]);
    let op = |x: &[Tensor]| attention(&x[0], &x[1], &x[2], &Spans::separate(&[40]));
    let (y, gradients) = differentiate(&inputs, op, &dy);
    let all = gradients.iter().flatten().chain([&y]).flat_map(floats);
    assert!(all.into_iter().all(f32::is_finite));
}

#[test]
fn attention_has_the_same_bits_packed_and_alone_and_on_any_number_of_threads() {
    let lengths = [1, 31, 32, 33, 70];
    let inputs = attention_inputs(26, lengths.iter().sum(), [4, 2], 20);
    let run = |inputs: &[Tensor], lengths: &[usize]| {
        let dy = inputs[0].detach();
        let op = |x: &[Tensor]| attention(&x[0], &x[1], &x[2], &Spans::separate(lengths));
        let (y, gradients) = differentiate(inputs, op, &dy);
        [Some(y)].into_iter().chain(gradients).map(|x| floats(&x.unwrap())).collect::<Vec<_>>()
    };
    let packed = pool(4).install(|| run(&inputs, &lengths));
    assert_eq!(pool(1).install(|| run(&inputs, &lengths)), packed);
    let (mut alone, mut first) = (vec![Vec::new(); 4], 0);
    for len in lengths {
        let part: Vec<Tensor> =
            inputs.iter().map(|x| x.narrow(0, first, len).unwrap().contiguous().unwrap()).collect();
        alone.iter_mut().zip(run(&part, &[len])).for_each(|(all, part)| all.extend(part));
        first += len;
    }
    assert_eq!(alone, packed);
}

// cached_attention

/// The rows of several sequences a few at a time, into a cache whose pages lie out of order.
fn cached(inputs: &[Tensor], lengths: &[usize], page: usize, step: usize) -> Tensor {
    let pages: Vec<usize> = lengths.iter().map(|len| len.div_ceil(page)).collect();
    let slots = pages.iter().sum::<usize>() * page;
    let dims = inputs[1].dims();
    let empty = || Tensor::full(f32::NAN, (slots, dims[1], dims[2]), &Device::Cpu).unwrap();
    let (keys, values) = (empty(), empty());
    let segments = |sequence: usize, end: usize| -> Vec<Segment> {
        let after: usize = pages[sequence + 1..].iter().sum();
        let slot = |piece: usize| (after + pages[sequence] - 1 - piece) * page;
        let piece = |i: usize| Segment { slot: slot(i), len: page.min(end - i * page) };
        (0..end.div_ceil(page)).map(piece).collect()
    };
    let firsts: Vec<usize> =
        (0..lengths.len()).map(|sequence| lengths[..sequence].iter().sum()).collect();
    let mut outputs = vec![None; lengths.iter().sum()];
    for start in (0..*lengths.iter().max().unwrap()).step_by(step) {
        let running = (0..lengths.len()).filter(|&sequence| start < lengths[sequence]);
        let ranges: Vec<_> = running.map(|s| (s, (start + step).min(lengths[s]))).collect();
        let placed: Vec<_> = ranges.iter().map(|&(s, end)| segments(s, end)).collect();
        let tokens = vec![0; step];
        let batch: Vec<Rows<'_>> = ranges
            .iter()
            .zip(&placed)
            .map(|(&(_, end), segments)| Rows { tokens: &tokens[..end - start], start, segments })
            .collect();
        let placement = Placement::new(&batch);
        let pick = |x: &Tensor| {
            let rows = ranges.iter().map(|&(s, end)| x.narrow(0, firsts[s] + start, end - start));
            Tensor::cat(&rows.collect::<Result<Vec<_>>>().unwrap(), 0).unwrap()
        };
        write(&keys, &pick(&inputs[1]), &placement).unwrap();
        write(&values, &pick(&inputs[2]), &placement).unwrap();
        let y = cached_attention(&pick(&inputs[0]), &keys, &values, &placement).unwrap();
        let rows = ranges.iter().flat_map(|&(s, end)| (start..end).map(move |at| (s, at)));
        for (row, (sequence, at)) in rows.enumerate() {
            outputs[firsts[sequence] + at] = Some(y.narrow(0, row, 1).unwrap());
        }
    }
    Tensor::cat(&outputs.into_iter().map(Option::unwrap).collect::<Vec<_>>(), 0).unwrap()
}

/// And so is near the oracle, as attention is.
#[test]
fn a_cache_gives_the_bits_of_attention_however_it_is_filled() {
    let lengths = [1, 31, 33, 70];
    for (heads, width) in [([4, 2], 12), ([7, 1], 16), ([2, 2], 33)] {
        let inputs = attention_inputs(27, lengths.iter().sum(), heads, width);
        let expected =
            attention(&inputs[0], &inputs[1], &inputs[2], &Spans::separate(&lengths)).unwrap();
        for (page, step) in [(70, 70), (16, 1), (5, 7), (1, 40)] {
            let found = cached(&inputs, &lengths, page, step);
            assert_eq!(floats(&found), floats(&expected), "pages of {page}, {step} at a time");
        }
    }
}

// embedding

#[test]
fn embedding_looks_rows_up_and_sums_the_gradients_of_repeated_tokens() {
    let (vocab, width) = (11, 5);
    let tokens = [3, 0, 3, 10, 3, 0];
    let (table, dy) =
        (Stream::new(28).tensor(&[vocab, width]), Stream::new(29).tensor(&[6, width]));
    let oracle = |x: &[Tensor]| x[0].index_select(&Tensor::new(&tokens, &Device::Cpu)?, 0);
    let (y, gradients) = differentiate(&[double(&table)], oracle, &dy);
    let found = embedding::forward(&tokens, &Frozen::Tensor(table.clone())).unwrap();
    assert_eq!(floats(&found), floats(&y));
    // On top of what is there, and nothing for tokens that do not occur.
    let mut sum = vec![1.0; vocab * width];
    embedding::backward(&tokens, &dy, &mut sum).unwrap();
    let expected = (gradients[0].as_ref().unwrap() + 1.0).unwrap();
    assert!(relative_error(&sum, &floats(&expected)) < CLOSE);
    assert_eq!(sum[width..3 * width], [1.0; 10]);
    is_differentiated(&[table], oracle);
}

#[test]
fn embedding_reads_narrow_tables_exactly() {
    for case in ["qwen2-untied-bf16", "llama-tied-f16"] {
        let checkpoint = Checkpoint::open(&folder(case)).unwrap();
        let table = checkpoint.tensor("model.embed_tokens.weight").unwrap();
        let width = table.shape()[1];
        let found = embedding::forward(&[7, 1], &Frozen::Mapped(table.clone())).unwrap();
        let wide = table.to_f32();
        assert_eq!(floats(&found), [&wide[7 * width..8 * width], &wide[width..2 * width]].concat());
    }
}

// logprob_head

/// A logit and the log of the sum of exponentials are about 10 here, rounded to 5e-7 each, which the
/// exponential of their difference shows as a relative error of a probability; the gradient of an
/// entropy multiplies that by a log-probability.
const HEAD: f32 = 5e-6;

/// Log-probabilities and entropies, `[2, t]`, of hidden states and a matrix.
fn head_oracle(inputs: &[Tensor], targets: &[u32], temperature: f64) -> Result<Tensor> {
    let logits = (inputs[0].matmul(&inputs[1].t()?)? / temperature)?;
    let logprobs = logits.broadcast_sub(&logits.exp()?.sum_keepdim(1)?.log()?)?;
    let targets = Tensor::new(targets, &Device::Cpu)?.unsqueeze(1)?;
    let entropies = (logprobs.exp()? * &logprobs)?.sum(1)?.neg()?;
    Tensor::stack(&[logprobs.gather(&targets, 1)?.squeeze(1)?, entropies], 0)
}

/// A problem for the head, with weights that are zero here and there.
struct Problem {
    inputs: Vec<Tensor>,
    targets: Vec<u32>,
    weights: LossGradient,
    temperature: f32,
}

impl Problem {
    fn new((t, vocab, width): (usize, usize, usize), temperature: f32, entropies: bool) -> Self {
        let inputs = tensors(30, &[&[t, width], &[vocab, width]]);
        let mut stream = Stream::new(31);
        let zeros = |numbers: Vec<f32>, n: usize| -> Vec<f32> {
            let keep = |(i, x): (usize, f32)| if i % n == 1 { 0.0 } else { x };
            numbers.into_iter().enumerate().map(keep).collect()
        };
        let logprobs = zeros(stream.numbers(t), 3);
        let entropies = if entropies { zeros(stream.numbers(t), 2) } else { Vec::new() };
        let weights = LossGradient { logprobs, entropies };
        Self { inputs, targets: stream.tokens(t, vocab), weights, temperature }
    }

    /// Scores as `[2, t]`, and gradients of hidden states and matrix.
    fn expected(&self) -> (Vec<f32>, Vec<Vec<f32>>) {
        let mut rows = self.weights.entropies.clone();
        rows.resize(self.targets.len(), 0.0);
        let dy = [&self.weights.logprobs[..], &rows].concat();
        let dy = Tensor::from_vec(dy, (2, self.targets.len()), &Device::Cpu).unwrap();
        let wide: Vec<Tensor> = self.inputs.iter().map(double).collect();
        let oracle = |x: &[Tensor]| head_oracle(x, &self.targets, f64::from(self.temperature));
        let (y, gradients) = differentiate(&wide, oracle, &dy);
        (floats(&y), gradients.iter().map(|g| floats(g.as_ref().unwrap())).collect())
    }

    fn found(&self, chunk_bytes: usize) -> (Scores, Vec<Vec<f32>>) {
        let weight = trained(&self.inputs[1]);
        let head = Head::new(&weight, "head").with_chunk_bytes(chunk_bytes);
        let (hidden, targets, mut gradients) = (&self.inputs[0], &self.targets, Gradients::new());
        let scores = head.scores(hidden, targets, self.temperature).unwrap();
        let of_hidden = head
            .backward(hidden, targets, self.temperature, &self.weights, &mut gradients)
            .unwrap();
        (scores, vec![floats(&of_hidden), floats(gradients.get("head").unwrap())])
    }
}

fn problems() -> impl Iterator<Item = Problem> {
    let sizes = [(1, 1, 1), (1, 40, 7), (5, 16, 16), (33, 97, 20), (70, 300, 33)];
    let settings = [(1.0, false), (0.7, true), (2.5, true)];
    sizes.into_iter().flat_map(move |size| settings.map(|(t, h)| Problem::new(size, t, h)))
}

#[test]
fn the_head_has_log_probabilities_entropies_and_their_gradients() {
    for problem in problems() {
        let (y, gradients) = problem.expected();
        let (scores, found) = problem.found(1 << 20);
        let what = format!("{:?} at {}", shapes(&problem.inputs), problem.temperature);
        within(HEAD, &[scores.logprobs, scores.entropies].concat(), &y, &what);
        within(HEAD, &found[0], &gradients[0], &format!("{what}, hidden"));
        within(HEAD, &found[1], &gradients[1], &format!("{what}, matrix"));
    }
    let Problem { inputs, targets, .. } = Problem::new((3, 5, 4), 1.0, true);
    is_differentiated(&inputs, |x| head_oracle(x, &targets, 0.7));
}

/// Scores and the gradient of the hidden states are computed row by row; that of the matrix is summed
/// in another order.
#[test]
fn chunks_of_logits_change_no_score() {
    for problem in problems() {
        let row = 4 * problem.inputs[1].dims()[0];
        let (scores, gradients) = problem.found(1 << 20);
        for chunk_bytes in [0, row, 2 * row + 1, 32 * row] {
            let (again, gradients_again) = problem.found(chunk_bytes);
            assert_eq!(again, scores, "{chunk_bytes} bytes");
            within(HEAD, &gradients_again[0], &gradients[0], "hidden");
            within(HEAD, &gradients_again[1], &gradients[1], "matrix");
        }
    }
}

#[test]
fn one_pass_gives_what_scores_and_backward_give() {
    for problem in problems() {
        let Problem { inputs, targets, weights, temperature } = &problem;
        let weight = trained(&inputs[1]);
        let head = Head::new(&weight, "head").with_chunk_bytes(12 * inputs[1].dims()[0]);
        let (scores, separate) = problem.found(12 * inputs[1].dims()[0]);
        let mut gradients = Gradients::new();
        let mut seen = 0;
        let weigh = |rows: std::ops::Range<usize>, part: &Scores| {
            assert_eq!(rows.start, seen, "rows come in order");
            seen = rows.end;
            assert_eq!(part.logprobs, scores.logprobs[rows.clone()]);
            assert_eq!(part.entropies, scores.entropies[rows.clone()]);
            let part = |all: &[f32]| all.get(rows.clone()).unwrap_or_default().to_vec();
            LossGradient { logprobs: part(&weights.logprobs), entropies: part(&weights.entropies) }
        };
        let (found, of_hidden) = head
            .forward_backward(&inputs[0], targets, *temperature, weigh, &mut gradients)
            .unwrap();
        assert_eq!(seen, targets.len());
        assert_eq!(found, scores);
        assert_eq!(floats(&of_hidden), separate[0]);
        assert_eq!(floats(gradients.get("head").unwrap()), separate[1]);
    }
}

#[test]
fn rows_of_weight_zero_get_no_gradient() {
    let mut problem = Problem::new((4, 9, 5), 0.7, true);
    problem.weights = LossGradient { logprobs: vec![0.0; 4], entropies: vec![0.0; 4] };
    let (_, gradients) = problem.found(1 << 20);
    assert!(gradients.concat().iter().all(|&x| x == 0.0));
}

#[test]
fn a_frozen_head_gets_no_gradient_and_a_trained_one_adds_to_what_is_there() {
    let problem = Problem::new((6, 20, 7), 0.7, true);
    let Problem { inputs, targets, weights, temperature } = &problem;
    let (_, expected) = problem.found(1 << 20);
    let run = |weight: &Weight, gradients: &mut Gradients| {
        let head = Head::new(weight, "head");
        floats(&head.backward(&inputs[0], targets, *temperature, weights, gradients).unwrap())
    };
    let mut gradients = Gradients::new();
    assert_eq!(run(&frozen(&inputs[1]), &mut gradients), expected[0]);
    assert!(gradients.get("head").is_none());
    let weight = trained(&inputs[1]);
    run(&weight, &mut gradients);
    run(&weight, &mut gradients);
    let twice: Vec<f32> = expected[1].iter().map(|x| 2.0 * x).collect();
    within(HEAD, &floats(gradients.get("head").unwrap()), &twice, "two passes");
}

/// 20,000 rows are widened in three parts on the way back.
#[test]
fn a_head_in_its_file_gives_the_gradients_of_its_widened_form() {
    let checkpoint = Checkpoint::open(&folder("llama-tied-f16")).unwrap();
    let mapped = checkpoint.tensor("model.embed_tokens.weight").unwrap();
    let wide = Tensor::from_vec(mapped.to_f32(), mapped.shape(), &Device::Cpu).unwrap();
    let mut stream = Stream::new(33);
    let (hidden, targets) =
        (stream.tensor(&[5, mapped.shape()[1]]), stream.tokens(5, mapped.shape()[0]));
    let weights = LossGradient { logprobs: stream.numbers(5), entropies: stream.numbers(5) };
    let run = |weight: Weight| {
        let head = Head::new(&weight, "head");
        let scores = head.scores(&hidden, &targets, 0.9).unwrap();
        let of_hidden =
            head.backward(&hidden, &targets, 0.9, &weights, &mut Gradients::new()).unwrap();
        (scores, floats(&of_hidden))
    };
    assert_eq!(run(Weight::Frozen(Frozen::Mapped(mapped.clone()))), run(frozen(&wide)));
}

/// More rows than are widened at a time on the way back, 8,192.
#[test]
fn a_large_vocabulary_has_the_same_gradients() {
    let problem = Problem::new((3, 20_000, 3), 1.0, true);
    let (y, gradients) = problem.expected();
    let (scores, found) = problem.found(1 << 20);
    within(HEAD, &[scores.logprobs, scores.entropies].concat(), &y, "scores");
    within(HEAD, &found[0], &gradients[0], "hidden");
    within(HEAD, &found[1], &gradients[1], "matrix");
}

/// p = 1 for each of v tokens: log p = −ln v and the entropy is ln v.
#[test]
fn equal_logits_have_the_largest_entropy() {
    let weight = frozen(&Tensor::zeros((50, 4), DType::F32, &Device::Cpu).unwrap());
    let hidden = Stream::new(34).tensor(&[2, 4]);
    let scores = Head::new(&weight, "head").scores(&hidden, &[0, 49], 0.3).unwrap();
    within(HEAD, &scores.entropies, &[50_f32.ln(); 2], "entropies");
    within(HEAD, &scores.logprobs, &[-50_f32.ln(); 2], "log-probabilities");
}

/// Random sizes, once more for what no list thinks of.
#[test]
fn random_sizes_agree_with_f64() {
    let sizes = (1..40_usize, 1..40_usize, 1..40_usize);
    let test = |(a, b, c): (usize, usize, usize)| {
        let inputs = tensors(35, &[&[a, b], &[b]]);
        agrees(&inputs, |x| rms_norm(&x[0], &x[1], 1e-5), |x| norm_oracle(x, 1e-5));
        let inputs = tensors(36, &[&[a, c], &[a, c]]);
        agrees(&inputs, |x| swiglu(&x[0], &x[1]), swiglu_oracle);
        let inputs = attention_inputs(37, a + b, [2 * (1 + c % 3), 2], c);
        let lengths = Spans::separate(&[a, b]);
        let op = |x: &[Tensor]| attention(&x[0], &x[1], &x[2], &lengths);
        agrees(&inputs, op, |x| attention_oracle(x, &[a, b]));
        prop_assert!(true);
        Ok(())
    };
    runner(40).run(&sizes, test).unwrap();
}
