//! The options of `repro bandit`; the defaults are the constants of the authors' script.

use crate::output::Format;
use crate::parse;
use clap::Args;
use rs_grpo::Estimator;
use rs_grpo_sims::bandit::{Config, InitialPolicy, Noise, Peak, Phase};
use std::path::PathBuf;

const LEARNING: &str = "Learning";
const PROBLEM: &str = "Problem";
const EXPERIMENT: &str = "Experiment";

/// Options of `repro bandit`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Risk parameters of RS-GRPO [default: 0,1,2,4; with --phase 27 values from 0 to 64].
    #[arg(
        long,
        value_name = "β,…",
        value_delimiter = ',',
        value_parser = parse::number,
        allow_hyphen_values = true,
        help_heading = LEARNING
    )]
    pub(crate) beta: Vec<f64>,
    /// Another rule for advantages in place of RS-GRPO, such as grpo or pkpo:k=4; may be repeated.
    #[arg(
        long,
        value_name = "NAME[:KEY=VALUE,…]",
        value_parser = parse::estimator,
        conflicts_with_all = ["beta", "phase"],
        help_heading = LEARNING
    )]
    pub(crate) estimator: Vec<Estimator>,
    /// Step size of the gradient ascent on the logits.
    #[arg(long, alias = "lr", value_name = "η", value_parser = parse::number, allow_negative_numbers = true, default_value_t = 0.1, help_heading = LEARNING)]
    pub(crate) learning_rate: f64,
    /// Arms drawn for one update.
    #[arg(long, value_name = "N", value_parser = parse::size::<1>, allow_negative_numbers = true, default_value_t = 16, help_heading = LEARNING)]
    pub(crate) group_size: usize,
    /// Use exact gradients, the limit of infinite groups; an update counts as one group of pulls.
    #[arg(long, conflicts_with = "phase", help_heading = LEARNING)]
    pub(crate) exact: bool,

    /// Number of arms.
    #[arg(long, value_name = "K", value_parser = parse::size::<2>, allow_negative_numbers = true, default_value_t = 100, help_heading = PROBLEM)]
    pub(crate) arms: usize,
    /// Arms at which the reward peaks.
    #[arg(long, value_name = "X,…", value_delimiter = ',', value_parser = parse::number, allow_hyphen_values = true, default_value = "40,75", help_heading = PROBLEM)]
    pub(crate) peaks: Vec<f64>,
    /// Height of each peak above the baseline.
    #[arg(long, value_name = "H,…", value_delimiter = ',', value_parser = parse::number, allow_hyphen_values = true, default_value = "0.9,0.5", help_heading = PROBLEM)]
    pub(crate) heights: Vec<f64>,
    /// Standard deviation of each peak, in arms.
    #[arg(long, value_name = "W,…", value_delimiter = ',', value_parser = parse::number, allow_hyphen_values = true, default_value = "5,5", help_heading = PROBLEM)]
    pub(crate) widths: Vec<f64>,
    /// Reward far from all peaks.
    #[arg(long, value_name = "R", value_parser = parse::number, allow_negative_numbers = true, default_value_t = 0.1, help_heading = PROBLEM)]
    pub(crate) baseline: f64,
    /// Arm around which the initial policy is centred.
    #[arg(long, value_name = "X", value_parser = parse::number, allow_negative_numbers = true, default_value_t = 75.0, help_heading = PROBLEM)]
    pub(crate) initial_centre: f64,
    /// Standard deviation of the initial policy, in arms.
    #[arg(long, value_name = "W", value_parser = parse::number, allow_negative_numbers = true, default_value_t = 5.0, help_heading = PROBLEM)]
    pub(crate) initial_width: f64,
    /// Weight of every arm in the initial policy, beside a bell of height 1.
    #[arg(long, value_name = "P", value_parser = parse::number, allow_negative_numbers = true, default_value_t = 0.1, help_heading = PROBLEM)]
    pub(crate) initial_floor: f64,
    /// Scatter of observed rewards: none, bernoulli, or gaussian:SD.
    #[arg(long, value_name = "KIND", value_parser = parse::noise, default_value = "none", help_heading = PROBLEM)]
    pub(crate) noise: Noise,

    /// Arms pulled in one run.
    #[arg(long, value_name = "PULLS", value_parser = parse::whole::<1>, allow_negative_numbers = true, default_value_t = 400_000, help_heading = EXPERIMENT)]
    pub(crate) steps: u64,
    /// Independent runs of each setting [default: 32; with --phase 100 a cell].
    #[arg(long, value_name = "N", value_parser = parse::whole::<1>, allow_negative_numbers = true, help_heading = EXPERIMENT)]
    pub(crate) seeds: Option<u64>,
    /// Seed of all random numbers.
    #[arg(long, value_name = "N", value_parser = parse::whole::<0>, allow_negative_numbers = true, default_value_t = 0, help_heading = EXPERIMENT)]
    pub(crate) seed: u64,
    /// A run has escaped when its final reward is above this.
    #[arg(long, value_name = "R", value_parser = parse::number, allow_negative_numbers = true, default_value_t = 0.9, help_heading = EXPERIMENT)]
    pub(crate) escape_reward: f64,
    /// Map the share of escapes over risk parameter and group size, each cell with as many updates as
    /// --steps has groups.
    #[arg(long, help_heading = EXPERIMENT)]
    pub(crate) phase: bool,
    /// Group sizes of --phase.
    #[arg(long, value_name = "N,…", value_delimiter = ',', value_parser = parse::size::<1>, allow_hyphen_values = true, default_value = "2,4,8,16,32,64,128,256", requires = "phase", help_heading = EXPERIMENT)]
    pub(crate) group_sizes: Vec<usize>,

    /// Folder for the figure, its data and the resolved settings.
    #[arg(long, value_name = "DIR", default_value = "out/bandit", help_heading = "Output")]
    pub(crate) out: PathBuf,
    /// How to print: a table, or one JSON object.
    #[arg(long, value_enum, default_value_t = Format::Text, help_heading = "Output")]
    pub(crate) format: Format,
}

