//! Every statement on random bandits.

use super::{Options, figure};
use crate::commands::bandit::table::thousands;
use crate::console::Console;
use crate::failure::Failure;
use crate::output::{Format, write_config};
use rayon::ThreadPool;
use rs_grpo_figures::{Column, Figure, Table};
use rs_grpo_sims::theory::lemma1::FallRate;
use rs_grpo_sims::theory::lemma2::{Quantiles, Ratios, Tightness};
use rs_grpo_sims::theory::{Check, Report, RescueRate, analyse, lemma1, verify};
use serde::Serialize;
use std::path::PathBuf;

/// Characters in a line of text.
const WIDTH: usize = 80;

/// Everything the report depends on.
#[derive(Serialize)]
struct Resolved {
    instances: u64,
    seed: u64,
}

pub(super) fn run(
    options: &Options,
    pool: &ThreadPool,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    let (seed, instances) = (options.seed, options.instances);
    let bandits = if instances == 1 { "bandit" } else { "bandits" };
    console.note(&format!("trying each statement on {} random {bandits}", thousands(instances)));
    let (report, ratios) = pool.install(|| verify(seed, instances))?;
    let files = write(options, &ratios)?;
    match options.format {
        Format::Text => write!(console.out, "{}", text(&report)?)?,
        Format::Json => console.json(&report)?,
    }
    console.note_files(&files);
    outcome(&report)
}

/// A violation fails the command, after the report is out.
fn outcome(report: &Report) -> Result<(), Failure> {
    let violated: Vec<&str> =
        report.checks.iter().filter(|check| check.violations > 0).map(|check| check.name).collect();
    match violated.is_empty() {
        true => Ok(()),
        false => Err(Failure::Failed(format!("violated: {}", violated.join("; ")))),
    }
}

fn write(options: &Options, ratios: &Ratios) -> Result<Vec<PathBuf>, Failure> {
    let mut files = overview(ratios)?.write(&options.out, "theory")?;
    let resolved = Resolved { instances: options.instances, seed: options.seed };
    files.push(write_config(&options.out, &resolved)?);
    Ok(files)
}

/// The figure of the worked example and of the random bandits.
pub(crate) fn overview(ratios: &Ratios) -> Result<Figure, Failure> {
    let example = lemma1::counterexample(3)?;
    let analysis = analyse(&example, 1.0, &[])?;
    figure::overview(&example, &analysis, ratios)
}

fn text(report: &Report) -> Result<String, Failure> {
    Ok(format!(
        "{}\nanalytic and dual gradients differ by {:.1e} of the gradient at the median,\n\
         {:.1e} at most\n\n\
         standard gradient: share of random policies that lower the optimal arm\n{}\
         uniform: drawn uniformly from all policies, with uniform rewards\n\
         skewed: with a rare best arm, probabilities over many decades, or nearly solved,\n\
         and with tied or binary rewards\n\n\
         the best arm falls with the standard gradient: share where some β raises it\n{}\n{}",
        claims(&report.checks)?,
        report.agreement.median,
        report.agreement.largest,
        falls(&report.fall_rates)?,
        rescues(&report.rescue_rates)?,
        tightness(&report.tightness)?,
    ))
}

/// One row for each statement.
pub(crate) fn statements(checks: &[Check]) -> Result<Table, Failure> {
    let numbers = ["instances", "violations", "undecided", "worst margin"].map(Column::right);
    let mut columns = vec![Column::left("statement")];
    columns.extend(numbers);
    let mut table = Table::new(columns)?;
    for check in checks {
        table.push([
            check.name.to_owned(),
            thousands(check.instances),
            thousands(check.violations),
            thousands(check.undecided),
            check.worst_margin.map_or("–".to_owned(), |margin| format!("{margin:.1e}")),
        ])?;
    }
    Ok(table)
}

fn claims(checks: &[Check]) -> Result<String, Failure> {
    let claims = checks.iter().map(|check| wrapped(check.name, check.claim));
    Ok(format!(
        "{}undecided: the margin is under its floating-point error bound\n\n{}",
        statements(checks)?.to_text(),
        claims.collect::<String>()
    ))
}

/// A statement in lines of at most 80 characters, indented, the first one less than the others.
fn wrapped(name: &str, claim: &str) -> String {
    let mut text = String::new();
    let mut line = format!("  {name}:");
    for word in claim.split(' ') {
        if line.chars().count() + 1 + word.chars().count() > WIDTH {
            text += &line;
            text.push('\n');
            line = " ".repeat(3);
        }
        line.push(' ');
        line += word;
    }
    text + &line + "\n"
}

fn falls(rates: &[FallRate]) -> Result<String, Failure> {
    let titles = ["arms", "policies", "at every step size", "at some step size"];
    let mut columns = vec![Column::left("bandits")];
    columns.extend(titles.map(Column::right));
    let mut table = Table::new(columns)?;
    for rate in rates {
        table.push([
            rate.bandits.to_owned(),
            thousands(rate.arms as u64),
            thousands(rate.instances),
            format!("{:.1} %", 100.0 * rate.every_step),
            format!("{:.1} %", 100.0 * rate.some_step),
        ])?;
    }
    Ok(table.to_text())
}

fn tightness(tightness: &Tightness) -> Result<String, Failure> {
    let titles = ["min", "5 %", "median", "95 %", "max"];
    let mut columns = vec![Column::left("β̄ over")];
    columns.extend(titles.map(Column::right));
    let mut table = Table::new(columns)?;
    for (name, quantiles) in [
        ("threshold of small steps, G = 0", tightness.over_first_order_root),
        ("the root of V_β = r₂", tightness.over_risk_root),
    ] {
        let numbers = numbers(quantiles).map(|ratio| format!("{ratio:.4}"));
        table.push([name.to_owned()].into_iter().chain(numbers))?;
    }
    Ok(format!(
        "{}{} random bandits; {} have a threshold: at some β the gain G is negative\n",
        table.to_text(),
        thousands(tightness.instances),
        thousands(tightness.with_threshold),
    ))
}

/// Which groups have a β that helps.
fn rescues(rates: &[RescueRate]) -> Result<String, Failure> {
    let mut table = Table::new(["group size N", "bandits", "some β helps"].map(Column::right))?;
    for rate in rates {
        table.push([
            rate.group_size.map_or("∞".to_owned(), |n| thousands(n as u64)),
            thousands(rate.instances),
            format!("{:.1} %", 100.0 * rate.rescued),
        ])?;
    }
    Ok(table.to_text())
}

fn numbers(quantiles: Quantiles) -> [f64; 5] {
    let Quantiles { min, q05, median, q95, max } = quantiles;
    [min, q05, median, q95, max]
}
