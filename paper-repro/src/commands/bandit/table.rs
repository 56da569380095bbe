//! The table that `repro bandit` prints.

use rs_grpo_figures::{Column, Result, Table};
use rs_grpo_sims::bandit::{Config, Summary};

/// One row for each setting, and what the columns mean.
pub(super) fn text(config: &Config, results: &[Summary]) -> Result<String> {
    let level = config.escape_reward;
    let meaning = format!(
        "found: drew the best arm; escaped: final reward above {level}; pulls: median until then;\n\
         entropy: of the final policy, in nats"
    );
    Ok(format!("{}{}\n", of(results)?.to_text(), meaning))
}

/// One row for each setting.
fn of(results: &[Summary]) -> Result<Table> {
    let has_interval = results.iter().any(|result| result.final_reward.low.is_some());
    let reward = if has_interval { "final reward [95 %]" } else { "final reward" };
    let mut columns = vec![Column::left("setting"), Column::right(reward)];
    columns.extend(["found", "escaped", "pulls", "entropy", "runs"].map(Column::right));
    let mut table = Table::new(columns)?;
    for result in results {
        table.push([
            label(result),
            final_reward(result),
            percent(result.found),
            percent(result.escaped),
            pulls(result.median_escape_pulls),
            format!("{:.3}", result.final_entropy),
            thousands(result.seeds),
        ])?;
    }
    Ok(table)
}

/// `β = 2` for RS-GRPO, else the estimator.
pub(crate) fn label(result: &Summary) -> String {
    match result.estimator.strip_prefix("rs-grpo:beta=") {
        Some(beta) => format!("β = {beta}"),
        None => result.estimator.clone(),
    }
}

/// Mean and interval.
pub(crate) fn final_reward(result: &Summary) -> String {
    let reward = result.final_reward;
    match (reward.low, reward.high) {
        (Some(low), Some(high)) => format!("{:.4} [{low:.4}, {high:.4}]", reward.mean),
        _ => format!("{:.4}", reward.mean),
    }
}

/// A number of pulls, if there is one.
pub(crate) fn pulls(pulls: Option<f64>) -> String {
    pulls.map_or("–".to_owned(), |pulls| thousands(pulls as u64))
}

/// A share as a percentage.
pub(crate) fn percent(share: f64) -> String {
    format!("{:.0} %", 100.0 * share)
}

/// Digits in groups of three.
pub(crate) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
