//! The state of one server.

use super::backoff::Backoff;
use super::http::{RequestError, RequestErrorKind};
use super::servers::Servers;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Failures in a row after which a server is taken out, should it still answer.
const MOST_FAILURES: u32 = 3;
/// Weight of the newest request in the mean of their times.
const NEWEST: f64 = 0.2;

/// A server: what it does, how fast it is, and whether it is asked at all.
pub(super) struct Health {
    /// Requests under way, by their number: when they began, and for which adapter.
    running: BTreeMap<u64, (Instant, Option<String>)>,
    /// How long a request takes, in seconds.
    pace: Option<f64>,
    /// Failures since the last success.
    failures: u32,
    /// A server that was taken out is tried again after this.
    out_until: Option<Instant>,
    /// Whether it was taken out, and has not answered since.
    was_out: bool,
    backoff: Backoff,
    /// Whether it is known to have the adapter that is wanted.
    pub(super) ready: bool,
    /// Adapters that it may have.
    pub(super) holds: Vec<String>,
    /// Whether an adapter is being loaded or unloaded.
    pub(super) busy: bool,
    /// Whether it said that it cannot load the adapter that is wanted.
    pub(super) hopeless: bool,
    /// The message of its last failure.
    pub(super) problem: String,
}

impl Health {
    pub(super) fn new(pause: Duration, seed: u64) -> Self {
        Self {
            running: BTreeMap::new(),
            pace: None,
            failures: 0,
            out_until: None,
            was_out: false,
            backoff: Backoff::new(pause, seed),
            ready: false,
            holds: Vec::new(),
            busy: false,
            hopeless: false,
            problem: String::new(),
        }
    }

    /// Whether it is not taken out.
    pub(super) fn is_in(&self) -> bool {
        self.out_until.is_none()
    }

    /// Whether it may be asked for anything: a server that was taken out is, when its time has come,
    /// for one thing.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.out_until.is_none_or(|until| now >= until && self.running.is_empty() && !self.busy)
    }

    /// Whether there is room for one more request.
    pub(super) fn has_room(&self, now: Instant, servers: &Servers) -> bool {
        self.is_due(now) && self.running.len() < servers.concurrency
    }

    /// Requests under way for an adapter.
    pub(super) fn uses(&self, adapter: &str) -> usize {
        self.running.values().filter(|(_, name)| name.as_deref() == Some(adapter)).count()
    }

    /// How long a request takes, in seconds, as far as answers tell.
    pub(super) fn pace(&self) -> Option<f64> {
        self.pace
    }

    /// How long one more request would take if each waited for all others. A request that takes longer
    /// than those before tells of the server, too. `unknown` is the pace of one that has not answered.
    pub(super) fn load(&self, now: Instant, unknown: f64) -> f64 {
        let ages = self.running.values().map(|(since, _)| now.duration_since(*since).as_secs_f64());
        let pace = ages.fold(self.pace.unwrap_or(unknown), f64::max);
        (self.running.len() + 1) as f64 * pace
    }

    pub(super) fn begin(&mut self, number: u64, now: Instant, adapter: Option<String>) {
        self.running.insert(number, (now, adapter));
    }

    /// Ends a request, and says how long it took.
    pub(super) fn end(&mut self, number: u64, now: Instant) -> Duration {
        let since = self.running.remove(&number).map_or(now, |(since, _)| since);
        now.duration_since(since)
    }

    /// Notes the time of an answer.
    pub(super) fn took(&mut self, time: Duration) {
        let seconds = time.as_secs_f64();
        self.pace =
            Some(self.pace.map_or(seconds, |pace| (1.0 - NEWEST) * pace + NEWEST * seconds));
    }

    /// Notes an answer that was one; says whether the server had been taken out.
    pub(super) fn succeeded(&mut self, pause: Duration, seed: u64) -> bool {
        self.failures = 0;
        self.hopeless = false;
        self.backoff = Backoff::new(pause, seed);
        self.out_until = None;
        std::mem::take(&mut self.was_out)
    }

    /// Notes that it has the adapter: it can be asked. Only an answer clears it of its failures, so that
    /// the pauses of one that loads well and answers badly grow.
    pub(super) fn has_loaded(&mut self) {
        self.hopeless = false;
        self.out_until = None;
    }

    /// Notes a failure; says whether the server is taken out now and was not before. One that cannot be
    /// reached is at once, and may have lost its adapters.
    pub(super) fn failed(&mut self, now: Instant, failed: &RequestError) -> bool {
        self.problem.clone_from(&failed.problem);
        self.failures += 1;
        let was_in = self.is_in();
        if failed.kind == RequestErrorKind::Unreachable || self.failures >= MOST_FAILURES || !was_in
        {
            self.out_until = Some(now + self.backoff.next(failed.asked));
            self.ready = false;
        }
        let is_news = was_in && !self.is_in() && !self.was_out;
        self.was_out |= !self.is_in();
        is_news
    }

    /// Leaves it alone until then, should it be asked earlier.
    pub(super) fn wait_at_least(&mut self, until: Instant) {
        self.out_until = Some(self.out_until.map_or(until, |out| out.max(until)));
    }

    /// Leaves it alone for a while, without blame.
    pub(super) fn wait(&mut self, until: Instant, problem: &str) {
        problem.clone_into(&mut self.problem);
        self.out_until = Some(until);
    }
}
