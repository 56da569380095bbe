//! Dual numbers: a value and its derivatives along `N` directions, exact but for rounding.

use nalgebra::SVector;
use std::ops::{Add, Mul};

/// `value + Σ tangentᵢ εᵢ` with `εᵢ εⱼ = 0`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Dual<const N: usize> {
    /// The value.
    pub(super) value: f64,
    /// The derivative along each direction.
    pub(super) tangent: SVector<f64, N>,
}

impl<const N: usize> Dual<N> {
    /// A number that depends on no variable.
    pub(super) fn constant(value: f64) -> Self {
        Self { value, tangent: SVector::zeros() }
    }

    /// `exp x`.
    pub(super) fn exp(self) -> Self {
        let value = libm::exp(self.value);
        self.chain(value, value)
    }

    /// `ln x`.
    pub(super) fn ln(self) -> Self {
        self.chain(libm::log(self.value), 1.0 / self.value)
    }

    /// `ln(1 + x)`.
    pub(super) fn ln_1p(self) -> Self {
        self.chain(libm::log1p(self.value), 1.0 / (1.0 + self.value))
    }

    /// `x / y`.
    pub(super) fn over(self, y: Self) -> Self {
        let value = self.value / y.value;
        Self { value, tangent: (self.tangent - value * y.tangent) / y.value }
    }

    /// A function of this number, with its `value` and its `slope` here.
    fn chain(self, value: f64, slope: f64) -> Self {
        Self { value, tangent: slope * self.tangent }
    }
}

impl<const N: usize> Add for Dual<N> {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { value: self.value + other.value, tangent: self.tangent + other.tangent }
    }
}

impl<const N: usize> Mul<f64> for Dual<N> {
    type Output = Self;

    fn mul(self, factor: f64) -> Self {
        self.chain(self.value * factor, factor)
    }
}

impl<const N: usize> std::iter::Sum for Dual<N> {
    fn sum<I: Iterator<Item = Self>>(numbers: I) -> Self {
        numbers.fold(Self::constant(0.0), Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// d/dx ln(1 + e^{3x}/2) at x = 0.3: 1.5 e^{0.9} / (1 + e^{0.9}/2), elementary calculus.
    #[test]
    fn dual_numbers_differentiate() {
        let x = Dual { value: 0.3, tangent: SVector::from([1.0]) };
        let y = (x * 3.0).exp().over(Dual::constant(2.0));
        let slope = 1.5 * 0.9_f64.exp() / (1.0 + 0.5 * 0.9_f64.exp());
        for derivative in [y.ln_1p(), (y + Dual::constant(1.0)).ln()] {
            assert!((derivative.tangent[0] / slope - 1.0).abs() <= 1e-15, "{derivative:?}");
        }
    }
}
