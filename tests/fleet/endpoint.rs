//! Evaluation by a model that a server has: what is asked, what is repeated, what is kept.
//!
//! The server answers with a function of prompt and seed, so that every sample is known in advance.

use rs_grpo_engine::generate::{SamplingParams, TextEvent, TextRequest, TextSample, TextSampler};
use rs_grpo_fleet::endpoint::{Endpoint, EndpointSampler, Protocol};
use rs_grpo_grade::Grader;
use rs_grpo_train::data::{Gold, Problem};
use rs_grpo_train::evaluate::{EvalReport, Evaluation, Statistic, evaluate};
use rs_grpo_train::reward::Reward;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;
use tempfile::TempDir;
use test_support::endpoint_server::{Asked, Fault, Server, completion, prompt};

fn endpoint(server: &Server) -> Endpoint {
    let mut endpoint = Endpoint::new(&server.url, "served").unwrap();
    (endpoint.servers.concurrency, endpoint.servers.retries) = (4, 3);
    (endpoint.servers.timeout, endpoint.servers.pause) =
        (Duration::from_secs(60), Duration::from_millis(10));
    endpoint
}

/// The same, with that many requests at a time.
fn crowd(server: &Server, concurrency: usize) -> Endpoint {
    let mut endpoint = endpoint(server);
    endpoint.servers.concurrency = concurrency;
    endpoint
}

const PROMPTS: [&str; 3] = ["one", "three", "fifteen"];

/// The samples by prompt and index, and how many requests were repeated.
type Drawn = (BTreeMap<(usize, usize), TextSample>, usize, Result<(), String>);

fn draw(endpoint: &Endpoint, samples: usize, params: &SamplingParams) -> Drawn {
    let prompts = PROMPTS.map(str::to_owned);
    let (mut drawn, mut repeats) = (BTreeMap::new(), 0);
    let mut note = |_: &str| repeats += 1;
    let mut sampler = EndpointSampler::new(endpoint, &prompts, params, &mut note).unwrap();
    let request = |prompt| TextRequest { prompt, samples, first_sample: 5 };
    let requests: Vec<TextRequest> = (0..PROMPTS.len()).map(request).collect();
    let result = sampler.sample(&requests, &mut |event| {
        if let TextEvent::Finished(prompt, sample) = event {
            assert!(drawn.insert((prompt, sample.index), sample).is_none(), "a sample came twice");
        }
        true
    });
    (drawn, repeats, result.map_err(|error| error.to_string()))
}

fn seeds(asked: &[Asked]) -> BTreeSet<(String, u64)> {
    asked.iter().map(|asked| (prompt(&asked.body), asked.body["seed"].as_u64().unwrap())).collect()
}

#[test]
fn every_sample_is_a_request_with_a_seed_of_its_own() {
    let server = Server::start();
    let params = SamplingParams {
        temperature: 0.7,
        top_p: 0.9,
        max_tokens: 50,
        seed: 3,
        ..SamplingParams::default()
    };
    let (drawn, repeats, result) = draw(&endpoint(&server), 4, &params);
    result.unwrap();
    let asked = server.asked();
    assert_eq!((drawn.len(), asked.len(), repeats), (12, 12, 0));
    assert_eq!(seeds(&asked).len(), 12, "no seed twice");
    for ((_, index), sample) in &drawn {
        assert!((5..9).contains(index));
        assert_eq!((sample.tokens, sample.entropy), (Some(sample.text.len()), None));
    }
    let texts: BTreeSet<_> = drawn.values().map(|sample| sample.text.clone()).collect();
    let expected: BTreeSet<_> =
        seeds(&asked).iter().map(|(text, seed)| completion(text, *seed)).collect();
    assert_eq!(texts, expected);
    let body = &asked[0].body;
    assert_eq!((asked[0].path.as_str(), &body["model"]), ("/v1/completions", &"served".into()));
    // f32 as it was typed, not 0.699999988079071.
    assert_eq!(body["temperature"].to_string(), "0.7");
    assert_eq!(body["top_p"].to_string(), "0.9");
    assert_eq!(body["max_tokens"], 50);
    assert_eq!(body["stream"], false);
    assert!(!asked[0].headers.contains_key("authorization"));
    // The same again: the seeds depend on seed, prompt and index alone.
    let again = draw(&crowd(&server, 1), 4, &params);
    assert_eq!((again.0, seeds(&server.asked())), (drawn, seeds(&asked)));
    let (other, ..) = draw(&endpoint(&server), 4, &SamplingParams { seed: 4, ..params });
    assert_eq!(other.len(), 12);
    assert!(seeds(&server.asked()).is_disjoint(&seeds(&asked)));
}

