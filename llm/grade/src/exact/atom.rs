//! What polynomials are made of.

use super::poly::Poly;
use crate::read::{Constant, Node};
use dashu_int::UBig;
use std::sync::Arc;

/// An indivisible part of an expression.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Atom {
    Variable(Arc<str>),
    Constant(Constant),
    /// The real root of a positive integer without a smaller form; whether it is known to be
    /// independent of the other atoms.
    Root {
        radicand: UBig,
        degree: u32,
        independent: bool,
    },
    /// Anything else, under the normal form of its parts.
    Opaque {
        name: String,
        node: Node,
    },
}

/// The atoms of one comparison, by number.
#[derive(Debug, Default)]
pub(crate) struct Atoms(Vec<Atom>);

impl Atoms {
    /// The number of an atom, new or known.
    pub(super) fn number(&mut self, atom: Atom) -> u16 {
        let known = self.0.iter().position(|other| match (other, &atom) {
            (Atom::Opaque { name: a, .. }, Atom::Opaque { name: b, .. }) => a == b,
            (a, b) => a == b,
        });
        let number = known.unwrap_or_else(|| {
            self.0.push(atom);
            self.0.len() - 1
        });
        // A budget of terms keeps expressions far below this many atoms.
        u16::try_from(number).unwrap_or(u16::MAX)
    }

    pub(crate) fn get(&self, number: u16) -> Option<&Atom> {
        self.0.get(usize::from(number))
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// From which exponent on a power is reduced, and what it becomes.
    pub(super) fn reduction(&self, number: u16) -> Option<(u32, dashu_ratio::RBig)> {
        match self.get(number)? {
            Atom::Constant(Constant::I) => Some((2, (-1).into())),
            Atom::Root { radicand, degree, .. } => Some((*degree, radicand.clone().into())),
            _ => None,
        }
    }

    /// Whether monomials of the atoms in a polynomial are linearly independent over the rational
    /// numbers: variables, one of π and e, i, and square roots of primes. That e and π are
    /// independent of each other is not proven.
    pub(super) fn independent(&self, poly: &Poly) -> bool {
        let mut transcendental = 0;
        poly.atoms().into_iter().all(|number| match self.get(number) {
            Some(Atom::Variable(_) | Atom::Constant(Constant::I)) => true,
            Some(Atom::Constant(Constant::Pi | Constant::E)) => {
                transcendental += 1;
                transcendental == 1
            }
            Some(Atom::Root { independent, .. }) => *independent,
            _ => false,
        })
    }
}

impl Atoms {
    /// Whether nothing but variables and constants occurs.
    pub(crate) fn only_variables(&self) -> bool {
        self.0.iter().all(|atom| matches!(atom, Atom::Variable(_)))
    }
}
