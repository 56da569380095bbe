//! An evaluation, read from its folder.

use super::paper::Subject;
use super::training::{CONFIG, ReportedRun, arms};
use crate::failure::Failure;
use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;
use rs_grpo_grade::{VERSION, Verdict};
use rs_grpo_train::TrainConfig;
use rs_grpo_train::evaluate::{
    Estimate, EvalReport, Graded, SeedProblemMatrix, Statistic, Tally, bootstrap,
};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

const SETTINGS: &str = "settings.json";
const RESULT: &str = "result.json";
const SAMPLES: &str = "samples.jsonl";
/// Seed of the bootstrap.
const SEED: u64 = 0;

/// Number of completions of each verdict.
pub(super) type Verdicts = BTreeMap<Verdict, u64>;

/// A model on a set of problems.
#[derive(Debug, Clone)]
pub(super) struct ReportedEvaluation {
    pub(super) subject: Subject,
    pub(super) benchmark: String,
    pub(super) problems: u64,
    pub(super) samples: u64,
    pub(super) grader: String,
    pub(super) pass_at: Vec<(u64, Estimate)>,
    /// The other statistics, by name.
    pub(super) others: BTreeMap<String, Estimate>,
    pub(super) verdicts: Verdicts,
    /// Settings that its completions depend on.
    pub(super) settings: Map<String, Value>,
}

/// Content of a folder.
pub(super) enum Content {
    Nothing,
    /// An evaluation that has no result yet.
    Unfinished,
    Finished(Box<ReportedEvaluation>),
}

#[derive(Deserialize)]
struct Numbers {
    mean: Option<f64>,
    low: Option<f64>,
    high: Option<f64>,
}

impl From<Numbers> for Estimate {
    /// Numbers are absent if there are no problems.
    fn from(numbers: Numbers) -> Self {
        let [mean, low, high] =
            [numbers.mean, numbers.low, numbers.high].map(|number| number.unwrap_or(f64::NAN));
        Self { mean, low, high }
    }
}

/// The parts of `result.json` that have to be there.
#[derive(Deserialize)]
struct Written {
    model: String,
    data: String,
    problems: u64,
    samples: u64,
    grader: Option<Value>,
    pass_at_k: BTreeMap<u64, Numbers>,
    verdicts: Option<BTreeMap<Verdict, u64>>,
    #[serde(flatten)]
    others: Map<String, Value>,
}

/// Reads the evaluation of a folder; `trainings` are those that its model can be from.
pub(super) fn read(folder: &Path, trainings: &[ReportedRun]) -> Result<Content, Failure> {
    let (settings, result) = (folder.join(SETTINGS), folder.join(RESULT));
    match (settings.is_file(), result.is_file()) {
        (false, false) => return Ok(Content::Nothing),
        (_, false) => return Ok(Content::Unfinished),
        _ => {}
    }
    let settings: Map<String, Value> =
        if settings.is_file() { json(&settings)? } else { Map::new() };
    let read: Written = json(&result)?;
    let verdicts = match read.verdicts {
        Some(verdicts) => verdicts,
        None => count(&folder.join(SAMPLES))?,
    };
    let number = |value: Value| serde_json::from_value::<Numbers>(value).ok().map(Estimate::from);
    let others = read.others.into_iter().filter_map(|(name, value)| Some((name, number(value)?)));
    // The result has the model's short name, the settings what was typed.
    let model = settings.get("model").and_then(Value::as_str).unwrap_or(&read.model);
    Ok(Content::Finished(Box::new(ReportedEvaluation {
        subject: subject(model, trainings)?,
        benchmark: read.data,
        problems: read.problems,
        samples: read.samples,
        grader: read.grader.map_or("not stated".to_owned(), |grader| match grader {
            Value::String(text) => text,
            other => other.to_string(),
        }),
        pass_at: read.pass_at_k.into_iter().map(|(k, numbers)| (k, numbers.into())).collect(),
        others: others.collect(),
        verdicts,
        settings,
    })))
}

fn json<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, Failure> {
    let text = fs::read_to_string(path).map_err(|error| Failure::unreadable(path, &error))?;
    serde_json::from_str(&text).map_err(|error| {
        Failure::Usage(format!("{}: {error}; expected what `repro eval` writes", path.display()))
    })
}

/// The verdicts of a file of completions; none where there is no file.
fn count(path: &Path) -> Result<Verdicts, Failure> {
    #[derive(Deserialize)]
    struct Line {
        verdict: Verdict,
    }
    let mut verdicts = Verdicts::new();
    if path.is_file() {
        lines(path, |line: Line| *verdicts.entry(line.verdict).or_default() += 1)?;
    }
    Ok(verdicts)
}

/// Hands over the lines of a file that are whole.
fn lines<T: for<'a> Deserialize<'a>>(path: &Path, mut take: impl FnMut(T)) -> Result<(), Failure> {
    let unreadable = |error| Failure::unreadable(path, &error);
    let mut reader = BufReader::new(File::open(path).map_err(unreadable)?);
    let (mut line, mut number) = (String::new(), 0);
    while reader.read_line(&mut line).map_err(unreadable)? > 0 && line.ends_with('\n') {
        number += 1;
        if !line.trim().is_empty() {
            take(serde_json::from_str(&line).map_err(|error| {
                Failure::Usage(format!("{}:{number}: {error}", path.display()))
            })?);
        }
        line.clear();
    }
    Ok(())
}

