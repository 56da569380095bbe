//! Bursts on a device, emulated: what is drawn depends neither on them nor on recordings, and what they
//! spare the host is counted.

use crate::generate::mock::request;
use rs_grpo_engine::cuda::launch::Element;
use rs_grpo_engine::cuda::network::Network;
use rs_grpo_engine::generate::{
    Engine, EngineOptions, Event, LanguageModel, Request, Sample, Sampler, SamplingParams,
    SamplingProgress,
};
use rs_grpo_engine::model::{LoraOptions, Training};
use rs_grpo_engine::tensor::{Rows, Segment};
use rs_grpo_engine::text::Tokenizer;
use std::sync::Arc;
use test_support::emulated::{self, Counts, Emulated};
use test_support::{decoder, folder};

/// It has biases, and a tokenizer.
const CASE: &str = "qwen2-tied";
const ROOMY: EngineOptions =
    EngineOptions { max_batch: 8, cache_slots: 1024, prefill_tokens: 64, multi_step: 8 };

/// A device with a network on it.
fn network() -> (Arc<Emulated>, Network) {
    let (device, place) = emulated::place_with(Element::F32, usize::MAX);
    let network = Network::new(&place, &decoder(CASE, Training::Frozen), Training::Frozen);
    (device, network.unwrap())
}

fn params(max_tokens: usize) -> SamplingParams {
    SamplingParams { max_tokens, seed: 3, ..SamplingParams::default() }
}

fn draw(
    network: &Network,
    options: EngineOptions,
    requests: &[Request],
    params: &SamplingParams,
) -> (Vec<Vec<Sample>>, SamplingProgress) {
    let tokenizer = Tokenizer::from_folder(&folder(CASE)).unwrap();
    let mut engine = Engine::new(network, Some(&tokenizer), options).unwrap();
    let mut last = SamplingProgress::default();
    let mut watch = |event: Event<'_>| {
        if let Event::Step(progress) = event {
            last = progress;
        }
    };
    (engine.sample(requests, params, &mut watch).unwrap(), last)
}

/// Token by token, in bursts, and in recorded bursts: to the last bit. The emulated products do not
/// depend on the batch, and up to 64 positions are one share of attention's work.
#[test]
#[cfg_attr(no_cxx, ignore = "needs a C++ compiler, c++")]
fn samples_have_the_same_bits_with_and_without_bursts_and_recordings() {
    let (device, network) = network();
    let of = |len: u32| (0..len).map(|at| (at * 37 + 5 * len) % 200).collect::<Vec<u32>>();
    let requests = [request(&of(3), 3), request(&of(12), 2), request(&of(7), 2)];
    let free = params(20);
    let (samples, _) = draw(&network, EngineOptions { multi_step: 1, ..ROOMY }, &requests, &free);
    let all: Vec<&Sample> = samples.iter().flatten().collect();
    // Tokens and texts that samples have in their midst.
    let stop_tokens = vec![all[0].tokens[10], all[4].tokens[4]];
    let text = all[1].text.clone().unwrap();
    let middle = text.char_indices().nth(text.chars().count() / 2).unwrap().0;
    let stop_strings = vec![text[middle..].chars().take(2).collect::<String>()];
    let filtered = SamplingParams { temperature: 0.7, min_p: 0.02, ..free.clone() };
    // Two pages more than one sample takes with its prompt.
    let tight = EngineOptions { cache_slots: (1 + 2 + 2) * 16, ..ROOMY };
    // Prompts come in pieces while samples run.
    let narrow = EngineOptions { max_batch: 5, prefill_tokens: 2, ..ROOMY };
    for (what, options, params) in [
        ("free", ROOMY, free.clone()),
        ("greedy", ROOMY, SamplingParams { temperature: 0.0, ..free.clone() }),
        ("stop tokens", ROOMY, SamplingParams { stop_tokens, ..free.clone() }),
        ("stop strings", ROOMY, SamplingParams { stop_strings, ..free.clone() }),
        ("few tokens", ROOMY, SamplingParams { max_tokens: 3, ..free.clone() }),
        ("tight", tight, filtered.clone()),
        ("narrow", narrow, filtered),
    ] {
        let one_by_one = EngineOptions { multi_step: 1, ..options };
        let (expected, progress) = draw(&network, one_by_one, &requests, &params);
        assert_eq!(progress.preemptions > 0, what == "tight", "{what}");
        for (burst, recordings) in [(8, 0), (8, 16), (3, 1)] {
            network.keep_graphs(recordings);
            device.take_counts();
            let (found, progress) =
                draw(&network, EngineOptions { multi_step: burst, ..options }, &requests, &params);
            let counts = device.take_counts();
            assert_eq!(found, expected, "{what}, bursts of {burst}, {recordings} recordings");
            assert_eq!(progress.preemptions > 0, what == "tight", "{what}");
            assert_eq!(counts.recordings > 0, recordings > 0, "{what}: {counts:?}");
            assert_eq!(counts.replays > 0, recordings > 0, "{what}: {counts:?}");
        }
    }
    assert_eq!(network.take_notes(), Vec::<String>::new());
}