/// Risk parameters of the README's figure.
const BETAS: [f64; 4] = [0.0, 1.0, 2.0, 4.0];

impl Options {
    /// Runs of each setting.
    pub(crate) fn seeds(&self) -> u64 {
        self.seeds.unwrap_or(if self.phase { Phase::default().seeds } else { 32 })
    }

    /// Risk parameters.
    pub(crate) fn betas(&self) -> Vec<f64> {
        match (self.beta.is_empty(), self.phase) {
            (false, _) => self.beta.clone(),
            (true, true) => Phase::default().betas,
            (true, false) => BETAS.to_vec(),
        }
    }

    /// One configuration for each estimator asked for.
    pub(crate) fn configs(&self) -> Vec<Config> {
        let with = |estimator| Config { estimator, ..self.config() };
        match self.estimator.is_empty() {
            true => self.betas().iter().map(|&beta| with(Estimator::RsGrpo { beta })).collect(),
            false => self.estimator.iter().cloned().map(with).collect(),
        }
    }

    /// Everything but the estimator.
    pub(crate) fn config(&self) -> Config {
        Config {
            arms: self.arms,
            baseline: self.baseline,
            peaks: self.bumps(),
            initial_policy: InitialPolicy {
                centre: self.initial_centre,
                width: self.initial_width,
                floor: self.initial_floor,
            },
            noise: self.noise,
            learning_rate: self.learning_rate,
            group_size: self.group_size,
            pulls: self.steps,
            escape_reward: self.escape_reward,
            ..Config::default()
        }
    }

    fn bumps(&self) -> Vec<Peak> {
        let shapes = self.heights.iter().zip(&self.widths);
        let peaks = self.peaks.iter().zip(shapes);
        peaks.map(|(&centre, (&height, &width))| Peak { centre, height, width }).collect()
    }

    /// Refuses repeated settings, and lists of peaks, heights and widths that do not belong together.
    pub(crate) fn check(&self) -> Result<(), String> {
        parse::no_repeats("--beta", &self.beta)?;
        parse::no_repeats("--estimator", &self.estimator)?;
        parse::no_repeats("--group-sizes", &self.group_sizes)?;
        let (peaks, heights, widths) = (self.peaks.len(), self.heights.len(), self.widths.len());
        if peaks == heights && peaks == widths {
            return Ok(());
        }
        Err(format!(
            "--peaks, --heights and --widths have {peaks}, {heights} and {widths} values; \
             give each the same number, one for every peak"
        ))
    }
}
