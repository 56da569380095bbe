//! Puzzles that have a solution.

use super::Expression;
use crate::data::Puzzle;
use crate::error::{Error, Result};
use rand::{Rng, RngExt};
use rs_grpo_files::Refuse as _;

/// Size of the puzzles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PuzzleShape {
    /// Numbers of a puzzle, 2 to 8.
    pub numbers: usize,
    /// Largest number, 1 to 99.
    pub largest: u32,
    /// Largest target, 1 to 99.
    pub target: u32,
}

impl Default for PuzzleShape {
    /// Four numbers up to 12, targets up to 99.
    fn default() -> Self {
        Self { numbers: 4, largest: 12, target: 99 }
    }
}

impl PuzzleShape {
    /// # Errors
    /// A size outside its range.
    pub fn check(&self) -> Result<()> {
        if !(2..=8).contains(&self.numbers) {
            return Err(Error::parameter("countdown numbers", self.numbers, "2 to 8"));
        }
        for (name, value) in
            [("countdown largest", self.largest), ("countdown target", self.target)]
        {
            if !(1..=99).contains(&value) {
                return Err(Error::parameter(name, value, "1 to 99"));
            }
        }
        Ok(())
    }
}

/// Relative frequency of each operator in the solutions of generated puzzles.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prior {
    /// Weight of `+`.
    pub add: f64,
    /// Weight of `-`.
    pub subtract: f64,
    /// Weight of `*`.
    pub multiply: f64,
}

impl Prior {
    /// Every operator equally often.
    pub const UNIFORM: Self = Self { add: 1.0, subtract: 1.0, multiply: 1.0 };
    /// Mostly sums: what the embedded model was pre-trained on, so that it starts sharply peaked.
    pub const SKEWED: Self = Self { add: 0.62, subtract: 0.33, multiply: 0.05 };

    fn draw(&self, random: &mut impl Rng) -> char {
        let at = random.random::<f64>() * (self.add + self.subtract + self.multiply);
        match at {
            at if at < self.add => '+',
            at if at < self.add + self.subtract => '-',
            _ => '*',
        }
    }
}

/// A puzzle and one of its solutions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Solved {
    /// The puzzle.
    pub puzzle: Puzzle,
    /// An expression that uses every number, such as `3 * 8 + 12 - 9`.
    pub solution: String,
}

impl Solved {
    /// Draws an expression of `shape.numbers` numbers without parentheses until its value is a
    /// target; the puzzle shows the numbers in another order.
    pub fn draw(shape: PuzzleShape, prior: &Prior, random: &mut impl Rng) -> Self {
        loop {
            let mut numbers: Vec<u32> =
                (0..shape.numbers).map(|_| random.random_range(1..=shape.largest)).collect();
            let mut solution = numbers[0].to_string();
            for number in &numbers[1..] {
                solution.push_str(&format!(" {} {number}", prior.draw(random)));
            }
            let value = Expression::parse(&solution).and_then(|expression| expression.value());
            let target = value.filter(|value| value.is_integer()).map(|value| value.to_integer());
            let Some(target) = target.and_then(|target| u32::try_from(target).ok()) else {
                continue;
            };
            if (1..=shape.target).contains(&target) {
                shuffle(&mut numbers, random);
                return Self { puzzle: Puzzle { numbers, target }, solution };
            }
        }
    }
}

fn shuffle(numbers: &mut [u32], random: &mut impl Rng) {
    for last in (1..numbers.len()).rev() {
        numbers.swap(last, random.random_range(0..=last));
    }
}
