//! Every message names the figure, panel and series, the value, and what is allowed.

use rs_grpo_figures::{Axis, Cells, Color, Dash, Figure, Heatmap, Panel, Scale, Series};

const NAN: f64 = f64::NAN;

fn message(panel: Panel) -> String {
    Figure::new("F").panel(panel).svg().unwrap_err().to_string()
}

fn series_message(series: Series) -> String {
    message(Panel::new("P").series(series))
}

fn map_message(map: Heatmap) -> String {
    Figure::new("F").panel(map).svg().unwrap_err().to_string()
}

fn good() -> Series {
    Series::line("S", [1.0, 2.0], [3.0, 4.0])
}

#[test]
fn nothing_to_show() {
    insta::assert_snapshot!(Figure::new("F").svg().unwrap_err(), @"figure `F` has nothing to show: add a panel with `Figure::panel`");
    insta::assert_snapshot!(message(Panel::new("P")), @"figure `F`, panel `P` has nothing to show: add a series with `Panel::series`");
    insta::assert_snapshot!(series_message(Series::line("S", [], [])), @"figure `F`, panel `P`, series `S` has nothing to show: give at least one point whose y is not NaN");
    insta::assert_snapshot!(series_message(Series::line("S", [1.0], [NAN])), @"figure `F`, panel `P`, series `S` has nothing to show: give at least one point whose y is not NaN");
    insta::assert_snapshot!(map_message(Heatmap::new("H", Cells::centres([]), Cells::centres([]), vec![])), @"figure `F`, heat map `H` has nothing to show: give at least one value that is not NaN");
}

#[test]
fn lists_of_different_lengths() {
    insta::assert_snapshot!(series_message(Series::line("S", [1.0, 2.0], [3.0])), @"figure `F`, panel `P`, series `S`: y has length 1, but x has length 2; give both the same length");
    insta::assert_snapshot!(series_message(good().band([3.0], [4.0, 5.0])), @"figure `F`, panel `P`, series `S`: low has length 1, but x has length 2; give both the same length");
    insta::assert_snapshot!(series_message(good().band([3.0, 4.0], [4.0])), @"figure `F`, panel `P`, series `S`: high has length 1, but x has length 2; give both the same length");
    let map =
        |values| Heatmap::new("H", Cells::categories(["a", "b"]), Cells::categories(["c"]), values);
    insta::assert_snapshot!(map_message(map(vec![vec![1.0, 2.0], vec![1.0, 2.0]])), @"figure `F`, heat map `H`: values has length 2, but rows has length 1; give both the same length");
    insta::assert_snapshot!(map_message(map(vec![vec![1.0]])), @"figure `F`, heat map `H`: values[0] has length 1, but columns has length 2; give both the same length");
}

#[test]
fn numbers_without_a_place() {
    insta::assert_snapshot!(series_message(Series::line("S", [NAN, 2.0], [3.0, 4.0])), @"figure `F`, panel `P`, series `S`: x[0] is NaN; allowed: finite numbers, either 0 or of a size from 1e-100 to 1e100");
    insta::assert_snapshot!(series_message(Series::line("S", [1.0, 2.0], [3.0, f64::INFINITY])), @"figure `F`, panel `P`, series `S`: y[1] is inf; allowed: finite numbers, either 0 or of a size from 1e-100 to 1e100");
    insta::assert_snapshot!(series_message(good().band([3.0, 5.0], [4.0, 4.5])), @"figure `F`, panel `P`, series `S`: low[1] is 5; allowed: at most high[1] = 4.5");
    insta::assert_snapshot!(message(Panel::new("P").x(Axis::new("x").log()).series(Series::line("S", [0.0], [1.0]))), @"figure `F`, panel `P`, series `S`: x[0] is 0; allowed: positive numbers on a logarithmic axis");
    insta::assert_snapshot!(message(Panel::new("P").y(Axis::new("y").log()).series(good().band([-1.0, 1.0], [5.0, 5.0]))), @"figure `F`, panel `P`, series `S`: low[0] is -1; allowed: positive numbers on a logarithmic axis");
    let map = Heatmap::new(
        "H",
        Cells::centres([1.0, 1.0]),
        Cells::categories(["c"]),
        vec![vec![1.0, 2.0]],
    );
    insta::assert_snapshot!(map_message(map), @"figure `F`, heat map `H`, x axis: centre 1 is 1; allowed: more than 1, the centre before");
    let map = Heatmap::new(
        "H",
        Cells::centres([1.0, 2.0]),
        Cells::categories(["c"]),
        vec![vec![1.0, f64::INFINITY]],
    );
    insta::assert_snapshot!(map_message(map), @"figure `F`, heat map `H`: values[0][1] is inf; allowed: finite numbers, either 0 or of a size from 1e-100 to 1e100");
}

