//! Servers that sample the completions of training.

use crate::failure::Failure;
use crate::parse;
use clap::Args;
use rs_grpo_fleet::adapters::{AdapterServer, token_from_environment};
use rs_grpo_fleet::{AdapterFolder, Servers};
use rs_grpo_train::{SamplerServers, TrainConfig};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Options of the servers of `--sampler http`. They do not change results, so a run can be resumed with
/// others.
#[derive(Debug, Args)]
#[command(next_help_heading = "Servers")]
pub(super) struct RemoteOptions {
    /// vLLM servers that draw the completions, with --sampler http; the key, if they want one, is
    /// OPENAI_API_KEY.
    #[arg(long, value_name = "URL[,URL…]")]
    endpoint: Option<String>,
    /// Requests at a time to each server; a request is a prompt with all its completions.
    #[arg(long, value_name = "N", value_parser = parse::size::<1>, default_value = "32", requires = "endpoint")]
    concurrency: usize,
    /// Seconds that one request may take.
    #[arg(long, value_name = "SECONDS", value_parser = parse::whole::<1>, default_value = "600", requires = "endpoint")]
    timeout: u64,
    /// Seconds without an available server after which the run stops, with a checkpoint.
    #[arg(long, value_name = "SECONDS", value_parser = parse::whole::<1>, default_value = "600", requires = "endpoint")]
    patience: u64,
    /// Folder in which the adapter of each step appears [default: adapters in --out].
    #[arg(long, value_name = "DIR", requires = "endpoint")]
    adapters: Option<PathBuf>,
    /// Path of that folder, or of its copy, on the servers [default: the same].
    #[arg(long, value_name = "DIR", requires = "endpoint")]
    adapters_there: Option<PathBuf>,
    /// Serve that folder at this address, such as 0.0.0.0:8900, to `repro llm pull-adapters` on servers
    /// that share none; the token, if there is to be one, is RS_GRPO_ADAPTER_TOKEN.
    #[arg(long, value_name = "ADDR", requires = "endpoint")]
    serve_adapters: Option<String>,
}

impl RemoteOptions {
    /// Serves the folder of adapters, if requested, until the returned server is dropped.
    pub(super) fn serve(&self, out: &Path) -> Result<Option<AdapterServer>, Failure> {
        let Some(address) = &self.serve_adapters else { return Ok(None) };
        let token = token_from_environment();
        Ok(Some(AdapterServer::start(address, &self.here(out), token.as_deref())?))
    }

    /// The folder of adapters on this machine.
    fn here(&self, out: &Path) -> PathBuf {
        self.adapters.clone().unwrap_or_else(|| out.join("adapters"))
    }

    /// The servers, if the settings ask for some.
    pub(super) fn remote(
        &self,
        config: &TrainConfig,
        out: &Path,
    ) -> Result<Option<SamplerServers>, Failure> {
        let is_local = config.sampler.is_local();
        let addresses = match (&self.endpoint, is_local) {
            (None, true) => return Ok(None),
            (Some(addresses), false) => addresses,
            (Some(_), true) => {
                let problem = "--endpoint is given, and --sampler is local; give --sampler http";
                return Err(Failure::Usage(problem.to_owned()));
            }
            (None, false) => {
                let problem = "--sampler http needs the servers: --endpoint URL[,URL…]";
                return Err(Failure::Usage(problem.to_owned()));
            }
        };
        if let Some(there) = self.adapters_there.as_ref().filter(|there| !there.has_root()) {
            let there = there.display();
            let problem = format!("--adapters-there is {there}; allowed: an absolute path");
            return Err(Failure::Usage(problem));
        }
        let mut servers = Servers::new(addresses)?.with_key_from_environment();
        servers.concurrency = self.concurrency;
        servers.timeout = Duration::from_secs(self.timeout);
        servers.patience = Duration::from_secs(self.patience);
        let here = self.here(out);
        // Servers on this machine may have another working directory.
        let absolute = std::path::absolute(&here).unwrap_or_else(|_| here.clone());
        let there = self.adapters_there.clone().unwrap_or(absolute);
        Ok(Some(SamplerServers { servers, adapters: AdapterFolder { here, there } }))
    }
}
