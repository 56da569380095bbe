//! The user's own program that gives rewards: JSON lines in, JSON lines out.

use super::child::{Broken, Child, RewardBatch};
use crate::data::Problem;
use crate::error::{Error, Result};
use rs_grpo_files::Refuse as _;
use serde::Serialize;
use std::time::Duration;

/// How often the program is started again for one batch.
const RESTARTS: usize = 3;

/// Default timeout of a batch, in seconds.
const TIMEOUT: u64 = 60;
/// Sets another timeout.
const TIMEOUT_WORD: &str = "timeout=";

/// A program that gives rewards; it is started once and keeps running.
///
/// For each completion it reads a line with the fields of the table on its standard input, and writes a
/// line `{"id": …, "reward": …}` to its standard output, the reward a finite number. The completions of
/// one prompt are a batch: all their lines come at once, and the answers may come in any order. Its
/// standard error is that of this process.
///
/// | field | what |
/// |---|---|
/// | `id` | name of the completion, to be repeated in the answer |
/// | `problem` | name of the problem |
/// | `prompt` | the question |
/// | `completion` | what the policy wrote |
/// | `answer` | the gold answer, as the grader reads it; null where the data have none |
///
/// Its text is a program and its arguments, and before them `timeout=SECONDS`, if a batch may take it
/// longer or less than 60 s: `timeout=120 python3 reward.py`.
///
/// A program that exits, or exceeds the timeout of a batch (its start counts, too), is killed with its
/// child processes and restarted with the same batch, up to three times. A malformed line, an unknown id
/// and a second answer for one id are errors at once.
#[derive(Debug)]
pub struct RewardCommand {
    text: String,
    words: Vec<String>,
    limit: Duration,
    child: Option<Child>,
    restarts: usize,
}

/// A completion, as the program gets it.
#[derive(Serialize)]
struct Line<'a> {
    id: &'a str,
    problem: &'a str,
    prompt: &'a str,
    completion: &'a str,
    answer: Option<&'a str>,
}

impl RewardCommand {
    /// Starts a program; words are split as in a shell, but no shell is involved.
    ///
    /// # Errors
    /// Those of [`RewardCommand::check`]; a program that cannot be started.
    pub fn start(text: &str) -> Result<Self> {
        let (words, limit) = words(text)?;
        let mut command = Self { text: text.to_owned(), words, limit, child: None, restarts: 0 };
        command.child()?;
        Ok(command)
    }

    /// Whether a text names a program.
    ///
    /// # Errors
    /// Quotes that are not closed; no program; a time that is not a number of seconds over 0.
    pub fn check(text: &str) -> Result<()> {
        words(text).map(drop)
    }

    /// How often the program had to be started again.
    pub fn restarts(&self) -> usize {
        self.restarts
    }

    /// Rewards of completions of one problem, each with its index.
    ///
    /// # Errors
    /// A program that fails repeatedly, or does not give exactly one reward for each.
    pub fn score(
        &mut self,
        problem: &Problem,
        completions: &[(usize, impl AsRef<str>)],
    ) -> Result<Vec<f64>> {
        let (batch, limit) = (batch(problem, completions), self.limit);
        let mut last = String::new();
        for _ in 0..=RESTARTS {
            match self.child()?.exchange(&batch, limit) {
                Ok(rewards) => return Ok(rewards),
                Err(Broken::Program(problem)) => last = problem,
                Err(Broken::Answer(problem)) => return Err(self.error(problem)),
            }
            self.child = None;
            self.restarts += 1;
        }
        Err(self.error(format!("{last}; this happened {} times in a row", RESTARTS + 1)))
    }

    /// The process; it is started if there is none.
    fn child(&mut self) -> Result<&mut Child> {
        let child = match self.child.take() {
            Some(child) => child,
            None => Child::start(&self.words)
                .map_err(|error| self.error(format!("cannot be started: {error}")))?,
        };
        Ok(self.child.insert(child))
    }

    fn error(&self, problem: String) -> Error {
        Error::Reward { command: self.text.clone(), problem }
    }
}

/// The program and its arguments, and how long it may take.
fn words(text: &str) -> Result<(Vec<String>, Duration)> {
    let refuse = || {
        let allowed =
            "a program and its arguments, every quote closed; timeout=SECONDS may come before them";
        Error::parameter("reward-command", format!("{text:?}"), allowed)
    };
    let mut words = shlex::split(text).ok_or_else(refuse)?;
    let mut seconds = TIMEOUT;
    if let Some(value) = words.first().and_then(|word| word.strip_prefix(TIMEOUT_WORD)) {
        seconds = value.parse().ok().filter(|seconds| *seconds > 0).ok_or_else(refuse)?;
        words.remove(0);
    }
    match words.is_empty() {
        true => Err(refuse()),
        false => Ok((words, Duration::from_secs(seconds))),
    }
}

fn batch(problem: &Problem, completions: &[(usize, impl AsRef<str>)]) -> RewardBatch {
    let answer = problem.answer();
    let mut batch = RewardBatch::default();
    for (index, completion) in completions {
        let id = format!("{}#{index}", problem.id);
        let (prompt, answer, completion) =
            (&problem.prompt, answer.as_deref(), completion.as_ref());
        let line = Line { id: &id, problem: &problem.id, prompt, completion, answer };
        // A struct of strings always serializes.
        batch.lines.push_str(&serde_json::json!(line).to_string());
        batch.lines.push('\n');
        batch.ids.push(id);
    }
    batch
}
