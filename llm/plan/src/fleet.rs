//! A step of one trainer and so many servers; the split of GPUs; memory and money.

use super::lengths::Lengths;
use super::rates::{Device, Rates, Sampling};
use super::sampling::{Machine, Work};
use super::training::{Lesson, of_update};
use crate::{Error, Result};
use rs_grpo_engine::ModelConfig;
use rs_grpo_engine::cuda::launch::Element;
use rs_grpo_engine::memory::{Workload, adapter_parameters};
use rs_grpo_files::Refuse as _;
use rs_grpo_train::{MemoryPlan, Site, TrainConfig};

/// GPUs of a server, where the user does not say.
const GROUPS: [usize; 4] = [1, 2, 4, 8];
/// Longest completions that a server should hold at least, so that its weights are read for many.
const LEAST_ROOM: f64 = 16.0;
/// More servers than this are not looked at.
const MOST_SERVERS: usize = 4_096;

/// What is to be sized.
#[derive(Debug, Clone, Copy)]
pub struct Job<'a> {
    /// The model.
    pub model: &'a ModelConfig,
    /// Prompts, samples, longest completions, adapters and the rest.
    pub config: &'a TrainConfig,
    /// Tokens of a prompt.
    pub prompt: usize,
    /// Lengths of completions.
    pub lengths: Lengths,
    /// Share of the groups that have a signal; the others are not trained on.
    pub signal: f64,
    /// All GPUs.
    pub gpus: usize,
    /// The GPU that trains.
    pub trainer: &'a Device,
    /// The GPUs that sample.
    pub sampler: &'a Device,
    /// GPUs of a server; by the model's size where absent.
    pub group: Option<usize>,
    /// The rest of the numbers.
    pub rates: &'a Rates,
}

/// A job whose model fits its servers.
#[derive(Debug, Clone, Copy)]
pub struct Fleet<'a> {
    job: Job<'a>,
    /// GPUs of a server.
    pub group: usize,
}

/// A step with so many servers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Split {
    /// Servers; 0 where the trainer's GPU samples.
    pub servers: usize,
    /// GPUs that are used.
    pub gpus: usize,
    /// Seconds of sampling.
    pub sampling: f64,
    /// Share of that in reading prompts.
    pub prompts: f64,
    /// Mean share of the batch that is busy in it: the rest waits for the longest completions.
    pub busy: f64,
    /// Most completions that a server decodes at a time.
    pub batch: f64,
    /// Seconds of training.
    pub training: f64,
    /// Seconds until every server has the new policy.
    pub publishing: f64,
    /// Dollars an hour.
    pub price: f64,
}

/// What a step waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// The servers.
    Sampling,
    /// The trainer.
    Training,
}

/// Memory of a kind of GPU.
#[derive(Debug, Clone, PartialEq)]
pub struct Fit {
    /// What runs there.
    pub what: String,
    /// Bytes of weights, on one GPU.
    pub weights: u64,
    /// Bytes needed, on one GPU.
    pub need: u64,
    /// Bytes there.
    pub has: u64,
    /// What to do where it does not fit.
    pub advice: Option<String>,
}

/// The same step where every GPU samples and then trains, as in verl.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Colocated {
    /// Seconds of sampling.
    pub sampling: f64,
    /// Seconds of training.
    pub training: f64,
    /// Seconds to change between the two.
    pub switch: f64,
}

impl Split {
    /// Seconds of a step that samples, publishes and trains in turn.
    pub fn in_turn(&self) -> f64 {
        self.sampling + self.publishing + self.training
    }

    /// Seconds of a step that samples the next completions while it trains.
    pub fn overlapped(&self) -> f64 {
        match self.servers {
            0 => self.in_turn(),
            _ => self.sampling.max(self.publishing + self.training),
        }
    }

    /// What an overlapped step waits for.
    pub fn bound(&self) -> Bound {
        match self.sampling > self.publishing + self.training {
            true => Bound::Sampling,
            false => Bound::Training,
        }
    }

