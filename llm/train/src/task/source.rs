//! Where problems come from: a generator, a named data set, or a file.

use super::countdown::{Prior, PuzzleShape, Solved};
use crate::data::{
    Columns, DATA_SETS, DataSet, Gold, Loaded, Problem, ReadOptions, load_file, load_set,
};
use crate::error::{Error, Result};
use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;
use rs_grpo_files::Refuse as _;
use rs_grpo_hub::{DownloadProgress, HubSettings, Repository, cached_data, download_data};
use std::collections::HashSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Default number of puzzles to train on.
const PUZZLES: usize = 4096;

/// Training or evaluation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Split {
    /// Problems to train on.
    Train,
    /// Problems that training never sees.
    HeldOut,
}

/// A source of problems, by its text:
///
/// | text | what |
/// |---|---|
/// | `countdown`, `countdown:problems=500,numbers=5` | generated puzzles, this many of them to train on |
/// | `math12k` | a set of [`DATA_SETS`], from the hub's cache or the hub |
/// | `math12k=PATH` | the same, from the user's own file or folder |
/// | `PATH` | a file of JSON lines, JSON or Parquet, or a folder of them |
/// | `PATH:problem=question,answer=final` | the same with these columns |
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TaskSource {
    /// Generated puzzles.
    Countdown {
        /// How large they are.
        shape: PuzzleShape,
        /// Seed of the puzzles.
        seed: u64,
        /// Number of puzzles to train on.
        problems: usize,
    },
    /// A named set.
    Set {
        /// Which.
        set: &'static DataSet,
        /// Path of a local copy, if one is given.
        path: Option<PathBuf>,
    },
    /// The user's own file or folder.
    File {
        /// Where.
        path: PathBuf,
        /// Which columns are what.
        columns: Columns<String>,
        /// Whether rows need no answer, since a program gives the rewards.
        optional_answers: bool,
    },
}