#[test]
fn axes_that_cannot_be() {
    let with = |axis: Axis| message(Panel::new("P").x(axis).series(good()));
    insta::assert_snapshot!(with(Axis::new("x").range(2.0, 1.0)), @"figure `F`, panel `P`, x axis: the range is 2 to 1; allowed: a lower end below the upper end");
    insta::assert_snapshot!(with(Axis::new("x").log().range(0.0, 1.0)), @"figure `F`, panel `P`, x axis: the lower end of the range is 0; allowed: positive numbers on a logarithmic axis");
    insta::assert_snapshot!(with(Axis::new("x").scale(Scale::Log { base: 1.0 })), @"figure `F`, panel `P`, x axis: the base of the logarithm is 1; allowed: 1.5 to 1000.0");
    insta::assert_snapshot!(with(Axis::new("x").symlog(0.0)), @"figure `F`, panel `P`, x axis: the linear part of the scale is 0; allowed: 1e-100 to 1e100");
    insta::assert_snapshot!(with(Axis::new("x").ticks([1.0, NAN])), @"figure `F`, panel `P`, x axis: tick 1 is NaN; allowed: finite numbers, either 0 or of a size from 1e-100 to 1e100");
    insta::assert_snapshot!(message(Panel::new("P").series(good().on_right())), @"figure `F`, panel `P`, series `S` is drawn against the right axis, but its panel has none: add one with `Panel::right`");
    insta::assert_snapshot!(message(Panel::new("P").x(Axis::new("x").range(0.0, 3.0)).series(good()).vertical(4.0, "β₀")), @"figure `F`, panel `P`, marker `β₀`: x is 4; allowed: 0.0 to 3.0");
}

#[test]
fn one_label_with_two_looks() {
    let two = |second: Series| {
        let first = Panel::new("P").series(good().color(Color::palette(0)));
        Figure::new("F").panel(first).panel(Panel::new("Q").series(second)).svg()
    };
    insta::assert_snapshot!(two(good().color(Color::palette(1))).unwrap_err(), @"figure `F`: series `S` is drawn as #0072b2, solid and as #d55e00, solid; a label has one look in the whole figure: give both the same colour and dash, or different labels");
    insta::assert_snapshot!(two(good().dash(Dash::Dotted)).unwrap_err(), @"figure `F`: series `S` is drawn as #0072b2, solid and as #0072b2, dotted; a label has one look in the whole figure: give both the same colour and dash, or different labels");
    assert!(two(good()).is_ok(), "the second series leaves its look to the first");
}

#[test]
fn figures_and_files_that_cannot_be() {
    let figure = || Figure::new("F").panel(Panel::new("P").series(good()));
    insta::assert_snapshot!(figure().columns(0).svg().unwrap_err(), @"figure `F`: columns is 0; allowed: 1 or more");
    insta::assert_snapshot!(figure().size(100, 400).svg().unwrap_err(), @"figure `F`: the width in pixels is 100; allowed: 200 to 4000");
    insta::assert_snapshot!(figure().png(NAN).unwrap_err(), @"figure `F`: the scale of the PNG is NaN; allowed: 0.1 to 4.0");
    insta::assert_snapshot!(figure().write("unused", "a/b").unwrap_err(), @"figure `F`: the file stem is `a/b`; allowed: a file name without folder and extension, such as `bandit-reward`");
    insta::assert_snapshot!(Figure::from_json("{\"titel\": \"F\"}").unwrap_err(), @"not the JSON of a figure: unknown field `titel`, expected one of `title`, `subtitle`, `panels`, `columns`, `size` at line 1 column 8; allowed: what `Figure::to_json` writes");
}

#[test]
fn a_character_without_glyph() {
    insta::assert_snapshot!(series_message(Series::line("语言", [1.0], [1.0])), @"figure `F`: the text `语言` has the character `语` (U+8BED), which the bundled font lacks; write it with Latin or Greek letters and common mathematical signs");
}
