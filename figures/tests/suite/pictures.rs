//! What is in the SVG and the PNG.

use resvg::tiny_skia::Pixmap;
use resvg::usvg::{Options, Tree};
use rs_grpo_figures::{Axis, Cells, Color, Figure, Heatmap, Panel, Series};

const WIDTH: u32 = 400;
const HEIGHT: u32 = 300;

fn figure(panel: Panel) -> Figure {
    Figure::new("").size(WIDTH, HEIGHT).panel(panel)
}

/// The values of an attribute of all elements of one kind and colour.
fn attributes(svg: &str, element: &str, color: Color, attribute: &str) -> Vec<String> {
    let color = format!("=\"{}\"", color.to_string().to_uppercase());
    let elements =
        svg.split('<').filter(|e| e.starts_with(&format!("{element} ")) && e.contains(&color));
    let value = |e: &str| {
        e.split_once(&format!(" {attribute}=\"")).unwrap().1.split('"').next().unwrap().to_owned()
    };
    elements.map(value).collect()
}

/// The points of each line of one colour, in tenths of a pixel; the line in the legend comes first.
fn lines(svg: &str, color: Color) -> Vec<Vec<(i32, i32)>> {
    let number = |text: &str| text.parse().unwrap();
    let point = |pair: &str| pair.split_once(',').map(|(x, y)| (number(x), number(y))).unwrap();
    let points = attributes(svg, "polyline", color, "points");
    points.iter().map(|line| line.split_whitespace().map(point).collect()).collect()
}

#[test]
fn the_svg_has_all_text_and_is_well_formed() {
    let panel = Panel::new("∇ & <reward>")
        .x(Axis::new("β → ∞"))
        .y(Axis::new("π₀ ≥ ½"))
        .series(Series::line("β = 1", [-1.0, 1e5], [0.0, 1.0]))
        .vertical(10.0, "β̄");
    let svg = Figure::new("A \"title\" & <more>").subtitle("μ ± σ").panel(panel).svg().unwrap();
    for text in [
        "A &quot;title&quot; &amp; &lt;more&gt;",
        "μ ± σ",
        "∇ &amp; &lt;reward&gt;",
        "β → ∞",
        "π₀ ≥ ½",
        "β = 1",
        "β̄",
        "50k",
    ] {
        assert!(svg.contains(&format!("\n{text}\n</text>")), "{text} is missing");
    }
    Tree::from_str(&svg, &Options::default()).unwrap();
}

#[test]
fn the_page_has_the_size_that_was_asked_for() {
    let figure = figure(Panel::new("").series(Series::line("", [0.0, 1.0], [0.0, 1.0])));
    for (scale, size) in [(1.0, (400, 300)), (2.0, (800, 600)), (0.5, (200, 150))] {
        let pixels = Pixmap::decode_png(&figure.png(scale).unwrap()).unwrap();
        assert_eq!((pixels.width(), pixels.height()), size);
    }
}

/// No font of the machine takes part, so on a machine without fonts the text must still make pixels dark.
#[test]
fn text_reaches_the_png() {
    let ink = |label: &str| {
        let series = Series::line("", [0.0, 1.0], [0.0, 1.0]);
        let panel =
            Panel::new("").x(Axis::new(label).ticks([])).y(Axis::new("").ticks([])).series(series);
        let pixels = Pixmap::decode_png(&figure(panel).png(2.0).unwrap()).unwrap();
        // The axis label is alone in the lowest eighth of the page.
        let lowest = &pixels.pixels()[pixels.pixels().len() * 7 / 8..];
        lowest.iter().filter(|p| p.red() < 100).count()
    };
    for letter in ["β", "π", "∇", "≥", "×", "∞", "→", "₀", "⁻", "W"] {
        assert!(ink(letter) > 5, "{letter} leaves no ink");
    }
    assert_eq!(ink(""), 0);
}

#[test]
fn larger_values_are_higher_and_further_right() {
    let svg =
        figure(Panel::new("").series(Series::line("", [1.0, 2.0], [1.0, 2.0]))).svg().unwrap();
    let line = &lines(&svg, Color::palette(0))[0];
    assert!(line[0].0 < line[1].0, "x grows to the right");
    assert!(line[0].1 > line[1].1, "y grows upwards, pixels downwards");
}

