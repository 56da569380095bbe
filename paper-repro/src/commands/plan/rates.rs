//! The rates of the model: their list, their errors beside measurements, and their fit to these.

use crate::console::Console;
use crate::failure::Failure;
use crate::output::Format;
use rs_grpo_figures::{Column, Table};
use rs_grpo_plan::{FittedMeasurement, FittedRate, MeasuredRate, RateFit, Rates};
use serde::Serialize;

/// One line of `--list-rates --format json`.
#[derive(Serialize)]
struct Listed {
    name: String,
    value: f64,
    unit: &'static str,
    origin: &'static str,
    source: String,
}

pub(super) fn list(
    rates: &Rates,
    format: Format,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    let listed = rates.all().into_iter().map(|(name, rate)| Listed {
        name,
        value: rate.value,
        unit: rate.unit,
        origin: rate.origin.name(),
        source: rate.source,
    });
    if format == Format::Json {
        return listed.into_iter().try_for_each(|rate| Ok(console.json(&rate)?));
    }
    let columns = [Column::left("rate"), Column::right("value")];
    let words = ["unit", "origin", "source"].map(Column::left);
    let mut table = Table::new(columns.into_iter().chain(words).collect::<Vec<_>>())?;
    for Listed { name, value, unit, origin, source } in listed {
        table.push([name, value.to_string(), unit.to_owned(), origin.to_owned(), source])?;
    }
    write!(console.out, "{}", table.to_text())?;
    console.note(
        "Shares are of what a copy and a product reach (ceiling.copy of the bandwidth, ceiling.product of \
         the bf16 rate). Change them by --rate NAME=VALUE or --rates FILE.",
    );
    Ok(())
}

/// One line of `--check --format json`.
#[derive(Serialize)]
struct Compared<'a> {
    what: &'a str,
    unit: &'a str,
    measured: f64,
    predicted: f64,
    error: f64,
    stated: f64,
    source: &'a str,
}

pub(super) fn compare(
    checked: &[MeasuredRate],
    format: Format,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    if format == Format::Json {
        return checked.iter().try_for_each(|one| {
            let MeasuredRate { what, source, unit, measured, predicted, stated } = one;
            let (measured, predicted, stated) = (*measured, *predicted, *stated);
            let error = one.error();
            Ok(console.json(&Compared {
                what,
                unit,
                measured,
                predicted,
                error,
                stated,
                source,
            })?)
        });
    }
    let mut columns = vec![Column::left("measurement")];
    columns.extend(["measured", "model", "error", "stated"].map(Column::right));
    columns.push(Column::left("source"));
    let mut table = Table::new(columns)?;
    for one in checked {
        let number = |value: f64| match one.unit {
            "s" => format!("{value:.2} s"),
            unit => format!("{value:.0} {unit}"),
        };
        table.push([
            one.what.clone(),
            number(one.measured),
            number(one.predicted),
            format!("{:+.1} %", 100.0 * one.error()),
            format!("{:.0} %", 100.0 * one.stated),
            one.source.clone(),
        ])?;
    }
    write!(console.out, "{}", table.to_text())?;
    console.note(
        "error: how much longer the model has it take. The rates were fitted to these measurements: \
         five numbers for seven decoding times, three for nine rates of vLLM. `--fit` repeats the fit.",
    );
    Ok(())
}

/// One line of `--fit --format json` for a rate.
#[derive(Serialize)]
struct FittedLine<'a> {
    rate: &'a str,
    unit: &'a str,
    used: f64,
    fitted: f64,
    standard_error: Option<f64>,
    lowest_left_out: Option<f64>,
    highest_left_out: Option<f64>,
}

/// One line of `--fit --format json` for a measurement.
#[derive(Serialize)]
struct LeftOutLine<'a> {
    measurement: &'a str,
    error: f64,
    error_left_out: Option<f64>,
    source: &'a str,
}

pub(super) fn print_fits(
    fits: &[RateFit],
    format: Format,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    let rates = fits.iter().flat_map(|fit| &fit.rates);
    let measurements = fits.iter().flat_map(|fit| &fit.measurements);
    if format == Format::Json {
        for FittedRate { name, unit, used, fitted, standard_error, range } in rates {
            console.json(&FittedLine {
                rate: name,
                unit,
                used: *used,
                fitted: *fitted,
                standard_error: *standard_error,
                lowest_left_out: range.map(|[low, _]| low),
                highest_left_out: range.map(|[_, high]| high),
            })?;
        }
        for FittedMeasurement { what, source, error, left_out } in measurements {
            let (error, error_left_out) = (*error, *left_out);
            console.json(&LeftOutLine { measurement: what, error, error_left_out, source })?;
        }
        return Ok(());
    }
    write!(console.out, "{}", table_of_fitted(rates)?.to_text())?;
    writeln!(console.out)?;
    write!(console.out, "{}", table_of_left_out(measurements)?.to_text())?;
    console.note(
        "Least squares of the logarithms of predicted over measured times. standard error: of the share's \
         reciprocal, or of the cost. range: with one measurement left out of the fit in turn. error: how \
         much longer the fit has it take; left out: the same with the rates fitted to the other \
         measurements. Not determined by them, and not fitted: vllm.layer, engine.tensor_layer and \
         vllm.tensor_layer; vllm.adapter_layer has one measurement.",
    );
    Ok(())
}

fn table_of_fitted<'a>(
    rates: impl Iterator<Item = &'a FittedRate>,
) -> Result<Table, rs_grpo_figures::Error> {
    let mut columns = vec![Column::left("rate")];
    columns.extend(["in use", "fitted", "standard error", "range"].map(Column::right));
    columns.push(Column::left("unit"));
    let mut table = Table::new(columns)?;
    for FittedRate { name, unit, used, fitted, standard_error, range } in rates {
        let digits = if unit.is_empty() { 3 } else { 1 };
        let number = |value: f64| format!("{value:.digits$}");
        table.push([
            (*name).to_owned(),
            used.to_string(),
            number(*fitted),
            standard_error.map_or("–".to_owned(), |error| format!("{:.0} %", 100.0 * error)),
            range.map_or("–".to_owned(), |[low, high]| {
                format!("{} to {}", number(low), number(high))
            }),
            (*unit).to_owned(),
        ])?;
    }
    Ok(table)
}

fn table_of_left_out<'a>(
    measurements: impl Iterator<Item = &'a FittedMeasurement>,
) -> Result<Table, rs_grpo_figures::Error> {
    let mut columns = vec![Column::left("measurement")];
    columns.extend(["error", "left out"].map(Column::right));
    columns.push(Column::left("source"));
    let mut table = Table::new(columns)?;
    // Rounded first, so that a rounding error is not printed as a signed zero.
    let percent = |error: f64| format!("{:+.1} %", (1_000.0 * error).round() / 10.0 + 0.0);
    for FittedMeasurement { what, source, error, left_out } in measurements {
        table.push([
            what.clone(),
            percent(*error),
            left_out.map_or("–".to_owned(), percent),
            source.clone(),
        ])?;
    }
    Ok(table)
}
