//! A configuration file with a comment on every setting.

use super::TrainConfig;
use super::setting::{Setting, TableForm};
use toml::{Table, Value};

/// Most characters of a comment line.
const WIDTH: usize = 100;

const INTRODUCTION: &str = "All settings of a training run, for `repro llm --config FILE`; flags override \
                            them. What is left out has its default.";

impl TrainConfig {
    /// The settings as a configuration file with a comment on each: plain values under their headings,
    /// then the tables.
    pub fn to_commented_toml(&self) -> String {
        let table = self.table();
        let mut text = comment(INTRODUCTION);
        let mut heading = "";
        for setting in Self::SETTINGS.iter().filter(|setting| setting.form.is_none()) {
            if heading != setting.heading {
                heading = setting.heading;
                text += &format!("\n# ---- {heading} ----\n");
            }
            text += &format!("\n{}{}", comment(setting.doc()), line(setting.key, &table));
        }
        text += "\n# ---- Settings of several keys ----\n";
        for setting in Self::SETTINGS {
            if let (Some(form), Some(Value::Table(own))) = (setting.form, table.get(setting.key)) {
                text += &commented_table(setting, form, own);
            }
        }
        text
    }
}

fn commented_table(setting: &Setting, form: &TableForm, table: &Table) -> String {
    let keys = form.keys.iter().map(|key| comment(key.doc()) + &line(key.name, table));
    format!("\n{}[{}]\n{}", comment(setting.doc()), setting.key, keys.collect::<String>())
}

fn line(key: &str, table: &Table) -> String {
    table.get(key).map(|value| format!("{key} = {value}\n")).unwrap_or_default()
}

/// Wraps a text into comment lines.
fn comment(text: &str) -> String {
    let mut lines = vec!["#".to_owned()];
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= WIDTH => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(format!("# {word}")),
        }
    }
    lines.join("\n") + "\n"
}
