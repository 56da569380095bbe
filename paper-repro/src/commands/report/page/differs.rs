//! What differs from the paper: setting for setting, what it published and what was done here.

use super::document::table;
use super::evaluation::ReportedEvaluation;
use super::method;
use super::paper::Paper;
use super::training::{ReportArm, shown};
use crate::failure::Failure;
use rs_grpo_figures::{Column, Table};
use rs_grpo_train::TrainConfig;
use serde_json::Value;

const UNPUBLISHED: &str = "not published";

/// A comparison of one thing.
struct Row {
    what: &'static str,
    paper: String,
    here: Vec<String>,
    /// Whether they are the same; none where the paper does not say.
    same: Option<bool>,
}

/// One row for each thing that decides a result.
pub(super) fn differences(
    arms: &[ReportArm],
    evaluations: &[ReportedEvaluation],
    paper: &Paper,
) -> Result<Table, Failure> {
    let configs: Vec<&TrainConfig> =
        arms.iter().flat_map(|arm| &arm.runs).map(|run| &run.config).collect();
    let mut rows = vec![model(&configs, evaluations, paper)];
    if !configs.is_empty() {
        rows.extend(of_training(&configs, paper));
    }
    if !evaluations.is_empty() {
        rows.extend(of_evaluations(evaluations, paper));
    }
    let columns = ["setting", "paper", "here", "verdict"].map(Column::left).to_vec();
    table(
        columns,
        rows.into_iter().map(|row| {
            let verdict = match row.same {
                Some(true) => "same",
                Some(false) => "differs",
                None => super::compare::NONE,
            };
            let here = if row.here.is_empty() { vec!["not stated".to_owned()] } else { row.here };
            vec![row.what.to_owned(), row.paper, here.join("; "), verdict.to_owned()]
        }),
    )
}

/// Different texts, in the order of the first of each.
fn distinct(texts: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for text in texts {
        if !all.contains(&text) {
            all.push(text);
        }
    }
    all
}

/// Names of the paper's, each once.
fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    distinct(names.filter(|name| *name != "Average").map(str::to_owned)).join(", ")
}

fn model(configs: &[&TrainConfig], evaluations: &[ReportedEvaluation], paper: &Paper) -> Row {
    let models = configs.iter().map(|config| config.model.clone());
    let here = distinct(models.chain(evaluations.iter().map(|e| e.subject.model.clone())));
    Row {
        what: "model",
        paper: listed(paper.lines.iter().map(|line| line.model.as_str())),
        same: Some(here.iter().all(|name| paper.model(name).is_some())),
        here,
    }
}

fn reward(config: &TrainConfig) -> String {
    let reward = match config.reward_command.is_empty() {
        true => "1 for a correct answer, else 0",
        false => "given by a program",
    };
    match config.overlong_buffer {
        0 => reward.to_owned(),
        tokens => format!("{reward}, less a penalty over the last {tokens} tokens"),
    }
}

