//! The network on a device against the decoder on the CPU. The device is emulated: the kernels are
//! those of a GPU, run on the CPU.

use rs_grpo_engine::cuda::launch::Element;
use rs_grpo_engine::cuda::network::Network;
use rs_grpo_engine::model::TrainableModel;
use rs_grpo_engine::model::{ActivationCheckpointing, Decoder, LoraOptions, Training};
use rs_grpo_engine::optim::{AdamWOptions, StateType};
use rs_grpo_train::Error;
use rs_grpo_train::self_test::{compare_networks, compare_wide_networks};
use rs_grpo_train::{
    Example, LoraConfig, Loss, OptimizerConfig, Pass, Pretraining, TrainConfig, TrainContext,
    Trainer, UpdateStats, pretrain, update,
};
use std::path::Path;
use test_support::emulated;
use test_support::{CASES, countdown_model as model, folder};

/// Greedy completions, losses, gradients of every weight and steps of the optimiser: of every family,
/// in full and with adapters.
#[test]
#[cfg_attr(no_cxx, ignore = "needs a C++ compiler, c++")]
fn networks_compute_what_the_decoder_does() {
    let adapters = Training::Lora(LoraOptions { rank: 3, alpha: 5.0, seed: 1 });
    let all = CASES.map(|case| (Element::F32, case, Training::Full));
    let others = [
        (Element::F32, "qwen2-tied", adapters),
        (Element::F32, "qwen3-untied", adapters),
        (Element::Bf16, "llama3-scaled", Training::Full),
        (Element::Bf16, "qwen2-untied-bf16", adapters),
    ];
    for (element, case, training) in all.into_iter().chain(others) {
        let place = emulated::place(element);
        for outcome in compare_networks(&folder(case), &place, training).unwrap() {
            assert!(outcome.passed(), "{case} {training:?} {outcome:#?}");
        }
    }
}

/// The same on tensor cores, which want heads of 64 numbers in bf16, and with prompts that their samples
/// read together.
#[test]
#[cfg_attr(no_cxx, ignore = "needs a C++ compiler, c++")]
fn networks_on_tensor_cores_compute_what_the_decoder_does() {
    let adapters = Training::Lora(LoraOptions { rank: 3, alpha: 5.0, seed: 1 });
    for training in [Training::Full, adapters] {
        let (device, place) = emulated::place_with(Element::Bf16, usize::MAX);
        for outcome in compare_wide_networks(&place, training).unwrap() {
            println!("{training:?} {outcome:?}");
            assert!(outcome.passed(), "{training:?} {outcome:#?}");
        }
        for kernel in
            ["flash_attention", "flash_backward_key", "decode_attention", "prefix_attention"]
        {
            assert!(device.ran(kernel), "{kernel} was not asked for");
        }
    }
}

fn small() -> TrainConfig {
    TrainConfig {
        data: "countdown:problems=20".to_owned(),
        prompts: 2,
        samples: 3,
        steps: 2,
        max_new_tokens: 6,
        learning_rate: 1e-3,
        // So that there is a gradient where no completion is rewarded.
        entropy_coef: 0.01,
        ..TrainConfig::default()
    }
}

/// Every file of a checkpoint after two steps, of which the second is in a run of its own.
#[test]
#[cfg_attr(no_cxx, ignore = "needs a C++ compiler, c++")]
fn a_run_on_a_device_goes_on_to_the_last_bit() {
    let lora = LoraConfig { rank: 2, ..LoraConfig::default() };
    let narrow = OptimizerConfig { state: StateType::Bf16, ..OptimizerConfig::default() };
    let variants = [
        TrainConfig { kl_coef: 0.01, optimizer: narrow, ..small() },
        TrainConfig { lora, minibatches: 2, importance_cap: 2.0, ..small() },
    ];
    for config in variants {
        let place = emulated::place(Element::F32);
        let open = || TrainContext::on_device(config.clone(), &model(), None, &place).unwrap();
        let out = tempfile::tempdir().unwrap();
        let [whole, first, second] = ["whole", "first", "second"].map(|name| out.path().join(name));
        let setup = open();
        let mut trainer = Trainer::new(&setup).unwrap();
        trainer.step().unwrap();
        trainer.save(&first).unwrap();
        trainer.step().unwrap();
        trainer.save(&whole).unwrap();
        let setup = open();
        let mut trainer = Trainer::new(&setup).unwrap();
        trainer.restore(&first).unwrap();
        trainer.step().unwrap();
        trainer.save(&second).unwrap();
        let files = std::fs::read_dir(&whole).unwrap();
        let mut names: Vec<_> = files.map(|file| file.unwrap().file_name()).collect();
        names.sort();
        assert!(names.iter().any(|name| name == "optimizer.safetensors"), "{names:?}");
        for name in names {
            let read = |folder: &Path| std::fs::read(folder.join(&name)).unwrap();
            assert!(read(&whole) == read(&second), "{name:?}");
        }
        let weights = if config.lora.rank > 0 { "adapter_model" } else { "model" };
        let weights = format!("{weights}.safetensors");
        let read = |folder: &Path| std::fs::read(folder.join(&weights)).unwrap();
        assert!(read(&first) != read(&whole), "the second step moves the weights");
    }
}

