//! What the theory says about one bandit.

use super::{Options, figure};
use crate::console::Console;
use crate::failure::Failure;
use crate::output::{Format, prepare_folder, write_config};
use rs_grpo_figures::{Column, Table};
use rs_grpo_sims::theory::{Analysis, Instance, Row, Sign, StepLimit, analyse};
use serde::Serialize;

/// Arms up to which the whole policy is printed.
const PRINTED_ARMS: usize = 6;

/// Everything the analysis depends on.
#[derive(Serialize)]
struct Resolved<'a> {
    rewards: &'a [f64],
    policy: &'a [f64],
    step: f64,
    beta: &'a [f64],
}

pub(super) fn run(options: &Options, console: &mut Console<'_>) -> Result<(), Failure> {
    let instance = Instance::new(options.policy.clone(), options.rewards.clone())?;
    let analysis = analyse(&instance, options.step, &options.beta)?;
    prepare_folder(&options.out)?;
    let mut files = figure::single(&instance, &analysis)?.write(&options.out, "gain")?;
    let Options { rewards, policy, step, beta, .. } = options;
    files.push(write_config(&options.out, &Resolved { rewards, policy, step: *step, beta })?);
    match options.format {
        Format::Text => write!(console.out, "{}", text(&analysis)?)?,
        Format::Json => console.json(&analysis)?,
    }
    console.note_files(&files);
    Ok(())
}

fn text(analysis: &Analysis) -> Result<String, Failure> {
    let Analysis { best_mass, gap, step, limit, peak, .. } = analysis;
    Ok(format!(
        "optimal probability {best_mass}, gap to the next reward {gap}\n\n{}\n\
         step {step}: the gain is largest at β = {:.4}, {:+.4e}; for β → ∞ βG tends to {limit:.6}\n\n{}",
        thresholds(analysis)?,
        peak.beta,
        peak.gain,
        rows(analysis)?
    ))
}

fn thresholds(analysis: &Analysis) -> Result<String, Failure> {
    let thresholds = &analysis.thresholds;
    let mut table = Table::new([Column::right("β"), Column::left("past it")])?;
    let root = thresholds.first_order_root.unwrap_or(0.0);
    for (beta, meaning) in [
        (root, "small steps gain (largest root of G)"),
        (thresholds.small_step_bound, "small steps gain (closed form)"),
        (thresholds.every_step_root, "every step gains: the optimal arm has the largest gradient"),
        (thresholds.risk_root, "every step gains: V_β ≥ r₂"),
        (thresholds.beta_bar, "every step gains: β̄ = ln(1/π*)/Δ, Lemma 2"),
        (thresholds.falling_bound, "the gain of every step falls with β"),
    ] {
        table.push([format!("{beta:.5}"), meaning.to_owned()])?;
    }
    Ok(table.to_text())
}

fn rows(analysis: &Analysis) -> Result<String, Failure> {
    let whole = analysis.policy.len() <= PRINTED_ARMS;
    let titles = ["β", "G", "gain", "steps that gain"].map(Column::right);
    let policy = if whole { "policy after the step" } else { "optimal probability after it" };
    let mut columns = titles.to_vec();
    columns.extend([Column::left("the optimal arm"), Column::left(policy)]);
    let mut table = Table::new(columns)?;
    for row in &analysis.rows {
        table.push([
            row.beta.to_string(),
            signed(format!("{:+.6}", row.first_order_gain.value)),
            signed(format!("{:+.4e}", row.gain)),
            steps(row.step_limit),
            direction(row).to_owned(),
            if whole { joined(&row.policy_after) } else { digits(analysis.best_mass + row.gain) },
        ])?;
    }
    Ok(table.to_text())
}

/// A number that is rounded to 0 has no sign.
fn signed(number: String) -> String {
    let is_zero = number.parse::<f64>().is_ok_and(|rounded| rounded == 0.0);
    if is_zero { number[1..].to_owned() } else { number }
}

fn steps(limit: Option<StepLimit>) -> String {
    match limit {
        None => "not one interval (ties)".to_owned(),
        Some(StepLimit::None) => "none".to_owned(),
        Some(StepLimit::Below(step)) => format!("< {step:.4}"),
        Some(StepLimit::Unlimited) => "all".to_owned(),
    }
}

fn direction(row: &Row) -> &'static str {
    match row.log_odds_gain.sign() {
        Sign::Positive => "rises",
        Sign::Negative => "falls",
        Sign::Undecided => "undecided by rounding",
    }
}

fn joined(policy: &[f64]) -> String {
    policy.iter().map(|&p| digits(p)).collect::<Vec<_>>().join(" ")
}

/// Ten decimals, or scientific where those would hide a small probability.
fn digits(probability: f64) -> String {
    match probability < 1e-4 {
        true => format!("{probability:.6e}"),
        false => format!("{probability:.10}"),
    }
}
