//! Output of `repro plan`: parts of a step, splits of the GPUs, memory, and advice.

use crate::console::Console;
use crate::failure::Failure;
use rs_grpo_figures::{Column, Table};
use rs_grpo_plan::{Bottleneck, Colocated, FleetPlan, GpuMemory, GpuSplit};
use rs_grpo_train::TrainConfig;
use serde::Serialize;

/// Speed-up from which verl is recommended.
const CLEARLY: f64 = 1.1;

/// The whole answer; seconds, bytes and dollars.
#[derive(Debug, Serialize)]
pub(super) struct Plan {
    model: String,
    parameters: u64,
    lora_rank: usize,
    prompts_drawn: f64,
    completions: f64,
    tokens: f64,
    tokens_longest: usize,
    tokens_mean: f64,
    cut_share: Option<f64>,
    gpus: usize,
    server_gpus: usize,
    async_steps: u8,
    steps: usize,
    published_bytes: u64,
    /// All GPUs in use.
    chosen: Row,
    /// Other splits, by rising numbers of servers.
    splits: Vec<Row>,
    balance_servers: Option<usize>,
    fastest_servers: usize,
    cheapest_servers: usize,
    memory: Vec<Memory>,
    verl: Option<Verl>,
    advice: Vec<String>,
}

/// A split of the GPUs.
#[derive(Debug, Clone, Serialize)]
struct Row {
    servers: usize,
    gpus: usize,
    sampling_s: f64,
    prompts_share: f64,
    busy_share: f64,
    batch: f64,
    publishing_s: f64,
    training_s: f64,
    in_turn_s: f64,
    overlapped_s: f64,
    bound: &'static str,
    dollars_per_step: f64,
    dollars_per_run: f64,
    tokens_per_dollar: f64,
}

#[derive(Debug, Serialize)]
struct Memory {
    gpu: String,
    weights: u64,
    need: u64,
    has: u64,
    fits: bool,
}

#[derive(Debug, Serialize)]
struct Verl {
    sampling_s: f64,
    training_s: f64,
    switch_s: f64,
    step_s: f64,
}

impl Plan {
    pub(super) fn new(fleet: &FleetPlan<'_>, config: &TrainConfig, overlap: bool) -> Self {
        let spec = fleet.spec();
        let row = |split: GpuSplit| Row::new(fleet, config.steps, split, overlap);
        let most = fleet.most_servers();
        let balance = (most > 0).then(|| fleet.balance()).flatten();
        let counts = counts(most, balance);
        let fits = fleet.memory();
        let verl = (most > 0).then(|| fleet.colocated());
        let chosen = fleet.split(most);
        let [fastest, cheapest] = [fleet.fastest(overlap), fleet.cheapest(overlap)];
        Self {
            model: config.model.clone(),
            parameters: spec.model.parameters(),
            lora_rank: spec.run.lora_rank,
            prompts_drawn: fleet.drawn(),
            completions: fleet.drawn() * spec.run.samples as f64,
            tokens: fleet.tokens(),
            tokens_longest: spec.run.max_new_tokens,
            tokens_mean: spec.lengths.mean(),
            cut_share: (!spec.lengths.are_equal()).then(|| spec.lengths.cut()),
            gpus: spec.gpus,
            server_gpus: fleet.group,
            async_steps: u8::from(overlap),
            steps: config.steps,
            published_bytes: fleet.published_bytes(),
            chosen: row(chosen),
            splits: counts.into_iter().map(|servers| row(fleet.split(servers))).collect(),
            balance_servers: balance,
            fastest_servers: fastest.servers,
            cheapest_servers: cheapest.servers,
            memory: fits.iter().map(Memory::new).collect(),
            verl: verl.map(Verl::new),
            advice: advice(fleet, overlap, (chosen, balance), (fastest, cheapest), &fits, verl),
        }
    }

