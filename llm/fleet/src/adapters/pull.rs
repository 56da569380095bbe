//! The server's end: keeps the mirror as the index says, for ever.

use super::index::ListedAdapter;
use super::mirror::Mirror;
use super::remote::{PullError, TrainerClient};
use crate::Backoff;
use crate::Result;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

/// First and longest pause after a failure: a trainer that comes back is not kept waiting.
const PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// How often `stop` is asked.
const TICK: Duration = Duration::from_millis(50);

/// Keeps a folder as the trainer's folder of adapters is.
pub struct Puller {
    remote: TrainerClient,
    mirror: Mirror,
    /// What is here and was verified.
    held: BTreeMap<String, ListedAdapter>,
}

/// What one look at the index led to.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Pulled {
    /// Adapters that appeared.
    pub added: Vec<String>,
    /// Adapters that disappeared.
    pub removed: Vec<String>,
    /// What did not work, and will be tried again.
    pub problems: Vec<String>,
}

impl Puller {
    /// A puller from an address such as `http://trainer:8900` into a folder, in which nothing but its
    /// adapters may be; it is made if it is not there.
    ///
    /// # Errors
    /// An address that is none, a folder that belongs to somebody else.
    pub fn open(from: &str, to: &Path, token: Option<&str>) -> Result<Self> {
        let remote = TrainerClient::new(from, token)?;
        let mirror = Mirror::open(to, &remote.base)?;
        Ok(Self { remote, mirror, held: BTreeMap::new() })
    }

    /// Pulls until `stop` says so, with a pause of `interval` between looks at the index; after a
    /// failure the pauses grow. `note` is called with what happened, and once for a lasting problem.
    pub fn run(&mut self, interval: Duration, stop: &dyn Fn() -> bool, note: &mut dyn FnMut(&str)) {
        let seed = u64::from(std::process::id());
        let (mut backoff, mut told) = (Backoff::new(PAUSE, seed), vec![]);
        while !stop() {
            let Pulled { added, removed, problems } = self.pull(stop);
            added.iter().for_each(|name| note(&format!("pulled {name}")));
            removed.iter().for_each(|name| note(&format!("removed {name}")));
            if stop() {
                return;
            }
            let news = problems.iter().filter(|problem| !told.contains(*problem));
            news.for_each(|problem| note(&format!("{problem}; trying again")));
            if problems.is_empty() && !told.is_empty() {
                note(&format!("{} is well again", self.remote.base));
            }
            let pause = match problems.is_empty() {
                true => {
                    backoff = Backoff::new(PAUSE, seed);
                    interval
                }
                false => backoff.next(None).clamp(interval.min(LONGEST_PAUSE), LONGEST_PAUSE),
            };
            told = problems;
            wait(pause, stop);
        }
    }

    /// Looks at the index once, and does what it asks for.
    pub fn pull(&mut self, stop: &dyn Fn() -> bool) -> Pulled {
        let mut pulled = Pulled::default();
        let index = match self.remote.index() {
            Ok(index) => index,
            Err(failed) => {
                pulled.problems.push(format!("{}: {}", self.remote.base, failed.problem()));
                return pulled;
            }
        };
        // The newest is wanted first.
        for adapter in index.iter().rev() {
            match self.add(adapter, stop) {
                Ok(true) => pulled.added.push(adapter.name.clone()),
                Ok(false) | Err(PullError::Gone) => {}
                Err(PullError::Broken(problem)) => pulled.problems.push(problem),
            }
        }
        match self.remove_others(&index) {
            Ok(removed) => pulled.removed = removed,
            Err(error) => pulled.problems.push(error.to_string()),
        }
        pulled
    }

    /// Pulls an adapter that is not here; says whether it was not.
    fn add(&mut self, adapter: &ListedAdapter, stop: &dyn Fn() -> bool) -> Result<bool, PullError> {
        let name = &adapter.name;
        if self.held.get(name) == Some(adapter) && self.mirror.has(name) {
            return Ok(false);
        }
        let here = self.mirror.holds(adapter)?;
        if !here {
            let partial = self.mirror.partial(name)?;
            for file in &adapter.files {
                self.remote.fetch(name, file, partial.path(), stop)?;
            }
            self.mirror.place(partial, name)?;
        }
        self.held.insert(name.clone(), adapter.clone());
        Ok(!here)
    }

    /// Removes what the index does not have.
    fn remove_others(&mut self, index: &[ListedAdapter]) -> Result<Vec<String>> {
        let listed = |name: &str| index.iter().any(|adapter| adapter.name == name);
        let mut others = self.mirror.names()?;
        others.retain(|name| !listed(name));
        for name in &others {
            self.mirror.remove(name)?;
            self.held.remove(name);
        }
        Ok(others)
    }
}

impl PullError {
    fn problem(self) -> String {
        match self {
            Self::Gone => "it serves no adapters".to_owned(),
            Self::Broken(problem) => problem,
        }
    }
}

impl From<crate::Error> for PullError {
    /// What is wrong with a disk may pass.
    fn from(error: crate::Error) -> Self {
        Self::Broken(error.to_string())
    }
}

/// Waits, unless everything stops meanwhile.
fn wait(pause: Duration, stop: &dyn Fn() -> bool) {
    let until = Instant::now() + pause;
    while !stop() {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return;
        }
        std::thread::sleep(left.min(TICK));
    }
}
