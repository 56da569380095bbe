//! Training: gradients that do not depend on how a batch is cut, runs that go on where they ended,
//! and what is refused.
//!
//! The embedded model is trained, on groups so small that a step takes milliseconds.

use rs_grpo_engine::checkpoint::Checkpoint;
use rs_grpo_engine::model::{
    ActivationCheckpointing, Decoder, LoraOptions, Training, adapter_options, merge, read_adapters,
};
use rs_grpo_engine::optim::{AdamW, AdamWOptions, StateType};
use rs_grpo_files::Reader;
use rs_grpo_train::Error;
use rs_grpo_train::run::{Resume, RunEnd, RunFolder, run};
use rs_grpo_train::{
    CheckpointConfig, Decay, EvalConfig, Example, KlKind, LoraConfig, Loss, LossConfig, LossKind,
    Metrics, OptimizerConfig, Pass, Pretraining, Schedule, TrainConfig, TrainContext, gradient,
    logprobs, pretrain, update,
};
use std::cell::Cell;
use std::collections::BTreeMap;
use std::path::Path;
use tempfile::TempDir;
use test_support::{countdown_model as model, decoder, floats, pool, relative_error};

fn small() -> TrainConfig {
    TrainConfig {
        data: "countdown:problems=40".to_owned(),
        prompts: 3,
        samples: 4,
        steps: 6,
        save: CheckpointConfig { every: 2, keep: 2 },
        ..TrainConfig::default()
    }
}

fn rank(rank: usize) -> LoraConfig {
    LoraConfig { rank, ..LoraConfig::default() }
}

fn every(every: usize) -> CheckpointConfig {
    CheckpointConfig { every, ..CheckpointConfig::default() }
}

const PASS: Pass = Pass {
    temperature: 1.0,
    micro_batch_tokens: 1 << 20,
    checkpointing: ActivationCheckpointing::Off,
};

/// Prompts of several lengths, with completions of several lengths.
fn batch() -> Vec<(Vec<u32>, Vec<u32>, f64)> {
    let prompts = [vec![1, 2, 3], vec![4; 7], vec![9]];
    let completions = [vec![5, 6, 7, 8], vec![3], vec![2, 2, 9], vec![1, 1]];
    let mut batch = Vec::new();
    for (i, prompt) in prompts.iter().enumerate() {
        for (j, completion) in completions.iter().enumerate().skip(i % 2) {
            let advantage = [0.7, -1.2, 0.0, 2.0][(i + j) % 4];
            batch.push((prompt.clone(), completion.clone(), advantage));
        }
    }
    batch
}

fn examples(batch: &[(Vec<u32>, Vec<u32>, f64)]) -> Vec<Example<'_>> {
    batch
        .iter()
        .map(|(prompt, completion, advantage)| Example {
            prompt,
            completion,
            advantage: *advantage,
            masked: false,
            old: &[],
            sampler: &[],
            reference: &[],
        })
        .collect()
}

fn numbers(gradients: &rs_grpo_engine::tensor::Gradients) -> BTreeMap<String, Vec<f32>> {
    gradients.iter().map(|(name, gradient)| (name.to_owned(), floats(gradient))).collect()
}

#[test]
fn micro_batches_and_shared_prompts_change_no_gradient() {
    let (model, batch) = (decoder("qwen3-untied", Training::Full), batch());
    let examples = examples(&batch);
    for kind in
        [LossKind::TokenMean, LossKind::SequenceMean, LossKind::ConstantLength, LossKind::Gspo]
    {
        let loss = Loss { kind, longest: 4, entropy_coef: 0.01, ..Loss::default() };
        let (whole, sums) = gradient(&model, &examples, &loss, PASS).unwrap();
        let whole = numbers(&whole);
        // One completion at a time, which shares its prompt with no one.
        for (micro_batch_tokens, checkpointing) in
            [(1, ActivationCheckpointing::Off), (9, ActivationCheckpointing::PerLayer)]
        {
            let pass = Pass { micro_batch_tokens, checkpointing, ..PASS };
            let (parts, part_sums) = gradient(&model, &examples, &loss, pass).unwrap();
            assert!((part_sums.loss - sums.loss).abs() < 1e-6 * sums.loss.abs().max(1.0));
            assert_eq!(part_sums.tokens, sums.tokens);
            for (name, part) in numbers(&parts) {
                let error = relative_error(&part, &whole[&name]);
                assert!(error < 2e-5, "{kind:?}, {micro_batch_tokens} tokens, {name}: {error}");
            }
        }
    }
}

