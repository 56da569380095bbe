//! The page without runs: the committed results.

use super::compare::NONE;
use super::differs;
use super::document::{Block, Document, Fact, Inline, Paragraph, Picture, Section, plain, table};
use super::paper::Paper;
use super::training::{ReportArm, ReportedRun};
use crate::failure::Failure;
use rs_grpo_figures::{Column, Figure, Table};
use rs_grpo_train::TrainConfig;
use std::path::{Path, PathBuf};

/// A file of the project, as part of the program.
macro_rules! kept {
    ($path:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/", $path))
    };
}

const COUNTDOWN: &str = kept!("results/countdown.json");
const BANDIT: &str = kept!("results/bandit.json");
const BANDIT_TABLE: &str = kept!("results/bandit-table.csv");
const SETTINGS: &str = kept!("experiments/countdown/config.toml");
const METHODS: &str = kept!("experiments/countdown/table.csv");
const OVER_GRPO: &str = kept!("experiments/countdown/differences.csv");
const LONGER: &str = kept!("experiments/countdown/longer/table.csv");
const LONGER_OVER_GRPO: &str = kept!("experiments/countdown/longer/differences.csv");

pub(super) fn document() -> Result<Document, Failure> {
    let paper = Paper::read()?;
    let sections = [
        Section::new("countdown", "A transformer: Countdown", countdown()?),
        Section::new("longer", "The same, trained longer", longer()?),
        Section::new("bandit", "A bandit with many local optima", bandit()?),
        Section::new("differences", "What differs from the paper", differences(&paper)?),
        Section::new("paper", "Not run yet: the paper’s models", averages(&paper)?),
    ];
    Ok(Document {
        title: "The exploration dilemma, measured".to_owned(),
        lead: lead(),
        facts: facts()?,
        sections: sections.into_iter().flatten().collect(),
    })
}

fn lead() -> Paragraph {
    vec![
        Inline::Plain(
            "A pre-trained model starts sharply peaked, and plain RL sharpens the peak it starts on: pass@1 \
             rises, and what the model could do in many attempts is lost. RS-GRPO replaces the mean reward by \
             its entropic risk, with one parameter β. These are this project’s own results on two tasks that \
             any computer can repeat, beside "
                .to_owned(),
        ),
        Inline::Link { text: "the paper", url: "https://arxiv.org/abs/2509.24261" },
        Inline::Plain(".".to_owned()),
    ]
}

/// The numbers to see first, out of the tables below.
fn facts() -> Result<Vec<Fact>, Failure> {
    let over = |csv: &str, label: &str, method: &str, column: &str| -> Result<Fact, Failure> {
        let cell = cell(csv, method, column)?;
        let (value, interval) = cell.split_once(' ').unwrap_or((&cell, ""));
        Ok(Fact {
            value: value.replace('-', "−"),
            label: format!("points of {column} over GRPO"),
            note: format!("{method}, {label}; 95 % {}", interval.replace('-', "−")),
        })
    };
    Ok(vec![
        over(OVER_GRPO, "100 steps", "RS-GRPO, β = 2", "pass@32")?,
        over(OVER_GRPO, "100 steps", "RS-GRPO, β = 2", "pass@1")?,
        over(LONGER_OVER_GRPO, "350 steps", "RS-GRPO, β = 4", "pass@128")?,
        Fact {
            value: cell(BANDIT_TABLE, "4", "runs that escape")?,
            label: "of bandit runs escape with β = 4".to_owned(),
            note: format!("and {} with β = 2", cell(BANDIT_TABLE, "2", "runs that escape")?),
        },
    ])
}

/// The cell of a row, by its first cell, and of a column.
fn cell(csv: &str, row: &str, column: &str) -> Result<String, Failure> {
    let missing = || Failure::Failed(format!("the project's tables have no {column} of {row}"));
    let table = of_csv(csv)?;
    let at = table.columns().iter().position(|c| c.title == column).ok_or_else(missing)?;
    let found = table.rows().iter().find(|cells| cells[0] == row).ok_or_else(missing)?;
    Ok(found[at].clone())
}

/// A table that the project keeps: names, then numbers.
fn of_csv(text: &str) -> Result<Table, Failure> {
    let broken = |error: csv::Error| Failure::Failed(format!("a table of the project: {error}"));
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let words = |title: &str| title == "paper";
    let header = reader.headers().map_err(broken)?.clone();
    let column = |(at, title): (usize, &str)| match at == 0 || words(title) {
        true => Column::left(title),
        false => Column::right(title),
    };
    let columns = header.iter().enumerate().map(column).collect();
    let rows: Result<Vec<Vec<String>>, _> =
        reader.records().map(|row| Ok(row?.iter().map(str::to_owned).collect())).collect();
    table(columns, rows.map_err(broken)?)
}

fn kept_table(caption: &str, csv: &str) -> Result<Block, Failure> {
    Ok(Block::Table { caption: caption.to_owned(), table: of_csv(csv)? })
}

