//! Where samples end, and their texts: a model that plays a script, with a real tokenizer.
//!
//! The tokenizer of `qwen2-tied` has one token a byte for most texts, and merges a few words.

use crate::generate::mock::{Mock, request};
use rs_grpo_engine::generate::{
    Engine, EngineOptions, FinishReason, Sample, Sampler, SamplingParams,
};
use rs_grpo_engine::text::Tokenizer;

fn tokenizer() -> Tokenizer {
    Tokenizer::from_folder(&test_support::folder("qwen2-tied")).expect("a tokenizer")
}

/// The sample of a model that says just these tokens.
fn play(tokens: &[u32], params: &SamplingParams) -> Sample {
    let tokenizer = tokenizer();
    let model = Mock::script(384, tokens);
    let mut engine =
        Engine::new(&model, Some(&tokenizer), EngineOptions::default()).expect("good options");
    let samples = engine.sample(&[request(&[0], 1)], params, &mut |_| ()).expect("a good request");
    samples[0][0].clone()
}

fn stops(strings: &[&str]) -> SamplingParams {
    let stop_strings = strings.iter().map(|&stop| stop.to_owned()).collect();
    SamplingParams { stop_strings, ..SamplingParams::default() }
}

/// Text, number of tokens and stop string of a sample; the whole script is `Context`.
fn said(text: &str, strings: &[&str]) -> (String, usize, Option<String>) {
    let tokens = tokenizer().encode(text, false).expect("tokens");
    let sample = play(&tokens, &stops(strings));
    assert_eq!(sample.tokens, tokens[..sample.tokens.len()]);
    assert_eq!(sample.logprobs, vec![0.0; sample.tokens.len()], "a script is certain");
    assert_eq!(sample.model_logprobs.len(), sample.tokens.len());
    let stop = match sample.finish_reason {
        FinishReason::StopString(stop) => Some(stop),
        FinishReason::Context => None,
        other => panic!("{other:?}"),
    };
    (sample.text.expect("a text"), sample.tokens.len(), stop)
}

fn cut(text: &str, tokens: usize, stop: &str) -> (String, usize, Option<String>) {
    (text.to_owned(), tokens, Some(stop.to_owned()))
}

/// Tokens of a text.
fn len(text: &str) -> usize {
    tokenizer().encode(text, false).expect("tokens").len()
}

#[test]
fn a_sample_without_a_stop_is_whole() {
    let text = "x=1; né 🤖!";
    assert_eq!(said(text, &[]), (text.to_owned(), len(text), None));
    assert_eq!(said(text, &["y", "x=2", "!!"]), (text.to_owned(), len(text), None));
}

/// "<" and "q" and so on are tokens of their own.
#[test]
fn a_stop_string_over_several_tokens_cuts_the_text_before_it() {
    assert_eq!(len("<q>"), 3);
    assert_eq!(said("ab<q>cd", &["<q>"]), cut("ab", len("ab<q>"), "<q>"));
    assert_eq!(said("<q>cd", &["<q>"]), cut("", 3, "<q>"));
    // A beginning that comes to nothing, and one that overlaps the real one.
    assert_eq!(said("a<<qx<<q>", &["<q>"]), cut("a<<qx<", len("a<<qx<<q>"), "<q>"));
    assert_eq!(said("aabaab;", &["aab;"]), cut("aab", len("aabaab;"), "aab;"));
}

/// A word that is one token, with the stop in its middle.
#[test]
fn a_stop_string_within_a_token_cuts_the_text_before_it() {
    let tokenizer = tokenizer();
    let token = (256..380).find(|&id| tokenizer.decode(&[id], true).expect("decodes").len() >= 4);
    let token = token.expect("a token of several letters");
    let word = tokenizer.decode(&[token], true).expect("decodes");
    let sample = play(&[token, token], &stops(&[&word[1..3]]));
    assert_eq!(sample.text.as_deref(), Some(&word[..1]));
    assert_eq!(sample.tokens, [token]);
    // Over the border of two tokens.
    let (end, start) = (&word[word.len() - 1..], &word[..1]);
    let across = format!("{end}{start}");
    assert!(!word.contains(&across));
    let sample = play(&[token, token, token], &stops(&[&across]));
    assert_eq!(sample.text.as_deref(), Some(&word[..word.len() - 1]));
    assert_eq!(sample.tokens, [token; 2]);
}

