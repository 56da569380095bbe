//! The page about runs.

use super::compare::{self, NONE};
use super::document::{Block, Document, Fact, Inline, Section, plain, table};
use super::evaluation::{ReportedEvaluation, Verdicts};
use super::find::Found;
use super::paper::Paper;
use super::training::{ReportArm, ReportedRun, arms, differing, shown};
use super::{curves, differs};
use crate::failure::Failure;
use rs_grpo_figures::Column;
use rs_grpo_grade::{VERSION, Verdict};
use rs_grpo_train::TrainConfig;
use std::collections::BTreeSet;

pub(super) fn document(found: Found) -> Result<Document, Failure> {
    let paper = Paper::read()?;
    let Found { trainings, evaluations, unfinished } = found;
    let arms = arms(trainings);
    let mut overview = Vec::new();
    if !arms.is_empty() {
        overview.push(trained(&arms)?);
        overview.extend(curves::training(&arms));
    }
    let mut results = compare::blocks(&evaluations, &paper)?;
    if !unfinished.is_empty() {
        let names: Vec<String> = unfinished.iter().map(|path| path.display().to_string()).collect();
        results
            .push(Block::Text(plain(format!("Not finished, and left out: {}.", names.join(", ")))));
    }
    let mut verdicts = Vec::new();
    if !evaluations.is_empty() {
        verdicts.extend(graded(&evaluations)?);
    }
    let sections = [
        Section::new("paper", "Beside the paper", results),
        Section::new("pass-at-k", "pass@k", curves::pass_at_k(&evaluations).into_iter().collect()),
        Section::new("training", "Training", overview),
        Section::new("verdicts", "Verdicts", verdicts),
        Section::new(
            "differences",
            "What differs from the paper",
            vec![
                Block::Text(plain(
                    "Generated from the settings of the runs. What the paper does not state is chosen here, and is \
                 not to be called the paper's.",
                )),
                Block::Table {
                    caption: "Setting for setting".to_owned(),
                    table: differs::differences(&arms, &evaluations, &paper)?,
                },
            ],
        ),
        Section::new("settings", "Settings", settings(&arms)?),
    ];
    Ok(Document {
        title: "A report of runs".to_owned(),
        lead: lead(&arms, &evaluations),
        facts: facts(&arms, &evaluations),
        sections: sections.into_iter().flatten().collect(),
    })
}

fn lead(arms: &[ReportArm], evaluations: &[ReportedEvaluation]) -> super::document::Paragraph {
    let runs = arms.iter().map(|arm| arm.runs.len()).sum::<usize>();
    vec![
        Inline::Plain(format!(
            "{} and {}, beside the numbers of ",
            counted(runs, "training run"),
            counted(evaluations.len(), "evaluation")
        )),
        Inline::Link {
            text: "Risk-Sensitive RL for Alleviating Exploration Dilemmas in Large Language Models",
            url: "https://arxiv.org/abs/2509.24261",
        },
        Inline::Plain(".".to_owned()),
    ]
}

fn counted(count: usize, what: &str) -> String {
    match count {
        0 => format!("no {what}"),
        1 => format!("one {what}"),
        more => format!("{more} {what}s"),
    }
}

/// The best of the evaluations, and how far training went.
fn facts(arms: &[ReportArm], evaluations: &[ReportedEvaluation]) -> Vec<Fact> {
    let mut facts = Vec::new();
    for k in [1, 32] {
        let of = |e: &&ReportedEvaluation| {
            e.pass_at(k).map_or(f64::NEG_INFINITY, |estimate| estimate.mean)
        };
        let best = evaluations.iter().filter(|e| of(e).is_finite());
        if let Some(best) = best.max_by(|a, b| of(a).total_cmp(&of(b))) {
            let estimate = best.pass_at(k).map(|e| (100.0 * e.low, 100.0 * e.high));
            let (low, high) = estimate.unwrap_or_default();
            facts.push(Fact {
                value: format!("{:.1} %", 100.0 * of(&best)),
                label: format!("highest pass@{k}, [{low:.1}, {high:.1}]"),
                note: format!("{}; {}", compare::name(&best.subject), best.benchmark),
            });
        }
    }
    let steps = |run: &ReportedRun| run.steps.last().map_or(0.0, |(step, _)| *step);
    let all = || arms.iter().flat_map(|arm| &arm.runs);
    if let Some(longest) = all().max_by(|a, b| steps(a).total_cmp(&steps(b))) {
        let config = &longest.config;
        facts.push(Fact {
            value: steps(longest).to_string(),
            label: format!("steps of {}", config.steps),
            note: format!("{} × {} completions each", config.prompts, config.samples),
        });
    }
    facts
}

/// One row for each arm: how far it came, and its last numbers.
fn trained(arms: &[ReportArm]) -> Result<Block, Failure> {
    let names =
        [("reward", 3), ("pass_rate", 3), ("entropy", 3), ("frac_no_signal", 3), ("grad_norm", 3)];
    let titles = ["seeds", "steps", "reward", "pass rate", "entropy", "no signal", "gradient norm"];
    let mut columns = vec![Column::left("run")];
    columns.extend(titles.map(Column::right));
    let row = |arm: &ReportArm| {
        let steps = arm.runs.iter().map(|run| run.steps.last().map_or(0.0, |(step, _)| *step));
        let least = steps.fold(f64::INFINITY, f64::min);
        let planned = arm.runs[0].config.steps;
        let of = if least < planned as f64 {
            format!("{least} of {planned}")
        } else {
            least.to_string()
        };
        let mut row = vec![arm.label.clone(), arm.runs.len().to_string(), of];
        row.extend(names.map(|(name, digits)| last(arm, name, digits)));
        row
    };
    let rows: Vec<_> = arms.iter().map(row).collect();
    let caption = "At the last step; means over seeds".to_owned();
    Ok(Block::Table { caption, table: table(columns, rows)? })
}

