//! The laws of the grader, each call within a limit of processor time.

use cpu_time::ThreadTime;
use grade_laws::Watch;
use std::time::Duration;

/// Most processor time of one call: 50 ms, times what coverage counters and debug checks cost.
const LIMIT: Duration = Duration::from_millis(200);

/// Panics where a call takes longer than the limit. Wall-clock time would count other programs in.
pub struct Limited;

impl Watch for Limited {
    fn run<T>(&self, what: &str, call: impl FnOnce() -> T) -> T {
        let start = ThreadTime::now();
        let result = call();
        let taken = start.elapsed();
        assert!(taken < LIMIT, "{what} took {taken:?}");
        result
    }
}
