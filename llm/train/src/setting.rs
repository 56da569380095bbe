//! A setting: its key, flag, default and documentation, declared once.
//!
//! A setting of several keys is a table in a file and a short text on the command line: `value`,
//! `key=value,key=value`, or `value:key=value`. A value without a key is that of the first key; missing
//! keys have their defaults.

use serde::Serialize;
use serde::de::DeserializeOwned;
use toml::{Table, Value};

/// One setting of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setting {
    /// Its key in a file; the flag has hyphens in place of underscores.
    pub key: &'static str,
    /// Heading that it is listed under.
    pub heading: &'static str,
    /// The form of its value on a command line.
    pub value: &'static str,
    pub(crate) doc: &'static str,
    /// Its table, if it has several keys.
    pub form: Option<&'static TableForm>,
}

/// A key of a table of settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TableKey {
    /// Its name.
    pub name: &'static str,
    pub(crate) doc: &'static str,
}

/// How a setting of several keys is written as a short text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TableForm {
    /// Its keys, in order.
    pub keys: &'static [TableKey],
    /// The accepted texts, for messages.
    pub allowed: &'static str,
    /// Whether 0 for the first key turns the setting off, written as `off`.
    pub(crate) off: bool,
}

impl Setting {
    /// What it means, in sentences.
    pub fn doc(&self) -> &'static str {
        self.doc.trim_start()
    }
}

impl TableKey {
    /// What it means, in a sentence.
    pub fn doc(&self) -> &'static str {
        self.doc.trim_start()
    }
}

/// What the type of a setting is in a file: a plain value, unless it says otherwise.
pub(crate) trait SettingKind {
    /// The form of its table, if it is one.
    const FORM: Option<&'static TableForm> = None;
}

impl SettingKind for String {}
impl SettingKind for bool {}
impl SettingKind for usize {}
impl SettingKind for u64 {}
impl SettingKind for f32 {}
impl SettingKind for f64 {}
impl SettingKind for Vec<String> {}

/// Declares a setting of several keys: each with its meaning, its type and its default.
macro_rules! table {
    (
        $(#[doc = $about:literal])+
        $type:ident, $name:literal, allowed: $allowed:literal, off: $off:literal {
            $($(#[doc = $doc:literal])+ $key:ident: $kind:ty = $default:expr;)+
        }
    ) => {
        $(#[doc = $about])+
        #[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub struct $type {
            $($(#[doc = $doc])+ pub $key: $kind,)+
        }

        impl Default for $type {
            fn default() -> Self {
                Self { $($key: $default,)+ }
            }
        }

        impl $crate::setting::SettingKind for $type {
            const FORM: Option<&'static $crate::setting::TableForm> =
                Some(&$crate::setting::TableForm {
                    keys: &[$($crate::setting::TableKey {
                        name: stringify!($key),
                        doc: concat!($($doc),+),
                    }),+],
                    allowed: $allowed,
                    off: $off,
                });
        }

        impl std::str::FromStr for $type {
            type Err = $crate::Error;

            fn from_str(text: &str) -> $crate::Result<Self> {
                let refused = || {
                    let value = format!("{text:?}");
                    rs_grpo_files::Refuse::parameter($name, value, $allowed)
                };
                $crate::setting::parse(text).ok_or_else(refused)
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&$crate::setting::short(self))
            }
        }
    };
}
pub(crate) use table;

/// The settings that a short text means.
pub(crate) fn parse<T: SettingKind + Default + Serialize + DeserializeOwned>(
    text: &str,
) -> Option<T> {
    let named = T::FORM?.read(text, &Table::try_from(T::default()).ok()?)?;
    named.try_into().ok()
}

/// The short text of settings.
pub(crate) fn short<T: SettingKind + Default + Serialize>(value: &T) -> String {
    let table = |value: &T| Table::try_from(value).unwrap_or_default();
    T::FORM.map_or_else(String::new, |form| form.short(&table(value), &table(&T::default())))
}

impl TableForm {
    /// The keys that a short text names, each as a value of the kind that the default has. None where it is
    /// not such a text, or names a key twice.
    pub(crate) fn read(&self, text: &str, defaults: &Table) -> Option<Table> {
        let first = self.keys.first()?.name;
        let end = text.find([':', ',']).unwrap_or(text.len());
        let (bare, pairs) = match text[..end].contains('=') {
            true => (None, Some(text)),
            false => (Some(&text[..end]), text.get(end + 1..)),
        };
        let mut named = Table::new();
        if let Some(bare) = bare {
            let is_number = matches!(defaults.get(first), Some(Value::Integer(_)));
            let value = if bare == "off" && is_number { "0" } else { bare };
            named.insert(first.to_owned(), like(value, defaults.get(first)?)?);
        }
        for pair in pairs.into_iter().flat_map(|pairs| pairs.split(',')) {
            let (key, value) = pair.split_once('=')?;
            let value = like(value, defaults.get(key)?)?;
            if named.insert(key.to_owned(), value).is_some() {
                return None;
            }
        }
        Some(named)
    }

    /// A table in the form of a file, with its keys that are given.
    pub(crate) fn block(&self, name: &str, table: &Table) -> String {
        let line = |key: &TableKey| Some(format!("{} = {}\n", key.name, table.get(key.name)?));
        let lines: String = self.keys.iter().filter_map(line).collect();
        format!("[{name}]\n{lines}")
    }

    /// The short text of a table: after a word only keys that differ from the default, otherwise all
    /// keys.
    pub(crate) fn short(&self, table: &Table, defaults: &Table) -> String {
        let value = |key: &TableKey| table.get(key.name).map(plain).unwrap_or_default();
        let pair = |key: &TableKey| format!("{}={}", key.name, value(key));
        match table.get(self.keys[0].name) {
            Some(Value::String(word)) => {
                let changed = |key: &&TableKey| table.get(key.name) != defaults.get(key.name);
                let pairs: Vec<String> = self.keys[1..].iter().filter(changed).map(pair).collect();
                let colon = if pairs.is_empty() { "" } else { ":" };
                format!("{word}{colon}{}", pairs.join(","))
            }
            Some(Value::Integer(0)) if self.off => "off".to_owned(),
            _ => self.keys.iter().map(pair).collect::<Vec<_>>().join(","),
        }
    }
}

/// A value in the form of a short text.
pub(crate) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Float(number) => number.to_string(),
        other => other.to_string(),
    }
}

/// A text as a value of the kind of another.
fn like(text: &str, kind: &Value) -> Option<Value> {
    match kind {
        Value::String(_) => Some(Value::String(text.to_owned())),
        Value::Integer(_) => text.parse().ok().map(Value::Integer),
        Value::Float(_) => text.parse().ok().map(Value::Float),
        _ => None,
    }
}
