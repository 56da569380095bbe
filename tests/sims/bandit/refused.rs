//! Settings out of range: the error names the setting, the value and the allowed range.

use rs_grpo::Estimator;
use rs_grpo_sims::bandit::{Config, Noise, Peak, Updates, run_exact, run_sampled, simulate};

fn message(config: Config) -> String {
    run_sampled(&config, 0, 0).expect_err("refused").to_string()
}

/// Steps of 1e308 on rewards with a standard deviation of 100 overflow.
fn diverging() -> Config {
    Config {
        learning_rate: 1e308,
        noise: Noise::Gaussian(100.0),
        estimator: Estimator::DrGrpo,
        pulls: 1_600,
        ..Config::default()
    }
}

#[test]
fn messages_name_setting_value_and_range() {
    let base = Config::default;
    let wide = Peak { centre: 40.0, height: 0.9, width: 0.0 };
    let messages = [
        message(Config { arms: 1, ..base() }),
        message(Config { group_size: 0, ..base() }),
        message(Config { pulls: 3, ..base() }),
        message(Config { learning_rate: -0.1, ..base() }),
        message(Config { baseline: f64::NAN, ..base() }),
        message(Config { peaks: vec![wide], ..base() }),
        message(Config { noise: Noise::Gaussian(0.0), ..base() }),
        message(Config { noise: Noise::Bernoulli, baseline: 0.5, ..base() }),
        message(Config { estimator: Estimator::PassAtKRloo { k: 4 }, ..base() }),
        message(diverging()),
        simulate(&base(), 0, 0, Updates::Sampled, || ()).expect_err("refused").to_string(),
        run_exact(&Config { noise: Noise::Bernoulli, ..base() }).expect_err("refused").to_string(),
        run_exact(&Config { estimator: Estimator::Pkpo { k: 4 }, ..base() })
            .expect_err("refused")
            .to_string(),
    ];
    insta::assert_debug_snapshot!(messages);
}

/// 10 pulls in groups of 4 end with a group of 2, which RLOO accepts.
#[test]
fn a_last_small_group_updates_the_policy() {
    let config =
        |pulls| Config { pulls, group_size: 4, estimator: Estimator::Rloo, ..Config::default() };
    let (ten, eight) = (run_sampled(&config(10), 2, 0), run_sampled(&config(8), 2, 0));
    let (ten, eight) = (ten.expect("valid"), eight.expect("valid"));
    assert_eq!(ten.rewards.len(), 10);
    assert_ne!(ten.final_entropy, eight.final_entropy);
}
