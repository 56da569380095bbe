//! Numeric evaluation with error bounds: first in double precision, to tell different values apart,
//! then with hundreds of bits, to be sure that values are the same.

mod big;
mod big_real;
mod complex;
mod constant;
mod decide;
mod double;
mod elementary;
mod eval;
mod points;
mod real;

pub(super) use constant::{nearest, sign, value};
pub(super) use decide::{agree_within_rounding, fingerprint, nodes_agree, poly_vanishes};
pub(super) use eval::Reading;
