//! Rewards of completions while others are still being sampled.

use super::{Reward, Scored};
use crate::data::Problem;
use crate::error::Result;
use rs_grpo_engine::generate::{Event, Request, Sample, Sampler, SamplingParams};
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{Scope, ScopedJoinHandle, available_parallelism};
use std::time::{Duration, Instant};

/// Most threads that grade; one grades tens of thousands of completions a second.
const MOST_WORKERS: usize = 4;

/// The samples of some requests and their rewards.
pub(crate) struct ScoredSamples {
    /// The samples of each request, and the score of each, in the same order.
    pub(crate) groups: Vec<(Vec<Sample>, Vec<Scored>)>,
    /// Time in the sampler.
    pub(crate) sampling: Duration,
    /// Time that rewards took after the last completion was sampled.
    pub(crate) grading: Duration,
}

/// Samples the completions of requests, and scores them on other threads as they finish.
///
/// The rewards do not depend on the order in which completions end. The grader is given one completion
/// at a time, a command all those of a prompt.
///
/// # Errors
/// Those of the sampler; if there are none, those of the reward.
pub(crate) fn sample_and_score(
    sampler: &mut dyn Sampler,
    requests: &[Request],
    params: &SamplingParams,
    reward: &mut Reward,
    problems: &[&Problem],
) -> Result<ScoredSamples> {
    let start = Instant::now();
    let whole_groups = reward.is_command();
    let (sender, receiver) = channel();
    let queue = Queue { receiver: Mutex::new(receiver), abandoned: AtomicBool::new(false) };
    let mut job_sender = JobSender { requests, whole_groups, waiting: BTreeMap::new(), sender };
    std::thread::scope(|scope| {
        let workers = queue.spawn_workers(scope, reward, problems);
        let samples = sampler.sample(requests, params, &mut |event| job_sender.take(event));
        // Without a sender the workers end when the queue is empty.
        drop(job_sender);
        queue.abandoned.store(samples.is_err(), Ordering::Relaxed);
        let sampled = Instant::now();
        let done: Vec<Result<Vec<Done>>> = workers
            .into_iter()
            .map(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect();
        let samples = samples?;
        let scores = in_order(requests.len(), done.into_iter().collect::<Result<Vec<_>>>()?);
        let groups = samples.into_iter().zip(scores).collect();
        Ok(ScoredSamples { groups, sampling: sampled - start, grading: sampled.elapsed() })
    })
}

/// The scores of each request, in the order of its samples.
fn in_order(requests: usize, done: Vec<Vec<Done>>) -> Vec<Vec<Scored>> {
    let mut of_requests = vec![BTreeMap::new(); requests];
    for Done { request, scores } in done.into_iter().flatten() {
        of_requests[request].extend(scores);
    }
    of_requests.into_iter().map(|scores| scores.into_values().collect()).collect()
}

/// Completions of one request, by their index.
struct Job {
    request: usize,
    completions: Vec<(usize, String)>,
}

/// Their rewards.
struct Done {
    request: usize,
    scores: Vec<(usize, Scored)>,
}

/// Queues finished samples for scoring.
struct JobSender<'a> {
    requests: &'a [Request],
    whole_groups: bool,
    /// Samples of requests that are not complete.
    waiting: BTreeMap<usize, BTreeMap<usize, String>>,
    sender: Sender<Job>,
}

impl JobSender<'_> {
    fn take(&mut self, event: Event<'_>) {
        let Event::Finished(request, Sample { index, text, .. }) = event else { return };
        let text = text.clone().unwrap_or_default();
        let needed = if self.whole_groups { self.requests[request].samples } else { 1 };
        let waiting = self.waiting.entry(request).or_default();
        waiting.insert(*index, text);
        if waiting.len() == needed {
            let completions = std::mem::take(waiting).into_iter().collect();
            // The receiver lives longer than this sender.
            let _ = self.sender.send(Job { request, completions });
        }
    }
}

/// Jobs to be scored.
struct Queue {
    receiver: Mutex<Receiver<Job>>,
    /// Whether sampling failed, and the rewards are not needed.
    abandoned: AtomicBool,
}

impl Queue {
    /// Several threads for the grader; one for a command.
    fn spawn_workers<'scope>(
        &'scope self,
        scope: &'scope Scope<'scope, '_>,
        reward: &'scope mut Reward,
        problems: &'scope [&Problem],
    ) -> Vec<ScopedJoinHandle<'scope, Result<Vec<Done>>>> {
        match reward {
            Reward::Grader => {
                let grade = |job: &Job| {
                    let grade =
                        |(_, text): &(usize, String)| Scored::graded(problems[job.request], text);
                    Ok(job.completions.iter().map(grade).collect())
                };
                let count =
                    available_parallelism().map_or(1, |count| count.get().min(MOST_WORKERS));
                (0..count).map(|_| scope.spawn(move || self.work(grade))).collect()
            }
            Reward::Command(command) => {
                let score = |job: &Job| {
                    let rewards = command.score(problems[job.request], &job.completions)?;
                    Ok(rewards.into_iter().map(Scored::rewarded).collect())
                };
                vec![scope.spawn(move || self.work(score))]
            }
        }
    }

    /// Scores jobs until the queue is closed.
    fn work(&self, mut score: impl FnMut(&Job) -> Result<Vec<Scored>>) -> Result<Vec<Done>> {
        let mut done = Vec::new();
        while let Some(job) = self.next() {
            if self.abandoned.load(Ordering::Relaxed) {
                break;
            }
            let indices = job.completions.iter().map(|(index, _)| *index);
            let scores = indices.zip(score(&job)?).collect();
            done.push(Done { request: job.request, scores });
        }
        Ok(done)
    }

    fn next(&self) -> Option<Job> {
        // No thread panics while it holds the lock.
        self.receiver.lock().ok()?.recv().ok()
    }
}
