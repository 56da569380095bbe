//! What a GPU does in a second, on random weights of a model's true shape. `gpu.py` runs it beside
//! PyTorch; without it:
//!
//! ```text
//! cargo bench -p rs-grpo-train --features cuda --bench gpu -- ceilings
//! cargo bench … --bench gpu -- decode qwen3-4b-base BATCH NEW [STEPS GRAPHS]
//! cargo bench … --bench gpu -- train qwen3-4b-base lora|full SEQUENCES LENGTH MICRO_BATCH_TOKENS
//! cargo bench … --bench gpu -- step qwen3-4b-base lora|full PROMPTS NEW MICRO_BATCH_TOKENS
//! ```
//!
//! Prompts have 256 tokens, and each 16 samples. One line of JSON a measurement. STEPS is the number of
//! tokens of a sample that are drawn before the host sees them, GRAPHS the number of shapes of steps of
//! which CUDA graphs are kept: `1 0` is token by token, `8 0` eight tokens at a time without graphs, `8 16`
//! the default.

#[cfg(feature = "cuda")]
mod gpu {
    use half::bf16;
    use rand::SeedableRng;
    use rand_distr::{Distribution, Normal};
    use rand_xoshiro::Xoshiro256PlusPlus;
    use rs_grpo::{Estimator, Scratch};
    use rs_grpo_engine::Error as EngineError;
    use rs_grpo_engine::ModelConfig;
    use rs_grpo_engine::cuda::backend::Backend;
    use rs_grpo_engine::cuda::device::Gpu;
    use rs_grpo_engine::cuda::launch::Element;
    use rs_grpo_engine::cuda::memory::{Array, DType, Device, Product};
    use rs_grpo_engine::cuda::network::Network;
    use rs_grpo_engine::generate::{
        Engine, EngineOptions, Request, Sample, Sampler, SamplingParams,
    };
    use rs_grpo_engine::model::TrainableModel;
    use rs_grpo_engine::model::{LoraOptions, Training};
    use rs_grpo_engine::optim::AdamWOptions;
    use rs_grpo_hub::ALIASES;
    use rs_grpo_train::{Error, Example, Loss, Pass, Result, gradient, update};
    use serde_json::{Value, json};
    use std::sync::Arc;
    use std::time::Instant;

    const PROMPT: usize = 256;
    const SAMPLES: usize = 16;
    const RANK: usize = 32;
    /// Random numbers that weights repeat.
    const BLOCK: usize = 1 << 22;

    pub(super) fn run(arguments: &[String]) -> Result<()> {
        let gpu = Arc::new(Gpu::open()?);
        let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let number = |text: &str| text.parse::<usize>().map_err(|_| unknown(text));
        let result = match words[..] {
            ["ceilings"] => ceilings(&gpu)?,
            ["decode", model, batch, new] => {
                Bench::new(&gpu, model, "frozen")?.decode(number(batch)?, number(new)?)?
            }
            ["decode", model, batch, new, steps, graphs] => {
                let mut bench = Bench::new(&gpu, model, "frozen")?;
                bench.multi_step = number(steps)?;
                bench.network.keep_graphs(number(graphs)?);
                bench.decode(number(batch)?, number(new)?)?
            }
            ["train", model, what, sequences, len, tokens] => {
                let sizes = [number(sequences)?, number(len)?, number(tokens)?];
                Bench::new(&gpu, model, what)?.train(sizes)?
            }
            ["step", model, what, prompts, new, tokens] => {
                let sizes = [number(prompts)?, number(new)?, number(tokens)?];
                Bench::new(&gpu, model, what)?.step(sizes)?
            }
            _ => return Err(unknown(&arguments.join(" "))),
        };
        let mut line = json!({ "what": arguments.join(" "), "gpu": gpu.describe()?.name });
        if let (Some(line), Some(result)) = (line.as_object_mut(), result.as_object()) {
            line.extend(result.clone());
            line.insert("peak_gb".to_owned(), json!(gpu.take_peak()? as f64 / 1e9));
        }
        println!("{line}");
        Ok(())
    }

    fn unknown(text: &str) -> Error {
        let problem = "no such measurement".to_owned();
        Error::from(EngineError::Gpu { what: text.to_owned(), problem })
    }

    /// Weights of a model's shape that repeat one block of random numbers.
    fn random() -> impl FnMut(&Backend, &str, &[usize], DType) -> rs_grpo_engine::Result<Array> {
        let mut random: Option<Array> = None;
        move |backend, name, shape, dtype| {
            let len: usize = shape.iter().product();
            if shape.len() == 1 {
                let value = if name.ends_with("norm.weight") { 1.0 } else { 0.01 };
                return backend.array(dtype, &vec![value; len]);
            }
            if dtype == DType::F32 {
                let numbers = normal(len.min(BLOCK), 0.02).repeat(len.div_ceil(BLOCK));
                return backend.array(dtype, &numbers[..len]);
            }
            let block = match &random {
                Some(block) => block.clone(),
                None => backend.array(dtype, &normal(BLOCK, 0.02))?,
            };
            random = Some(block.clone());
            backend.repeat(&block, len)
        }
    }

