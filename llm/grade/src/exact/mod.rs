//! Exact arithmetic: rational functions in variables, π, e, i, radicals and opaque subexpressions.

mod atom;
mod difference;
mod integer;
mod normal;
mod poly;
mod radical;
mod stop;

pub(super) use atom::{Atom, Atoms};
pub(super) use difference::{Difference, difference, rational};
pub(super) use integer::pay;
pub(super) use normal::Normalizer;
pub(super) use poly::Poly;
