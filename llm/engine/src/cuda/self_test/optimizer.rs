//! The squares of the gradients and the step of AdamW.

use super::bench::{Bench, count, read_floats};
use crate::Result;
use crate::cuda::launch::{Argument, Buffer, Element, Launch};
use crate::optim::{AdamW, AdamWOptions};
use crate::tensor::Gradients;
use candle_core::{Device, Tensor, Var};

const BLOCKS: usize = 5;

pub(super) fn compare(bench: &mut Bench<'_>) -> Result<()> {
    squares(bench)?;
    steps(bench)?;
    bf16_moments(bench)
}

/// The sum of squares of two tensors together, in parts.
fn squares(bench: &mut Bench<'_>) -> Result<()> {
    let tensors = [bench.floats(1003, 1.0), bench.floats(77, 2.0)];
    let square = |g: &f32| f64::from(*g) * f64::from(*g);
    let expected = tensors.iter().flatten().map(square).sum::<f64>();
    let mut parts = vec![0.0; BLOCKS];
    for tensor in &tensors {
        let launch = Launch::rows("squares", bench.element, BLOCKS);
        let sums = Argument::Write(Buffer::F64(parts));
        let arguments = [read_floats(tensor), sums, Argument::U64(tensor.len() as u64)];
        let found = bench.run_raw(launch.with(arguments))?.remove(0);
        let Buffer::F64(sums) = found else { return Ok(()) };
        parts = sums;
    }
    let error = parts.iter().sum::<f64>() / expected - 1.0;
    // In double precision, whatever the type of the weights.
    bench.within("squares of the gradients", error as f32, 1e-6);
    Ok(())
}

/// Two steps, so that moments of the first matter.
fn steps(bench: &mut Bench<'_>) -> Result<()> {
    let n = 1003;
    let options = AdamWOptions { weight_decay: 0.1, ..AdamWOptions::default() };
    let (rate, scale) = (1e-2, 0.5f32);
    let mut weight = bench.floats(n, 1.0);
    let var = Var::from_tensor(&Tensor::from_slice(&weight, (n, 1), &Device::Cpu)?)?;
    let weights = [("w".to_owned(), var.clone())];
    let mut optimizer = AdamW::new(options);
    let (mut mean, mut square) = (vec![0.0; n], vec![0.0; n]);
    for update in 1..=2 {
        let gradient = bench.floats(n, 1.0);
        let mut gradients = Gradients::default();
        gradients.add("w", Tensor::from_slice(&gradient, (n, 1), &Device::Cpu)?)?;
        optimizer.update(&weights, &gradients, rate, scale.into())?;
        let constants = options.constants(update, rate, options.weight_decay);
        let state = [weight, mean, square];
        let found = step(bench, &gradient, state, scale, constants)?;
        let expected = super::bench::to_floats(&var.as_detached_tensor())?;
        bench.near("adamw: weights", &found[0], &expected);
        bench.near("adamw: copy of the weights", &found[1], &expected);
        [weight, mean, square] = [found[0].clone(), found[2].clone(), found[3].clone()];
    }
    Ok(())
}

/// Weights, their copy and the moments after one step.
fn step(
    bench: &mut Bench<'_>,
    gradient: &[f32],
    [weight, mean, square]: [Vec<f32>; 3],
    scale: f32,
    constants: [f32; 6],
) -> Result<Vec<Vec<f32>>> {
    let n = weight.len();
    let write = |numbers| Argument::Write(Buffer::F32(numbers));
    let weights = [write(weight), bench.poisoned(n), read_floats(gradient)];
    let moments = [write(mean), write(square), Argument::U64(n as u64), Argument::F32(scale)];
    let launch = Launch::elements("adamw", bench.element, n);
    let arguments = weights.into_iter().chain(moments).chain(constants.map(Argument::F32));
    bench.run(launch.with(arguments))
}

/// Moments in bf16: each of many equal ones is rounded up or down, and their mean is that in f32.
fn bf16_moments(bench: &mut Bench<'_>) -> Result<()> {
    let (n, rate) = (1 << 14, 1e-2);
    let bf16 = |x: f32| Argument::Write(Element::Bf16.buffer(&vec![x; n]));
    let constants = AdamWOptions::default().constants(1, rate, 0.0);
    let [beta1, beta2, eps, _, step, unbias] = constants;
    // Numbers that bf16 holds, and whose moments it does not.
    let (g, mean, square) = (0.34375f32, 0.25, 0.0625);
    let expected_mean = beta1 * mean + (1.0 - beta1) * g;
    let expected_square = beta2 * square + (1.0 - beta2) * g * g;
    let weights = [Argument::Write(Buffer::F32(vec![1.0; n])), bench.poisoned(n)];
    let state = [read_floats(&vec![g; n]), bf16(mean), bf16(square)];
    let sizes = [Argument::U64(n as u64), Argument::F32(1.0)]
        .into_iter()
        .chain(constants.map(Argument::F32));
    let arguments = weights.into_iter().chain(state).chain(sizes).chain([count(1)]);
    let launch = Launch::elements("adamw_bf16", bench.element, n);
    let found = bench.run(launch.with(arguments))?;
    let weight = 1.0 - step * expected_mean / (expected_square.sqrt() * unbias + eps);
    bench.near("adamw with moments in bf16: weights", &found[0], &vec![weight; n]);
    bench.near("adamw with moments in bf16: copy of the weights", &found[1], &vec![weight; n]);
    // The mean of n roundings is off by at most half a step of bf16, 2⁻⁹, over √n, times 5 for 5 σ.
    for (what, found, expected) in
        [("means", &found[2], expected_mean), ("squares", &found[3], expected_square)]
    {
        let average = found.iter().map(|&x| f64::from(x)).sum::<f64>() / n as f64;
        let error = (average / f64::from(expected) - 1.0) as f32;
        let what = format!("adamw with moments in bf16: {what}, on average");
        bench.within(&what, error, 5.0 / 512.0 / (n as f32).sqrt());
    }
    Ok(())
}
