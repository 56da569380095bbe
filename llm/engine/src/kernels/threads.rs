//! Threads: rayon's only.

/// Keeps candle from starting a second thread pool beside rayon's: its elementwise operations would wait
/// for threads that compete for the same cores.
///
/// Call it first in `main`: it does nothing once the process has a second thread, if the user has set
/// `CANDLE_NUM_THREADS`, or if the system does not report the number of threads.
pub fn leave_threads_to_rayon() {
    const VARIABLE: &str = "CANDLE_NUM_THREADS";
    let alone = std::fs::read_dir("/proc/self/task").is_ok_and(|threads| threads.count() == 1);
    if alone && std::env::var_os(VARIABLE).is_none() {
        #[expect(unsafe_code, reason = "candle reads this from the environment only")]
        // SAFETY: no other thread exists that could read or write the environment at the same time.
        unsafe {
            std::env::set_var(VARIABLE, "1");
        }
    }
}
