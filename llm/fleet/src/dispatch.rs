//! The threads: one that decides, and one for each request under way.

use super::http::{Http, RequestError};
use super::publish::{PublishedAdapter, load, unload};
use super::question::{Counts, News, ServerRequest};
use super::servers::Servers;
use super::state::{Errand, State};
use crate::{Error, Result};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// How often decisions are made without a new event, such as to try a server again.
const TICK: Duration = Duration::from_millis(20);
/// How often the caller is told that there is nothing new.
const NOTHING_NEW: Duration = Duration::from_millis(100);

/// Servers that are asked many questions at a time.
///
/// The caller only waits. Requests that are under way when this value is dropped are not waited for.
pub(crate) struct Fleet<Q: ServerRequest> {
    shared: Arc<Shared<Q>>,
    keeper: JoinHandle<()>,
}

struct Shared<Q: ServerRequest> {
    servers: Servers,
    http: Http,
    state: Mutex<State<Q>>,
    changed: Condvar,
}

impl<Q: ServerRequest> Fleet<Q> {
    pub(crate) fn new(servers: Servers) -> Result<Self> {
        servers.check()?;
        let shared = Arc::new(Shared {
            http: Http::new(&servers),
            state: Mutex::new(State::new(&servers)),
            servers,
            changed: Condvar::new(),
        });
        let own = shared.clone();
        let keeper = thread::spawn(move || own.decide());
        Ok(Self { shared, keeper })
    }

    /// Asks questions, and gives each answer to `hear`, in the order in which they come; `hear` says
    /// whether to go on.
    ///
    /// # Errors
    /// A question that no server answers, and servers of which none is of use. With `to_the_end`,
    /// requests under way are waited for then.
    pub(crate) fn ask(
        &self,
        questions: impl ExactSizeIterator<Item = Q> + Send + 'static,
        to_the_end: bool,
        mut hear: impl FnMut(News<Q::Answer>) -> bool,
    ) -> Result<()> {
        let (sender, receiver) = channel();
        let (total, source) = (questions.len(), Box::new(questions));
        self.shared.lock().begin(total, source, to_the_end, sender, Instant::now());
        self.shared.changed.notify_all();
        loop {
            let news = match receiver.recv_timeout(NOTHING_NEW) {
                Ok(News::End(failed)) => return failed.map_or(Ok(()), Err),
                Ok(news) => news,
                Err(RecvTimeoutError::Timeout) if self.keeper.is_finished() => {
                    let url = self.shared.servers.all();
                    let problem =
                        "the thread that sends requests has ended; is there a limit on threads?";
                    return Err(Error::Endpoint { url, problem: problem.to_owned() });
                }
                Err(RecvTimeoutError::Timeout) => News::Waiting,
                // Not before the end, which is told.
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            };
            if !hear(news) {
                self.shared.lock().stop();
                self.shared.changed.notify_all();
            }
        }
    }

    /// Wants all servers to have an adapter before they are asked further questions.
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

    /// Number of servers that can be asked.
    pub(crate) fn alive(&self) -> usize {
        self.shared.lock().alive()
    }
}

impl<Q: ServerRequest> Drop for Fleet<Q> {
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.changed.notify_all();
    }
}

impl<Q: ServerRequest> Shared<Q> {
    fn lock(&self) -> MutexGuard<'_, State<Q>> {
        // A thread that panicked did so between two whole states.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends out what is to be done, until the fleet is gone.
    fn decide(self: Arc<Self>) {
        let mut state = self.lock();
        while !state.closed {
            for errand in state.errands(Instant::now(), &self.servers) {
                let own = self.clone();
                thread::spawn(move || own.run(errand));
            }
            state = match state.is_active() {
                true => {
                    let waited = self.changed.wait_timeout(state, TICK);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
                false => self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }

    fn run(&self, errand: Errand<Q>) {
        let (http, servers) = (&self.http, &self.servers);
        match errand {
            Errand::Ask { number, server, question } => {
                let outcome = self.ask(server, &*question);
                self.lock().answered(number, outcome, Instant::now(), servers);
            }
            Errand::Load { server, adapter } => {
                let outcome = load(http, servers, server, &adapter);
                self.lock().loaded(server, &adapter, outcome, Instant::now(), servers);
            }
            Errand::Unload { server, name } => {
                let outcome = unload(http, servers, server, &name);
                self.lock().unloaded(server, &name, outcome, Instant::now(), servers);
            }
            Errand::Delete { folder } => {
                // Who has deleted it already has done so; else it costs space on a disk.
                let _ = std::fs::remove_dir_all(folder);
            }
        }
        self.changed.notify_all();
    }

    fn ask(&self, server: usize, question: &Q) -> Result<Q::Answer, RequestError> {
        let body = question.body().map_err(RequestError::refused)?;
        let answer = self.http.post(&self.servers, server, question.path(), &body)?;
        question.read(&answer).map_err(RequestError::refused)
    }
}
