//! The model of a step's time: its parts by hand, its laws, and its error beside measurements.

use proptest::prelude::*;
use rs_grpo_engine::ModelConfig;
use rs_grpo_engine::optim::StateType;
use rs_grpo_hub::Alias;
use rs_grpo_plan::{
    Bottleneck, DecodeBatch, DecodeServer, FleetPlan, FleetSpec, Lengths, Origin, Rates, RunShape,
    check,
};

fn shape(name: &str) -> &'static ModelConfig {
    ModelConfig::published(Alias::find(name).unwrap().repository).unwrap()
}

/// A step of 16 samples a prompt, of one update, sampled where it is trained.
fn config(lora_rank: usize, prompts: usize, max_new_tokens: usize) -> RunShape {
    RunShape {
        prompts,
        samples: 16,
        max_new_tokens,
        sampling_rounds: 1,
        on_servers: false,
        lora_rank,
        reference: false,
        importance_correction: false,
        minibatches: 1,
        epochs: 1,
        micro_batch_tokens: 2_048,
        moments: StateType::F32,
    }
}

fn job<'a>(name: &str, rates: &'a Rates, run: &RunShape, gpus: usize) -> FleetSpec<'a> {
    let device = rates.gpu("device", "h100").unwrap();
    let longest = run.max_new_tokens;
    FleetSpec {
        model: shape(name),
        run: *run,
        prompt: 256,
        lengths: Lengths::new(longest, longest as f64).unwrap(),
        signal: 1.0,
        gpus,
        trainer: device,
        sampler: device,
        group: None,
        rates,
    }
}

/// Every measurement is met within the error that `repro plan --check` states for its kind, and that is at
/// most what the README says: 12 % for our measurements on an H100, 15 % for published rates of vLLM.
#[test]
fn measurements_are_met_within_the_stated_error() {
    let checked = check(&Rates::default()).unwrap();
    assert_eq!(checked.len(), 4 + 3 + 3 * 3 + 9 + 1);
    for one in &checked {
        let readme = if one.what.starts_with("vLLM") { 0.15 } else { 0.12 };
        assert!(one.stated <= readme, "{}: {}", one.what, one.stated);
        assert!(one.error().abs() <= one.stated, "{}: {:+.3}", one.what, one.error());
    }
}

/// The measurements are those that the page of benchmarks has.
#[test]
fn our_measurements_are_written_down() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../llm/engine/benches/README.md");
    let page = std::fs::read_to_string(path).unwrap();
    for one in check(&Rates::default()).unwrap() {
        if !one.source.starts_with("llm/engine/benches") || one.what.ends_with("whole") {
            continue;
        }
        let digits = one.measured.to_string();
        let number = match one.measured >= 1e3 {
            true => format!("{},{}", &digits[..digits.len() - 3], &digits[digits.len() - 3..]),
            false => digits,
        };
        assert!(page.contains(&number), "{}: {number}", one.what);
    }
}

