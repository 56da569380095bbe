//! The kinds of figure that the project needs, on made-up data. Set `GALLERY` to a folder to look at them.

use rs_grpo_figures::{Axis, Cells, Color, Dash, Figure, Heatmap, Panel, Plot, Series, TickFormat};

/// Checks what every picture must satisfy, and writes it where someone wants to look.
fn show(figure: &Figure, stem: &str) {
    let svg = figure.svg().unwrap();
    assert_eq!(svg, figure.svg().unwrap(), "two drawings of one figure differ");
    assert_eq!(figure.png(1.0).unwrap(), figure.png(1.0).unwrap(), "two PNGs of one figure differ");
    if let Some(folder) = std::env::var_os("GALLERY") {
        figure.write(folder, stem).unwrap();
    }
}

fn grid(count: usize, low: f64, high: f64) -> Vec<f64> {
    (0..count).map(|i| low + (high - low) * i as f64 / (count - 1) as f64).collect()
}

fn map(xs: &[f64], f: impl Fn(f64) -> f64) -> Vec<f64> {
    xs.iter().map(|&x| f(x)).collect()
}

fn over_pulls(panel: Panel, end: impl Fn(f64) -> f64) -> Panel {
    let pulls = grid(201, 0.0, 4e5);
    [0.0, 1.0, 2.0, 4.0].into_iter().enumerate().fold(
        panel.x(Axis::new("pulls")),
        |panel, (i, beta)| {
            let y = map(&pulls, |t| {
                end(beta) * (1.0 - (-t / (3e4 + 4e4 * beta)).exp()) + 0.004 * (t / 3e3 + beta).sin()
            });
            let low = map(&y, |v| v - 0.05 * (v + 0.2));
            let high = map(&y, |v| v + 0.05 * (v + 0.2));
            let series = Series::line(format!("β = {beta}"), &pulls[..], y).band(low, high);
            panel.series(series.color(Color::ordered(i, 4)))
        },
    )
}

#[test]
fn bandit() {
    let arms = grid(100, 0.0, 99.0);
    let reward = map(&arms, |a| {
        [(20.0, 0.45, 8.0), (52.0, 0.7, 5.0), (80.0, 1.0, 2.5)]
            .iter()
            .map(|(m, h, w): &(f64, f64, f64)| h * (-(a - m).powi(2) / (2.0 * w * w)).exp())
            .sum()
    });
    let policy = map(&arms, |a| 0.05 * (-(a - 20.0_f64).powi(2) / 128.0).exp());
    let landscape = Panel::new("Reward landscape")
        .x(Axis::new("arm"))
        .y(Axis::new("reward"))
        .right(Axis::new("initial policy π₀").range(0.0, 0.15))
        .series(
            Series::area("initial policy", &arms[..], policy).on_right().color(Color::palette(4)),
        )
        .series(Series::line("reward of an arm", &arms[..], reward).color(Color::palette(5)));
    let figure = Figure::new("A risk-seeking policy leaves the local optimum")
        .subtitle("Softmax policy over 100 arms, 10 seeds; bands are 95% intervals of the mean")
        .panel(landscape)
        .panel(over_pulls(Panel::new("Reward").y(Axis::new("mean reward")), |beta| {
            0.45 + 0.13 * beta
        }))
        .panel(over_pulls(Panel::new("Policy entropy").y(Axis::new("entropy in nats")), |beta| {
            3.0 - 0.6 * beta
        }));
    show(&figure, "bandit");
}

fn escape_map(cells: impl Fn(&[f64]) -> Cells) -> Heatmap {
    let betas: Vec<f64> = [0.0, 0.25, 0.5, 0.75]
        .into_iter()
        .chain((0..26).map(|i| 2_f64.powf(i as f64 * 6.0 / 25.0)))
        .collect();
    let sizes = [2, 4, 8, 16, 32, 64, 128, 256];
    let escape =
        |beta: f64, n: f64| 1.0 / (1.0 + (-(beta.ln_1p() + 0.6 * n.ln() - 4.5) * 2.2).exp());
    let values = sizes.iter().map(|&n| map(&betas, |beta| escape(beta, n.into()))).collect();
    Heatmap::new("", cells(&betas), Cells::categories(sizes), values)
        .x(Axis::new("risk parameter β")
            .symlog(1.0)
            .ticks([0.0, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0]))
        .y(Axis::new("group size N"))
        .value(Axis::new("escape probability").range(0.0, 1.0))
}

#[test]
fn heat_map() {
    let figure = Figure::new("Where the policy escapes its local optimum")
        .subtitle("The line separates cells below and above one half")
        .panel(escape_map(|betas| Cells::centres(betas)).contour(0.5));
    show(&figure, "heat-map");
}

