//! `interlock sbom`: a bill of materials of what is locked or approved.

use interlock_supply::sbom::{self, Part};

use crate::Outcome;
use crate::context::Context;
use crate::exit::Exit;
use crate::options::{Global, Sbom, SbomFormat};
use crate::terminal::say;

use super::subjects;

/// Runs `interlock sbom`.
///
/// # Errors
/// When a name is nowhere, or its packages are not known.
pub fn run(global: &Global, options: &Sbom) -> Outcome {
    let context = Context::new(global)?;
    let (title, servers) = subjects::named(&context, &options.names)?;
    let parts = servers.iter().map(|server| Part {
        name: &server.name,
        source: server.source.clone(),
        tree: server.tree.as_ref(),
        image: server.image.as_ref(),
        files: server.files.clone(),
    });
    let subject = sbom::Subject {
        name: &title,
        tool_version: env!("CARGO_PKG_VERSION"),
        servers: parts.collect(),
    };
    let document = match options.format {
        SbomFormat::Cyclonedx => sbom::cyclonedx(&subject),
        SbomFormat::Spdx => sbom::spdx(&subject, &interlock_audit::utc(context.now())),
    };
    say(&format!("{document:#}"));
    Ok(Exit::Done)
}
