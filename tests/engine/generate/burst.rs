//! Bursts give what one token at a time gives: the engine's part, on models without weights.
//!
//! Expected samples come from `mock::naive`: no batch, no cache, no burst. What a device does in a burst
//! is in `device_burst.rs`.

use crate::generate::mock::{Forgetful, Mock, naive, request, run};
use proptest::prelude::*;
use rs_grpo_engine::Error;
use rs_grpo_engine::generate::{
    Engine, EngineOptions, Event, LanguageModel, Request, Sample, Sampler, SamplingParams,
};
use rs_grpo_engine::text::Tokenizer;

const VOCAB: usize = 12;
const CONTEXT: usize = 70;
const PAGE: usize = 16;
const ROOMY: EngineOptions =
    EngineOptions { max_batch: 8, cache_slots: 4096, prefill_tokens: 512, multi_step: 8 };

fn expected(model: &Mock, requests: &[Request], params: &SamplingParams) -> Vec<Vec<Sample>> {
    let of = |request: &Request| {
        let one = |index| {
            let logits = |tokens: &[u32]| model.logits(tokens);
            naive(logits, model.max_positions(), &request.prompt, index, params)
        };
        (0..request.samples).map(one).collect()
    };
    requests.iter().map(of).collect()
}

fn params(max_tokens: usize, stop_tokens: &[u32]) -> SamplingParams {
    let stop_tokens = stop_tokens.to_vec();
    SamplingParams { max_tokens, stop_tokens, seed: 11, ..SamplingParams::default() }
}

fn any_request() -> impl Strategy<Value = Request> {
    let prompt = prop::collection::vec(0..VOCAB as u32, 1..40);
    (prompt, 1..6usize).prop_map(|(prompt, samples)| request(&prompt, samples))
}

proptest! {
    /// With stop tokens, in caches so tight that samples are put off, and with prompts that come while
    /// others run.
    #[test]
    fn samples_do_not_depend_on_bursts(
        requests in prop::collection::vec(any_request(), 1..6),
        max_tokens in 1..60usize,
        stop in 0..VOCAB as u32,
        max_batch in 1..9usize,
        prefill_tokens in 1..50usize,
        spare_pages in 0..12usize,
        burst in 1..12usize,
    ) {
        let model = Mock::hashed(VOCAB, CONTEXT).with_bursts(9);
        let params = params(max_tokens, &[stop]);
        let pages = |request: &Request| {
            let own = max_tokens.min(CONTEXT - request.prompt.len()) - 1;
            request.prompt.len().div_ceil(PAGE) + own.div_ceil(PAGE)
        };
        let least = requests.iter().map(pages).max().unwrap();
        let cache_slots = (least + spare_pages) * PAGE;
        let options = EngineOptions { max_batch, cache_slots, prefill_tokens, multi_step: burst };
        let (samples, steps) = run(&model, options, &requests, &params);
        prop_assert_eq!(&samples, &expected(&model, &requests, &params));
        let asked: usize = requests.iter().map(|request| request.samples).sum();
        let drawn: usize = samples.iter().flatten().map(|sample| sample.tokens.len()).sum();
        let last = steps.last().unwrap();
        prop_assert_eq!((last.finished, last.tokens, last.running, last.slots), (asked, drawn, 0, 0));
        prop_assert!(last.peak_running <= max_batch && last.peak_slots <= cache_slots);
    }
}

/// 3 samples of 18 tokens: the first token is the prompt's, 17 more are two bursts of 8 and one of 1.
/// The host is told after each.
#[test]
fn the_host_sees_a_burst_when_it_is_over() {
    let model = Mock::hashed(VOCAB, CONTEXT).with_bursts(8);
    let (_, steps) = run(&model, ROOMY, &[request(&[1, 2], 3)], &params(18, &[]));
    let tokens: Vec<_> = steps.iter().map(|progress| progress.tokens).collect();
    assert_eq!(tokens, [3, 27, 51, 54]);
    assert_eq!(*model.passes.borrow(), [vec![1], vec![3; 17]].concat());
    // A burst ends where a sample has no room left: a context of 13 has room for 10 tokens after 3.
    let model = Mock::hashed(VOCAB, 13).with_bursts(8);
    let (_, steps) = run(&model, ROOMY, &[request(&[1, 2, 3], 1)], &params(50, &[]));
    let tokens: Vec<_> = steps.iter().map(|progress| progress.tokens).collect();
    assert_eq!(tokens, [1, 9, 10]);
}

