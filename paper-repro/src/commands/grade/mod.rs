//! `repro grade`: verdicts on answers, one by one or by the file, and on the completions of old runs.

mod again;

use super::lines::open;
use crate::console::Console;
use crate::failure::Failure;
use crate::output::Format;
use clap::{ArgGroup, Args};
use rs_grpo_grade::{Grader, Method, Outcome, Unboxed, VERSION, Verdict};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::io::BufRead;
use std::path::{Path, PathBuf};

/// Options of `repro grade`.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("what").required(true).args(["gold", "input", "samples"])))]
pub(crate) struct Options {
    /// The right answer.
    #[arg(long, value_name = "TEXT", requires = "prediction", allow_hyphen_values = true)]
    gold: Option<String>,
    /// The completion to grade.
    #[arg(long, value_name = "TEXT", requires = "gold", allow_hyphen_values = true)]
    prediction: Option<String>,
    /// A file of one {"id": …, "gold": …, "prediction": …} a line; - reads standard input. A verdict a
    /// line comes out, as JSON whatever --format is.
    #[arg(long, value_name = "FILE.jsonl")]
    input: Option<PathBuf>,
    /// A run or an evaluation, its folder or its samples.jsonl: graded again, to show what changed.
    #[arg(long, value_name = "RUN")]
    samples: Option<PathBuf>,
    /// The problems that --samples are of [default: those that the folder names].
    #[arg(long, value_name = "DATA", requires = "samples")]
    data: Option<String>,
    /// Count an answer only if it is in a box.
    #[arg(long)]
    boxed_only: bool,
    /// How to print the verdict, or what changed.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// One line of `--input`; fields beside these are allowed.
#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    id: Value,
    gold: Value,
    prediction: String,
}

/// One line of the answer.
#[derive(Serialize)]
struct Answered {
    id: Value,
    verdict: Option<Verdict>,
    extracted: Option<String>,
    method: Option<Method>,
    grader: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

pub(crate) fn run(options: &Options, console: &mut Console<'_>) -> Result<(), Failure> {
    let grader = Grader::new(if options.boxed_only { Unboxed::Refuse } else { Unboxed::Lenient });
    match (&options.gold, &options.prediction, &options.input, &options.samples) {
        (Some(gold), Some(prediction), ..) => {
            one(&grader.grade(gold, prediction), options.format, console)
        }
        (_, _, Some(input), _) => file(&grader, input, console),
        (.., Some(samples)) => {
            again::run(&grader, samples, options.data.as_deref(), options.format, console)
        }
        // One of them is there: clap sees to it.
        _ => Ok(()),
    }
}

fn one(outcome: &Outcome, format: Format, console: &mut Console<'_>) -> Result<(), Failure> {
    if format == Format::Json {
        return Ok(console.json(&Answered::new(Value::Null, outcome))?);
    }
    let read = outcome.answer.as_ref().map(|answer| format!("{answer}, a {}", answer.kind()));
    writeln!(console.out, "verdict    {}", outcome.verdict)?;
    writeln!(console.out, "extracted  {}", outcome.extracted.as_deref().unwrap_or("–"))?;
    writeln!(console.out, "read as    {}", read.as_deref().unwrap_or("–"))?;
    let method = outcome.method.map_or("–".to_owned(), |method| method.to_string());
    writeln!(console.out, "method     {method}")?;
    writeln!(console.out, "grader     version {VERSION}")?;
    Ok(())
}

impl Answered {
    fn new(id: Value, outcome: &Outcome) -> Self {
        Self {
            id,
            verdict: Some(outcome.verdict),
            extracted: outcome.extracted.clone(),
            method: outcome.method,
            grader: VERSION,
            error: None,
        }
    }
}

/// As many lines out as in, in their order: also a line that is none gets one, with the error.
fn file(grader: &Grader, path: &Path, console: &mut Console<'_>) -> Result<(), Failure> {
    let mut broken = 0;
    for (at, line) in open(path)?.split(b'\n').enumerate() {
        let line = line.map_err(|error| Failure::unreadable(path, &error))?;
        let answered = match serde_json::from_slice::<Asked>(&line) {
            Ok(Asked { id, gold, prediction }) => {
                let gold = gold.as_str().map_or_else(|| gold.to_string(), str::to_owned);
                Answered::new(id, &grader.grade(&gold, &prediction))
            }
            Err(error) => {
                broken += 1;
                let error = Some(format!("{}:{}: {error}", path.display(), at + 1));
                let (id, grader) = (Value::Null, VERSION);
                Answered { id, verdict: None, extracted: None, method: None, grader, error }
            }
        };
        console.json(&answered)?;
    }
    match broken {
        0 => Ok(()),
        _ => Err(Failure::Failed(format!(
            "{}: {broken} line(s) are no {{\"id\": …, \"gold\": …, \"prediction\": …}}; they have an \"error\" in the output",
            path.display()
        ))),
    }
}
