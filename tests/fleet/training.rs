//! Training on servers: what is asked of them, what is kept of it, and which policy drew it.
//!
//! The servers stand in for vLLM: they load the adapters that they are told of and draw from them with
//! this project's engine, so that a run comes to the same weights only if every step was drawn from the
//! adapter of that step.

use rs_grpo_files::Reader;
use rs_grpo_fleet::{AdapterFolder, Servers};
use rs_grpo_train::run::{Resume, RunEnd, RunFolder, run};
use rs_grpo_train::{
    CheckpointConfig, EvalConfig, LoraConfig, Metrics, SamplerConfig, SamplerKind, SamplerServers,
    TrainConfig, TrainContext,
};
use serde_json::json;
use std::cell::Cell;
use std::path::Path;
use std::time::Duration;
use tempfile::TempDir;
use test_support::stand_in::{Meeting, Mode, StandIn, servers};
use test_support::{countdown_model as model, pool};

/// Six prompts a step, so that three servers have some each.
pub(crate) fn small() -> TrainConfig {
    TrainConfig {
        data: "countdown:problems=40".to_owned(),
        lora: LoraConfig { rank: 4, ..LoraConfig::default() },
        sampler: SamplerConfig { kind: SamplerKind::Http, async_steps: 0 },
        learning_rate: 2e-3,
        prompts: 6,
        samples: 4,
        steps: 3,
        save: CheckpointConfig { every: 100, keep: 2 },
        ..TrainConfig::default()
    }
}

/// Runs a training on servers; `watch` is told the number of each step that is done.
pub(crate) fn train(
    folder: &Path,
    config: &TrainConfig,
    servers: Servers,
    watch: &mut (dyn FnMut(usize) + Send),
) -> Result<RunEnd, String> {
    train_until(folder, config, servers, None, watch)
}

fn train_until(
    folder: &Path,
    config: &TrainConfig,
    servers: Servers,
    stop_after: Option<usize>,
    watch: &mut (dyn FnMut(usize) + Send),
) -> Result<RunEnd, String> {
    pool(2).install(|| {
        let mut run_folder = RunFolder::open(folder, config, Resume::Auto).unwrap();
        let mut setup = TrainContext::new(config.clone(), &model()).unwrap();
        let here = folder.join("adapters");
        let adapters = AdapterFolder { there: here.clone(), here };
        setup.remote = Some(SamplerServers { servers, adapters });
        let steps = Cell::new(0);
        let stop = || stop_after.is_some_and(|after| steps.get() >= after);
        let outcome = run(&setup, &mut run_folder, &stop, &mut |report| {
            steps.set(report.step);
            watch(report.step);
        });
        outcome.map_err(|error| error.to_string())
    })
}

/// The files of the checkpoint after that many steps.
pub(crate) fn weights(folder: &Path, steps: usize) -> Vec<(String, Vec<u8>)> {
    let checkpoint = folder.join(format!("checkpoints/step-{steps:06}"));
    let mut files: Vec<_> = std::fs::read_dir(&checkpoint)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            (path.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read(path).unwrap())
        })
        .collect();
    files.sort();
    files
}

pub(crate) fn metrics(folder: &Path) -> Vec<Metrics> {
    let lines = Reader::<Metrics>::open(&folder.join("metrics.jsonl")).unwrap();
    lines.map(|line| line.unwrap()).collect()
}

/// What a run without faults on one server comes to.
pub(crate) fn clean(config: &TrainConfig) -> (TempDir, Vec<(String, Vec<u8>)>) {
    let (folder, server) = (TempDir::new().unwrap(), StandIn::start(&model()));
    let outcome = train(folder.path(), config, servers(&[&server]), &mut |_| ());
    assert_eq!(outcome, Ok(RunEnd::Done));
    let weights = weights(folder.path(), config.steps);
    (folder, weights)
}

/// Names of the policies in a folder.
fn policies(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    let names = entries.map(|name| name.to_str().unwrap().to_owned());
    names.filter(|name| name.contains("policy-")).collect()
}

/// From one seed both would begin with the same adapter, and the first would delete it for both.
#[test]
fn a_folder_of_adapters_is_for_one_run_and_keeps_nothing_of_another() {
    let (folder, server) = (TempDir::new().unwrap(), StandIn::start(&model()));
    let adapters = folder.path().join("adapters");
    std::fs::create_dir_all(adapters.join("policy-000007-5f3a90c1")).unwrap();
    std::fs::create_dir_all(adapters.join(".policy-000008")).unwrap();
    std::fs::write(adapters.join("notes.txt"), "mine").unwrap();
    let config = TrainConfig { steps: 1, ..small() };
    let mut second = Ok(RunEnd::Done);
    train(folder.path(), &config, servers(&[&server]), &mut |_| {
        let other = TempDir::new().unwrap();
        std::os::unix::fs::symlink(&adapters, other.path().join("adapters")).unwrap();
        second = train(other.path(), &config, servers(&[&server]), &mut |_| ());
    })
    .unwrap();
    let error = second.unwrap_err();
    assert!(error.contains("another run publishes its adapters there"), "{error}");
    assert_eq!(policies(&adapters).len(), 1);
    assert!(adapters.join("notes.txt").exists());
}

