//! Continuous batching gives what one sequence at a time gives, and spares what it should.
//!
//! Expected samples come from `mock::naive`: no batch, no cache, random numbers as documented.

use crate::generate::mock::{Mock, naive, request, run, stream};
use proptest::prelude::*;
use rand::Rng;
use rs_grpo_engine::generate::{
    Engine, EngineOptions, Event, FinishReason, LanguageModel, Request, Sample, Sampler,
    SamplingParams, SamplingProgress,
};
use rs_grpo_engine::model::{ActivationCheckpointing, Decoder, Packed, Training};
use test_support::{Reference, decoder, floats};

const PAGE: usize = 16;
const ROOMY: EngineOptions =
    EngineOptions { max_batch: 8, cache_slots: 4096, prefill_tokens: 512, multi_step: 8 };

fn plain(max_tokens: usize) -> SamplingParams {
    SamplingParams { max_tokens, seed: 11, ..SamplingParams::default() }
}

/// The smallest cache that the engine accepts: pages of the prompt, and of all tokens but the last.
fn least_cache(requests: &[Request], params: &SamplingParams, context: usize) -> usize {
    let pages = |request: &Request| {
        let prompt = request.prompt.len();
        let own = params.max_tokens.min(context - prompt) - 1;
        prompt.div_ceil(PAGE) + own.div_ceil(PAGE)
    };
    requests.iter().map(pages).max().unwrap_or(1) * PAGE
}

fn expected(model: &Mock, requests: &[Request], params: &SamplingParams) -> Vec<Vec<Sample>> {
    let of = |request: &Request| {
        let indices = request.first_sample..request.first_sample + request.samples;
        let one = |index| {
            let logits = |tokens: &[u32]| model.logits(tokens);
            naive(logits, model.max_positions(), &request.prompt, index, params)
        };
        indices.map(one).collect()
    };
    requests.iter().map(of).collect()
}

const VOCAB: usize = 12;
const CONTEXT: usize = 70;

fn any_request() -> impl Strategy<Value = Request> {
    let prompt = prop::collection::vec(0..VOCAB as u32, 1..40);
    (prompt, 0..6usize, 0..3usize).prop_map(|(prompt, samples, first_sample)| Request {
        prompt,
        samples,
        first_sample,
    })
}

fn any_params() -> impl Strategy<Value = SamplingParams> {
    let temperature = prop::sample::select(vec![0.0, 0.5, 1.0, 2.0]);
    let (top_p, min_p) =
        (prop::sample::select(vec![0.6, 1.0]), prop::sample::select(vec![0.0, 0.1]));
    let stop_tokens = prop::collection::vec(0..VOCAB as u32, 0..2);
    (temperature, 0..4usize, top_p, min_p, 1..60usize, stop_tokens, any::<u64>()).prop_map(
        |(temperature, top_k, top_p, min_p, max_tokens, stop_tokens, seed)| SamplingParams {
            temperature,
            top_k,
            top_p,
            min_p,
            max_tokens,
            stop_tokens,
            stop_strings: Vec::new(),
            seed,
        },
    )
}

proptest! {
    #[test]
    fn samples_are_those_of_one_sequence_at_a_time(
        requests in prop::collection::vec(any_request(), 0..6),
        params in any_params(),
        max_batch in 1..9usize,
        prefill_tokens in 1..50usize,
        spare_slots in prop_oneof![0..200usize, Just(4096)],
    ) {
        let model = Mock::hashed(VOCAB, CONTEXT);
        let cache_slots = least_cache(&requests, &params, CONTEXT) + spare_slots;
        let options = EngineOptions { max_batch, cache_slots, prefill_tokens, ..ROOMY };
        let (samples, steps) = run(&model, options, &requests, &params);
        prop_assert_eq!(&samples, &expected(&model, &requests, &params));

        let asked: usize = requests.iter().map(|request| request.samples).sum();
        let drawn = samples.iter().flatten().map(|sample| sample.tokens.len()).sum();
        let last = steps.last().copied().unwrap_or_default();
        let SamplingProgress { finished, tokens, running, slots, .. } = last;
        prop_assert_eq!((finished, tokens, running, slots), (asked, drawn, 0, 0));
        prop_assert!(last.peak_running <= max_batch && last.peak_slots <= cache_slots);
        let passes = model.passes.borrow();
        prop_assert!(passes.iter().all(|&rows| rows <= max_batch), "{:?}", passes);
        // Every prompt that is asked for, and all of a sample but its last token: more only where
        // something had to make room.
        let asked_for = requests.iter().filter(|request| request.samples > 0);
        let least = asked_for.map(|request| request.prompt.len()).sum::<usize>() + drawn - asked;
        let processed = model.tokens.get();
        prop_assert!(processed == least || processed > least && spare_slots < 4096);
    }
}

