//! Reward commands: what they are told, and what they may not do.

use rs_grpo_grade::{Grader, Verdict};
use rs_grpo_train::data::{Gold, Problem};
use rs_grpo_train::reward::RewardCommand;
use rs_grpo_train::run::{Resume, RunFolder, run};
use rs_grpo_train::{EvalConfig, Metrics, TrainConfig, TrainContext, Trainer};
use std::path::Path;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use test_support::countdown_model as model;

fn problem() -> Problem {
    let gold = Gold::Math(Grader::default().parse_gold("\\frac{1}{2}").unwrap());
    Problem { id: "p".to_owned(), prompt: "A half?".to_owned(), system: None, gold }
}

fn completions(count: usize) -> Vec<(usize, String)> {
    (0..count).map(|index| (index, format!("completion {index} \"\n\""))).collect()
}

/// A Python program that is run for every line, with `said` for the line's object.
fn python(dir: &Path, before: &str, each: &str) -> String {
    let script = dir.join("reward.py");
    let each = each.replace('\n', "\n    ");
    let text = format!(
        "import json, os, sys, time\n{before}\nfor line in sys.stdin:\n    said = json.loads(line)\n    {each}\n"
    );
    std::fs::write(&script, text).unwrap();
    format!("python3 '{}'", script.display())
}

/// The same for what is timed: a shell script, which starts at once on a machine that is busy, too. `$id` is
/// the line's.
fn shell(dir: &Path, before: &str, each: &str) -> String {
    let script = dir.join("reward.sh");
    let id = "id=${line#*'\"id\":\"'}; id=${id%%'\"'*}";
    let text = format!("{before}\nwhile read -r line; do\n    {id}\n    {each}\ndone\n");
    std::fs::write(&script, text).unwrap();
    format!("sh '{}'", script.display())
}

/// What such a script gives the line.
const ONE: &str = r#"echo "{\"id\": \"$id\", \"reward\": 1}""#;

fn start(command: &str, seconds: f64) -> RewardCommand {
    RewardCommand::start(&format!("timeout={seconds} {command}")).unwrap()
}

/// The rewards of one batch, or what is wrong, without the folder's name.
fn score(dir: &TempDir, command: &str, seconds: f64, count: usize) -> Result<Vec<f64>, String> {
    let rewards = start(command, seconds).score(&problem(), &completions(count));
    rewards.map_err(|error| error.to_string().replace(&*dir.path().to_string_lossy(), "DIR"))
}

#[test]
#[cfg_attr(no_python, ignore = "needs python3")]
fn a_program_is_told_everything_and_started_once() {
    let dir = TempDir::new().unwrap();
    let each = "good = [said['problem'], said['prompt'], said['answer']] == ['p', 'A half?', '1/2']\n\
                good = good and said['completion'] == 'completion %s \"\\n\"' % said['id'].split('#')[1]\n\
                count += 1\n\
                print(json.dumps({'id': said['id'], 'reward': count if good else -1}))";
    // No flush: what Python prints into a pipe comes all the same.
    let mut command = start(&python(dir.path(), "count = 0", each), 60.0);
    assert_eq!(command.score(&problem(), &completions(3)).unwrap(), [1.0, 2.0, 3.0]);
    assert_eq!(command.score(&problem(), &completions(2)).unwrap(), [4.0, 5.0]);
    assert_eq!(command.restarts(), 0);
}

#[test]
#[cfg_attr(no_python, ignore = "needs python3")]
fn answers_may_come_in_any_order() {
    let dir = TempDir::new().unwrap();
    let each = "batch.append(said['id'])\n\
                if len(batch) == 4:\n\
                \x20   for at, id in reversed(list(enumerate(batch))): print(json.dumps({'id': id, 'reward': at / 4}))";
    let rewards = score(&dir, &python(dir.path(), "batch = []", each), 60.0, 4);
    assert_eq!(rewards.unwrap(), [0.0, 0.25, 0.5, 0.75]);
}