/// 2 times 3 samples of 9 tokens: those that come later draw their first token from the logits that their
/// prompt left, without a pass, and then go on with the others.
#[test]
fn first_tokens_take_no_pass_from_a_burst() {
    let model = Mock::hashed(VOCAB, CONTEXT).with_bursts(8);
    let options = EngineOptions { max_batch: 3, ..ROOMY };
    let (_, steps) = run(&model, options, &[request(&[1, 2], 6)], &params(9, &[]));
    let tokens: Vec<_> = steps.iter().map(|progress| progress.tokens).collect();
    assert_eq!(tokens, [3, 27, 30, 54]);
    assert_eq!(*model.passes.borrow(), [vec![1], vec![3; 16]].concat());
}

/// A cache of a prompt's page and three more: three samples of up to 17 cached tokens begin in a page
/// each, and are put off when those are full.
#[test]
fn a_burst_ends_where_the_pages_do() {
    let model = Mock::hashed(VOCAB, CONTEXT).with_bursts(8);
    let options = EngineOptions { cache_slots: 4 * PAGE, ..ROOMY };
    let requests = [request(&[1, 2], 3)];
    let (samples, steps) = run(&model, options, &requests, &params(34, &[]));
    assert_eq!(samples, expected(&model, &requests, &params(34, &[])));
    let tokens: Vec<_> = steps.iter().map(|progress| progress.tokens).take(4).collect();
    // 16 tokens of each are cached by then, 17 drawn: first by a burst of 8, then one of 8.
    assert_eq!(tokens[..3], [3, 27, 51]);
    assert!(steps.last().unwrap().preemptions > 0);
}

/// Texts that end samples in the middle of a burst, with what the scripted model says after them.
#[test]
fn what_is_drawn_behind_a_stop_string_is_thrown_away() {
    let tokenizer = Tokenizer::from_folder(&test_support::folder("qwen2-tied")).unwrap();
    let script = tokenizer.encode("ab<q>cd and more than a burst of eight tokens", false).unwrap();
    let params =
        SamplingParams { stop_strings: vec!["<q>".to_owned()], ..SamplingParams::default() };
    let sample = |longest| {
        let model = Mock::script(384, &script).with_bursts(longest);
        let mut engine = Engine::new(&model, Some(&tokenizer), EngineOptions::default()).unwrap();
        let mut steps = 0;
        let mut watch = |event: Event<'_>| steps += usize::from(matches!(event, Event::Step(_)));
        let samples = engine.sample(&[request(&[0], 2)], &params, &mut watch).unwrap();
        (samples, steps)
    };
    let ((one_by_one, many), (bursts, few)) = (sample(1), sample(8));
    // (The entropy of a script is not a number.)
    let said = |sample: &Sample| (sample.tokens.clone(), sample.finish_reason.clone());
    for (burst, one_by_one) in bursts[0].iter().zip(&one_by_one[0]) {
        assert_eq!(said(burst), said(one_by_one));
        assert_eq!(burst.text.as_deref(), Some("ab"));
    }
    assert!(few < many, "{few} {many}");
}

/// The sample whose row cannot be drawn from is told as if tokens had come one by one; a row that was
/// over before is no one's.
#[test]
fn errors_in_a_burst_are_those_of_the_sample_that_still_runs() {
    // Logits are good for one token, and then not: for samples that go on, from the 4th token on; for
    // those that began with a stop token, nothing is asked for any more.
    let model = |longest| {
        Mock::new(4, CONTEXT, |tokens: &[u32]| match tokens {
            [_, own @ ..] if own.contains(&0) || own.len() > 3 => vec![f32::NAN; 4],
            _ => vec![0.0; 4],
        })
        .with_bursts(longest)
    };
    let message = |longest| {
        let model = model(longest);
        let mut engine = Engine::new(&model, None, ROOMY).unwrap();
        let error = engine.sample(&[request(&[1], 6)], &params(20, &[0]), &mut |_| ());
        error.unwrap_err().to_string()
    };
    assert_eq!(message(8), message(1));
    assert!(message(8).contains("4 tokens drawn"), "{}", message(8));
    // Where all samples are over before, there is no error.
    let fine = |longest| run(&model(longest), ROOMY, &[request(&[1], 6)], &params(3, &[0])).0;
    assert_eq!(fine(8), fine(1));
}

#[test]
fn missing_rows_are_an_error_and_no_endless_loop() {
    let model = Forgetful(Mock::hashed(VOCAB, CONTEXT).with_bursts(8));
    let mut engine = Engine::new(&model, None, ROOMY).unwrap();
    let error = engine.sample(&[request(&[1], 2)], &params(5, &[]), &mut |_| ()).unwrap_err();
    assert!(matches!(error, Error::Input(rs_grpo_files::Error::Parameter { .. })), "{error}");
    assert!(error.to_string().contains("[1, 1, 1, 1]; allowed: 2 samples, 4 times"), "{error}");
}
