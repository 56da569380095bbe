//! The rates of decoding, fitted to the measurements again.
//!
//! A time of decoding is linear in 1/products, 1/attention and the costs of a layer, of a layer's
//! adapters and of a completion: A and f of [`least_squares`](super::least_squares) are read off the
//! model itself, as the seconds that a unit of each adds to those with none. Everything else (what a copy
//! and a product reach, the share in reading prompts) is held at its value.
//!
//! Two rates need no fit: a copy and a product reach what was measured of them, as a share of the data
//! sheet.
//!
//! The rates in [`Rates`] are the solutions with the least squares of logarithms, rounded: shares to
//! hundredths, costs to a µs, and vLLM's cost of adapters to ten, since one measurement is all there is of
//! it. A test holds them to that.
//!
//! What the measurements do not determine:
//! - `vllm.layer`: with it in the fit, the standard error of 1/`vllm.products` is seven times its value.
//!   It is left out, and its cost is part of the others.
//! - `vllm.adapter_layer` has one measurement, which it meets exactly: its error is unknown.
//! - `engine.tensor_layer` and `vllm.tensor_layer`: nothing was measured with more than one GPU a server.
//! - the rates of reading prompts, of batches and of memory, which are not fitted.

use super::check::{Timed, Timing, timings};
use super::least_squares::LinearTimes;
use super::measurements::{CeilingMeasurement, Measurements};
use super::rates::{Rate, Rates};
use crate::{Error, Result};
use nalgebra::{DMatrix, DVector};

/// Rates of the engine that the measurements determine.
const ENGINE: [&str; 5] = [
    "engine.products",
    "engine.attention",
    "engine.layer",
    "engine.adapter_layer",
    "engine.sequence",
];
/// Rates of vLLM that the measurements determine.
const VLLM: [&str; 4] = ["vllm.products", "vllm.attention", "vllm.adapter_layer", "vllm.sequence"];

/// Rates that were fitted together.
#[derive(Debug, Clone, PartialEq)]
pub struct RateFit {
    /// The rates.
    pub rates: Vec<FittedRate>,
    /// The measurements that they were fitted to.
    pub measurements: Vec<FittedMeasurement>,
}

/// A fitted rate.
#[derive(Debug, Clone, PartialEq)]
pub struct FittedRate {
    /// Its name, as in [`Rates::set`].
    pub name: &'static str,
    /// Its unit; empty for shares.
    pub unit: &'static str,
    /// The value in use.
    pub used: f64,
    /// The fitted value.
    pub fitted: f64,
    /// The standard error as a share of the value, of the reciprocal for a share; none where a single
    /// measurement determines it.
    pub standard_error: Option<f64>,
    /// The least and the largest value with one measurement left out in turn; none where no two
    /// measurements determine it.
    pub range: Option<[f64; 2]>,
}

/// A measurement beside the fit.
#[derive(Debug, Clone, PartialEq)]
pub struct FittedMeasurement {
    /// What was measured.
    pub what: String,
    /// Source of the measurement.
    pub source: String,
    /// Relative error of the fitted time.
    pub error: f64,
    /// The same with this measurement left out of the fit; none if the others do not determine the
    /// rates.
    pub left_out: Option<f64>,
}

/// Fits rates to the measurements: what a copy and a product reach, and then with the other rates as they
/// are those of decoding, by the engine and by vLLM.
///
/// # Errors
/// Rates with which the measurements determine nothing.
pub fn fit(rates: &Rates) -> Result<[RateFit; 3]> {
    let all = Measurements::read()?;
    let timings = timings(&all);
    Ok([
        ceilings(rates, &all.ceiling)?,
        fit_names(rates, &timings, Timed::EngineDecoding, &ENGINE)?,
        fit_names(rates, &timings, Timed::Vllm, &VLLM)?,
    ])
}

/// Shares of the data sheet's rates, from one measurement each.
fn ceilings(rates: &Rates, measured: &CeilingMeasurement) -> Result<RateFit> {
    let gpu = rates.gpu("device", &measured.gpu)?;
    let share = |name, rate: &Rate, measured: f64, sheet: &Rate| FittedRate {
        name,
        unit: rate.unit,
        used: rate.value,
        fitted: measured / sheet.value,
        standard_error: None,
        range: None,
    };
    let copy = measured.copy_gb_per_second;
    let product = measured.product_tflop_per_second;
    Ok(RateFit {
        rates: vec![
            share("ceiling.copy", &rates.copy, copy, &gpu.bandwidth),
            share("ceiling.product", &rates.product, product, &gpu.product),
        ],
        measurements: Vec::new(),
    })
}

