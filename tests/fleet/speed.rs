//! The client of a fleet with thousands of requests, against servers that answer at once.

use rs_grpo_engine::generate::{Request, Sampler, SamplingParams};
use rs_grpo_engine::text::Tokenizer;
use rs_grpo_fleet::{AdapterFolder, FleetSampler, Servers};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Tokens of each completion.
const TOKENS: usize = 256;

/// A server that gives every prompt the same completions, and counts how often it is asked for some.
fn instant(asked: Arc<AtomicUsize>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let stream = stream.unwrap();
            // Clients hang up when they please.
            let asked = asked.clone();
            std::thread::spawn(move || drop(serve(stream, &asked)));
        }
    });
    url
}

fn serve(mut stream: TcpStream, count: &AtomicUsize) -> std::io::Result<()> {
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
        count.fetch_add(usize::from(asked["n"].is_u64()), Ordering::Relaxed);
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

/// Every completion comes once, of one request for each prompt. How fast that is, and how little the thread
/// that waits has to do meanwhile, is printed: `--show-output` shows it.
#[test]
fn thousands_of_completions_come_once_each() {
    let tokenizer = Tokenizer::from_folder(&test_support::countdown_model()).unwrap();
    for (prompts, samples) in [(2000, 1), (250, 16)] {
        let folder = TempDir::new().unwrap();
        let here = folder.path().to_owned();
        let adapters = AdapterFolder { there: here.clone(), here };
        let asked = [0, 1].map(|_| Arc::new(AtomicUsize::new(0)));
        let urls = asked.each_ref().map(|asked| instant(asked.clone()));
        let mut servers = Servers::new(&urls.join(",")).unwrap();
        // No request is asked of both, however late an answer is.
        servers.hedge_after = Duration::from_secs(600);
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
        println!(
            "{samples} to a request: {:.0} completions a minute; the thread that waits was busy for \
             {:.1} % of {seconds:.2} s",
            (prompts * samples) as f64 / seconds * 60.0,
            100.0 * used.unwrap_or(f64::NAN) / seconds,
        );
        assert_eq!(drawn.len(), prompts);
        for of_prompt in drawn {
            assert!(of_prompt.iter().map(|sample| sample.index).eq(0..samples));
            assert!(of_prompt.iter().all(|sample| sample.tokens == [5; TOKENS]));
        }
        let asked = asked.map(|asked| asked.load(Ordering::Relaxed));
        assert_eq!(asked.iter().sum::<usize>(), prompts, "{asked:?}");
        let counts = sampler.take_counts();
        assert_eq!((counts.refused, counts.repeated), (0, 0));
    }
}