    /// Dollars of so many seconds.
    pub fn cost(&self, seconds: f64) -> f64 {
        self.price * seconds / 3_600.0
    }
}

impl Colocated {
    /// Seconds of a step.
    pub fn seconds(&self) -> f64 {
        self.sampling + self.training + self.switch
    }
}

impl<'a> Fleet<'a> {
    /// # Errors
    /// No GPUs; a share that is none; servers that do not fit the GPUs, and a model that does not fit
    /// the servers.
    pub fn new(job: Job<'a>) -> Result<Self> {
        if !(job.signal > 0.0 && job.signal <= 1.0) {
            return Err(Error::parameter("signal", job.signal, "over 0, up to 1"));
        }
        if job.gpus == 0 {
            return Err(Error::parameter("gpus", 0, "at least 1"));
        }
        let mut fleet = Self { job, group: 1 };
        if job.gpus == 1 {
            return fleet.room_for_one().map(|()| fleet);
        }
        let room = |group| fleet.with_group(group).server().room();
        let wanted = LEAST_ROOM * (job.prompt as f64 + job.lengths.longest());
        let chosen = GROUPS.into_iter().find(|&group| room(group) >= wanted);
        fleet.group = job.group.or(chosen).unwrap_or(GROUPS[GROUPS.len() - 1]);
        if fleet.most_servers() == 0 {
            let need = fleet.group + 1;
            let allowed =
                format!("1, or at least {need}: one that trains, and a server of {}", fleet.group);
            return Err(Error::parameter("gpus", job.gpus, allowed));
        }
        fleet.room_for_one().map(|()| fleet)
    }

    fn with_group(&self, group: usize) -> Self {
        Self { group, ..*self }
    }

    fn room_for_one(&self) -> Result<()> {
        let machine = if self.job.gpus == 1 { self.alone() } else { self.server() };
        let need = self.job.prompt as f64 + self.job.lengths.longest();
        if machine.room() >= need {
            return Ok(());
        }
        let cache = (need * machine.token_bytes()) as u64;
        let has = machine.device.memory.value * machine.gpus as f64 * 1e9;
        let used = (has - machine.room() * machine.token_bytes()) as u64;
        let (weights, cached) = (machine.weights as f64 / 1e9, cache as f64 / 1e9);
        let parts = format!(
            "of {} × {}: weights {weights:.1}, keys and values of one completion {cached:.1}, and what \
             is kept free",
            machine.gpus, machine.device.name
        );
        let advice = "Take GPUs with more memory, more of them a server (--tensor-parallel), or shorter \
                      completions";
        let (need, limit, advice) = (used + cache, has as u64, advice.to_owned());
        Err(rs_grpo_train::Error::Memory { need, limit, parts, advice }.into())
    }

