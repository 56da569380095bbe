//! Typed, checked access to the fields of a JSON object.

use crate::{Error, Result};
use rs_grpo_files::Refuse as _;
use rs_grpo_files::brief;
use serde_json::{Map, Value};
use std::path::Path;

/// A JSON object of a file; a field that is `null` counts as left out.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a> {
    path: &'a Path,
    /// Prefix of the names in messages, such as `rope_scaling.`.
    prefix: &'a str,
    map: &'a Map<String, Value>,
}

impl<'a> Fields<'a> {
    pub fn new(path: &'a Path, prefix: &'a str, map: &'a Map<String, Value>) -> Self {
        Self { path, prefix, map }
    }

    /// The same file, another object in it.
    pub fn within(self, prefix: &'a str, map: &'a Map<String, Value>) -> Self {
        Self { prefix, map, ..self }
    }

    /// An error about a field.
    pub fn refuse(&self, name: &str, problem: impl Into<String>) -> Error {
        Error::malformed(self.path, format!("{}{name}", self.prefix), problem)
    }

    pub fn contains(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    pub fn is_null(&self, name: &str) -> bool {
        self.map.get(name).is_some_and(Value::is_null)
    }

    pub fn get(&self, name: &str) -> Option<&'a Value> {
        self.map.get(name).filter(|value| !value.is_null())
    }

    pub fn values(&self) -> impl Iterator<Item = (&'a String, &'a Value)> {
        self.map.iter()
    }

    /// A whole number from 1 to `max`.
    pub fn count(&self, name: &str, max: usize) -> Result<Option<usize>> {
        let allowed = format!("a whole number from 1 to {max}");
        let in_range = |value: &Value| {
            let count = usize::try_from(value.as_u64()?).ok()?;
            (1..=max).contains(&count).then_some(count)
        };
        self.parse(name, &allowed, in_range)
    }

    /// A positive number in the range of single precision, in which the decoder computes.
    pub fn positive(&self, name: &str) -> Result<Option<f64>> {
        let positive =
            |value: &Value| value.as_f64().filter(|x| *x > 0.0 && (*x as f32).is_normal());
        self.parse(name, "a positive number in the range of single precision", positive)
    }

    pub fn flag(&self, name: &str) -> Result<Option<bool>> {
        self.parse(name, "true or false", Value::as_bool)
    }

    pub fn text(&self, name: &str) -> Result<Option<&'a str>> {
        self.parse(name, "a text", Value::as_str)
    }

    pub fn object(&self, name: &str) -> Result<Option<&'a Map<String, Value>>> {
        self.parse(name, "an object", Value::as_object)
    }

    /// The field's value, or the error of a field that may not be left out.
    pub fn needed<T>(&self, name: &str, value: Option<T>) -> Result<T> {
        value.ok_or_else(|| self.refuse(name, "is missing"))
    }

    fn parse<T>(
        &self,
        name: &str,
        allowed: &str,
        read: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Result<Option<T>> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let refused = || self.refuse(name, format!("is {}; allowed: {allowed}", brief(value)));
        read(value).map(Some).ok_or_else(refused)
    }
}
