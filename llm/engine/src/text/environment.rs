//! Jinja as transformers sets it up.

use super::methods::{call, trim};
use super::python::{raise_exception, tojson};
use chrono::format::{Item, StrftimeItems};
use chrono::{NaiveDate, NaiveTime};
use minijinja::value::ValueKind;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, State, Value};

/// Most steps of one rendering. A template of a tool-calling model takes some thousand for a question.
const FUEL: u64 = 20_000_000;
/// The date of prompts whose template writes one: a prompt must not depend on the day it is made on. It
/// is the one that Llama 3's templates fall back to.
const DATE: &str = "2024-07-26";

/// Blocks are trimmed, strings have Python's methods, `tojson` is Python's, and `raise_exception` and
/// `strftime_now` are known.
pub(super) fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_trim_blocks(true);
    environment.set_lstrip_blocks(true);
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_fuel(Some(FUEL));
    environment.set_unknown_method_callback(call);
    environment.add_filter("tojson", tojson);
    environment.add_filter("trim", trim);
    environment.add_filter("length", length);
    environment.add_filter("count", length);
    environment.add_test("iterable", is_iterable);
    environment.add_test("sequence", is_sequence);
    environment.add_function("raise_exception", raise_exception);
    environment.add_function("strftime_now", strftime_now);
    environment
}

/// As Python: nothing has no elements, `none` has no length.
fn length(value: &Value) -> Result<usize, Error> {
    if value.is_undefined() {
        return Ok(0);
    }
    value.len().ok_or_else(|| {
        let message = format!("a value of type {} has no length", value.kind());
        Error::new(ErrorKind::InvalidOperation, message)
    })
}

fn is_iterable(value: &Value) -> bool {
    !value.is_none() && value.try_iter().is_ok()
}

/// What has a length and items: texts and mappings, too.
fn is_sequence(value: &Value) -> bool {
    let kinds = [ValueKind::Seq, ValueKind::Map, ValueKind::String, ValueKind::Undefined];
    kinds.contains(&value.kind())
}

/// Python's `datetime.now().strftime(format)` at midnight of the variable `date`, or of a fixed date.
fn strftime_now(state: &State<'_, '_>, format: &str) -> Result<String, Error> {
    let refused = |message: String| Error::new(ErrorKind::InvalidOperation, message);
    let date = state.lookup("date").filter(|date| !date.is_undefined());
    let date = date.map_or(DATE.to_owned(), |date| date.to_string());
    let day = NaiveDate::parse_from_str(&date, "%Y-%m-%d").map_err(|_| {
        refused(format!("the variable date is {date:?}; allowed: a day such as 2026-01-31"))
    })?;
    let items: Vec<Item<'_>> = StrftimeItems::new(format).collect();
    if items.contains(&Item::Error) {
        return Err(refused(format!("strftime_now: {format:?} is not a format of Python's")));
    }
    Ok(day.and_time(NaiveTime::MIN).format_with_items(items.iter()).to_string())
}
