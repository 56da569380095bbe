//! The state of one server.

use super::backoff::Backoff;
use super::http::{RequestError, RequestErrorKind};
use super::servers::Servers;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Failures in a row after which a server that still answers is taken out of rotation.
const MAX_FAILURES: u32 = 3;
/// Weight of the newest request in the moving average of latencies.
const NEWEST: f64 = 0.2;

/// A server's load, latency and circuit breaker.
pub(super) struct Health {
    /// Requests in flight, by number: when they began, and for which adapter.
    running: BTreeMap<u64, (Instant, Option<String>)>,
    /// Moving average of the time of a request, in seconds.
    latency: Option<f64>,
    /// Failures since the last success.
    failures: u32,
    /// When a server out of rotation is tried again; none in rotation.
    out_until: Option<Instant>,
    /// Whether it was taken out of rotation and has not answered since.
    was_out: bool,
    backoff: Backoff,
    /// Whether it has loaded the current adapter.
    pub(super) ready: bool,
    /// Adapters that it may have loaded.
    pub(super) loaded: Vec<String>,
    /// Whether an adapter is being loaded or unloaded.
    pub(super) busy: bool,
    /// Whether it answered that it cannot load the current adapter.
    pub(super) cannot_load: bool,
    /// The message of its last failure.
    pub(super) problem: String,
}

impl Health {
    pub(super) fn new(pause: Duration, seed: u64) -> Self {
        Self {
            running: BTreeMap::new(),
            latency: None,
            failures: 0,
            out_until: None,
            was_out: false,
            backoff: Backoff::new(pause, seed),
            ready: false,
            loaded: Vec::new(),
            busy: false,
            cannot_load: false,
            problem: String::new(),
        }
    }

    pub(super) fn is_in_rotation(&self) -> bool {
        self.out_until.is_none()
    }

    /// Whether it may be sent anything. A server out of rotation may when its pause has ended, one
    /// request at a time.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.out_until.is_none_or(|until| now >= until && self.running.is_empty() && !self.busy)
    }

    /// Whether there is room for one more request.
    pub(super) fn has_room(&self, now: Instant, servers: &Servers) -> bool {
        self.is_due(now) && self.running.len() < servers.concurrency
    }

    /// Number of requests in flight for an adapter.
    pub(super) fn uses(&self, adapter: &str) -> usize {
        self.running.values().filter(|(_, name)| name.as_deref() == Some(adapter)).count()
    }

    /// Moving average of the time of a request, in seconds; none before the first answer.
    pub(super) fn latency(&self) -> Option<f64> {
        self.latency
    }

    /// Expected seconds until one more request is done, if requests were processed one after another.
    /// The age of a request in flight counts where it exceeds the average. `unknown` is the latency of a
    /// server that has not answered yet.
    pub(super) fn load(&self, now: Instant, unknown: f64) -> f64 {
        let ages = self.running.values().map(|(since, _)| now.duration_since(*since).as_secs_f64());
        let latency = ages.fold(self.latency.unwrap_or(unknown), f64::max);
        (self.running.len() + 1) as f64 * latency
    }

    pub(super) fn start_request(&mut self, number: u64, now: Instant, adapter: Option<String>) {
        self.running.insert(number, (now, adapter));
    }

    /// Ends a request; returns how long it took.
    pub(super) fn end_request(&mut self, number: u64, now: Instant) -> Duration {
        let since = self.running.remove(&number).map_or(now, |(since, _)| since);
        now.duration_since(since)
    }

    /// Adds the time of an answer to the average.
    pub(super) fn record_latency(&mut self, time: Duration) {
        let seconds = time.as_secs_f64();
        self.latency = Some(
            self.latency.map_or(seconds, |latency| (1.0 - NEWEST) * latency + NEWEST * seconds),
        );
    }

    /// Records a usable answer; says whether the server had been out of rotation.
    pub(super) fn record_success(&mut self, pause: Duration, seed: u64) -> bool {
        self.failures = 0;
        self.cannot_load = false;
        self.backoff = Backoff::new(pause, seed);
        self.out_until = None;
        std::mem::take(&mut self.was_out)
    }

    /// Records that the adapter is loaded, which puts the server back into rotation. Only an answer
    /// resets its failures, so the pauses of a server that loads but does not answer grow.
    pub(super) fn record_load(&mut self) {
        self.cannot_load = false;
        self.out_until = None;
    }

    /// Records a failure; says whether it took the server out of rotation. An unreachable server is
    /// taken out at once, and may have lost its adapters.
    pub(super) fn record_failure(&mut self, now: Instant, failed: &RequestError) -> bool {
        self.problem.clone_from(&failed.problem);
        self.failures += 1;
        let was_in_rotation = self.is_in_rotation();
        if failed.kind == RequestErrorKind::Unreachable
            || self.failures >= MAX_FAILURES
            || !was_in_rotation
        {
            self.out_until = Some(now + self.backoff.next(failed.retry_after));
            self.ready = false;
        }
        let newly_out = was_in_rotation && !self.is_in_rotation() && !self.was_out;
        self.was_out |= !self.is_in_rotation();
        newly_out
    }

    /// Extends the pause to at least `until`.
    pub(super) fn wait_at_least(&mut self, until: Instant) {
        self.out_until = Some(self.out_until.map_or(until, |out| out.max(until)));
    }

    /// Pauses until `until`, without counting a failure.
    pub(super) fn wait(&mut self, until: Instant, problem: &str) {
        problem.clone_into(&mut self.problem);
        self.out_until = Some(until);
    }
}