#[test]
fn conversations_go_by_the_other_path() {
    let server = Server::start();
    server.without_usage();
    let mut chat = endpoint(&server);
    chat.protocol = Protocol::Chat;
    let (drawn, _, result) = draw(&chat, 1, &SamplingParams::default());
    result.unwrap();
    let asked = server.asked();
    assert_eq!(asked[0].path, "/v1/chat/completions");
    assert_eq!(asked[0].body["messages"][0]["role"], "user");
    assert!(asked[0].body.get("prompt").is_none());
    assert_eq!(drawn[&(2, 5)].text.split(' ').next(), Some("7"), "fifteen has seven letters");
    assert_eq!(drawn[&(2, 5)].tokens, None, "a server that does not count tokens");
}

#[test]
fn what_passes_is_repeated() {
    let server = Server::start();
    let faults = [
        Fault::Status(429, None),
        Fault::Status(500, None),
        Fault::Status(503, None),
        Fault::Drop,
        Fault::Cut,
        Fault::Half,
        Fault::Choices(0),
        Fault::Choices(2),
        Fault::Finish("abort"),
    ];
    let (clean, ..) = draw(&endpoint(&server), 4, &SamplingParams::default());
    let known = seeds(&server.asked());
    for fault in faults {
        server.fail([fault.clone()]);
        let (drawn, repeats, result) = draw(&endpoint(&server), 4, &SamplingParams::default());
        assert_eq!(result, Ok(()), "{fault:?}");
        assert_eq!((drawn == clean, repeats), (true, 1), "{fault:?}");
        let asked = server.asked();
        assert_eq!(
            (asked.len(), seeds(&asked)),
            (13, known.clone()),
            "{fault:?}: the same seed again"
        );
    }
}

/// A machine that is busy may be late with other answers, too.
#[test]
fn what_takes_too_long_is_repeated() {
    let server = Server::start();
    let (clean, ..) = draw(&endpoint(&server), 4, &SamplingParams::default());
    let known = seeds(&server.asked());
    server.fail([Fault::Hang]);
    let mut hasty = endpoint(&server);
    (hasty.servers.timeout, hasty.servers.retries) = (Duration::from_secs(1), 100);
    let (drawn, repeats, result) = draw(&hasty, 4, &SamplingParams::default());
    assert_eq!((result, drawn == clean), (Ok(()), true));
    assert!(repeats >= 1);
    let asked = server.asked();
    assert_eq!((asked.len() > 12, seeds(&asked)), (true, known), "the same seeds again");
}

#[test]
fn a_sample_that_ends_for_want_of_room_says_so() {
    let server = Server::start();
    server.poison("three", Fault::Finish("length"));
    let (drawn, _, result) = draw(&endpoint(&server), 1, &SamplingParams::default());
    result.unwrap();
    let truncated: Vec<bool> = drawn.values().map(|sample| sample.truncated).collect();
    assert_eq!(truncated, [false, true, false]);
}

