//! Shapes that do not fit are refused with a message that has them, and never end in a panic.

use candle_core::{DType, Device, Tensor};
use proptest::prelude::*;
use rs_grpo_engine::config::Rope;
use rs_grpo_engine::ops::cached_attention::{Placement, cached_attention, write};
use rs_grpo_engine::ops::logprob_head::{Head, LossGradient};
use rs_grpo_engine::ops::{
    Rotation, Spans, add_bias, attention, embedding, linear, rms_norm, rope, swiglu,
};
use rs_grpo_engine::tensor::{Frozen, Gradients, Weight};
use rs_grpo_engine::tensor::{Rows, Segment};
use test_support::{Stream, runner};

fn tensor(shape: &[usize]) -> Tensor {
    Stream::new(1).tensor(shape)
}

fn weight(shape: &[usize]) -> Weight {
    Weight::Frozen(Frozen::Tensor(tensor(shape)))
}

/// Up to four axes of up to four elements, none included.
fn shapes() -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(0..4_usize, 0..4)
}

/// Goes back from `y` if there is one, and fails unless that works, or if `fits` and the outcome
/// differ.
fn outcome(y: candle_core::Result<Tensor>, fits: bool, what: String) -> Result<(), TestCaseError> {
    match y {
        Ok(y) => {
            prop_assert!(fits, "{what} was accepted and gave {:?}", y.dims());
            prop_assert!(y.sum_all().and_then(|sum| sum.backward()).is_ok(), "{what}");
        }
        Err(error) => {
            prop_assert!(!fits, "{what} was refused: {error}");
            prop_assert!(has_a_shape(&error.to_string()), "{what}: {error}");
        }
    }
    Ok(())
}

/// Whether a message has something like `[3, 4]`, or says that a tensor has no axis.
fn has_a_shape(message: &str) -> bool {
    message.contains('[') && message.contains(']')
}

fn variable(shape: &[usize]) -> Tensor {
    candle_core::Var::from_tensor(&tensor(shape)).unwrap().into_inner()
}

#[test]
fn operations_on_rows_take_every_shape_that_fits_and_refuse_the_others() {
    let test = |(x, w): (Vec<usize>, Vec<usize>)| {
        let (width, what) = (x.last().copied(), format!("{x:?} with {w:?}"));
        let (tensor_x, tensor_w) = (variable(&x), variable(&w));
        let row = w.len() == 1 && width == Some(w[0]);
        outcome(add_bias(&tensor_x, &tensor_w), row, format!("add_bias {what}"))?;
        outcome(rms_norm(&tensor_x, &tensor_w, 1e-6), row, format!("rms_norm {what}"))?;
        outcome(swiglu(&tensor_x, &tensor_w), x == w, format!("swiglu {what}"))?;
        let matrix = w.len() == 2 && width == Some(w[1]);
        outcome(linear(&tensor_x, &weight(&w), true), matrix, format!("linear {what}"))?;
        let trained = Weight::Trained(candle_core::Var::from_tensor(&tensor(&w)).unwrap());
        outcome(linear(&tensor_x, &trained, true), matrix, format!("trained linear {what}"))
    };
    // Shapes at random, and pairs that fit more often than chance.
    let fitting = (shapes(), 0..4_usize, 0..4_usize).prop_map(|(mut x, k, n)| {
        x.push(k);
        let w = if n == 0 { vec![k] } else { vec![n, k] };
        (x, w)
    });
    let same = shapes().prop_map(|x| (x.clone(), x));
    runner(600).run(&prop_oneof![(shapes(), shapes()), fitting, same], test).unwrap();
}

#[test]
fn rope_takes_the_shape_of_its_angles_and_refuses_others() {
    let plain = Rope { theta: 10_000.0, scaling: None };
    let test = |(x, tokens, width): (Vec<usize>, usize, usize)| {
        let rotation = Rotation::new(&plain, width, 0..tokens);
        // Angles belong to pairs: an odd width has a coordinate too many.
        let fits = x.len() == 3 && x[0] == tokens && width > 1 && x[2] == width / 2 * 2;
        let what = format!("{x:?} at {tokens} positions of {width}");
        outcome(rope(&variable(&x), &rotation), fits, what)
    };
    let fitting = (0..4_usize, 0..4_usize, 0..5_usize);
    let fitting = fitting.prop_map(|(t, h, width)| (vec![t, h, width], t, width));
    let random = (shapes(), 0..4_usize, 0..5_usize);
    runner(400).run(&prop_oneof![random, fitting], test).unwrap();
}

