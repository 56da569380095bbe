//! The threads: one that runs the scheduler, and one for each request in flight.

use super::http::{Http, RequestError};
use super::publish::{PublishedAdapter, load, unload};
use super::request::{Counts, RequestEvent, ServerRequest};
use super::scheduler::{Action, RequestScheduler};
use super::servers::Servers;
use crate::{Error, Result};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// How often the scheduler runs without a new event, for pauses that have ended.
const TICK: Duration = Duration::from_millis(20);
/// How often the caller gets `Waiting` when nothing happens.
const WAITING_INTERVAL: Duration = Duration::from_millis(100);

/// Sends requests to servers, many at a time.
///
/// Dropping it does not wait for requests in flight.
pub(crate) struct Fleet<Q: ServerRequest> {
    shared: Arc<Shared<Q>>,
    thread: JoinHandle<()>,
}

struct Shared<Q: ServerRequest> {
    servers: Servers,
    http: Http,
    scheduler: Mutex<RequestScheduler<Q>>,
    changed: Condvar,
}

impl<Q: ServerRequest> Fleet<Q> {
    pub(crate) fn new(servers: Servers) -> Result<Self> {
        servers.check()?;
        let shared = Arc::new(Shared {
            http: Http::new(&servers),
            scheduler: Mutex::new(RequestScheduler::new(&servers)),
            servers,
            changed: Condvar::new(),
        });
        let for_thread = shared.clone();
        let thread = thread::spawn(move || for_thread.run_scheduler());
        Ok(Self { shared, thread })
    }

    /// Sends a batch of requests and passes each event to `on_event`, answers in the order of arrival;
    /// after `on_event` returns false, no further request is sent.
    ///
    /// # Errors
    /// A request that no server answers; no available server. With `drain`, requests in flight are
    /// finished first.
    pub(crate) fn send(
        &self,
        requests: impl ExactSizeIterator<Item = Q> + Send + 'static,
        drain: bool,
        mut on_event: impl FnMut(RequestEvent<Q::Answer>) -> bool,
    ) -> Result<()> {
        let (sender, receiver) = channel();
        let (total, source) = (requests.len(), Box::new(requests));
        self.shared.lock().start_batch((total, source), drain, sender, Instant::now());
        self.shared.changed.notify_all();
        loop {
            let event = match receiver.recv_timeout(WAITING_INTERVAL) {
                Ok(RequestEvent::End(failed)) => return failed.map_or(Ok(()), Err),
                Ok(event) => event,
                Err(RecvTimeoutError::Timeout) if self.thread.is_finished() => {
                    let url = self.shared.servers.all();
                    let problem =
                        "the thread that sends requests has ended; is there a limit on threads?";
                    return Err(Error::Endpoint { url, problem: problem.to_owned() });
                }
                Err(RecvTimeoutError::Timeout) => RequestEvent::Waiting,
                // Never before `End`.
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            };
            if !on_event(event) {
                self.shared.lock().stop_batch();
                self.shared.changed.notify_all();
            }
        }
    }

    /// Has every server load an adapter before it gets further requests.
    pub(crate) fn want(&self, adapter: PublishedAdapter) {
        self.shared.lock().want(Arc::new(adapter));
        self.shared.changed.notify_all();
    }

    /// Counts since they were last taken.
    pub(crate) fn take_counts(&self) -> Counts {
        std::mem::take(&mut self.shared.lock().counts)
    }

    /// Notes on servers since the last call.
    pub(crate) fn take_notes(&self) -> Vec<String> {
        std::mem::take(&mut self.shared.lock().notes)
    }

    /// Number of servers that can be sent requests.
    pub(crate) fn available(&self) -> usize {
        self.shared.lock().available()
    }
}

impl<Q: ServerRequest> Drop for Fleet<Q> {
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.changed.notify_all();
    }
}

impl<Q: ServerRequest> Shared<Q> {
    fn lock(&self) -> MutexGuard<'_, RequestScheduler<Q>> {
        // The state is consistent whenever the lock is free.
        self.scheduler.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs the scheduler and starts its actions, until the fleet is dropped.
    fn run_scheduler(self: Arc<Self>) {
        let mut scheduler = self.lock();
        while !scheduler.closed {
            for action in scheduler.schedule(Instant::now(), &self.servers) {
                let shared = self.clone();
                thread::spawn(move || shared.run(action));
            }
            scheduler = match scheduler.is_active() {
                true => {
                    let waited = self.changed.wait_timeout(scheduler, TICK);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
                false => self.changed.wait(scheduler).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }

    fn run(&self, action: Action<Q>) {
        let (http, servers) = (&self.http, &self.servers);
        match action {
            Action::Send { number, server, request } => {
                let outcome = self.send(server, &*request);
                self.lock().request_done(number, outcome, Instant::now(), servers);
            }
            Action::LoadAdapter { server, adapter } => {
                let outcome = load(http, servers, server, &adapter);
                self.lock().load_done(server, &adapter, outcome, Instant::now(), servers);
            }
            Action::UnloadAdapter { server, name } => {
                let outcome = unload(http, servers, server, &name);
                self.lock().unload_done(server, &name, outcome, Instant::now(), servers);
            }
            Action::DeleteFolder { folder } => {
                // It may be gone already; otherwise it only costs disk space.
                let _ = std::fs::remove_dir_all(folder);
            }
        }
        self.changed.notify_all();
    }

    fn send(&self, server: usize, request: &Q) -> Result<Q::Answer, RequestError> {
        let body = request.body().map_err(RequestError::invalid_response)?;
        let answer = self.http.post(&self.servers, server, request.path(), &body)?;
        request.read(&answer).map_err(RequestError::invalid_response)
    }
}
