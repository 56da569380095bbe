//! Bytes that a training pass holds at a time, from what each layer has to remember.
//!
//! Everything runs in a pool of one thread, whose allocations are counted. The slack is for what has
//! no token in its shape: nodes of the graph, lists of sequences.

use allocation_counter::measure;
use candle_core::{Tensor, Var};
use rs_grpo_engine::checkpoint::Checkpoint;
use rs_grpo_engine::model::{ActivationCheckpointing, Decoder, Packed, Training};
use rs_grpo_engine::ops::{Spans, attention};
use rs_grpo_engine::tensor::Gradients;
use std::collections::HashMap;
use test_support::{Stream, pool};

/// Residual stream, all queries, all keys, query heads, width inside the feed-forward part.
const D: usize = 32;
const Q: usize = 48;
const K: usize = 24;
const H: usize = 4;
const INNER: usize = 80;
const VOCAB: usize = 50;
/// Four sequences of 128 tokens.
const T: usize = 512;
const SLACK: usize = 128 << 10;

/// Floats that one token leaves behind in a layer, in the order of the layer.
const LAYER: usize = {
    let norm_and_projections = D + D + Q + 2 * K; // its input, its norm, q, k and v
    let attention = (Q + K) + Q + H; // rotated q and k, the output and its log sums
    let to_residual = D + D; // the projection and the sum
    let feed_forward = D + 3 * INNER; // its norm, gate, up and their product
    norm_and_projections + attention + to_residual + feed_forward + D + D // as to_residual
};
/// Weights of a layer.
const WEIGHTS: usize = 2 * D + 2 * D * Q + 2 * D * K + 3 * D * INNER;

/// A decoder of Llama's kind with weights about 0.1.
fn decoder(layers: usize) -> Decoder {
    let folder = tempfile::tempdir().unwrap();
    let config = serde_json::json!({
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": VOCAB,
        "hidden_size": D, "intermediate_size": INNER, "num_hidden_layers": layers,
        "num_attention_heads": H, "num_key_value_heads": H * K / Q, "head_dim": Q / H,
        "max_position_embeddings": 4096, "rms_norm_eps": 1e-5, "rope_theta": 10000.0,
        "hidden_act": "silu", "tie_word_embeddings": true, "attention_bias": false,
        "mlp_bias": false,
    });
    let path = folder.path().join("config.json");
    std::fs::write(&path, config.to_string()).unwrap();
    let config = rs_grpo_engine::ModelConfig::from_json(&path).unwrap();
    let mut stream = Stream::new(1);
    let mut tensor = |shape: &[usize]| (stream.tensor(shape) * 0.1).unwrap();
    let tensors: HashMap<String, Tensor> =
        config.tensors().into_iter().map(|(name, shape)| (name, tensor(&shape))).collect();
    candle_core::safetensors::save(&tensors, folder.path().join("model.safetensors")).unwrap();
    let checkpoint = Checkpoint::open(folder.path()).unwrap();
    Decoder::load(&checkpoint, Training::Full).unwrap()
}

/// Bytes that a tape holds, and the most that a pass forth and back held.
#[derive(Debug)]
struct Bytes {
    tape: usize,
    peak: usize,
}

fn pass(layers: usize, keep: ActivationCheckpointing) -> Bytes {
    pool(1).install(|| {
        let model = decoder(layers);
        let tokens = Stream::new(2).tokens(T, VOCAB);
        let dy = Stream::new(3).tensor(&[T, D]);
        let record = || model.record(Packed::new(tokens.chunks(T / 4)).unwrap(), keep).unwrap();
        // Buffers that a thread keeps are there from now on.
        record().backward(&dy, &mut Gradients::new()).unwrap();
        let mut tape = None;
        let held = measure(|| tape = Some(record()));
        drop(tape);
        let whole = measure(|| record().backward(&dy, &mut Gradients::new()).unwrap());
        Bytes { tape: held.bytes_current as usize, peak: whole.bytes_max as usize }
    })
}

