//! Cost of a run: over β, over the number of arms, over pulls, and for estimators that move every
//! arm.
//!
//! `cargo bench -p rs-grpo-sims --bench bandit`

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use rs_grpo::Estimator;
use rs_grpo_sims::bandit::{Config, InitialPolicy, Peak, run_sampled};

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

fn over_arms(criterion: &mut Criterion) {
    let arms = [10, 100, 1_000, 10_000, 100_000];
    measure(criterion, "arms", arms.map(|arms| (arms.to_string(), stretched(arms))));
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

criterion_group!(benches, over_beta, over_arms, over_pulls, every_arm_moves);
criterion_main!(benches);