/// What the host asks for while 5 samples of 33 tokens are drawn after a prompt of 9 tokens.
fn counts(network: &Network, device: &Emulated, burst: usize) -> Vec<Counts> {
    let options = EngineOptions { multi_step: burst, ..ROOMY };
    let mut engine = Engine::new(network, None, options).unwrap();
    let mut counts = Vec::new();
    device.take_counts();
    let mut watch = |event: Event<'_>| {
        if let Event::Step(_) = event {
            counts.push(device.take_counts());
        }
    };
    engine.sample(&[request(&[7; 9], 5)], &params(33), &mut watch).unwrap();
    counts
}

/// A token of all samples: in each layer four products and six kernels (two norms, what writes the cache,
/// two of attention, the gate); beside them the embedding, the last norm, the product for logits and the
/// draw, and one more: the choice of last rows, or in a burst what goes on to the next step. Memory: nine
/// arrays a layer (attention has two in between), six beside them, and one for each upload; in a burst
/// nothing is chosen.
#[test]
#[cfg_attr(no_cxx, ignore = "needs a C++ compiler, c++")]
fn a_recorded_burst_is_one_upload_one_download_and_a_call_a_step() {
    let (device, network) = network();
    let (layers, per_layer) = (network.config().layers, 6);
    let one_by_one = counts(&network, &device, 1);
    let token = Counts {
        launches: per_layer * layers + 4,
        products: 4 * layers + 1,
        uploads: 14,
        downloads: 2,
        allocations: 9 * layers + 6 + 14,
        ..Counts::default()
    };
    assert_eq!(one_by_one[9], token);
    network.keep_graphs(0);
    let bursts = counts(&network, &device, 8);
    // The first token is that of the prompt; 32 more are four bursts, of which the first takes memory.
    assert_eq!(bursts.len(), 1 + 4);
    let burst = Counts {
        launches: 8 * token.launches,
        products: 8 * token.products,
        uploads: 1,
        downloads: 1,
        allocations: 8 * (9 * layers + 5),
        ..Counts::default()
    };
    assert_eq!(bursts[2], burst);
    network.keep_graphs(16);
    let recorded = counts(&network, &device, 8);
    // One step is done as it is asked for, and once more to record it.
    let first = Counts { recordings: 1, replays: 7, uploads: 1, downloads: 1, ..recorded[1] };
    assert_eq!(recorded[1], first);
    assert_eq!((first.launches, first.products), (2 * token.launches, 2 * token.products));
    let replayed = Counts { replays: 8, uploads: 1, downloads: 1, ..Counts::default() };
    assert_eq!(recorded[2..], [replayed; 3]);
}

/// Recordings are for sizes of batches: 9 to 16 samples share one, 17 to 32 another.
#[test]
#[cfg_attr(no_cxx, ignore = "needs a C++ compiler, c++")]
fn batches_of_about_the_same_size_share_a_recording() {
    let (device, network) = network();
    let options = EngineOptions { max_batch: 12, ..ROOMY };
    let mut engine = Engine::new(&network, None, options).unwrap();
    let sample = |engine: &mut Engine<'_, Network>, samples| {
        device.take_counts();
        engine.sample(&[request(&[7; 9], samples)], &params(9), &mut |_| ()).unwrap();
        device.take_counts()
    };
    assert_eq!(sample(&mut engine, 12).recordings, 1);
    let again = sample(&mut engine, 9);
    assert_eq!((again.recordings, again.replays), (0, 8));
    assert_eq!(sample(&mut engine, 2).recordings, 1);
    // Both are kept.
    assert_eq!(sample(&mut engine, 11).recordings + sample(&mut engine, 2).recordings, 0);
    // How tokens are drawn is in the recording, too.
    let cooler = SamplingParams { temperature: 0.5, ..params(9) };
    device.take_counts();
    engine.sample(&[request(&[7; 9], 12)], &cooler, &mut |_| ()).unwrap();
    assert_eq!(device.take_counts().recordings, 1);
    // They go with the cache, and with all its memory.
    let [weights, _] = device.used();
    engine.release();
    let [left, _] = device.used();
    assert!(left < weights);
    assert_eq!(sample(&mut engine, 12).recordings, 1);
    drop(engine);
    assert_eq!(device.used()[0], left);
}

