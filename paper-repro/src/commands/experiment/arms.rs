//! The methods that are compared.

/// A method.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ExperimentArm {
    /// Name in tables and figures.
    pub(super) label: String,
    /// Name of its folder.
    pub(super) folder: String,
    /// Its estimator; absent for the base model.
    pub(super) estimator: Option<String>,
}

impl ExperimentArm {
    fn new(label: &str, estimator: &str) -> Self {
        let folder = estimator.replace([':', ',', '=', '/'], "-");
        Self { label: label.to_owned(), folder, estimator: Some(estimator.to_owned()) }
    }

    /// The base model.
    pub(super) fn base() -> Self {
        Self { label: "base model".to_owned(), folder: "base".to_owned(), estimator: None }
    }

    /// By the text of an estimator.
    pub(super) fn of(estimator: &str) -> Self {
        let known = Self::all().into_iter().find(|arm| arm.estimator.as_deref() == Some(estimator));
        known.unwrap_or_else(|| Self::new(estimator, estimator))
    }

    /// The methods of the paper's table, and the ablation over β; β = 0 is Dr. GRPO, whose advantage
    /// is the limit of RS-GRPO's.
    pub(super) fn all() -> Vec<Self> {
        vec![
            Self::new("GRPO", "grpo"),
            Self::new("Dr. GRPO (β = 0)", "dr-grpo"),
            Self::new("PKPO, k = 4", "pkpo-loo1:k=4"),
            Self::new("Mahdavi et al., k = 4", "focal:k=4"),
            Self::new("Chen et al., k = 4", "pass-at-k:k=4"),
            Self::new("RS-GRPO, β = 2", "rs-grpo:beta=2"),
            Self::new("RS-GRPO, β = 4", "rs-grpo:beta=4"),
            Self::new("RS-GRPO, β = 8", "rs-grpo:beta=8"),
        ]
    }
}