#[test]
fn every_step_is_drawn_from_an_adapter_of_its_own() {
    let (folder, server) = (TempDir::new().unwrap(), StandIn::start(&model()));
    let config = small();
    train(folder.path(), &config, servers(&[&server]), &mut |_| ()).unwrap();
    let loaded = server.names("/v1/load_lora_adapter");
    // Before the first step there is the untouched adapter, and after the last no one asks.
    let numbers: Vec<&str> = loaded.iter().map(|name| &name[..13]).collect();
    assert_eq!(numbers, ["policy-000000", "policy-000001", "policy-000002"]);
    assert_eq!(server.names("/v1/unload_lora_adapter"), loaded[..2]);
    let completions: Vec<_> =
        server.asked().into_iter().filter(|asked| asked.path == "/v1/completions").collect();
    assert_eq!(completions.len(), 18, "one request for each prompt");
    for (at, asked) in completions.iter().enumerate() {
        assert_eq!(asked.body["model"], loaded[at / 6]);
        assert_eq!((&asked.body["n"], &asked.body["logprobs"]), (&json!(4), &json!(0)));
        assert!(asked.body["prompt"].as_array().unwrap().iter().all(|token| token.is_u64()));
        // vLLM fills what is missing from the model's generation_config.json.
        for field in ["temperature", "top_p", "top_k", "min_p", "repetition_penalty", "seed"] {
            assert!(asked.body[field].is_number(), "{field}");
        }
    }
    // The folders of policies that no one has any more are gone.
    assert_eq!(policies(&folder.path().join("adapters")), loaded[2..]);
    for line in metrics(folder.path()) {
        let number = |name: &str| line.get(name).copied();
        assert_eq!(number("sampling/staleness/max"), Some(0.0));
        assert_eq!(number("sampling/refused"), Some(0.0));
        assert_eq!(number("sampling/repeated"), Some(0.0));
        assert_eq!(number("sampling/servers_alive"), Some(1.0));
        assert_eq!(number("entropy"), None, "servers do not tell");
        // The server's log-probabilities are those of the trainer, up to rounding.
        assert!(number("sampling/sampling_logp_difference/max").unwrap() < 1e-3);
        assert!(number("reward").is_some());
    }
    let samples = std::fs::read_to_string(folder.path().join("samples.jsonl")).unwrap();
    assert!(samples.lines().all(|line| line.contains("\"policy\":")), "{samples}");
}

/// Three servers, of which one is slower, so that answers come in another order.
#[test]
fn which_server_answers_when_changes_no_bit() {
    let config = small();
    let (_folder, expected) = clean(&config);
    let three = [0, 1, 2].map(|_| StandIn::start(&model()));
    for (server, pause) in three.iter().zip([60, 20, 40]) {
        server.set(Mode::Slow(Duration::from_millis(pause)));
    }
    // One server takes no more than four of six requests at a time, so that a second is asked.
    let meeting = Meeting::of(2);
    three.iter().for_each(|server| server.meet(&meeting, true));
    let folder = TempDir::new().unwrap();
    train(folder.path(), &config, servers(&three.each_ref()), &mut |_| ()).unwrap();
    assert!(three.iter().filter(|server| server.answered() > 0).count() > 1, "they share the work");
    assert_eq!(three.iter().map(StandIn::answered).sum::<usize>(), 18);
    assert!(weights(folder.path(), 3) == expected);
}

#[test]
fn a_run_goes_on_with_other_servers_to_the_last_bit() {
    let config = small();
    let (_folder, expected) = clean(&config);
    let folder = TempDir::new().unwrap();
    let (first, second) = (StandIn::start(&model()), StandIn::start(&model()));
    let stopped = train_until(folder.path(), &config, servers(&[&first]), Some(2), &mut |_| ());
    assert_eq!(stopped, Ok(RunEnd::Stopped));
    train(folder.path(), &config, servers(&[&second]), &mut |_| ()).unwrap();
    assert!(weights(folder.path(), 3) == expected);
    assert_eq!((first.answered(), second.answered()), (12, 6));
}

