//! The log-probability head and the sampler.

use super::bench::{Bench, count, differentiate, poisoned_f32, read_counts, read_floats};
use crate::Result;
use crate::cuda::launch::{Argument, Buffer, Launch};
use crate::generate::{SamplingParams, draw};
use crate::ops::logprob_head::{Head, LossGradient};
use crate::tensor::{Frozen, Gradients, Weight};
use candle_core::{D, Device, Tensor};

pub(super) fn compare(bench: &mut Bench<'_>) -> Result<()> {
    for (rows, vocab, temperature) in [(1, 1, 1.0), (3, 131, 0.7), (4, 5001, 1.3)] {
        scores(bench, rows, vocab, temperature)?;
    }
    let plain = SamplingParams { temperature: 1.0, ..SamplingParams::default() };
    for params in [
        SamplingParams { temperature: 0.0, ..plain.clone() },
        plain.clone(),
        SamplingParams { temperature: 0.6, top_p: 0.9, ..plain.clone() },
        SamplingParams { temperature: 1.5, top_k: 7, ..plain.clone() },
        SamplingParams { top_k: 40, top_p: 0.8, min_p: 0.05, ..plain },
    ] {
        draws(bench, &params)?;
    }
    refused(bench)
}

/// Scores and their gradient, where the head's matrix is the identity: hidden states are logits.
fn scores(bench: &mut Bench<'_>, rows: usize, vocab: usize, temperature: f32) -> Result<()> {
    let logits = bench.floats(rows * vocab, 3.0);
    let (a, b) = (bench.floats(rows, 1.0), bench.floats(rows, 0.3));
    let targets: Vec<u32> = (0..rows).map(|row| (row * 7919 % vocab) as u32).collect();
    let (expected, of_logits) = from_cpu(&logits, &targets, temperature, [&a, &b])?;

    let inputs = [read_floats(&logits), read_counts(&targets)];
    let outputs = [poisoned_f32(rows), poisoned_f32(rows), poisoned_f32(rows)];
    let sizes = [count(vocab), Argument::F32(1.0 / temperature)];
    let launch = Launch::rows("logprob_scores", bench.element, rows);
    let arguments = inputs.clone().into_iter().chain(outputs).chain(sizes.clone());
    let found = bench.run(launch.with(arguments))?;
    bench.near("logprob_head: log-probabilities", &found[1], &expected[0]);
    bench.near("logprob_head: entropies", &found[2], &expected[1]);

    let known = [read_floats(&found[0]), read_floats(&found[2]), read_floats(&a), read_floats(&b)];
    let launch = Launch::rows("logprob_backward", bench.element, rows);
    let out = [bench.poisoned(logits.len())];
    let arguments = inputs.into_iter().chain(known).chain(out).chain(sizes);
    let found = bench.run(launch.with(arguments))?;
    bench.near("logprob_head: gradient of logits", &found[0], &of_logits);
    Ok(())
}

/// Log-probabilities and entropies of the head, and the gradient of `Σ a log p + b H`.
fn from_cpu(
    logits: &[f32],
    targets: &[u32],
    temperature: f32,
    [a, b]: [&[f32]; 2],
) -> Result<([Vec<f32>; 2], Vec<f32>)> {
    let (rows, vocab) = (targets.len(), logits.len() / targets.len());
    if vocab > 1000 {
        return from_candle(logits, targets, temperature, [a, b]);
    }
    let identity = Frozen::Tensor(Tensor::eye(vocab, candle_core::DType::F32, &Device::Cpu)?);
    let weight = Weight::Frozen(identity);
    let hidden = Tensor::from_slice(logits, (rows, vocab), &Device::Cpu)?;
    let weigh = |rows: std::ops::Range<usize>, _: &_| LossGradient {
        logprobs: a[rows.clone()].to_vec(),
        entropies: b[rows].to_vec(),
    };
    let mut gradients = Gradients::default();
    let head = Head::new(&weight, "head");
    let (scores, gradient) =
        head.forward_backward(&hidden, targets, temperature, weigh, &mut gradients)?;
    Ok(([scores.logprobs, scores.entropies], super::bench::to_floats(&gradient)?))
}

