//! Running one command and saying what it was.

use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

/// Runs `program` in the repository's root with our output, and says how long it took; an error names the whole command.
pub fn run(program: &str, arguments: &[&str]) -> Result<(), String> {
    let shown = format!("{program} {}", arguments.join(" "));
    eprintln!("xtask: {shown}");
    let began = Instant::now();
    let status = Command::new(program)
        .args(arguments)
        .current_dir(root())
        .status()
        .map_err(|e| format!("`{program}` did not start: {e}; is it installed?"))?;
    eprintln!("xtask: `{shown}` took {} s", began.elapsed().as_secs());
    if status.success() {
        Ok(())
    } else {
        Err(format!("`{shown}` failed: {status}"))
    }
}

/// Runs this toolchain's cargo.
pub fn cargo(arguments: &[&str]) -> Result<(), String> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    run(&cargo, arguments)
}

/// The repository's root.
pub fn root() -> PathBuf {
    let here = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}