#[test]
fn of_two_stop_strings_the_earlier_one_wins() {
    assert_eq!(said("ab;cd.", &[".", ";"]), cut("ab", len("ab;"), ";"));
    // Both end with the same token: the one that begins first.
    assert_eq!(said("abc;d", &["c;", "bc;", ";"]), cut("a", len("abc;"), "bc;"));
    assert_eq!(said("ab;", &[";", ";"]), cut("ab", len("ab;"), ";"));
}

#[test]
fn a_stop_string_of_several_bytes_is_found_with_its_last() {
    assert_eq!(len("🤖"), 4);
    assert_eq!(said("é🤖x", &["🤖"]), cut("é", len("é🤖"), "🤖"));
    assert_eq!(said("日本é🤖x", &["本é🤖"]), cut("日", len("日本é🤖"), "本é🤖"));
    assert_eq!(said("🤖🤖!", &["🤖!"]), cut("🤖", 9, "🤖!"));
}

/// Three bytes of four are held back, and become a replacement when the sample ends.
#[test]
fn a_stop_string_is_found_in_what_was_held_back() {
    let robot = tokenizer().encode("a🤖", false).expect("tokens");
    let sample = play(&robot[..4], &stops(&[]));
    assert_eq!(sample.text.as_deref(), Some("a\u{fffd}"));
    assert_eq!(sample.finish_reason, FinishReason::Context);
    let sample = play(&robot[..4], &stops(&["\u{fffd}"]));
    assert_eq!(sample.text.as_deref(), Some("a"));
    assert_eq!(sample.finish_reason, FinishReason::StopString("\u{fffd}".to_owned()));
}

#[test]
fn a_stop_token_is_part_of_the_sample_and_not_of_its_text() {
    let tokenizer = tokenizer();
    let [a, b] = ["a", ";"].map(|text| tokenizer.encode(text, false).expect("tokens")[0]);
    let special = tokenizer.id("<|im_end|>").expect("a special token");
    for stop in [special, b] {
        let params = SamplingParams { stop_tokens: vec![special, b], ..stops(&[";"]) };
        let sample = play(&[a, a, stop, a], &params);
        assert_eq!(sample.tokens, [a, a, stop]);
        assert_eq!(sample.text.as_deref(), Some("aa"));
        assert_eq!(sample.finish_reason, FinishReason::StopToken(stop), "before a stop string");
    }
    let sample = play(&[a, special, a], &stops(&[]));
    assert_eq!(sample.text.as_deref(), Some("aa"), "special tokens have no text");
}

#[test]
fn the_last_token_may_end_a_sample_in_its_own_way() {
    let tokens = tokenizer().encode("abc;", false).expect("tokens");
    let reason = |params: &SamplingParams| play(&tokens, params).finish_reason;
    let short = |params| SamplingParams { max_tokens: 4, ..params };
    let longer = |params| SamplingParams { max_tokens: 5, ..params };
    assert_eq!(tokens.len(), 4);
    assert_eq!(reason(&short(stops(&[]))), FinishReason::Length);
    assert_eq!(reason(&longer(stops(&[]))), FinishReason::Context);
    assert_eq!(reason(&short(stops(&[";"]))), FinishReason::StopString(";".to_owned()));
    let stop_token = SamplingParams { stop_tokens: vec![tokens[3]], ..short(stops(&[";"])) };
    assert_eq!(reason(&stop_token), FinishReason::StopToken(tokens[3]));
}
