//! Which server gets which request, and when: all decisions, without sending anything.

use super::backoff::MAX_RETRY_AFTER;
use super::batch::{Batch, InFlight};
use super::health::Health;
use super::http::{RequestError, RequestErrorKind};
use super::publish::PublishedAdapter;
use super::request::{Counts, RequestEvent, ServerRequest};
use super::servers::Servers;
use crate::Error;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Instant;

/// A request is hedged when it has taken this many times the longest latency of its batch.
const HEDGE_FACTOR: u32 = 3;

/// The servers, and the requests of the current batch.
pub(super) struct RequestScheduler<Q: ServerRequest> {
    servers: Vec<Health>,
    batch: Option<Batch<Q>>,
    /// Batches so far.
    batches: u64,
    /// Requests in flight, also those of earlier batches, by number.
    in_flight: BTreeMap<u64, InFlight>,
    /// Number of the request that was sent last.
    last_number: u64,
    /// The adapter that servers must have.
    wanted: Option<Arc<PublishedAdapter>>,
    /// Earlier adapters whose folders are not deleted yet.
    old: Vec<Arc<PublishedAdapter>>,
    pub(super) counts: Counts,
    pub(super) notes: Vec<String>,
    pub(super) closed: bool,
}

/// Something to do now, each on a thread.
pub(super) enum Action<Q> {
    Send { number: u64, server: usize, request: Arc<Q> },
    LoadAdapter { server: usize, adapter: Arc<PublishedAdapter> },
    UnloadAdapter { server: usize, name: String },
    DeleteFolder { folder: PathBuf },
}

impl<Q: ServerRequest> RequestScheduler<Q> {
    pub(super) fn new(settings: &Servers) -> Self {
        let health = |server| Health::new(settings.pause, server as u64);
        Self {
            servers: (0..settings.count()).map(health).collect(),
            batch: None,
            batches: 0,
            in_flight: BTreeMap::new(),
            last_number: 0,
            wanted: None,
            old: Vec::new(),
            counts: Counts::default(),
            notes: Vec::new(),
            closed: false,
        }
    }

    /// Starts a batch of requests, given with their number. The one before is dropped: answers to its
    /// requests are ignored.
    pub(super) fn start_batch(
        &mut self,
        requests: (usize, Box<dyn Iterator<Item = Q> + Send>),
        drain: bool,
        sender: Sender<RequestEvent<Q::Answer>>,
        now: Instant,
    ) {
        self.batches += 1;
        self.batch = Some(Batch::new(self.batches, requests, drain, sender, now));
    }

    /// Sends no further request of the batch.
    pub(super) fn stop_batch(&mut self) {
        if let Some(batch) = &mut self.batch {
            batch.stopping = true;
        }
    }

    /// Has every server load another adapter before it gets further requests.
    pub(super) fn want(&mut self, adapter: Arc<PublishedAdapter>) {
        self.old.extend(self.wanted.replace(adapter));
        for server in &mut self.servers {
            (server.ready, server.cannot_load) = (false, false);
        }
    }

    /// Number of servers that can be sent requests.
    pub(super) fn available(&self) -> usize {
        let available =
            |server: &&Health| server.is_in_rotation() && (server.ready || self.wanted.is_none());
        self.servers.iter().filter(available).count()
    }

    /// Whether there may be something to do without a new event.
    pub(super) fn is_active(&self) -> bool {
        let settled =
            |server: &Health| server.is_in_rotation() && server.ready && server.loaded.len() <= 1;
        let adapters = self.wanted.is_some() && !self.servers.iter().all(settled);
        self.batch.is_some() || adapters || !self.old.is_empty()
    }

    /// What is to be done now.
    pub(super) fn schedule(&mut self, now: Instant, settings: &Servers) -> Vec<Action<Q>> {
        let mut actions = Vec::new();
        self.schedule_adapters(now, &mut actions);
        if self.available() > 0
            && let Some(batch) = &mut self.batch
        {
            batch.last_available = now;
        }
        while let Some(action) = self.next_request(now, settings) {
            actions.push(action);
        }
        while let Some(action) = self.next_hedge(now, settings) {
            actions.push(action);
        }
        self.check_availability(now, settings);
        if self.batch.as_mut().is_some_and(Batch::end) {
            self.batch = None;
        }
        actions
    }

