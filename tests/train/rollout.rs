//! From completions to rewards and advantages: the punishment of long completions, and the sampling that
//! replaces groups without signal.
//!
//! A server gives the trainer the completions that a test has decided on, so that every reward and every
//! advantage can be worked out by hand. The estimator is Dr. GRPO: reward less mean.

use rs_grpo_engine::model::Decoder;
use rs_grpo_fleet::AdapterFolder;
use rs_grpo_train::data::{Gold, Problem, Puzzle};
use rs_grpo_train::{
    CompletionGroup, LoraConfig, SamplerConfig, SamplerKind, SamplerServers, StepReport,
    TrainConfig, TrainContext, Trainer,
};
use serde_json::json;
use tempfile::TempDir;
use test_support::countdown_model as model;
use test_support::stand_in::servers;
use test_support::stand_in::{Mode, StandIn};

/// Tokens of one completion.
type Tokens = Vec<u32>;

fn config() -> TrainConfig {
    TrainConfig {
        estimator: "dr-grpo".to_owned(),
        data: "countdown:problems=8".to_owned(),
        lora: LoraConfig { rank: 2, ..LoraConfig::default() },
        sampler: SamplerConfig { kind: SamplerKind::Http, async_steps: 0 },
        samples: 4,
        max_new_tokens: 20,
        ..TrainConfig::default()
    }
}

/// Eight puzzles that `3 * 8` solves, with prompts that differ.
fn setup(config: TrainConfig) -> TrainContext<Decoder> {
    let mut setup = TrainContext::new(config, &model()).unwrap();
    for (i, (problem, prompt)) in setup.problems.iter_mut().zip(&mut setup.prompts).enumerate() {
        let puzzle = Puzzle { numbers: vec![3, 8, 10, 11 + i as u32], target: 24 };
        let text = puzzle.prompt();
        *prompt = setup.tokenizer.encode(&text, false).unwrap();
        *problem = Problem {
            id: i.to_string(),
            prompt: text,
            system: None,
            gold: Gold::Countdown(puzzle),
        };
    }
    assert_eq!(setup.problems.len(), 8);
    setup
}

/// The first step of a run whose sampler says this, a group to each request, one request after the other.
fn step(
    mut setup: TrainContext<Decoder>,
    says: Vec<Vec<Tokens>>,
) -> (TrainContext<Decoder>, StepReport, StandIn) {
    let (folder, server) = (TempDir::new().unwrap(), StandIn::start(&model()));
    server.set(Mode::Says(says.into()));
    let mut servers = servers(&[&server]);
    servers.concurrency = 1;
    let here = folder.path().to_owned();
    setup.remote =
        Some(SamplerServers { servers, adapters: AdapterFolder { there: here.clone(), here } });
    let report = Trainer::new(&setup).unwrap().step().unwrap();
    (setup, report, server)
}

/// The tokens of a text and the one that ends a completion.
fn ended(setup: &TrainContext<Decoder>, text: &str) -> Tokens {
    let mut tokens = setup.tokenizer.encode(text, false).unwrap();
    tokens.extend(&setup.stop_tokens[..1]);
    tokens
}

/// A wrong completion of this many tokens, the last of which ends it.
fn wrong(setup: &TrainContext<Decoder>, tokens: usize) -> Tokens {
    ended(setup, &vec!["3"; tokens - 1].join(" "))
}

fn rewards(group: &CompletionGroup) -> Vec<f64> {
    group.completions.iter().map(|completion| completion.reward).collect()
}

fn advantages(group: &CompletionGroup) -> Vec<f64> {
    group.completions.iter().map(|completion| completion.advantage).collect()
}