/// The same from candle's own operations, for vocabularies whose identity matrix would be too large.
fn from_candle(
    logits: &[f32],
    targets: &[u32],
    temperature: f32,
    [a, b]: [&[f32]; 2],
) -> Result<([Vec<f32>; 2], Vec<f32>)> {
    let (rows, vocab) = (targets.len(), logits.len() / targets.len());
    let index = Tensor::from_slice(targets, (rows, 1), &Device::Cpu)?;
    let f = |[logits]: [&Tensor; 1]| {
        let scores = (logits / f64::from(temperature))?;
        let shifted = scores.broadcast_sub(&scores.max_keepdim(D::Minus1)?.detach())?;
        let lse = shifted.exp()?.sum_keepdim(D::Minus1)?.log()?;
        let log_p = shifted.broadcast_sub(&lse)?;
        let entropy = (log_p.exp()? * &log_p)?.sum_keepdim(D::Minus1)?.neg()?;
        Tensor::cat(&[log_p.gather(&index, 1)?, entropy], 1)
    };
    let dy: Vec<f32> = a.iter().zip(b).flat_map(|(&a, &b)| [a, b]).collect();
    let (y, [gradient]) = differentiate([(logits, &[rows, vocab])], f, &dy)?;
    let column = |at: usize| y.iter().skip(at).step_by(2).copied().collect();
    Ok(([column(0), column(1)], gradient))
}

fn draws(bench: &mut Bench<'_>, params: &SamplingParams) -> Result<()> {
    let (rows, vocab) = (4, 777);
    let logits = bench.floats(rows * vocab, 3.0);
    let uniforms: Vec<f64> = (0..rows).map(|row| (row as f64 + 0.37) / rows as f64).collect();
    let mut expected: [Vec<f32>; 4] = Default::default();
    for (logits, &uniform) in logits.chunks_exact(vocab).zip(&uniforms) {
        let drawn = draw(logits, params, uniform)?;
        let numbers = [drawn.token as f32, drawn.logprob, drawn.model_logprob, drawn.entropy];
        expected.iter_mut().zip(numbers).for_each(|(column, number)| column.push(number));
    }
    let found = drawn(bench, &logits, &uniforms, params)?;
    bench.same("draw: tokens", &found[0], &expected[0]);
    let names = ["log-probabilities", "log-probabilities of the model", "entropies"];
    for (name, (found, expected)) in names.iter().zip(found[1..].iter().zip(&expected[1..])) {
        bench.near(&format!("draw: {name}"), found, expected);
    }
    Ok(())
}

/// Tokens, their log-probabilities, those of the model, and entropies.
fn drawn(
    bench: &mut Bench<'_>,
    logits: &[f32],
    uniforms: &[f64],
    params: &SamplingParams,
) -> Result<Vec<Vec<f32>>> {
    let (rows, vocab) = (uniforms.len(), logits.len() / uniforms.len());
    let inputs = [read_floats(logits), Argument::Read(Buffer::F64(uniforms.to_vec()))];
    let tokens = Argument::Write(Buffer::U32(vec![u32::MAX - 1; rows]));
    let outputs = [tokens, poisoned_f32(rows), poisoned_f32(rows), poisoned_f32(rows)];
    let settings = [
        count(vocab),
        Argument::F32(params.temperature),
        count(params.top_k),
        Argument::F32(params.top_p),
        Argument::F32(params.min_p),
    ];
    let launch = Launch::rows("draw", bench.element, rows).with_threads(64);
    bench.run(launch.with(inputs.into_iter().chain(outputs).chain(settings)))
}

/// Rows from which no token can be drawn are marked; −∞ among finite logits is allowed.
fn refused(bench: &mut Bench<'_>) -> Result<()> {
    let vocab = 300;
    let mut logits = bench.floats(4 * vocab, 1.0);
    logits[299] = f32::NAN;
    logits[vocab + 130] = f32::INFINITY;
    logits[2 * vocab..3 * vocab].fill(f32::NEG_INFINITY);
    logits[3 * vocab..4 * vocab - 1].fill(f32::NEG_INFINITY);
    let params = SamplingParams { temperature: 1.0, ..SamplingParams::default() };
    let found = drawn(bench, &logits, &[0.5; 4], &params)?;
    let bad = u32::MAX as f32;
    bench.same("draw: rows without numbers", &found[0], &[bad, bad, bad, 299.0]);
    Ok(())
}
