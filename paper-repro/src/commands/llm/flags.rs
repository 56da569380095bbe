//! The settings of a training run as flags: one for each setting of [`TrainConfig`], with its help and its
//! default, and beside them the names that other trainers have for them.

use clap::builder::{BoolValueParser, TypedValueParser as _, ValueParser};
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};
use rs_grpo_train::{FOREIGN_NAMES, ForeignFlag, Setting, TrainConfig};
use std::fs::OpenOptions;
use std::io::{ErrorKind as Io, Write as _};
use std::path::{Path, PathBuf};
use toml::{Table, Value};

use crate::failure::Failure;
use crate::parse;

const BETA: &str = "beta";
const ASYNC_STEPS: &str = "async_steps";

/// Settings given as flags: with `OF_A_RUN` they override a run's defaults, which the help shows,
/// otherwise those of an experiment.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Flags<const OF_A_RUN: bool> {
    given: Table,
    async_steps: Option<usize>,
    /// The error about another trainer's flag that has no equivalent here.
    foreign: Option<String>,
}

impl<const OF_A_RUN: bool> Flags<OF_A_RUN> {
    /// The settings that were given, in the form of a file.
    pub(crate) fn table(&self) -> Result<Table, Failure> {
        match &self.foreign {
            Some(problem) => Err(Failure::Usage(problem.clone())),
            None => Ok(self.given.clone()),
        }
    }

    fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn arguments() -> Vec<Arg> {
        let defaults = TrainConfig::default();
        let (table, texts) = (defaults.table(), defaults.texts());
        let mut arguments = Vec::new();
        for setting in TrainConfig::SETTINGS {
            let argument = argument(setting, &table[setting.key]);
            arguments.push(match &*parse::plain(&texts[setting.key]) {
                _ if !OF_A_RUN => argument,
                "" => argument.help(format!("{} [default: empty]", summary(setting))),
                default => argument.default_value(default.to_owned()),
            });
            match setting.key {
                "estimator" => arguments.push(beta()),
                "sampler" if OF_A_RUN => arguments.push(async_steps()),
                _ => {}
            }
        }
        let instead = FOREIGN_NAMES.iter().filter_map(|foreign| match foreign.flag {
            ForeignFlag::Instead(_) => Some(foreign.name),
            ForeignFlag::Alias(_) | ForeignFlag::Own => None,
        });
        // Known, so that the answer says what to give instead.
        let unknown = |name: &'static str| {
            Arg::new(name)
                .long(hyphenated(name))
                .num_args(0..=1)
                .allow_negative_numbers(true)
                .hide(true)
        };
        arguments.extend(instead.map(unknown));
        arguments
    }
}

