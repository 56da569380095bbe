//! The completions of an old run or evaluation, graded again.

use crate::commands::lines::for_each_line;
use crate::console::Console;
use crate::failure::Failure;
use crate::output::Format;
use rs_grpo_grade::{Grader, VERSION, Verdict};
use rs_grpo_train::TrainConfig;
use rs_grpo_train::data::{Gold, Problem};
use rs_grpo_train::task::{Source, Split};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Completions that are shown of each change.
const EXAMPLES: usize = 3;

/// Columns of a terminal that an example may take.
const WIDTH: usize = 80;

/// How many problems of a generator are looked through for those of a file of samples.
const GENERATED: usize = 20_000;

/// One line of `samples.jsonl`.
#[derive(Deserialize)]
struct Old {
    problem: String,
    completion: String,
    verdict: Verdict,
    step: Option<u64>,
    sample: Option<u64>,
    grader: Option<String>,
}

/// A verdict that is another one now.
#[derive(Serialize)]
struct Change {
    problem: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sample: Option<u64>,
    before: Verdict,
    now: Verdict,
    gold: String,
    extracted: Option<String>,
}

/// What the folder of the samples says of them.
#[derive(Default)]
struct Recorded {
    data: Option<String>,
    grader: Option<String>,
    /// Whether a program gave the verdicts.
    by_command: bool,
}

/// What came of it.
struct Again {
    /// Versions that gave the old verdicts.
    graders: BTreeSet<String>,
    total: usize,
    changes: Vec<Change>,
}

pub(super) fn run(
    grader: &Grader,
    samples: &Path,
    data: Option<&str>,
    format: Format,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    let file = if samples.is_dir() { samples.join("samples.jsonl") } else { samples.to_owned() };
    let recorded = recorded(&file)?;
    if recorded.by_command {
        return Err(Failure::Usage(format!(
            "{}: a program gave these verdicts (reward_command), so the grader's say nothing of them",
            file.display()
        )));
    }
    let Some(data) = data.or(recorded.data.as_deref()) else {
        return Err(Failure::Usage(format!(
            "{}: neither settings.json nor config.toml beside it says which problems these are; give \
             them with --data",
            file.display()
        )));
    };
    let again = grade(grader, &file, data, recorded.grader.as_deref())?;
    match format {
        Format::Json => Ok(console.json(&again.to_json())?),
        Format::Text => Ok(again.print(console)?),
    }
}

/// What stands beside the file: the settings of an evaluation, or the configuration of a run, whose own
/// evaluations have a folder below it.
fn recorded(file: &Path) -> Result<Recorded, Failure> {
    let folder = file.parent().unwrap_or(Path::new("."));
    let settings = folder.join("settings.json");
    if settings.is_file() {
        return of_evaluation(&settings);
    }
    let above = folder.parent().map(|run| run.join("config.toml"));
    let own = (folder.join("config.toml"), false);
    let evaluated = above.filter(|_| folder.ends_with("eval")).map(|config| (config, true));
    let found = [Some(own), evaluated].into_iter().flatten().find(|(config, _)| config.is_file());
    let Some((config, is_evaluation)) = found else { return Ok(Recorded::default()) };
    let config = TrainConfig::read(&config)?;
    let source = if is_evaluation { config.eval_source()? } else { config.source()? };
    let by_command = !config.reward_command.is_empty();
    Ok(Recorded { data: Some(source.to_string()), grader: None, by_command })
}

fn of_evaluation(path: &PathBuf) -> Result<Recorded, Failure> {
    let text = fs::read_to_string(path).map_err(|error| Failure::unreadable(path, &error))?;
    let settings: Map<String, Value> = serde_json::from_str(&text)
        .map_err(|error| Failure::Usage(format!("{}: {error}", path.display())))?;
    let text = |name: &str| settings.get(name).and_then(Value::as_str).map(str::to_owned);
    Ok(Recorded {
        // A set of problems of the user's own is recorded by its name alone.
        data: text("data").filter(|data| data.parse::<Source>().is_ok()),
        grader: text("grader"),
        by_command: settings.contains_key("reward_command"),
    })
}

