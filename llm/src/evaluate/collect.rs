//! Completions of problems, drawn and graded.

use super::tally::{Graded, Tally};
use crate::generate::{TextEvent, TextRequest, TextSample, TextSampler};
use crate::run::{Lines, Reader};
use crate::task::Problem;
use crate::{Error, Result};
use std::collections::BTreeMap;
use std::path::Path;

/// Completions after which the file is known to be on the disk.
const SYNC_EVERY: usize = 1024;

/// What is evaluated.
#[derive(Debug, Clone, Copy)]
pub struct Evaluation<'a> {
    /// The problems, with different names.
    pub problems: &'a [Problem],
    /// Completions of each problem.
    pub samples: usize,
}

/// Draws and grades the completions of all problems, and counts those of each. The prompts of the
/// sampler are those of the problems, in their order.
///
/// With a file, completions are appended to it as they come, and those that it holds are not drawn
/// again: a completion depends on seed, prompt and its index alone, so the outcome is the same.
/// `watch` is told how many completions are there, and says whether to go on; `None` where it did not.
///
/// # Errors
/// Those of the sampler; a file that cannot be written, or that has lines of other problems.
/// Completions that came before are in the file.
pub fn evaluate(
    sampler: &mut dyn TextSampler,
    evaluation: Evaluation<'_>,
    file: Option<&Path>,
    mut watch: impl FnMut(usize) -> bool,
) -> Result<Option<Vec<Tally>>> {
    let mut record = Record::open(evaluation, file)?;
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
    record.sync()?;
    sampled?;
    Ok(go_on.then(|| record.tallies()))
}

/// What is there of an evaluation.
struct Record<'a> {
    evaluation: Evaluation<'a>,
    graded: Vec<BTreeMap<usize, Graded>>,
    done: usize,
    lines: Option<Lines>,
}

impl<'a> Record<'a> {
    /// Takes up what an earlier evaluation wrote.
    fn open(evaluation: Evaluation<'a>, file: Option<&Path>) -> Result<Self> {
        let graded = vec![BTreeMap::new(); evaluation.problems.len()];
        let mut record = Self { evaluation, graded, done: 0, lines: None };
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
                let problem = "is none of the problems of this evaluation; give it another folder";
                return Err(Error::malformed(path, line.problem, problem));
            };
            if line.sample < self.evaluation.samples {
                self.done += usize::from(self.graded[problem].insert(line.sample, line).is_none());
            }
        }
        Ok(())
    }

    /// What is not there yet.
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

    /// Grades a completion and writes it down.
    fn add(&mut self, problem: usize, sample: TextSample) -> Result<()> {
        let line = grade(&self.evaluation.problems[problem], sample);
        if let Some(lines) = &mut self.lines {
            lines.push(&line)?;
        }
        self.done += usize::from(self.graded[problem].insert(line.sample, line).is_none());
        if self.done.is_multiple_of(SYNC_EVERY) { self.sync() } else { Ok(()) }
    }

    fn sync(&self) -> Result<()> {
        self.lines.as_ref().map_or(Ok(()), Lines::sync)
    }

    fn tallies(&self) -> Vec<Tally> {
        self.graded.iter().map(|lines| Tally::of(lines.values())).collect()
    }
}

fn grade(problem: &Problem, sample: TextSample) -> Graded {
    let grade = problem.grade(&sample.text);
    Graded {
        problem: problem.id.clone(),
        sample: sample.index,
        completion: sample.text,
        verdict: grade.verdict,
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
