//! What an engine does not accept, and what it says.

use crate::generate::mock::{Forgetful, Mock, request};
use rs_grpo_engine::generate::{Engine, EngineOptions, Request, Sampler, SamplingParams};

const OPTIONS: EngineOptions =
    EngineOptions { max_batch: 2, cache_slots: 64, prefill_tokens: 8, multi_step: 8 };

/// The message for a request to a model of 12 tokens and a context of 100.
fn message(request: Request, params: SamplingParams) -> String {
    let model = Mock::hashed(12, 100);
    let mut engine = Engine::new(&model, None, OPTIONS).expect("good options");
    let requests = [self::request(&[1], 1), request];
    let watch = &mut |_: rs_grpo_engine::generate::Event<'_>| panic!("nothing is sampled");
    engine.sample(&requests, &params, watch).expect_err("refused").to_string()
}

#[test]
fn requests_that_could_not_be_finished_are_refused_before_any_begins() {
    let short = || SamplingParams { max_tokens: 5, ..SamplingParams::default() };
    let messages = [
        message(request(&[], 1), short()),
        message(request(&[1; 100], 1), short()),
        message(request(&[1, 12], 1), short()),
        message(request(&[1; 49], 1), short()),
        message(request(&[1; 40], 1), SamplingParams::default()),
        message(Request { first_sample: usize::MAX - 1, ..request(&[1], 2) }, short()),
    ];
    insta::assert_snapshot!(messages.join("\n"));
}

/// 48 tokens of prompt and 17 of a sample, the last of which is never cached, fill four pages.
#[test]
fn the_largest_request_that_fits_is_accepted() {
    let model = Mock::hashed(12, 100);
    let mut engine = Engine::new(&model, None, OPTIONS).expect("good options");
    let params = SamplingParams { max_tokens: 17, ..SamplingParams::default() };
    let samples = engine.sample(&[request(&[1; 48], 3)], &params, &mut |_| ()).expect("accepted");
    assert!(samples[0].iter().all(|sample| sample.tokens.len() == 17));
}

#[test]
fn settings_outside_their_range_are_refused() {
    let with = |set: fn(&mut SamplingParams)| {
        let mut params = SamplingParams { max_tokens: 5, ..SamplingParams::default() };
        set(&mut params);
        message(request(&[1], 1), params)
    };
    let messages = [
        with(|params| params.temperature = -0.1),
        with(|params| params.temperature = f32::NAN),
        with(|params| params.temperature = f32::INFINITY),
        with(|params| params.top_p = 0.0),
        with(|params| params.top_p = 1.1),
        with(|params| params.top_p = f32::NAN),
        with(|params| params.min_p = -0.1),
        with(|params| params.min_p = 1.1),
        with(|params| params.min_p = f32::NAN),
        with(|params| params.max_tokens = 0),
        with(|params| params.stop_strings = vec!["a".to_owned(), String::new()]),
        with(|params| params.stop_strings = vec!["a".to_owned()]),
    ];
    insta::assert_snapshot!(messages.join("\n"));
}

#[test]
fn options_that_leave_no_room_are_refused() {
    let model = Mock::hashed(12, 100);
    let message = |options| {
        let Err(error) = Engine::new(&model, None, options) else { panic!("{options:?} accepted") };
        error.to_string()
    };
    let messages = [
        message(EngineOptions { max_batch: 0, ..OPTIONS }),
        message(EngineOptions { cache_slots: 0, ..OPTIONS }),
        message(EngineOptions { cache_slots: 15, ..OPTIONS }),
        message(EngineOptions { prefill_tokens: 0, ..OPTIONS }),
        message(EngineOptions { multi_step: 0, ..OPTIONS }),
    ];
    insta::assert_snapshot!(messages.join("\n"));
}

/// The model's own mistakes come out as they are.
#[test]
fn logits_that_are_no_numbers_stop_the_run() {
    let model = Mock::new(3, 10, |_| vec![0.0, f32::NAN, 0.0]);
    let mut engine = Engine::new(&model, None, OPTIONS).expect("good options");
    let params = SamplingParams { max_tokens: 5, ..SamplingParams::default() };
    let error = engine.sample(&[request(&[1], 1)], &params, &mut |_| ()).expect_err("refused");
    insta::assert_snapshot!(error.to_string());
}

/// Of several bad rows it is the first that is told, whatever the threads do.
#[test]
fn bad_logits_are_told_with_whose_they_are() {
    let model = Mock::new(3, 10, |tokens| match tokens.len() {
        ..3 => vec![0.0; 3],
        _ => vec![f32::INFINITY; 3],
    });
    let mut engine = Engine::new(&model, None, OPTIONS).expect("good options");
    let params = SamplingParams { max_tokens: 5, ..SamplingParams::default() };
    let requests = [Request { first_sample: 7, ..request(&[1], 2) }];
    let error = engine.sample(&requests, &params, &mut |_| ()).expect_err("refused");
    insta::assert_snapshot!(error.to_string());
}

#[test]
fn missing_rows_are_an_error_and_no_endless_loop() {
    let model = Forgetful(Mock::hashed(12, 100));
    let mut engine = Engine::new(&model, None, OPTIONS).expect("good options");
    let params = SamplingParams { max_tokens: 5, ..SamplingParams::default() };
    let error = engine.sample(&[request(&[1], 2)], &params, &mut |_| ()).expect_err("refused");
    insta::assert_snapshot!(error.to_string());
}