impl TaskSource {
    /// A file with the usual columns.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self::File { path: path.into(), columns: Columns::default(), optional_answers: false }
    }

    /// The same source, whose rows need no answer where `optional`: a program gives the rewards.
    #[must_use]
    pub fn with_optional_answers(mut self, optional: bool) -> Self {
        if let Self::File { optional_answers, .. } = &mut self {
            *optional_answers = optional;
        }
        self
    }

    /// Everything that is wrong with its rows, and the problems of the others.
    ///
    /// # Errors
    /// Files that cannot be read at all.
    pub fn check(&self) -> Result<Loaded> {
        let reading = ReadOptions { collect_faults: true, ..ReadOptions::default() };
        match self {
            Self::Countdown { .. } => self.training(),
            Self::Set { set, .. } => load_set(set, &self.files()?, reading),
            Self::File { path, columns, optional_answers } => load_file(
                path,
                columns,
                ReadOptions { optional_answers: *optional_answers, ..reading },
            ),
        }
    }

    /// Where the files are, downloaded if need be.
    fn files(&self) -> Result<PathBuf> {
        self.fetch(&HubSettings::from_environment(), &mut ())
    }

    /// `count` different problems of one side. Of a file, all problems to train on, and the first
    /// `count` to evaluate on.
    ///
    /// # Errors
    /// A shape outside its range, or so small that it has too few problems; a row of a file that
    /// does not hold a problem, by its number; a file without problems; a set that cannot be loaded.
    pub fn problems(&self, split: Split, count: usize) -> Result<Vec<Problem>> {
        Ok(self.load(split, count)?.problems)
    }

    /// All problems to train on, with what was found in the files.
    ///
    /// # Errors
    /// As [`TaskSource::problems`].
    pub fn training(&self) -> Result<Loaded> {
        match self {
            Self::Countdown { problems, .. } => self.load(Split::Train, *problems),
            Self::Set { .. } | Self::File { .. } => self.load(Split::Train, usize::MAX),
        }
    }

    /// `count` problems as [`TaskSource::problems`] has them, with what was found in the files.
    ///
    /// # Errors
    /// As [`TaskSource::problems`].
    pub fn load(&self, split: Split, count: usize) -> Result<Loaded> {
        let loaded = self.up_to(split, count)?;
        let there = loaded.problems.len();
        if matches!(self, Self::Countdown { .. }) && there < count {
            let allowed = format!("at most {there}, all that such puzzles offer");
            return Err(Error::parameter("number of problems", count, allowed));
        }
        Ok(loaded)
    }

    /// The same, or fewer if there are fewer.
    ///
    /// # Errors
    /// As [`TaskSource::problems`].
    pub fn up_to(&self, split: Split, count: usize) -> Result<Loaded> {
        let mut loaded = match self {
            Self::Countdown { shape, seed, .. } => {
                let problems = countdown(*shape, *seed, split, count)?;
                return Ok(Loaded { rows: problems.len(), problems, ..Loaded::default() });
            }
            Self::Set { set, .. } => load_set(set, &self.files()?, ReadOptions::default())?,
            Self::File { path, columns, optional_answers } => {
                let reading =
                    ReadOptions { optional_answers: *optional_answers, ..ReadOptions::default() };
                load_file(path, columns, reading)?
            }
        };
        if split == Split::HeldOut {
            loaded.problems.truncate(count);
        }
        Ok(loaded)
    }

    /// Paths of the files, downloaded first if necessary; empty for generated problems.
    ///
    /// # Errors
    /// A set that is not in the cache, and cannot be downloaded.
    pub fn fetch(
        &self,
        settings: &HubSettings,
        progress: &mut dyn DownloadProgress,
    ) -> Result<PathBuf> {
        match self {
            Self::Countdown { .. } => Ok(PathBuf::new()),
            Self::File { path, .. } | Self::Set { path: Some(path), .. } => Ok(path.clone()),
            Self::Set { set, path: None } => {
                Ok(download_data(&repository(set)?, set.files, settings, progress)?)
            }
        }
    }

    /// The same with defaults for what only concerns training, to identify the data of an evaluation.
    #[must_use]
    pub fn held_out(self) -> Self {
        match self {
            Self::Countdown { shape, seed, .. } => {
                Self::Countdown { shape, seed, problems: PUZZLES }
            }
            other => other,
        }
    }

    /// Whether its answers are mathematical and expected in `\boxed{}`.
    pub fn is_math(&self) -> bool {
        !matches!(self, Self::Countdown { .. })
    }
}

/// Whether the files of a set are in the hub's cache.
pub fn is_cached(set: &DataSet, settings: &HubSettings) -> bool {
    repository(set).is_ok_and(|repository| cached_data(&repository, set.files, settings).is_some())
}

fn repository(set: &DataSet) -> Result<Repository> {
    Ok(Repository::data_set(set.repository, set.revision)?)
}

fn countdown(shape: PuzzleShape, seed: u64, split: Split, count: usize) -> Result<Vec<Problem>> {
    shape.check()?;
    // Enough to draw every problem that is not very rare.
    let tries = 1_000 + 100 * count;
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    let (mut problems, mut seen) = (Vec::new(), HashSet::new());
    for _ in 0..tries {
        if problems.len() == count {
            break;
        }
        let Solved { puzzle, .. } = Solved::draw(shape, &Prior::UNIFORM, &mut random);
        if puzzle.is_held_out() == (split == Split::HeldOut) && seen.insert(puzzle.key()) {
            let (id, prompt) = (puzzle.key(), puzzle.prompt());
            problems.push(Problem { id, prompt, system: None, gold: Gold::Countdown(puzzle) });
        }
    }
    Ok(problems)
}

