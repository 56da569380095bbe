//! The text of the kernels.

use super::launch::Element;

/// What all sources begin with.
pub const HEADER: &str = include_str!("../kernels/device.cuh");

/// A file of kernels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source {
    /// Its name, as in messages of the compiler.
    pub name: &'static str,
    /// Its text, behind what it shares with other files.
    parts: &'static [&'static str],
}

/// All files of kernels.
pub const SOURCES: [Source; 11] = [
    Source { name: "elements.cu", parts: &[include_str!("../kernels/elements.cu")] },
    Source { name: "rms_norm.cu", parts: &[include_str!("../ops/rms_norm.cu")] },
    Source { name: "rope.cu", parts: &[include_str!("../ops/rope.cu")] },
    Source { name: "swiglu.cu", parts: &[include_str!("../ops/swiglu.cu")] },
    Source { name: "add_bias.cu", parts: &[include_str!("../ops/add_bias.cu")] },
    Source { name: "embedding.cu", parts: &[include_str!("../ops/embedding.cu")] },
    Source {
        name: "attention.cu",
        parts: &[include_str!("../ops/attend.cuh"), include_str!("../ops/attention.cu")],
    },
    Source {
        name: "cached_attention.cu",
        parts: &[include_str!("../ops/attend.cuh"), include_str!("../ops/cached_attention.cu")],
    },
    Source { name: "logprob_head.cu", parts: &[include_str!("../ops/logprob_head.cu")] },
    Source { name: "draw.cu", parts: &[include_str!("../generate/draw.cu")] },
    Source { name: "adamw.cu", parts: &[include_str!("../train/adamw.cu")] },
];

/// How a kernel begins.
const KERNEL: &str = "extern \"C\" __global__ void ";

impl Source {
    /// The file that has a kernel.
    pub fn of(kernel: &str) -> Option<&'static Self> {
        SOURCES.iter().find(|source| source.kernels().any(|name| name == kernel))
    }

    /// Names of its kernels.
    pub fn kernels(&self) -> impl Iterator<Item = &'static str> + use<> {
        let lines = self.parts.iter().flat_map(|part| part.lines());
        lines.filter_map(|line| line.strip_prefix(KERNEL)?.split('(').next())
    }

    /// Its text without the header.
    pub fn body(&self) -> String {
        self.parts.concat()
    }

    /// All that a compiler is given, for weights and activations of a type.
    pub fn text(&self, element: Element) -> String {
        format!("{HEADER}\n#define ELEMENT {}\n{}", element.name(), self.body())
    }
}
