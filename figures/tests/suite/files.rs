//! The data behind a figure, and the files that a figure becomes.

use std::fs;

use rs_grpo_figures::{Axis, Cells, Figure, Heatmap, Panel, Series};

/// A figure with a gap, a quoted label, an interval, markers of both directions and a heat map.
fn figure() -> Figure {
    let panel = Panel::new("Reward, mean")
        .x(Axis::new("pulls").log())
        .series(
            Series::line("β = \"1\"", [1.0, 1e5], [0.1, f64::NAN])
                .band([0.0, 0.25], [0.2, f64::NAN]),
        )
        .vertical(10.0, "β₀")
        .horizontal(0.1, "start");
    let map = Heatmap::new(
        "Escape",
        Cells::centres([0.5, 2.0]),
        Cells::categories(["N = 4"]),
        vec![vec![0.125, f64::NAN]],
    );
    Figure::new("F").subtitle("s").panel(panel).panel(map)
}

/// The columns of points, with markers as points that have one coordinate and gaps as empty fields.
#[test]
fn csv_of_series() {
    let panel = Panel::new("Reward, mean")
        .series(
            Series::line("β = \"1\"", [1.0, 1e5], [0.1, f64::NAN])
                .band([0.0, 0.25], [0.2, f64::NAN]),
        )
        .vertical(10.0, "β₀")
        .horizontal(0.1, "start");
    insta::assert_snapshot!(Figure::new("F").panel(panel).to_csv().unwrap(), @r#"
    panel,series,x,y,low,high
    "Reward, mean","β = ""1""",1,0.1,0,0.2
    "Reward, mean","β = ""1""",100000,,0.25,
    "Reward, mean",β₀,10,,,
    "Reward, mean",start,,0.1,,
    "#);
}

/// The columns of cells.
#[test]
fn csv_of_a_heat_map() {
    let rows = Cells::categories(["N = 4", "N = 8"]);
    let map = Heatmap::new(
        "",
        Cells::centres([0.0, 0.5]),
        rows,
        vec![vec![0.125, f64::NAN], vec![1.0, 2.0]],
    );
    insta::assert_snapshot!(Figure::new("F").panel(map).to_csv().unwrap(), @r"
    panel,x,y,value
    ,0,N = 4,0.125
    ,0.5,N = 4,
    ,0,N = 8,1
    ,0.5,N = 8,2
    ");
}

/// The columns of a figure with both.
#[test]
fn csv_of_both() {
    insta::assert_snapshot!(figure().to_csv().unwrap(), @r#"
    panel,series,x,y,low,high,value
    "Reward, mean","β = ""1""",1,0.1,0,0.2,
    "Reward, mean","β = ""1""",100000,,0.25,,
    "Reward, mean",β₀,10,,,,
    "Reward, mean",start,,0.1,,,
    Escape,,0.5,N = 4,,,0.125
    Escape,,2,N = 4,,,
    "#);
}

/// Everything that was described, with gaps as null.
#[test]
fn json_of_both() {
    insta::assert_snapshot!(figure().to_json().unwrap(), @r#"{"title":"F","subtitle":"s","panels":[{"panel":{"title":"Reward, mean","x":{"label":"pulls","scale":{"log":{"base":10.0}},"range":null,"ticks":null,"format":"auto"},"y":{"label":"","scale":"linear","range":null,"ticks":null,"format":"auto"},"right":null,"series":[{"label":"β = \"1\"","shape":"line","x":[1.0,100000.0],"y":[0.1,null],"band":{"low":[0.0,0.25],"high":[0.2,null]},"color":null,"dash":null,"dots":false,"side":"left"}],"markers":[{"direction":"vertical","at":10.0,"label":"β₀"},{"direction":"horizontal","at":0.1,"label":"start"}]}},{"heatmap":{"title":"Escape","x":{"label":"","scale":"linear","range":null,"ticks":null,"format":"auto"},"y":{"label":"","scale":"linear","range":null,"ticks":null,"format":"auto"},"value":{"label":"","scale":"linear","range":null,"ticks":null,"format":"auto"},"columns":{"centres":[0.5,2.0]},"rows":{"categories":["N = 4"]},"values":[[0.125,null]],"contour":null,"numbers":null}}],"columns":null,"size":null}"#);
}

#[test]
fn a_figure_read_from_its_json_is_the_same_figure() {
    let back = Figure::from_json(&figure().to_json().unwrap()).unwrap();
    assert_eq!(back.to_json().unwrap(), figure().to_json().unwrap());
    assert_eq!(back.svg().unwrap(), figure().svg().unwrap());
}

#[test]
fn json_keeps_every_bit_of_a_number() {
    // The shortest text of 0.1 + 0.2 has 17 digits; a careless reader is off by one unit in the last place.
    let x: Vec<f64> = (1..500).map(|i| f64::from(i).sqrt() * 0.1 + 0.2).collect();
    let figure = Figure::new("F").panel(Panel::new("P").series(Series::line("S", &x[..], &x[..])));
    assert_eq!(Figure::from_json(&figure.to_json().unwrap()).unwrap(), figure);
}

#[test]
fn write_makes_four_files() {
    let folder = tempfile::tempdir().unwrap();
    let paths = figure().write(folder.path().join("new"), "reward").unwrap();
    let name = |path: &std::path::PathBuf| path.file_name().unwrap().to_string_lossy().into_owned();
    let mut names: Vec<String> = paths.iter().map(name).collect();
    names.sort();
    assert_eq!(names, ["reward.csv", "reward.json", "reward.png", "reward.svg"]);
    let read = |name: &str| fs::read(folder.path().join("new").join(name)).unwrap();
    assert_eq!(read("reward.svg"), figure().svg().unwrap().into_bytes());
    assert_eq!(read("reward.csv"), figure().to_csv().unwrap().into_bytes());
    assert_eq!(read("reward.json"), figure().to_json().unwrap().into_bytes());
    assert_eq!(read("reward.png"), figure().png(2.0).unwrap());
}