    pub(super) fn print(
        &self,
        fleet: &FleetPlan<'_>,
        console: &mut Console<'_>,
    ) -> Result<(), Failure> {
        self.print_head(fleet, console)?;
        writeln!(console.out)?;
        write!(console.out, "{}", self.parts()?.to_text())?;
        if !self.splits.is_empty() {
            writeln!(console.out)?;
            write!(console.out, "{}", self.table_of_splits()?.to_text())?;
        }
        writeln!(console.out)?;
        write!(console.out, "{}", self.table_of_memory()?.to_text())?;
        writeln!(console.out)?;
        for sentence in &self.advice {
            writeln!(console.out, "{sentence}")?;
        }
        console.note(
            "An estimate: `repro plan --check` compares it with measurements, `--list-rates` says where \
             each rate comes from.",
        );
        Ok(())
    }

    fn print_head(&self, fleet: &FleetPlan<'_>, console: &mut Console<'_>) -> Result<(), Failure> {
        let spec = fleet.spec();
        let trained = match self.lora_rank {
            0 => "all of them trained".to_owned(),
            rank => format!("LoRA of rank {rank} trained"),
        };
        writeln!(
            console.out,
            "model  {}, {:.2} B weights, {trained}",
            self.model,
            self.parameters as f64 / 1e9
        )?;
        let cut = match self.cut_share {
            Some(cut) => format!("mean {:.0}, {:.1} % cut off", self.tokens_mean, 100.0 * cut),
            None => "all of that length".to_owned(),
        };
        writeln!(
            console.out,
            "step   {:.0} prompts × {} samples of up to {} tokens, {cut}: {:.2} M tokens",
            self.prompts_drawn,
            spec.run.samples,
            self.tokens_longest,
            self.tokens / 1e6
        )?;
        let (trainer, sampler) = (spec.trainer.name, spec.sampler.name);
        match self.chosen.servers {
            0 => writeln!(console.out, "GPU    1 {trainer} samples and trains in turn")?,
            servers => {
                let used = servers * self.server_gpus;
                let idle = match self.gpus - 1 - used {
                    0 => String::new(),
                    idle => format!("; {idle} are left over"),
                };
                writeln!(
                    console.out,
                    "GPUs   1 {trainer} trains, {used} {sampler} sample on {servers} servers of {}{idle}",
                    self.server_gpus
                )?;
            }
        }
        Ok(())
    }

    fn parts(&self) -> Result<Table, Failure> {
        let Row { sampling_s, publishing_s, training_s, in_turn_s, overlapped_s, .. } = self.chosen;
        let mut table = Table::new([
            Column::left("part of a step"),
            Column::right("seconds"),
            Column::left("what"),
        ])?;
        let sampling = format!(
            "{:.0} at a time on a GPU that samples, {:.0} % busy on average; prompts {:.1} %",
            self.chosen.batch / self.per_gpu(),
            100.0 * self.chosen.busy_share,
            100.0 * self.chosen.prompts_share
        );
        table.push(["sampling".to_owned(), seconds(sampling_s), sampling])?;
        if self.chosen.servers > 0 {
            let what = format!("{} to each server", bytes(self.published_bytes));
            table.push(["publishing".to_owned(), seconds(publishing_s), what])?;
        }
        table.push(["training".to_owned(), seconds(training_s), "on one GPU".to_owned()])?;
        table.push(["in turn".to_owned(), seconds(in_turn_s), "--async-steps 0".to_owned()])?;
        if self.chosen.servers > 0 {
            let what = format!("--async-steps 1, bound by {}", self.chosen.bound);
            table.push(["overlapped".to_owned(), seconds(overlapped_s), what])?;
        }
        let Row { dollars_per_step, dollars_per_run, tokens_per_dollar, .. } = self.chosen;
        let what = format!(
            "${dollars_per_step:.2} a step, ${dollars_per_run:.0} for {} steps, {:.2} M tokens a dollar",
            self.steps,
            tokens_per_dollar / 1e6
        );
        let step = if self.async_steps == 1 { overlapped_s } else { in_turn_s };
        table.push(["cost".to_owned(), seconds(step), what])?;
        Ok(table)
    }

    fn per_gpu(&self) -> f64 {
        self.server_gpus as f64
    }