/// Far more than the buffers of two pipes, of a program that writes before it reads on: whoever writes
/// all of it before reading would wait for ever.
#[test]
#[cfg_attr(no_python, ignore = "needs python3")]
fn long_texts_do_not_lock_up_the_pipes() {
    let dir = TempDir::new().unwrap();
    let each = "print(json.dumps({'id': said['id'], 'reward': len(said['completion']), 'why': 'x' * 50000}))";
    let mut command = start(&python(dir.path(), "", each), 60.0);
    let long: Vec<(usize, String)> = (0..200).map(|index| (index, "y".repeat(50_000))).collect();
    assert_eq!(command.score(&problem(), &long).unwrap(), [50_000.0; 200]);
}

#[test]
#[cfg_attr(no_python, ignore = "needs python3")]
fn a_program_that_ends_is_started_again() {
    let dir = TempDir::new().unwrap();
    let before = format!(
        "runs='{}/runs'; touch \"$runs\"; run=$(wc -c < \"$runs\"); printf x >> \"$runs\"",
        dir.path().display()
    );
    // The first dies within the batch, the second takes too long, the third is good.
    let each = format!(
        "[ $run -eq 0 ] && [ $id = 'p#1' ] && exit 3\n    [ $run -eq 1 ] && sleep 1000\n    {ONE}"
    );
    let mut command = start(&shell(dir.path(), &before, &each), 4.0);
    assert_eq!(command.score(&problem(), &completions(3)).unwrap(), [1.0; 3]);
    assert_eq!(command.restarts(), 2);
    assert_eq!(command.score(&problem(), &completions(3)).unwrap(), [1.0; 3]);
    assert_eq!(command.restarts(), 2);
}

/// It is tried four times.
#[test]
fn a_reward_that_does_not_come_is_told_with_its_id() {
    let dir = TempDir::new().unwrap();
    let command = shell(dir.path(), "", &format!("[ $id = 'p#0' ] && {ONE}"));
    let message = score(&dir, &command, 2.0, 2).unwrap_err();
    insta::assert_snapshot!(message, @r#"reward command `timeout=2 sh 'DIR/reward.sh'`: gave 1 of 2 rewards within 2 s, and none for id "p#1"; does it flush its output after every line? --reward-command 'timeout=SECONDS …' gives it longer; this happened 4 times in a row"#);
}

#[test]
#[cfg_attr(no_python, ignore = "needs python3")]
fn what_is_no_reward_is_an_error_that_names_line_and_id() {
    let dir = TempDir::new().unwrap();
    let one = |each: &str| score(&dir, &python(dir.path(), "", each), 60.0, 2).unwrap_err();
    let messages = [
        one("print('hello')"),
        one("print(json.dumps({'reward': 1}))"),
        one("print(json.dumps({'id': 'p#7', 'reward': 1}))"),
        one("print(json.dumps({'id': 'p#0', 'reward': 1}))"),
        one("print(json.dumps({'id': said['id'], 'reward': float('nan')}))"),
        one("print(json.dumps({'id': said['id'], 'reward': None}))"),
        one("print(json.dumps({'id': said['id'], 'reward': True}))"),
        one("print('x' * 3000000)"),
        // These are tried four times.
        one("sys.exit(3)"),
        one("sys.stdout.close(); os.close(1); time.sleep(60)"),
    ];
    insta::assert_snapshot!("rewards_that_are_none", messages.join("\n"));
    let refused = ["", "python3 'x", "no-such-program-anywhere --x"]
        .map(|text| RewardCommand::start(text).unwrap_err().to_string());
    insta::assert_snapshot!("reward_commands_refused", refused.join("\n"));
}

/// Whether a process is there and no zombie; needs Linux's `/proc`.
fn runs(pid: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
    stat.rsplit(')').next().is_some_and(|rest| !rest.is_empty() && !rest.starts_with(" Z"))
}

fn ends(pid: &str) -> bool {
    let start = Instant::now();
    while runs(pid) && start.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(10));
    }
    !runs(pid)
}

/// A program that ignores the end of its input, and another that it started.
#[test]
#[cfg(target_os = "linux")]
fn nothing_survives_the_trainer() {
    let dir = TempDir::new().unwrap();
    let (own, other) = (dir.path().join("own"), dir.path().join("other"));
    let script = format!(
        "sleep 1000 & echo $! > {}; echo $$ > {}; while read -r line; do echo '{{\"id\": \"p#0\", \"reward\": 1}}'; done; sleep 1000",
        other.display(),
        own.display()
    );
    let mut command = start(&format!("sh -c '{}'", script.replace('\'', "'\\''")), 60.0);
    command.score(&problem(), &completions(1)).unwrap();
    let pids = [own, other].map(|path| std::fs::read_to_string(path).unwrap());
    assert!(pids.iter().all(|pid| runs(pid)));
    drop(command);
    assert!(pids.iter().all(|pid| ends(pid)), "{pids:?}");
}

