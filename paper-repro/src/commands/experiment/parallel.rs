//! Jobs side by side.

use super::job::Job;
use crate::failure::Failure;
use rayon::ThreadPoolBuilder;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Runs jobs side by side, each on its share of the threads; results in the order of the jobs. Small
/// networks are faster that way than one after the other on all threads.
pub(super) fn in_parallel<T: Send>(
    jobs: &[Job],
    threads: usize,
    work: impl Fn(&Job) -> Result<T, Failure> + Sync,
) -> Result<Vec<T>, Failure> {
    let workers = threads.min(jobs.len()).max(1);
    let next = AtomicUsize::new(0);
    let worker = || -> Result<Vec<(usize, T)>, Failure> {
        let pool = ThreadPoolBuilder::new().num_threads((threads / workers).max(1)).build();
        let pool = pool.map_err(|error| Failure::Failed(error.to_string()))?;
        let mut done = Vec::new();
        while let Some((at, job)) = take(&next, jobs) {
            done.push((at, pool.install(|| work(job))?));
        }
        Ok(done)
    };
    let mut done = Vec::new();
    std::thread::scope(|scope| -> Result<(), Failure> {
        let workers: Vec<_> = (0..workers).map(|_| scope.spawn(worker)).collect();
        for worker in workers {
            let results =
                worker.join().map_err(|_| Failure::Failed("a job panicked".to_owned()))?;
            done.extend(results?);
        }
        Ok(())
    })?;
    done.sort_by_key(|(at, _)| *at);
    Ok(done.into_iter().map(|(_, result)| result).collect())
}

/// Takes the next job.
fn take<'a>(next: &AtomicUsize, jobs: &'a [Job]) -> Option<(usize, &'a Job)> {
    let at = next.fetch_add(1, Ordering::Relaxed);
    jobs.get(at).map(|job| (at, job))
}