/// With less memory than micro-batches take, a step is the same but for the order of sums, and says so;
/// the next one knows.
#[test]
#[cfg_attr(no_cxx, ignore = "needs a C++ compiler, c++")]
fn a_device_without_room_gets_smaller_batches() {
    let (_, place) = emulated::place_with(Element::F32, usize::MAX);
    let config = TrainConfig { max_new_tokens: 16, samples: 16, prompts: 4, steps: 3, ..small() };
    let setup = TrainContext::on_device(config.clone(), &model(), None, &place).unwrap();
    let mut roomy = Trainer::new(&setup).unwrap();
    let plenty = roomy.step().unwrap();
    assert_eq!(plenty.notes, Vec::<String>::new());
    let (narrow, place) = emulated::place_with(Element::F32, usize::MAX);
    let setup = TrainContext::on_device(config, &model(), None, &place).unwrap();
    // Too little for 64 completions at once, enough for some of them, as tried.
    let [weights, _] = narrow.used();
    narrow.set_limit(weights + 8_000_000);
    let mut trainer = Trainer::new(&setup).unwrap();
    let scarce = trainer.step().unwrap();
    assert!(!scarce.notes.is_empty());
    assert!(scarce.notes[0].contains("--micro-batch-tokens 1024"), "{:?}", scarce.notes);
    for name in ["loss", "grad_norm", "entropy"] {
        let (plenty, scarce) = (plenty.metrics[name], scarce.metrics[name]);
        assert!((plenty - scarce).abs() <= 1e-4 * plenty.abs() + 1e-6, "{name}: {plenty} {scarce}");
    }
    assert_eq!(trainer.step().unwrap().notes, Vec::<String>::new());
}

/// The moments leave for a cache that would else have no room, and are back for the next update, which
/// is the same as without.
#[test]
#[cfg_attr(no_cxx, ignore = "needs a C++ compiler, c++")]
fn moments_make_way_for_the_cache() {
    let checkpoint = rs_grpo_engine::checkpoint::Checkpoint::open(&model()).unwrap();
    let decoder = Decoder::load(&checkpoint, Training::Frozen).unwrap();
    let example = |advantage| Example {
        prompt: &[1, 14, 15],
        completion: &[20, 4, 21, 0],
        advantage,
        masked: false,
        old: &[],
        sampler: &[],
        reference: &[],
    };
    let pass = Pass {
        temperature: 1.0,
        micro_batch_tokens: 64,
        checkpointing: ActivationCheckpointing::PerLayer,
    };
    let train = |leave: bool| -> Vec<f32> {
        let (device, place) = emulated::place_with(Element::F32, usize::MAX);
        let network = Network::new(&place, &decoder, Training::Full).unwrap();
        let mut optimizer = network.optimizer(AdamWOptions::default());
        let step = |optimizer: &mut _, advantage| {
            let examples = [example(advantage)];
            update(&network, optimizer, &examples, &Loss::default(), pass, (1e-3, 1.0)).unwrap();
        };
        step(&mut optimizer, 1.0);
        if leave {
            let [before, _] = device.used();
            device.set_limit(before + 1000);
            network.make_room(&mut optimizer, 1 << 20).unwrap();
            let [after, _] = device.used();
            // Two numbers of 4 bytes for every weight, and up to 16 bytes a block beside.
            let moments = 8 * decoder.config().parameters() as usize;
            assert!((moments..moments + 4096).contains(&(before - after)), "{before} {after}");
            device.set_limit(usize::MAX);
        }
        step(&mut optimizer, -0.5);
        network.weight("model.norm.weight").unwrap().unwrap()
    };
    assert_eq!(train(true), train(false));
}

/// A model that is taught on a device has the losses of one that is taught on the CPU, and its files.
#[test]
#[cfg_attr(no_cxx, ignore = "needs a C++ compiler, c++")]
fn a_model_is_taught_on_a_device_as_on_the_cpu() {
    let place = emulated::place(Element::F32);
    let options = Pretraining {
        steps: 3,
        batch: 4,
        problems: 20,
        layers: 1,
        width: 32,
        ..Pretraining::default()
    };
    let out = tempfile::tempdir().unwrap();
    let teach = |name: &str, place| {
        let mut losses = Vec::new();
        let watch = |_, updated: &UpdateStats| losses.push(updated.sums.nll);
        pretrain(&options, &out.path().join(name), place, watch).unwrap();
        losses
    };
    let (here, there) = (teach("cpu", None), teach("device", Some(&place)));
    assert_eq!(here.len(), 3);
    for (here, there) in here.iter().zip(&there) {
        assert!((here - there).abs() < 1e-4 * here, "{here} {there}");
    }
    let model = rs_grpo_engine::checkpoint::Checkpoint::open(&out.path().join("device")).unwrap();
    assert_eq!(model.config().hidden_size, 32);
}

/// A run that cannot fit is refused before anything is on the device.
#[test]
#[cfg_attr(no_cxx, ignore = "needs a C++ compiler, c++")]
fn a_run_that_cannot_fit_is_refused_at_once() {
    let (device, place) = emulated::place_with(Element::F32, 2_000_000);
    let error = TrainContext::on_device(small(), &model(), None, &place).unwrap_err();
    let memory = matches!(error, Error::Plan(rs_grpo_plan::Error::Memory { .. }));
    assert!(memory, "{error}");
    assert_eq!(device.used(), [0, 0]);
    let narrow = OptimizerConfig { state: StateType::Bf16, ..OptimizerConfig::default() };
    let config = TrainConfig { optimizer: narrow, ..small() };
    let error = TrainContext::new(config, &model()).unwrap_err().to_string();
    assert!(error.contains("state=f32, on the CPU"), "{error}");
}
