//! What the client sends and reads, held against vLLM's own classes.
//!
//! `fixtures/vllm/schema.json` has the JSON schemas of vLLM's request and response classes,
//! `answer.json` an answer of its server; both are made by the scripts beside them. vLLM ignores fields
//! that it does not know, so a field that it renames would be lost without a word but for these tests.

use crate::training;
use rs_grpo_engine::generate::{SamplingParams, TextEvent, TextRequest, TextSample, TextSampler};
use rs_grpo_fleet::endpoint::{Endpoint, EndpointSampler};
use rs_grpo_train::TrainConfig;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::LazyLock;
use tempfile::TempDir;
use test_support::endpoint_server::{Fault, Server};
use test_support::stand_in::StandIn;

static SCHEMAS: LazyLock<Value> = LazyLock::new(|| {
    serde_json::from_str(include_str!("fixtures/vllm/schema.json")).expect("JSON")
});

/// An answer of vLLM to two samples of an adapter, one of which ends with a stop token.
pub(crate) const ANSWER: &str = include_str!("fixtures/vllm/answer.json");

/// Panics unless vLLM's class of this name knows every field of a value, and allows what is in it.
#[track_caller]
pub(crate) fn hold(class: &str, value: &Value) {
    let root = &SCHEMAS[class];
    assert!(root.is_object(), "no class {class} in schema.json");
    if let Err(problem) = check(root, root, value) {
        panic!("vLLM {}: {class}{problem}\n{value:#}", SCHEMAS["vllm"]);
    }
}

/// What is wrong with a value, and where; a keyword that is not known here is wrong too, so that none
/// is passed over.
fn check(root: &Value, schema: &Value, value: &Value) -> Result<(), String> {
    for (keyword, rule) in schema.as_object().expect("an object") {
        match keyword.as_str() {
            "$ref" => {
                let place = rule.as_str().and_then(|text| text.strip_prefix('#')).expect("a place");
                check(root, root.pointer(place).expect("a definition"), value)?;
            }
            "anyOf" => any(root, rule, value)?,
            "type" => kind(rule, value)?,
            "const" if rule == value => {}
            "enum" if rule.as_array().is_some_and(|allowed| allowed.contains(value)) => {}
            "const" | "enum" => return Err(format!(" is {value}; allowed: {rule}")),
            "minimum" if value.as_f64() >= rule.as_f64() => {}
            "maximum" if value.as_f64() <= rule.as_f64() => {}
            "minimum" | "maximum" => return Err(format!(" is {value}; its {keyword} is {rule}")),
            "items" => items(root, rule, value)?,
            "properties" => properties(root, schema, value)?,
            "required" => required(rule, value)?,
            "additionalProperties" => {}
            "default" | "$defs" => {}
            // Of texts that are never sent.
            "minLength" | "maxLength" | "maxItems" | "format" | "discriminator" => {}
            other => panic!("schema.json has the keyword {other}, which is not known here"),
        }
    }
    Ok(())
}

fn any(root: &Value, rules: &Value, value: &Value) -> Result<(), String> {
    let rules = rules.as_array().expect("a list");
    let results: Vec<_> = rules.iter().map(|rule| check(root, rule, value)).collect();
    if results.iter().any(Result::is_ok) {
        return Ok(());
    }
    // What is wrong inside says more than that there is another type.
    let mut problems: Vec<String> = results.into_iter().filter_map(Result::err).collect();
    problems.sort_by_key(|problem| problem.starts_with(" is a"));
    Err(problems.swap_remove(0))
}

fn kind(rule: &Value, value: &Value) -> Result<(), String> {
    let found = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    match rule.as_str() {
        Some(wanted) if wanted == found || (wanted, found) == ("number", "integer") => Ok(()),
        _ => Err(format!(" is a value of type {found}; allowed: {rule}")),
    }
}

fn items(root: &Value, rule: &Value, value: &Value) -> Result<(), String> {
    for (i, item) in value.as_array().into_iter().flatten().enumerate() {
        check(root, rule, item).map_err(|problem| format!("[{i}]{problem}"))?;
    }
    Ok(())
}

/// Classes that allow further fields ignore them: here, they are wrong.
fn properties(root: &Value, schema: &Value, value: &Value) -> Result<(), String> {
    for (name, value) in value.as_object().into_iter().flatten() {
        let rule = schema["properties"].get(name).ok_or(format!(" knows no field {name}"))?;
        check(root, rule, value).map_err(|problem| format!(".{name}{problem}"))?;
    }
    Ok(())
}

fn required(names: &Value, value: &Value) -> Result<(), String> {
    let Some(fields) = value.as_object() else { return Ok(()) };
    let mut names = names.as_array().into_iter().flatten().filter_map(Value::as_str);
    match names.find(|name| !fields.contains_key(*name)) {
        Some(missing) => Err(format!(" needs the field {missing}")),
        None => Ok(()),
    }
}

