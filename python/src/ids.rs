//! Ids of groups, in the forms in which Python has them, as labels `0, 1, 2, …`.

use crate::grouping::Grouping;
use crate::refused;
use numpy::{PyReadonlyArray1, PyReadonlyArray2, PyUntypedArrayMethods};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use rustc_hash::FxHashMap;
use std::hash::Hash;

/// What says which rewards belong together.
#[derive(FromPyObject)]
pub(crate) enum Ids<'py> {
    /// Groups of that many neighbours.
    Size(usize),
    /// Integers, a row each.
    Integers(PyReadonlyArray1<'py, i64>),
    /// Texts of equal width, a row each.
    Texts(PyReadonlyArray2<'py, u8>),
    /// Any hashable objects, a row each.
    Objects(PyReadonlyArray1<'py, Py<PyAny>>),
}

impl Ids<'_> {
    /// The grouping of `n` rows.
    pub(crate) fn grouping(&self, py: Python<'_>, n: usize) -> PyResult<Grouping> {
        if u32::try_from(n).is_err() {
            return Err(refused(format!("rewards has {n} elements; allowed: up to {}", u32::MAX)));
        }
        if let Self::Size(size) = *self {
            return Ok(Grouping::of_equal_size(n, size));
        }
        let labels = match self {
            Self::Size(_) => vec![],
            Self::Integers(ids) => {
                let ids = ids.as_slice()?;
                py.detach(|| labels(ids.iter()))
            }
            Self::Texts(ids) => {
                let (width, ids) = (ids.shape()[1].max(1), ids.as_slice()?);
                py.detach(|| labels(ids.chunks_exact(width)))
            }
            Self::Objects(ids) => labels_of_objects(py, ids.as_slice()?)?,
        };
        Ok(py.detach(|| Grouping::of_labels(&labels)))
    }
}

/// Numbers ids in the order of their first appearance. Neighbours are often equal: they are not looked
/// up again.
fn labels<T: Hash + Eq + Copy>(ids: impl ExactSizeIterator<Item = T>) -> Vec<u32> {
    let mut known = FxHashMap::default();
    let mut labels = Vec::with_capacity(ids.len());
    let mut last = None;
    for id in ids {
        let label = match last {
            Some((before, label)) if before == id => label,
            _ => {
                let new = known.len() as u32;
                *known.entry(id).or_insert(new)
            }
        };
        last = Some((id, label));
        labels.push(label);
    }
    labels
}

/// The same for objects, by Python's own `hash` and `==`; an object that was seen before is known by its
/// address. (It cannot be freed meanwhile: the array holds it.)
fn labels_of_objects(py: Python<'_>, ids: &[Py<PyAny>]) -> PyResult<Vec<u32>> {
    let by_value = PyDict::new(py);
    let mut by_address = FxHashMap::default();
    let mut labels = Vec::with_capacity(ids.len());
    for id in ids {
        let address = id.as_ptr() as usize;
        let label = match by_address.get(&address) {
            Some(&label) => label,
            None => {
                let label = label_by_value(&by_value, id.bind(py))?;
                by_address.insert(address, label);
                label
            }
        };
        labels.push(label);
    }
    Ok(labels)
}

fn label_by_value(known: &Bound<'_, PyDict>, id: &Bound<'_, PyAny>) -> PyResult<u32> {
    if let Some(label) = known.get_item(id)? {
        return label.extract();
    }
    let new = known.len() as u32;
    known.set_item(id, new)?;
    Ok(new)
}
