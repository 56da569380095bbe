//! What goes wrong with servers in the middle of a step, and that nothing of it reaches the weights.

use crate::training::{clean, metrics, small, train, weights};
use rs_grpo_engine::checkpoint::Checkpoint;
use rs_grpo_train::run::RunEnd;
use rs_grpo_train::{Metrics, TrainConfig};
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;
use tempfile::TempDir;
use test_support::countdown_model as model;
use test_support::stand_in::servers;
use test_support::stand_in::{Meeting, Mode, StandIn};

fn total(lines: &[Metrics], name: &str) -> f64 {
    lines.iter().map(|line| line[name]).sum()
}

/// How many completions each step learned from: those of its prompts, once each.
fn drawn(folder: &Path) -> Vec<f64> {
    metrics(folder).iter().map(|line| line["num_tokens"]).collect()
}

/// One request at a time to each server, and the good one answers none before the three others have been
/// asked: each of them gets a request, and there is one more of six for that which dies at its second.
#[test]
fn one_dies_one_stalls_and_one_talks_nonsense_in_one_step() {
    let config = TrainConfig { steps: 4, ..small() };
    let (clean_folder, expected) = clean(&config);
    let faults = [
        [Mode::DiesAfter(1), Mode::Stalls, Mode::Garbage("{\"choices\":[".to_owned())],
        [Mode::Garbage("<html>".to_owned()), Mode::DiesAfter(0), Mode::Stalls],
    ];
    for modes in faults {
        let mut three = [0, 1, 2].map(|_| StandIn::start(&model()));
        let fourth = StandIn::start(&model());
        let meeting = Meeting::of(4);
        three.iter().for_each(|server| server.meet(&meeting, false));
        let folder = TempDir::new().unwrap();
        let mut settings = servers(&[&three[0], &three[1], &three[2], &fourth]);
        (settings.concurrency, settings.hedge_after) = (1, Duration::from_millis(500));
        let outcome = train(folder.path(), &config, settings, &mut |step| {
            // After the first step all goes wrong, and after the second all is well again.
            if step == 1 {
                meeting.begin_anew();
                fourth.meet(&meeting, true);
            }
            for (server, mode) in three.iter_mut().zip(&modes) {
                match step {
                    1 => server.set(mode.clone()),
                    2 if server.is_down() => server.come_back(),
                    2 => server.set(Mode::Well),
                    _ => {}
                }
            }
        });
        assert_eq!(outcome, Ok(RunEnd::Done), "{modes:?}");
        assert!(weights(folder.path(), 4) == expected, "{modes:?}");
        assert_eq!(drawn(folder.path()), drawn(clean_folder.path()));
        let lines = metrics(folder.path());
        assert!(total(&lines, "sampling/refused") >= 4.0, "{lines:?}");
        assert!(total(&lines, "sampling/repeated") >= 3.0, "{lines:?}");
    }
}