    /// Loads the current adapter, unloads earlier ones, and deletes folders that no server uses any more.
    fn schedule_adapters(&mut self, now: Instant, actions: &mut Vec<Action<Q>>) {
        let Some(wanted) = &self.wanted else { return };
        for (at, server) in self.servers.iter_mut().enumerate() {
            if server.busy || !server.is_due(now) {
                continue;
            }
            if !server.ready {
                server.busy = true;
                actions.push(Action::LoadAdapter { server: at, adapter: wanted.clone() });
            } else if let Some(name) =
                server.loaded.iter().find(|name| **name != wanted.name && server.uses(name) == 0)
            {
                let name = name.clone();
                server.busy = true;
                actions.push(Action::UnloadAdapter { server: at, name });
            }
        }
        let servers = &self.servers;
        let is_needed = |adapter: &PublishedAdapter| {
            servers.iter().any(|server| {
                let held = server.is_in_rotation() && server.loaded.contains(&adapter.name);
                // A busy server may be reading the folder.
                held || server.busy || server.uses(&adapter.name) > 0
            })
        };
        let (needed, done): (Vec<_>, Vec<_>) =
            self.old.drain(..).partition(|adapter| is_needed(adapter));
        self.old = needed;
        let delete =
            |old: Arc<PublishedAdapter>| Action::DeleteFolder { folder: old.folder.clone() };
        actions.extend(done.into_iter().map(delete));
    }

    /// The next request of the batch, retries first, for the server expected to finish it first.
    fn next_request(&mut self, now: Instant, settings: &Servers) -> Option<Action<Q>> {
        let batch = self.batch.as_ref().filter(|batch| !batch.stopping)?;
        let retry = batch.due_retry(now);
        if retry.is_none() && !batch.has_unsent() {
            return None;
        }
        let none = BTreeSet::new();
        let avoid = retry.map_or(&none, |index| &batch.pending[&index].failed_by);
        let server = self.choose(now, settings, avoid)?;
        let batch = self.batch.as_mut()?;
        let index = match retry {
            Some(index) => index,
            None => batch.take_next(now, settings)?,
        };
        batch.retries.remove(&index);
        self.send(index, server, now)
    }

    /// The server that is expected to finish one more request first, outside `avoid` where possible. If
    /// that server is full, none: waiting for it is faster than a slow server.
    fn choose(&self, now: Instant, settings: &Servers, avoid: &BTreeSet<usize>) -> Option<usize> {
        let usable = |server: &Health| match &self.wanted {
            Some(_) => server.ready && server.is_due(now),
            None => server.is_due(now),
        };
        let usable: Vec<usize> =
            (0..self.servers.len()).filter(|&at| usable(&self.servers[at])).collect();
        let others = |at: &&usize| !avoid.contains(at);
        let some_other = usable.iter().any(|at| others(&at));
        let latencies = self.servers.iter().filter_map(|server| server.latency());
        let unknown = latencies.fold(f64::INFINITY, f64::min);
        let unknown = if unknown.is_finite() { unknown } else { 1.0 };
        let load = |at: &usize| self.servers[*at].load(now, unknown);
        let candidates = usable.iter().filter(|at| !some_other || others(at));
        let first = candidates.min_by(|a, b| load(a).total_cmp(&load(b))).copied()?;
        self.servers[first].has_room(now, settings).then_some(first)
    }

    /// A hedged request: one that the rest of the batch waits for, sent to a second server. The first
    /// answer counts; both servers draw from one policy with one seed.
    fn next_hedge(&mut self, now: Instant, settings: &Servers) -> Option<Action<Q>> {
        let batch = self.batch.as_ref().filter(|batch| !batch.stopping && batch.may_hedge())?;
        let deadline = settings.hedge_after.max(HEDGE_FACTOR * batch.max_latency);
        let late = |sent: &&InFlight| {
            let alone = batch.pending.get(&sent.index).is_some_and(|found| found.in_flight == 1);
            sent.batch == batch.number && alone && now.duration_since(sent.since) > deadline
        };
        let InFlight { index, server: first, .. } = *self.in_flight.values().find(late)?;
        let avoid = BTreeSet::from([first]);
        let server = self.choose(now, settings, &avoid).filter(|&server| server != first)?;
        self.counts.repeated += 1;
        self.send(index, server, now)
    }