#[test]
fn a_server_is_given_the_time_it_asks_for() {
    let server = Server::start();
    // A date that has passed asks for nothing. Taken for a long time, it would be 10 minutes.
    for (asks, seconds) in [("1", 1.0), ("Sun, 06 Nov 1994 08:49:37 GMT", 0.0), ("soon", 0.0)] {
        server.fail([Fault::Status(429, Some(asks))]);
        draw(&crowd(&server, 1), 1, &SamplingParams::default()).2.unwrap();
        let asked = server.asked();
        let waited = (asked[1].at - asked[0].at).as_secs_f64();
        assert!((seconds..300.0).contains(&waited), "{asks}: {waited}");
    }
}

#[test]
fn what_does_not_pass_ends_the_sampling_and_keeps_the_rest() {
    let server = Server::start();
    let cases = [
        (Fault::Status(400, None), "answered 400: no"),
        (Fault::Status(401, None), "OPENAI_API_KEY"),
        (Fault::Status(404, None), "is the model served there"),
        (Fault::Status(307, None), "give the address that it moved to"),
        (Fault::Status(503, None), "answered 503: no, Bearer [key] (4 attempts)"),
        (Fault::Choices(0), "0 choices; 1 was asked for (4 attempts)"),
    ];
    for (fault, message) in cases {
        server.poison("three", fault.clone());
        let mut asker = endpoint(&server);
        (asker.servers.concurrency, asker.servers.key) = (1, Some("sk-secret".to_owned()));
        let (drawn, _, result) = draw(&asker, 2, &SamplingParams::default());
        let error = result.unwrap_err();
        assert!(
            error.contains(message) && error.contains("prompt 2, sample "),
            "{fault:?}: {error}"
        );
        // The server repeats the key in its complaint; the message has it not.
        assert!(
            !error.contains("sk-secret") && !format!("{asker:?}").contains("sk-secret"),
            "{error}"
        );
        // While a request waits to be repeated, others go on.
        let kept: Vec<_> = drawn.keys().copied().collect();
        assert!(kept.starts_with(&[(0, 5), (0, 6)]), "{fault:?}: {kept:?}");
        assert!(kept.iter().all(|(prompt, _)| *prompt != 1), "{fault:?}: {kept:?}");
        assert_eq!(server.asked()[0].headers["authorization"], "Bearer sk-secret");
    }
    // No one listens there.
    let mut nowhere = Endpoint::new("http://127.0.0.1:1", "served").unwrap();
    (nowhere.servers.retries, nowhere.servers.pause) = (2, Duration::from_millis(1));
    let (drawn, repeats, result) = draw(&nowhere, 1, &SamplingParams::default());
    assert!(drawn.is_empty() && repeats >= 2);
    assert!(result.unwrap_err().contains("3 attempts"));
}

/// Of three servers one is not there and one fails always: the third gives all samples, the same ones.
#[test]
fn several_servers_answer_for_each_other() {
    let (server, broken) = (Server::start(), Server::start());
    let (expected, ..) = draw(&endpoint(&server), 4, &SamplingParams::default());
    broken.poison("e", Fault::Status(500, None));
    let addresses = format!("http://127.0.0.1:1,{},{}", broken.url, server.url);
    let mut three = Endpoint::new(&addresses, "served").unwrap();
    three.servers.pause = Duration::from_millis(10);
    let (drawn, repeats, result) = draw(&three, 4, &SamplingParams::default());
    assert_eq!((result, drawn == expected), (Ok(()), true));
    assert!(repeats >= 2, "{repeats}");
}

/// No request is answered before there are six: thirty are six at a time, and never seven.
#[test]
fn as_many_requests_run_as_are_allowed() {
    let server = Server::start();
    server.hold_crowds(6);
    draw(&crowd(&server, 6), 10, &SamplingParams::default()).2.unwrap();
    assert_eq!(server.most_running(), 6);
}

