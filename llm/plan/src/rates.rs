//! Empirical numbers of the model, each with its origin.

use crate::{Error, Result};
use rs_grpo_files::Refuse as _;
use std::path::Path;
use toml::{Table, Value};

/// Where a rate comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Measured with this program.
    Measured,
    /// Published by others, or fitted to what they published.
    Published,
    /// Not measured: a plausible number.
    Assumed,
    /// Set by the user.
    Given,
}

impl Origin {
    /// As it is printed.
    pub fn name(self) -> &'static str {
        match self {
            Self::Measured => "measured",
            Self::Published => "published",
            Self::Assumed => "assumed",
            Self::Given => "given",
        }
    }
}

/// A number with its origin.
#[derive(Debug, Clone, PartialEq)]
pub struct Rate {
    /// The number, in its unit.
    pub value: f64,
    /// The unit; empty for shares.
    pub unit: &'static str,
    /// Where it comes from.
    pub origin: Origin,
    /// The measurement or publication, with its date.
    pub source: String,
}

/// Rates of an engine that decodes: shares of what a copy and a product reach, and fixed costs.
#[derive(Debug, Clone, PartialEq)]
pub struct DecodeRates {
    /// Share that products of weights reach of the larger bound.
    pub products: Rate,
    /// Share of a copy's bytes a second that attention reads the cache with.
    pub attention: Rate,
    /// µs a layer and step.
    pub layer: Rate,
    /// µs a layer and step, with adapters.
    pub adapter_layer: Rate,
    /// µs a layer and step, in a tensor-parallel group.
    pub tensor_layer: Rate,
    /// µs a completion and step.
    pub sequence: Rate,
    /// Share of a product's rate in reading prompts.
    pub prefill: Rate,
    /// Most completions at a time.
    pub batch: Rate,
    /// Share of the memory that is used.
    pub memory: Rate,
    /// GB of it that are neither weights nor cache.
    pub reserve: Rate,
}

/// Rates of a trainer.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainRates {
    /// Share of a product's rate with adapters.
    pub lora: Rate,
    /// Share of a product's rate with all weights.
    pub full: Rate,
}

/// Rates at which a policy reaches the servers.
#[derive(Debug, Clone, PartialEq)]
pub struct PublishRates {
    /// GB a second that leave the trainer, or the folder that servers share.
    pub link: Rate,
    /// Seconds until a server has loaded what arrived.
    pub load: Rate,
}

/// Rates of verl, for comparison: every GPU samples, and then every GPU trains.
#[derive(Debug, Clone, PartialEq)]
pub struct VerlRates {
    /// Share of a product's rate with adapters.
    pub lora: Rate,
    /// Share of a product's rate with all weights.
    pub full: Rate,
    /// Seconds a step to change between the two.
    pub switch: Rate,
}

/// A kind of GPU.
#[derive(Debug, Clone, PartialEq)]
pub struct GpuSpec {
    /// Its name on the command line, such as `h100`.
    pub name: &'static str,
    /// GB.
    pub memory: Rate,
    /// GB a second.
    pub bandwidth: Rate,
    /// bf16 TFLOP/s, dense.
    pub product: Rate,
    /// Dollars an hour.
    pub price: Rate,
}

/// All rates of the model.
#[derive(Debug, Clone, PartialEq)]
pub struct Rates {
    /// Share of the bandwidth that a copy reaches.
    pub copy: Rate,
    /// Share of the bf16 rate that a product reaches.
    pub product: Rate,
    /// The engine of this program.
    pub engine: DecodeRates,
    /// vLLM.
    pub vllm: DecodeRates,
    /// The trainer of this program.
    pub training: TrainRates,
    /// From the trainer to the servers.
    pub publishing: PublishRates,
    /// verl.
    pub verl: VerlRates,
    /// The kinds of GPU.
    pub gpus: Vec<GpuSpec>,
}

const CEILINGS: &str =
    "llm/engine/benches/README.md, ceilings of an H100 (3,026 GB/s, 782 TFLOP/s), 2026-11-27";
const ENGINE: &str = "fitted to the seven decoding times on an H100 in llm/plan/measurements.toml, rounded; see --fit";
const TRAINER: &str =
    "llm/engine/benches/README.md, training on an H100, attention counted, 2026-11-27";
const VLLM: &str = "fitted to nine rates of Llama-3.1-8B and Qwen3-8B on an H100 in llm/plan/measurements.toml, rounded; see --fit";
const VLLM_LAYER: &str = "not determined: nine rates do not tell it from vllm.products";
const VLLM_ADAPTER: &str = "one measurement of Qwen3-4B-Base with LoRA on a B200 in llm/plan/measurements.toml, rounded to tens; see --fit";
const PYTORCH: &str = "PyTorch on one H100, llm/engine/benches/README.md, 2026-11-27; sharding takes nothing off, which is in verl's favour";
const OPTIONS: &str = "vLLM's default of --gpu-memory-utilization";
const SHEET: &str = "NVIDIA's data sheet";
const PRICES: &str =
    "middle of the specialised providers, mercatus-ai.com/blog/cloud-gpu-pricing, 2026-05";
