//! Which server is asked what, and when: all decisions, without sending a request.

use super::backoff::{Backoff, LONGEST_ASKED};
use super::health::Health;
use super::http::{RequestError, RequestErrorKind};
use super::publish::PublishedAdapter;
use super::question::{Counts, News, ServerRequest};
use super::servers::Servers;
use crate::Error;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

/// Servers that must say that a request is wrong before it is given up.
const WITNESSES: usize = 2;
/// A request is sent to a second server when it has taken this many times as long as the longest before.
const LATE: u32 = 3;

/// The servers, and the questions that they are asked.
pub(super) struct State<Q: ServerRequest> {
    pub(super) servers: Vec<Health>,
    batch: Option<Batch<Q>>,
    batches: u64,
    flights: BTreeMap<u64, Flight>,
    launched: u64,
    /// The adapter that servers must have.
    wanted: Option<Arc<PublishedAdapter>>,
    /// Adapters before it, until their folders are deleted.
    old: Vec<Arc<PublishedAdapter>>,
    pub(super) counts: Counts,
    pub(super) notes: Vec<String>,
    pub(super) closed: bool,
}

/// Questions that are asked together.
struct Batch<Q: ServerRequest> {
    number: u64,
    /// Those that were not asked yet.
    source: Box<dyn Iterator<Item = Q> + Send>,
    next: usize,
    /// Those that were asked and have no answer.
    tasks: BTreeMap<usize, Task<Q>>,
    /// Those of them that are to be asked again.
    again: BTreeSet<usize>,
    total: usize,
    answered: usize,
    /// The longest time to an answer.
    longest: Duration,
    /// When a server was last of use.
    alive: Instant,
    failed: Option<Error>,
    stopping: bool,
    /// Whether requests under way are waited for when it stops.
    to_the_end: bool,
    sender: Sender<News<Q::Answer>>,
}

/// A question without an answer.
struct Task<Q> {
    question: Arc<Q>,
    /// Requests under way.
    flights: usize,
    attempts: u32,
    /// Not before this.
    after: Instant,
    /// Servers that failed.
    failed_by: BTreeSet<usize>,
    /// Servers that say that the request is wrong.
    wrong: BTreeSet<usize>,
    backoff: Backoff,
}

/// A request under way.
struct Flight {
    server: usize,
    batch: u64,
    task: usize,
    samples: usize,
    since: Instant,
}

/// Something to do now, on a thread of its own.
pub(super) enum Errand<Q> {
    Ask { number: u64, server: usize, question: Arc<Q> },
    Load { server: usize, adapter: Arc<PublishedAdapter> },
    Unload { server: usize, name: String },
    Delete { folder: PathBuf },
}

impl<Q: ServerRequest> State<Q> {
    pub(super) fn new(settings: &Servers) -> Self {
        let health = |server| Health::new(settings.pause, server as u64);
        Self {
            servers: (0..settings.count()).map(health).collect(),
            batch: None,
            batches: 0,
            flights: BTreeMap::new(),
            launched: 0,
            wanted: None,
            old: Vec::new(),
            counts: Counts::default(),
            notes: Vec::new(),
            closed: false,
        }
    }

    /// Starts a new batch of questions. Earlier ones are forgotten: the answers to their requests are
    /// ignored.
    pub(super) fn begin(
        &mut self,
        total: usize,
        source: Box<dyn Iterator<Item = Q> + Send>,
        to_the_end: bool,
        sender: Sender<News<Q::Answer>>,
        now: Instant,
    ) {
        self.batches += 1;
        self.batch = Some(Batch {
            number: self.batches,
            source,
            next: 0,
            tasks: BTreeMap::new(),
            again: BTreeSet::new(),
            total,
            answered: 0,
            longest: Duration::ZERO,
            alive: now,
            failed: None,
            stopping: false,
            to_the_end,
            sender,
        });
    }

