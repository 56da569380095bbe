//! Polynomials with rational coefficients.

use dashu_ratio::RBig;
use std::collections::{BTreeMap, BTreeSet};

/// Atoms with their exponents, in the order of their numbers.
pub(crate) type Monomial = Vec<(u16, u32)>;

/// A sum of monomials with coefficients other than 0.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Poly(pub(super) BTreeMap<Monomial, RBig>);

impl Poly {
    pub(super) fn constant(value: RBig) -> Self {
        let mut poly = Self::default();
        poly.add(Monomial::new(), value);
        poly
    }

    pub(super) fn atom(number: u16) -> Self {
        Self(BTreeMap::from([(vec![(number, 1)], RBig::ONE)]))
    }

    /// Adds one term.
    pub(super) fn add(&mut self, monomial: Monomial, coefficient: RBig) {
        if coefficient.is_zero() {
            return;
        }
        match self.0.entry(monomial) {
            std::collections::btree_map::Entry::Vacant(entry) => {
                entry.insert(coefficient);
            }
            std::collections::btree_map::Entry::Occupied(mut entry) => {
                let sum = entry.get() + coefficient;
                if sum.is_zero() {
                    entry.remove();
                } else {
                    *entry.get_mut() = sum;
                }
            }
        }
    }

    pub(super) fn negate(mut self) -> Self {
        for coefficient in self.0.values_mut() {
            *coefficient = -std::mem::take(coefficient);
        }
        self
    }

    pub(super) fn is_zero(&self) -> bool {
        self.0.is_empty()
    }

    /// The value, if no atom occurs.
    pub(super) fn as_constant(&self) -> Option<RBig> {
        match self.0.len() {
            0 => Some(RBig::ZERO),
            1 => self.0.get(&Monomial::new()).cloned(),
            _ => None,
        }
    }

    pub(crate) fn terms(&self) -> impl Iterator<Item = (&Monomial, &RBig)> {
        self.0.iter()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The atoms that occur.
    pub(super) fn atoms(&self) -> BTreeSet<u16> {
        self.0.keys().flatten().map(|(number, _)| *number).collect()
    }

    /// A text that equal polynomials over the same atoms share.
    pub(super) fn name(&self) -> String {
        use std::fmt::Write;
        let mut name = String::new();
        for (monomial, coefficient) in &self.0 {
            // Writing to a string does not fail.
            let _ = write!(name, "+{coefficient}");
            for (number, exponent) in monomial {
                let _ = write!(name, "·{number}^{exponent}");
            }
        }
        name
    }
}