    fn send(&mut self, index: usize, server: usize, now: Instant) -> Option<Action<Q>> {
        let batch = self.batch.as_mut()?;
        let pending = batch.pending.get_mut(&index)?;
        pending.in_flight += 1;
        self.last_number += 1;
        let request = pending.request.clone();
        let (samples, adapter) = (request.samples(), request.adapter().map(str::to_owned));
        let sent = InFlight { server, batch: batch.number, index, samples, since: now };
        self.in_flight.insert(self.last_number, sent);
        self.servers[server].start_request(self.last_number, now, adapter);
        Some(Action::Send { number: self.last_number, server, request })
    }

    /// Fails the batch if no server was available for too long, or none can load the adapter.
    fn check_availability(&mut self, now: Instant, settings: &Servers) {
        let Some(batch) = &mut self.batch else { return };
        let waited = now.duration_since(batch.last_available);
        let cannot_load = self.servers.iter().all(|server| server.cannot_load);
        if batch.stopping || (waited < settings.patience && !cannot_load) {
            return;
        }
        let each = self.servers.iter().enumerate();
        let each = each.map(|(at, server)| format!("{}: {}", settings.base(at), server.problem));
        let each: Vec<String> = each.collect();
        let problem = match cannot_load {
            true => format!("no server can load the adapter ({})", each.join("; ")),
            false => format!("no server was available for {waited:.1?} ({})", each.join("; ")),
        };
        batch.failed.get_or_insert(Error::Endpoint { url: settings.all(), problem });
        batch.stopping = true;
    }

    /// Takes the outcome of a request.
    pub(super) fn request_done(
        &mut self,
        number: u64,
        outcome: Result<Q::Answer, RequestError>,
        now: Instant,
        settings: &Servers,
    ) {
        let Some(sent) = self.in_flight.remove(&number) else { return };
        let latency = self.servers[sent.server].end_request(number, now);
        match &outcome {
            Ok(_) => {
                self.servers[sent.server].record_latency(latency);
                self.record_success(sent.server, settings);
            }
            Err(failed) => {
                let invalid = failed.kind == RequestErrorKind::InvalidResponse;
                self.counts.refused += if invalid { sent.samples } else { 0 };
                self.record_failure(sent.server, failed, now, settings);
            }
        }
        let Some(batch) = self.batch.as_mut().filter(|batch| batch.number == sent.batch) else {
            return;
        };
        // Of two answers to a hedged request, the second finds none pending.
        let Some(pending) = batch.pending.get_mut(&sent.index) else { return };
        pending.in_flight -= 1;
        match outcome {
            Ok(answer) => batch.answer(sent.index, answer, latency),
            Err(failed) => {
                let retried = batch.retry_or_fail(&sent, failed, now, settings);
                self.counts.repeated += usize::from(retried);
            }
        }
    }

    fn record_success(&mut self, at: usize, settings: &Servers) {
        let was_out = self.servers[at].record_success(settings.pause, at as u64);
        if was_out && self.wanted.is_some() {
            self.notes.push(format!("{}: answers again", settings.base(at)));
        }
    }

    fn record_failure(
        &mut self,
        at: usize,
        failed: &RequestError,
        now: Instant,
        settings: &Servers,
    ) {
        let server = &mut self.servers[at];
        if failed.kind == RequestErrorKind::NotFound {
            // It lost the adapter, and loads it again.
            server.ready = false;
        }
        let newly_out = server.record_failure(now, failed);
        if let Some(retry_after) = failed.retry_after {
            server.wait_at_least(now + retry_after.min(MAX_RETRY_AFTER));
        }
        if newly_out && self.wanted.is_some() {
            let base = settings.base(at);
            self.notes.push(format!("{base}: taken out of rotation: {}", failed.problem));
        }
    }

