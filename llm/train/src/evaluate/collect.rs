//! Samples and grades completions of problems.

use super::tally::{Graded, Tally};
use crate::data::Problem;
use crate::error::{Error, Result};
use crate::reward::{Reward, Scored};
use rs_grpo_engine::generate::{TextEvent, TextRequest, TextSample, TextSampler};
use rs_grpo_files::Refuse as _;
use rs_grpo_files::{Lines, Reader};
use std::collections::BTreeMap;
use std::path::Path;

/// Completions after which the file is synced to disk.
const SYNC_EVERY: usize = 1024;

/// What is evaluated.
#[derive(Debug, Clone, Copy)]
pub struct Evaluation<'a> {
    /// The problems, with unique names.
    pub problems: &'a [Problem],
    /// Completions of each problem.
    pub samples: usize,
}

/// Samples and grades completions of all problems, and tallies those of each. The sampler's prompts are
/// those of the problems, in order. A reward command gets all missing completions of a problem at once,
/// and the sampler waits for it.
///
/// With a file, completions are appended as they finish, and those in it are not sampled again: a
/// completion depends only on seed, prompt and index, so the result is the same. `watch` gets the number
/// of completions so far, and returns false to stop, which returns `None`.
///
/// # Errors
/// Those of the sampler and of the reward; a file that cannot be written, or that has lines of other
/// problems. Completions that were graded before are in the file.
pub fn evaluate(
    sampler: &mut dyn TextSampler,
    evaluation: Evaluation<'_>,
    reward: &mut Reward,
    file: Option<&Path>,
    mut watch: impl FnMut(usize) -> bool,
) -> Result<Option<Vec<Tally>>> {
    let mut record = Record::open(evaluation, reward, file)?;
    if !watch(record.done) {
        return Ok(None);
    }
    let (mut failed, mut go_on) = (None, true);
    let sampled = sampler.sample(&record.missing(), &mut |event| {
        if let (TextEvent::Finished(problem, sample), None) = (event, &failed) {
            failed = record.add(problem, sample).err();
        }
        go_on = go_on && failed.is_none() && watch(record.done);
        go_on
    });
    failed.map_or(Ok(()), Err)?;
    record.grade_all()?;
    record.sync()?;
    sampled?;
    Ok(go_on.then(|| record.tallies()))
}

/// The completions of an evaluation so far.
struct Record<'a> {
    evaluation: Evaluation<'a>,
    reward: &'a mut Reward,
    graded: Vec<BTreeMap<usize, Graded>>,
    /// Completions of each problem that wait to be graded together.
    waiting: Vec<Vec<TextSample>>,
    done: usize,
    lines: Option<Lines>,
}

impl<'a> Record<'a> {
    /// Loads what an earlier evaluation wrote.
    fn open(
        evaluation: Evaluation<'a>,
        reward: &'a mut Reward,
        file: Option<&Path>,
    ) -> Result<Self> {
        let graded = vec![BTreeMap::new(); evaluation.problems.len()];
        let waiting = vec![Vec::new(); evaluation.problems.len()];
        let mut record = Self { evaluation, reward, graded, waiting, done: 0, lines: None };
        if let Some(path) = file {
            record.lines = Some(Lines::append(path)?);
            record.read(path)?;
        }
        Ok(record)
    }

    fn read(&mut self, path: &Path) -> Result<()> {
        let names = self.evaluation.problems.iter().enumerate().map(|(at, p)| (p.id.as_str(), at));
        let names: BTreeMap<_, _> = names.collect();
        for line in Reader::<Graded>::open(path)? {
            let line = line?;
            let Some(&problem) = names.get(line.problem.as_str()) else {
                let problem = "is not a problem of this evaluation; give another --out";
                return Err(Error::malformed(path, line.problem, problem));
            };
            if line.sample < self.evaluation.samples {
                self.done += usize::from(self.graded[problem].insert(line.sample, line).is_none());
            }
        }
        Ok(())
    }

    /// Requests for the missing completions.
    fn missing(&self) -> Vec<TextRequest> {
        let of_problem = |(prompt, graded): (usize, &BTreeMap<usize, Graded>)| {
            let missing = (0..self.evaluation.samples).filter(|index| !graded.contains_key(index));
            let request = |run: std::ops::Range<usize>| TextRequest {
                prompt,
                samples: run.len(),
                first_sample: run.start,
            };
            runs(&missing.collect::<Vec<_>>()).into_iter().map(request).collect::<Vec<_>>()
        };
        self.graded.iter().enumerate().flat_map(of_problem).collect()
    }

    /// Adds a completion; grades it when all that are graded together have arrived.
    fn add(&mut self, problem: usize, sample: TextSample) -> Result<()> {
        let missing = self.evaluation.samples - self.graded[problem].len();
        let together = if self.reward.is_command() { missing } else { 1 };
        self.waiting[problem].push(sample);
        if self.waiting[problem].len() < together { Ok(()) } else { self.grade(problem) }
    }

    /// Grades all waiting completions of an evaluation that ends early.
    fn grade_all(&mut self) -> Result<()> {
        (0..self.waiting.len()).try_for_each(|problem| self.grade(problem))
    }

    /// Grades and records the waiting completions of a problem.
    fn grade(&mut self, at: usize) -> Result<()> {
        let samples = std::mem::take(&mut self.waiting[at]);
        let problem = &self.evaluation.problems[at];
        let texts: Vec<(usize, &str)> =
            samples.iter().map(|sample| (sample.index, sample.text.as_str())).collect();
        let scores = self.reward.score(problem, &texts)?;
        for (sample, scored) in samples.into_iter().zip(scores) {
            let line = graded(problem, sample, scored, self.reward.is_command());
            if let Some(lines) = &mut self.lines {
                lines.push(&line)?;
            }
            self.done += usize::from(self.graded[at].insert(line.sample, line).is_none());
            if self.done.is_multiple_of(SYNC_EVERY) {
                self.sync()?;
            }
        }
        Ok(())
    }

    fn sync(&self) -> Result<()> {
        Ok(self.lines.as_ref().map_or(Ok(()), Lines::sync)?)
    }

    fn tallies(&self) -> Vec<Tally> {
        self.graded.iter().map(|lines| Tally::of(lines.values())).collect()
    }
}

fn graded(problem: &Problem, sample: TextSample, scored: Scored, by_command: bool) -> Graded {
    let Scored { grade, reward } = scored;
    Graded {
        problem: problem.id.clone(),
        sample: sample.index,
        completion: sample.text,
        verdict: grade.verdict,
        reward: by_command.then_some(reward),
        answer: grade.answer,
        solution: grade.solution,
        tokens: sample.tokens,
        entropy: sample.entropy,
        truncated: sample.truncated,
    }
}

/// Consecutive numbers as ranges.
fn runs(numbers: &[usize]) -> Vec<std::ops::Range<usize>> {
    let follow = |a: &usize, b: &usize| a + 1 == *b;
    numbers.chunk_by(follow).map(|run| run[0]..run[0] + run.len()).collect()
}
