//! Values of columns, numbers as they are written.

use parquet::record::Field;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// How deep lists and objects may be nested.
const DEEPEST: usize = 32;

/// A value of a row. Numbers keep their digits: an answer of 23 digits is not rounded to 16.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum ColumnValue {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
    List(Vec<ColumnValue>),
    Object(BTreeMap<String, ColumnValue>),
    /// Bytes that are not text.
    Binary,
}

impl ColumnValue {
    /// A value of JSON.
    ///
    /// # Errors
    /// Lists and objects in each other deeper than 32 levels; text that is not Unicode.
    pub(super) fn of_json(json: &RawValue) -> Result<Self, String> {
        Self::nested(json, DEEPEST)
    }

    fn nested(json: &RawValue, depth: usize) -> Result<Self, String> {
        let text = json.get();
        let deeper =
            || depth.checked_sub(1).ok_or(format!("is nested deeper than {DEEPEST} levels"));
        Ok(match text.as_bytes().first() {
            Some(b'"') => Self::Text(parse(text)?),
            Some(b'[') => {
                let (items, depth): (Vec<Box<RawValue>>, _) = (parse(text)?, deeper()?);
                Self::List(
                    items.iter().map(|item| Self::nested(item, depth)).collect::<Result<_, _>>()?,
                )
            }
            Some(b'{') => {
                let (fields, depth): (BTreeMap<String, Box<RawValue>>, _) =
                    (parse(text)?, deeper()?);
                let field = |(name, value): (String, Box<RawValue>)| {
                    Ok((name, Self::nested(&value, depth)?))
                };
                Self::Object(fields.into_iter().map(field).collect::<Result<_, String>>()?)
            }
            Some(b't' | b'f') => Self::Bool(parse(text)?),
            Some(b'n') | None => Self::Null,
            Some(_) => Self::Number(text.to_owned()),
        })
    }

    /// A value of Parquet. Bytes are text if they are UTF-8, as some programs write it.
    pub(super) fn of_parquet(field: Field) -> Self {
        match field {
            Field::Null => Self::Null,
            Field::Bool(value) => Self::Bool(value),
            Field::Str(text) => Self::Text(text),
            Field::Bytes(bytes) => match std::str::from_utf8(bytes.data()) {
                Ok(text) => Self::Text(text.to_owned()),
                Err(_) => Self::Binary,
            },
            Field::Group(row) => {
                let fields = row.into_columns().into_iter();
                Self::Object(fields.map(|(name, field)| (name, Self::of_parquet(field))).collect())
            }
            Field::ListInternal(list) => {
                Self::List(list.elements().iter().cloned().map(Self::of_parquet).collect())
            }
            Field::MapInternal(map) => {
                let entry = |(key, value): &(Field, Field)| {
                    Some((Self::of_parquet(key.clone()).text()?, Self::of_parquet(value.clone())))
                };
                Self::Object(map.entries().iter().filter_map(entry).collect())
            }
            // Numbers of every width, decimals, dates and times.
            number => Self::Number(number.to_string()),
        }
    }

    /// A text, or a number as it is written.
    pub(super) fn text(&self) -> Option<String> {
        match self {
            Self::Text(text) | Self::Number(text) => Some(text.clone()),
            _ => None,
        }
    }

    /// What kind of value it is, for messages.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "true or false",
            Self::Number(_) => "a number",
            Self::Text(_) => "a text",
            Self::List(_) => "a list",
            Self::Object(_) => "an object",
            Self::Binary => "bytes that are not UTF-8",
        }
    }
}

fn parse<'a, T: serde::Deserialize<'a>>(text: &'a str) -> Result<T, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}