/// What attention takes: at least one head of one element, and heads that share evenly.
fn attends(q: &[usize], k: &[usize], v: &[usize]) -> bool {
    q.len() == 3
        && k.len() == 3
        && k == v
        && q[2] == k[2]
        && q[1] * q[2] * k[1] > 0
        && q[1].is_multiple_of(k[1])
}

/// Shapes of queries, keys and values, which fit more often than chance.
fn attention_shapes() -> impl Strategy<Value = [Vec<usize>; 3]> {
    let random = [shapes(), shapes(), shapes()];
    let fitting = (0..5_usize, 0..5_usize, 0..4_usize, 0..4_usize)
        .prop_map(|(t, h, kv, width)| [vec![t, h, width], vec![t, kv, width], vec![t, kv, width]]);
    prop_oneof![random, fitting]
}

#[test]
fn attention_takes_heads_that_share_and_lengths_that_add_up_and_refuses_others() {
    let test = |([q, k, v], lengths): ([Vec<usize>; 3], Vec<usize>)| {
        let fits = attends(&q, &k, &v) && q[0] == k[0] && q[0] == lengths.iter().sum::<usize>();
        let y = attention(&variable(&q), &variable(&k), &variable(&v), &Spans::separate(&lengths));
        outcome(y, fits, format!("{q:?}, {k:?}, {v:?} over {lengths:?}"))
    };
    // Empty sequences among them.
    let lengths = prop::collection::vec(0..4_usize, 0..4);
    runner(2_000).run(&(attention_shapes(), lengths), test).unwrap();
}

#[test]
fn a_cache_takes_rows_of_its_own_shape_and_refuses_others() {
    type Placed = (usize, Vec<(usize, usize)>, usize);
    let test = |([q, k, v], (start, segments, new)): ([Vec<usize>; 3], Placed)| {
        let segments: Vec<Segment> =
            segments.into_iter().map(|(slot, len)| Segment { slot, len }).collect();
        let tokens = vec![0; new];
        let placement = Placement::new(&[Rows { tokens: &tokens, start, segments: &segments }]);
        let placed: usize = segments.iter().map(|segment| segment.len).sum();
        let inside = |slots: usize| segments.iter().all(|s| s.slot + s.len <= slots);
        let what = format!("{q:?}, {k:?}, {v:?} at {start}, {new} rows in {segments:?}");
        let y = cached_attention(&tensor(&q), &tensor(&k), &tensor(&v), &placement);
        let fits = attends(&q, &k, &v) && q[0] == new && placed >= start + new && inside(k[0]);
        outcome(y, fits, what.clone())?;
        // Queries and keys stand in for new rows and their cache.
        let written = write(&tensor(&k), &tensor(&q), &placement);
        let fits = q.len() == 3 && k.len() == 3 && q[1..] == k[1..] && q[0] == new;
        if !(fits && placed >= start + new) {
            let error = written.err().map(|error| error.to_string());
            // Candle itself refuses to write into a tensor that has no stride.
            let refused = |error: &str| has_a_shape(error) || error.contains("zero-stride");
            prop_assert!(error.as_deref().is_some_and(refused), "{what}: {error:?}");
        } else if inside(k[0]) && k.iter().all(|&size| size > 0) {
            prop_assert!(written.is_ok(), "{what}: {written:?}");
        }
        Ok(())
    };
    let segments = prop::collection::vec((0..4_usize, 0..4_usize), 0..3);
    runner(2_000).run(&(attention_shapes(), (0..3_usize, segments, 0..4_usize)), test).unwrap();
}

#[test]
fn embedding_refuses_tokens_and_gradients_outside_its_table() {
    let test = |(tokens, table, gradient): (Vec<u32>, Vec<usize>, Vec<usize>)| {
        let what = format!("{tokens:?} in {table:?} with {gradient:?}");
        let known = |&&token: &&u32| (token as usize) < table[0];
        let fits = table.len() == 2 && tokens.iter().filter(known).count() == tokens.len();
        let found = embedding::forward(&tokens, &Frozen::Tensor(tensor(&table)));
        prop_assert_eq!(found.is_ok(), fits, "{}", what);
        if table.len() == 2 {
            let mut sum = vec![0.0; table[0] * table[1]];
            let found = embedding::backward(&tokens, &tensor(&gradient), &mut sum);
            let width = gradient.get(1).copied().unwrap_or(0);
            let fits = gradient.len() == 2
                && gradient[0] == tokens.len()
                && tokens.iter().all(|&token| (token as usize + 1) * width <= sum.len())
                && (width == 0 || sum.len().is_multiple_of(width));
            prop_assert_eq!(found.is_ok(), fits, "{}: {:?}", what, found);
        }
        Ok(())
    };
    let tokens = prop::collection::vec(0..4_u32, 0..4);
    let random = (tokens, shapes(), shapes());
    let tokens = prop::collection::vec(0..4_u32, 0..4);
    let fitting = (tokens, 0..5_usize, 0..4_usize).prop_map(|(tokens, vocab, width)| {
        let rows = tokens.len();
        (tokens, vec![vocab, width], vec![rows, width])
    });
    runner(1_000).run(&prop_oneof![random, fitting], test).unwrap();
}