#[test]
fn a_logarithmic_axis_gives_equal_ratios_equal_lengths() {
    let panel = Panel::new("").x(Axis::new("").log()).series(Series::line(
        "",
        [1.0, 10.0, 100.0],
        [1.0, 2.0, 3.0],
    ));
    let line = &lines(&figure(panel).svg().unwrap(), Color::palette(0))[0];
    let (first, second) = (line[1].0 - line[0].0, line[2].0 - line[1].0);
    assert!((first - second).abs() <= 1, "{first} and {second}");
}

#[test]
fn a_gap_splits_the_line_and_a_lone_point_is_a_dot() {
    let (x, y) = ([0.0, 1.0, 2.0, 3.0, 4.0], [1.0, 1.0, f64::NAN, 1.0, f64::NAN]);
    let svg = figure(Panel::new("").series(Series::line("", x, y))).svg().unwrap();
    assert_eq!(lines(&svg, Color::palette(0)).len(), 1);
    assert_eq!(attributes(&svg, "circle", Color::palette(0), "r").len(), 1);
}

#[test]
fn what_lies_outside_the_range_is_cut_off() {
    let axis = || Axis::new("").range(0.0, 1.0);
    let series = Series::line("", [-5.0, 0.5, 9.0], [0.5, 90.0, 0.5])
        .band([-9.0, -9.0, -9.0], [1.5, 99.0, 1.5]);
    let wide = figure(Panel::new("").x(axis()).y(axis()).series(series)).svg().unwrap();
    let edges = Series::line("", [0.0, 1.0], [0.0, 1.0]);
    let inside = figure(Panel::new("").x(axis()).y(axis()).series(edges)).svg().unwrap();
    let corners = &lines(&inside, Color::palette(0))[0];
    let (left, bottom, right, top) = (corners[0].0, corners[0].1, corners[1].0, corners[1].1);
    let band = attributes(&wide, "polygon", Color::palette(0), "points").concat();
    let drawn = band
        .split_whitespace()
        .map(|p| p.split_once(',').unwrap())
        .map(|(x, y)| (x.parse().unwrap(), y.parse().unwrap()));
    for (x, y) in drawn.chain(lines(&wide, Color::palette(0)).concat()) {
        assert!(
            (left..=right).contains(&x) && (top..=bottom).contains(&y),
            "({x}, {y}) is outside"
        );
    }
}

#[test]
fn one_label_in_two_panels_is_one_entry_and_one_colour() {
    let panel = |title: &str| {
        let other = Series::line(format!("only in {title}"), [0.0, 1.0], [1.0, 0.0]);
        Panel::new(title).series(other).series(Series::line("shared", [0.0, 1.0], [0.0, 1.0]))
    };
    let svg = Figure::new("").panel(panel("P")).panel(panel("Q")).svg().unwrap();
    assert_eq!(svg.matches("\nshared\n").count(), 1);
    assert_eq!(lines(&svg, Color::palette(1)).len(), 3, "the key and one line in each panel");
}

#[test]
fn the_first_row_of_a_heat_map_is_at_the_bottom() {
    let map = Heatmap::new(
        "",
        Cells::categories(["a"]),
        Cells::categories(["low", "high"]),
        vec![vec![0.0], vec![1.0]],
    );
    let svg = Figure::new("").panel(map).svg().unwrap();
    let y = |fraction| -> i32 {
        attributes(&svg, "rect", rs_grpo_figures::viridis(fraction), "y")[0].parse().unwrap()
    };
    assert!(y(0.0) > y(1.0));
}

#[test]
fn labels_of_close_markers_do_not_touch() {
    let series = Series::line("", [0.0, 1.0], [0.0, 1.0]);
    let panel = Panel::new("").series(series).vertical(0.5, "first").vertical(0.501, "second");
    let svg = figure(panel).svg().unwrap();
    let middle = |label: &str| -> i32 {
        let element = svg.split("<text ").find(|e| e.contains(&format!("\n{label}\n"))).unwrap();
        element.split('"').nth(1).unwrap().parse().unwrap()
    };
    // Both are about 40 pixels wide, and the markers themselves are less than one pixel apart.
    assert!(
        middle("second") - middle("first") > 450,
        "{} and {}",
        middle("first"),
        middle("second")
    );
}
