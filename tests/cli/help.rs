//! The help of every command, as a person reads it.

use crate::support::success;
use rs_grpo_train::TrainConfig;

#[test]
fn help_of_every_command() {
    let commands = [
        "",
        "advantage",
        "bandit",
        "theory",
        "report",
        "completions",
        "data",
        "data check",
        "data list",
        "data show",
        "doctor",
        "eval",
        "experiment",
        "experiment countdown",
        "export",
        "export verl",
        "grade",
        "llm",
        "llm merge",
        "llm pretrain",
        "llm pull-adapters",
        "llm sample",
        "models",
        "plan",
    ];
    for command in commands {
        let name = format!("help_{}", command.replace(' ', "_"));
        insta::assert_snapshot!(name, success(&format!("{command} --help")));
    }
}

/// A setting that is empty by default says what that means; every other one shows its default.
#[test]
fn help_shows_the_default_of_every_setting() {
    let help = success("llm --help");
    let texts = TrainConfig::default().texts();
    for setting in TrainConfig::SETTINGS {
        let flag = format!("\n      --{} <{}>\n", setting.key.replace('_', "-"), setting.value);
        let (_, rest) = help.split_once(&flag).unwrap_or_else(|| panic!("{flag}"));
        let own = rest.split("\n      -").next().expect("a part");
        let own = own.split_whitespace().collect::<Vec<_>>().join(" ");
        let text = &texts[setting.key];
        let number = text.as_float().map(|number| number.to_string());
        let default =
            text.as_str().map(str::to_owned).or(number).unwrap_or_else(|| text.to_string());
        match &*default {
            "" => assert!(own.ends_with("[default: empty]"), "{flag}{own}"),
            default => assert!(own.contains(&format!("[default: {default}]")), "{flag}{own}"),
        }
        for key in setting.form.map_or(&[][..], |form| form.keys) {
            assert!(own.contains(&format!("- {}: ", key.name)), "{flag}{own}");
        }
    }
}

#[test]
fn version_is_the_packages() {
    assert_eq!(success("--version"), format!("repro {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn completions_name_every_command() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = success(&format!("completions {shell}"));
        for command in ["advantage", "bandit", "eval", "experiment", "grade", "theory", "models"] {
            assert!(script.contains(command), "{shell} misses {command}");
        }
    }
}