/// By hand, of Qwen2.5-7B with 7 615 616 512 weights, 28 layers and 57 344 bytes of cache a token, on an
/// H100 of 3 350 · 0.903 GB/s: at 8 completions the weights' bytes are the bound, at 1 000 the operations
/// on 989 · 0.791 TFLOP/s.
#[test]
fn a_decode_step_is_the_documented_formula() {
    let rates = Rates::default();
    let model = shape("qwen2.5-7b");
    let device = rates.gpu("device", "h100").unwrap();
    let one = DecodeServer {
        decode: &rates.vllm,
        gpu: device,
        gpus: 1,
        rates: &rates,
        model,
        adapters: true,
        weights: 0,
    };
    let (bytes, operations) = (3.350e12 * 0.903, 989e12 * 0.791);
    let cached = |tokens: f64| tokens * 57_344.0 / bytes / 1.06;
    let few =
        2.0 * 7_615_616_512.0 / bytes / 0.64 + cached(4_000.0) + (28.0 * 20.0 + 8.0 * 55.0) / 1e6;
    let many = 2.0 * 7_615_616_512.0 * 1_000.0 / operations / 0.64
        + cached(5e5)
        + (28.0 * 20.0 + 55_000.0) / 1e6;
    let close = |a: f64, b: f64| assert!((a / b - 1.0).abs() < 1e-12, "{a} {b}");
    close(one.step(DecodeBatch { completions: 8.0, tokens: 4_000.0 }), few);
    close(one.step(DecodeBatch { completions: 1_000.0, tokens: 5e5 }), many);
    // Four GPUs read four times as fast, and wait for each other in every layer.
    let four = DecodeServer { gpus: 4, ..one };
    let read = 2.0 * 7_615_616_512.0 / bytes / 0.64 + cached(4_000.0);
    close(
        four.step(DecodeBatch { completions: 8.0, tokens: 4_000.0 }),
        read / 4.0 + (28.0 * 50.0 + 8.0 * 55.0) / 1e6,
    );
}

/// By hand, of Qwen3-4B-Base with 4 022 468 096 weights and 36 layers of 32 heads of 128: 8 prompts of 256
/// tokens, 128 completions of 256, adapters.
#[test]
fn training_is_the_documented_formula() {
    let (rates, config) = (Rates::default(), config(32, 8, 256));
    let tokens = 8.0 * 256.0 + 128.0 * 256.0;
    let contexts = 8.0 * 256.0 * 256.0 / 2.0 + 128.0 * (256.0 * 256.0 + 256.0 * 256.0 / 2.0);
    let operations = 4.0 * 4_022_468_096.0 * tokens + 12.0 * 36.0 * 32.0 * 128.0 * contexts;
    let training =
        FleetPlan::new(job("qwen3-4b-base", &rates, &config, 1)).unwrap().split(0).training;
    let by_hand = operations / (989e12 * 0.791) / 0.42;
    assert!((training / by_hand - 1.0).abs() < 1e-12, "{training} {by_hand}");
    // Several updates with a correction for the sampler read the log-probabilities first.
    let again = RunShape { minibatches: 4, importance_correction: true, ..config };
    let more = FleetPlan::new(job("qwen3-4b-base", &rates, &again, 1)).unwrap().split(0).training;
    let reading = 2.0 * 4_022_468_096.0 * tokens + 4.0 * 36.0 * 32.0 * 128.0 * contexts;
    assert!((more / training - 1.0 - reading / operations).abs() < 1e-12);
}

/// By hand: λ = 0.001 and T = 2 000 give a mean of (1 − e⁻²) / 0.001, and e⁻² are cut off.
#[test]
fn lengths_are_the_documented_distribution() {
    let mean = (1.0 - (-2.0f64).exp()) / 0.001;
    let lengths = Lengths::new(2_000, mean).unwrap();
    assert!((lengths.cut() - (-2.0f64).exp()).abs() < 1e-9);
    assert!((lengths.mean() - mean).abs() < 1e-6);
    assert!((lengths.longer(500.0) - (-0.5f64).exp()).abs() < 1e-9);
    // The mean square by summing the density, and the end's mass.
    let step = 0.01;
    let density = (0..200_000).map(|i| (f64::from(i) + 0.5) * step);
    let inside: f64 = density.map(|t| t * t * 0.001 * (-0.001 * t).exp() * step).sum();
    let square = inside + 4e6 * (-2.0f64).exp();
    assert!((lengths.mean_square() / square - 1.0).abs() < 1e-6);
    let all = Lengths::new(2_000, 2_000.0).unwrap();
    assert!(all.are_equal() && all.mean() == 2_000.0 && all.mean_square() == 4e6);
    assert!(Lengths::new(2_000, 2_001.0).is_err() && Lengths::new(2_000, f64::NAN).is_err());
}

