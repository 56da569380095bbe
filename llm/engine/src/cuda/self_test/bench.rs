//! Tools of the comparisons: random inputs, poisoned outputs and the worst error of each.

use crate::Result;
use crate::cuda::launch::{Argument, Buffer, Element, Launch, Machine};
use crate::tensor::with_floats;
use candle_core::{Device, Tensor, Var};
use rand::SeedableRng;
use rand_distr::{Distribution, Normal};
use rand_xoshiro::Xoshiro256PlusPlus;

/// One output of an operation, compared.
#[derive(Debug, Clone, PartialEq)]
pub struct KernelCheck {
    /// The operation and its output, such as `rms_norm: gradient of x`.
    pub what: String,
    /// The type of weights and activations.
    pub element: Element,
    /// The largest difference, relative to the largest number expected.
    pub error: f32,
    /// Largest error that passes.
    pub limit: f32,
}

impl KernelCheck {
    /// Whether the error is a number within its limit.
    pub fn passed(&self) -> bool {
        self.error <= self.limit
    }
}

/// A machine under test, for one type of weights and activations.
pub(super) struct Bench<'a> {
    machine: &'a mut dyn Machine,
    pub(super) element: Element,
    random: Xoshiro256PlusPlus,
    checks: Vec<KernelCheck>,
}

impl<'a> Bench<'a> {
    pub(super) fn new(machine: &'a mut dyn Machine, element: Element) -> Self {
        let random = Xoshiro256PlusPlus::seed_from_u64(7);
        Self { machine, element, random, checks: Vec::new() }
    }

    pub(super) fn checks(self) -> Vec<KernelCheck> {
        self.checks
    }

    /// Normal numbers that the type holds.
    pub(super) fn numbers(&mut self, n: usize) -> Vec<f32> {
        let mut numbers = self.floats(n, 1.0);
        self.element.round(&mut numbers);
        numbers
    }

    /// Normal numbers in single precision.
    pub(super) fn floats(&mut self, n: usize, spread: f32) -> Vec<f32> {
        let Ok(normal) = Normal::new(0.0, spread) else { return vec![0.0; n] };
        (0..n).map(|_| normal.sample(&mut self.random)).collect()
    }

    /// Runs a kernel; what it wrote, in single precision.
    pub(super) fn run(&mut self, launch: Launch) -> Result<Vec<Vec<f32>>> {
        Ok(self.run_raw(launch)?.iter().map(Buffer::to_f32).collect())
    }

    /// Runs a kernel; what it wrote.
    pub(super) fn run_raw(&mut self, launch: Launch) -> Result<Vec<Buffer>> {
        self.machine.run(&launch)
    }

    /// An input of the type.
    pub(super) fn read(&self, numbers: &[f32]) -> Argument {
        Argument::Read(self.element.buffer(numbers))
    }

    /// An output of the type, of NaN.
    pub(super) fn poisoned(&self, n: usize) -> Argument {
        Argument::Write(self.element.buffer(&vec![f32::NAN; n]))
    }

    /// Compares an output within 1e-5 in f32 and 1e-2 in bf16.
    pub(super) fn near(&mut self, what: &str, found: &[f32], expected: &[f32]) {
        let limit = match self.element {
            Element::F32 => 1e-5,
            Element::Bf16 => 1e-2,
        };
        self.note(what, relative_error(found, expected), limit);
    }

    /// Compares an output that must be the same to the last bit.
    pub(super) fn same(&mut self, what: &str, found: &[f32], expected: &[f32]) {
        self.note(what, relative_error(found, expected), 0.0);
    }

    /// Records an error and its limit.
    pub(super) fn within(&mut self, what: &str, error: f32, limit: f32) {
        self.note(what, error.abs(), limit);
    }

    fn note(&mut self, what: &str, error: f32, limit: f32) {
        match self.checks.iter_mut().find(|check| check.what == what) {
            // A NaN is the worst, and stays.
            Some(worst) if error.is_nan() || error > worst.error => worst.error = error,
            Some(_) => (),
            None => {
                let check =
                    KernelCheck { what: what.to_owned(), element: self.element, error, limit };
                self.checks.push(check);
            }
        }
    }
}

/// Poison where a kernel writes single precision whatever the type.
pub(super) fn poisoned_f32(n: usize) -> Argument {
    Argument::Write(Buffer::F32(vec![f32::NAN; n]))
}

pub(super) fn read_floats(numbers: &[f32]) -> Argument {
    Argument::Read(Buffer::F32(numbers.to_vec()))
}

pub(super) fn read_counts(counts: &[u32]) -> Argument {
    Argument::Read(Buffer::U32(counts.to_vec()))
}

pub(super) fn count(n: usize) -> Argument {
    Argument::U32(n as u32)
}

/// The largest difference over the largest number expected; NaN if a number is NaN or missing.
pub fn relative_error(found: &[f32], expected: &[f32]) -> f32 {
    let finite = found.iter().chain(expected).all(|x| x.is_finite());
    if found.len() != expected.len() || !finite {
        return f32::NAN;
    }
    let largest = expected.iter().fold(0.0f32, |most, x| most.max(x.abs()));
    let differences = found.iter().zip(expected).map(|(a, b)| (a - b).abs());
    let difference = differences.fold(0.0, f32::max);
    if difference == 0.0 { 0.0 } else { difference / largest }
}

/// `f(inputs)`, and the gradients of `Σ f(inputs) · dy` with respect to each of them: the CPU form.
pub(super) fn differentiate<const N: usize>(
    inputs: [(&[f32], &[usize]); N],
    f: impl Fn([&Tensor; N]) -> candle_core::Result<Tensor>,
    dy: &[f32],
) -> Result<(Vec<f32>, [Vec<f32>; N])> {
    let mut vars = Vec::with_capacity(N);
    for (numbers, shape) in inputs {
        vars.push(Var::from_tensor(&Tensor::from_slice(numbers, shape, &Device::Cpu)?)?);
    }
    let y = f(std::array::from_fn(|i| vars[i].as_tensor()))?;
    let dy = Tensor::from_slice(dy, y.shape(), &Device::Cpu)?;
    let store = (&y * dy)?.sum_all()?.backward()?;
    let mut gradients = std::array::from_fn(|_| Vec::new());
    for (gradient, var) in gradients.iter_mut().zip(&vars) {
        *gradient = match store.get(var) {
            Some(found) => to_floats(found)?,
            // The output does not depend on this input.
            None => vec![0.0; var.elem_count()],
        };
    }
    Ok((to_floats(&y)?, gradients))
}

/// The numbers of a tensor.
pub fn to_floats(tensor: &Tensor) -> Result<Vec<f32>> {
    Ok(with_floats(&tensor.contiguous()?, <[f32]>::to_vec)?)
}
