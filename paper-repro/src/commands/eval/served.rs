//! Options of served models.

use crate::commands::prompt_flags::PromptFlags;
use crate::failure::Failure;
use crate::parse;
use clap::Args;
use rs_grpo_fleet::endpoint::{Endpoint, Protocol};
use std::time::Duration;

/// Options of an endpoint.
#[derive(Debug, Args)]
#[command(next_help_heading = "Endpoint")]
pub(super) struct Served {
    /// Sample from a server that speaks OpenAI's completions protocol, such as vLLM at
    /// http://localhost:8000/v1, in place of this process, or from several, with commas between them;
    /// the key, if they want one, is OPENAI_API_KEY.
    #[arg(long, value_name = "URL[,URL…]")]
    endpoint: Option<String>,
    /// Requests at a time, to each server.
    #[arg(long, value_name = "N", value_parser = parse::size::<1>, default_value = "32", requires = "endpoint")]
    concurrency: usize,
    /// Repetitions of a request that fails, with growing pauses, before the evaluation stops.
    #[arg(long, value_name = "N", default_value_t = 7, requires = "endpoint")]
    retries: u32,
    /// Seconds that one completion may take.
    #[arg(long, value_name = "SECONDS", value_parser = parse::whole::<1>, default_value = "600", requires = "endpoint")]
    timeout: u64,
}

impl Served {
    /// The endpoint of a model, if there is one.
    pub(super) fn endpoint(
        &self,
        model: &str,
        prompt: &PromptFlags,
    ) -> Result<Option<Endpoint>, Failure> {
        let Some(address) = &self.endpoint else { return Ok(None) };
        let mut endpoint = Endpoint::new(address, model)?;
        endpoint.servers = endpoint.servers.with_key_from_environment();
        if !prompt.chat && !prompt.system_prompt.is_empty() {
            let problem = "--system-prompt needs --chat: it is a part of the conversation";
            return Err(Failure::Usage(problem.to_owned()));
        }
        endpoint.protocol = if prompt.chat { Protocol::Chat } else { Protocol::Completions };
        endpoint.system.clone_from(&prompt.system_prompt);
        endpoint.template_vars = prompt.options().variables;
        endpoint.servers.concurrency = self.concurrency;
        endpoint.servers.retries = self.retries;
        endpoint.servers.timeout = Duration::from_secs(self.timeout);
        Ok(Some(endpoint))
    }
}

/// Retried requests.
#[derive(Default)]
pub(super) struct Repeats {
    count: usize,
    last: String,
}

impl Repeats {
    /// Counts a retry, with its reason.
    pub(super) fn add(&mut self, problem: &str) {
        self.count += 1;
        problem.clone_into(&mut self.last);
    }

    /// A note on the retries, if there were any.
    pub(super) fn note(&self) -> Option<String> {
        let Self { count, last } = self;
        match count {
            0 => None,
            1 => Some(format!("1 request was retried: {last}")),
            count => Some(format!("{count} requests were retried; the last: {last}")),
        }
    }
}