fn last(arm: &ReportArm, name: &str, digits: usize) -> String {
    let of_run =
        |run: &ReportedRun| run.steps.last().and_then(|(_, metrics)| metrics.get(name).copied());
    let values: Vec<f64> = arm.runs.iter().filter_map(of_run).collect();
    match values.len() {
        0 => NONE.to_owned(),
        count => format!("{:.digits$}", values.iter().sum::<f64>() / count as f64),
    }
}

/// How the completions were graded.
fn graded(evaluations: &[ReportedEvaluation]) -> Result<Vec<Block>, Failure> {
    let kinds = [
        (Verdict::Correct, "correct"),
        (Verdict::Wrong, "wrong"),
        (Verdict::PredictionUnparsable, "no answer read"),
        (Verdict::GoldUnparsable, "gold not read"),
        (Verdict::BudgetExceeded, "over budget"),
    ];
    let mut columns = vec![Column::left("evaluated"), Column::left("benchmark")];
    columns.extend(kinds.map(|(_, title)| Column::right(title)));
    columns.extend(["cut off", "majority right", "answers"].map(Column::right));
    columns.push(Column::left("grader"));
    let count = |verdicts: &Verdicts, kind: Verdict| match verdicts.is_empty() {
        true => NONE.to_owned(),
        false => verdicts.get(&kind).copied().unwrap_or(0).to_string(),
    };
    let row = |e: &ReportedEvaluation| {
        let other = |name: &str, digits: usize, factor: f64, unit: &str| {
            let mean = e.others.get(name).map(|estimate| estimate.mean).filter(|m| m.is_finite());
            mean.map_or(NONE.to_owned(), |mean| format!("{:.digits$}{unit}", factor * mean))
        };
        let mut row = vec![compare::name(&e.subject), e.benchmark.clone()];
        row.extend(kinds.map(|(kind, _)| count(&e.verdicts, kind)));
        row.push(other("truncated", 1, 100.0, " %"));
        row.push(other("majority", 1, 100.0, " %"));
        row.push(other("answers", 1, 1.0, ""));
        row.push(format!("version {}", e.grader));
        row
    };
    let rows: Vec<_> = evaluations.iter().map(row).collect();
    let caption =
        "Completions by verdict; cut off: those that ended for want of room; answers: distinct \
                   ones a problem"
            .to_owned();
    let mut blocks = vec![Block::Table { caption, table: table(columns, rows)? }];
    if evaluations.iter().any(|e| e.grader != VERSION) {
        blocks.push(Block::Text(vec![
            Inline::Plain(format!("This program's grader is version {VERSION}; ")),
            Inline::Code("repro grade --samples".to_owned()),
            Inline::Plain(" grades completions of another version again.".to_owned()),
        ]));
    }
    Ok(blocks)
}

/// Every setting of the runs: those that they share, and those in which they differ.
fn settings(arms: &[ReportArm]) -> Result<Vec<Block>, Failure> {
    let Some(first) = arms.first() else { return Ok(Vec::new()) };
    let configs: Vec<&TrainConfig> = arms.iter().map(|arm| &arm.runs[0].config).collect();
    let differing = differing(&configs);
    let mut blocks = Vec::new();
    if !differing.is_empty() {
        let mut columns = vec![Column::left("run")];
        columns.extend(differing.iter().map(|key| Column::left(key.clone())));
        let row = |arm: &ReportArm| {
            let table = arm.runs[0].config.texts();
            let values = differing.iter().map(|key| table.get(key).map(shown).unwrap_or_default());
            [arm.label.clone()].into_iter().chain(values).collect()
        };
        let rows: Vec<Vec<String>> = arms.iter().map(row).collect();
        let caption = "Settings in which the runs differ".to_owned();
        blocks.push(Block::Table { caption, table: table(columns, rows)? });
    }
    let shared = first.runs[0].config.texts();
    let seeds: BTreeSet<u64> =
        arms.iter().flat_map(|arm| &arm.runs).map(|run| run.config.seed).collect();
    let seeds: Vec<String> = seeds.iter().map(u64::to_string).collect();
    let value = |key: &str, value: &toml::Value| match key {
        "seed" => seeds.join(", "),
        _ => shown(value),
    };
    let rows = shared
        .iter()
        .filter(|(key, _)| !differing.contains(key))
        .map(|(key, own)| vec![key.clone(), value(key, own)]);
    let caption = match arms.len() {
        1 => "Every setting".to_owned(),
        _ => "Settings that all runs share".to_owned(),
    };
    let columns = ["setting", "value"].map(Column::left).to_vec();
    blocks.push(Block::Folded { caption, table: table(columns, rows)? });
    Ok(blocks)
}