/// With a mean that is nearly the longest, the step takes nearly as long as with all of that length.
#[test]
fn lengths_near_the_longest_are_as_all_of_it() {
    let (rates, config) = (Rates::default(), config(32, 64, 2_048));
    let seconds = |mean: f64| {
        let lengths = Lengths::new(2_048, mean).unwrap();
        let job = FleetSpec { lengths, ..job("qwen2.5-7b", &rates, &config, 9) };
        FleetPlan::new(job).unwrap().split(8).sampling
    };
    assert!((seconds(2_040.0) / seconds(2_048.0) - 1.0).abs() < 0.01);
}

/// The balance is the turning point: one server fewer, and the trainer waits.
#[test]
fn the_balance_is_where_waiting_turns() {
    let (rates, config) = (Rates::default(), config(32, 512, 4_096));
    let fleet = FleetPlan::new(job("qwen2.5-7b", &rates, &config, 64)).unwrap();
    let balance = fleet.balance().unwrap();
    assert!(balance > 1);
    assert_eq!(fleet.split(balance).bound(), Bottleneck::Training);
    assert_eq!(fleet.split(balance - 1).bound(), Bottleneck::Sampling);
    let split = fleet.split(balance);
    assert_eq!(split.overlapped(), split.publishing + split.training);
}

/// A model with 16 · 80 GB of cache too much for one GPU gets a larger group; a flag decides otherwise.
#[test]
fn a_server_has_room_for_its_model() {
    let (rates, config) = (Rates::default(), config(32, 16, 16_384));
    let group = |group| {
        let job = FleetSpec { group, ..job("llama3.1-8b-instruct", &rates, &config, 32) };
        FleetPlan::new(job).unwrap().group
    };
    // 16 completions of 16 640 tokens of 131 072 bytes are 35 GB, beside 16 GB of weights.
    assert_eq!((group(None), group(Some(4))), (1, 4));
    let small = rates.gpu("device", "l40s").unwrap();
    let job = FleetSpec { sampler: small, ..job("llama3.1-8b-instruct", &rates, &config, 32) };
    assert_eq!(FleetPlan::new(job).unwrap().group, 2);
}

/// Every rate has an origin and a source, and a number of its own name.
#[test]
fn every_rate_says_where_it_comes_from() {
    let mut rates = Rates::default();
    for (name, rate) in Rates::default().all() {
        assert!(!rate.source.is_empty() && rate.origin != Origin::Given, "{name}");
        rates.set(&name, 7.0, "a test").unwrap();
    }
    assert!(rates.all().iter().all(|(_, rate)| rate.value == 7.0 && rate.origin == Origin::Given));
}

proptest! {
    /// More servers never sample longer; a step is at least each of its parts; overlapping never costs
    /// time; and longer completions take longer.
    #[test]
    fn laws_of_a_step(
        prompts in 1usize..600,
        tokens in 16usize..4_096,
        share in 0.05f64..1.0,
        servers in 1usize..60,
    ) {
        let (rates, config) = (Rates::default(), config(32, prompts, tokens));
        let lengths = |share: f64| Lengths::new(tokens, (share * tokens as f64).max(1.0)).unwrap();
        let of = |share: f64| {
            let job = FleetSpec { lengths: lengths(share), ..job("qwen3-4b-base", &rates, &config, 64) };
            FleetPlan::new(job).unwrap()
        };
        let fleet = of(share);
        let (split, more) = (fleet.split(servers), fleet.split(servers + 1));
        prop_assert!(more.sampling <= split.sampling * (1.0 + 1e-9), "{split:?} {more:?}");
        prop_assert!(split.overlapped() <= split.in_turn());
        prop_assert!(split.overlapped() >= split.sampling.max(split.training));
        prop_assert!(split.busy > 0.0 && split.busy <= 1.0);
        let shorter = of(0.5 * share).split(servers);
        prop_assert!(shorter.training <= split.training);
    }
}
