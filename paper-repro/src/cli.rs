//! The command line: names, defaults and help of every option.

use crate::commands::{
    advantage, bandit, data, doctor, eval, experiment, export, grade, llm, models, plan, report,
    theory,
};
use clap::{Args, Parser, Subcommand, value_parser};
use clap_complete::Shell;

/// Reproduces the experiments of "Risk-Sensitive RL for Alleviating Exploration Dilemmas in LLMs".
#[derive(Debug, Parser)]
#[command(name = "repro", version, max_term_width = 100, disable_help_subcommand = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options of every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// Threads to use; 0 means one for each core. Results do not depend on it.
    #[arg(long, global = true, value_name = "N", value_parser = value_parser!(u16).range(0..=1024), default_value_t = 0)]
    pub(crate) threads: u16,
    /// Print results and errors only.
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Compute the advantages of groups of rewards.
    Advantage(advantage::Options),
    /// Run the bandit whose policy starts on the wrong peak.
    Bandit(Box<bandit::Options>),
    /// List, check and show sets of problems.
    #[command(subcommand)]
    Data(data::Command),
    /// Say what this machine can run, and test its GPU against the CPU.
    Doctor(doctor::Options),
    /// Measure pass@k of models on sets of problems.
    Eval(Box<eval::Options>),
    /// Compare methods of training, everything else equal.
    #[command(subcommand)]
    Experiment(experiment::Command),
    /// Write a run as the command, the settings and the data of another trainer.
    #[command(subcommand)]
    Export(export::Command),
    /// Grade mathematical answers.
    Grade(grade::Options),
    /// Train a language model, or sample from one; without options, see GRPO and RS-GRPO side by side.
    Llm(Box<llm::Options>),
    /// List the models that have a short name.
    Models(models::Options),
    /// Estimate the time and cost of a training step on a number of GPUs.
    Plan(Box<plan::Options>),
    /// Check the paper's lemmas on random bandits, or analyse one bandit.
    Theory(theory::Options),
    /// Write a page about runs, beside the paper's numbers; or check the project's own tables and figures.
    Report(report::Options),
    /// Print a completion script for a shell.
    Completions {
        /// The shell.
        shell: Shell,
    },
}
