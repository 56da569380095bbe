//! Completions on their way to threads that grade, and the rewards back in order.

use super::{Reward, Scored};
use crate::Result;
use crate::task::Problem;
use rs_grpo_engine::generate::{Event, Request, Sample};
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{ScopedJoinHandle, available_parallelism};
use std::time::{Duration, Instant};

/// Threads that grade. They keep up with any sampler: one passes tens of thousands of verdicts a second.
const MOST_WORKERS: usize = 4;

/// Rewards of all completions.
pub(crate) struct Scores {
    /// Of each request, in the order of its samples.
    pub(crate) of_requests: Vec<Vec<Scored>>,
    /// How long they were waited for after the last completion.
    pub(crate) waited: Duration,
}

/// Draws the samples of requests, and finds their rewards on other threads as they end.
///
/// The rewards do not depend on the order in which completions end. The grader is given one completion
/// at a time, a command all those of a prompt.
///
/// # Errors
/// Those of `draw`, and else those of the reward.
pub(crate) fn while_drawing<T>(
    reward: &mut Reward,
    problems: &[&Problem],
    requests: &[Request],
    draw: impl FnOnce(&mut dyn FnMut(Event<'_>)) -> Result<T>,
) -> Result<(T, Scores)> {
    let whole_groups = reward.is_command();
    let (sender, receiver) = channel();
    let queue = Queue { receiver: Mutex::new(receiver), abandoned: AtomicBool::new(false) };
    let mut desk = Desk { requests, whole_groups, waiting: BTreeMap::new(), sender };
    std::thread::scope(|scope| {
        let queue = &queue;
        let workers: Vec<ScopedJoinHandle<'_, Result<Vec<Done>>>> = match reward {
            Reward::Grader => {
                let grade = |job: &Job| {
                    let grade =
                        |(_, text): &(usize, String)| Scored::graded(problems[job.request], text);
                    Ok(job.completions.iter().map(grade).collect())
                };
                let count =
                    available_parallelism().map_or(1, |count| count.get().min(MOST_WORKERS));
                (0..count).map(|_| scope.spawn(move || queue.work(grade))).collect()
            }
            Reward::Command(command) => {
                let score = |job: &Job| {
                    let rewards = command.score(problems[job.request], &job.completions)?;
                    Ok(rewards.into_iter().map(Scored::rewarded).collect())
                };
                vec![scope.spawn(move || queue.work(score))]
            }
        };
        let drawn = draw(&mut |event| desk.take(event));
        // Without a sender the workers end when the queue is empty.
        drop(desk);
        queue.abandoned.store(drawn.is_err(), Ordering::Relaxed);
        let end = Instant::now();
        let mut done = Vec::new();
        for worker in workers {
            let result = worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            done.push(result);
        }
        let drawn = drawn?;
        let mut of_requests = vec![BTreeMap::new(); requests.len()];
        for done in done.into_iter().collect::<Result<Vec<_>>>()?.into_iter().flatten() {
            of_requests[done.request].extend(done.scores);
        }
        let in_order = |scores: BTreeMap<usize, Scored>| scores.into_values().collect();
        let of_requests = of_requests.into_iter().map(in_order).collect();
        Ok((drawn, Scores { of_requests, waited: end.elapsed() }))
    })
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

/// Where finished samples are handed in.
struct Desk<'a> {
    requests: &'a [Request],
    whole_groups: bool,
    /// Samples of requests that are not complete.
    waiting: BTreeMap<usize, BTreeMap<usize, String>>,
    sender: Sender<Job>,
}

impl Desk<'_> {
    fn take(&mut self, event: Event<'_>) {
        let Event::Finished(request, Sample { index, text, .. }) = event else { return };
        let text = text.clone().unwrap_or_default();
        let needed = if self.whole_groups { self.requests[request].samples } else { 1 };
        let waiting = self.waiting.entry(request).or_default();
        waiting.insert(*index, text);
        if waiting.len() == needed {
            let completions = std::mem::take(waiting).into_iter().collect();
            // The queue is there until the desk is gone.
            let _ = self.sender.send(Job { request, completions });
        }
    }
}

/// What is to be graded.
struct Queue {
    receiver: Mutex<Receiver<Job>>,
    /// Whether nobody wants the rewards any more.
    abandoned: AtomicBool,
}

impl Queue {
    /// Does one job after the other, until no more will come.
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
        // Nobody panics with the lock.
        self.receiver.lock().ok()?.recv().ok()
    }
}
