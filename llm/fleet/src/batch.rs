//! Requests that are sent together, and when each of them is retried.

use super::backoff::Backoff;
use super::http::{RequestError, RequestErrorKind};
use super::request::{RequestEvent, ServerRequest};
use super::servers::Servers;
use crate::Error;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

/// A request fails for good when this many servers (or all, if there are fewer) reject it.
const MIN_REJECTIONS: usize = 2;

/// Requests that are sent together.
pub(super) struct Batch<Q: ServerRequest> {
    pub(super) number: u64,
    /// Requests that were not sent yet.
    source: Box<dyn Iterator<Item = Q> + Send>,
    /// Index of the next request of `source`.
    next: usize,
    /// Requests that were sent and have no answer, by index.
    pub(super) pending: BTreeMap<usize, PendingRequest<Q>>,
    /// Those of `pending` that wait for a retry.
    pub(super) retries: BTreeSet<usize>,
    total: usize,
    answered: usize,
    /// The longest time that an answer took.
    pub(super) max_latency: Duration,
    /// When a server was last available.
    pub(super) last_available: Instant,
    pub(super) failed: Option<Error>,
    pub(super) stopping: bool,
    /// Whether requests in flight are waited for when the batch stops.
    drain: bool,
    sender: Sender<RequestEvent<Q::Answer>>,
}

/// A request without an answer.
pub(super) struct PendingRequest<Q> {
    pub(super) request: Arc<Q>,
    /// Number of servers that work on it: 2 for a hedged request.
    pub(super) in_flight: usize,
    attempts: u32,
    /// It is not retried earlier.
    not_before: Instant,
    /// Servers that failed.
    pub(super) failed_by: BTreeSet<usize>,
    /// Servers that rejected the request itself.
    rejected_by: BTreeSet<usize>,
    backoff: Backoff,
}

/// A request that a server works on.
pub(super) struct InFlight {
    pub(super) server: usize,
    /// The batch, and the request's index in it.
    pub(super) batch: u64,
    pub(super) index: usize,
    pub(super) samples: usize,
    pub(super) since: Instant,
}

impl<Q: ServerRequest> Batch<Q> {
    pub(super) fn new(
        number: u64,
        (total, source): (usize, Box<dyn Iterator<Item = Q> + Send>),
        drain: bool,
        sender: Sender<RequestEvent<Q::Answer>>,
        now: Instant,
    ) -> Self {
        Self {
            number,
            source,
            next: 0,
            pending: BTreeMap::new(),
            retries: BTreeSet::new(),
            total,
            answered: 0,
            max_latency: Duration::ZERO,
            last_available: now,
            failed: None,
            stopping: false,
            drain,
            sender,
        }
    }

    /// Whether requests were not sent yet.
    pub(super) fn has_unsent(&self) -> bool {
        self.next < self.total
    }

    /// A request whose retry is due.
    pub(super) fn due_retry(&self, now: Instant) -> Option<usize> {
        let due = |index: &&usize| {
            self.pending.get(*index).is_some_and(|pending| pending.not_before <= now)
        };
        self.retries.iter().find(due).copied()
    }

    /// Whether all requests were sent, none waits for a retry, and half of them are answered.
    pub(super) fn may_hedge(&self) -> bool {
        !self.has_unsent() && self.retries.is_empty() && 2 * self.answered >= self.total
    }

    /// Takes the next request from the source; returns its index.
    pub(super) fn take_next(&mut self, now: Instant, settings: &Servers) -> Option<usize> {
        let request = self.source.next()?;
        let backoff = Backoff::new(settings.pause, request.seed());
        let pending = PendingRequest {
            request: Arc::new(request),
            in_flight: 0,
            attempts: 0,
            not_before: now,
            failed_by: BTreeSet::new(),
            rejected_by: BTreeSet::new(),
            backoff,
        };
        let index = self.next;
        self.next += 1;
        self.pending.insert(index, pending);
        Some(index)
    }

    /// Passes an answer on.
    pub(super) fn answer(&mut self, index: usize, answer: Q::Answer, latency: Duration) {
        self.pending.remove(&index);
        self.retries.remove(&index);
        self.answered += 1;
        self.max_latency = self.max_latency.max(latency);
        self.send(RequestEvent::Answer(index, answer));
    }

    /// Schedules a retry of a request that failed, or fails the batch; says whether it is retried.
    pub(super) fn retry_or_fail(
        &mut self,
        sent: &InFlight,
        failed: RequestError,
        now: Instant,
        settings: &Servers,
    ) -> bool {
        let InFlight { server, index, .. } = *sent;
        let Some(pending) = self.pending.get_mut(&index) else { return false };
        pending.attempts += 1;
        pending.failed_by.insert(server);
        let RequestError { kind, problem, retry_after, .. } = failed;
        if kind == RequestErrorKind::Rejected
            || (kind == RequestErrorKind::NotFound && pending.request.adapter().is_none())
        {
            pending.rejected_by.insert(server);
        }
        if pending.in_flight > 0 {
            return false;
        }
        let for_good = pending.rejected_by.len() >= MIN_REJECTIONS.min(settings.count());
        if for_good || pending.attempts > settings.retries {
            let attempts = match pending.attempts {
                1 => String::new(),
                attempts => format!(" ({attempts} attempts)"),
            };
            let problem = format!("{}: {problem}{attempts}", pending.request.name());
            let url = format!("{}/{}", settings.base(server), pending.request.path());
            self.failed.get_or_insert(Error::Endpoint { url, problem });
            self.stopping = true;
            return false;
        }
        // With fewer attempts than servers, another server is tried without a pause.
        let elsewhere = (pending.attempts as usize) < settings.count();
        let pause = if elsewhere { Duration::ZERO } else { pending.backoff.next(retry_after) };
        pending.not_before = now + pause;
        self.retries.insert(index);
        let next = match pause.is_zero() {
            true => "retried on another server".to_owned(),
            false => format!("retried in {pause:.1?}"),
        };
        self.send(RequestEvent::Retrying(format!("{problem}; {next}")));
        true
    }

    /// Sends the last event if the batch has ended; says whether it has.
    pub(super) fn end(&mut self) -> bool {
        let in_flight = self.pending.values().any(|pending| pending.in_flight > 0);
        let stopped = self.stopping && !(self.drain && in_flight);
        let ended = self.answered == self.total || stopped;
        if ended {
            let failed = self.failed.take();
            self.send(RequestEvent::End(failed));
        }
        ended
    }

    fn send(&self, event: RequestEvent<Q::Answer>) {
        // The caller may have stopped listening.
        let _ = self.sender.send(event);
    }
}