fn bytes(floats: usize) -> usize {
    size_of::<f32>() * floats
}

/// Fails if `found` is more than `expected`, the slack allowed.
#[track_caller]
fn is_at_most(found: usize, expected: usize) {
    assert!(found <= expected + SLACK, "{found} bytes for {expected}");
}

/// What the others rely on: nothing that a pool of one thread holds is missed.
#[test]
fn what_a_pass_holds_is_counted() {
    let held = pool(1).install(|| {
        let mut floats = None;
        let held = measure(|| floats = Some(Stream::new(5).tensor(&[T, LAYER])));
        drop(floats);
        held.bytes_current as usize
    });
    assert!(held >= bytes(T * LAYER), "{held} bytes");
}

/// The last norm's input and output, and cosine and sine of half a head.
const ENDS: usize = 2 * D + Q / H;

#[test]
fn a_tape_of_everything_holds_the_intermediates_of_every_layer() {
    let layers = 12;
    is_at_most(pass(layers, ActivationCheckpointing::Off).tape, bytes(T * (layers * LAYER + ENDS)));
}

#[test]
fn a_tape_of_layer_inputs_holds_one_residual_stream_a_layer() {
    let layers = 12;
    is_at_most(
        pass(layers, ActivationCheckpointing::PerLayer).tape,
        bytes(T * (layers * D + ENDS)),
    );
}

/// Above the tape: gradients of the weights, and those of the intermediates of the layer that is
/// being gone through, of which no more than all exist at a time.
#[test]
fn going_back_adds_the_gradients_of_one_layer() {
    let layers = 12;
    let gradients = bytes(layers * WEIGHTS + D + VOCAB * D);
    let Bytes { tape, peak } = pass(layers, ActivationCheckpointing::Off);
    let bound = tape + bytes(T * LAYER) + gradients + SLACK;
    assert!(peak <= bound, "{peak} bytes over {bound}");
}

/// As above, and the intermediates of one layer, computed again.
#[test]
fn going_back_from_layer_inputs_holds_one_layer_at_a_time() {
    let layers = 12;
    let gradients = bytes(layers * WEIGHTS + D + VOCAB * D);
    let Bytes { tape, peak } = pass(layers, ActivationCheckpointing::PerLayer);
    let bound = tape + 2 * bytes(T * LAYER) + gradients + SLACK;
    assert!(peak <= bound, "{peak} bytes over {bound}");
}

/// What a further layer costs: its input, and the gradients of its weights.
#[test]
fn a_layer_more_costs_its_input_and_the_gradients_of_its_weights() {
    let more = pass(24, ActivationCheckpointing::PerLayer).peak
        - pass(12, ActivationCheckpointing::PerLayer).peak;
    let each = bytes(T * D + WEIGHTS);
    assert!(more <= 12 * each + SLACK, "{} bytes a layer, for {each}", more / 12);
}

/// Forth and back: seven tensors as large as the input or the gradients, the copies that candle makes
/// while it sums them, and scores of 32 tokens. One matrix of scores for each head would take 128 MiB.
#[test]
fn attention_holds_no_matrix_of_scores() {
    let (t, heads, width) = (4096, 2, 8);
    let peak = pool(1).install(|| {
        let mut stream = Stream::new(4);
        let mut input =
            || Var::from_tensor(&stream.tensor(&[t, heads, width])).unwrap().into_inner();
        let (q, k, v) = (input(), input(), input());
        let run = || {
            let y = attention(&q, &k, &v, &Spans::separate(&[t])).unwrap();
            y.sum_all().unwrap().backward().unwrap()
        };
        measure(|| drop(run())).bytes_max as usize
    });
    let tensor = bytes(t * heads * width);
    let scores = bytes(32 * t);
    assert!(peak <= 12 * tensor + 2 * scores + SLACK, "{peak} bytes, tensors of {tensor}");
    assert!(peak < bytes(heads * t * t) / 20, "{peak} bytes");
}