    /// No further request is sent for the questions.
    pub(super) fn stop(&mut self) {
        if let Some(batch) = &mut self.batch {
            batch.stopping = true;
        }
    }

    /// Wants another adapter of all servers.
    pub(super) fn want(&mut self, adapter: Arc<PublishedAdapter>) {
        self.old.extend(self.wanted.replace(adapter));
        for server in &mut self.servers {
            (server.ready, server.hopeless) = (false, false);
        }
    }

    /// Servers that can be asked.
    pub(super) fn alive(&self) -> usize {
        self.servers.iter().filter(|server| self.is_of_use(server)).count()
    }

    fn is_of_use(&self, server: &Health) -> bool {
        server.is_in() && (server.ready || self.wanted.is_none())
    }

    /// Whether there may be something to do without a new event.
    pub(super) fn is_active(&self) -> bool {
        let at_rest = |server: &Health| server.is_in() && server.ready && server.holds.len() <= 1;
        let adapters = self.wanted.is_some() && !self.servers.iter().all(at_rest);
        self.batch.is_some() || adapters || !self.old.is_empty()
    }

    /// What is to be done now.
    pub(super) fn errands(&mut self, now: Instant, settings: &Servers) -> Vec<Errand<Q>> {
        let mut errands = Vec::new();
        self.tend_adapters(now, &mut errands);
        if self.alive() > 0
            && let Some(batch) = &mut self.batch
        {
            batch.alive = now;
        }
        while let Some(errand) = self.next_question(now, settings) {
            errands.push(errand);
        }
        while let Some(errand) = self.second_server(now, settings) {
            errands.push(errand);
        }
        self.lose_patience(now, settings);
        self.finish();
        errands
    }

    /// Loads the current adapter, unloads earlier ones, and deletes folders that no server uses any more.
    fn tend_adapters(&mut self, now: Instant, errands: &mut Vec<Errand<Q>>) {
        let Some(wanted) = &self.wanted else { return };
        for (at, server) in self.servers.iter_mut().enumerate() {
            if server.busy || !server.is_due(now) {
                continue;
            }
            if !server.ready {
                server.busy = true;
                errands.push(Errand::Load { server: at, adapter: wanted.clone() });
            } else if let Some(name) =
                server.holds.iter().find(|name| **name != wanted.name && server.uses(name) == 0)
            {
                let name = name.clone();
                server.busy = true;
                errands.push(Errand::Unload { server: at, name });
            }
        }
        let servers = &self.servers;
        let is_needed = |adapter: &PublishedAdapter| {
            servers.iter().any(|server| {
                let held = server.is_in() && server.holds.contains(&adapter.name);
                // A server that is busy may be reading it just now.
                held || server.busy || server.uses(&adapter.name) > 0
            })
        };
        let (needed, done): (Vec<_>, Vec<_>) =
            self.old.drain(..).partition(|adapter| is_needed(adapter));
        self.old = needed;
        errands.extend(done.into_iter().map(|old| Errand::Delete { folder: old.folder.clone() }));
    }

    /// The next question, and the server that will be done with it first.
    fn next_question(&mut self, now: Instant, settings: &Servers) -> Option<Errand<Q>> {
        let batch = self.batch.as_ref().filter(|batch| !batch.stopping)?;
        let due = |at: &&usize| batch.tasks.get(*at).is_some_and(|task| task.after <= now);
        let again = batch.again.iter().find(due).copied();
        if again.is_none() && batch.next >= batch.total {
            return None;
        }
        let none = BTreeSet::new();
        let avoid = again.map_or(&none, |at| &batch.tasks[&at].failed_by);
        let server = self.choose(now, settings, avoid)?;
        let batch = self.batch.as_mut()?;
        let at = match again {
            Some(at) => at,
            None => batch.take_up(now, settings)?,
        };
        batch.again.remove(&at);
        self.launch(at, server, now)
    }

