//! A figure in parts, for a page that arranges panels and legend itself.

use crate::render::{Key, Legend};
use crate::{Figure, Plot};

/// A figure as separate pictures of its panels, and the legend that they share.
#[derive(Clone, Debug, PartialEq)]
pub struct Apart {
    /// The legend, in the order of the first series.
    pub legend: Vec<Key>,
    /// A figure without title and legend for each panel.
    pub panels: Vec<Figure>,
}

impl Figure {
    /// The legend, and each panel as a separate figure of `size` pixels. Colours and dashes are those of
    /// the whole figure.
    pub fn apart(&self, size: (u32, u32)) -> Apart {
        let legend = Legend::of(self);
        let panels = self.panels.iter().map(|plot| alone(plot, &legend).size(size.0, size.1));
        Apart { legend: legend.keys(), panels: panels.collect() }
    }
}

/// A figure of one panel, whose series have their looks, and no label that a legend would repeat.
fn alone(plot: &Plot, legend: &Legend) -> Figure {
    let mut plot = plot.clone();
    if let Plot::Panel(panel) = &mut plot {
        for series in &mut panel.series {
            let (color, dash) = legend.look(series);
            (series.color, series.dash) = (Some(color), Some(dash));
            series.label.clear();
        }
    }
    Figure::new("").panel(plot)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Dash, Panel, Series};

    /// Two panels that share a label: the picture of each has the colours of the whole, and no legend.
    #[test]
    fn panels_keep_their_colours_and_leave_the_legend_to_the_page() {
        let line = |label: &str| Series::line(label, [0.0, 1.0], [0.0, 1.0]);
        let figure = Figure::new("All")
            .panel(Panel::new("one").series(line("a")).series(line("b")))
            .panel(Panel::new("two").series(line("b").dash(Dash::Dotted)));
        let apart = figure.apart((300, 200));
        let labels: Vec<&str> = apart.legend.iter().map(|key| key.label.as_str()).collect();
        assert_eq!(labels, ["a", "b"]);
        assert_eq!(apart.panels.len(), 2);
        let second = apart.panels[1].svg().unwrap();
        let blue_green = format!("stroke=\"{}\"", apart.legend[1].color.to_string().to_uppercase());
        assert!(second.contains(&blue_green), "{second}");
        assert!(second.contains("two") && !second.contains("All"), "{second}");
        assert!(!second.contains(">\nb\n<"), "{second}");
    }
}
