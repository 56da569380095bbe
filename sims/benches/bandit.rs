//! Cost of a run: over β, over pulls, and for estimators that move every arm; cost of one update and
//! of setting up over the number of arms.
//!
//! `cargo bench -p rs-grpo-sims --bench bandit`

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use rand::SeedableRng;
use rand_xoshiro::SplitMix64;
use rs_grpo::Estimator;
use rs_grpo_sims::bandit::{Config, Draws, InitialPolicy, Peak, SoftmaxPolicy, run_sampled};

const PULLS: u64 = 400_000;

fn measure(
    criterion: &mut Criterion,
    group: &str,
    runs: impl IntoIterator<Item = (String, Config)>,
) {
    let mut group = criterion.benchmark_group(group);
    group.sample_size(20);
    for (name, config) in runs {
        group.throughput(Throughput::Elements(config.pulls));
        let run = || run_sampled(&config, 0, 0).expect("valid settings");
        group.bench_function(BenchmarkId::from_parameter(name), |bencher| bencher.iter(run));
    }
    group.finish();
}

fn rs_grpo(beta: f64) -> Config {
    Config { estimator: Estimator::RsGrpo { beta }, pulls: PULLS, ..Config::default() }
}

/// The authors' problem with every length stretched so that the shape stays the same.
fn stretched(arms: usize) -> Config {
    let factor = arms as f64 / 100.0;
    let peak = |centre, height| Peak { centre: centre * factor, height, width: 5.0 * factor };
    Config {
        arms,
        peaks: vec![peak(40.0, 0.9), peak(75.0, 0.5)],
        initial_policy: InitialPolicy { centre: 75.0 * factor, width: 5.0 * factor, floor: 0.1 },
        ..rs_grpo(4.0)
    }
}

fn over_beta(criterion: &mut Criterion) {
    let betas = [0.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0];
    measure(criterion, "beta", betas.map(|beta| (beta.to_string(), rs_grpo(beta))));
}

const ARMS: [usize; 5] = [10, 100, 1_000, 10_000, 100_000];

/// Draws 16 arms from a policy that is uniform and stays so, and moves them: the same work for any
/// number of arms (from a few hundred on; with fewer, some arms come twice).
fn update_over_arms(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("update over arms");
    for count in ARMS {
        let mut policy = SoftmaxPolicy::new(&vec![0.0; count]).expect("finite logits");
        let mut rng = SplitMix64::seed_from_u64(0);
        let mut draws = Draws::default();
        let gradient = std::array::from_fn::<f64, 16, _>(|draw| [-1.0, 1.0][draw % 2]);
        group.bench_function(BenchmarkId::from_parameter(count), |bencher| {
            bencher.iter(|| {
                policy.draw_into(&mut rng, 16, &mut draws);
                assert!(policy.ascend(1e-6, draws.arms(), &gradient));
            });
        });
    }
    group.finish();
}

/// A run of one group: nearly all of it is setting up.
fn set_up_over_arms(criterion: &mut Criterion) {
    let one_group = |arms: usize| (arms.to_string(), Config { pulls: 16, ..stretched(arms) });
    measure(criterion, "set-up over arms", ARMS.map(one_group));
}

fn over_pulls(criterion: &mut Criterion) {
    let with = |pulls: u64| (pulls.to_string(), Config { pulls, ..rs_grpo(4.0) });
    measure(criterion, "pulls", [100_000, 200_000, 400_000, 800_000].map(with));
}

fn every_arm_moves(criterion: &mut Criterion) {
    let estimators = [Estimator::RsLoo { beta: 4.0 }, Estimator::PkpoLoo1 { k: 4 }];
    let config = |estimator| Config { estimator, ..rs_grpo(0.0) };
    measure(criterion, "every arm moves", estimators.map(|e| (e.to_string(), config(e))));
}

criterion_group!(
    benches,
    over_beta,
    update_over_arms,
    set_up_over_arms,
    over_pulls,
    every_arm_moves
);
criterion_main!(benches);
