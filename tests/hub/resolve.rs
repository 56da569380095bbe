//! Names of models, what they need, and where settings come from.

use rs_grpo_engine::ModelConfig;
use rs_grpo_hub::{ALIASES, Alias, HubError, HubSettings, Location, resolve};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;

/// Numbers of weights in the files that the hub publishes ("Safetensors, Model size"), shared
/// embeddings counted once.
const PARAMETERS: [(&str, u64); 12] = [
    ("qwen2.5-0.5b", 494_032_768),
    ("qwen3-0.6b-base", 596_049_920),
    ("qwen2.5-1.5b", 1_543_714_304),
    ("qwen2.5-math-1.5b", 1_543_714_304),
    ("qwen3-1.7b-base", 1_720_574_976),
    ("qwen3-4b-base", 4_022_468_096),
    ("qwen2.5-7b", 7_615_616_512),
    ("qwen2.5-math-7b", 7_615_616_512),
    ("qwen3-8b-base", 8_190_735_360),
    ("llama3.2-1b-instruct", 1_235_814_400),
    ("llama3.2-3b-instruct", 3_212_749_824),
    ("llama3.1-8b-instruct", 8_030_261_248),
];

fn config(alias: &str) -> &'static ModelConfig {
    ModelConfig::published(Alias::find(alias).unwrap().repository).unwrap()
}

/// The shape of every alias gives the published number of weights.
#[test]
fn aliases_have_their_published_sizes() {
    let ours: Vec<_> =
        ALIASES.iter().map(|alias| (alias.name, config(alias.name).parameters())).collect();
    assert_eq!(ours, PARAMETERS);
    for alias in ALIASES {
        assert_eq!(alias.gated, alias.repository.starts_with("meta-llama/"));
        let location = Location::Hub(alias.repository());
        assert_eq!(resolve(alias.name).unwrap(), location);
        assert_eq!(resolve(alias.repository).unwrap(), location);
    }
}

#[test]
fn folders_come_first() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().to_str().unwrap();
    assert_eq!(resolve(text).unwrap(), Location::Folder(folder.path().to_owned()));
    assert_eq!(resolve(".").unwrap(), Location::Folder(".".into()));
}

#[test]
fn ids_have_two_plain_parts() {
    let Location::Hub(repository) = resolve("org/some-Model_1.5B").unwrap() else { panic!() };
    assert_eq!(repository.id(), "org/some-Model_1.5B");
    for text in
        ["a/b/c", "/a", "a/", "../a", "a/..", "./a", "a/.b", "a b/c", "a/b?x", "a\\b", "é/b"]
    {
        let message = resolve(text).unwrap_err().to_string();
        assert!(message.contains("no such folder") && message.contains(text), "{message}");
    }
}

#[test]
fn revisions_stay_in_their_place() {
    let repository = Alias::find("qwen3-4b-base").unwrap().repository();
    for good in ["main", "v1.0", "refs/pr/1", "0123456789abcdef0123456789abcdef01234567"] {
        repository.clone().at(good).unwrap();
    }
    for bad in ["", "..", "a/../b", "/a", "a//b", "a?b", "a\nb", &"a".repeat(200)] {
        let message = repository.clone().at(bad).unwrap_err().to_string();
        assert!(message.starts_with("revision is"), "{message}");
    }
}

/// What a user reads.
#[test]
fn a_slip_of_the_keyboard_finds_its_alias() {
    for (text, expected) in [
        ("qwen3-4b", "qwen3-4b-base"),
        ("Qwen3-4B-Base", "qwen3-4b-base"),
        ("qwen2.5-math1.5b", "qwen2.5-math-1.5b"),
        ("lama3.2-1b-instruct", "llama3.2-1b-instruct"),
    ] {
        match resolve(text) {
            Err(rs_grpo_hub::Error::Hub(error)) => match *error {
                HubError::Unknown { nearest, .. } => assert_eq!(nearest, expected, "{text}"),
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        }
    }
    insta::assert_snapshot!(resolve("qwen3-4b-bse").unwrap_err());
}

fn settings(variables: &[(&str, &str)]) -> HubSettings {
    let variables: BTreeMap<_, _> = variables.iter().copied().collect();
    HubSettings::from_variables(|name| variables.get(name).map(OsString::from))
}

#[test]
fn the_cache_is_where_hugging_face_has_it() {
    for (variables, expected) in [
        (vec![("HOME", "/u")], "/u/.cache/huggingface/hub"),
        (vec![("HOME", "/u"), ("XDG_CACHE_HOME", "/x")], "/x/huggingface/hub"),
        (vec![("HOME", "/u"), ("HF_HOME", "/h")], "/h/hub"),
        (vec![("HF_HOME", "/h"), ("HF_HUB_CACHE", "/c")], "/c"),
        (vec![("HF_HOME", ""), ("HF_HUB_CACHE", ""), ("HOME", "/u")], "/u/.cache/huggingface/hub"),
        (vec![], ".cache/huggingface/hub"),
    ] {
        assert_eq!(settings(&variables).cache, Path::new(expected), "{variables:?}");
    }
}

#[test]
fn the_token_comes_from_the_variable_or_the_file() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("token"), "hf_from_file\n").unwrap();
    let path = home.path().to_str().unwrap();
    let token = |variables: &[(&str, &str)]| settings(variables).token;
    assert_eq!(token(&[("HF_HOME", path)]).as_deref(), Some("hf_from_file"));
    let both = [("HF_HOME", path), ("HF_TOKEN", " hf_from_variable ")];
    assert_eq!(token(&both).as_deref(), Some("hf_from_variable"));
    let file = format!("{path}/token");
    assert_eq!(token(&[("HF_TOKEN_PATH", &file)]).as_deref(), Some("hf_from_file"));
    assert_eq!(token(&[("HF_HOME", "/nowhere")]), None);
    let shown = format!("{:?}", settings(&both));
    assert!(!shown.contains("hf_from"), "{shown}");
}

#[test]
fn the_network_can_be_forbidden_and_the_hub_moved() {
    for (value, offline) in [("1", true), ("TRUE", true), ("on", true), ("0", false), ("", false)] {
        assert_eq!(settings(&[("HF_HUB_OFFLINE", value)]).offline, offline, "{value}");
    }
    assert_eq!(settings(&[]).endpoint, "https://huggingface.co");
    assert_eq!(settings(&[("HF_ENDPOINT", "http://mirror/")]).endpoint, "http://mirror");
}