/// The least cache that is accepted holds one sample whole, and the beginnings of several.
#[test]
fn samples_put_off_for_lack_of_room_stay_the_same() {
    let model = Mock::hashed(VOCAB, 200);
    let requests: Vec<_> = (0..4).map(|i| request(&[i; 5], 3)).collect();
    let params = plain(100);
    let least = least_cache(&requests, &params, 200);
    assert_eq!(least, (1 + 7) * PAGE);
    for spare in 0..10 {
        let options = EngineOptions { cache_slots: least + spare * PAGE, ..ROOMY };
        let (samples, steps) = run(&model, options, &requests, &params);
        assert_eq!(samples, expected(&model, &requests, &params), "{spare} pages to spare");
        let last = steps.last().expect("a step");
        assert!(last.preemptions > 0 && last.slots == 0, "{spare} pages to spare: {last:?}");
    }
}

/// Four prompts of one page each and twelve samples of one page: 16 pages are enough for all.
#[test]
fn a_cache_that_is_large_enough_puts_nothing_off() {
    let model = Mock::hashed(VOCAB, 200);
    let requests: Vec<_> = (0..4).map(|i| request(&[i; 5], 3)).collect();
    let options = EngineOptions { max_batch: 12, cache_slots: 32 * PAGE, ..ROOMY };
    let (_, steps) = run(&model, options, &requests, &plain(17));
    let last = steps.last().expect("a step");
    assert_eq!((last.preemptions, last.peak_running, last.peak_slots), (0, 12, 16 * PAGE));
}

#[test]
fn a_sample_depends_on_seed_prompt_and_index_alone() {
    let model = Mock::hashed(VOCAB, CONTEXT);
    let (a, b) = ([1, 2, 3].as_slice(), [4; 20].as_slice());
    let params = plain(20);
    let (alone, _) = run(&model, ROOMY, &[request(a, 4)], &params);
    let requests = [request(b, 3), request(a, 4)];
    assert_eq!(run(&model, ROOMY, &requests, &params).0[1], alone[0], "another request before");
    let later = [Request { first_sample: 2, ..request(a, 2) }];
    assert_eq!(run(&model, ROOMY, &later, &params).0[0], alone[0][2..], "counted on");
    let twice = [request(a, 4), request(a, 4)];
    assert_eq!(run(&model, ROOMY, &twice, &params).0, [alone[0].clone(), alone[0].clone()]);

    let tokens = |index: usize| &alone[0][index].tokens;
    assert!((1..4).all(|index| tokens(index) != tokens(0)), "samples differ");
    let (other, _) = run(&model, ROOMY, &[request(a, 4)], &SamplingParams { seed: 12, ..params });
    assert_ne!(&other[0][0].tokens, tokens(0), "seeds differ");
}

#[test]
fn threads_change_nothing() {
    let params = plain(20);
    let requests = [request(&[1, 2, 3], 8), request(&[4], 5)];
    let with_threads = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        pool.install(|| run(&Mock::hashed(VOCAB, CONTEXT), ROOMY, &requests, &params))
    };
    assert_eq!(with_threads(1), with_threads(3));
}

