//! The same numbers as transformers, on small checkpoints of every family.
//!
//! Every expected number was computed by transformers 5.23 with all arithmetic in f64
//! (`fixtures/make_checkpoints.py`).

use rs_grpo_engine::generate::LanguageModel;
use rs_grpo_engine::model::{ActivationCheckpointing, Decoder, Packed, Training};
use rs_grpo_engine::ops::logprob_head::LossGradient;
use rs_grpo_engine::tensor::Gradients;
use rs_grpo_engine::tensor::{Rows, Segment};
use test_support::{CASES, Reference, decoder, floats, relative_error};

/// Logits of all positions of a sequence.
fn logits(model: &Decoder, tokens: &[u32]) -> Vec<f32> {
    let tape =
        model.record(Packed::new([tokens]).unwrap(), ActivationCheckpointing::PerLayer).unwrap();
    floats(&model.head().logits(&tape.hidden()).unwrap())
}

#[test]
fn logits_are_those_of_transformers() {
    for case in CASES {
        let (model, reference) = (decoder(case, Training::Frozen), Reference::of(case));
        for (i, tokens) in reference.sequences().iter().enumerate() {
            let error =
                relative_error(&logits(&model, tokens), &reference.floats(&format!("logits.{i}")));
            assert!(error < 1e-5, "{case}, sequence {i}: relative error {error:e}");
        }
    }
}

/// The loss `−Σ weights · log p` of the fixtures over all sequences in one batch.
fn gradients(
    model: &Decoder,
    reference: &Reference,
    keep: ActivationCheckpointing,
) -> (Vec<f32>, Vec<f32>, Gradients) {
    let sequences = reference.sequences();
    let batch = Packed::new(sequences.iter().map(Vec::as_slice)).unwrap();
    let (mut targets, mut weights) = (Vec::new(), Vec::new());
    for (i, sequence) in sequences.iter().enumerate() {
        targets.extend(&sequence[1..]);
        targets.push(0);
        weights.extend(reference.floats(&format!("weights.{i}")).iter().map(|w| -w));
        weights.push(0.0);
    }
    let tape = model.record(batch, keep).unwrap();
    let mut gradients = Gradients::new();
    let weights = LossGradient { logprobs: weights, entropies: Vec::new() };
    let hidden = tape.hidden();
    let scores = model.head().scores(&hidden, &targets, 1.0).unwrap();
    let dy = model.head().backward(&hidden, &targets, 1.0, &weights, &mut gradients).unwrap();
    tape.backward(&dy, &mut gradients).unwrap();
    (scores.logprobs, scores.entropies, gradients)
}

#[test]
fn log_probs_entropies_and_every_gradient_are_those_of_transformers() {
    for case in CASES {
        let (model, reference) = (decoder(case, Training::Full), Reference::of(case));
        let (logprobs, entropies, gradients) =
            gradients(&model, &reference, ActivationCheckpointing::Off);
        let mut row = 0;
        for (i, sequence) in reference.sequences().iter().enumerate() {
            let rows = row..row + sequence.len() - 1;
            row += sequence.len();
            let errors = [
                relative_error(
                    &logprobs[rows.clone()],
                    &reference.floats(&format!("log_probs.{i}")),
                ),
                relative_error(&entropies[rows], &reference.floats(&format!("entropies.{i}"))),
            ];
            assert!(errors.iter().all(|&error| error < 1e-5), "{case}, sequence {i}: {errors:?}");
        }
        let mut compared = 0;
        for (name, expected) in reference.gradients() {
            let found =
                gradients.get(name).unwrap_or_else(|| panic!("{case}: no gradient of {name}"));
            assert_eq!(found.dims(), expected.dims(), "{case}: {name}");
            let error = relative_error(&floats(found), &floats(expected));
            assert!(error < 1e-4, "{case}: gradient of {name}: relative error {error:e}");
            compared += 1;
        }
        assert_eq!(compared, model.config().tensors().len(), "{case}: gradients in the fixture");
        assert_eq!(gradients.iter().count(), compared, "{case}: gradients computed");
    }
}

#[test]
fn checkpointing_gives_the_same_gradients_to_the_last_bit() {
    for case in CASES {
        let (model, reference) = (decoder(case, Training::Full), Reference::of(case));
        let full = gradients(&model, &reference, ActivationCheckpointing::Off).2;
        let again = gradients(&model, &reference, ActivationCheckpointing::PerLayer).2;
        for ((name, a), (_, b)) in full.iter().zip(again.iter()) {
            assert_eq!(floats(a), floats(b), "{case}: {name}");
        }
    }
}

/// Greedy tokens with a cache, one token at a time.
fn greedy(model: &Decoder, prompt: &[u32], tokens: usize) -> Vec<u32> {
    let mut cache = model.new_cache(prompt.len() + tokens).unwrap();
    let (mut all, mut start) = (prompt.to_vec(), 0);
    for _ in 0..tokens {
        let segments = [Segment { slot: 0, len: all.len() }];
        let rows = Rows { tokens: &all[start..], start, segments: &segments };
        let logits = floats(&model.forward(&[rows], &mut cache).unwrap());
        start = all.len();
        let best = logits.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).unwrap();
        all.push(best.0 as u32);
    }
    all.split_off(prompt.len())
}

#[test]
fn greedy_continuations_are_those_of_transformers() {
    for case in CASES {
        let (model, reference) = (decoder(case, Training::Frozen), Reference::of(case));
        for (i, prompt) in reference.sequences().iter().take(2).enumerate() {
            let expected = reference.tokens(&format!("greedy.{i}"));
            assert_eq!(greedy(&model, prompt, expected.len()), expected, "{case}, sequence {i}");
        }
    }
}

#[test]
fn a_cache_gives_the_same_logits_to_the_last_bit() {
    for case in CASES {
        let (model, reference) = (decoder(case, Training::Frozen), Reference::of(case));
        let tokens = &reference.sequences()[0];
        let all = logits(&model, tokens);
        let last = &all[all.len() - model.vocab_size()..];
        for chunk in [1, 3, tokens.len()] {
            // Slots out of order, in pieces of five.
            let slot = |piece: usize| (piece * 7 % 11) * 5;
            let mut cache = model.new_cache(55).unwrap();
            let (mut found, mut start) = (Vec::new(), 0);
            while start < tokens.len() {
                let end = (start + chunk).min(tokens.len());
                let pieces = (0..end.div_ceil(5))
                    .map(|piece| Segment { slot: slot(piece), len: 5.min(end - piece * 5) });
                let segments: Vec<_> = pieces.collect();
                let rows = Rows { tokens: &tokens[start..end], start, segments: &segments };
                found = floats(&model.forward(&[rows], &mut cache).unwrap());
                start = end;
            }
            assert_eq!(found, last, "{case}: {chunk} tokens at a time");
        }
    }
}