/// Whoever says no gets no further sample but for those under way. Three are answered, and four more when
/// the sampling has been told to stop.
#[test]
fn sampling_stops_when_it_is_told_to() {
    let server = Server::start();
    server.hold_after(3);
    let prompts = PROMPTS.map(str::to_owned);
    let params = SamplingParams::default();
    let (mut note, mut count, endpoint) = (|_: &str| (), 0, endpoint(&server));
    let mut sampler = EndpointSampler::new(&endpoint, &prompts, &params, &mut note).unwrap();
    let request = TextRequest { prompt: 0, samples: 1000, first_sample: 0 };
    let result = sampler.sample(&[request], &mut |event| {
        match event {
            TextEvent::Finished(..) => count += 1,
            TextEvent::Waiting if count >= 3 => server.let_go(),
            TextEvent::Waiting => {}
        }
        count < 3
    });
    result.unwrap();
    assert!((3..=3 + 4).contains(&count), "{count}");
}

fn problems() -> Vec<Problem> {
    let problem = |prompt: &&str| Problem {
        id: (*prompt).to_owned(),
        prompt: (*prompt).to_owned(),
        system: None,
        gold: Gold::Math(Grader::default().parse_gold("1").unwrap()),
    };
    PROMPTS.iter().map(problem).collect()
}

fn measure(server: &Server, samples: usize, file: &Path) -> Result<EvalReport, String> {
    let problems = problems();
    let prompts: Vec<String> = problems.iter().map(|problem| problem.prompt.clone()).collect();
    let (params, endpoint) = (SamplingParams::default(), endpoint(server));
    let mut note = |_: &str| ();
    let mut sampler = EndpointSampler::new(&endpoint, &prompts, &params, &mut note).unwrap();
    let evaluation = Evaluation { problems: &problems, samples };
    let tallies = evaluate(&mut sampler, evaluation, &mut Reward::Grader, Some(file), |_| true);
    Ok(EvalReport::new(tallies.map_err(|error| error.to_string())?.unwrap()))
}

/// After a failure the same evaluation asks for what is missing, and comes to the same.
#[test]
fn an_evaluation_goes_on_where_a_server_failed() {
    let dir = TempDir::new().unwrap();
    let (server, whole, parts) = (Server::start(), dir.path().join("a"), dir.path().join("b"));
    let expected = measure(&server, 6, &whole).unwrap();
    assert_eq!(server.asked().len(), 18);
    server.poison("three", Fault::Status(400, None));
    let error = measure(&server, 6, &parts).unwrap_err();
    assert!(error.contains("prompt 2"), "{error}");
    let kept = std::fs::read_to_string(&parts).unwrap().lines().count();
    assert!((6..=9).contains(&kept), "{kept}: all of the first prompt, and those under way");
    server.heal();
    server.asked();
    assert_eq!(measure(&server, 6, &parts).unwrap(), expected);
    assert_eq!(server.asked().len(), 18 - kept);
    // What a server does not tell is left out of the file, and no number is made of it.
    assert!(!std::fs::read_to_string(&parts).unwrap().contains("entropy"));
    assert!(expected.mean(Statistic::Entropy).unwrap().is_nan());
    assert!(expected.mean(Statistic::Length).unwrap() > 0.0);
}

#[test]
fn addresses_are_checked_before_anything_is_sent() {
    let url = |address: &str| Endpoint::new(address, "m").map(|endpoint| endpoint.url());
    for (address, expected) in [
        ("http://localhost:8000", "http://localhost:8000/v1/completions"),
        ("http://localhost:8000/v1/", "http://localhost:8000/v1/completions"),
        ("https://example.org/openai/v1", "https://example.org/openai/v1/completions"),
    ] {
        assert_eq!(url(address).unwrap(), expected);
    }
    let refused = [
        "",
        "localhost:8000",
        "ftp://a/v1",
        "http://user:word@a/v1",
        "http://a/v1/completions",
        "http://a/v1?x=1",
    ];
    let messages: Vec<String> =
        refused.iter().map(|address| url(address).unwrap_err().to_string()).collect();
    insta::assert_snapshot!("addresses_refused", messages.join("\n"));
}
