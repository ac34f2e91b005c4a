//! Every client and its places.

mod agents;
mod claude;
mod editors;
mod frameworks;
mod vscode;

use super::place::{Client, Os, Place, Relocation, Scope};
use super::shape::Shape;
use crate::document::Format;

/// The clients that are known. Where two read the same file, the first one's shape is used.
pub static CLIENTS: &[Client] = &[
    claude::CLAUDE_CODE,
    claude::CLAUDE_DESKTOP,
    editors::CURSOR,
    vscode::VSCODE,
    editors::WINDSURF,
    vscode::CLINE,
    vscode::ROO,
    vscode::KILO,
    editors::CONTINUE,
    editors::ZED,
    agents::GEMINI_CLI,
    agents::CODEX,
    agents::GOOSE,
    editors::JETBRAINS,
    agents::AMAZON_Q,
    agents::COPILOT_CLI,
    editors::LM_STUDIO,
    agents::OPENCODE,
    agents::KIRO,
    agents::WARP,
    agents::AMP,
    editors::ANTIGRAVITY,
    agents::CRUSH,
    agents::MISTRAL_VIBE,
    agents::KIMI,
    agents::FACTORY,
    editors::TRAE,
    editors::QODER,
    editors::SEMA4,
    agents::MCPORTER,
    frameworks::LIBRECHAT,
    frameworks::LITELLM,
    frameworks::MCPO,
    frameworks::OPEN_WEBUI,
    frameworks::LANGCHAIN,
];

/// The client with this id.
#[must_use]
pub fn client(id: &str) -> Option<&'static Client> {
    CLIENTS.iter().find(|client| client.id == id)
}

const ALL: &[Os] = &Os::ALL;
const LINUX: &[Os] = &[Os::Linux];
const MACOS: &[Os] = &[Os::Macos];
const WINDOWS: &[Os] = &[Os::Windows];
const UNIX: &[Os] = &[Os::Linux, Os::Macos];
const DESKTOP: &[Os] = &[Os::Macos, Os::Windows];

const fn place(
    scope: Scope,
    os: &'static [Os],
    path: &'static str,
    format: Format,
    shape: &'static Shape,
) -> Place {
    Place {
        scope,
        os,
        path,
        relocation: None,
        format,
        shape,
        common_name: false,
    }
}

/// A place whose name other programs use too.
const fn common(place: Place) -> Place {
    Place {
        common_name: true,
        ..place
    }
}

/// A place that an environment variable moves.
const fn moved(place: Place, variable: &'static str, path: &'static str) -> Place {
    Place {
        relocation: Some(Relocation { variable, path }),
        ..place
    }
}