#[test]
fn drawing_ahead_is_a_step_old_and_goes_on_where_it_ended() {
    let config = TrainConfig { steps: 4, ..small() }.drawn_ahead(1);
    assert_eq!(config.importance_cap, 2.0);
    let (folder, server) = (TempDir::new().unwrap(), StandIn::start(&model()));
    train(folder.path(), &config, servers(&[&server]), &mut |_| ()).unwrap();
    let ages: Vec<f64> =
        metrics(folder.path()).iter().map(|line| line["sampling/staleness/mean"]).collect();
    assert_eq!(ages, [0.0, 1.0, 1.0, 1.0]);
    assert_eq!(server.answered(), 24, "nothing is drawn for a step that there is not");
    // The policy before is another: the correction has something to do.
    let differences: Vec<f64> = metrics(folder.path())
        .iter()
        .map(|line| line["sampling/sampling_logp_difference/max"])
        .collect();
    assert!(differences[0] < 1e-3 && differences[1..].iter().all(|d| *d > 1e-3), "{differences:?}");
    // The same again comes to the same.
    let (again, other) = (TempDir::new().unwrap(), StandIn::start(&model()));
    train(again.path(), &config, servers(&[&other]), &mut |_| ()).unwrap();
    assert!(weights(again.path(), 4) == weights(folder.path(), 4));
    // What was drawn ahead is drawn again, from the policy as it is by then.
    let parts = TempDir::new().unwrap();
    let stopped = train_until(parts.path(), &config, servers(&[&server]), Some(2), &mut |_| ());
    assert_eq!(stopped, Ok(RunEnd::Stopped));
    train(parts.path(), &config, servers(&[&server]), &mut |_| ()).unwrap();
    let lines = metrics(parts.path());
    let ages: Vec<f64> = lines.iter().map(|line| line["sampling/staleness/mean"]).collect();
    assert_eq!(ages, [0.0, 1.0, 0.0, 1.0]);
    // Each problem came up as often as it would have: the place in the data is right.
    assert_eq!(lines[1]["num_tokens"], metrics(folder.path())[1]["num_tokens"]);
}

#[test]
fn evaluations_go_to_the_servers_too() {
    let eval = EvalConfig { every: 1, problems: 3, samples: 4 };
    let config = TrainConfig { eval, steps: 2, ..small() };
    let (folder, server) = (TempDir::new().unwrap(), StandIn::start(&model()));
    train(folder.path(), &config, servers(&[&server]), &mut |_| ()).unwrap();
    assert_eq!(server.answered(), 2 * (6 + 3));
    let lines = metrics(folder.path());
    assert!(lines.iter().all(|line| line.contains_key("eval/pass@4")));
    assert!(lines.iter().all(|line| !line.contains_key("eval/entropy")), "servers do not tell");
}

/// How the requests are shared out is tested where it is decided, in `fleet/state.rs`.
#[test]
fn servers_get_all_requests_once_and_none_gets_too_many() {
    let two = [0, 1].map(|_| StandIn::start(&model()));
    let config = TrainConfig { prompts: 30, samples: 2, steps: 2, ..small() };
    let folder = TempDir::new().unwrap();
    train(folder.path(), &config, servers(&two.each_ref()), &mut |_| ()).unwrap();
    assert_eq!(two.iter().map(StandIn::answered).sum::<usize>(), 60);
    assert!(two.iter().all(|server| server.most_running() <= 4));
}

#[test]
fn settings_of_servers_that_do_not_fit_are_refused() {
    let with = |text: &str| {
        let table = text.parse().unwrap();
        TrainConfig::default().with(table, Path::new("run.toml")).unwrap().check()
    };
    let http = "[sampler]\nkind = \"http\"";
    let full = with(http).unwrap_err().to_string();
    assert!(full.contains("--lora rank=32"), "{full}");
    let ahead = format!("{http}\nasync_steps = 1\n[lora]\nrank = 4");
    let uncorrected = with(&ahead).unwrap_err().to_string();
    assert!(uncorrected.contains("importance-cap is 0; allowed: at least 1"), "{uncorrected}");
    with(&format!("importance_cap = 2\n{ahead}")).unwrap();
    let further = ["kind = \"http\"\nasync_steps = 2", "async_steps = 1"];
    let further = further.map(|keys| with(&format!("[sampler]\n{keys}")).unwrap_err().to_string());
    let unknown = "grpc".parse::<SamplerConfig>().unwrap_err().to_string();
    for error in further.iter().chain([&unknown]) {
        assert!(error.contains("local, http or http:async_steps=1"), "{error}");
    }
    for text in ["local", "http", "http:async_steps=1"] {
        assert_eq!(text.parse::<SamplerConfig>().unwrap().to_string(), text);
    }
    let twice = Servers::new("http://a:1,http://a:1/v1").unwrap_err().to_string();
    assert!(twice.contains("each server once"), "{twice}");
    // Without servers, nothing begins.
    let setup = TrainContext::new(small(), &model()).unwrap();
    let error = rs_grpo_train::Trainer::new(&setup).err().unwrap().to_string();
    assert!(error.contains("the servers of --sampler http"), "{error}");
}