fn countdown() -> Result<Vec<Block>, Failure> {
    Ok(vec![
        Block::Text(plain(
            "A transformer of 0.65 million parameters solves Countdown puzzles such as “make 24 from 3 8 9 12”. \
             It was pre-trained on solutions that are mostly sums; training asks for all operators alike. \
             Everything is shared but the estimator: 100 steps of 64 × 16 completions, five seeds.",
        )),
        Block::Figure(Picture {
            name: "countdown",
            caption: "pass@k on 200 held-out problems, 128 completions of each; and how training went."
                .to_owned(),
            alt: "pass@k of the base model and eight methods, and pass rate, solved problems and entropy in \
                  training. GRPO is the highest at k = 1 and falls under the base model from k = 16 on; RS-GRPO \
                  stays near or above it."
                .to_owned(),
            figure: Figure::from_json(COUNTDOWN)?,
        }),
        kept_table("Each method, means of five seeds with 95 % intervals", METHODS)?,
        kept_table("Points over GRPO, problem for problem and seed for seed", OVER_GRPO)?,
        Block::Commands(&["cargo repro experiment countdown"]),
    ])
}

fn longer() -> Result<Vec<Block>, Failure> {
    Ok(vec![
        Block::Text(plain(
            "With 350 steps the dilemma is plainer: GRPO loses at large k what RS-GRPO with β = 4 keeps, at a \
             pass@1 that is no lower.",
        )),
        kept_table("Each method after 350 steps, means of five seeds with 95 % intervals", LONGER)?,
        kept_table("Points over GRPO", LONGER_OVER_GRPO)?,
        Block::Commands(&[
            "cargo repro experiment countdown --steps 350 --estimator grpo --estimator rs-grpo:beta=4",
        ]),
    ])
}

fn bandit() -> Result<Vec<Block>, Failure> {
    Ok(vec![
        Block::Text(plain(
            "A softmax policy over 100 arms starts around the lower of two rewards, in the setting of the \
             authors’ script. Small β stays there; from β = 4 on every run leaves.",
        )),
        Block::Figure(Picture {
            name: "bandit",
            caption: "32 runs of each setting; bands are 95 % intervals of the mean.".to_owned(),
            alt: "Rewards of the arms with the policy at the start, and reward and entropy over pulls for \
                  β = 0, 1, 2 and 4. Only β = 4 reaches the higher reward."
                .to_owned(),
            figure: Figure::from_json(BANDIT)?,
        }),
        kept_table("Final reward: mean of the last 1,000 of 400,000 pulls", BANDIT_TABLE)?,
        Block::Commands(&["cargo repro bandit --beta 0,1,2,4"]),
    ])
}

/// Of the runs behind Countdown's first table.
fn differences(paper: &Paper) -> Result<Vec<Block>, Failure> {
    let origin = Path::new("experiments/countdown/config.toml");
    let settings = SETTINGS.parse().map_err(|error: toml::de::Error| {
        Failure::Failed(format!("{}: {}", origin.display(), error.message()))
    })?;
    let config = TrainConfig::default().with(settings, origin)?;
    let run = |(seed, estimator): (u64, &str)| ReportedRun {
        folder: PathBuf::new(),
        config: TrainConfig { seed, estimator: estimator.to_owned(), ..config.clone() },
        steps: Vec::new(),
    };
    let grpo = (0..5).map(|seed| run((seed, "grpo"))).collect();
    let ours = ["rs-grpo:beta=2", "rs-grpo:beta=4", "rs-grpo:beta=8"].map(|e| run((0, e))).to_vec();
    let arms = [grpo, ours].map(|runs| ReportArm { label: String::new(), runs });
    Ok(vec![
        Block::Text(plain(
            "The bandit has the constants of the authors’ script, with more runs and other random numbers. \
             Countdown is not in the paper: it shows the paper’s effect where anybody can repeat it. The table \
             holds its settings against the paper’s.",
        )),
        Block::Table {
            caption: "Countdown, setting for setting".to_owned(),
            table: differs::differences(&arms, &[], paper)?,
        },
    ])
}

/// The paper's averages, for readers who can run the models.
fn averages(paper: &Paper) -> Result<Vec<Block>, Failure> {
    let columns = vec![
        Column::left("model"),
        Column::left("trained on"),
        Column::left("method"),
        Column::right("pass@1, paper"),
        Column::right("pass@32, paper"),
        Column::right("here"),
    ];
    let lines = paper.lines.iter().filter(|line| line.benchmark == "Average");
    let rows = lines.map(|line| {
        let numbers = [line.pass_at_1, line.pass_at_32].map(|number| format!("{number:.1}"));
        let names = [&line.model, &line.training_set, &line.method].map(String::clone);
        names.into_iter().chain(numbers).chain([NONE.to_owned()]).collect()
    });
    Ok(vec![
        Block::Text(plain(
            "The paper trains five models of 1.5 to 8 billion parameters. Their settings are in \
             paper-repro/experiments; no run of them is kept here, so there is nothing to put beside these \
             numbers. A page about your own runs puts each beside its line:",
        )),
        Block::Commands(&[
            "cargo repro llm --config paper-repro/experiments/qwen2.5-math-1.5b-deepmath103k/config.toml --out out/run",
            "cargo repro eval --model out/run/checkpoints/step-000200 --data aime24.jsonl --samples 1024",
            "cargo repro report out/run out/eval",
        ]),
        Block::Folded {
            caption:
                "The paper’s averages over six benchmarks, in percent, printed without intervals"
                    .to_owned(),
            table: table(columns, rows)?,
        },
    ])
}
