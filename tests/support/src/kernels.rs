//! The kernels of a GPU as C++ for the CPU, with `emulator/emulator.hpp`.

use rs_grpo_engine::cuda::launch::Element;
use rs_grpo_engine::cuda::source::{HEADER, SOURCES};
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

const COMPILER: &str = "c++";

/// All kernels with a `main`, each file in a namespace of its own.
pub fn program(element: Element) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("emulator");
    let [threads, tensor_cores] =
        ["emulator.hpp", "tensor_cores.hpp"].map(|name| folder.join(name).display().to_string());
    let mut text = format!("#include \"{threads}\"\n{HEADER}\n#include \"{tensor_cores}\"\n");
    let mut table = String::new();
    writeln!(text, "#define ELEMENT {}", element.name()).unwrap();
    let sources = SOURCES.iter().filter(|source| source.elements.contains(&element));
    for (index, source) in sources.enumerate() {
        let body = source.body();
        writeln!(text, "namespace file{index} {{\n#line 1 \"{}\"\n{body}\n}}", source.name)
            .unwrap();
        for kernel in source.kernels() {
            let name = format!("file{index}::{kernel}");
            writeln!(
                table,
                "{{\"{kernel}\", [] {{ launch({name}); }}, [](auto words) {{ call({name}, words); }}}},"
            )
            .unwrap();
        }
    }
    format!(
        "{text}static const std::vector<Kernel> kernels = {{\n{table}}};\n\
         int main(int argc, char** argv) {{ return emulate(argc, argv, kernels); }}\n\
         extern \"C\" bool emulate_launch(\n\
         const char* name, const unsigned* grid, unsigned threads, const uint64_t* words) {{\n\
         return emulate(name, grid, threads, words, kernels);\n}}\n"
    )
}

/// Compiles a program or a library; whatever the compiler has to say fails the test.
pub fn compile(source: &Path, program: &Path, options: &[&str]) {
    // No contraction of products and sums: the same numbers on every processor.
    let output = Command::new(COMPILER)
        .args(["-std=c++17", "-ffp-contract=off", "-Wall", "-Wno-unused-function"])
        // Several numbers are read at once, as a GPU may.
        .args(["-fno-strict-aliasing", "-Wno-strict-aliasing"])
        .args(options)
        .arg(source)
        .arg("-o")
        .arg(program)
        .output()
        .unwrap();
    let messages = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && messages.is_empty(), "{messages}");
}
