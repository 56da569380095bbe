//! Progress of a training run on the console.

use crate::console::Console;
use crate::failure::Failure;
use indicatif::ProgressBar;
use rs_grpo_train::run::sample_lines;
use rs_grpo_train::{Metrics, StepReport, TrainContext};

/// The steps of a run that were shown so far.
pub(super) struct Shown {
    last: Metrics,
    silent: bool,
}

impl Shown {
    /// Before the first step.
    pub(super) fn nothing() -> Self {
        Self { last: Metrics::new(), silent: true }
    }

    /// Shows one more step in the progress bar, and its notes below.
    pub(super) fn step(&mut self, told: Told, bar: &ProgressBar, console: &mut Console<'_>) {
        bar.set_position(told.step as u64);
        bar.set_message(status(&told.metrics));
        self.silent &= told.metrics.get("frac_reward_zero_std") == Some(&1.0);
        for note in &told.notes {
            bar.suspend(|| console.note(note));
        }
        if let Some(samples) = told.samples {
            bar.suspend(|| console.note(samples.trim_end()));
        }
        self.last = told.metrics;
    }

    /// Ends the output: a warning if nothing was learned, and the numbers of the last step.
    pub(super) fn end(&self, console: &mut Console<'_>) -> Result<(), Failure> {
        if self.last.is_empty() {
            return Ok(());
        }
        if self.silent {
            console.note(
                "warning: in every step, all completions of each prompt had the same reward, so nothing \
                 was learned: the task is too hard or too easy for this model, or its answers cannot be \
                 read (look at samples.jsonl)",
            );
        }
        Ok(writeln!(console.out, "{}", status(&self.last))?)
    }
}

/// Report of a step for the console.
pub(super) struct Told {
    step: usize,
    metrics: Metrics,
    samples: Option<String>,
    notes: Vec<String>,
}

impl Told {
    pub(super) fn new<P>(
        report: &StepReport,
        context: &TrainContext<P>,
        show_samples: usize,
    ) -> Self {
        let show = show_samples > 0 && report.step.is_multiple_of(show_samples);
        let samples = show.then(|| samples(report, context));
        let notes = report.notes.clone();
        Self { step: report.step, metrics: report.metrics.clone(), samples, notes }
    }
}

/// Main metrics of a step, for the progress bar.
fn status(metrics: &Metrics) -> String {
    let number = |name: &str| metrics.get(name).copied().unwrap_or(f64::NAN);
    format!(
        "reward {:.3}, pass rate {:.3}, no signal {:.0} %, gradient norm {:.2}, {:.0} tokens/s",
        number("reward"),
        number("pass_rate"),
        100.0 * number("frac_no_signal"),
        number("grad_norm"),
        number("perf/throughput"),
    )
}

/// Some completions of a step, for people.
fn samples<P>(report: &StepReport, context: &TrainContext<P>) -> String {
    let mut text = format!("── step {}\n", report.step);
    for line in sample_lines(report, context) {
        text.push_str(&format!(
            "{}  →  {}   reward {}, advantage {:.2}\n",
            line.prompt, line.completion, line.reward, line.advantage
        ));
    }
    text
}