    /// The server that would be done with one more request first, if it has room for it. Those that are
    /// full are waited for, rather than that a slow one gets more than it can do in their time.
    fn choose(&self, now: Instant, settings: &Servers, avoid: &BTreeSet<usize>) -> Option<usize> {
        let usable = |server: &Health| match &self.wanted {
            Some(_) => server.ready && server.is_due(now),
            None => server.is_due(now),
        };
        let usable: Vec<usize> =
            (0..self.servers.len()).filter(|&at| usable(&self.servers[at])).collect();
        let others = |at: &&usize| !avoid.contains(at);
        let some_other = usable.iter().any(|at| others(&at));
        let paces = self.servers.iter().filter_map(|server| server.pace());
        let unknown = paces.fold(f64::INFINITY, f64::min);
        let unknown = if unknown.is_finite() { unknown } else { 1.0 };
        let load = |at: &usize| self.servers[*at].load(now, unknown);
        let candidates = usable.iter().filter(|at| !some_other || others(at));
        let first = candidates.min_by(|a, b| load(a).total_cmp(&load(b))).copied()?;
        self.servers[first].has_room(now, settings).then_some(first)
    }

    /// A request that the rest waits for, asked of another server, too. The first answer counts; since
    /// both draw with one seed from one policy, it does not matter to the samples which it is.
    fn second_server(&mut self, now: Instant, settings: &Servers) -> Option<Errand<Q>> {
        let batch = self.batch.as_ref().filter(|batch| !batch.stopping)?;
        let waits = batch.next >= batch.total && batch.again.is_empty();
        if !waits || 2 * batch.answered < batch.total {
            return None;
        }
        let patience = settings.hedge_after.max(LATE * batch.longest);
        let late = |flight: &&Flight| {
            let alone = batch.tasks.get(&flight.task).is_some_and(|task| task.flights == 1);
            flight.batch == batch.number && alone && now.duration_since(flight.since) > patience
        };
        let Flight { task, server: first, .. } = *self.flights.values().find(late)?;
        let avoid = BTreeSet::from([first]);
        let server = self.choose(now, settings, &avoid).filter(|&server| server != first)?;
        self.counts.repeated += 1;
        self.launch(task, server, now)
    }

    fn launch(&mut self, at: usize, server: usize, now: Instant) -> Option<Errand<Q>> {
        let batch = self.batch.as_mut()?;
        let task = batch.tasks.get_mut(&at)?;
        task.flights += 1;
        self.launched += 1;
        let samples = task.question.samples();
        let flight = Flight { server, batch: batch.number, task: at, samples, since: now };
        self.flights.insert(self.launched, flight);
        let adapter = task.question.adapter().map(str::to_owned);
        self.servers[server].begin(self.launched, now, adapter);
        let question = task.question.clone();
        Some(Errand::Ask { number: self.launched, server, question })
    }

    /// Ends a batch where no server was of use for too long, or all say that they cannot be.
    fn lose_patience(&mut self, now: Instant, settings: &Servers) {
        let Some(batch) = &mut self.batch else { return };
        let waited = now.duration_since(batch.alive);
        let hopeless = self.servers.iter().all(|server| server.hopeless);
        if batch.stopping || (waited < settings.patience && !hopeless) {
            return;
        }
        let each = self.servers.iter().enumerate();
        let each = each.map(|(at, server)| format!("{}: {}", settings.base(at), server.problem));
        let each: Vec<String> = each.collect();
        let problem = match hopeless {
            true => format!("no server can load the adapter ({})", each.join("; ")),
            false => format!("no server was of use for {waited:.1?} ({})", each.join("; ")),
        };
        batch.failed.get_or_insert(Error::Endpoint { url: settings.all(), problem });
        batch.stopping = true;
    }

