//! The report as a whole.

use rayon::ThreadPoolBuilder;
use rs_grpo_sims::theory::{Report, verify};

fn on_threads(threads: usize) -> String {
    let pool = ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    let (report, ratios) = pool.install(|| verify(3, 600)).unwrap();
    serde_json::to_string(&report).unwrap() + &format!("{ratios:?}")
}

#[test]
fn does_not_depend_on_the_number_of_threads() {
    assert_eq!(on_threads(1), on_threads(4));
}

#[test]
fn depends_on_the_seed() {
    assert_ne!(verify(1, 50).unwrap().0.tightness, verify(2, 50).unwrap().0.tightness);
}

#[test]
fn holds_no_violation() {
    let (report, ratios) = verify(20, 4000).unwrap();
    assert_eq!(report.violations(), 0, "{report:#?}");
    for check in &report.checks {
        assert!(check.instances > 0, "{} tried nothing", check.name);
        assert!(50 * check.undecided <= check.instances, "{check:#?}");
    }
    assert!(ratios.over_first_order_root.iter().chain(&ratios.over_risk_root).all(|r| *r >= 1.0));
}

/// The name, claim and outcome of each check on 500 bandits, margins to two digits.
#[test]
fn a_small_report() {
    let (report, _) = verify(42, 500).unwrap();
    insta::assert_snapshot!(summary(&report));
}

fn summary(report: &Report) -> String {
    let mut text = String::new();
    for check in &report.checks {
        let worst = check.worst_margin.unwrap_or(f64::NAN);
        text += &format!(
            "{}\n  {}\n  margin: {}\n  {} tried, {} violated, {} undecided, worst margin {worst:.1e}\n",
            check.name,
            check.claim,
            check.margin,
            check.instances,
            check.violations,
            check.undecided
        );
    }
    for rate in &report.fall_rates {
        text += &format!(
            "{} bandits, K = {}: {:.3} fall at every step, {:.3} at some\n",
            rate.bandits, rate.arms, rate.every_step, rate.some_step
        );
    }
    let tightness = &report.tightness;
    text + &format!(
        "{} of {} have a threshold, {} several sign changes, {} proved; β̄ over it: median {:.3}\n",
        tightness.with_threshold,
        tightness.instances,
        tightness.several_sign_changes,
        tightness.proved,
        tightness.over_first_order_root.median
    )
}