fn of_training(configs: &[&TrainConfig], paper: &Paper) -> Vec<Row> {
    let all =
        |of: &dyn Fn(&TrainConfig) -> String| distinct(configs.iter().map(|config| of(config)));
    let holds = |is: &dyn Fn(&TrainConfig) -> bool| Some(configs.iter().all(|config| is(config)));
    let sets = all(&|config| config.data.clone());
    let mut rows = vec![
        Row {
            what: "training problems",
            paper: listed(paper.lines.iter().map(|line| line.training_set.as_str())),
            same: Some(sets.iter().all(|set| paper.training_set(set).is_some())),
            here: sets,
        },
        Row {
            what: "method",
            paper: "RS-GRPO, β = 2 (β = 0, 4, 8 in an ablation); GRPO; three estimators of pass@k, k = 4".to_owned(),
            same: holds(&|config| method::is_of_paper(&config.estimator)),
            here: all(&|config| method::label(&config.estimator)),
        },
        Row {
            what: "reward",
            paper: "1 for a correct answer, else 0".to_owned(),
            same: holds(&|config| config.overlong_buffer == 0 && config.reward_command.is_empty()),
            here: all(&reward),
        },
        Row {
            what: "divergence from the base model",
            paper: "none (KL coefficient 0)".to_owned(),
            same: holds(&|config| config.kl_coef == 0.0),
            here: all(&|config| match config.kl_coef {
                0.0 => "none (KL coefficient 0)".to_owned(),
                weight => format!("KL coefficient {weight}"),
            }),
        },
        Row {
            what: "groups without signal",
            paper: "sampled again (DAPO)".to_owned(),
            same: holds(&|config| config.sampling_rounds > 1),
            here: all(&|config| match config.sampling_rounds {
                0 | 1 => "left out of the loss, not replaced".to_owned(),
                rounds => format!("sampled again, {rounds} rounds at most"),
            }),
        },
        Row {
            what: "clip-higher",
            paper: "on; its constants are not published".to_owned(),
            same: holds(&|config| config.clip_high > config.clip_low),
            here: all(&|config| format!("−{}, +{}", config.clip_low, config.clip_high)),
        },
    ];
    rows.extend(UNPUBLISHED_KEYS.iter().map(|(key, what)| Row {
        what,
        paper: UNPUBLISHED.to_owned(),
        same: None,
        here: all(&|config| config.texts().get(*key).map(shown).unwrap_or_default()),
    }));
    rows
}

/// Settings of the training that the paper does not state.
const UNPUBLISHED_KEYS: [(&str, &str); 9] = [
    ("prompts", "prompts a step"),
    ("samples", "samples a prompt"),
    ("steps", "steps"),
    ("minibatches", "updates a step"),
    ("learning_rate", "learning rate"),
    ("loss", "sum over tokens"),
    ("temperature", "temperature in training"),
    ("max_new_tokens", "longest completion in training"),
    ("seed", "seeds"),
];

fn of_evaluations(evaluations: &[ReportedEvaluation], paper: &Paper) -> Vec<Row> {
    let setting = |name: &str| {
        let stated = evaluations.iter().filter_map(|e| e.settings.get(name));
        distinct(stated.filter(|value| !value.is_null()).map(|value| match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        }))
    };
    let sets = distinct(evaluations.iter().map(|e| e.benchmark.clone()));
    let published = |e: &ReportedEvaluation| match paper.benchmark(&e.benchmark) {
        Some("MATH500") => e.samples == 32,
        _ => e.samples == 1024,
    };
    vec![
        Row {
            what: "benchmarks",
            paper: listed(paper.lines.iter().map(|line| line.benchmark.as_str())),
            same: Some(sets.iter().all(|set| paper.benchmark(set).is_some())),
            here: sets,
        },
        Row {
            what: "samples a problem in evaluation",
            paper: "1024 (MATH500: 32)".to_owned(),
            same: Some(evaluations.iter().all(published)),
            here: distinct(evaluations.iter().map(|e| e.samples.to_string())),
        },
        Row {
            what: "temperature in evaluation",
            paper: UNPUBLISHED.to_owned(),
            same: None,
            here: setting("temperature"),
        },
        Row {
            what: "longest completion in evaluation",
            paper: UNPUBLISHED.to_owned(),
            same: None,
            here: setting("max_tokens"),
        },
        Row {
            what: "grader",
            paper: UNPUBLISHED.to_owned(),
            same: None,
            here: distinct(
                evaluations.iter().map(|e| format!("this project's, version {}", e.grader)),
            ),
        },
        Row {
            what: "sampler",
            paper: UNPUBLISHED.to_owned(),
            same: None,
            here: match setting("endpoint") {
                endpoints if endpoints.is_empty() => vec!["this project's engine".to_owned()],
                endpoints => endpoints.into_iter().map(|url| format!("endpoint {url}")).collect(),
            },
        },
    ]
}