fn config(reward_command: &str) -> TrainConfig {
    TrainConfig {
        reward_command: reward_command.to_owned(),
        data: "countdown:problems=40".to_owned(),
        prompts: 3,
        samples: 4,
        steps: 2,
        ..TrainConfig::default()
    }
}

/// The trainer's rewards are the program's: here the length of the completion.
#[test]
#[cfg_attr(no_python, ignore = "needs python3")]
fn a_policy_is_trained_on_the_rewards_of_a_program() {
    let dir = TempDir::new().unwrap();
    let each = "print(json.dumps({'id': said['id'], 'reward': len(said['completion']) / 10}))";
    let setup = TrainContext::new(
        config(&format!("timeout=30 {}", python(dir.path(), "", each))),
        &model(),
    )
    .unwrap();
    let mut trainer = Trainer::new(&setup).unwrap();
    let report = trainer.step().unwrap();
    let all: Vec<_> = report.rollout.groups.iter().flat_map(|group| &group.completions).collect();
    assert_eq!(all.len(), 12);
    for completion in all {
        let length = completion.sample.text.as_ref().unwrap().chars().count();
        assert_eq!(completion.reward, length as f64 / 10.0);
        let expected = if length >= 10 { Verdict::Correct } else { Verdict::Wrong };
        assert_eq!(completion.grade.verdict, expected);
    }
    assert_eq!(report.metrics["reward/restarts"], 0.0);
}

/// Graded on other threads as they end, or one after the other afterwards: the same rewards.
#[test]
fn rewards_do_not_depend_on_who_finds_them() {
    let step = |threads: usize| {
        let setup = TrainContext::new(TrainConfig { prompts: 8, ..config("") }, &model()).unwrap();
        let pool = test_support::pool(threads);
        pool.install(|| Trainer::new(&setup).unwrap().step().unwrap())
    };
    let (one, four) = (step(1), step(4));
    assert!(!one.metrics.contains_key("reward/restarts"));
    let problems = TrainConfig::default().source().unwrap();
    let problems = problems.problems(rs_grpo_train::task::Split::Train, 40).unwrap();
    for (a, b) in one.rollout.groups.iter().zip(&four.rollout.groups) {
        for (a, b) in a.completions.iter().zip(&b.completions) {
            assert_eq!((&a.grade, a.reward, a.advantage), (&b.grade, b.reward, b.advantage));
        }
        for completion in &a.completions {
            let text = completion.sample.text.as_deref().unwrap();
            assert_eq!(completion.grade, problems[a.problem].grade(text));
        }
    }
}

/// Of a run's evaluations, too: here everything is correct, and no answer is known to be.
#[test]
#[cfg_attr(no_python, ignore = "needs python3")]
fn evaluations_of_a_run_ask_the_program() {
    let dir = TempDir::new().unwrap();
    let each = "print(json.dumps({'id': said['id'], 'reward': 1}))";
    let eval = EvalConfig { every: 1, problems: 2, samples: 2 };
    let config = TrainConfig { eval, steps: 1, ..config(&python(dir.path(), "", each)) };
    let setup = TrainContext::new(config.clone(), &model()).unwrap();
    let mut folder = RunFolder::open(&dir.path().join("run"), &config, Resume::Never).unwrap();
    let mut metrics = Metrics::new();
    run(&setup, &mut folder, &|| false, &mut |report| metrics = report.metrics.clone()).unwrap();
    assert_eq!((metrics["eval/pass@1"], metrics["eval/pass@2"]), (1.0, 1.0));
    assert!(!metrics.contains_key("eval/majority"), "{metrics:?}");
}

#[test]
fn a_program_that_fails_ends_the_step() {
    let setup = TrainContext::new(config("sh -c 'exit 4'"), &model()).unwrap();
    let mut trainer = Trainer::new(&setup).unwrap();
    let error = trainer.step().unwrap_err().to_string();
    assert!(error.contains("`sh -c 'exit 4'`: ended (exit status: 4) before it gave"), "{error}");
}
