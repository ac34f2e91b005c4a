//! Configuration files of MCP clients, read strictly: what two readers could understand differently is refused.
//!
//! What it does: one pass of the strict JSON reader, then the known root keys and the known fields of an entry. What it
//! does not: TOML and YAML (their readers belong to the scanner), variables (clients expand them), files.

mod clean;
mod entry;
mod line;
mod reject;
mod roots;

pub use line::{Line, line_id, parse_line};
pub use reject::ConfigReject;
pub use roots::{Config, Remote, parse_config, parse_document};