/// 2 samples of 41 tokens: their slots outgrow the memory of the state once, and what was recorded with
/// its address is forgotten.
#[test]
#[cfg_attr(no_cxx, ignore = "needs a C++ compiler, c++")]
fn a_recording_whose_memory_moves_is_made_anew() {
    let (device, network) = network();
    let draw = |recordings| {
        network.keep_graphs(recordings);
        device.take_counts();
        let samples = draw(&network, ROOMY, &[request(&[7; 9], 2)], &params(41)).0;
        (samples, device.take_counts())
    };
    // 53 words and 2 for a position, rounded up to 128: enough for 37 positions, of which 9 are the prompt's.
    let (found, counts) = draw(16);
    assert_eq!(found, draw(0).0);
    assert_eq!((counts.recordings, counts.replays), (2, 38));
}

/// Weights that training changed where they are: a recording of before draws from them.
#[test]
#[cfg_attr(no_cxx, ignore = "needs a C++ compiler, c++")]
fn a_recording_reads_weights_as_they_are() {
    let place = emulated::place(Element::F32);
    let draws = |engine: &mut Engine<'_, Network>| {
        let greedy = SamplingParams { temperature: 0.0, ..params(17) };
        engine.sample(&[request(&[7; 9], 2)], &greedy, &mut |_| ()).unwrap()
    };
    let model = decoder(CASE, Training::Full);
    let network = Network::new(&place, &model, Training::Full).unwrap();
    let mut engine = Engine::new(&network, None, ROOMY).unwrap();
    let before = draws(&mut engine);
    let name = "model.norm.weight";
    let numbers = network.weight(name).unwrap().unwrap();
    let turned: Vec<f32> = numbers.iter().map(|x| -x).collect();
    rs_grpo_engine::model::TrainableModel::set_trained(&network, name, turned).unwrap();
    let after = draws(&mut engine);
    assert_ne!(before[0][0].tokens, after[0][0].tokens);
    let mut fresh = Engine::new(&network, None, ROOMY).unwrap();
    assert_eq!(after, draws(&mut fresh));
}

/// On one cache, a network and the same without its adapters have recordings of their own.
#[test]
#[cfg_attr(no_cxx, ignore = "needs a C++ compiler, c++")]
fn networks_do_not_share_recordings() {
    let (device, place) = emulated::place_with(Element::F32, usize::MAX);
    let lora = Training::Lora(LoraOptions { rank: 2, alpha: 4.0, seed: 1 });
    let network = Network::new(&place, &decoder(CASE, lora), lora).unwrap();
    let reference = network.without_adapters();
    let mut cache = network.new_cache(32).unwrap();
    let segments = [Segment { slot: 0, len: 3 }];
    let mut draw = |network: &Network| {
        device.take_counts();
        let rows = [Rows { tokens: &[5], start: 0, segments: &segments }];
        network.multi_step(&rows, &mut cache, &[0.5; 3], &params(9)).unwrap();
        let Counts { recordings, replays, .. } = device.take_counts();
        (recordings, replays)
    };
    assert_eq!([draw(&network), draw(&reference)], [(1, 2); 2]);
    assert_eq!([draw(&network), draw(&reference)], [(0, 3); 2]);
    // What is not wanted any more is not replayed.
    network.keep_graphs(0);
    assert_eq!(draw(&network), (0, 0));
}

/// A device that cannot record, and one that breaks off: the samples are the same, and a note says so once.
#[test]
#[cfg_attr(no_cxx, ignore = "needs a C++ compiler, c++")]
fn without_recordings_it_goes_on_and_says_so() {
    let (device, network) = network();
    let requests = [request(&[7; 9], 3)];
    let (expected, _) = draw(&network, ROOMY, &requests, &params(30));
    let check = |what: &str, problem: &str| {
        network.keep_graphs(16);
        for notes in [1, 0] {
            device.take_counts();
            let (found, _) = draw(&network, ROOMY, &requests, &params(30));
            assert_eq!(found, expected, "{what}");
            assert_eq!(device.take_counts().replays, 0, "{what}");
            let told = network.take_notes();
            assert_eq!(told.len(), notes, "{what}: {told:?}");
            assert!(told.iter().all(|note| note.contains(problem)), "{told:?}");
        }
    };
    device.set_longest_recording(0);
    check(
        "cannot record",
        "Decoding runs without CUDA graphs, which is slower: the emulated device: it cannot",
    );
    device.set_longest_recording(5);
    check("breaks off", "the recording is too long");
    device.set_longest_recording(usize::MAX);
    network.keep_graphs(16);
    let (found, _) = draw(&network, ROOMY, &requests, &params(30));
    assert_eq!(found, expected, "and the device records again afterwards");
    assert!(device.take_counts().replays > 0);
}