/// DAPO (arXiv 2503.14476), equation 13: 0 up to L_max − L_cache, then ((L_max − L_cache) − |y|) / L_cache,
/// −1 at L_max. The paper has L_max = 20,480 and L_cache = 4,096; here a token stands for 1,024 of them.
/// `trl.rewards.get_soft_overlong_punishment(20480, 4096)` of TRL 1.16.0 gives completions of 4,096,
/// 16,384, 17,408, 18,432, 19,456 and 20,480 tokens 0, 0, −0.25, −0.5, −0.75 and −1, as
/// `get_soft_overlong_punishment(20, 4)` does those of 4, 16, 17, 18, 19 and 20.
#[test]
fn long_completions_are_punished_as_in_dapo() {
    let setup = setup(TrainConfig { prompts: 1, samples: 8, overlong_buffer: 4, ..config() });
    let says = vec![
        ended(&setup, "3 * 8"),
        ended(&setup, &format!("{}3 * 8{}", "( ".repeat(7), " )".repeat(7))),
        wrong(&setup, 16),
        wrong(&setup, 17),
        wrong(&setup, 18),
        wrong(&setup, 19),
        wrong(&setup, 20),
        // Cut off at its 20th token.
        wrong(&setup, 21)[..20].to_vec(),
    ];
    let lengths: Vec<usize> = says.iter().map(Vec::len).collect();
    assert_eq!(lengths, [4, 18, 16, 17, 18, 19, 20, 20]);
    let (_, report, _) = step(setup, vec![says]);
    let group = &report.rollout.groups[0];
    // The two that are right have 1 less the punishment. The sum is −2, the mean −1/4.
    assert_eq!(rewards(group), [1.0, 0.5, 0.0, -0.25, -0.5, -0.75, -1.0, -1.0]);
    assert_eq!(advantages(group), [1.25, 0.75, 0.25, 0.0, -0.25, -0.5, -0.75, -0.75]);
    assert_eq!(report.metrics["reward"], -0.25);
    assert_eq!(report.metrics["pass_rate"], 0.25, "length has no part in what is correct");
    let truncated: Vec<bool> = group.completions.iter().map(|c| c.is_truncated()).collect();
    assert_eq!(truncated, [false, false, false, false, false, false, false, true]);
}

#[test]
fn without_a_buffer_length_costs_nothing() {
    let setup = setup(TrainConfig { prompts: 1, overlong_buffer: 0, ..config() });
    let right = ended(&setup, "3 * 8");
    let says = vec![right, wrong(&setup, 19), wrong(&setup, 20), wrong(&setup, 21)[..20].to_vec()];
    let (_, report, _) = step(setup, vec![says]);
    assert_eq!(rewards(&report.rollout.groups[0]), [1.0, 0.0, 0.0, 0.0]);
}

/// A group of four, as many of them right as said.
fn group(setup: &TrainContext<Decoder>, right: usize) -> Vec<Tokens> {
    let one = |i| if i < right { ended(setup, "3 * 8") } else { ended(setup, "3 + 8") };
    (0..4).map(one).collect()
}

/// What a step of two prompts comes to whose requests are answered with that many right completions of four:
/// the numbers of right ones in the groups it learns from, and in those that it dropped.
fn sampled(rounds: usize, right: &[usize]) -> (Vec<usize>, Vec<usize>, StepReport) {
    let setup = setup(TrainConfig { prompts: 2, sampling_rounds: rounds, ..config() });
    let says = right.iter().map(|&right| group(&setup, right)).collect();
    let (setup, report, server) = step(setup, says);
    // Each request is for the next problem, and which group is whose is not mixed up.
    let asked = server.asked().into_iter().filter(|asked| asked.path == "/v1/completions");
    let asked: Vec<_> = asked.map(|asked| asked.body["prompt"].clone()).collect();
    assert_eq!(asked.len(), right.len(), "requests");
    let correct =
        |group: &CompletionGroup| group.completions.iter().filter(|c| c.grade.is_correct()).count();
    for group in report.rollout.sampled() {
        let prompt = json!(setup.prompts[group.problem]);
        let at = asked.iter().position(|asked| *asked == prompt).expect("a prompt that was asked");
        assert_eq!(correct(group), right[at], "{asked:?}");
    }
    let mut problems: Vec<_> = report.rollout.sampled().map(|group| group.problem).collect();
    problems.sort_unstable();
    problems.dedup();
    assert_eq!(problems.len(), right.len(), "no problem twice in an epoch");
    let count = |groups: &[CompletionGroup]| groups.iter().map(correct).collect();
    (count(&report.rollout.groups), count(&report.rollout.dropped), report)
}