    fn table_of_splits(&self) -> Result<Table, Failure> {
        let columns = [
            "servers",
            "GPUs",
            "sampling s",
            "in turn s",
            "overlapped s",
            "servers idle",
            "trainer idle",
            "$ a step",
            "M tokens a $",
        ];
        let mut columns = columns.map(Column::right).to_vec();
        columns.push(Column::left(""));
        let mut table = Table::new(columns)?;
        for row in &self.splits {
            let step = if self.async_steps == 1 { row.overlapped_s } else { row.in_turn_s };
            let share = |busy: f64| format!("{:.0} %", 100.0 * (1.0 - busy / step).max(0.0));
            table.push([
                row.servers.to_string(),
                row.gpus.to_string(),
                seconds(row.sampling_s),
                seconds(row.in_turn_s),
                seconds(row.overlapped_s),
                share(row.sampling_s),
                share(row.training_s),
                format!("{:.2}", row.dollars_per_step),
                format!("{:.2}", row.tokens_per_dollar / 1e6),
                self.marks(row.servers),
            ])?;
        }
        Ok(table)
    }

    fn marks(&self, servers: usize) -> String {
        let marks = [
            (Some(servers) == self.balance_servers, "in balance"),
            (servers == self.cheapest_servers, "cheapest"),
        ];
        marks.into_iter().filter(|(is, _)| *is).map(|(_, mark)| mark).collect::<Vec<_>>().join(", ")
    }

    fn table_of_memory(&self) -> Result<Table, Failure> {
        let mut columns = vec![Column::left("memory")];
        columns.extend(["weights", "at its peak", "there is"].map(Column::right));
        columns.push(Column::left(""));
        let mut table = Table::new(columns)?;
        for fit in &self.memory {
            table.push([
                fit.gpu.clone(),
                bytes(fit.weights),
                bytes(fit.need),
                bytes(fit.has),
                if fit.fits { "✓" } else { "too small" }.to_owned(),
            ])?;
        }
        Ok(table)
    }
}

impl Row {
    fn new(fleet: &FleetPlan<'_>, steps: usize, split: GpuSplit, overlap: bool) -> Self {
        let step = if overlap { split.overlapped() } else { split.in_turn() };
        let dollars = split.cost(step);
        Self {
            servers: split.servers,
            gpus: split.gpus,
            sampling_s: split.sampling,
            prompts_share: split.prompts,
            busy_share: split.busy,
            batch: split.batch,
            publishing_s: split.publishing,
            training_s: split.training,
            in_turn_s: split.in_turn(),
            overlapped_s: split.overlapped(),
            bound: match split.bound() {
                Bottleneck::Sampling => "sampling",
                Bottleneck::Training => "training",
            },
            dollars_per_step: dollars,
            dollars_per_run: dollars * steps as f64,
            tokens_per_dollar: fleet.tokens() / dollars,
        }
    }
}

impl Memory {
    fn new(fit: &GpuMemory) -> Self {
        let GpuMemory { what, weights, need, has, .. } = fit.clone();
        Self { gpu: what, weights, need, has, fits: need <= has }
    }
}

impl Verl {
    fn new(own: Colocated) -> Self {
        let Colocated { sampling, training, switch } = own;
        let step_s = own.seconds();
        Self { sampling_s: sampling, training_s: training, switch_s: switch, step_s }
    }
}

/// Numbers of servers to show: powers of two, the balance, and the most that the GPUs allow.
fn counts(most: usize, balance: Option<usize>) -> Vec<usize> {
    if most == 0 {
        return Vec::new();
    }
    let powers = std::iter::successors(Some(1), |n| Some(2 * n)).take_while(|&n| n < most);
    let mut counts: Vec<usize> = powers.chain(balance.filter(|&n| n < most)).collect();
    counts.push(most);
    counts.sort_unstable();
    counts.dedup();
    counts
}

