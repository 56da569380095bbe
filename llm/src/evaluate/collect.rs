//! Completions of problems, drawn and graded.

use super::tally::{Graded, Tally};
use crate::generate::{Event, FinishReason, Request, Sample, Sampler, SamplingParams};
use crate::run::{Lines, Reader};
use crate::task::Problem;
use crate::{Error, Result};
use std::collections::BTreeMap;
use std::path::Path;

/// Completions that are asked for at a time.
const CHUNK: usize = 4096;

/// What is evaluated, and on what.
#[derive(Debug, Clone, Copy)]
pub struct Evaluation<'a> {
    /// The problems, with different names.
    pub problems: &'a [Problem],
    /// Their prompts in tokens.
    pub prompts: &'a [Vec<u32>],
    /// Completions of each problem.
    pub samples: usize,
    /// How they are drawn.
    pub params: &'a SamplingParams,
}

/// Draws and grades the completions of all problems, and counts those of each.
///
/// With a file, completions are appended to it as they come, and those that it holds are not drawn
/// again: a completion depends on seed, prompt and its index alone, so the outcome is the same.
/// `watch` is told how many completions are there, and says whether to go on; `None` where it did not.
///
/// # Errors
/// Those of the sampler; a file that cannot be written, or that has lines of other problems.
pub fn evaluate(
    sampler: &mut dyn Sampler,
    evaluation: Evaluation<'_>,
    file: Option<&Path>,
    mut watch: impl FnMut(usize) -> bool,
) -> Result<Option<Vec<Tally>>> {
    let Evaluation { problems, prompts, samples, params } = evaluation;
    let mut graded = vec![BTreeMap::new(); problems.len()];
    let mut lines = None;
    if let Some(path) = file {
        lines = Some(Lines::append(path)?);
        read(path, evaluation, &mut graded)?;
    }
    let (mut requests, mut owners, mut asked) = (Vec::new(), Vec::new(), 0);
    for problem in 0..problems.len() {
        let missing = (0..samples).filter(|index| !graded[problem].contains_key(index));
        for run in runs(&missing.collect::<Vec<_>>()) {
            asked += run.len();
            owners.push(problem);
            let prompt = prompts[problem].clone();
            requests.push(Request { prompt, samples: run.len(), first_sample: run.start });
        }
        let last = problem + 1 == problems.len();
        if asked >= CHUNK || (last && asked > 0) {
            let mut failed = None;
            sampler.sample(&requests, params, &mut |event| {
                let Event::Finished(request, sample) = event else { return };
                let problem: usize = owners[request];
                let line = grade(&problems[problem], sample);
                let written = lines.as_mut().map_or(Ok(()), |lines| lines.push(&line));
                failed = failed.take().or(written.err());
                graded[problem].insert(line.sample, line);
            })?;
            failed.map_or(Ok(()), Err)?;
            lines.as_ref().map_or(Ok(()), Lines::sync)?;
            (requests, owners, asked) = (Vec::new(), Vec::new(), 0);
        }
        if !watch(graded[..=problem].iter().map(BTreeMap::len).sum()) {
            return Ok(None);
        }
    }
    Ok(Some(graded.iter().map(|lines| Tally::of(lines.values())).collect()))
}

/// Takes up what an earlier evaluation wrote.
fn read(
    path: &Path,
    evaluation: Evaluation<'_>,
    graded: &mut [BTreeMap<usize, Graded>],
) -> Result<()> {
    let names = evaluation.problems.iter().enumerate().map(|(at, p)| (p.id.as_str(), at));
    let names: BTreeMap<_, _> = names.collect();
    for line in Reader::<Graded>::open(path)? {
        let line = line?;
        let Some(&problem) = names.get(line.problem.as_str()) else {
            let problem = "is none of the problems of this evaluation; give it another folder";
            return Err(Error::malformed(path, line.problem, problem));
        };
        if line.sample < evaluation.samples {
            graded[problem].insert(line.sample, line);
        }
    }
    Ok(())
}

fn grade(problem: &Problem, sample: &Sample) -> Graded {
    let completion = sample.text.clone().unwrap_or_default();
    let grade = problem.grade(&completion);
    Graded {
        problem: problem.id.clone(),
        sample: sample.index,
        completion,
        verdict: grade.verdict,
        answer: grade.answer,
        solution: grade.solution,
        tokens: sample.tokens.len(),
        entropy: sample.entropies.iter().map(|&entropy| f64::from(entropy)).sum(),
        truncated: matches!(sample.finish_reason, FinishReason::Length | FinishReason::Context),
    }
}

/// Consecutive numbers as ranges.
fn runs(numbers: &[usize]) -> Vec<std::ops::Range<usize>> {
    let follow = |a: &usize, b: &usize| a + 1 == *b;
    numbers.chunk_by(follow).map(|run| run[0]..run[0] + run.len()).collect()
}
