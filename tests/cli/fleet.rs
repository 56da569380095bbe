//! `repro llm --sampler http`, against servers that stand in for vLLM.

use crate::support::{refusal, repro_in};
use repro::Exit;
use std::path::Path;
use tempfile::TempDir;

use test_support::stand_in::StandIn;

/// The lines of the README, on a smaller step.
#[test]
fn a_training_on_two_servers() {
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../paper-repro/models/countdown");
    let (first, second) = (StandIn::start(&model), StandIn::start(&model));
    let addresses = format!("{},{}", first.url(), second.url());
    for ahead in ["", "--async-steps 1"] {
        let folder = TempDir::new().unwrap();
        let answer = repro_in(
            &folder,
            &format!(
                "llm --sampler http --endpoint {addresses} --lora rank=8 --steps 5 --prompts 6 \
                 --samples 4 --out {{dir}}/run {ahead}"
            ),
        );
        assert_eq!(answer.exit, Exit::Success, "{}", answer.err);
        assert!(folder.path().join("run/checkpoints/step-000005/adapter_config.json").exists());
        let config = std::fs::read_to_string(folder.path().join("run/config.toml")).unwrap();
        assert!(!config.contains(&first.url()), "servers are no setting: {config}");
        let expected = match ahead {
            "" => ["[sampler]\nkind = \"http\"\nasync_steps = 0\n", "importance_cap = 0.0\n"],
            _ => ["[sampler]\nkind = \"http\"\nasync_steps = 1\n", "importance_cap = 2.0\n"],
        };
        assert!(expected.iter().all(|lines| config.contains(lines)), "{config}");
    }
    assert!(first.answered() + second.answered() >= 60);
}

#[test]
fn servers_and_settings_must_fit() {
    let lora = "--lora rank=8 --steps 1 --out {dir}/run";
    for (arguments, message) in [
        (format!("llm --sampler http {lora}"), "--sampler http needs the servers: --endpoint"),
        (format!("llm --endpoint http://a:1 {lora}"), "give --sampler http"),
        (format!("llm --async-steps 1 {lora}"), "needs --sampler http"),
    ] {
        let error = refusal(&arguments);
        assert!(error.contains(message), "{arguments}: {error}");
    }
}