fn fit_names(
    rates: &Rates,
    timings: &[Timing<'_>],
    kind: Timed,
    names: &[&'static str],
) -> Result<RateFit> {
    let timings: Vec<&Timing<'_>> = timings.iter().filter(|timing| timing.kind == kind).collect();
    let times = linear_times(rates, &timings, names)?;
    let undetermined = || Error::Fit(format!("they do not determine {}", names.join(", ")));
    let solution = times.logarithmic().ok_or_else(undetermined)?;
    let folds: Vec<Option<DVector<f64>>> =
        (0..timings.len()).map(|row| times.without(row).logarithmic()).collect();
    let errors = times.errors(&solution);
    let measurements = timings.iter().enumerate().map(|(row, timing)| FittedMeasurement {
        what: timing.what.clone(),
        source: timing.source.to_owned(),
        error: errors[row],
        left_out: folds[row].as_ref().map(|fold| times.errors(fold)[row]),
    });
    let standard_errors = times.standard_errors(&solution);
    let rate = |(column, &name): (usize, &&'static str)| {
        let Rate { value: used, unit, .. } = rate(&mut rates.clone(), name)?.clone();
        let depends = times.design.column(column).iter().filter(|&&seconds| seconds != 0.0).count();
        let several = depends > 1;
        let values = folds.iter().flatten().map(|fold| converted(unit, fold[column]));
        let range = values.fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], value| {
            [low.min(value), high.max(value)]
        });
        Ok(FittedRate {
            name,
            unit,
            used,
            fitted: converted(unit, solution[column]),
            standard_error: standard_errors.as_ref().filter(|_| several).map(|all| all[column]),
            range: several.then_some(range).filter(|[low, high]| low <= high),
        })
    };
    Ok(RateFit {
        rates: names.iter().enumerate().map(rate).collect::<Result<_>>()?,
        measurements: measurements.collect(),
    })
}

