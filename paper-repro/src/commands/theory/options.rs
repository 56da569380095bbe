//! The options of `repro theory`.

use crate::output::Format;
use crate::parse;
use clap::Args;
use std::path::PathBuf;

const VERIFICATION: &str = "Verification";
const INSTANCE: &str = "One bandit";

/// Options of `repro theory`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Random bandits that each statement is tried on.
    #[arg(
        long,
        value_name = "N",
        value_parser = parse::whole::<1>,
        allow_negative_numbers = true,
        default_value_t = 100_000,
        conflicts_with = "rewards",
        help_heading = VERIFICATION
    )]
    pub(crate) instances: u64,
    /// Seed of all random numbers.
    #[arg(
        long,
        value_name = "N",
        value_parser = parse::whole::<0>,
        allow_negative_numbers = true,
        default_value_t = 0,
        conflicts_with = "rewards",
        help_heading = VERIFICATION
    )]
    pub(crate) seed: u64,

    /// Analyse one bandit instead: its rewards, separated by commas.
    #[arg(
        long,
        value_name = "R,…",
        value_delimiter = ',',
        value_parser = parse::number,
        allow_hyphen_values = true,
        requires = "policy",
        help_heading = INSTANCE
    )]
    pub(crate) rewards: Vec<f64>,
    /// The probability of each of its arms; they sum to 1.
    #[arg(
        long,
        value_name = "P,…",
        value_delimiter = ',',
        value_parser = parse::number,
        allow_hyphen_values = true,
        requires = "rewards",
        help_heading = INSTANCE
    )]
    pub(crate) policy: Vec<f64>,
    /// Step size of the gradient ascent on the logits.
    #[arg(
        long,
        value_name = "α",
        value_parser = parse::number,
        allow_negative_numbers = true,
        default_value_t = 1.0,
        requires = "rewards",
        help_heading = INSTANCE
    )]
    pub(crate) step: f64,
    /// Risk parameters at which the step is taken; 0 is the standard gradient.
    #[arg(
        long,
        value_name = "β,…",
        value_delimiter = ',',
        value_parser = parse::number,
        allow_hyphen_values = true,
        default_value = "0,1,2,4,8,16,32,64",
        requires = "rewards",
        help_heading = INSTANCE
    )]
    pub(crate) beta: Vec<f64>,

    /// Folder for the figure, its data and the resolved settings.
    #[arg(long, value_name = "DIR", default_value = "out/theory", help_heading = "Output")]
    pub(crate) out: PathBuf,
    /// How to print: tables, or one JSON object.
    #[arg(long, value_enum, default_value_t = Format::Text, help_heading = "Output")]
    pub(crate) format: Format,
}