    /// Takes the outcome of loading an adapter.
    pub(super) fn load_done(
        &mut self,
        at: usize,
        adapter: &PublishedAdapter,
        outcome: Result<(), RequestError>,
        now: Instant,
        settings: &Servers,
    ) {
        self.servers[at].busy = false;
        let is_wanted = self.wanted.as_ref().is_some_and(|wanted| wanted.name == adapter.name);
        match outcome {
            Ok(()) => {
                let server = &mut self.servers[at];
                server.record_load();
                server.ready = is_wanted;
                if !server.loaded.contains(&adapter.name) {
                    server.loaded.push(adapter.name.clone());
                }
            }
            // The files may still be on their way.
            Err(failed) if failed.kind == RequestErrorKind::NotFound => {
                self.servers[at].wait(now + settings.pause, &failed.problem);
            }
            Err(failed) => {
                self.servers[at].cannot_load =
                    is_wanted && failed.kind == RequestErrorKind::Rejected;
                self.record_failure(at, &failed, now, settings);
                self.servers[at].wait_at_least(now + settings.pause);
            }
        }
    }

    /// Takes the outcome of unloading an adapter. An answer of any kind counts as unloaded: the usual
    /// error is that the server no longer has the adapter.
    pub(super) fn unload_done(
        &mut self,
        at: usize,
        name: &str,
        outcome: Result<(), RequestError>,
        now: Instant,
        settings: &Servers,
    ) {
        self.servers[at].busy = false;
        match outcome {
            Err(failed) if failed.kind == RequestErrorKind::Unreachable => {
                self.record_failure(at, &failed, now, settings);
            }
            _ => self.servers[at].loaded.retain(|held| held != name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;
    use std::time::Duration;

    struct Numbered(u64);

    impl ServerRequest for Numbered {
        type Answer = ();

        fn path(&self) -> &'static str {
            "completions"
        }

        fn body(&self) -> Result<Vec<u8>, String> {
            Ok(Vec::new())
        }

        fn read(&self, _: &[u8]) -> Result<(), String> {
            Ok(())
        }

        fn seed(&self) -> u64 {
            self.0
        }

        fn name(&self) -> String {
            self.0.to_string()
        }

        fn samples(&self) -> usize {
            1
        }

        fn adapter(&self) -> Option<&str> {
            None
        }
    }

    /// How many of the requests each server gets, and the most at a time, if it answers after `latencies`
    /// milliseconds of simulated time.
    fn shares(latencies: [u64; 2], requests: u64, concurrency: usize) -> [(usize, usize); 2] {
        let mut settings = Servers::new("http://a:1,http://b:1").expect("two addresses");
        settings.concurrency = concurrency;
        let (mut scheduler, mut now) = (RequestScheduler::new(&settings), Instant::now());
        let (sender, receiver) = channel();
        let source = Box::new((0..requests).map(Numbered));
        scheduler.start_batch((requests as usize, source), false, sender, now);
        let mut running = BTreeSet::new();
        let mut shares = [(0, 0); 2];
        loop {
            for action in scheduler.schedule(now, &settings) {
                let Action::Send { number, server, .. } = action else { panic!("no adapters") };
                running.insert((now + Duration::from_millis(latencies[server]), number, server));
                let at_a_time = running.iter().filter(|(.., of)| *of == server).count();
                shares[server] = (shares[server].0 + 1, shares[server].1.max(at_a_time));
            }
            let Some((time, number, _)) = running.pop_first() else { break };
            now = time;
            scheduler.request_done(number, Ok(()), now, &settings);
        }
        let is_answer = |event: &RequestEvent<()>| matches!(event, RequestEvent::Answer(..));
        assert_eq!(receiver.try_iter().filter(is_answer).count() as u64, requests);
        shares
    }

    /// The second server takes ten times as long. Both get four requests at first. Until the second answers,
    /// at 300 ms, the first gets 40; after that even a fifth request in its queue is expected to finish
    /// there sooner.
    #[test]
    fn a_slow_server_gets_fewer_requests_and_no_server_exceeds_its_concurrency() {
        assert_eq!(shares([30, 300], 60, 4), [(56, 4), (4, 4)]);
        assert_eq!(shares([300, 30], 60, 4), [(4, 4), (56, 4)]);
    }

    #[test]
    fn equally_fast_servers_get_equal_shares() {
        assert_eq!(shares([30, 30], 60, 4), [(30, 4), (30, 4)]);
    }
}