impl<const OF_A_RUN: bool> Args for Flags<OF_A_RUN> {
    fn augment_args(command: Command) -> Command {
        command.args(Self::arguments())
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl<const OF_A_RUN: bool> FromArgMatches for Flags<OF_A_RUN> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let is_given = |id: &str| matches.value_source(id) == Some(ValueSource::CommandLine);
        let foreign = FOREIGN_NAMES.iter().find_map(|foreign| match foreign.flag {
            ForeignFlag::Instead(flag) if is_given(foreign.name) => {
                Some(format!("--{} is not a flag here; give {flag}", hyphenated(foreign.name)))
            }
            _ => None,
        });
        let mut given = Table::new();
        for setting in TrainConfig::SETTINGS.iter().filter(|setting| is_given(setting.key)) {
            if let Some(value) = matches.get_one::<Value>(setting.key) {
                given.insert(setting.key.to_owned(), value.clone());
            }
        }
        if let Some(beta) = matches.get_one::<f64>(BETA) {
            given.insert("estimator".to_owned(), format!("rs-grpo:beta={beta}").into());
        }
        let async_steps =
            if OF_A_RUN { matches.get_one::<usize>(ASYNC_STEPS).copied() } else { None };
        Ok(Self { given, async_steps, foreign })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

fn hyphenated(key: &str) -> String {
    key.replace('_', "-")
}

/// Help text of a setting, without a final full stop.
fn summary(setting: &Setting) -> &'static str {
    setting.doc().trim_end_matches('.')
}

/// The flag of a setting.
fn argument(setting: &Setting, default: &Value) -> Arg {
    let foreign = FOREIGN_NAMES.iter().filter(|f| f.flag == ForeignFlag::Alias(setting.key));
    let summary = summary(setting).to_owned();
    let argument = Arg::new(setting.key)
        .long(hyphenated(setting.key))
        .aliases(foreign.map(|foreign| hyphenated(foreign.name)))
        .value_name(setting.value)
        .value_parser(parser(setting, default))
        .allow_negative_numbers(true)
        .help_heading(setting.heading);
    match (setting.form, default) {
        (Some(form), Value::Table(keys)) => {
            let key = |key: &rs_grpo_train::TableKey| {
                let doc = key.doc().trim_end_matches('.');
                format!("\n- {}: {doc} [{}]", key.name, parse::plain(&keys[key.name]))
            };
            let keys: String = form.keys.iter().map(key).collect();
            argument.long_help(format!("{summary}\n{keys}")).help(summary)
        }
        _ => argument.help(summary),
    }
}

/// Parser of values of the default's type.
fn parser(setting: &Setting, default: &Value) -> ValueParser {
    match (setting.form, default) {
        (Some(form), _) => {
            let setting = *setting;
            let refused = move || format!("allowed: {}", form.allowed);
            let read = move |text: &str| TrainConfig::short(&setting, text).ok_or_else(refused);
            ValueParser::new(read)
        }
        (_, Value::Integer(_)) => ValueParser::new(whole),
        (_, Value::Float(_)) => {
            ValueParser::new(|text: &str| parse::number(text).map(Value::Float))
        }
        (_, Value::Array(_)) => ValueParser::new(texts),
        (_, Value::Boolean(_)) => BoolValueParser::new().map(Value::Boolean).into(),
        _ => ValueParser::new(|text: &str| Ok::<_, String>(Value::String(text.to_owned()))),
    }
}

/// A list of texts in brackets, or one text.
fn texts(text: &str) -> Result<Value, String> {
    if !text.starts_with('[') {
        return Ok(Value::Array(vec![text.into()]));
    }
    let list: Result<Vec<String>, _> = serde_json::from_str(text);
    let list = list.map_err(|_| r#"allowed: one text, or a list as in ["a", "b"]"#.to_owned())?;
    Ok(list.into())
}

fn whole(text: &str) -> Result<Value, String> {
    let number = parse::whole::<0>(text)?;
    i64::try_from(number)
        .map(Value::Integer)
        .map_err(|_| format!("allowed: whole numbers up to {}", i64::MAX))
}

fn beta() -> Arg {
    Arg::new(BETA)
        .long(BETA)
        .value_name("β")
        .value_parser(parse::number)
        .allow_negative_numbers(true)
        .conflicts_with("estimator")
        .help_heading("Method")
        .help("Short for --estimator rs-grpo:beta=β; the weight of the divergence is --kl-coef")
}

fn async_steps() -> Arg {
    Arg::new(ASYNC_STEPS)
        .long("async-steps")
        .value_name("0|1")
        .value_parser(parse::size::<0>)
        .help_heading("Servers")
        .help(
            "With --sampler http, sample the next step while this one trains (1), with an \
             --importance-cap of 2 unless another is given; 0 samples from the policy as it is",
        )
}

/// Where settings come from.
#[derive(Debug, Args)]
pub(crate) struct Settings {
    /// A TOML file of settings, as --write-config writes it; flags override it, its tables as a whole.
    /// Without one, countdown has the defaults below, and any other model the settings of the paper's
    /// experiments.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Write all settings, as the other options make them, to a new TOML file with comments, and exit.
    #[arg(long, value_name = "FILE")]
    pub(crate) write_config: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) flags: Flags<true>,
}

impl Settings {
    /// Whether nothing was given.
    pub(crate) fn is_empty(&self) -> bool {
        self.config.is_none() && self.write_config.is_none() && self.flags.is_empty()
    }

    /// The model that a flag names.
    pub(crate) fn model(&self) -> Option<&str> {
        self.flags.given.get("model").and_then(Value::as_str)
    }

    /// The settings of the file, or the defaults, overridden by the flags.
    pub(crate) fn resolve(&self, defaults: &TrainConfig) -> Result<TrainConfig, Failure> {
        let base = match &self.config {
            Some(path) => TrainConfig::read(path)?,
            None => defaults.clone(),
        };
        let mut config = base.with(self.flags.table()?, Path::new("the command line"))?;
        if let Some(steps) = self.flags.async_steps {
            if config.sampler.is_local() || steps > 1 {
                let problem = "--async-steps is 0 or 1, and needs --sampler http";
                return Err(Failure::Usage(problem.to_owned()));
            }
            config = config.drawn_ahead(steps);
        }
        config.check()?;
        Ok(config)
    }
}

/// Writes settings with comments into a file that is not there yet.
pub(crate) fn write_config(path: &Path, config: &TrainConfig) -> Result<(), Failure> {
    let failed = |error: std::io::Error| match error.kind() {
        Io::AlreadyExists => Failure::Usage(format!(
            "--write-config is {}, which exists; allowed: a file that does not",
            path.display()
        )),
        _ => Failure::Failed(format!("{}: {error}", path.display())),
    };
    let mut file = OpenOptions::new().write(true).create_new(true).open(path).map_err(failed)?;
    file.write_all(config.to_commented_toml().as_bytes()).map_err(failed)
}
