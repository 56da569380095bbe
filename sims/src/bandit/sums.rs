//! Weights of the arms and their sums, for probabilities and entropy.

use super::slots::fixed_point;

/// `1.5 · 2⁵²`: added to a number of either sign below 2⁵¹, it makes the mantissa a whole number.
const SIGNED: f64 = 1.5 * (1u64 << 52) as f64;
/// Unit of the products `wₐ xₐ`, so that they stay below 2⁵¹: heights that matter are below 2⁵.
const UNIT: f64 = 64.0;

/// The weights `wₐ = exp(xₐ)` and the products `wₐ xₐ` with their heights `xₐ`, in fixed point, and the
/// sums of both.
///
/// Integers add exactly and in any order: the sums stay exact over any number of changes and are the same
/// on every machine.
#[derive(Debug, Clone)]
pub(super) struct Sums {
    weights: Vec<u64>,
    /// Signed numbers in two's complement.
    products: Vec<u64>,
    weight: u64,
    product: u64,
}

impl Sums {
    /// `count` arms of weight 0.
    pub(super) fn new(count: usize) -> Self {
        Self { weights: vec![0; count], products: vec![0; count], weight: 0, product: 0 }
    }

    /// Replaces the weight of an arm, `scale · exp(height)`.
    pub(super) fn set(&mut self, arm: usize, height: f64, scale: f64) {
        let [weight, product] = weigh(height, scale);
        let before = std::mem::replace(&mut self.products[arm], product);
        self.product = self.product.wrapping_add(product.wrapping_sub(before));
        let before = std::mem::replace(&mut self.weights[arm], weight);
        self.weight = self.weight.wrapping_add(weight.wrapping_sub(before));
    }

    /// Replaces all weights.
    #[inline(always)]
    pub(super) fn replace(&mut self, heights: impl Iterator<Item = f64>, scale: f64) {
        let sums = self.weights.iter_mut().zip(&mut self.products);
        for ((weight, product), height) in sums.zip(heights) {
            [*weight, *product] = weigh(height, scale);
        }
        self.weight = self.weights.iter().copied().fold(0, u64::wrapping_add);
        self.product = self.products.iter().copied().fold(0, u64::wrapping_add);
    }

    /// The entropy `ln Z − Σ πₐ xₐ` in nats.
    pub(super) fn entropy(&self, scale: f64) -> f64 {
        let weight = self.weight as f64;
        let entropy = libm::log(weight / scale) - UNIT * self.product as i64 as f64 / weight;
        // A policy on one arm has 0 but for rounding, and not −0.
        if entropy > 0.0 { entropy } else { 0.0 }
    }

    /// Writes the probabilities `wₐ / Σ w`.
    pub(super) fn probabilities_into(&self, out: &mut [f64]) {
        let total = self.weight as f64;
        for (probability, &weight) in out.iter_mut().zip(&self.weights) {
            *probability = weight as f64 / total;
        }
    }
}

/// The weight of an arm and its product with the height, in fixed point.
#[inline(always)]
fn weigh(height: f64, scale: f64) -> [u64; 2] {
    let weight = scale * rs_grpo::exp(height);
    let product = (weight * height * (1.0 / UNIT) + SIGNED).to_bits();
    [fixed_point(weight), product.wrapping_sub(SIGNED.to_bits())]
}
