//! Rewards of completions, in training computed while others are still being sampled.
//!
//! | file | what |
//! |---|---|
//! | `workers` | rewards of completions while others are still being sampled |
//! | `command` | the user's own program that gives rewards: JSON lines in, JSON lines out |
//! | `child` | its process: pipes without deadlocks, a timeout, a reliable end |
//! | `guard` | kills a process and its children, even if this process is killed |
//!
//! By default the grader's verdict is the reward: 1 for a correct completion, else 0. A command may
//! give any finite number; a completion then counts as correct where its reward is at least 1.

mod child;
mod command;
mod guard;
mod workers;

pub use command::RewardCommand;
pub(crate) use workers::sample_and_score;

use crate::data::{Grade, Problem};
use crate::error::Result;
use rs_grpo_grade::Verdict;

/// Where rewards come from.
#[derive(Debug)]
pub enum Reward {
    /// The grader: 1 for a correct completion, else 0.
    Grader,
    /// The user's own program.
    Command(Box<RewardCommand>),
}

/// Grade and reward of a completion.
#[derive(Debug, Clone, PartialEq)]
pub struct Scored {
    /// Whether it is correct, and its answer.
    pub grade: Grade,
    /// The reward.
    pub reward: f64,
}

impl Reward {
    /// Rewards from a command, or from the grader if the text is empty.
    ///
    /// # Errors
    /// Those of [`RewardCommand::start`].
    pub fn of(command: &str) -> Result<Self> {
        match command.is_empty() {
            true => Ok(Self::Grader),
            false => Ok(Self::Command(Box::new(RewardCommand::start(command)?))),
        }
    }

    /// Whether rewards come from a command, which gets all completions of a problem at once.
    pub(crate) fn is_command(&self) -> bool {
        matches!(self, Self::Command(_))
    }

    /// Scores the completions of one problem, each given with its index.
    ///
    /// # Errors
    /// Those of [`RewardCommand::score`].
    pub fn score(
        &mut self,
        problem: &Problem,
        completions: &[(usize, impl AsRef<str>)],
    ) -> Result<Vec<Scored>> {
        match self {
            Self::Grader => {
                let grade = |(_, text): &(usize, _)| Scored::graded(problem, AsRef::as_ref(text));
                Ok(completions.iter().map(grade).collect())
            }
            Self::Command(command) => {
                let rewards = command.score(problem, completions)?;
                Ok(rewards.into_iter().map(Scored::rewarded).collect())
            }
        }
    }
}

impl Scored {
    fn graded(problem: &Problem, completion: &str) -> Self {
        let grade = problem.grade(completion);
        Self { reward: grade.reward(), grade }
    }

    /// A reward from a command has no answer.
    fn rewarded(reward: f64) -> Self {
        let verdict = if reward >= 1.0 { Verdict::Correct } else { Verdict::Wrong };
        Self { grade: Grade { verdict, answer: None, solution: None }, reward }
    }
}