    /// Says that a batch has ended, if it has.
    fn finish(&mut self) {
        let Some(batch) = &mut self.batch else { return };
        let under_way = batch.tasks.values().any(|task| task.flights > 0);
        if batch.answered == batch.total || (batch.stopping && !(batch.to_the_end && under_way)) {
            let failed = batch.failed.take();
            // The caller may have stopped listening.
            let _ = batch.sender.send(News::End(failed));
            self.batch = None;
        }
    }

    /// Takes the outcome of a request.
    pub(super) fn answered(
        &mut self,
        number: u64,
        outcome: Result<Q::Answer, RequestError>,
        now: Instant,
        settings: &Servers,
    ) {
        let Some(flight) = self.flights.remove(&number) else { return };
        let (server, time) = (flight.server, self.servers[flight.server].end(number, now));
        match &outcome {
            Ok(_) => {
                self.servers[server].took(time);
                self.is_well(server, settings);
            }
            Err(failed) => {
                let refused = failed.kind == RequestErrorKind::Refused;
                self.counts.refused += if refused { flight.samples } else { 0 };
                self.is_ill(server, failed, now, settings);
            }
        }
        let Some(batch) = self.batch.as_mut().filter(|batch| batch.number == flight.batch) else {
            return;
        };
        let Some(task) = batch.tasks.get_mut(&flight.task) else { return };
        task.flights -= 1;
        match outcome {
            Ok(answer) => {
                // Of two answers, the second finds no task.
                batch.tasks.remove(&flight.task);
                batch.again.remove(&flight.task);
                batch.answered += 1;
                batch.longest = batch.longest.max(time);
                let _ = batch.sender.send(News::Answer(flight.task, answer));
            }
            Err(failed) => {
                let repeats = batch.repeat(&flight, failed, now, settings);
                self.counts.repeated += usize::from(repeats);
            }
        }
    }

    fn is_well(&mut self, server: usize, settings: &Servers) {
        if self.servers[server].succeeded(settings.pause, server as u64) && self.wanted.is_some() {
            self.notes.push(format!("{}: answers again", settings.base(server)));
        }
    }

    fn is_ill(&mut self, at: usize, failed: &RequestError, now: Instant, settings: &Servers) {
        let server = &mut self.servers[at];
        if failed.kind == RequestErrorKind::Unknown {
            // It lost the adapter, and is given it again.
            server.ready = false;
        }
        let taken_out = server.failed(now, failed);
        if let Some(asked) = failed.asked {
            server.wait_at_least(now + asked.min(LONGEST_ASKED));
        }
        if taken_out && self.wanted.is_some() {
            let base = settings.base(at);
            self.notes.push(format!("{base}: taken out for now: {}", failed.problem));
        }
    }

    /// Takes the outcome of loading an adapter.
    pub(super) fn loaded(
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
                server.has_loaded();
                server.ready = is_wanted;
                if !server.holds.contains(&adapter.name) {
                    server.holds.push(adapter.name.clone());
                }
            }
            // Files may be on their way.
            Err(failed) if failed.kind == RequestErrorKind::Unknown => {
                self.servers[at].wait(now + settings.pause, &failed.problem);
            }
            Err(failed) => {
                self.servers[at].hopeless = is_wanted && failed.kind == RequestErrorKind::Wrong;
                self.is_ill(at, &failed, now, settings);
                self.servers[at].wait_at_least(now + settings.pause);
            }
        }
    }

    /// Takes the outcome of unloading an adapter. A server that does not have it has done so.
    pub(super) fn unloaded(
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
                self.is_ill(at, &failed, now, settings);
            }
            _ => self.servers[at].holds.retain(|held| held != name),
        }
    }
}

impl<Q: ServerRequest> Batch<Q> {
    /// Takes the next question from the source.
    fn take_up(&mut self, now: Instant, settings: &Servers) -> Option<usize> {
        let question = self.source.next()?;
        let backoff = Backoff::new(settings.pause, question.seed());
        let task = Task {
            question: Arc::new(question),
            flights: 0,
            attempts: 0,
            after: now,
            failed_by: BTreeSet::new(),
            wrong: BTreeSet::new(),
            backoff,
        };
        let at = self.next;
        self.next += 1;
        self.tasks.insert(at, task);
        Some(at)
    }