/// What was evaluated. A checkpoint is of the run whose folder holds it; should that have been moved, of the
/// one run among `trainings` whose folder has that name.
fn subject(model: &str, trainings: &[ReportedRun]) -> Result<Subject, Failure> {
    let is_checkpoints = |path: &&Path| path.file_name().is_some_and(|name| name == "checkpoints");
    let run = Path::new(model).ancestors().find(is_checkpoints).and_then(Path::parent);
    let base = Subject { model: model.to_owned(), training: None };
    let Some(run) = run else { return Ok(base) };
    if ReportedRun::is_in(run) {
        return Ok(of_training(&TrainConfig::read(&run.join(CONFIG))?));
    }
    let mut moved = trainings.iter().filter(|other| other.folder.file_name() == run.file_name());
    Ok(match (moved.next(), moved.next()) {
        (Some(training), None) => of_training(&training.config),
        _ => base,
    })
}

fn of_training(config: &TrainConfig) -> Subject {
    let training = (config.data.clone(), config.estimator.clone());
    Subject { model: config.model.clone(), training: Some(training) }
}

/// The evaluations that `repro experiment` leaves in the folders of its runs: one for all seeds of a method.
/// `bases` are the folders of the model at the start.
pub(super) fn of_experiments(
    trainings: &[ReportedRun],
    bases: &[PathBuf],
) -> Result<Vec<ReportedEvaluation>, Failure> {
    let mut evaluations = Vec::new();
    let experiment = |folder: &Path| folder.ancestors().nth(2).map(Path::to_owned);
    let beside = |base: &Path| {
        let run = trainings.iter().find(|run| experiment(&run.folder) == experiment(base));
        run.map(|run| run.config.clone())
    };
    if let Some(config) = bases.first().and_then(|base| beside(base)) {
        let base = Subject { model: config.model.clone(), training: None };
        evaluations.push(of_seeds(base, &config, bases)?);
    }
    let evaluated = trainings.iter().filter(|run| has_samples(&run.folder)).cloned().collect();
    for arm in arms(evaluated) {
        let folders: Vec<PathBuf> = arm.runs.iter().map(|run| run.folder.clone()).collect();
        let config = &arm.runs[0].config;
        evaluations.push(of_seeds(of_training(config), config, &folders)?);
    }
    Ok(evaluations)
}

/// Whether a folder is that of a run of `repro experiment` with its evaluation.
pub(super) fn has_samples(folder: &Path) -> bool {
    samples_of(folder).is_file()
}

fn samples_of(folder: &Path) -> PathBuf {
    folder.join("eval").join(SAMPLES)
}

/// One evaluation of several seeds.
fn of_seeds(
    subject: Subject,
    config: &TrainConfig,
    folders: &[PathBuf],
) -> Result<ReportedEvaluation, Failure> {
    let (mut seeds, mut verdicts) = (Vec::new(), Verdicts::new());
    for folder in folders {
        let mut problems: BTreeMap<String, Vec<Graded>> = BTreeMap::new();
        lines(&samples_of(folder), |line: Graded| {
            *verdicts.entry(line.verdict).or_default() += 1;
            problems.entry(line.problem.clone()).or_default().push(line);
        })?;
        seeds.push(problems);
    }
    // An experiment that is not done has more problems of some seeds than of others.
    let everywhere = |problem: &String| seeds.iter().all(|seed| seed.contains_key(problem));
    let of_seed = |seed: &BTreeMap<String, Vec<Graded>>| {
        let shared = seed.iter().filter(|(problem, _)| everywhere(problem));
        EvalReport::new(shared.map(|(_, graded)| Tally::of(graded)).collect())
    };
    let seeds: Vec<EvalReport> = seeds.iter().map(of_seed).collect();
    let settings =
        [("max_tokens", Value::from(config.max_new_tokens)), ("temperature", Value::from(1.0))];
    let settings = settings.map(|(name, value)| (name.to_owned(), value)).into_iter().collect();
    let pooled = pooled(&seeds)?;
    Ok(ReportedEvaluation {
        subject,
        benchmark: config.eval_source()?.to_string(),
        verdicts,
        settings,
        ..pooled
    })
}

/// Means over seeds and problems, with their intervals.
fn pooled(seeds: &[EvalReport]) -> Result<ReportedEvaluation, Failure> {
    let estimate = |statistic| -> Result<Estimate, Failure> {
        let values = seeds.iter().map(|seed| Ok(seed.values(statistic)?));
        let values = values.collect::<Result<Vec<_>, Failure>>()?;
        let values = SeedProblemMatrix::new(&values)?;
        Ok(bootstrap(&values, &mut Xoshiro256PlusPlus::seed_from_u64(SEED)))
    };
    let fewest = seeds.iter().min_by_key(|seed| seed.samples());
    let ks = fewest.map(EvalReport::ks).unwrap_or_default();
    let pass_at = ks.into_iter().map(|k| Ok((k, estimate(Statistic::PassAt(k))?)));
    let others = [
        ("majority", Statistic::Majority),
        ("answers", Statistic::Answers),
        ("truncated", Statistic::Truncated),
    ];
    let others = others.into_iter().map(|(name, s)| Ok((name.to_owned(), estimate(s)?)));
    let problems = match fewest {
        Some(seed) => seed.values(Statistic::Length)?.len() as u64,
        None => 0,
    };
    Ok(ReportedEvaluation {
        subject: Subject { model: String::new(), training: None },
        benchmark: String::new(),
        problems,
        samples: fewest.map_or(0, |seed| seed.samples() as u64),
        grader: VERSION.to_owned(),
        pass_at: pass_at.collect::<Result<_, Failure>>()?,
        others: others.collect::<Result<_, Failure>>()?,
        verdicts: Verdicts::new(),
        settings: Map::new(),
    })
}
