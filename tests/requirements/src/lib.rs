//! For the build scripts of the test packages: finds what some tests need beside Rust. A test whose need
//! is not met is ignored, and `cargo test` lists it with the reason.
//!
//! | cfg | set where there is no |
//! |---|---|
//! | `no_cxx` | C++ compiler `c++`, which runs the kernels of a GPU on the CPU |
//! | `no_python` | `python3` |
//! | `no_benchmarks` | `RS_GRPO_BENCHMARKS`, a folder with data sets and other graders' cases as JSON lines |

use std::path::Path;
use std::process::Command;

/// Tells Cargo which needs are not met.
pub fn find() {
    let runs = |program: &str| Command::new(program).arg("--version").output().is_ok();
    let benchmarks = std::env::var("RS_GRPO_BENCHMARKS").unwrap_or_default();
    let is_there = Path::new(&benchmarks).join("math500.jsonl").is_file();
    require("no_cxx", runs("c++"));
    require("no_python", runs("python3"));
    require("no_benchmarks", is_there);
    if is_there {
        println!("cargo::rustc-env=BENCHMARKS={benchmarks}");
    }
    for variable in ["PATH", "RS_GRPO_BENCHMARKS"] {
        println!("cargo::rerun-if-env-changed={variable}");
    }
}

fn require(cfg: &str, is_met: bool) {
    println!("cargo::rustc-check-cfg=cfg({cfg})");
    if !is_met {
        println!("cargo::rustc-cfg={cfg}");
    }
}
