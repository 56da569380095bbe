//! Advantages of many groups at once.

use crate::grouping::Grouping;
use crate::ids::Ids;
use crate::refused;
use numpy::{Element, PyArray1, PyArrayMethods, PyReadonlyArray1};
use pulp::{Arch, Simd, WithSimd};
use pyo3::prelude::*;
use rs_grpo::{CATALOGUE, Entry, Estimator, Scratch};
use std::fmt;
use std::ops::Range;
use std::thread::available_parallelism;

/// A type of rewards. The arithmetic is that of `f64`; a result is rounded once.
trait Reward: Element + Copy {
    fn widen(self) -> f64;
    fn narrow(advantage: f64) -> Self;
    /// The largest finite number.
    const LARGEST: f64;
}

impl Reward for f64 {
    const LARGEST: f64 = f64::MAX;

    fn widen(self) -> f64 {
        self
    }

    fn narrow(advantage: f64) -> Self {
        advantage
    }
}

impl Reward for f32 {
    const LARGEST: f64 = f32::MAX as f64;

    fn widen(self) -> f64 {
        self.into()
    }

    fn narrow(advantage: f64) -> Self {
        advantage as Self
    }
}

/// Why a group was refused, and its first row.
struct Refusal {
    row: usize,
    message: String,
}

/// Advantages of `float32` rewards.
#[pyfunction]
pub(crate) fn advantages_f32<'py>(
    rewards: PyReadonlyArray1<'py, f32>,
    ids: Ids<'py>,
    estimator: &str,
    name: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyArray1<f32>>> {
    advantages(&rewards, &ids, estimator, name)
}

/// Advantages of `float64` rewards.
#[pyfunction]
pub(crate) fn advantages_f64<'py>(
    rewards: PyReadonlyArray1<'py, f64>,
    ids: Ids<'py>,
    estimator: &str,
    name: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    advantages(&rewards, &ids, estimator, name)
}

/// `name` gives the name of the group that a row is in, for messages.
fn advantages<'py, T: Reward>(
    rewards: &PyReadonlyArray1<'py, T>,
    ids: &Ids<'py>,
    estimator: &str,
    name: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyArray1<T>>> {
    let py = name.py();
    let estimator: Estimator = estimator.parse().map_err(refused)?;
    let rewards = rewards.as_slice()?;
    let grouping = ids.grouping(py, rewards.len())?;
    let result = PyArray1::zeros(py, rewards.len(), false);
    let mut writer = result.readwrite();
    let advantages = writer.as_slice_mut()?;
    let done = py.detach(|| fill(&estimator, rewards, &grouping, advantages));
    drop(writer);
    match done {
        Ok(()) => Ok(result),
        Err(Refusal { row, message }) => {
            let name: String = name.call1((row,))?.extract()?;
            Err(refused(format!("{name}: {message}")))
        }
    }
}

/// Advantages of all groups. Groups of neighbours are shared among threads where there are many; each
/// is computed by one, with the same bits. (Threads of its own, since a pool would not survive a fork.)
fn fill<T: Reward>(
    estimator: &Estimator,
    rewards: &[T],
    grouping: &Grouping,
    out: &mut [T],
) -> Result<(), Refusal> {
    let arch = Arch::new();
    let threads = match grouping.is_of_neighbours() {
        true => available_parallelism().map_or(1, usize::from).min(rewards.len() / SHARE).max(1),
        false => 1,
    };
    let (mut rest, mut first) = (out, 0);
    let mut parts = grouping.parts(threads).map(|groups| {
        let rows = if threads == 1 { rest.len() } else { grouping.end(&groups) - first };
        let (out, later) = std::mem::take(&mut rest).split_at_mut(rows);
        let fill = Fill { estimator, rewards, grouping, groups, first, out };
        (rest, first) = (later, first + rows);
        fill
    });
    let Some(own) = parts.next() else { return Ok(()) };
    std::thread::scope(|scope| {
        let others: Vec<_> = parts.map(|part| scope.spawn(move || arch.dispatch(part))).collect();
        let own = arch.dispatch(own);
        // The first refusal is that of the first group; a panic goes on in this thread.
        others.into_iter().fold(own, |done, other| {
            let other = other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            done.and(other)
        })
    })
}

/// Rewards that are worth the start of a thread.
const SHARE: usize = 1 << 17;

/// Advantages of some groups, compiled for the widest vectors that the machine has, with the same bits.
struct Fill<'a, T> {
    estimator: &'a Estimator,
    rewards: &'a [T],
    grouping: &'a Grouping,
    /// The groups.
    groups: Range<usize>,
    /// The row of the first number of `out`.
    first: usize,
    out: &'a mut [T],
}

impl<T: Reward> WithSimd for Fill<'_, T> {
    type Output = Result<(), Refusal>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> Self::Output {
        let Self { estimator, rewards, grouping, groups, first, out } = self;
        let (mut of_group, mut result) = (Vec::new(), Vec::new());
        let mut scratch = Scratch::new();
        for group in grouping.groups(groups) {
            let refuse = |error: &dyn fmt::Display| Refusal {
                row: grouping.first_row(&group),
                message: error.to_string(),
            };
            let rows = grouping.rows(group.clone());
            gather(&rewards[group.clone()], rewards, rows, &mut of_group);
            result.resize(of_group.len(), 0.0);
            estimator
                .advantages_into(&of_group, &mut result, &mut scratch)
                .map_err(|error| refuse(&error))?;
            if !fits::<T>(&result) {
                return Err(refuse(&"an advantage does not fit float32; give float64 rewards"));
            }
            scatter(&result, group.start - first..group.end - first, rows, out);
        }
        Ok(())
    }
}

/// The rewards of a group: neighbours, or those of `rows`.
#[inline(always)]
fn gather<T: Reward>(neighbours: &[T], all: &[T], rows: Option<&[u32]>, of_group: &mut Vec<f64>) {
    of_group.clear();
    match rows {
        None => of_group.extend(neighbours.iter().map(|reward| reward.widen())),
        Some(rows) => of_group.extend(rows.iter().map(|&row| all[row as usize].widen())),
    }
}

/// Writes the advantages of a group to its place, or to `rows`.
#[inline(always)]
fn scatter<T: Reward>(result: &[f64], group: Range<usize>, rows: Option<&[u32]>, out: &mut [T]) {
    let narrow = result.iter().map(|&advantage| T::narrow(advantage));
    match rows {
        None => out[group].iter_mut().zip(narrow).for_each(|(out, advantage)| *out = advantage),
        Some(rows) => {
            rows.iter().zip(narrow).for_each(|(&row, advantage)| out[row as usize] = advantage)
        }
    }
}

#[inline(always)]
fn fits<T: Reward>(advantages: &[f64]) -> bool {
    advantages.iter().fold(true, |fits, advantage| fits & (advantage.abs() <= T::LARGEST))
}

/// The text of an estimator as the core writes it.
#[pyfunction]
pub(crate) fn canonical(estimator: &str) -> PyResult<String> {
    Ok(estimator.parse::<Estimator>().map_err(refused)?.to_string())
}

/// Estimator, what it optimises, its source, and its page.
type Listed = (String, &'static str, &'static str, &'static str);

/// Every estimator with its default parameters, what it optimises, its source and its page.
#[pyfunction]
pub(crate) fn catalogue() -> Vec<Listed> {
    let line =
        |entry: &Entry| (entry.estimator.to_string(), entry.optimises, entry.source, entry.page);
    CATALOGUE.iter().map(line).collect()
}
