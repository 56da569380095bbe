//! What one verdict may cost, counted in operations and bits: never in seconds.

use std::cell::Cell;

/// Limits of one verdict.
///
/// They are checked before the work that they bound, so a verdict is a function of its two texts and of
/// this budget alone; it does not depend on time, on threads or on the machine.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Budget {
    /// Bytes of one answer. Longer ones are read only if they are plain integers.
    pub length: usize,
    /// How deep brackets, fractions, roots and exponents may be nested.
    pub depth: usize,
    /// Bits of an integer, numerator or denominator in exact arithmetic.
    pub bits: usize,
    /// Terms of a polynomial, elements of a list, and terms of a sum or product.
    pub terms: usize,
    /// Work of one comparison; the unit is about a microsecond.
    pub work: u64,
    /// Largest precision of numeric evaluation, in bits.
    pub precision: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self { length: 8_192, depth: 64, bits: 65_536, terms: 512, work: 12_000, precision: 2_048 }
    }
}

/// The number of 64-bit words that hold this many bits, and one more.
fn words(bits: usize) -> u64 {
    bits as u64 / 64 + 1
}

/// The budget ran out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Exhausted;

/// What is left of [`Budget::work`] in one comparison.
#[derive(Debug)]
pub(super) struct Fuel<'a> {
    pub(super) budget: &'a Budget,
    /// In hundredths of a unit.
    left: Cell<u64>,
    numeric: Cell<bool>,
}

impl<'a> Fuel<'a> {
    pub(super) fn new(budget: &'a Budget) -> Self {
        Self { budget, left: Cell::new(budget.work.saturating_mul(100)), numeric: Cell::new(false) }
    }

    /// Pays for work, in hundredths of a unit, before it is done.
    pub(super) fn pay(&self, hundredths: u64) -> Result<(), Exhausted> {
        let left = self.left.get().checked_sub(hundredths).ok_or(Exhausted)?;
        self.left.set(left);
        Ok(())
    }

    /// Notes that exact arithmetic did not suffice.
    pub(super) fn note_numeric(&self) {
        self.numeric.set(true);
    }

    /// Whether anything had to be evaluated.
    pub(super) fn was_numeric(&self) -> bool {
        self.numeric.get()
    }

    /// Pays for a product or a greatest common divisor of integers with this many bits.
    pub(super) fn pay_bits(&self, a: usize, b: usize) -> Result<(), Exhausted> {
        if a > self.budget.bits || b > self.budget.bits {
            return Err(Exhausted);
        }
        self.pay(4 + words(a) * words(b) / 5)
    }

    /// Pays for a sum, product or quotient of fractions whose parts have this many bits: a greatest
    /// common divisor costs many times what a product does.
    pub(super) fn pay_fractions(&self, a: usize, b: usize) -> Result<(), Exhausted> {
        if a > self.budget.bits || b > self.budget.bits {
            return Err(Exhausted);
        }
        let (a, b) = (words(a), words(b));
        self.pay(4 + 13 * (a + b) + 3 * a * b / 5)
    }
}