/// Their tokens count in the mean, and that is all they do.
#[test]
fn completions_without_advantage_cost_nothing() {
    let (model, mut batch) = (decoder("qwen2-tied", Training::Full), batch());
    let loss = Loss::default();
    let (_, sums) = gradient(&model, &examples(&batch), &loss, PASS).unwrap();
    let trained: usize = batch.iter().filter(|(.., a)| *a != 0.0).map(|(_, c, _)| c.len()).sum();
    assert_eq!(sums.tokens, trained);
    batch.iter_mut().for_each(|(.., advantage)| *advantage = 0.0);
    let (gradients, sums) = gradient(&model, &examples(&batch), &loss, PASS).unwrap();
    assert_eq!((gradients.iter().count(), sums.tokens), (0, 0));
    let entropic = Loss { entropy_coef: 0.1, ..loss };
    let (gradients, _) = gradient(&model, &examples(&batch), &entropic, PASS).unwrap();
    assert!(gradients.iter().count() > 0);
}

/// Central differences of the loss itself, in one direction of all weights at a time.
#[test]
fn gradients_are_those_of_the_loss() {
    let batch = batch();
    let mut examples = examples(&batch);
    let base = decoder("qwen3-untied", Training::Full);
    // The policy that sampled was another, so that some ratios are clipped.
    let lengths: Vec<Vec<f32>> = logprobs(&base, &examples, PASS).unwrap();
    let shift = |row: &Vec<f32>, by: f32| -> Vec<f32> {
        row.iter().enumerate().map(|(i, x)| x + by * if i % 2 == 0 { 1.0 } else { -0.7 }).collect()
    };
    let old: Vec<Vec<f32>> = lengths.iter().map(|row| shift(row, 0.3)).collect();
    let reference: Vec<Vec<f32>> = lengths.iter().map(|row| shift(row, -0.2)).collect();
    for ((example, old), reference) in examples.iter_mut().zip(&old).zip(&reference) {
        (example.old, example.reference) = (old, reference);
    }
    for kind in [LossKind::TokenMean, LossKind::Gspo] {
        let kl_kind = KlKind::K3;
        let loss = Loss { kind, kl_coef: 0.2, kl_kind, entropy_coef: 0.05, ..Loss::default() };
        let (gradients, _) = gradient(&base, &examples, &loss, PASS).unwrap();
        for name in ["model.norm.weight", "model.layers.0.self_attn.q_proj.weight"] {
            let expected: f64 = floats(gradients.get(name).unwrap())
                .iter()
                .enumerate()
                .map(|(i, g)| f64::from(*g) * direction(i))
                .sum();
            let h = 2e-4;
            let moved = |step: f64| {
                let model = decoder("qwen3-untied", Training::Full);
                let (_, var) = model.trained().iter().find(|(n, _)| n == name).unwrap();
                let numbers: Vec<f32> = floats(var)
                    .iter()
                    .enumerate()
                    .map(|(i, x)| x + (step * direction(i)) as f32)
                    .collect();
                let shape = var.shape().clone();
                var.set(&candle_core::Tensor::from_vec(numbers, shape, var.device()).unwrap())
                    .unwrap();
                gradient(&model, &examples, &loss, PASS).unwrap().1.loss
            };
            let slope = (moved(h) - moved(-h)) / (2.0 * h);
            let scale = expected.abs().max(1e-3);
            assert!((slope - expected).abs() < 0.02 * scale, "{kind:?} {name}: {slope} {expected}");
        }
    }
}

fn direction(i: usize) -> f64 {
    ((i * 7 + 3) % 11) as f64 / 11.0 - 0.5
}

/// `torch.optim.AdamW([w], lr=0.1, betas=(0.9, 0.95), eps=1e-8, weight_decay=0.1)` of torch 2.15.0 on one
/// float64 number, 2.0 at first, with gradients 0.5, −1.0 and 0.25: `w.item()` after each step.
const TORCH_ADAMW: [f64; 3] = [1.880000002, 1.8975373965715931, 1.892284337053961];
/// The same with `weight_decay=0`.
const TORCH_ADAM: [f64; 3] = [1.900000002, 1.936337396591593, 1.950059711039677];

