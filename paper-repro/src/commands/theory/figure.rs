//! The figures of `repro theory`.

use crate::commands::bandit::table::thousands;
use crate::failure::Failure;
use rs_grpo_figures::{Axis, Color, Figure, Panel, Series};
use rs_grpo_sims::theory::lemma2::Ratios;
use rs_grpo_sims::theory::{Analysis, Instance, gain_curves, log_spaced};

/// Points of a gain curve.
const POINTS: usize = 241;

/// The gain of one bandit against β, and how tight `β̄` is over random ones.
pub(super) fn overview(
    instance: &Instance,
    analysis: &Analysis,
    ratios: &Ratios,
) -> Result<Figure, Failure> {
    let searched = thousands(ratios.tightness.instances);
    let subtitle = format!(
        "Left: rewards 1, 0.6, 0 under the policy 0.01, 0.7, 0.29; π' is the policy after a step of size α. \
         Right: {searched} random bandits. G is the gain of a small step, V the entropic risk of the policy, \
         r₂ the second-best reward, β̄ = ln(1/π*)/(r* − r₂)"
    );
    let figure = Figure::new("One exact gradient step on a softmax policy")
        .subtitle(subtitle)
        .panel(gain(instance, analysis, &[1.0, 10.0, 100.0])?)
        .size(1300, 600);
    Ok(match tightness(ratios) {
        Some(panel) => figure.panel(panel),
        None => figure,
    })
}

/// The gain of one bandit against β at its step size.
pub(super) fn single(instance: &Instance, analysis: &Analysis) -> Result<Figure, Failure> {
    Ok(Figure::new("One exact gradient step on a softmax policy").panel(gain(
        instance,
        analysis,
        &[analysis.step],
    )?))
}

fn gain(instance: &Instance, analysis: &Analysis, steps: &[f64]) -> Result<Panel, Failure> {
    let thresholds = &analysis.thresholds;
    let high = 10.0 * thresholds.falling_bound;
    let betas = log_spaced(high / 1000.0, high, POINTS);
    let mut panel = Panel::new("Gain of the optimal arm")
        .x(Axis::new("risk parameter β").log())
        .y(Axis::new("ln(π'/π) / α"))
        .own_legend()
        .horizontal(0.0, "")
        .vertical(thresholds.beta_bar, "β̄")
        .vertical(thresholds.falling_bound, "falls from here");
    if let Some(root) = thresholds.first_order_root {
        panel = panel.vertical(root, "G = 0");
    }
    for (i, curve) in gain_curves(instance, steps, &betas)?.into_iter().enumerate() {
        let label = format!("α = {}", curve.step);
        let line = Series::line(label, curve.betas, curve.gains);
        panel = panel.series(line.color(Color::ordered(i, steps.len())));
    }
    Ok(panel)
}

/// Up to a factor of 10,000, the tail is longer; nothing where no bandit has a threshold.
fn tightness(ratios: &Ratios) -> Option<Panel> {
    let panel = Panel::new("How far β̄ lies above what it bounds")
        .x(Axis::new("β̄ / threshold").log().range(1.0, 1e4))
        .y(Axis::new("share of bandits").range(0.0, 1.0))
        .own_legend();
    let known = [
        ("exact, small steps (G = 0)", &ratios.over_first_order_root),
        ("sufficient, every step (V = r₂)", &ratios.over_risk_root),
    ];
    let mut series = known.into_iter().filter(|(_, values)| !values.is_empty()).peekable();
    series.peek()?;
    Some(
        series.fold(panel, |panel, (label, values)| {
            panel.series(Series::ecdf(label, values.clone()))
        }),
    )
}
