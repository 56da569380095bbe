//! The help of every command, as a person reads it.

use crate::support::success;

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
