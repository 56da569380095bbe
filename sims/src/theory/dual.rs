//! Dual numbers: a value and its derivatives along `N` directions, exact but for rounding.

use std::ops::{Add, Mul};

/// `value + Σ tangentᵢ εᵢ` with `εᵢ εⱼ = 0`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dual<const N: usize> {
    /// The value.
    pub value: f64,
    /// The derivative along each direction.
    pub tangent: [f64; N],
}

impl<const N: usize> Dual<N> {
    /// A number that depends on no variable.
    pub fn constant(value: f64) -> Self {
        Self { value, tangent: [0.0; N] }
    }

    /// `exp x`.
    pub fn exp(self) -> Self {
        let value = libm::exp(self.value);
        self.chain(value, value)
    }

    /// `ln x`.
    pub fn ln(self) -> Self {
        self.chain(libm::log(self.value), 1.0 / self.value)
    }

    /// `ln(1 + x)`.
    pub fn ln_1p(self) -> Self {
        self.chain(libm::log1p(self.value), 1.0 / (1.0 + self.value))
    }

    /// `x / y`.
    pub fn over(self, y: Self) -> Self {
        let value = self.value / y.value;
        Self {
            value,
            tangent: std::array::from_fn(|i| (self.tangent[i] - value * y.tangent[i]) / y.value),
        }
    }

    /// A function of this number, with its `value` and its `slope` here.
    fn chain(self, value: f64, slope: f64) -> Self {
        Self { value, tangent: self.tangent.map(|t| slope * t) }
    }
}

impl<const N: usize> Add for Dual<N> {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            value: self.value + other.value,
            tangent: std::array::from_fn(|i| self.tangent[i] + other.tangent[i]),
        }
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
