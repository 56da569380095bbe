//! What every fuzz target checks of the grader.

use cpu_time::ThreadTime;
use std::time::Duration;

mod laws;

pub use laws::{completion, extraction, symmetry};

/// Most processor time of one call: 50 ms, times what coverage counters and debug checks cost.
const LIMIT: Duration = Duration::from_millis(200);

/// Runs one call of the grader within its time. Time on the wall would count other programs in.
fn timed<T>(what: &str, call: impl FnOnce() -> T) -> T {
    let start = ThreadTime::now();
    let result = call();
    let taken = start.elapsed();
    assert!(taken < LIMIT, "{what} took {taken:?}");
    result
}