    /// What it is.
    pub fn job(&self) -> &Job<'a> {
        &self.job
    }

    /// Servers that the GPUs are enough for.
    pub fn most_servers(&self) -> usize {
        ((self.job.gpus - 1) / self.group).min(MOST_SERVERS)
    }

    /// Groups of prompts that are sampled in a step, those that take the place of groups without signal
    /// included.
    pub fn drawn(&self) -> f64 {
        let TrainConfig { prompts, sampling_rounds, .. } = *self.job.config;
        let without = (1.0 - self.job.signal).powi(sampling_rounds as i32);
        prompts as f64 * (1.0 - without) / self.job.signal
    }

    /// Tokens that are sampled in a step.
    pub fn tokens(&self) -> f64 {
        self.drawn() * self.job.config.samples as f64 * self.job.lengths.mean()
    }

    /// A step with so many servers; with none, the trainer's GPU samples.
    pub fn split(&self, servers: usize) -> Split {
        let machine = if servers == 0 { self.alone() } else { self.server() };
        let work = self.work(servers.max(1) as f64);
        let (sampling, busy) = machine.sample(&work);
        let Job { trainer, sampler, .. } = self.job;
        let gpus = 1 + servers * self.group;
        Split {
            servers,
            gpus,
            sampling,
            prompts: machine.prompts(&work) / sampling,
            busy,
            batch: machine.most(&work).min(work.completions),
            training: self.training(),
            publishing: self.publishing(servers),
            price: trainer.price.value + (gpus - 1) as f64 * sampler.price.value,
        }
    }

    /// The fewest servers that keep up with the trainer; none where the longest completion alone takes
    /// longer than training, however many there are.
    pub fn balance(&self) -> Option<usize> {
        let keeps_up = |&servers: &usize| self.split(servers).bound() == Bound::Training;
        let mut high = std::iter::successors(Some(1), |&n| (n < MOST_SERVERS).then_some(2 * n))
            .find(keeps_up)?;
        let mut low = high / 2;
        while low + 1 < high {
            let middle = low + (high - low) / 2;
            *(if keeps_up(&middle) { &mut high } else { &mut low }) = middle;
        }
        Some(high)
    }

    /// The servers with which an overlapped step is fastest: the fewest within a hundredth.
    pub fn fastest(&self, overlap: bool) -> Split {
        let seconds = |split: &Split| if overlap { split.overlapped() } else { split.in_turn() };
        let splits: Vec<Split> = self.counts().map(|servers| self.split(servers)).collect();
        let least = splits.iter().map(seconds).fold(f64::INFINITY, f64::min);
        let best = splits.iter().find(|split| seconds(split) <= 1.01 * least);
        best.copied().unwrap_or_else(|| self.split(self.most_servers()))
    }

    /// The servers with which a step costs least.
    pub fn cheapest(&self, overlap: bool) -> Split {
        let cost =
            |split: &Split| split.cost(if overlap { split.overlapped() } else { split.in_turn() });
        let splits = self.counts().map(|servers| self.split(servers));
        splits
            .min_by(|a, b| cost(a).total_cmp(&cost(b)))
            .unwrap_or_else(|| self.split(self.most_servers()))
    }

    /// Numbers of servers to look at.
    fn counts(&self) -> impl Iterator<Item = usize> + use<> {
        let most = self.most_servers();
        most.min(1)..=most
    }

    /// What verl would take, with every GPU in both parts.
    pub fn colocated(&self) -> Colocated {
        let Job { model, config, rates, trainer, .. } = self.job;
        let servers = (self.job.gpus / self.group).max(1);
        let machine = Machine { device: trainer, ..self.server() };
        let (sampling, _) = machine.sample(&self.work(servers as f64));
        let share = if config.lora.rank > 0 { &rates.verl.lora } else { &rates.verl.full };
        // It computes a prompt again for each completion, and the log-probabilities before the update.
        let lesson = self.lesson();
        let lesson = Lesson { prompts: lesson.completions, ..lesson };
        let passes = self.passes_with(1.0);
        let operations = lesson.operations(model, passes);
        let rate = machine.operations() / self.group as f64 * self.job.gpus as f64;
        let training = operations / rate / share.value;
        Colocated { sampling, training, switch: rates.verl.switch.value }
    }

    /// Memory: of the trainer, and of a server's GPU.
    pub fn memory(&self) -> Vec<Fit> {
        let Job { model, config, trainer, sampler, rates, .. } = self.job;
        let longest = self.longest();
        let bytes = |device: &Device| (device.memory.value * 1e9) as u64;
        let site = Site::Device(Element::Bf16);
        let plan = MemoryPlan::new(site, config, model, longest);
        let within = MemoryPlan::within((site, bytes(trainer)), config, model, longest);
        let advice = within.err().map(|error| match error {
            rs_grpo_train::Error::Memory { advice, .. } => advice,
            other => other.to_string(),
        });
        let role = if self.job.gpus == 1 { "trains and samples" } else { "trains" };
        let what = format!("{} that {role}", trainer.name);
        let (weights, need) = (plan.weights, plan.peak());
        let mut fits = vec![Fit { what, weights, need, has: bytes(trainer), advice }];
        if self.job.gpus > 1 {
            let split = self.split(self.most_servers());
            let age = self.job.lengths.first_moment(0.0) / self.job.lengths.mean();
            let each = age + self.job.prompt as f64 / config.samples as f64;
            let workload = Workload {
                sequences: split.batch.ceil() as u64,
                tokens: each.ceil() as u64,
                ..Workload::default()
            };
            let group = self.group as u64;
            let reserve = (rates.vllm.reserve.value * 1e9) as u64;
            fits.push(Fit {
                what: format!("{} that samples", sampler.name),
                weights: self.server().weights / group,
                need: workload.sampling(model) / group + reserve,
                has: bytes(sampler),
                advice: None,
            });
        }
        fits
    }

    /// Bytes that are published: adapters as they are saved, in f32, or all weights.
    pub fn published_bytes(&self) -> u64 {
        match self.job.config.lora.rank {
            0 => 2 * self.job.model.parameters(),
            rank => 4 * adapter_parameters(self.job.model, rank as u64),
        }
    }

    fn longest(&self) -> usize {
        self.job.prompt + self.job.config.max_new_tokens
    }

    fn server(&self) -> Machine<'a> {
        let Job { model, sampler, rates, config, .. } = self.job;
        self.machine(&rates.vllm, sampler, self.group, 2 * model.parameters(), config)
    }

    fn alone(&self) -> Machine<'a> {
        let Job { model, trainer, rates, config, .. } = self.job;
        let site = Site::Device(Element::Bf16);
        let plan = MemoryPlan::new(site, config, model, self.longest());
        self.machine(&rates.engine, trainer, 1, plan.weights, config)
    }

    fn machine(
        &self,
        sampling: &'a Sampling,
        device: &'a Device,
        gpus: usize,
        weights: u64,
        config: &TrainConfig,
    ) -> Machine<'a> {
        let Job { model, rates, .. } = self.job;
        Machine { sampling, device, gpus, rates, model, adapters: config.lora.rank > 0, weights }
    }

    fn work(&self, servers: f64) -> Work {
        let samples = self.job.config.samples;
        let of = self.drawn() * samples as f64;
        let Job { prompt, lengths, .. } = self.job;
        Work { completions: of / servers, samples, prompt, lengths, of }
    }

    fn lesson(&self) -> Lesson {
        let prompts = self.drawn() * self.job.signal;
        Lesson {
            prompts,
            prompt: self.job.prompt as f64,
            completions: prompts * self.job.config.samples as f64,
            lengths: self.job.lengths,
        }
    }

    /// Forward passes' worth of a step through the weights and attention, with so many that only read
    /// log-probabilities.
    fn passes_with(&self, reading: f64) -> [f64; 2] {
        let config = self.job.config;
        let reading = reading + f64::from(u8::from(config.kl_coef != 0.0));
        of_update(config.lora.rank > 0).map(|update| config.epochs as f64 * update + reading)
    }

    fn training(&self) -> f64 {
        let Job { model, config, trainer, rates, .. } = self.job;
        let share = if config.lora.rank > 0 { &rates.training.lora } else { &rates.training.full };
        // Later updates need the log-probabilities from before the first; where no correction for the
        // sampler is asked for, the sampler's stand for them.
        let again = config.minibatches * config.epochs > 1 && config.importance_cap != 0.0;
        let passes = self.passes_with(f64::from(u8::from(again)));
        let operations = self.lesson().operations(model, passes);
        let rate = trainer.product.value * 1e12 * rates.product.value;
        operations / rate / share.value
    }

    fn publishing(&self, servers: usize) -> f64 {
        let rates = &self.job.rates.publishing;
        match servers {
            0 => 0.0,
            _ => {
                let bytes = (servers as u64 * self.published_bytes()) as f64;
                bytes / (rates.link.value * 1e9) + rates.load.value
            }
        }
    }
}