/// One sample by the client of evaluations.
fn sample(server: &Server) -> Result<TextSample, String> {
    let mut endpoint = Endpoint::new(&server.url, "base").map_err(|error| error.to_string())?;
    endpoint.servers.retries = 0;
    let params = SamplingParams {
        temperature: 0.6,
        top_p: 0.95,
        max_tokens: 40,
        stop_strings: vec!["\n\n".to_owned()],
        ..SamplingParams::default()
    };
    let (prompts, mut note, mut drawn) = (["1 2".to_owned()], |_: &str| (), None);
    let mut sampler = EndpointSampler::new(&endpoint, &prompts, &params, &mut note)
        .map_err(|error| error.to_string())?;
    let request = TextRequest { prompt: 0, samples: 1, first_sample: 0 };
    let result = sampler.sample(&[request], &mut |event| {
        if let TextEvent::Finished(_, sample) = event {
            drawn = Some(sample);
        }
        true
    });
    result.map_err(|error| error.to_string())?;
    drawn.ok_or("no sample".to_owned())
}

#[test]
fn an_evaluation_sends_what_vllm_knows() {
    let server = Server::start();
    sample(&server).unwrap();
    let asked = server.asked();
    assert_eq!(asked.len(), 1);
    hold("CompletionRequest", &asked[0].body);
}

#[test]
fn a_training_sends_what_vllm_knows() {
    let (folder, server) =
        (TempDir::new().unwrap(), StandIn::start(&test_support::countdown_model()));
    let config = TrainConfig { steps: 2, ..training::small() };
    training::train(
        folder.path(),
        &config,
        test_support::stand_in::servers(&[&server]),
        &mut |_| (),
    )
    .unwrap();
    let mut held = BTreeSet::new();
    for asked in server.asked() {
        let class = match &*asked.path {
            "/v1/completions" => "CompletionRequest",
            "/v1/load_lora_adapter" => "LoadLoRAAdapterRequest",
            "/v1/unload_lora_adapter" => "UnloadLoRAAdapterRequest",
            _ => continue,
        };
        hold(class, &asked.body);
        held.insert(class);
    }
    assert_eq!(held.len(), 3, "{held:?}");
}

/// vLLM's own answer, and each of its two samples as the answer to one.
#[test]
fn an_evaluation_reads_what_vllm_answers() {
    let answer: Value = serde_json::from_str(ANSWER).unwrap();
    hold("CompletionResponse", &answer);
    // As vLLM's server gave them: tokens of the choices, and why they ended.
    let expected = [(6, false), (40, true)];
    for (i, (tokens, truncated)) in expected.into_iter().enumerate() {
        let choice = &answer["choices"][i];
        assert_eq!(choice["token_ids"].as_array().map(Vec::len), Some(tokens));
        let mut one = answer.clone();
        one["choices"] = json!([choice]);
        one["usage"]["completion_tokens"] = json!(tokens);
        let server = Server::start();
        server.fail([Fault::Answer(one.to_string())]);
        let sample = sample(&server).unwrap();
        assert_eq!(sample.text, choice["text"].as_str().unwrap());
        assert_eq!((sample.tokens, sample.truncated), (Some(tokens), truncated));
    }
}

/// The tests above would fail if vLLM had other names or types: a changed request is refused, each for
/// its reason.
#[test]
fn what_vllm_does_not_know_is_found() {
    let root = |class: &str| &SCHEMAS[class];
    let problem = |class: &str, value: Value| check(root(class), root(class), &value).unwrap_err();
    let request = |field: &str, value: Value| json!({"model": "m", "prompt": [1, 2], field: value});
    let cases = [
        (request("max_token", json!(1)), " knows no field max_token"),
        (request("max_tokens", json!("1")), ".max_tokens is a value of type string"),
        (request("seed", json!(u64::MAX)), ".seed is 18446744073709551615; its maximum is"),
        (request("stop_token_ids", json!(["a"])), ".stop_token_ids[0] is a value of type string"),
        (request("prompt", json!([-1])), ".prompt[0] is -1; its minimum is 0"),
        (request("return_token_ids", json!(1)), ".return_token_ids is a value of type integer"),
        (request("logprobs", json!(0.5)), ".logprobs is a value of type number"),
    ];
    for (request, expected) in cases {
        let found = problem("CompletionRequest", request);
        assert!(found.starts_with(expected), "{found}; expected {expected}");
    }
    let load = json!({"lora_name": "policy-000001", "path": "/adapters/policy-000001"});
    assert_eq!(problem("LoadLoRAAdapterRequest", load), " knows no field path");
    let load = json!({"lora_name": "policy-000001"});
    assert_eq!(problem("LoadLoRAAdapterRequest", load), " needs the field lora_path");
    let mut answer: Value = serde_json::from_str(ANSWER).unwrap();
    let choice = answer["choices"][0].as_object_mut().unwrap();
    let moved = choice.remove("token_ids").unwrap();
    choice.insert("output_ids".to_owned(), moved);
    assert_eq!(problem("CompletionResponse", answer), ".choices[0] knows no field output_ids");
}
