//! How questions become prompts, as flags.

use clap::Args;
use rs_grpo_engine::text::{AUTO, PromptOptions};
use rs_grpo_train::TemplateVars;

/// How questions become prompts.
#[derive(Debug, Args)]
#[command(next_help_heading = "Prompts")]
pub(crate) struct PromptFlags {
    /// Text around a question, which stands in it as {prompt}; auto chooses it by model and question;
    /// empty for the question alone, through the model's chat template.
    #[arg(long, value_name = "TEXT", default_value = AUTO)]
    pub(crate) prompt_template: String,
    /// Put that text through the model's chat template, whatever the model is; with --endpoint, by its
    /// chat completions.
    #[arg(long)]
    pub(crate) chat: bool,
    /// System message in the chat template, for questions that come without one.
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    pub(crate) system_prompt: String,
    /// Variable of the chat template, as in enable_thinking=false or date=2026-01-31; repeat it for
    /// several, or put commas between them.
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
