//! General command-line tools that have an MCP server among many other commands: only that command is understood.

use super::binary::binary;
use super::dispatch::Call;
use crate::judge::{Case, Class, rules};
use crate::text;

/// Tools that run programs, reach machines or drive agents when told so.
pub(crate) const NAMES: &[&str] = &[
    "kubectl",
    "gcloud",
    "gsutil",
    "aws",
    "az",
    "azd",
    "gh",
    "glab",
    "terraform",
    "tofu",
    "helm",
    "vagrant",
    "dart",
    "flutter",
    "xcrun",
    "claude",
    "codex",
    "gemini",
    "goose",
    "opencode",
    "q",
    "kiro-cli",
    "amp",
    "cursor",
    "cursor-agent",
    "code",
    "code-insiders",
    "codium",
    "windsurf",
    "gopls",
    "mix",
    "iex",
    "erl",
    "sbt",
    "mvn",
    "gradle",
    "composer",
    "heroku",
    "flyctl",
    "fly",
    "vercel",
    "netlify",
    "wrangler",
    "firebase",
    "supabase",
    "pulumi",
    "oc",
    "minikube",
    "istioctl",
    "argocd",
    "doctl",
    "linode-cli",
    "oci",
    "ibmcloud",
    "copilot",
    "aider",
    "cline",
    "electron",
    "chromium",
    "google-chrome",
    "chrome",
    "firefox",
    "n8n",
];

/// Words that name a tool's MCP server, as the first operand or after `mcp`.
const SERVERS: &[&str] = &[
    "mcp",
    "mcp-server",
    "mcpbridge",
    "mcp:start",
    "mcp-proxy",
    "lsp-mcp",
];
/// What may follow `mcp`.
const STARTS: &[&str] = &["serve", "server", "start", "run", "stdio", "mcp", "proxy"];

/// `claude mcp serve`, `codex mcp-server`, `xcrun mcpbridge`, `az mcp server start`, `gopls mcp`.
pub(crate) fn tool(call: &Call<'_>, case: &mut Case<'_>) -> Class {
    let server = call.args.first().is_some_and(|first| {
        SERVERS.contains(&first.as_str())
            && call.args.get(1).is_none_or(|second| {
                second.starts_with('-')
                    || STARTS.contains(&second.as_str())
                    || text::is_variable(second)
            })
    });
    if server {
        return binary(call, case);
    }
    case.unknown(
        rules::RUNS_PROGRAMS,
        format!(
            "`{}` is a general tool; only its `mcp` command is a server",
            text::excerpt(call.command)
        ),
    )
}