    /// Has a request that failed repeated, or gives it up; says which.
    fn repeat(
        &mut self,
        flight: &Flight,
        failed: RequestError,
        now: Instant,
        settings: &Servers,
    ) -> bool {
        let Flight { server, task: at, .. } = *flight;
        let Some(task) = self.tasks.get_mut(&at) else { return false };
        task.attempts += 1;
        task.failed_by.insert(server);
        let RequestError { kind, problem, asked, .. } = failed;
        if kind == RequestErrorKind::Wrong
            || (kind == RequestErrorKind::Unknown && task.question.adapter().is_none())
        {
            task.wrong.insert(server);
        }
        let asked_times = match task.attempts {
            1 => String::new(),
            attempts => format!(" (asked {attempts} times)"),
        };
        let for_good = task.wrong.len() >= WITNESSES.min(settings.count());
        if task.flights == 0 && (for_good || task.attempts > settings.retries) {
            let problem = format!("{}: {problem}{asked_times}", task.question.name());
            let url = format!("{}/{}", settings.base(server), task.question.path());
            self.failed.get_or_insert(Error::Endpoint { url, problem });
            self.stopping = true;
            return false;
        }
        if task.flights > 0 {
            return false;
        }
        // Another server need not wait because of this one.
        let elsewhere = (task.attempts as usize) < settings.count();
        let pause = if elsewhere { Duration::ZERO } else { task.backoff.next(asked) };
        task.after = now + pause;
        self.again.insert(at);
        let next = match pause.is_zero() {
            true => "another server is asked".to_owned(),
            false => format!("again in {pause:.1?}"),
        };
        let _ = self.sender.send(News::Repeats(format!("{problem}; {next}")));
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;

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

    /// How many of `questions` each server is asked, and the most it is asked at a time, if it answers after
    /// these milliseconds. The clock is that of the simulation.
    fn shares(times: [u64; 2], questions: u64, concurrency: usize) -> [(usize, usize); 2] {
        let mut settings = Servers::new("http://a:1,http://b:1").expect("two addresses");
        settings.concurrency = concurrency;
        let (mut state, mut now) = (State::new(&settings), Instant::now());
        let (sender, receiver) = channel();
        let source = Box::new((0..questions).map(Numbered));
        state.begin(questions as usize, source, false, sender, now);
        let mut running = BTreeSet::new();
        let mut shares = [(0, 0); 2];
        loop {
            for errand in state.errands(now, &settings) {
                let Errand::Ask { number, server, .. } = errand else { panic!("no adapters") };
                running.insert((now + Duration::from_millis(times[server]), number, server));
                let at_a_time = running.iter().filter(|(.., of)| *of == server).count();
                shares[server] = (shares[server].0 + 1, shares[server].1.max(at_a_time));
            }
            let Some((time, number, _)) = running.pop_first() else { break };
            now = time;
            state.answered(number, Ok(()), now, &settings);
        }
        let answers = receiver.try_iter().filter(|news| matches!(news, News::Answer(..))).count();
        assert_eq!(answers as u64, questions);
        shares
    }

    /// The second server takes ten times as long. Both get four at first; until the second answers, at
    /// 300 ms, the first is asked for 40, and then it is known to be done with any one sooner, though it be
    /// the fifth.
    #[test]
    fn a_slow_server_gets_fewer_and_none_gets_too_many() {
        assert_eq!(shares([30, 300], 60, 4), [(56, 4), (4, 4)]);
        assert_eq!(shares([300, 30], 60, 4), [(4, 4), (56, 4)]);
    }

    #[test]
    fn servers_that_are_alike_get_alike() {
        assert_eq!(shares([30, 30], 60, 4), [(30, 4), (30, 4)]);
    }
}
