//! How fast the client of a fleet is, against a server that answers at once.

use rs_grpo_engine::generate::{Request, Sampler, SamplingParams};
use rs_grpo_engine::text::Tokenizer;
use rs_grpo_fleet::{AdapterFolder, FleetSampler, Servers};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Instant;
use tempfile::TempDir;

/// Tokens of each completion.
const TOKENS: usize = 256;

/// A server that gives every prompt the same completions.
fn instant() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let stream = stream.unwrap();
            // Clients hang up when they please.
            std::thread::spawn(move || drop(serve(stream)));
        }
    });
    url
}

fn serve(mut stream: TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    loop {
        let (mut line, mut length) = (String::new(), 0);
        while reader.read_line(&mut line)? > 2 {
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().map_err(std::io::Error::other)?;
            }
            line.clear();
        }
        if length == 0 {
            return Ok(());
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        let asked: Value = serde_json::from_slice(&body)?;
        let choice = |index: u64| {
            json!({
                "index": index,
                "token_ids": vec![5; TOKENS],
                "logprobs": { "token_logprobs": vec![-0.5; TOKENS] },
                "finish_reason": "length",
            })
        };
        let choices: Vec<Value> = (0..asked["n"].as_u64().unwrap_or(0)).map(choice).collect();
        let body = json!({ "model": asked["model"], "choices": choices }).to_string();
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
        stream.write_all((head + &body).as_bytes())?;
    }
}

/// Seconds of CPU that this thread has had, where the system tells.
fn cpu_seconds() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    Some(text.split(' ').next()?.parse::<f64>().ok()? * 1e-9)
}

/// At least 20,000 completions of 256 tokens a minute, one to a request and 16: what the largest
/// fleets of this kind draw. The thread that waits decodes texts, and else has nothing to do.
#[test]
fn the_client_keeps_up_with_any_fleet() {
    let tokenizer = Tokenizer::from_folder(&crate::training::model()).unwrap();
    for (prompts, samples) in [(2000, 1), (250, 16)] {
        let folder = TempDir::new().unwrap();
        let here = folder.path().to_owned();
        let adapters = AdapterFolder { there: here.clone(), here };
        let servers = Servers::new(&format!("{},{}", instant(), instant())).unwrap();
        let limits = (tokenizer.vocab_size(), 4096);
        let mut sampler = FleetSampler::new(servers, adapters, &tokenizer, limits).unwrap();
        let weights = |folder: &std::path::Path| {
            std::fs::write(folder.join("adapter_model.safetensors"), "weights").unwrap();
            Ok(())
        };
        sampler.publish(0, weights).unwrap();
        let request = |_| Request { prompt: vec![1; 256], samples, first_sample: 0 };
        let requests: Vec<Request> = (0..prompts).map(request).collect();
        let params = SamplingParams { max_tokens: TOKENS, ..SamplingParams::default() };
        let (start, cpu) = (Instant::now(), cpu_seconds());
        let drawn = sampler.sample(&requests, &params, &mut |_| ()).unwrap();
        let seconds = start.elapsed().as_secs_f64();
        let used = cpu_seconds().zip(cpu).map(|(now, before)| now - before);
        assert_eq!(drawn.iter().map(Vec::len).sum::<usize>(), prompts * samples);
        let a_minute = (prompts * samples) as f64 / seconds * 60.0;
        println!(
            "{samples} to a request: {a_minute:.0} completions a minute; the thread that waits was \
             busy for {:.1} % of {seconds:.2} s",
            100.0 * used.unwrap_or(f64::NAN) / seconds,
        );
        assert!(a_minute > 20_000.0, "{a_minute}");
    }
}
