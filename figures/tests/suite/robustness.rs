//! Any numbers at all: a picture or an error, never a panic, never an endless loop.

use proptest::prelude::*;
use resvg::usvg::{Options, Tree};
use rs_grpo_figures::{Axis, Cells, Figure, Heatmap, Panel, Series};

/// Ordinary numbers, and those that break programs.
fn number() -> impl Strategy<Value = f64> {
    let special = [
        0.0,
        -0.0,
        f64::NAN,
        f64::INFINITY,
        f64::MIN_POSITIVE,
        f64::MAX,
        f64::EPSILON,
        1e100,
        -1e100,
        1e-100,
    ];
    prop_oneof![8 => -10.0..10.0, 2 => prop::sample::select(special.to_vec()), 1 => any::<f64>()]
}

fn numbers(count: usize) -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(number(), count)
}

fn axis() -> impl Strategy<Value = Axis> {
    let scaled = prop_oneof![
        4 => Just(Axis::new("x")),
        1 => Just(Axis::new("x").log()),
        1 => Just(Axis::new("x").log2()),
        1 => number().prop_map(|linear| Axis::new("x").symlog(linear)),
    ];
    let range = prop::option::weighted(0.2, (number(), number()));
    (scaled, range).prop_map(|(axis, range)| match range {
        Some((low, high)) => axis.range(low, high),
        None => axis,
    })
}

fn survives(figure: &Figure) -> Result<(), TestCaseError> {
    if let Ok(svg) = figure.svg() {
        prop_assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
        prop_assert!(Tree::from_str(&svg, &Options::default()).is_ok());
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn panels((x, y, band) in (1_usize..5).prop_flat_map(|n| (numbers(n), numbers(n), prop::option::of((numbers(n), numbers(n))))),
              (x_axis, y_axis) in (axis(), axis()), marker in prop::option::weighted(0.2, number())) {
        let series = Series::line("S", x, y);
        let series = if let Some((low, high)) = band { series.band(low, high) } else { series };
        let panel = Panel::new("P").x(x_axis).y(y_axis).series(series);
        survives(&Figure::new("F").panel(if let Some(at) = marker { panel.vertical(at, "m") } else { panel }))?;
    }

    #[test]
    fn heat_maps(centres in numbers(2), values in numbers(2), (x, value) in (axis(), axis()), contour in prop::option::of(number())) {
        let map = Heatmap::new("H", Cells::centres(centres), Cells::categories(["r"]), vec![values]).x(x).value(value);
        survives(&Figure::new("F").panel(if let Some(level) = contour { map.contour(level) } else { map }))?;
    }

    #[test]
    fn sizes(width in 200_u32..500, height in 200_u32..400, title in "[a-z ]{0,80}", count in 1_usize..7) {
        let panel = || Panel::new(title.clone()).y(Axis::new(title.clone())).series(Series::line("S", [0.0, 1.0], [0.0, 1.0]));
        let figure = (0..count).fold(Figure::new(title.clone()).size(width, height), |figure, _| figure.panel(panel()));
        prop_assert!(figure.svg().is_ok());
    }
}
