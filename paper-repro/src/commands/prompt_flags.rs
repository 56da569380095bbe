//! How questions become prompts, as flags.

use clap::Args;
use rs_grpo_engine::text::{AUTO, PromptOptions};
use rs_grpo_train::TemplateVars;

/// How questions become prompts.
#[derive(Debug, Args)]
#[command(next_help_heading = "Prompts")]
pub(crate) struct PromptFlags {
    /// Prompt template, with {prompt} in place of the question; auto chooses it by model and question;
    /// empty for the question alone, in the model's chat template.
    #[arg(long, value_name = "TEXT", default_value = AUTO)]
    pub(crate) prompt_template: String,
    /// Apply the model's chat template to the prompt template, also for a base model; with --endpoint,
    /// use chat completions.
    #[arg(long)]
    pub(crate) chat: bool,
    /// System message of the chat template, for questions without one.
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    pub(crate) system_prompt: String,
    /// Variable of the chat template, such as enable_thinking=false or date=2026-01-31; repeat it for
    /// several.
    #[arg(long = "template-var", alias = "template-vars", value_name = "NAME=VALUE")]
    pub(crate) template_vars: Vec<TemplateVars>,
}

impl PromptFlags {
    pub(crate) fn options(&self) -> PromptOptions {
        let all = self.template_vars.iter().flat_map(|vars| vars.0.clone());
        PromptOptions {
            template: self.prompt_template.clone(),
            chat: self.chat,
            system: self.system_prompt.clone(),
            variables: all.collect(),
        }
    }
}