/// A good answer but for one field is not taken, and is counted; the prompt is asked elsewhere.
#[test]
fn answers_that_are_not_what_was_asked_for_are_refused_and_counted() {
    let config = TrainConfig { steps: 1, ..small() };
    let (_folder, expected) = clean(&config);
    let cases = [
        ("/model", json!("policy-000000")),
        ("/model", Value::Null),
        ("/choices", json!([])),
        ("/choices/1/index", json!(0)),
        ("/choices/0/token_ids/0", json!(1_000_000)),
        ("/choices/0/token_ids/0", json!(-1)),
        ("/choices/0/token_ids", Value::Null),
        ("/choices/0/token_ids", json!([])),
        ("/choices/2/logprobs", Value::Null),
        ("/choices/2/logprobs/token_logprobs", json!([-0.5])),
        ("/choices/2/logprobs/token_logprobs/0", json!(0.5)),
        ("/choices/2/logprobs/token_logprobs/0", Value::Null),
        ("/choices/3/finish_reason", json!("abort")),
        (
            "/choices/3",
            json!({
                "index": 3,
                "token_ids": [1],
                "logprobs": { "token_logprobs": [-1.0] },
                "finish_reason": "length",
            }),
        ),
    ];
    for (place, value) in cases {
        let (wrong, right) = (StandIn::start(&model()), StandIn::start(&model()));
        wrong.set(Mode::Changed(place.to_owned(), value.clone()));
        let meeting = Meeting::of(2);
        wrong.meet(&meeting, false);
        right.meet(&meeting, true);
        let folder = TempDir::new().unwrap();
        let outcome = train(folder.path(), &config, servers(&[&wrong, &right]), &mut |_| ());
        assert_eq!(outcome, Ok(RunEnd::Done), "{place} {value}");
        let refused = metrics(folder.path())[0]["sampling/refused"];
        assert!(refused >= 4.0 && refused % 4.0 == 0.0, "{place} {value}: {refused}");
        assert!(weights(folder.path(), 1) == expected, "{place} {value}");
    }
}

/// A server that never gets beyond the first policy is found out by the name that it answers for.
#[test]
fn samples_of_an_old_policy_are_never_trained_on() {
    let config = small();
    let (_folder, expected) = clean(&config);
    let (stale, right) = (StandIn::start(&model()), StandIn::start(&model()));
    stale.set(Mode::Stale);
    let meeting = Meeting::of(2);
    stale.meet(&meeting, false);
    right.meet(&meeting, true);
    let folder = TempDir::new().unwrap();
    let mut anew = |_| meeting.begin_anew();
    train(folder.path(), &config, servers(&[&stale, &right]), &mut anew).unwrap();
    assert!(weights(folder.path(), 3) == expected);
    let refused: Vec<f64> =
        metrics(folder.path()).iter().map(|line| line["sampling/refused"]).collect();
    // In the first step the first policy is the right one.
    assert_eq!(refused[0], 0.0);
    assert!(refused[1] >= 4.0, "{refused:?}");
    // Alone, it ends the run.
    let alone = StandIn::start(&model());
    alone.set(Mode::Stale);
    let mut settings = servers(&[&alone]);
    settings.retries = 2;
    let folder = TempDir::new().unwrap();
    let error = train(folder.path(), &config, settings, &mut |_| ()).unwrap_err();
    assert!(error.contains("it answered for \"policy-000000-"), "{error}");
    assert!(error.contains("3 attempts") && error.contains("step-000001"), "{error}");
}

#[test]
fn a_server_that_comes_back_gets_the_adapter_before_prompts() {
    let config = TrainConfig { steps: 4, ..small() };
    let (_folder, expected) = clean(&config);
    let (mut lost, steady) = (StandIn::start(&model()), StandIn::start(&model()));
    let folder = TempDir::new().unwrap();
    let meeting = Meeting::of(2);
    train(folder.path(), &config, servers(&[&lost, &steady]), &mut |step| match step {
        1 => lost.kill(),
        // From now on a step ends only when both were asked.
        2 => {
            lost.come_back();
            lost.meet(&meeting, false);
            steady.meet(&meeting, true);
        }
        3 => meeting.begin_anew(),
        _ => {}
    })
    .unwrap();
    assert!(weights(folder.path(), 4) == expected);
    let loaded: Vec<String> =
        lost.names("/v1/load_lora_adapter").iter().map(|name| name[..13].to_owned()).collect();
    assert_eq!(loaded.first().map(String::as_str), Some("policy-000000"));
    assert!(loaded.contains(&"policy-000003".to_owned()), "{loaded:?}");
    let alive: Vec<f64> =
        metrics(folder.path()).iter().map(|line| line["sampling/servers_alive"]).collect();
    assert_eq!((alive[1], alive[3]), (1.0, 2.0), "{alive:?}");
    // Since it is back, every prompt it got was for an adapter that it had been given.
    let asked = lost.asked();
    let at = |name: &Value| {
        asked.iter().position(|asked| {
            asked.path == "/v1/load_lora_adapter" && asked.body["lora_name"] == *name
        })
    };
    for (place, prompt) in asked.iter().enumerate().filter(|(_, a)| a.path == "/v1/completions") {
        assert!(at(&prompt.body["model"]).is_some_and(|load| load < place), "{prompt:?}");
    }
}

