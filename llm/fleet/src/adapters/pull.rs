//! The server's end: keeps the mirror equal to the index.

use super::index::ListedAdapter;
use super::mirror::Mirror;
use super::remote::{PullError, TrainerClient};
use crate::Backoff;
use crate::Result;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

/// First and longest pause after a failure; short, so that a trainer that comes back is noticed soon.
const PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// How often `stop` is called during a pause.
const TICK: Duration = Duration::from_millis(50);

/// Keeps a folder equal to the trainer's folder of adapters.
pub struct Puller {
    remote: TrainerClient,
    mirror: Mirror,
    /// Adapters in the mirror that were verified.
    held: BTreeMap<String, ListedAdapter>,
}

/// Result of one poll of the index.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Pulled {
    /// Adapters that appeared.
    pub added: Vec<String>,
    /// Adapters that disappeared.
    pub removed: Vec<String>,
    /// What failed and will be tried again.
    pub problems: Vec<String>,
}

impl Puller {
    /// A puller from an address such as `http://trainer:8900` into a folder that has nothing but its
    /// adapters; it is created if it does not exist.
    ///
    /// # Errors
    /// An invalid address; a folder that is not empty and not a mirror, or that another puller holds.
    pub fn open(from: &str, to: &Path, token: Option<&str>) -> Result<Self> {
        let remote = TrainerClient::new(from, token)?;
        let mirror = Mirror::open(to, &remote.base)?;
        Ok(Self { remote, mirror, held: BTreeMap::new() })
    }

    /// Pulls until `stop` returns true, and polls the index every `interval`; after a failure the pauses
    /// grow. `note` is called with what happened, once for a lasting problem.
    pub fn run(&mut self, interval: Duration, stop: &dyn Fn() -> bool, note: &mut dyn FnMut(&str)) {
        let seed = u64::from(std::process::id());
        let (mut backoff, mut reported) = (Backoff::new(PAUSE, seed), vec![]);
        while !stop() {
            let Pulled { added, removed, problems } = self.pull(stop);
            added.iter().for_each(|name| note(&format!("pulled {name}")));
            removed.iter().for_each(|name| note(&format!("removed {name}")));
            if stop() {
                return;
            }
            let unreported = problems.iter().filter(|problem| !reported.contains(*problem));
            unreported.for_each(|problem| note(&format!("{problem}; trying again")));
            if problems.is_empty() && !reported.is_empty() {
                note(&format!("{} answers again", self.remote.base));
            }
            let pause = match problems.is_empty() {
                true => {
                    backoff = Backoff::new(PAUSE, seed);
                    interval
                }
                false => backoff.next(None).clamp(interval.min(LONGEST_PAUSE), LONGEST_PAUSE),
            };
            reported = problems;
            wait(pause, stop);
        }
    }

    /// Polls the index once, and pulls and removes adapters accordingly.
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
                Err(PullError::Transient(problem)) => pulled.problems.push(problem),
            }
        }
        match self.remove_others(&index) {
            Ok(removed) => pulled.removed = removed,
            Err(error) => pulled.problems.push(error.to_string()),
        }
        pulled
    }

    /// Pulls an adapter unless it is in the mirror; says whether it was pulled.
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
            Self::Transient(problem) => problem,
        }
    }
}

impl From<crate::Error> for PullError {
    /// A failing disk is tried again, too.
    fn from(error: crate::Error) -> Self {
        Self::Transient(error.to_string())
    }
}

/// Waits until the pause or everything ends.
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