const GUESS: &str = "not measured";
const AS_TRAINING: &str = "not measured; as in training";

fn rate(value: f64, unit: &'static str, origin: Origin, source: &str) -> Rate {
    Rate { value, unit, origin, source: source.to_owned() }
}

fn gpu(name: &'static str, sheet: [f64; 3], price: (f64, Origin, &str)) -> GpuSpec {
    let [memory, bandwidth, product] = sheet;
    let (dollars, origin, source) = price;
    GpuSpec {
        name,
        memory: rate(memory, "GB", Origin::Published, SHEET),
        bandwidth: rate(bandwidth, "GB/s", Origin::Published, SHEET),
        product: rate(product, "TFLOP/s", Origin::Published, SHEET),
        price: rate(dollars, "$/h", origin, source),
    }
}

impl Default for Rates {
    fn default() -> Self {
        use Origin::{Assumed, Measured, Published};
        Self {
            copy: rate(0.903, "", Measured, CEILINGS),
            product: rate(0.791, "", Measured, CEILINGS),
            engine: DecodeRates {
                products: rate(0.89, "", Measured, ENGINE),
                attention: rate(0.78, "", Measured, ENGINE),
                layer: rate(135.0, "µs", Measured, ENGINE),
                adapter_layer: rate(121.0, "µs", Measured, ENGINE),
                tensor_layer: rate(0.0, "µs", Measured, "the engine uses one GPU"),
                sequence: rate(8.0, "µs", Measured, ENGINE),
                prefill: rate(0.40, "", Assumed, AS_TRAINING),
                batch: rate(512.0, "", Measured, "the engine's largest batch on a GPU"),
                memory: rate(0.95, "", Assumed, GUESS),
                reserve: rate(2.0, "GB", Assumed, GUESS),
            },
            vllm: DecodeRates {
                products: rate(0.64, "", Published, VLLM),
                attention: rate(1.06, "", Published, VLLM),
                layer: rate(0.0, "µs", Assumed, VLLM_LAYER),
                adapter_layer: rate(20.0, "µs", Published, VLLM_ADAPTER),
                tensor_layer: rate(30.0, "µs", Assumed, "two all-reduces; not measured"),
                sequence: rate(55.0, "µs", Published, VLLM),
                prefill: rate(0.40, "", Assumed, AS_TRAINING),
                batch: rate(
                    512.0,
                    "",
                    Published,
                    "the largest batch of those measurements; --max-num-seqs of vLLM",
                ),
                memory: rate(0.90, "", Published, OPTIONS),
                reserve: rate(4.0, "GB", Assumed, GUESS),
            },
            training: TrainRates {
                lora: rate(0.42, "", Measured, TRAINER),
                full: rate(0.44, "", Measured, TRAINER),
            },
            publishing: PublishRates {
                link: rate(1.25, "GB/s", Assumed, "Ethernet of 10 Gbit/s"),
                load: rate(1.0, "s", Assumed, GUESS),
            },
            verl: VerlRates {
                lora: rate(0.20, "", Measured, PYTORCH),
                full: rate(0.34, "", Measured, PYTORCH),
                switch: rate(10.0, "s", Assumed, GUESS),
            },
            gpus: vec![
                gpu("a100", [80.0, 2_039.0, 312.0], (1.30, Published, PRICES)),
                gpu("l40s", [48.0, 864.0, 362.0], (0.90, Assumed, GUESS)),
                gpu("h100", [80.0, 3_350.0, 989.0], (3.00, Published, PRICES)),
                gpu("h200", [141.0, 4_800.0, 989.0], (4.00, Published, PRICES)),
                gpu("b200", [180.0, 8_000.0, 2_250.0], (5.50, Assumed, GUESS)),
            ],
        }
    }
}

impl Rates {
    /// Names and rates.
    pub fn all(&self) -> Vec<(String, Rate)> {
        let mut own = self.clone();
        own.places().into_iter().map(|(name, rate)| (name, rate.clone())).collect()
    }

    /// The kind of GPU of this name; `parameter` is the setting that an error names.
    ///
    /// # Errors
    /// An unknown name; the error gives the nearest known one.
    pub fn gpu(&self, parameter: &'static str, name: &str) -> Result<&GpuSpec> {
        let names = self.gpus.iter().map(|gpu| gpu.name);
        self.gpus.iter().find(|gpu| gpu.name == name).ok_or_else(|| {
            let allowed = format!("{}; {}", list(names.clone()), nearest(names, name));
            Error::parameter(parameter, format!("{name:?}"), allowed)
        })
    }