/// A weight that is not a number: the error is that of the sample that it meets first, with and without.
#[test]
#[cfg_attr(no_cxx, ignore = "needs a C++ compiler, c++")]
fn logits_that_are_no_numbers_name_the_sample() {
    let (_, place) = emulated::place_with(Element::F32, usize::MAX);
    let model = decoder(CASE, Training::Full);
    let network = Network::new(&place, &model, Training::Full).unwrap();
    let requests = [request(&[7; 9], 3), request(&[1, 2, 3], 2)];
    let (samples, _) = draw(&network, ROOMY, &requests, &params(20));
    // The embedding of a token that the second prompt's samples draw, and no one before.
    let token = samples[1][1].tokens[11];
    let name = "model.embed_tokens.weight";
    let mut numbers = network.weight(name).unwrap().unwrap();
    let width = network.config().hidden_size;
    numbers[token as usize * width] = f32::NAN;
    rs_grpo_engine::model::TrainableModel::set_trained(&network, name, numbers).unwrap();
    let message = |burst, recordings| {
        network.keep_graphs(recordings);
        let options = EngineOptions { multi_step: burst, ..ROOMY };
        let mut engine = Engine::new(&network, None, options).unwrap();
        engine.sample(&requests, &params(20), &mut |_| ()).unwrap_err().to_string()
    };
    let expected = message(1, 0);
    assert!(expected.contains("tokens drawn"), "{expected}");
    assert_eq!(message(8, 0), expected);
    assert_eq!(message(8, 16), expected);
}

/// On tensor cores, with prompts long enough to be read once for their samples, and batches that are
/// rounded: recordings change no bit, and bursts none but by the order of sums.
#[test]
#[cfg_attr(no_cxx, ignore = "needs a C++ compiler, c++")]
fn recordings_change_no_bit_on_tensor_cores() {
    let scratch = tempfile::tempdir().unwrap();
    let made = rs_grpo_train::Pretraining {
        steps: 4,
        batch: 4,
        problems: 20,
        layers: 1,
        width: 256,
        ..Default::default()
    };
    let path = scratch.path().join("wide");
    rs_grpo_train::pretrain(&made, &path, None, |_, _| ()).unwrap();
    let checkpoint = rs_grpo_engine::checkpoint::Checkpoint::open(&path).unwrap();
    let model = rs_grpo_engine::model::Decoder::load(&checkpoint, Training::Frozen).unwrap();
    let (device, place) = emulated::place_with(Element::Bf16, usize::MAX);
    let network = Network::new(&place, &model, Training::Frozen).unwrap();
    let prompt = |seed: u32| (0..70).map(|at| (at * 7 + seed) % 20).collect::<Vec<u32>>();
    let requests = [request(&prompt(1), 5), request(&prompt(2), 4), request(&prompt(3), 1)];
    let options = EngineOptions { max_batch: 10, ..ROOMY };
    let draw = |recordings| {
        network.keep_graphs(recordings);
        let mut engine = Engine::new(&network, None, options).unwrap();
        engine.sample(&requests, &params(19), &mut |_| ()).unwrap()
    };
    let expected = draw(0);
    device.take_counts();
    assert_eq!(draw(16), expected);
    let counts = device.take_counts();
    assert!(counts.replays > counts.recordings && counts.recordings > 0, "{counts:?}");
    assert!(device.ran("prefix_attention") && device.ran("decode_attention"));
}

/// What a burst does not accept, and what it says.
#[test]
#[cfg_attr(no_cxx, ignore = "needs a C++ compiler, c++")]
fn bursts_that_would_leave_their_place_are_refused() {
    let (_, network) = network();
    let mut cache = network.new_cache(32).unwrap();
    let mut message = |start: usize, tokens: &[u32], slots: usize, uniforms: usize| {
        let segments = [Segment { slot: 0, len: slots }];
        let rows = [Rows { tokens, start, segments: &segments }];
        let drawn = network.multi_step(&rows, &mut cache, &vec![0.5; uniforms], &params(9));
        drawn.unwrap_err().to_string()
    };
    let messages = [
        message(3, &[1], 12, 9),
        message(3, &[1], 3, 0),
        message(3, &[1, 2], 6, 2),
        message(3, &[1], 4, 2),
        message(30, &[1], 34, 4),
        message(3, &[1 << 20], 4, 1),
    ];
    insta::assert_snapshot!(messages.join("\n"));
}

#[test]
#[cfg_attr(no_cxx, ignore = "needs a C++ compiler, c++")]
fn nothing_asked_is_nothing_drawn() {
    let (device, network) = network();
    let mut cache = network.new_cache(32).unwrap();
    device.take_counts();
    let drawn = network.multi_step(&[], &mut cache, &[], &params(9)).unwrap();
    assert!(drawn.is_empty());
    assert_eq!(device.take_counts(), Counts::default());
}
