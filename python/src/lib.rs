//! The Python module `rs_grpo._core`: advantages, pass@k and the grader on NumPy arrays.
//!
//! Without the feature `advantages` it is `rs_grpo_grade._core`: the grader alone, and no NumPy.
//!
//! It holds no formula and no rule of its own. What users call is Python, in `rs_grpo/`: it checks
//! and converts arguments, and passes contiguous arrays of `f32` or `f64` to the functions here.
//! Those take what they need from Python's objects, and compute while other threads of Python run.

#[cfg(feature = "advantages")]
mod advantages;
mod grading;
#[cfg(feature = "advantages")]
mod grouping;
#[cfg(feature = "advantages")]
mod ids;
#[cfg(feature = "advantages")]
mod metrics;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

pyo3::create_exception!(
    rs_grpo,
    Error,
    PyValueError,
    "A reward, a group, a parameter or a text that is not allowed; the message says what is."
);

/// The compiled part of `rs_grpo`.
#[pymodule]
mod _core {
    #[pymodule_export]
    use super::Error;
    #[cfg(feature = "advantages")]
    #[pymodule_export]
    use super::advantages::{advantages_f32, advantages_f64, canonical, catalogue};
    #[pymodule_export]
    use super::grading::{clusters, grade, grader_version};
    #[cfg(feature = "advantages")]
    #[pymodule_export]
    use super::metrics::{max_at_k, pass_at_k};

    /// The version of the package.
    #[pymodule_export]
    const VERSION: &str = env!("CARGO_PKG_VERSION");
    /// The symbols of the estimators' pages.
    #[cfg(feature = "advantages")]
    #[pymodule_export]
    const SYMBOLS: &str = rs_grpo::SYMBOLS;
}

/// A message as a Python exception.
#[cfg(feature = "advantages")]
fn refused(message: impl ToString) -> PyErr {
    Error::new_err(message.to_string())
}
