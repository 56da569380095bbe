//! A server that stands in for `vllm serve` on a machine without GPU, for the fleet of a README: it
//! loads LoRA adapters, and samples from them with this project's engine.
//!
//! ```text
//! cargo run -p test-support --example stand-in-server -- --model paper-repro/models/countdown --port 8001
//! ```

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use test_support::stand_in;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let value = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        arguments.get(at + 1)
    };
    let port = value("--port").and_then(|port| port.parse().ok());
    let (Some(model), Some(port)) = (value("--model").map(PathBuf::from), port) else {
        eprintln!("usage: stand-in-server --model FOLDER --port N");
        return ExitCode::from(2);
    };
    if !model.join("config.json").exists() {
        eprintln!("--model is {}; allowed: a folder with a config.json", model.display());
        return ExitCode::from(2);
    }
    let server = stand_in::StandIn::start_at(&model, SocketAddr::from(([127, 0, 0, 1], port)));
    println!("listens at {}", server.url());
    loop {
        std::thread::park();
    }
}
