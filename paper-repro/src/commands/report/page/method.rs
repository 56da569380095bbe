//! Estimators under the names that people know.

use rs_grpo::Estimator;

/// The name of a method in tables and legends.
pub(super) fn label(estimator: &str) -> String {
    match estimator.parse() {
        Ok(Estimator::RsGrpo { beta }) => format!("RS-GRPO, β = {beta}"),
        Ok(Estimator::DrGrpo) => "Dr. GRPO".to_owned(),
        Ok(Estimator::PkpoLoo1 { k }) => format!("PKPO, k = {k}"),
        Ok(Estimator::Focal { k, .. }) => format!("Mahdavi et al., k = {k}"),
        Ok(Estimator::PassAtK { k, .. }) => format!("Chen et al., k = {k}"),
        Ok(known) if known.to_string() == "grpo" => "GRPO".to_owned(),
        _ => estimator.to_owned(),
    }
}

/// Its name in the paper's table; a model that was not trained is the base.
pub(super) fn in_paper(estimator: Option<&str>) -> Option<&'static str> {
    let Some(estimator) = estimator else { return Some("Base") };
    match estimator.parse().ok()? {
        Estimator::RsGrpo { beta: 2.0 } => Some("RS-GRPO"),
        Estimator::Grpo { .. } => Some("GRPO"),
        Estimator::Pkpo { k: 4 } | Estimator::PkpoLoo { k: 4 } | Estimator::PkpoLoo1 { k: 4 } => {
            Some("Walder and Karkhanis (2025)")
        }
        Estimator::Focal { k: 4, .. } => Some("Mahdavi et al. (2025)"),
        Estimator::PassAtK { k: 4, .. } => Some("Chen et al. (2025)"),
        _ => None,
    }
}

/// Whether the paper trains with it, including the ablation over β, which has no table.
pub(super) fn is_of_paper(estimator: &str) -> bool {
    const ABLATION: [f64; 4] = [0.0, 2.0, 4.0, 8.0];
    let ablated = match estimator.parse() {
        Ok(Estimator::RsGrpo { beta }) => ABLATION.contains(&beta),
        Ok(Estimator::DrGrpo) => true,
        _ => false,
    };
    ablated || in_paper(Some(estimator)).is_some()
}
