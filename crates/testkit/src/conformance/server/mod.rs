//! The server under test: everything that scenarios about servers call by name.

mod asking;
mod changing;
mod content;
mod data;
mod prompts;
mod reporting;
mod resources;
mod skills;
mod tasks;
mod tools;

use interlock_sdk::Server;
use interlock_sdk::skills::VerifyError;

/// The server, with every fixture.
///
/// # Errors
/// None, unless a fixture breaks a rule.
pub fn server() -> Result<Server, VerifyError> {
    let builder = Server::builder("interlock-conformance", env!("CARGO_PKG_VERSION"))
        .instructions("A server for the conformance suite. Its tools do what their names say.");
    let builder = content::offer(builder);
    let builder = reporting::offer(builder);
    let builder = asking::offer(builder);
    let builder = tools::offer(builder);
    let builder = tasks::offer(builder);
    let builder = resources::offer(builder);
    let builder = prompts::offer(builder);
    let builder = skills::offer(builder)?;
    Ok(changing::offer(builder).build())
}