/// The times as the model has them, linear in the coefficients of these rates.
fn linear_times(rates: &Rates, timings: &[&Timing<'_>], names: &[&str]) -> Result<LinearTimes> {
    let with = |unit_of: Option<usize>| -> Result<DVector<f64>> {
        let mut rates = rates.clone();
        for (column, name) in names.iter().enumerate() {
            let coefficient = if Some(column) == unit_of { 1.0 } else { 0.0 };
            let rate = rate(&mut rates, name)?;
            rate.value = converted(rate.unit, coefficient);
        }
        let seconds = timings.iter().map(|timing| timing.predict(&rates));
        Ok(DVector::from_vec(seconds.collect::<Result<Vec<f64>>>()?))
    };
    let fixed = with(None)?;
    let columns = (0..names.len()).map(|column| Ok(with(Some(column))? - &fixed));
    Ok(LinearTimes {
        design: DMatrix::from_columns(&columns.collect::<Result<Vec<_>>>()?),
        measured: DVector::from_iterator(timings.len(), timings.iter().map(|t| t.seconds())),
        fixed,
    })
}

/// A share is the reciprocal of its coefficient; a cost is its coefficient.
fn converted(unit: &str, value: f64) -> f64 {
    if unit.is_empty() { 1.0 / value } else { value }
}

fn rate<'a>(rates: &'a mut Rates, name: &str) -> Result<&'a mut Rate> {
    rates.named(name).ok_or_else(|| Error::Fit(format!("unknown rate {name}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The solutions that NumPy 2.4.6 finds (`numpy.linalg.lstsq`), with the model written once more in Python:
    /// least squares of relative errors, for the seven decoding times and for the nine of vLLM.
    #[test]
    fn relative_least_squares_are_those_of_numpy() {
        let expected = [
            (Timed::EngineDecoding, &ENGINE[..], &NUMPY_ENGINE[..]),
            (Timed::Vllm, &VLLM[..], &NUMPY_VLLM[..]),
        ];
        for (kind, names, expected) in expected {
            let solution = times(kind, names).relative().unwrap();
            for (column, &value) in expected.iter().enumerate() {
                let found = converted(if column < 2 { "" } else { "µs" }, solution[column]);
                assert!((found / value - 1.0).abs() < 1e-8, "{}: {found}", names[column]);
            }
        }
    }
    const NUMPY_ENGINE: [f64; 5] =
        [0.8967087017576474, 0.7796919165388417, 135.84916653, 120.84274007, 7.82179135];
    const NUMPY_VLLM: [f64; 4] = [0.6479288141726836, 1.0714208455413161, 20.20165320, 54.67336616];

    /// The same with the least squares of logarithms, by Gauss–Newton with `numpy.linalg.lstsq`.
    #[test]
    fn logarithmic_least_squares_are_those_of_numpy() {
        let expected = [
            ("engine.products", 0.89128313),
            ("engine.attention", 0.77803049),
            ("engine.layer", 135.18217499),
            ("engine.adapter_layer", 121.37669342),
            ("engine.sequence", 7.86761039),
            ("vllm.products", 0.64400332),
            ("vllm.attention", 1.06298106),
            ("vllm.adapter_layer", 19.39625029),
            ("vllm.sequence", 55.19396329),
        ];
        let fits = fit(&Rates::default()).unwrap();
        let rates = fits[1..].iter().flat_map(|fit| &fit.rates);
        for (rate, (name, value)) in rates.zip(expected) {
            assert_eq!(rate.name, name);
            assert!((rate.fitted / value - 1.0).abs() < 1e-8, "{name}: {}", rate.fitted);
        }
    }

    fn times(kind: Timed, names: &[&str]) -> LinearTimes {
        let all = Measurements::read().unwrap();
        let timings = timings(&all);
        let timings: Vec<_> = timings.iter().filter(|timing| timing.kind == kind).collect();
        linear_times(&Rates::default(), &timings, names).unwrap()
    }

    /// Rounding alone lies between the rates in use and the fit: at most half a unit of the last digit.
    #[test]
    fn the_rates_in_use_are_the_fit_rounded() {
        for fit in fit(&Rates::default()).unwrap() {
            for rate in fit.rates {
                let digit = match (rate.name, rate.unit) {
                    ("vllm.adapter_layer", _) => 10.0,
                    ("ceiling.copy" | "ceiling.product", _) => 0.001,
                    (_, "µs") => 1.0,
                    _ => 0.01,
                };
                let off = (rate.used - rate.fitted).abs();
                assert!(off <= digit / 2.0, "{}: {} for {}", rate.name, rate.used, rate.fitted);
            }
        }
    }

    /// The worst leave-one-out errors that the documentation states: 20.1 % of the step with adapters at
    /// batch 128, and of vLLM 18 % of 82 completions of 8,000 tokens.
    #[test]
    fn leave_one_out_errors_are_stated() {
        let fits = fit(&Rates::default()).unwrap();
        let worst = [&fits[1], &fits[2]].map(|fit| {
            let left_out = |one: &&FittedMeasurement| one.left_out.unwrap_or(0.0).abs();
            fit.measurements.iter().max_by(|a, b| left_out(a).total_cmp(&left_out(b))).unwrap()
        });
        assert_eq!(worst[0].what, "step qwen3-4b-base, LoRA, 8 × 16 × 256: sampling");
        assert!((worst[0].left_out.unwrap() + 0.201).abs() < 5e-4, "{worst:?}");
        assert_eq!(worst[1].what, "vLLM, qwen3-8b-base, 82 at a time, 8000 new");
        assert!((worst[1].left_out.unwrap() - 0.18).abs() < 5e-3, "{worst:?}");
    }

    /// With a cost a layer, the nine rates of vLLM do not say what a product reaches; without it, every
    /// standard error is under 15 %.
    #[test]
    fn the_cost_of_a_layer_of_vllm_is_not_determined() {
        let names = ["vllm.products", "vllm.layer", "vllm.attention", "vllm.sequence"];
        let with = times(Timed::Vllm, &[&names[..], &["vllm.adapter_layer"]].concat());
        let solution = with.relative().unwrap();
        let error = with.standard_errors(&solution).unwrap()[0];
        assert!(error > 5.0, "{error}");
        let [_, _, vllm] = fit(&Rates::default()).unwrap();
        for rate in &vllm.rates {
            let alone = rate.name == "vllm.adapter_layer";
            assert_eq!(rate.standard_error.is_none(), alone, "{}", rate.name);
            assert!(rate.standard_error.is_none_or(|error| error < 0.15), "{rate:?}");
        }
        let alone = vllm.measurements.last().unwrap();
        assert!(alone.left_out.is_none() && alone.error.abs() < 1e-9, "{alone:?}");
    }
}
