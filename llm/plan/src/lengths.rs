//! How long completions are.
//!
//! # Formula
//! A completion ends with each token with the same probability, and at the longest length in any case:
//! ```text
//! P(longer than t) = exp(−λt) for t < T, and 0 from T on
//! mean  m  = (1 − exp(−λT)) / λ
//! cut   = exp(−λT)
//! ```
//! where `T` is the longest length; λ follows from the mean, and is 0 where all are of length T. One
//! number, the mean, then says how many are cut off and how long the few long ones keep a server that is
//! otherwise empty. Real lengths have thinner or thicker ends.

use crate::{Error, Result};
use rs_grpo_files::Refuse as _;

/// The distribution of lengths.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lengths {
    longest: f64,
    /// λ: rate at which completions end, per token.
    ending: f64,
}

impl Lengths {
    /// Lengths up to the longest, with this mean.
    ///
    /// # Errors
    /// A mean that is not from 1 to the longest.
    pub fn new(longest: usize, mean: f64) -> Result<Self> {
        let longest = longest as f64;
        if !(1.0..=longest).contains(&mean) {
            let allowed = format!("1 up to the longest, {longest}");
            return Err(Error::parameter("mean-tokens", mean, allowed));
        }
        // The mean falls with λ, from T at 0 to under 1/λ.
        let (mut low, mut high) = (0.0, 1.0 / mean);
        for _ in 0..100 {
            let middle = 0.5 * (low + high);
            let over = Self { longest, ending: middle }.mean() > mean;
            *(if over { &mut low } else { &mut high }) = middle;
        }
        // If the mean is the longest length, λ is 0; the search leaves only rounding error.
        let ending = if mean < longest * (1.0 - 1e-9) { low } else { 0.0 };
        Ok(Self { longest, ending })
    }

    /// The longest.
    pub fn longest(&self) -> f64 {
        self.longest
    }

    /// The mean.
    pub fn mean(&self) -> f64 {
        self.beyond(0.0)
    }

    /// The mean square.
    pub fn mean_square(&self) -> f64 {
        2.0 * self.first_moment(0.0)
    }

    /// Share that is cut off at the longest length; meaningless if all have that length.
    pub fn cut(&self) -> f64 {
        (-self.ending * self.longest).exp()
    }

    /// Whether all are of the longest length.
    pub fn are_equal(&self) -> bool {
        self.ending == 0.0
    }

    /// Share that is longer than `t`.
    pub fn longer(&self, t: f64) -> f64 {
        if t < self.longest { (-self.ending * t).exp() } else { 0.0 }
    }

    /// `∫ P(longer than a) da` from `t` to the longest.
    pub fn beyond(&self, t: f64) -> f64 {
        let (ending, rest) = (self.ending, self.longest - t);
        match ending * self.longest < 1e-9 {
            true => rest,
            false => -(-ending * rest).exp_m1() * (-ending * t).exp() / ending,
        }
    }

    /// `∫ a·P(longer than a) da` from `t` to the longest.
    pub(crate) fn first_moment(&self, t: f64) -> f64 {
        let (ending, end) = (self.ending, self.longest);
        match ending * end < 1e-6 {
            true => 0.5 * (end * end - t * t),
            false => {
                let part = |a: f64| (a + 1.0 / ending) * (-ending * a).exp() / ending;
                part(t) - part(end)
            }
        }
    }
}
