//! The same seed gives the same numbers on any number of threads and any machine.

use rayon::ThreadPoolBuilder;
use rs_grpo::Estimator;
use rs_grpo_sims::bandit::{Config, Noise, Phase, Summary, Updates, phase, run_sampled, simulate};

fn on_threads<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> T {
    let pool = ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
    pool.install(work)
}

fn summary(threads: usize, seed: u64) -> Summary {
    let config = Config { pulls: 20_000, noise: Noise::Gaussian(0.1), ..Config::default() };
    on_threads(threads, || simulate(&config, seed, 70, Updates::Sampled, || ())).expect("valid")
}

#[test]
fn one_thread_and_many_give_the_same_summary() {
    assert_eq!(summary(1, 5), summary(7, 5));
    assert_ne!(summary(1, 5), summary(1, 6), "another seed gives other numbers");
}

#[test]
fn one_thread_and_many_give_the_same_phase_diagram() {
    let config = Config { pulls: 5_000, ..Config::default() };
    let (betas, group_sizes) = (vec![0.0, 4.0], vec![2, 16]);
    let grid = Phase { config, betas, group_sizes, seeds: 3, predict: true };
    let cells = |threads| on_threads(threads, || phase(&grid, 9, || ())).expect("valid");
    assert_eq!(cells(1), cells(5));
}

/// The memory of a run is its curve: it does not grow with the pulls.
#[test]
fn memory_does_not_grow_with_pulls() {
    let peak = |pulls| {
        let config = Config { pulls, ..Config::default() };
        let info = allocation_counter::measure(|| {
            run_sampled(&config, 0, 0).expect("valid");
        });
        info.bytes_max
    };
    assert_eq!(peak(40_000), peak(400_000));
}

/// The bits of a run, recorded once: another machine, compiler or dependency must not change them.
#[test]
fn bits_are_pinned() {
    let config = |noise| Config {
        pulls: 50_000,
        noise,
        estimator: Estimator::RsGrpo { beta: 4.0 },
        ..Config::default()
    };
    let bits = |noise| {
        let run = run_sampled(&config(noise), 12, 3).expect("valid");
        [run.final_reward, run.final_entropy, run.final_policy_reward]
            .map(|x| format!("{:016x}", x.to_bits()))
    };
    insta::assert_debug_snapshot!([
        bits(Noise::None),
        bits(Noise::Gaussian(0.3)),
        bits(Noise::Bernoulli)
    ]);
}