/// A matrix decays, and a vector, such as the weight of a norm, does not. Weights and moments are f32 here;
/// numbers between 1 and 2 are 1.2e-7 apart in it.
#[test]
fn adamw_is_torchs() {
    use candle_core::{Device, Tensor, Var};
    let tensor =
        |number: f64, axes: usize| Tensor::full(number as f32, vec![1; axes], &Device::Cpu);
    for (axes, torch) in [(2, TORCH_ADAMW), (1, TORCH_ADAM)] {
        let var = Var::from_tensor(&tensor(2.0, axes).unwrap()).unwrap();
        let weights = [("w".to_owned(), var.clone())];
        let options = AdamWOptions { weight_decay: 0.1, ..AdamWOptions::default() };
        let mut optimizer = AdamW::new(options);
        for (g, expected) in [0.5, -1.0, 0.25].into_iter().zip(torch) {
            let mut gradients = rs_grpo_engine::tensor::Gradients::new();
            gradients.add("w", tensor(g, axes).unwrap()).unwrap();
            optimizer.update(&weights, &gradients, 0.1, 1.0).unwrap();
            let found = f64::from(floats(&var)[0]);
            assert!((found - expected).abs() < 3e-7, "{axes} axes: {found} {expected}");
        }
    }
}

#[test]
fn schedules_warm_up_and_fall() {
    let rates =
        |decay| (0..6).map(|s| Schedule { decay, warmup: 2 }.factor(s, 6)).collect::<Vec<_>>();
    assert_eq!(rates(Decay::Constant), [1.0 / 3.0, 2.0 / 3.0, 1.0, 1.0, 1.0, 1.0]);
    let cosine = rates(Decay::Cosine);
    // Half a cosine over the four steps after the warm-up.
    for (found, expected) in
        cosine[2..].iter().zip([1.0, 0.853_553_390_593, 0.5, 0.146_446_609_407])
    {
        assert!((found - expected).abs() < 1e-9, "{cosine:?}");
    }
}

/// Gradients that are too long are shortened, and the norm that is told is that before.
#[test]
fn long_gradients_are_shortened() {
    let batch = batch();
    let moved = |clip_norm: f64| {
        let model = decoder("qwen2-tied", Training::Full);
        let mut optimizer = AdamW::new(AdamWOptions { eps: 1.0, ..AdamWOptions::default() });
        let limits = (1e-3, clip_norm);
        let updated =
            update(&model, &mut optimizer, &examples(&batch), &Loss::default(), PASS, limits);
        (updated.unwrap().grad_norm, floats(&model.trained()[0].1))
    };
    let (norm, free) = moved(f64::INFINITY);
    assert_eq!(moved(2.0 * norm), (norm, free.clone()));
    let (same_norm, short) = moved(0.5 * norm);
    assert_eq!(same_norm, norm);
    assert_ne!(short, free);
}

/// The weights at the end of a run, and its numbers without those that clocks and counters give.
fn result(folder: &Path, steps: usize) -> (Vec<(String, Vec<u8>)>, Vec<Metrics>) {
    let checkpoint = folder.join(format!("checkpoints/step-{steps:06}"));
    let mut files: Vec<_> = std::fs::read_dir(&checkpoint)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            (path.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read(path).unwrap())
        })
        .collect();
    files.sort();
    let metrics = Reader::<Metrics>::open(&folder.join("metrics.jsonl")).unwrap();
    let metrics = metrics.map(|line| {
        let mut line = line.unwrap();
        line.retain(|name, _| !name.starts_with("timing_s") && !name.starts_with("perf"));
        line
    });
    (files, metrics.collect())
}

/// Runs a training, stopping it early after some step if so asked.
fn train(folder: &Path, config: &TrainConfig, stop_after: Option<usize>) -> RunEnd {
    pool(2).install(|| {
        let mut run_folder = RunFolder::open(folder, config, Resume::Auto).unwrap();
        let setup = TrainContext::new(config.clone(), &model()).unwrap();
        let steps = Cell::new(0);
        let stop = || stop_after.is_some_and(|after| steps.get() >= after);
        run(&setup, &mut run_folder, &stop, &mut |report| steps.set(report.step)).unwrap()
    })
}

