//! Seconds that looking through a tree of projects with 10,000 configuration files takes: `cargo bench -p interlock-scan --bench discover`.

use std::fs;
use std::path::Path;
use std::time::Instant;

use interlock_scan::{Limits, Machine, Os, discover};

const FILES: usize = 10_000;

#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
fn now() -> Instant {
    Instant::now()
}

/// 10,000 files of four clients, among ten times as many others.
fn lay_out(top: &Path) -> std::io::Result<()> {
    let samples: [(&str, &[u8]); 4] = [
        (
            ".mcp.json",
            include_bytes!("../tests/data/samples/claude-code.project.mcp.json"),
        ),
        (
            ".vscode/mcp.json",
            include_bytes!("../tests/data/samples/vscode.mcp.json"),
        ),
        (
            ".codex/config.toml",
            include_bytes!("../tests/data/samples/codex.config.toml"),
        ),
        (
            "librechat.yaml",
            include_bytes!("../tests/data/samples/librechat.yaml"),
        ),
    ];
    for project in 0..FILES / samples.len() {
        let directory = top
            .join(format!("group{}", project % 50))
            .join(format!("project{project}"));
        for (name, bytes) in samples {
            let path = directory.join(name);
            fs::create_dir_all(path.parent().unwrap_or(&directory))?;
            fs::write(path, bytes)?;
        }
        let source = directory.join("src");
        fs::create_dir_all(&source)?;
        for number in 0..40 {
            fs::write(source.join(format!("file{number}.js")), "")?;
        }
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "a benchmark reports to a person")]
fn main() -> std::io::Result<()> {
    let top = tempfile::tempdir()?;
    lay_out(top.path())?;
    let machine = Machine::project_only(top.path().to_owned(), Os::Linux);
    for threads in [1, 4] {
        let limits = Limits {
            threads,
            ..Limits::default()
        };
        for _ in 0..3 {
            let start = now();
            let found = discover(&machine, &limits, &mut |_| {});
            let servers: usize = found.files.iter().map(|file| file.servers.len()).sum();
            println!(
                "{} files, {servers} servers, {threads} threads: {:.2} s",
                found.files.len(),
                start.elapsed().as_secs_f64()
            );
        }
    }
    Ok(())
}