impl FromStr for TaskSource {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let (name, settings) = text.split_once(':').unwrap_or((text, ""));
        if name != "countdown" {
            return set_or_file(text);
        }
        let (mut shape, mut seed, mut problems) = (PuzzleShape::default(), 0, PUZZLES);
        for setting in settings.split(',').filter(|setting| !setting.is_empty()) {
            let refuse = || {
                let allowed = "countdown[:problems=1..,numbers=2..8,largest=1..99,target=1..99,seed=N], the name of a set, or a file";
                Error::parameter("data", format!("{text:?}"), allowed)
            };
            let (key, value) = setting.split_once('=').ok_or_else(refuse)?;
            let number: u64 = value.parse().map_err(|_| refuse())?;
            let small = u32::try_from(number).map_err(|_| refuse());
            match key {
                "numbers" => shape.numbers = small? as usize,
                "largest" => shape.largest = small?,
                "target" => shape.target = small?,
                "seed" => seed = number,
                "problems" if number > 0 => problems = small? as usize,
                _ => return Err(refuse()),
            }
        }
        shape.check()?;
        Ok(Self::Countdown { shape, seed, problems })
    }
}

impl fmt::Display for TaskSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Countdown { shape, seed, problems } => {
                let default = PuzzleShape::default();
                let all = [
                    ("problems", *problems as u64, PUZZLES as u64),
                    ("numbers", shape.numbers as u64, default.numbers as u64),
                    ("largest", shape.largest.into(), default.largest.into()),
                    ("target", shape.target.into(), default.target.into()),
                    ("seed", *seed, 0),
                ];
                let told = all.into_iter().filter(|(_, value, default)| value != default);
                write_pairs(f, "countdown", told.map(|(key, value, _)| (key, value)))
            }
            Self::Set { set, path: None } => write!(f, "{}", set.name),
            Self::Set { set, path: Some(path) } => write!(f, "{}={}", set.name, path.display()),
            Self::File { path, columns, .. } => {
                let named = [
                    ("problem", &columns.problem),
                    ("answer", &columns.answer),
                    ("id", &columns.id),
                ];
                write_pairs(
                    f,
                    path.display(),
                    named.into_iter().filter(|(_, name)| !name.is_empty()),
                )
            }
        }
    }
}

/// Writes `name:key=value,key=value`.
fn write_pairs(
    f: &mut fmt::Formatter<'_>,
    name: impl fmt::Display,
    pairs: impl Iterator<Item = (&'static str, impl fmt::Display)>,
) -> fmt::Result {
    write!(f, "{name}")?;
    for (mark, (key, value)) in std::iter::once(':').chain(std::iter::repeat(',')).zip(pairs) {
        write!(f, "{mark}{key}={value}")?;
    }
    Ok(())
}

fn set_or_file(text: &str) -> Result<TaskSource> {
    let (name, path) = match text.split_once('=') {
        Some((name, path)) => (name, Some(PathBuf::from(path))),
        None => (text, None),
    };
    if let Some(set) = DataSet::find(name) {
        return Ok(TaskSource::Set { set, path });
    }
    let looks_like_a_name = !text.contains(['/', '\\', '.', ':', '=']);
    if looks_like_a_name && !Path::new(text).exists() {
        let names = || DATA_SETS.iter().map(|set| set.name);
        let likeness = |name: &&str| strsim::jaro_winkler(name, &text.to_ascii_lowercase());
        let nearest = names().max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
        let names = names().collect::<Vec<_>>().join(", ");
        let nearest = nearest.unwrap_or_default();
        let allowed = format!("countdown, {names}, or a file; the nearest is {nearest}");
        return Err(Error::parameter("data", format!("{text:?}"), allowed));
    }
    match text.rsplit_once(':') {
        Some((path, settings)) if settings.contains('=') => {
            let columns = columns(text, settings)?;
            Ok(TaskSource::File { path: path.into(), columns, optional_answers: false })
        }
        _ => Ok(TaskSource::file(text)),
    }
}

fn columns(text: &str, settings: &str) -> Result<Columns<String>> {
    let mut columns = Columns::default();
    for setting in settings.split(',') {
        let (key, name) = setting.split_once('=').unwrap_or((setting, ""));
        let place = match key {
            "problem" => &mut columns.problem,
            "answer" => &mut columns.answer,
            "id" => &mut columns.id,
            _ => {
                let allowed = "PATH[:problem=COLUMN,answer=COLUMN,id=COLUMN]";
                return Err(Error::parameter("data", format!("{text:?}"), allowed));
            }
        };
        *place = name.to_owned();
    }
    Ok(columns)
}