#[test]
fn a_run_that_was_stopped_goes_on_to_the_last_bit() {
    let variants = [
        small(),
        TrainConfig {
            minibatches: 2,
            epochs: 2,
            kl_coef: 0.01,
            entropy_coef: 0.001,
            sampling_rounds: 2,
            importance_cap: 2.0,
            schedule: Schedule { decay: Decay::Cosine, warmup: 0 },
            optimizer: OptimizerConfig { weight_decay: 0.01, ..OptimizerConfig::default() },
            ..small()
        },
        TrainConfig { lora: rank(4), learning_rate: 1e-3, kl_coef: 0.01, ..small() },
    ];
    for config in variants {
        let (whole, parts) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        assert_eq!(train(whole.path(), &config, None), RunEnd::Done);
        // Stopped after steps 1 and 4; a checkpoint is written at once.
        for stop in [1, 4] {
            assert_eq!(train(parts.path(), &config, Some(stop)), RunEnd::Stopped);
        }
        assert_eq!(train(parts.path(), &config, None), RunEnd::Done);
        assert_eq!(result(parts.path(), 6), result(whole.path(), 6));
    }
}

/// A learning rate that throws the weights beyond the range of f32 in the first steps.
#[test]
fn a_run_that_diverges_names_its_last_good_checkpoint() {
    let config = TrainConfig { learning_rate: 1e38, save: every(1), ..small() };
    let folder = TempDir::new().unwrap();
    let mut run_folder = RunFolder::open(folder.path(), &config, Resume::Auto).unwrap();
    let setup = TrainContext::new(config, &model()).unwrap();
    let error =
        pool(2).install(|| run(&setup, &mut run_folder, &|| false, &mut |_| ())).unwrap_err();
    let Error::Diverged { step, prompts, checkpoint: Some(checkpoint), .. } = &error else {
        panic!("{error}");
    };
    assert_eq!(prompts.len(), 3);
    assert_eq!(*checkpoint, folder.path().join(format!("checkpoints/step-{:06}", step - 1)));
    Checkpoint::open(checkpoint).unwrap();
    let message = error.to_string();
    for part in [prompts[0].as_str(), &format!("step {step}"), checkpoint.to_str().unwrap()] {
        assert!(message.contains(part), "{part} is not in: {message}");
    }
}

/// On one thread and on two.
#[test]
fn pretraining_is_a_function_of_its_seed() {
    let tiny = Pretraining {
        steps: 4,
        batch: 16,
        problems: 100,
        layers: 1,
        width: 32,
        ..Pretraining::default()
    };
    let make = |options: &Pretraining, threads| {
        let folder = TempDir::new().unwrap();
        let mut surprises = Vec::new();
        pool(threads)
            .install(|| {
                pretrain(options, &folder.path().join("new"), None, |_, u| {
                    surprises.push(u.sums.nll / u.sums.tokens as f64)
                })
            })
            .unwrap();
        (std::fs::read(folder.path().join("new/model.safetensors")).unwrap(), surprises)
    };
    let (once, again) = (make(&tiny, 1), make(&tiny, 2));
    assert!(once == again, "{:?} and {:?}", once.1, again.1);
    assert!(once.1[3] < once.1[0], "{:?}", once.1);
    assert!(make(&Pretraining { seed: 1, ..tiny }, 1).0 != once.0);
}

/// As after `kill -9`: what came after the last checkpoint is lost and comes again.
#[test]
fn steps_after_the_last_checkpoint_come_again() {
    let (config, folder) = (small(), TempDir::new().unwrap());
    assert_eq!(train(folder.path(), &config, None), RunEnd::Done);
    let expected = result(folder.path(), 6);
    std::fs::remove_dir_all(folder.path().join("checkpoints/step-000006")).unwrap();
    // A line that was cut off, and one of a checkpoint that was never finished.
    let metrics = folder.path().join("metrics.jsonl");
    let mut text = std::fs::read_to_string(&metrics).unwrap();
    text.push_str("{\"step\":7,\"rew");
    std::fs::write(&metrics, text).unwrap();
    std::fs::create_dir(folder.path().join("checkpoints/.step-000006.abc")).unwrap();
    assert_eq!(train(folder.path(), &config, None), RunEnd::Done);
    assert_eq!(result(folder.path(), 6), expected);
}

