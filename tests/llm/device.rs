//! The network on a device against the decoder on the CPU. The device is emulated: the kernels are
//! those of a GPU, run on the CPU.

use crate::emulated;
use crate::support::{CASES, folder};
use rs_grpo_llm::cuda::launch::Element;
use rs_grpo_llm::cuda::self_test::compare_networks;
use rs_grpo_llm::model::{LoraOptions, Training};

/// Greedy completions, losses, gradients of every weight and steps of the optimiser: of every family,
/// in full and with adapters.
#[test]
fn networks_compute_what_the_decoder_does() {
    let adapters = Training::Lora(LoraOptions { rank: 3, alpha: 5.0, seed: 1 });
    for element in Element::ALL {
        let Some(place) = emulated::place(element) else { return };
        for case in CASES {
            for training in [Training::Full, adapters] {
                let start = std::time::Instant::now();
                let outcomes = compare_networks(&folder(case), &place, training).unwrap();
                println!("{case} {:?}", start.elapsed());
                for outcome in outcomes {
                    println!("{case} {training:?} {outcome:?}");
                    assert!(outcome.passed(), "{case} {training:?} {outcome:#?}");
                }
            }
        }
    }
}