/// Python 3: `hashlib.sha256(struct.pack("<QQII", 11, 2, 1, 5)).digest()` as four little-endian
/// numbers is the state; the first number drawn is rotl(s0 + s3, 23) + s0.
#[test]
fn random_numbers_are_those_documented() {
    let state: [u64; 4] = [
        0x8baf_1030_74d1_cd27,
        0xbe0d_69c7_f00c_5ff7,
        0xa318_6875_62e8_1a23,
        0x237f_3b6e_d4d2_bd30,
    ];
    let first = state[0].wrapping_add(state[3]).rotate_left(23).wrapping_add(state[0]);
    assert_eq!(stream(11, 2, &[1, 5]).next_u64(), first);
    // 1,000 tokens of equal probability: the token is the uniform number times 1,000.
    let model = Mock::new(1000, 10, |_| vec![0.0; 1000]);
    let requests = [Request { first_sample: 2, ..request(&[1, 5], 1) }];
    let (samples, _) = run(&model, ROOMY, &requests, &plain(1));
    let uniform = (first >> 11) as f64 / 2.0_f64.powi(53);
    assert_eq!(samples[0][0].tokens, [(uniform * 1000.0) as u32]);
}

/// 100 tokens of prompt once; of each sample's 10 tokens all but the last.
#[test]
fn a_prompt_is_processed_once_for_all_its_samples() {
    for (max_batch, prefill_tokens) in [(16, 512), (16, 7), (3, 7), (1, 1)] {
        let model = Mock::hashed(VOCAB, 200);
        let options = EngineOptions { max_batch, prefill_tokens, ..ROOMY };
        run(&model, options, &[request(&[3; 100], 16)], &plain(10));
        assert_eq!(model.tokens.get(), 100 + 16 * 9, "{options:?}");
    }
}

/// Prompts go in pieces of the given size, beside one token of each running sample.
#[test]
fn a_pass_has_no_more_prompt_tokens_than_allowed() {
    let model = Mock::hashed(VOCAB, 200);
    let options = EngineOptions { prefill_tokens: 8, ..ROOMY };
    let requests = [request(&[1; 2], 2), request(&[3; 33], 2)];
    let mut before = 0;
    let mut engine = Engine::new(&model, None, options).expect("good options");
    let mut watch = |event: Event<'_>| {
        if let Event::Step(_) = event {
            assert!(model.tokens.get() - before <= 8 + 4);
            before = model.tokens.get();
        }
    };
    engine.sample(&requests, &plain(20), &mut watch).expect("good requests");
}

/// Samples of 1 to 4 tokens by their first token: with 3 in the batch, there are 3 in every pass
/// until fewer than 3 are left.
#[test]
fn the_place_of_a_finished_sample_is_filled_at_once() {
    let model = Mock::hashed(VOCAB, CONTEXT);
    let params = SamplingParams { stop_tokens: vec![0, 1, 2], ..plain(30) };
    let options = EngineOptions { max_batch: 3, ..ROOMY };
    let mut finished = 0;
    let mut engine = Engine::new(&model, None, options).expect("good options");
    let mut watch = |event: Event<'_>| match event {
        Event::Finished(..) => finished += 1,
        Event::Step(progress) => {
            assert_eq!(progress.finished, finished);
            assert!(progress.running <= 3);
        }
    };
    let samples = engine.sample(&[request(&[5], 40)], &params, &mut watch).expect("good");
    let drawn: usize = samples[0].iter().map(|sample| sample.tokens.len()).sum();
    let lengths: Vec<_> = samples[0].iter().map(|sample| sample.tokens.len()).collect();
    assert!(lengths.iter().min() < lengths.iter().max(), "lengths differ: {lengths:?}");
    // The first token of a sample needs no pass but its prompt's.
    assert_eq!(model.tokens.get(), 1 + drawn - 40);
    // Were places filled only when all are free, there would be a pass for the longest of each 3.
    let waves = lengths.chunks(3).map(|wave| wave.iter().max().expect("not empty")).sum::<usize>();
    assert!(model.passes.borrow().len() < waves * 3 / 4, "{waves}");
}