#[test]
fn the_newest_and_the_best_checkpoints_are_kept() {
    let folder = TempDir::new().unwrap();
    let eval = EvalConfig { every: 1, problems: 4, samples: 4 };
    let config = TrainConfig { save: CheckpointConfig { every: 1, keep: 2 }, eval, ..small() };
    train(folder.path(), &config, None);
    let (_, metrics) = result(folder.path(), 6);
    let passes: Vec<f64> = metrics.iter().map(|line| line["eval/pass@1"]).collect();
    let best = (0..6).rev().max_by(|&a, &b| passes[a].total_cmp(&passes[b])).unwrap() + 1;
    let mut kept: Vec<usize> = std::fs::read_dir(folder.path().join("checkpoints"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .map(|name| name.trim_start_matches("step-").parse().unwrap())
        .collect();
    kept.sort_unstable();
    let mut expected = vec![best, 5, 6];
    expected.sort_unstable();
    expected.dedup();
    assert_eq!(kept, expected, "{passes:?}");
}

#[test]
fn training_raises_the_reward() {
    let folder = TempDir::new().unwrap();
    let config = TrainConfig {
        estimator: "grpo".to_owned(),
        data: "countdown:problems=8".to_owned(),
        prompts: 8,
        samples: 8,
        steps: 25,
        learning_rate: 5e-4,
        save: every(100),
        ..TrainConfig::default()
    };
    train(folder.path(), &config, None);
    let (_, metrics) = result(folder.path(), 25);
    let mean = |part: &[Metrics]| part.iter().map(|m| m["reward"]).sum::<f64>() / part.len() as f64;
    // The same eight prompts over and over: the policy must get better at them.
    let (early, late) = (mean(&metrics[..5]), mean(&metrics[20..]));
    assert!(late > early + 0.1, "{early} {late}");
}

#[test]
fn a_folder_belongs_to_one_run() {
    let folder = TempDir::new().unwrap();
    let config = small();
    let open = |config: &TrainConfig, resume| RunFolder::open(folder.path(), config, resume);
    let held = open(&config, Resume::Never).unwrap();
    let refuse = |error: rs_grpo_train::Error| {
        error.to_string().replace(&folder.path().display().to_string(), "[folder]")
    };
    let in_use = refuse(open(&config, Resume::Auto).unwrap_err());
    drop(held);
    let holds_a_run = refuse(open(&config, Resume::Never).unwrap_err());
    let other =
        TrainConfig { clip_high: 0.3, estimator: "grpo".to_owned(), save: every(9), ..config };
    let differs = refuse(open(&other, Resume::Auto).unwrap_err());
    insta::assert_snapshot!("folders", [in_use, holds_a_run, differs].join("\n"));
}

#[test]
fn settings_that_do_not_fit_are_refused() {
    let origin = Path::new("run.toml");
    let with = |text: &str| TrainConfig::default().with(text.parse().unwrap(), origin);
    let mut messages = Vec::new();
    for text in [
        "estimater = \"grpo\"",
        "lr = 1e-4",
        "beta = 0.04",
        "learnin_rate = 1",
        "steps = \"many\"",
        "steps = -1",
        "mask_truncated = 1",
        "keep_last = 2",
        "weight_decay = 0.1",
        "num_train_epochs = 2",
        "[loss]\nkind = \"token\"",
        "[schedule]\ndecay = \"cosine\"\nwarm_up = 5",
        "[schedule]\ndecay = \"linear\"",
        "[lora]\nrank = 2.5",
        "[lorra]\nrank = 2",
        "[eval]\nevery = 5\nproblems = -1",
        "[optimizer]\nkind = \"sgd\"",
        "[steps]\nevery = 5",
    ] {
        messages.push(with(text).unwrap_err().to_string());
    }
    for text in [
        "estimator = \"rsgrpo\"",
        "estimator = \"rloo\"\nsamples = 1",
        "estimator = \"pass-at-k:k=32\"",
        "samples = 0",
        "learning_rate = 0",
        "temperature = nan",
        "overlong_buffer = 100",
        "data = \"countdown:numbers=40\"",
        "minibatches = 5000",
        "data = \"countdown:problems=0\"",
        "[optimizer]\nweight_decay = 1.5",
        "[loss]\nkind = \"gspo\"\ndual_clip = 0.5",
        "[lora]\nrank = 4\nalpha = -1",
        "[lora]\nalpha = 16",
        "[save]\nevery = 0",
        "[eval]\nevery = 5\nsamples = 0",
        "reward_command = \"timeout=0 python3 reward.py\"",
        "reward_command = \"timeout=5\"",
    ] {
        messages.push(with(text).unwrap().check().unwrap_err().to_string());
    }
    insta::assert_snapshot!("settings", messages.join("\n"));
    // A whole number is a number.
    assert_eq!(with("learning_rate = 1").unwrap().learning_rate, 1.0);
}

/// The blocks of the paper's table, and Countdown.
#[test]
fn the_experiments_of_the_project_are_valid() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../paper-repro/experiments");
    let mut models = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let config = TrainConfig::read(&entry.unwrap().path().join("config.toml")).unwrap();
        config.check().unwrap();
        models.push(config.model);
    }
    models.sort();
    let expected = [
        "countdown",
        "llama3.1-8b-instruct",
        "out/countdown-larger",
        "qwen2.5-7b",
        "qwen2.5-math-1.5b",
        "qwen2.5-math-7b",
        "qwen2.5-math-7b",
        "qwen2.5-math-7b",
        "qwen3-4b-base",
    ];
    assert_eq!(models, expected);
    // Those that this project makes, and those of the hub.
    let (own, others): (Vec<_>, Vec<_>) =
        models.iter().partition(|model| model.contains("countdown"));
    assert_eq!(own.len(), 2);
    assert!(others.into_iter().all(|model| rs_grpo_hub::Alias::find(model).is_some()));
}

