//! pass@k and max@k.

use crate::refused;
use numpy::{PyArray1, PyReadonlyArray1};
use pyo3::prelude::*;

/// pass@k of each row of three arrays of the same length.
#[pyfunction]
pub(crate) fn pass_at_k<'py>(
    py: Python<'py>,
    n: PyReadonlyArray1<'py, u64>,
    c: PyReadonlyArray1<'py, u64>,
    k: PyReadonlyArray1<'py, u64>,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let (n, c, k) = (n.as_slice()?, c.as_slice()?, k.as_slice()?);
    let values = py.detach(|| {
        let rows = n.iter().zip(c).zip(k).enumerate();
        let one = |(row, ((&n_, &c_), &k_))| {
            rs_grpo::pass_at_k(n_, c_, k_).map_err(|error| at("element", row, n.len(), error))
        };
        rows.map(one).collect::<Result<Vec<_>, _>>()
    });
    Ok(PyArray1::from_vec(py, values.map_err(refused)?))
}

/// max@k of each group of `size` neighbours; `size` divides the number of rewards.
#[pyfunction]
pub(crate) fn max_at_k<'py>(
    py: Python<'py>,
    rewards: PyReadonlyArray1<'py, f64>,
    size: usize,
    k: usize,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let rewards = rewards.as_slice()?;
    let values = py.detach(|| {
        let groups = rewards.chunks_exact(size);
        let one = |(group, rewards)| {
            rs_grpo::max_at_k(rewards, k).map_err(|error| at("group", group, groups.len(), error))
        };
        groups.clone().enumerate().map(one).collect::<Result<Vec<_>, _>>()
    });
    Ok(PyArray1::from_vec(py, values.map_err(refused)?))
}

/// The message of an error, with where it is unless there is one place only.
fn at(place: &str, index: usize, count: usize, error: rs_grpo::Error) -> String {
    if count == 1 { error.to_string() } else { format!("{place} {index}: {error}") }
}