    /// Overrides one rate.
    ///
    /// # Errors
    /// An unknown name; a value that is not finite or is negative.
    pub fn set(&mut self, name: &str, value: f64, source: &str) -> Result<()> {
        let names: Vec<String> = self.places().into_iter().map(|(name, _)| name).collect();
        let Some(rate) = self.named(name) else {
            let nearest = nearest(names.iter().map(String::as_str), name);
            let allowed = format!("a name of `repro plan --list-rates`; {nearest}");
            return Err(Error::parameter("rate", format!("{name:?}"), allowed));
        };
        // Divisors must be over 0; costs may be 0.
        let is_cost = matches!(rate.unit, "µs" | "s" | "$/h") || name.ends_with("reserve");
        let fits = value.is_finite() && (value > 0.0 || (is_cost && value == 0.0));
        if !fits {
            let allowed = if is_cost { "numbers of 0 or more" } else { "numbers over 0" };
            return Err(Error::parameter("rate", format!("{name}={value}"), allowed));
        }
        (rate.value, rate.origin) = (value, Origin::Given);
        source.clone_into(&mut rate.source);
        Ok(())
    }

    /// Takes the rates of a file: a table for each part, as in `[vllm]` and `sequence = 40`.
    ///
    /// # Errors
    /// A file that cannot be read or is not TOML; those of [`Rates::set`].
    pub fn read(&mut self, path: &Path) -> Result<()> {
        let text = std::fs::read_to_string(path).map_err(Error::file(path))?;
        let table: Table = text.parse().map_err(|error: toml::de::Error| {
            Error::malformed(path, "the file", error.message().to_owned())
        })?;
        let source = path.display().to_string();
        for (part, value) in &table {
            match value {
                Value::Table(inside) => {
                    for (name, value) in inside {
                        let name = format!("{part}.{name}");
                        self.set(&name, number(path, &name, value)?, &source)?;
                    }
                }
                value => self.set(part, number(path, part, value)?, &source)?,
            }
        }
        Ok(())
    }

    /// The rate of this name, which must be one of [`Rates::all`].
    pub(super) fn named(&mut self, name: &str) -> Option<&mut Rate> {
        self.places().into_iter().find(|(known, _)| known == name).map(|(_, rate)| rate)
    }

    /// Names, and where their rates are.
    fn places(&mut self) -> Vec<(String, &mut Rate)> {
        let Self { copy, product, engine, vllm, training, publishing, verl, gpus } = self;
        let mut places =
            vec![("ceiling.copy".to_owned(), copy), ("ceiling.product".to_owned(), product)];
        for (part, sampling) in [("engine", engine), ("vllm", vllm)] {
            let inside = [
                ("products", &mut sampling.products),
                ("attention", &mut sampling.attention),
                ("layer", &mut sampling.layer),
                ("adapter_layer", &mut sampling.adapter_layer),
                ("tensor_layer", &mut sampling.tensor_layer),
                ("sequence", &mut sampling.sequence),
                ("prefill", &mut sampling.prefill),
                ("batch", &mut sampling.batch),
                ("memory", &mut sampling.memory),
                ("reserve", &mut sampling.reserve),
            ];
            places.extend(inside.map(|(name, rate)| (format!("{part}.{name}"), rate)));
        }
        places.extend([
            ("training.lora".to_owned(), &mut training.lora),
            ("training.full".to_owned(), &mut training.full),
            ("publishing.link".to_owned(), &mut publishing.link),
            ("publishing.load".to_owned(), &mut publishing.load),
            ("verl.lora".to_owned(), &mut verl.lora),
            ("verl.full".to_owned(), &mut verl.full),
            ("verl.switch".to_owned(), &mut verl.switch),
        ]);
        for gpu in gpus {
            let inside = [
                ("memory", &mut gpu.memory),
                ("bandwidth", &mut gpu.bandwidth),
                ("product", &mut gpu.product),
                ("price", &mut gpu.price),
            ];
            let part = gpu.name;
            places.extend(inside.map(|(name, rate)| (format!("{part}.{name}"), rate)));
        }
        places
    }
}

fn number(path: &Path, name: &str, value: &Value) -> Result<f64> {
    match value {
        Value::Float(number) => Ok(*number),
        Value::Integer(number) => Ok(*number as f64),
        other => Err(Error::malformed(path, name, format!("is {other}; allowed: a number"))),
    }
}

fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.collect::<Vec<_>>().join(", ")
}

fn nearest<'a>(names: impl Iterator<Item = &'a str>, wrong: &str) -> String {
    let likeness = |name: &&str| strsim::jaro_winkler(name, wrong);
    let nearest = names.max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    format!("the nearest is {}", nearest.unwrap_or_default())
}