#[test]
fn settings_survive_their_file() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("config.toml");
    let config =
        TrainConfig { lora: rank(8), seed: 9, estimator: "pkpo:k=4".to_owned(), ..small() };
    std::fs::write(&path, config.to_toml()).unwrap();
    assert_eq!(TrainConfig::read(&path).unwrap(), config);
    assert!(TrainConfig::keys().len() <= 37, "no more settings than these");
}

/// Settings of several keys: the table of a file, and the short text of a flag, are the same settings.
#[test]
fn settings_of_several_keys_are_tables_and_short_texts() {
    let with = |text: &str| {
        TrainConfig::default().with(text.parse().unwrap(), Path::new("run.toml")).unwrap()
    };
    let same = |text: &str| {
        let config = with(text);
        assert_eq!(with(&config.to_toml()), config, "{text}");
        config
    };
    let loss = LossConfig { kind: LossKind::Gspo, kl: KlKind::K1, dual_clip: 3.0 };
    assert_eq!(same("[loss]\nkind = \"gspo\"\nkl = \"k1\"\ndual_clip = 3").loss, loss);
    assert_eq!("gspo:dual_clip=3,kl=k1".parse::<LossConfig>().unwrap(), loss);
    assert_eq!(loss.to_string(), "gspo:kl=k1,dual_clip=3");
    let plain = LossConfig { kind: LossKind::SequenceMean, ..LossConfig::default() };
    assert_eq!(same("[loss]\nkind = \"sequence-mean\"").loss, plain);
    assert_eq!(plain.to_string(), "sequence-mean");
    let schedule = Schedule { decay: Decay::Cosine, warmup: 20 };
    assert_eq!(same("[schedule]\ndecay = \"cosine\"\nwarmup = 20").schedule, schedule);
    assert_eq!("cosine:warmup=20".parse::<Schedule>().unwrap(), schedule);
    let lora = LoraConfig { rank: 16, alpha: 8.0 };
    assert_eq!(same("[lora]\nrank = 16\nalpha = 8").lora, lora);
    assert_eq!("rank=16,alpha=8".parse::<LoraConfig>().unwrap(), lora);
    assert_eq!(same("[lora]\nrank = 16").lora.to_string(), "rank=16,alpha=32");
    assert_eq!(same("[lora]\nrank = 0").lora(), None);
    assert_eq!("off".parse::<LoraConfig>().unwrap(), LoraConfig::default());
    assert_eq!(LoraConfig::default().to_string(), "off");
    let optimizer = OptimizerConfig { state: StateType::Bf16, ..OptimizerConfig::default() };
    assert_eq!(same("[optimizer]\nstate = \"bf16\"").optimizer, optimizer);
    assert_eq!("adamw:state=bf16".parse::<OptimizerConfig>().unwrap(), optimizer);
    assert_eq!(same("[save]\nkeep = 3").save, CheckpointConfig { every: 50, keep: 3 });
    let eval = EvalConfig { every: 7, problems: 200, samples: 16 };
    assert_eq!(same("[eval]\nsamples = 16\nevery = 7").eval, eval);
    assert_eq!("samples=16,every=7".parse::<EvalConfig>().unwrap(), eval);
    assert_eq!("off".parse::<EvalConfig>().unwrap(), EvalConfig::default());
}

