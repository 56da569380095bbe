//! The text of the kernels.

use super::launch::Element;

/// Header of all sources.
pub const HEADER: &str = include_str!("../kernels/device.cuh");

/// A file of kernels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KernelSource {
    /// Its name, as in messages of the compiler.
    pub name: &'static str,
    /// The types of weights and activations that it is for.
    pub elements: &'static [Element],
    /// Its text, behind what it shares with other files.
    parts: &'static [&'static str],
}

/// A file for both types.
const fn both(name: &'static str, parts: &'static [&'static str]) -> KernelSource {
    KernelSource { name, elements: &Element::ALL, parts }
}

/// A file for tensor cores, which multiply bf16.
const fn tensor(name: &'static str, parts: &'static [&'static str]) -> KernelSource {
    KernelSource { name, elements: &[Element::Bf16], parts }
}

const ATTEND: &str = include_str!("../ops/attend.cuh");
const TENSOR_CORES: &str = include_str!("../kernels/tensor_cores.cuh");

/// All files of kernels.
pub const SOURCES: [KernelSource; 14] = [
    both("elements.cu", &[include_str!("../kernels/elements.cu")]),
    both("rms_norm.cu", &[include_str!("../ops/rms_norm.cu")]),
    both("rope.cu", &[include_str!("../ops/rope.cu")]),
    both("swiglu.cu", &[include_str!("../ops/swiglu.cu")]),
    both("add_bias.cu", &[include_str!("../ops/add_bias.cu")]),
    both("embedding.cu", &[include_str!("../ops/embedding.cu")]),
    both("attention.cu", &[ATTEND, include_str!("../ops/attention.cu")]),
    both("cached_attention.cu", &[ATTEND, include_str!("../ops/cached_attention.cu")]),
    tensor("flash_attention.cu", &[TENSOR_CORES, include_str!("../ops/flash_attention.cu")]),
    tensor("decode_attention.cu", &[TENSOR_CORES, include_str!("../ops/decode_attention.cu")]),
    both("logprob_head.cu", &[include_str!("../ops/logprob_head.cu")]),
    both("draw.cu", &[include_str!("../generate/draw.cu")]),
    both("advance.cu", &[include_str!("../generate/advance.cu")]),
    both("adamw.cu", &[include_str!("../optim/adamw.cu")]),
];

/// How a kernel begins.
const KERNEL: &str = "extern \"C\" __global__ void ";

impl KernelSource {
    /// The file that has a kernel.
    pub fn of(kernel: &str) -> Option<&'static Self> {
        SOURCES.iter().find(|source| source.kernels().any(|name| name == kernel))
    }

    /// Names of its kernels.
    pub fn kernels(&self) -> impl Iterator<Item = &'static str> + use<> {
        let lines = self.parts.iter().flat_map(|part| part.lines());
        // Register hints to the compiler stand before the name.
        lines
            .filter_map(|line| line.strip_prefix(KERNEL)?.split('(').next()?.split(' ').next_back())
    }

    /// Its text without the header.
    pub fn body(&self) -> String {
        self.parts.concat()
    }

    /// The complete source for a type of weights and activations.
    pub fn text(&self, element: Element) -> String {
        format!("{HEADER}\n#define ELEMENT {}\n{}", element.name(), self.body())
    }
}
