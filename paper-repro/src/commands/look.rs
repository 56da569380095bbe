//! The colours of methods, the same in every figure.

use rs_grpo_figures::{Color, Dash, Series};

/// Prefix of the estimators with a risk parameter.
const OURS: &str = "rs-grpo";
/// Colours of the rivals, none of them near those of GRPO or of the scale of risk parameters.
const RIVALS: [Color; 4] =
    [Color(0, 158, 115), Color(213, 94, 0), Color(86, 180, 233), Color(140, 86, 75)];

/// The look of a method among those that it is shown with, by its estimator, if it has one: the base
/// model is grey and dashed; risk parameters are on one colour scale, and other methods have distinct
/// colours.
pub(crate) fn look(series: Series, index: usize, estimators: &[Option<&str>]) -> Series {
    let of = |wanted: fn(&str) -> bool| -> Vec<usize> {
        (0..estimators.len()).filter(|&i| estimators[i].is_some_and(wanted)).collect()
    };
    let ours = of(|estimator| estimator.starts_with(OURS));
    let rivals = of(|estimator| !estimator.starts_with(OURS) && estimator != "grpo");
    match estimators[index] {
        None => series.color(Color(110, 110, 110)).dash(Dash::Dashed),
        Some("grpo") => series.color(Color(20, 20, 20)),
        _ => match ours.iter().position(|&i| i == index) {
            // Alone, the first colour of the scale would be too close to GRPO's black.
            Some(_) if ours.len() == 1 => series.color(Color::ordered(1, 3)),
            Some(at) => series.color(Color::ordered(at, ours.len())),
            None => {
                let at = rivals.iter().position(|&i| i == index).unwrap_or(0);
                series.color(RIVALS[at % RIVALS.len()]).dash(Dash::Dotted)
            }
        },
    }
}