/// A value without a key is that of the first.
#[test]
fn a_bare_number_is_the_first_key() {
    assert_eq!("50".parse::<CheckpointConfig>().unwrap(), every(50));
    let both = CheckpointConfig { every: 50, keep: 3 };
    assert_eq!("50,keep=3".parse::<CheckpointConfig>().unwrap(), both);
    assert_eq!("8".parse::<LoraConfig>().unwrap(), rank(8));
    let eval = EvalConfig { every: 20, ..EvalConfig::default() };
    assert_eq!("20".parse::<EvalConfig>().unwrap(), eval);
    for text in
        ["", "every", "every=5,every=6", "5,every=6", "5,6", "5,keep", "5,best=1", "-5", "5x"]
    {
        let error = text.parse::<CheckpointConfig>().unwrap_err().to_string();
        let allowed = "a number of steps, or any of every=STEPS,keep=N";
        assert_eq!(error, format!("save is {text:?}; allowed: {allowed}"));
    }
}

/// The texts of earlier versions, and numbers, where a table belongs: the message has the tables.
#[test]
fn files_of_earlier_versions_are_answered_with_the_new_form() {
    let read =
        |text: &str| TrainConfig::default().with(text.parse().unwrap(), Path::new("run.toml"));
    let old = "steps = 3\nloss = \"gspo:kl=k1,dual_clip=3\"\nsampler = \"http:async_steps=1\"\n\
               importance_cap = 2\nschedule = \"cosine:warmup=5\"\n\
               optimizer = \"adamw:weight_decay=0.1,state=bf16\"\nlora = \"rank=8\"\n\
               save = \"every=20,keep=2\"\neval = 20\n";
    let error = read(old).unwrap_err().to_string();
    insta::assert_snapshot!("earlier_form", error);
    // What it says, in place of the texts, reads as what they said.
    let (_, tables) = error.split_once("\n\n").unwrap();
    let new = read(&format!("steps = 3\nimportance_cap = 2\n{tables}")).unwrap();
    new.check().unwrap();
    let expected = TrainConfig {
        steps: 3,
        loss: "gspo:kl=k1,dual_clip=3".parse().unwrap(),
        sampler: "http:async_steps=1".parse().unwrap(),
        importance_cap: 2.0,
        schedule: "cosine:warmup=5".parse().unwrap(),
        optimizer: "adamw:weight_decay=0.1,state=bf16".parse().unwrap(),
        lora: rank(8),
        save: CheckpointConfig { every: 20, keep: 2 },
        eval: EvalConfig { every: 20, ..EvalConfig::default() },
        ..TrainConfig::default()
    };
    assert_eq!(new, expected);
    // So is a run that an earlier version began.
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("config.toml"), "lora = \"off\"\n").unwrap();
    let resumed = RunFolder::open(folder.path(), &small(), Resume::Auto).err().unwrap().to_string();
    let expected = "config.toml: lora: is the form of earlier versions; write this at the \
                    end of the file:\n\n[lora]\nrank = 0";
    assert!(resumed.ends_with(expected), "{resumed}");
}

