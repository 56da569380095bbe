//! One line of the catalogue.

use crate::Estimator;

/// One line of the [`CATALOGUE`](crate::CATALOGUE): an estimator with its default parameters.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Entry {
    /// The estimator, with default parameters.
    pub estimator: Estimator,
    /// What its expected gradient climbs.
    pub optimises: &'static str,
    /// Where it comes from.
    pub source: &'static str,
    /// Formula, parameters, limits, expectation and source, as Markdown; the first paragraph is a
    /// summary.
    pub page: &'static str,
}