/// DAPO, equation 11: 0 < number of right completions < G. None of four and all four are dropped; the third
/// round has the second group.
#[test]
fn groups_without_signal_are_replaced_by_the_next() {
    let (groups, dropped, report) = sampled(3, &[0, 1, 4, 2]);
    assert_eq!((groups, dropped, report.rollout.rounds), (vec![1, 2], vec![0, 4], 3));
    let [one, two] = &report.rollout.groups[..] else { panic!("two groups") };
    assert_eq!((rewards(one), rewards(two)), (vec![1.0, 0.0, 0.0, 0.0], vec![1.0, 1.0, 0.0, 0.0]));
    assert_eq!(advantages(one), [0.75, -0.25, -0.25, -0.25]);
    assert_eq!(advantages(two), [0.5, 0.5, -0.5, -0.5]);
    // Over all that was drawn: 0 + 1 + 4 + 2 of 16 are right, and two of four groups have no signal.
    assert_eq!(report.metrics["reward"], 7.0 / 16.0);
    assert_eq!(report.metrics["pass_rate"], 7.0 / 16.0);
    assert_eq!(report.metrics["frac_no_signal"], 0.5);
    assert_eq!(report.metrics["sampling_rounds"], 3.0);
}

/// No round more than is needed, and in a round no prompt more.
#[test]
fn sampling_ends_when_there_are_groups_enough() {
    let (groups, dropped, report) = sampled(5, &[3, 1]);
    assert_eq!((groups, dropped, report.rollout.rounds), (vec![3, 1], vec![], 1));
    let (groups, dropped, report) = sampled(5, &[0, 4, 2, 3]);
    assert_eq!((groups, dropped, report.rollout.rounds), (vec![2, 3], vec![0, 4], 2));
}

/// What the last round lacks is filled up with the oldest of those that were dropped.
#[test]
fn after_the_last_round_the_oldest_groups_fill_the_step() {
    let (groups, dropped, report) = sampled(2, &[0, 4, 0, 1]);
    assert_eq!((groups, dropped, report.rollout.rounds), (vec![1, 0], vec![4, 0], 2));
    assert_eq!(advantages(&report.rollout.groups[1]), [0.0; 4]);
    let (groups, dropped, report) = sampled(2, &[4, 0, 0, 4]);
    assert_eq!((groups, dropped, report.rollout.rounds), (vec![4, 0], vec![0, 4], 2));
}

#[test]
fn a_single_round_keeps_every_group() {
    let (groups, dropped, report) = sampled(1, &[0, 1]);
    assert_eq!((groups, dropped, report.rollout.rounds), (vec![0, 1], vec![], 1));
    assert_eq!(report.metrics["frac_no_signal"], 0.5);
}

/// Signal is advantage, from whatever reward: here none of four is right, and one is punished with
/// (18 − 16) / 4 = 1/2 for its length. The mean is −1/8.
#[test]
fn a_punishment_for_length_is_signal() {
    let config = TrainConfig { prompts: 1, sampling_rounds: 2, overlong_buffer: 4, ..config() };
    let setup = setup(config);
    let mut says = group(&setup, 0);
    says[2] = wrong(&setup, 18);
    let (_, report, _) = step(setup, vec![says]);
    assert_eq!((report.rollout.rounds, report.rollout.dropped.len()), (1, 0));
    assert_eq!(rewards(&report.rollout.groups[0]), [0.0, 0.0, -0.5, 0.0]);
    assert_eq!(advantages(&report.rollout.groups[0]), [0.125, 0.125, -0.375, 0.125]);
}
