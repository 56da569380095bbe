//! Where problems come from.

use super::countdown::{Prior, Shape, Solved};
use super::{Gold, Problem};
use crate::grade::Grader;
use crate::run::Reader;
use crate::{Error, Result};
use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;
use serde::Deserialize;
use serde_json::Value;
use std::collections::HashSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Which side of the division between training and evaluation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Split {
    /// Problems to train on.
    Train,
    /// Problems that training never sees.
    HeldOut,
}

/// A set of problems, by its text: `countdown`, `countdown:numbers=5,target=60`, or a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Generated puzzles.
    Countdown {
        /// How large they are.
        shape: Shape,
        /// Seed of the puzzles.
        seed: u64,
    },
    /// A file of one JSON object a line.
    File(PathBuf),
}

impl Source {
    /// `count` different problems of one side. Of a file, all problems to train on, and the first
    /// `count` to evaluate on.
    ///
    /// # Errors
    /// A shape outside its range, or so small that it has too few problems; a line of a file that is
    /// no problem, by its number; a file without problems.
    pub fn problems(&self, split: Split, count: usize) -> Result<Vec<Problem>> {
        let problems = self.up_to(split, count)?;
        if matches!(self, Self::Countdown { .. }) && problems.len() < count {
            let allowed = format!("at most {}, all that such puzzles offer", problems.len());
            return Err(Error::parameter("number of problems", count, allowed));
        }
        Ok(problems)
    }

    /// The same, fewer where there are fewer.
    ///
    /// # Errors
    /// As [`Source::problems`].
    pub fn up_to(&self, split: Split, count: usize) -> Result<Vec<Problem>> {
        match self {
            Self::Countdown { shape, seed } => countdown(*shape, *seed, split, count),
            Self::File(path) => {
                let mut problems = read(path)?;
                if split == Split::HeldOut {
                    problems.truncate(count);
                }
                Ok(problems)
            }
        }
    }
}

/// A line of a file; fields beside these are allowed.
#[derive(Deserialize)]
struct Line {
    id: Option<Value>,
    #[serde(alias = "prompt", alias = "question")]
    problem: String,
    answer: Value,
}

fn read(path: &Path) -> Result<Vec<Problem>> {
    if !path.exists() {
        let problem =
            "is not there; give --data a file of one {\"problem\": …, \"answer\": …} a line";
        return Err(Error::malformed(path, "the file", problem));
    }
    let (grader, mut problems, mut seen) = (Grader::default(), Vec::new(), HashSet::new());
    let mut lines = Reader::<Line>::open(path)?;
    while let Some(line) = lines.next() {
        let (number, Line { id, problem, answer }) = (lines.number(), line?);
        let place = || PathBuf::from(format!("{}:{number}", path.display()));
        let text = |value: Value| match value {
            Value::String(text) => Some(text),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        };
        let Some(answer) = text(answer).filter(|answer| !answer.trim().is_empty()) else {
            return Err(Error::malformed(&place(), "answer", "must be a text or a number"));
        };
        if problem.trim().is_empty() {
            return Err(Error::malformed(&place(), "problem", "is empty"));
        }
        let id = id.and_then(text).unwrap_or_else(|| format!("line {number}"));
        if !seen.insert(id.clone()) {
            return Err(Error::malformed(&place(), "id", format!("{id:?} occurs twice")));
        }
        let gold = grader.parse_gold(&answer).map_err(|error| {
            let problem =
                format!("{answer:?} cannot be graded: {error}; correct it, or leave it out");
            Error::malformed(&place(), "answer", problem)
        })?;
        problems.push(Problem { id, prompt: problem, gold: Gold::Math(gold) });
    }
    match problems.is_empty() {
        true => Err(Error::malformed(path, "the file", "has no problems")),
        false => Ok(problems),
    }
}

fn countdown(shape: Shape, seed: u64, split: Split, count: usize) -> Result<Vec<Problem>> {
    shape.check()?;
    // Far more than it takes to meet every problem that is not very rare.
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
            problems.push(Problem { id, prompt, gold: Gold::Countdown(puzzle) });
        }
    }
    Ok(problems)
}

impl FromStr for Source {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let (name, settings) = text.split_once(':').unwrap_or((text, ""));
        if name != "countdown" {
            return Ok(Self::File(PathBuf::from(text)));
        }
        let (mut shape, mut seed) = (Shape::default(), 0);
        for setting in settings.split(',').filter(|setting| !setting.is_empty()) {
            let refuse = || {
                let allowed =
                    "countdown[:numbers=2..8,largest=1..99,target=1..99,seed=N], or a file";
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
                _ => return Err(refuse()),
            }
        }
        shape.check()?;
        Ok(Self::Countdown { shape, seed })
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Countdown { shape: Shape { numbers, largest, target }, seed } => {
                write!(
                    f,
                    "countdown:numbers={numbers},largest={largest},target={target},seed={seed}"
                )
            }
            Self::File(path) => write!(f, "{}", path.display()),
        }
    }
}