/// What a file with comments says is what was written, and nothing of it is left out.
#[test]
fn a_file_with_comments_has_every_setting() {
    let config = TrainConfig {
        prompt_template: "A question:\n# {prompt}\n\"Answer\":".to_owned(),
        temperature: 0.7,
        learning_rate: 1e-6,
        lora: rank(8),
        eval: EvalConfig { every: 20, ..EvalConfig::default() },
        ..TrainConfig::default()
    };
    let text = config.to_commented_toml();
    let tables = [config.table(), text.parse().unwrap()];
    assert_eq!(tables[1], tables[0]);
    let [_, table] = tables;
    assert_eq!(TrainConfig::default().with(table, Path::new("run.toml")).unwrap(), config);
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    insta::assert_snapshot!("commented", TrainConfig::default().to_commented_toml());
}

/// What is said of the keys of a table is said of those that it has.
#[test]
fn every_key_of_every_table_is_described() {
    let defaults = TrainConfig::default().table();
    let keys: Vec<&str> = TrainConfig::SETTINGS.iter().map(|setting| setting.key).collect();
    assert!(keys.iter().all(|key| defaults.contains_key(*key)) && keys.len() == defaults.len());
    for setting in TrainConfig::SETTINGS {
        assert!(setting.doc().ends_with('.'), "{}", setting.key);
        match (setting.form, defaults[setting.key].as_table()) {
            (Some(form), Some(table)) => {
                let names = form.keys.iter().map(|key| key.name);
                assert!(names.clone().all(|name| table.contains_key(name)));
                assert_eq!(names.count(), table.len());
            }
            (form, table) => assert!(form.is_none() && table.is_none(), "{}", setting.key),
        }
    }
}

/// Adapters begin as nothing, and what they learn is in the merged matrices.
#[test]
fn adapters_are_learned_saved_read_and_merged() {
    let folder = TempDir::new().unwrap();
    let config = TrainConfig {
        lora: LoraConfig { rank: 4, alpha: 8.0 },
        learning_rate: 2e-3,
        steps: 3,
        save: every(3),
        ..small()
    };
    let base = Checkpoint::open(&model()).unwrap();
    let batch = batch();
    let scores = |model: &Decoder| logprobs(model, &examples(&batch), PASS).unwrap().concat();
    let plain = scores(&Decoder::load(&base, Training::Frozen).unwrap());
    let options = LoraOptions { rank: 4, alpha: 8.0, seed: 0 };
    let fresh = Decoder::load(&base, Training::Lora(options)).unwrap();
    assert_eq!(scores(&fresh), plain, "adapters begin at 0");

    train(folder.path(), &config, None);
    let adapters = folder.path().join("checkpoints/step-000003");
    assert_eq!(adapter_options(&adapters).unwrap().alpha, 8.0);
    read_adapters(&adapters, &fresh).unwrap();
    let adapted = scores(&fresh);
    assert_ne!(adapted, plain);
    assert_eq!(scores(&fresh.without_adapters()), plain, "the reference is the model at the start");

    let merged = folder.path().join("merged");
    merge(&base, &adapters, &merged).unwrap();
    let merged = Decoder::load(&Checkpoint::open(&merged).unwrap(), Training::Frozen).unwrap();
    let error = relative_error(&scores(&merged), &adapted);
    assert!(error < 1e-5, "{error}");
}

#[test]
fn adapters_of_another_model_are_refused() {
    let folder = TempDir::new().unwrap();
    train(folder.path(), &TrainConfig { lora: rank(2), steps: 1, ..small() }, None);
    let adapters = folder.path().join("checkpoints/step-000001");
    let options = LoraOptions { rank: 3, ..adapter_options(&adapters).unwrap() };
    let base = Checkpoint::open(&model()).unwrap();
    let other = Decoder::load(&base, Training::Lora(options)).unwrap();
    let error = read_adapters(&adapters, &other).unwrap_err().to_string();
    assert!(error.contains("lora_A.weight: has shape [2, 128]; expected [3, 128]"), "{error}");
    let wide = LoraOptions { rank: 1000, ..options };
    let error = Decoder::load(&base, Training::Lora(wide)).unwrap_err().to_string();
    assert!(error.contains("rank in lora is 1000; allowed: 1 to 128"), "{error}");
}