fn grade(
    grader: &Grader,
    file: &Path,
    data: &str,
    recorded: Option<&str>,
) -> Result<Again, Failure> {
    let problems = both_sides(&data.parse()?)?;
    let mut again = Again { graders: BTreeSet::new(), total: 0, changes: Vec::new() };
    for_each_line(file, |line| {
        let old: Old = serde_json::from_str(line).map_err(|e| Failure::Usage(e.to_string()))?;
        let problem = problems.get(&old.problem).ok_or_else(|| {
            Failure::Usage(format!("{:?} is not a problem of --data {data}", old.problem))
        })?;
        again.total += 1;
        again.graders.extend(old.grader.as_deref().or(recorded).map(str::to_owned));
        let (now, extracted) = verdict(grader, problem, &old.completion);
        if now != old.verdict {
            let Old { problem: name, step, sample, verdict: before, .. } = old;
            let gold = problem.answer();
            again.changes.push(Change {
                problem: name,
                step,
                sample,
                before,
                now,
                gold,
                extracted,
            });
        }
        Ok(())
    })?;
    Ok(again)
}

/// The verdict, and the answer that was found.
fn verdict(grader: &Grader, problem: &Problem, completion: &str) -> (Verdict, Option<String>) {
    match &problem.gold {
        Gold::Math(gold) => {
            let outcome = grader.grade_with(gold, completion);
            (outcome.verdict, outcome.extracted)
        }
        Gold::Countdown(puzzle) => {
            let grade = puzzle.grade(completion);
            (grade.verdict, grade.answer)
        }
    }
}

/// The problems of a source by name: those to train on and those to evaluate on.
fn both_sides(source: &Source) -> Result<HashMap<String, Problem>, Failure> {
    let mut all = HashMap::new();
    for split in [Split::Train, Split::HeldOut] {
        for problem in source.up_to(split, GENERATED)?.problems {
            all.insert(problem.id.clone(), problem);
        }
    }
    Ok(all)
}

impl Again {
    fn to_json(&self) -> Value {
        json!({
            "grader_before": self.graders,
            "grader": VERSION,
            "completions": self.total,
            "changed": self.changes.len(),
            "changes": self.changes,
        })
    }

    fn print(&self, console: &mut Console<'_>) -> io::Result<()> {
        let before = match self.graders.is_empty() {
            true => "a version that was not recorded".to_owned(),
            false => self.graders.iter().cloned().collect::<Vec<_>>().join(" and "),
        };
        let (changed, total) = (self.changes.len(), self.total);
        writeln!(
            console.out,
            "{changed} of {total} verdicts changed, grader {before} → {VERSION}"
        )?;
        let mut kinds = BTreeMap::<(Verdict, Verdict), Vec<&Change>>::new();
        for change in &self.changes {
            kinds.entry((change.before, change.now)).or_default().push(change);
        }
        for ((before, now), changes) in kinds {
            writeln!(console.out, "{:>8}  {before} → {now}", changes.len())?;
            for change in changes.iter().take(EXAMPLES) {
                writeln!(console.out, "{}", change.example())?;
            }
            if changes.len() > EXAMPLES {
                writeln!(console.out, "          …")?;
            }
        }
        Ok(())
    }
}

impl Change {
    /// One line that fits a terminal.
    fn example(&self) -> String {
        let answer = self.extracted.as_deref().unwrap_or("–");
        let line = format!("          {}: gold {}, answer {answer}", self.problem, self.gold);
        let line = line.replace(['\n', '\r', '\t'], " ");
        match line.chars().count() {
            0..=WIDTH => line,
            _ => line.chars().take(WIDTH - 1).chain(['…']).collect(),
        }
    }
}
