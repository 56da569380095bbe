//! Variables of a chat template, as a setting.

use crate::setting::SettingKind;
use rs_grpo_files::Refuse as _;
use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// Variables by name: `enable_thinking=false,date=2026-01-31`. What reads as JSON is that value (true, 3,
/// null), and anything else a text.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TemplateVars(pub BTreeMap<String, Value>);

impl SettingKind for TemplateVars {}

impl FromStr for TemplateVars {
    type Err = crate::Error;

    fn from_str(text: &str) -> crate::Result<Self> {
        let pair = |pair: &str| {
            let (name, value) = pair.split_once('=')?;
            let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
            let value = serde_json::from_str(value).unwrap_or_else(|_| value.into());
            (!name.is_empty() && name.chars().all(is_name)).then(|| (name.to_owned(), value))
        };
        let pairs = text.split(',').filter(|pair| !pair.is_empty()).map(pair);
        pairs.collect::<Option<_>>().map(Self).ok_or_else(|| {
            let allowed = "NAME=VALUE with commas between them, such as enable_thinking=false";
            crate::Error::parameter("template-vars", format!("{text:?}"), allowed)
        })
    }
}

impl fmt::Display for TemplateVars {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |value: &Value| value.as_str().map_or(value.to_string(), str::to_owned);
        let pairs = self.0.iter().map(|(name, value)| format!("{name}={}", text(value)));
        f.write_str(&pairs.collect::<Vec<_>>().join(","))
    }
}

/// As a text where that means the same, and else as a table.
impl Serialize for TemplateVars {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = self.to_string();
        match text.parse::<Self>().is_ok_and(|read| read == *self) {
            true => serializer.serialize_str(&text),
            false => self.0.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for TemplateVars {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "NAME=VALUE with commas between them, or a table")]
        enum Form {
            Text(String),
            Table(BTreeMap<String, Value>),
        }
        match Form::deserialize(deserializer)? {
            Form::Text(text) => text.parse().map_err(|error: crate::Error| D::Error::custom(error)),
            Form::Table(table) => Ok(Self(table)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_json_or_texts() {
        let text = "date=2026-01-31,enable_thinking=false,n=3,none=null,who=me";
        let vars: TemplateVars = text.parse().unwrap();
        assert_eq!(vars.0["enable_thinking"], false);
        assert_eq!((&vars.0["n"], &vars.0["none"]), (&3.into(), &Value::Null));
        assert_eq!((&vars.0["who"], &vars.0["date"]), (&"me".into(), &"2026-01-31".into()));
        assert_eq!(vars.to_string(), text);
        for wrong in ["enable_thinking", "=1", "a b=1"] {
            assert!(wrong.parse::<TemplateVars>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_file_may_hold_a_text_or_a_table() {
        let read = |text: &str| toml::from_str::<BTreeMap<String, TemplateVars>>(text).unwrap();
        let table = read("vars = {enable_thinking = false, who = 'a,b=c'}");
        assert_eq!(table["vars"].0["who"], "a,b=c");
        assert_eq!(read(&toml::to_string(&table).unwrap()), table);
        let text = read("vars = 'enable_thinking=false'");
        assert_eq!(toml::to_string(&text).unwrap(), "vars = \"enable_thinking=false\"\n");
    }
}
