//! A real server from npm, where node and a registry are there.

use serde_json::json;

use super::client::Session;
use super::world::World;
use crate::exit::Failure;

const PACKAGE: &str = "@modelcontextprotocol/server-filesystem@2026.8.31";

/// Whether it could be shown.
pub enum Shown {
    /// What was seen.
    Worked(Vec<String>),
    /// Why not.
    LeftOut(String),
}

/// Fetches, approves and calls the server.
///
/// # Errors
/// When an approved server does not behave.
pub fn show(world: &World, offline: bool) -> Result<Shown, Failure> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    if offline {
        return Ok(Shown::LeftOut("--offline was given".to_owned()));
    }
    if !std::env::split_paths(&path).any(|directory| directory.join("node").is_file()) {
        return Ok(Shown::LeftOut("node is not installed".to_owned()));
    }
    take_over_registry(world);
    let data = world.home.join("data");
    let data = data.to_string_lossy();
    let approved = world.approve("files", &["--read", &data], &["npx", "-y", PACKAGE, &data]);
    if let Err(failure) = approved {
        let why = failure.causes.last().cloned().unwrap_or_default();
        return Ok(Shown::LeftOut(format!(
            "the package cannot be had here ({})",
            why.trim()
        )));
    }
    let (mut session, _) = Session::start(world, &["files"])?;
    let inside = session.call(
        "read_text_file",
        &json!({ "path": format!("{data}/words.txt") }),
    )?;
    let outside = session.call("read_text_file", &json!({ "path": "/etc/shadow" }))?;
    session.close()?;
    super::must(
        inside.is_ok(),
        "a granted file could not be read",
        &format!("{inside:?}"),
    )?;
    super::must(
        outside.is_err(),
        "a file outside the grant was read",
        &format!("{outside:?}"),
    )?;
    Ok(Shown::Worked(vec![
        format!("npx -y {PACKAGE} DIR: fetched by integrity, no install script, no npx"),
        format!(
            "reads what was granted: {}",
            inside.unwrap_or_default().trim()
        ),
        "does not read anything else".to_owned(),
    ]))
}

/// The person's own npm configuration says where packages come from.
fn take_over_registry(world: &World) {
    if let Some(home) = std::env::var_os("HOME") {
        // Without one, npm's default registry is asked.
        let _ = std::fs::copy(
            std::path::Path::new(&home).join(".npmrc"),
            world.home.join(".npmrc"),
        );
    }
}