#[test]
fn the_head_refuses_what_does_not_fit_its_matrix_and_weights_of_other_rows() {
    type Case = (Vec<usize>, Vec<usize>, Vec<u32>, [usize; 2]);
    let test = |(hidden, matrix, targets, [logprobs, entropies]): Case| {
        let what = format!("{hidden:?}, {matrix:?}, {targets:?}, {logprobs}, {entropies}");
        let fits = matrix.len() == 2
            && hidden == [targets.len(), matrix[1]]
            && targets.iter().all(|&target| (target as usize) < matrix[0]);
        let weight = Weight::Trained(candle_core::Var::from_tensor(&tensor(&matrix)).unwrap());
        let (head, hidden) = (Head::new(&weight, "head").with_chunk_bytes(0), tensor(&hidden));
        let scores = head.scores(&hidden, &targets, 1.0);
        prop_assert_eq!(scores.is_ok(), fits, "{}: {:?}", what, scores);
        let weights =
            LossGradient { logprobs: vec![1.0; logprobs], entropies: vec![1.0; entropies] };
        let back = head.backward(&hidden, &targets, 1.0, &weights, &mut Gradients::new());
        let rows = targets.len();
        let fits = fits && logprobs == rows && (entropies == rows || entropies == 0);
        prop_assert_eq!(back.is_ok(), fits, "{}: {:?}", what, back);
        // A loss that gives each row, one at a time here, as many weights.
        let own = |_: std::ops::Range<usize>, _: &_| weights.clone();
        let pass = head.forward_backward(&hidden, &targets, 1.0, own, &mut Gradients::new());
        let fits = scores.is_ok() && (rows == 0 || (logprobs == 1 && entropies <= 1));
        prop_assert_eq!(pass.is_ok(), fits, "{}: {:?}", what, pass);
        Ok(())
    };
    let targets = || prop::collection::vec(0..4_u32, 0..4);
    let random = (shapes(), shapes(), targets(), [0..4_usize, 0..4_usize]);
    let fitting = (targets(), 0..5_usize, 0..4_usize, [0..4_usize, 0..4_usize]).prop_map(
        |(targets, vocab, width, weights)| {
            let rows = targets.len();
            (vec![rows, width], vec![vocab, width], targets, weights)
        },
    );
    let exact = (targets(), 0..5_usize, 0..4_usize, any::<bool>()).prop_map(
        |(targets, vocab, width, entropies)| {
            let rows = targets.len();
            let weights = [rows, if entropies { rows } else { 0 }];
            (vec![rows, width], vec![vocab, width], targets, weights)
        },
    );
    runner(1_000).run(&prop_oneof![random, fitting, exact], test).unwrap();
}

#[test]
fn temperatures_are_positive_and_finite() {
    let matrix = weight(&[3, 2]);
    for temperature in [0.0, -1.0, f32::NAN, f32::INFINITY] {
        let error = Head::new(&matrix, "head").scores(&tensor(&[1, 2]), &[0], temperature);
        assert!(error.unwrap_err().to_string().starts_with("temperature is"));
    }
}

#[test]
fn other_types_and_strides_are_refused() {
    let wide = Tensor::zeros((2, 2), DType::F64, &Device::Cpu).unwrap();
    let turned = tensor(&[2, 2]).t().unwrap();
    for x in [wide, turned] {
        let row = tensor(&[2]);
        assert!(rms_norm(&x, &row, 1e-6).is_err());
        assert!(add_bias(&x, &row).is_err());
        assert!(swiglu(&x, &x).is_err());
        assert!(linear(&x, &weight(&[2, 2]), false).is_err());
        assert!(linear(&tensor(&[2, 2]), &Weight::Frozen(Frozen::Tensor(x)), false).is_err());
    }
}
