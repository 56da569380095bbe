//! Expected updates: against sampled groups, against the limits, and as a prediction of who escapes.

use rs_grpo::Estimator;
use rs_grpo_sims::bandit::{
    Config, Noise, expected_update, one_update, run_exact, run_expected, run_sampled,
};

/// Groups drawn; `RS_GRPO_GROUPS=1000000` is the long form of the test.
fn groups() -> u64 {
    let set = std::env::var("RS_GRPO_GROUPS").ok();
    set.map_or(20_000, |text| text.parse().expect("RS_GRPO_GROUPS is a whole number"))
}

fn config(estimator: &str, group_size: usize) -> Config {
    let estimator: Estimator = estimator.parse().expect("an estimator");
    Config { estimator, group_size, pulls: 1_000 * group_size as u64, ..Config::default() }
}

/// The sum over logits of squared errors of the mean, in units of what noise alone gives on average.
#[test]
fn the_mean_of_sampled_updates_is_the_expected_one() {
    let runs = groups();
    for (estimator, size) in [("rs-grpo:beta=4", 16), ("rs-grpo:beta=8", 4), ("rs-loo:beta=4", 8)] {
        let config = config(estimator, size);
        let start = Config { learning_rate: 1e-300, ..config.clone() };
        let start = one_update(&start, 0, 0).expect("valid");
        let exact = expected_update(&config).expect("it has a formula");
        let (mut sums, mut squares) = (vec![0.0; config.arms], vec![0.0; config.arms]);
        for index in 0..runs {
            let moved = one_update(&config, 5, index).expect("valid");
            for (arm, (to, from)) in moved.iter().zip(&start).enumerate() {
                sums[arm] += to - from;
                squares[arm] += (to - from) * (to - from);
            }
        }
        let n = runs as f64;
        let (mut error, mut noise) = (0.0, 0.0);
        for arm in 0..config.arms {
            let mean = sums[arm] / n;
            error += (mean - exact[arm]).powi(2);
            noise += (squares[arm] / n - mean * mean) / n;
        }
        // A sum of a hundred squares deviates by some 15 % from its mean.
        assert!(
            error < 1.7 * noise,
            "{estimator}, N {size}: {error:e} where noise gives {noise:e}"
        );
        let size: f64 = exact.iter().map(|x| x * x).sum();
        assert!(size > 20.0 * noise, "{estimator}: too few groups to see the mean");
    }
}

/// NumPy, an independent mean-field run with 400 points of the integral: 2.75 stays and 3 escapes with
/// groups of 16, and 4 escapes with groups of 8, where 3 stays.
#[test]
fn the_border_is_where_an_independent_implementation_has_it() {
    for (size, beta, escapes) in
        [(16, 2.75, false), (16, 3.0, true), (8, 3.0, false), (8, 4.0, true)]
    {
        let estimator = Estimator::RsGrpo { beta };
        let pulls = 25_000 * size as u64;
        let config = Config { estimator, group_size: size, pulls, ..Config::default() };
        let run = run_expected(&config).expect("it has a formula");
        assert_eq!(run.escaped(&config), escapes, "N {size}, β {beta}: {}", run.final_reward);
    }
}

/// The distance falls like 1/N.
#[test]
fn large_groups_approach_the_limit_of_infinite_ones() {
    let distance = |size: usize| {
        let config =
            Config { group_size: size, pulls: 300 * size as u64, ..config("rs-grpo:beta=4", 16) };
        let (group, limit) = (run_expected(&config).unwrap(), run_exact(&config).unwrap());
        (group.final_policy_reward - limit.final_policy_reward).abs()
    };
    let (near, far) = (distance(1 << 12), distance(1 << 8));
    assert!(near < 1e-3 && (far / near / 16.0 - 1.0).abs() < 0.1, "{near} and {far}");
}

#[test]
fn what_has_no_expected_update_is_refused() {
    let refused = |config: Config| run_expected(&config).expect_err("refused").to_string();
    let grpo = refused(config("grpo", 16));
    assert!(grpo.contains("groups, and 100,000 are allowed"), "{grpo}");
    let noise = refused(Config { noise: Noise::Gaussian(0.1), ..config("rs-grpo:beta=2", 16) });
    assert!(noise.contains("--expected"), "{noise}");
    let bonus = refused(Config { entropy_bonus: 0.1, ..config("rs-grpo:beta=2", 16) });
    assert!(bonus.starts_with("entropy-bonus is 0.1"), "{bonus}");
}

/// More entropy in the objective leaves more in the policy.
#[test]
fn an_entropy_bonus_keeps_the_policy_spread_out() {
    let entropy = |entropy_bonus| {
        let config = Config { entropy_bonus, pulls: 160_000, ..config("rs-grpo:beta=8", 16) };
        run_sampled(&config, 0, 0).expect("valid").final_entropy
    };
    let (none, some, much) = (entropy(0.0), entropy(0.03), entropy(1.0));
    assert!(none < some && some < much && much > 4.0, "{none}, {some}, {much}");
}

/// The group that holds the best arm first is counted to its end.
#[test]
fn the_first_draw_of_the_best_arm_is_told() {
    let run = run_sampled(&config("rs-grpo:beta=2", 16), 1, 0).expect("valid");
    let pulls = run.found_pulls.expect("an arm of probability 1/225 is drawn in 16,000 pulls");
    assert!(pulls.is_multiple_of(16) && pulls <= 16_000, "{pulls}");
    assert_eq!(run_expected(&config("rs-grpo:beta=2", 16)).expect("valid").found_pulls, None);
}