#[test]
fn small_heat_map_with_numbers() {
    let values = vec![vec![0.0, 0.12, 0.5], vec![0.3, f64::NAN, 0.75], vec![0.4, 0.9, 1.0]];
    let map = Heatmap::new(
        "",
        Cells::categories(["β = 0", "β = 2", "β = 8"]),
        Cells::categories([4, 16, 64]),
        values,
    )
    .y(Axis::new("group size N"))
    .value(Axis::new("pass@1").format(TickFormat::Percent))
    .numbers(TickFormat::Percent);
    show(&Figure::new("Numbers in cells, one of them missing").panel(map), "numbers");
}

#[test]
fn gain() {
    let betas: Vec<f64> = (0..=120).map(|i| 10_f64.powf(-1.0 + i as f64 / 40.0)).collect();
    let gain = |p: f64| {
        map(&betas, |b| b * (0.3 - p) * (-b / 12.0).exp() - 0.02 * b.ln().max(0.0) * p * 10.0)
    };
    let mut panel = Panel::new("")
        .x(Axis::new("risk parameter β").log())
        .y(Axis::new("gain over β → 0"))
        .vertical(2.1, "β₀")
        .vertical(2.4, "β̄(4)")
        .vertical(2.9, "β̄(16)")
        .vertical(30.0, "β*")
        .horizontal(0.7, "bound")
        .horizontal(0.72, "optimum");
    for (i, p) in [0.05, 0.1, 0.2, 0.4].into_iter().enumerate() {
        panel = panel.series(
            Series::line(format!("p = {p}"), &betas[..], gain(p)).color(Color::ordered(i, 4)),
        );
    }
    show(&Figure::new("Gain of one step against risk").panel(panel), "gain");
}

#[test]
fn ratios() {
    let ratio = |seed: f64| -> Vec<f64> {
        (1..=150)
            .map(|i| 10_f64.powf(((f64::from(i) * seed).sin() * 43758.5453).fract() * 2.0 + 0.4))
            .collect()
    };
    let (a, b) = (ratio(12.9898), ratio(78.233));
    let scatter = Panel::new("Thresholds")
        .x(Axis::new("measured β₀").log())
        .y(Axis::new("predicted β₀").log())
        .series(Series::points("p < 0.1", &a[..], map(&a, |v| v * 1.5 + 0.1)))
        .series(Series::points("p ≥ 0.1", &b[..], map(&b, |v| v * 0.7 + v * v * 0.01)))
        .series(
            Series::line("equal", [0.02, 300.0], [0.02, 300.0])
                .color(Color::palette(5))
                .dash(Dash::Dashed),
        );
    let ecdf = Panel::new("Distribution of the ratio")
        .x(Axis::new("predicted over measured").log())
        .y(Axis::new("fraction of problems").format(TickFormat::Percent).range(0.0, 1.0))
        .vertical(1.0, "exact")
        .series(Series::ecdf("p < 0.1", a))
        .series(Series::ecdf("p ≥ 0.1", b));
    show(
        &Figure::new("How near the predicted thresholds are").panel(scatter).panel(ecdf),
        "ratios",
    );
}

#[test]
fn pass_at_k() {
    let ks: Vec<f64> = (0..=10).map(|i| 2_f64.powi(i)).collect();
    let panel = |title: &str, hard: f64| {
        let axis = Axis::new("k").log2().ticks(&ks[..]);
        let panel = Panel::new(title)
            .x(axis)
            .y(Axis::new("pass@k").format(TickFormat::Percent).range(0.0, 1.0));
        ["base", "GRPO", "RS-GRPO β = 2", "RS-GRPO β = 8"].iter().enumerate().fold(
            panel,
            |panel, (i, label)| {
                let y = map(&ks, |k| {
                    1.0 - (1.0 - 0.1 - 0.05 * i as f64) * k.powf(-hard - 0.02 * i as f64)
                });
                let low = map(&y, |v| v - 0.02);
                let high = map(&y, |v| v + 0.02);
                panel.series(Series::line(*label, &ks[..], y).band(low, high).dots())
            },
        )
    };
    let titles = [("MATH-500", 0.4), ("AIME 2024", 0.15), ("AMC", 0.25), ("Minerva", 0.2)];
    let figure = titles
        .into_iter()
        .fold(Figure::new("pass@k on four benchmarks").columns(2), |figure, (title, hard)| {
            figure.panel(Plot::from(panel(title, hard)))
        });
    show(&figure, "pass-at-k");
}

/// More series than colours: the legend wraps, and dashes tell lines of one colour apart.
#[test]
fn many_series() {
    let ks: Vec<f64> = (0..=10).map(|i| 2_f64.powi(i)).collect();
    let axis = Axis::new("k").log2().ticks(&ks[..]);
    let panel = (0..10).fold(Panel::new("").x(axis).y(Axis::new("pass@k")), |panel, i| {
        let y =
            map(&ks, |k| 1.0 - (0.95 - 0.03 * f64::from(i)) * k.powf(-0.05 - 0.03 * f64::from(i)));
        panel.series(Series::line(format!("estimator number {i}"), &ks[..], y))
    });
    show(
        &Figure::new("More series than colours, under a title that is too long for one line")
            .panel(panel),
        "many",
    );
}