#[test]
fn without_any_server_a_run_stops_and_goes_on_from_where_it_was() {
    let config = small();
    let (_folder, expected) = clean(&config);
    let mut two = [StandIn::start(&model()), StandIn::start(&model())];
    let folder = TempDir::new().unwrap();
    let mut settings = servers(&two.each_ref());
    settings.patience = Duration::from_secs(4);
    let error = train(folder.path(), &config, settings, &mut |step| {
        if step == 2 {
            two.iter().for_each(StandIn::kill);
        }
    })
    .unwrap_err();
    for part in [&two[0].url(), &two[1].url(), "no server was available", "--resume auto"] {
        assert!(error.contains(part), "{part} is not in: {error}");
    }
    // The two steps that were done are not lost.
    assert!(error.contains("checkpoints/step-000002"), "{error}");
    Checkpoint::open(&model()).unwrap();
    two.iter_mut().for_each(StandIn::come_back);
    train(folder.path(), &config, servers(&two.each_ref()), &mut |_| ()).unwrap();
    assert!(weights(folder.path(), 3) == expected);
}

/// The files are on their way: the server is asked again until it has them.
#[test]
fn a_folder_that_is_not_there_yet_is_waited_for() {
    use rs_grpo_engine::generate::{Request, Sampler, SamplingParams};
    use rs_grpo_engine::text::Tokenizer;
    use rs_grpo_fleet::{AdapterFolder, FleetSampler};
    let server = StandIn::start(&model());
    let source = TempDir::new().unwrap();
    let config = TrainConfig { steps: 1, ..small() };
    train(source.path(), &config, servers(&[&server]), &mut |_| ()).unwrap();
    let adapter = source.path().join("checkpoints/step-000001");
    let (here, there) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let folder = AdapterFolder { here: here.path().to_owned(), there: there.path().join("pulled") };
    let tokenizer = Tokenizer::from_folder(&model()).unwrap();
    let limits = (tokenizer.vocab_size(), 256);
    let settings = servers(&[&server]);
    let mut sampler = FleetSampler::new(settings, folder, &tokenizer, limits).unwrap();
    sampler
        .publish(7, |folder| {
            for name in ["adapter_config.json", "adapter_model.safetensors"] {
                std::fs::copy(adapter.join(name), folder.join(name)).unwrap();
            }
            Ok(())
        })
        .unwrap();
    let (from, to) = (here.path().to_owned(), there.path().join("pulled"));
    let request = Request { prompt: vec![1, 2, 3], samples: 3, first_sample: 5 };
    let params = SamplingParams { max_tokens: 4, ..SamplingParams::default() };
    let before = server.names("/v1/load_lora_adapter").len();
    let samples = std::thread::scope(|scope| {
        // Not before the server has been asked in vain three times.
        scope.spawn(|| {
            while server.names("/v1/load_lora_adapter").len() < before + 3 {
                std::thread::sleep(Duration::from_millis(5));
            }
            std::fs::rename(from, to).unwrap();
        });
        sampler.sample(&[request], &params, &mut |_| ()).unwrap()
    });
    assert_eq!(samples[0].iter().map(|sample| sample.index).collect::<Vec<_>>(), [5, 6, 7]);
    assert!(samples[0].iter().all(|sample| sample.policy == Some(7)));
    assert!(server.names("/v1/load_lora_adapter").len() > before + 3, "asked again");
    assert!(server.adapters().iter().any(|name| name.starts_with("policy-000007-")));
}