/// Advice, a sentence each.
fn advice(
    fleet: &FleetPlan<'_>,
    overlap: bool,
    (chosen, balance): (GpuSplit, Option<usize>),
    (fastest, cheapest): (GpuSplit, GpuSplit),
    fits: &[GpuMemory],
    verl: Option<Colocated>,
) -> Vec<String> {
    let mut said = Vec::new();
    for fit in fits.iter().filter(|fit| fit.need > fit.has) {
        let advice = fit.advice.as_deref().unwrap_or("Take GPUs with more memory");
        said.push(format!("The {} is too small. {advice}.", fit.what));
    }
    let Some(verl) = verl else {
        let share = 100.0 * chosen.sampling / chosen.in_turn();
        said.push(format!("Sampling takes {share:.0} % of a step, training the rest."));
        return said;
    };
    said.extend(waits(fleet, chosen, balance));
    let ours = if overlap { fastest.overlapped() } else { fastest.in_turn() };
    if fastest.servers < chosen.servers {
        said.push(format!(
            "--gpus {} take at most 1 % longer{}.",
            fastest.gpus,
            if overlap { " with --async-steps 1" } else { "" }
        ));
    }
    if cheapest.servers != fastest.servers {
        let seconds_of =
            |split: GpuSplit| if overlap { split.overlapped() } else { split.in_turn() };
        let seconds = seconds_of(cheapest);
        said.push(format!(
            "A step costs least with --gpus {}: ${:.2} in {seconds:.0} s.",
            cheapest.gpus,
            cheapest.cost(seconds)
        ));
    }
    said.push(about_verl(fleet, ours, verl));
    said
}

/// Who waits for whom.
fn waits(fleet: &FleetPlan<'_>, chosen: GpuSplit, balance: Option<usize>) -> Vec<String> {
    let share = |seconds: f64, of: f64| 100.0 * (1.0 - seconds / of).max(0.0);
    let (turn, overlapped) = (chosen.in_turn(), chosen.overlapped());
    let mut said = vec![format!(
        "In turn, the trainer waits {:.0} % of a step for the servers, and they wait {:.0} % for it.",
        share(chosen.training, turn),
        share(chosen.sampling, turn)
    )];
    let waiting = match chosen.bound() {
        Bottleneck::Sampling => ("the trainer waits for the servers", chosen.training),
        Bottleneck::Training => ("the servers wait for the trainer", chosen.sampling),
    };
    said.push(format!(
        "With --async-steps 1, {} for {:.0} % of a step; a step takes {:.2} times less.",
        waiting.0,
        share(waiting.1, overlapped),
        turn / overlapped
    ));
    if chosen.busy < 0.75 {
        said.push(format!(
            "Stragglers: {:.0} % of the places in a server's batch are empty on average, while the \
             longest completions end.",
            100.0 * (1.0 - chosen.busy)
        ));
    }
    said.push(match balance {
        Some(servers) => {
            let gpus = servers * fleet.group;
            let more = match servers < chosen.servers {
                true => {
                    " More bring nothing with --async-steps 1: the one trainer is the bottleneck."
                }
                false => "",
            };
            format!("A GPU that trains is in balance with {gpus} that sample.{more}")
        }
        None => "No number of servers keeps up with the trainer: decoding the longest completion \
                 takes longer than training."
            .to_owned(),
    });
    said
}

fn about_verl(fleet: &FleetPlan<'_>, ours: f64, verl: Colocated) -> String {
    let (gpus, seconds) = (fleet.spec().gpus, verl.seconds());
    let Colocated { sampling, training, .. } = verl;
    let estimate = format!(
        "verl, with all {gpus} GPUs in both parts, would take some {seconds:.0} s a step (sampling \
         {sampling:.0}, training {training:.0})"
    );
    if fleet.spec().run.lora_rank == 0 {
        return format!(
            "{estimate}. Take it (`repro export verl`): servers get adapters from this program, and no \
             full weights."
        );
    }
    match ours > CLEARLY * seconds {
        true => format!(
            "{estimate}, {:.1} times less than the best split here: take it (`repro export verl`).",
            ours / seconds
        ),
        false => format!("{estimate}; the best split here takes {ours:.0} s."),
    }
}

fn seconds(value: f64) -> String {
    format!("{value:.1}")
}

fn bytes(count: u64) -> String {
    format!("{:.1} GB", count as f64 / 1e9)
}