    fn normal(len: usize, spread: f32) -> Vec<f32> {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(len as u64);
        let Ok(normal) = Normal::new(0.0, spread) else { return vec![0.0; len] };
        (0..len).map(|_| bf16::from_f32(normal.sample(&mut random)).to_f32()).collect()
    }

    struct Bench<'a> {
        gpu: &'a Gpu,
        config: ModelConfig,
        network: Network,
        multi_step: usize,
    }

    impl<'a> Bench<'a> {
        fn new(gpu: &'a Arc<Gpu>, model: &str, what: &str) -> Result<Self> {
            let alias = ALIASES.iter().find(|alias| alias.name == model);
            let config = alias.and_then(|alias| ModelConfig::published(alias.repository));
            let config = config.ok_or_else(|| unknown(model))?;
            let training = match what {
                "full" => Training::Full,
                "lora" => Training::Lora(LoraOptions { rank: RANK, alpha: 64.0, seed: 0 }),
                _ => Training::Frozen,
            };
            let backend = Backend::new(gpu.clone(), Element::Bf16);
            let config = ModelConfig { max_positions: 8192, ..config.clone() };
            let network = Network::with_source(&backend, &config, training, &mut random())?;
            Ok(Self { gpu, config, network, multi_step: EngineOptions::default().multi_step })
        }

        /// Samples of prompts, greedy decoding aside.
        fn sample(&self, prompts: usize, new: usize) -> Result<(Vec<Request>, Vec<Vec<Sample>>)> {
            let vocab = self.config.vocab_size;
            let token = |index: usize, at: usize| (index * 7919 + at * 104_729 + 11) % vocab;
            let requests: Vec<Request> = (0..prompts)
                .map(|index| Request {
                    prompt: (0..PROMPT).map(|at| token(index, at) as u32).collect(),
                    samples: SAMPLES,
                    first_sample: 0,
                })
                .collect();
            let batch = (prompts * SAMPLES).min(Network::MAX_BATCH);
            let options = EngineOptions {
                max_batch: batch,
                cache_slots: (batch / SAMPLES + 1) * (PROMPT + 16) + batch * (new + 16),
                prefill_tokens: Network::PREFILL_TOKENS,
                multi_step: self.multi_step,
            };
            let params = SamplingParams { max_tokens: new, ..SamplingParams::default() };
            let samples = Engine::new(&self.network, None, options)?.sample(
                &requests,
                &params,
                &mut |_| (),
            )?;
            Ok((requests, samples))
        }

        fn decode(&self, batch: usize, new: usize) -> Result<Value> {
            let prompts = batch / SAMPLES;
            self.sample(prompts, 4)?;
            self.gpu.take_peak()?;
            let start = Instant::now();
            self.sample(prompts, new)?;
            let seconds = start.elapsed().as_secs_f64();
            let cached: f64 = (0..new).map(|at| (prompts * PROMPT + batch * at) as f64).sum();
            let per_slot = self.network.bytes_per_slot() as f64;
            let weights = 2.0 * self.config.parameters() as f64;
            Ok(json!({
                "tokens_per_second": (batch * new) as f64 / seconds,
                "seconds": seconds,
                "floor_bytes": weights * new as f64 + per_slot * cached,
                "notes": self.network.take_notes(),
            }))
        }

        /// Sequences of prompt and completion, each prompt's together.
        fn sequences(&self, sequences: usize, len: usize) -> Vec<(Vec<u32>, Vec<u32>)> {
            let vocab = self.config.vocab_size;
            let tokens = |seed: usize, count: usize| -> Vec<u32> {
                (0..count).map(|at| ((seed * 7919 + at * 104_729) % vocab) as u32).collect()
            };
            (0..sequences)
                .map(|index| (tokens(index / SAMPLES, PROMPT), tokens(1000 + index, len - PROMPT)))
                .collect()
        }

        fn train(&self, [sequences, len, micro_batch_tokens]: [usize; 3]) -> Result<Value> {
            let pairs = self.sequences(sequences, len);
            let examples: Vec<Example<'_>> = pairs
                .iter()
                .enumerate()
                .map(|(at, (prompt, completion))| {
                    Example::new(prompt, completion, at as f64 % 3.0 - 1.5)
                })
                .collect();
            let checkpointing = self.network.activation_checkpointing(micro_batch_tokens)?;
            let pass = Pass { temperature: 1.0, micro_batch_tokens, checkpointing };
            let work = || -> Result<f64> {
                let start = Instant::now();
                let (gradients, _) = gradient(&self.network, &examples, &Loss::default(), pass)?;
                self.network.norm(&gradients)?;
                Ok(start.elapsed().as_secs_f64())
            };
            work()?;
            self.gpu.take_peak()?;
            let mut seconds = [work()?, work()?, work()?];
            seconds.sort_by(f64::total_cmp);
            let own = sequences * (len - PROMPT) + sequences.div_ceil(SAMPLES) * PROMPT;
            Ok(json!({
                "seconds": seconds[1],
                "tokens_per_second": (sequences * len) as f64 / seconds[1],
                "computed_tokens_per_second": own as f64 / seconds[1],
                "activation_checkpointing": format!("{checkpointing:?}"),
                "parameters": self.config.parameters(),
            }))
        }

        /// One whole step: samples, rewards, advantages, gradient and update.
        fn step(&self, [prompts, new, micro_batch_tokens]: [usize; 3]) -> Result<Value> {
            let mut optimizer = self.network.optimizer(AdamWOptions::default());
            let mut timed = Value::Null;
            // The first compiles kernels and takes memory.
            for new in [4, new] {
                timed = self.one_step(&mut optimizer, prompts, new, micro_batch_tokens)?;
            }
            Ok(timed)
        }

        fn one_step(
            &self,
            optimizer: &mut <Network as TrainableModel>::Optimizer,
            prompts: usize,
            new: usize,
            micro_batch_tokens: usize,
        ) -> Result<Value> {
            let slots = (prompts + 1) * (PROMPT + 16) + prompts * SAMPLES * (new + 16);
            self.network.make_room(optimizer, slots * self.network.bytes_per_slot())?;
            self.gpu.take_peak()?;
            let start = Instant::now();
            let (requests, samples) = self.sample(prompts, new)?;
            let sampled = start.elapsed().as_secs_f64();
            let estimator: Estimator = "rs-grpo:beta=2".parse().map_err(refused)?;
            let mut advantages = vec![0.0; SAMPLES];
            let mut examples = Vec::new();
            for (request, samples) in requests.iter().zip(&samples) {
                // Random weights solve nothing, so a token's residue replaces the grader.
                let reward = |sample: &Sample| f64::from(sample.tokens[0].is_multiple_of(3));
                let rewards: Vec<f64> = samples.iter().map(reward).collect();
                let scratch = &mut Scratch::new();
                estimator.advantages_into(&rewards, &mut advantages, scratch).map_err(refused)?;
                for (sample, advantage) in samples.iter().zip(&advantages) {
                    examples.push(Example::new(&request.prompt, &sample.tokens, *advantage));
                }
            }
            let checkpointing = self.network.activation_checkpointing(micro_batch_tokens)?;
            let pass = Pass { temperature: 1.0, micro_batch_tokens, checkpointing };
            let limits = (1e-6, 1.0);
            let updated =
                update(&self.network, optimizer, &examples, &Loss::default(), pass, limits)?;
            let seconds = start.elapsed().as_secs_f64();
            let generated: usize = samples.iter().flatten().map(|sample| sample.tokens.len()).sum();
            Ok(json!({
                "seconds": seconds,
                "sample_seconds": sampled,
                "train_seconds": seconds - sampled,
                "generated": generated,
                "trained": updated.sums.tokens,
                "grad_norm": updated.grad_norm,
                "loss": updated.sums.loss,
            }))
        }
    }

    fn refused(error: impl ToString) -> Error {
        let problem = error.to_string();
        Error::from(EngineError::Gpu { what: "the estimator".to_owned(), problem })
    }

    /// Bytes a second of a copy, read and written, and operations a second of a product.
    fn ceilings(gpu: &Arc<Gpu>) -> Result<Value> {
        let backend = Backend::new(gpu.clone(), Element::Bf16);
        let bytes = 4usize << 30;
        let (a, b) = (gpu.allocate(bytes)?, gpu.allocate(bytes)?);
        let wait = || gpu.read(a, &mut [0; 4]);
        let timed = |work: &dyn Fn() -> rs_grpo_engine::Result<()>| -> Result<f64> {
            work()?;
            wait()?;
            let start = Instant::now();
            for _ in 0..10 {
                work()?;
            }
            wait()?;
            Ok(start.elapsed().as_secs_f64() / 10.0)
        };
        let copy = timed(&|| gpu.copy(a, b, bytes))?;
        let n = 8192;
        let numbers = backend.array(DType::Bf16, &normal(n * n, 1.0))?;
        gpu.copy(numbers.address(), a, numbers.bytes())?;
        let product = Product {
            out: (b, DType::Bf16),
            a: numbers.address(),
            b: a,
            dtype: DType::Bf16,
            sizes: [n, n, n],
            transposed: [false, true],
            strides: [n; 3],
            scale: 1.0,
            keep: 0.0,
        };
        let seconds = timed(&|| gpu.product(&product))?;
        gpu.free(a);
        gpu.free(b);
        Ok(json!({
            "copy_bytes_per_second": 2.0 * bytes as f64 / copy,
            "bf16_flop_per_second": 2.0 * (n as f64).powi(3) / seconds,
        }))
    }
}

fn main() {
    let arguments: Vec<String> =
        std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    #[cfg(feature = "cuda")]
    if let Err(error) = gpu::run(&arguments) {
        eprintln!("{error}");
        std::process::exit(1);
    }
    #[cfg(not(feature = "cuda"))]
    eprintln!("{arguments:?}: build this with --features cuda");
}