#[test]
fn every_sample_is_told_once_and_nothing_asked_is_nothing_done() {
    let model = Mock::hashed(VOCAB, CONTEXT);
    let mut told = Vec::new();
    let mut engine = Engine::new(&model, None, ROOMY).expect("good options");
    let requests = [request(&[1], 3), request(&[2], 0), request(&[3; 9], 2)];
    let mut watch = |event: Event<'_>| {
        if let Event::Finished(request, sample) = event {
            told.push((request, sample.clone()));
        }
    };
    let samples = engine.sample(&requests, &plain(9), &mut watch).expect("good");
    told.sort_by_key(|(request, sample)| (*request, sample.index));
    let flat =
        samples.iter().enumerate().flat_map(|(r, all)| all.iter().map(move |s| (r, s.clone())));
    assert_eq!(told, flat.collect::<Vec<_>>());
    let nothing = engine.sample(&[], &plain(9), &mut |_| panic!("nothing to tell")).expect("good");
    assert!(nothing.is_empty());
}

/// A context of 10 tokens holds a prompt of 7 and a sample of 3.
#[test]
fn a_sample_ends_with_the_context() {
    let model = Mock::hashed(VOCAB, 10);
    let lengths = |max_tokens| {
        let (samples, _) = run(&model, ROOMY, &[request(&[1; 7], 1)], &plain(max_tokens));
        (samples[0][0].tokens.len(), samples[0][0].finish_reason.clone())
    };
    assert_eq!(lengths(2), (2, FinishReason::Length));
    assert_eq!(lengths(3), (3, FinishReason::Length));
    assert_eq!(lengths(4), (3, FinishReason::Context));
    let (samples, _) = run(&model, ROOMY, &[request(&[1; 9], 1)], &plain(50));
    assert_eq!(samples[0][0].tokens.len(), 1);
}

/// Logits after the last token, of a pass over the whole sequence.
fn full_logits(model: &Decoder, tokens: &[u32]) -> Vec<f32> {
    let tape =
        model.record(Packed::new([tokens]).unwrap(), ActivationCheckpointing::PerLayer).unwrap();
    let hidden = tape.hidden().narrow(0, tokens.len() - 1, 1).unwrap();
    floats(&model.head().logits(&hidden).unwrap())
}

/// Log-probabilities of a sample as the trainer computes them.
fn scores(model: &Decoder, prompt: &[u32], sample: &[u32]) -> Vec<f32> {
    let all = [prompt, sample].concat();
    let tape =
        model.record(Packed::new([&all[..]]).unwrap(), ActivationCheckpointing::PerLayer).unwrap();
    let mut targets = all[1..].to_vec();
    targets.push(0);
    let scores = model.head().scores(&tape.hidden(), &targets, 1.0).unwrap();
    scores.logprobs[prompt.len() - 1..all.len() - 1].to_vec()
}

/// In a cache so tight that samples are put off.
#[test]
fn a_decoder_samples_as_without_a_cache_and_as_the_trainer_scores() {
    for case in ["qwen2-tied", "qwen3-untied"] {
        let model = decoder(case, Training::Frozen);
        let prompts: Vec<_> = Reference::of(case).sequences().into_iter().take(2).collect();
        let requests: Vec<_> = prompts.iter().map(|prompt| request(prompt, 3)).collect();
        for temperature in [0.0, 0.7, 1.0] {
            let params = SamplingParams { temperature, ..plain(35) };
            let cache_slots = least_cache(&requests, &params, model.max_positions()) + PAGE;
            let options = EngineOptions { max_batch: 4, cache_slots, prefill_tokens: 5, ..ROOMY };
            let (samples, steps) = run(&model, options, &requests, &params);
            assert!(steps.last().expect("a step").preemptions > 0, "{case}");
            for (prompt, samples) in prompts.iter().zip(&samples) {
                for sample in samples {
                    let logits = |tokens: &[u32]| full_logits(&model, tokens);
                    let context = model.max_positions();
                    let expected = naive(logits, context, prompt, sample.index, &params);
                    assert_eq!(sample, &expected, "{case}");
                    let scores = scores(&model, prompt, &sample.tokens);
                    for (a, b) in sample.model_logprobs.iter().zip(scores) {
                        assert!((a - b).abs() < 1e-5, "{case}: {a} and {b}");
                    }
                }
            }
        }
    }
}
