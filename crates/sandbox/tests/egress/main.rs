//! Egress for real: programs in network namespaces, servers on loopback, nothing beyond this machine.
//!
//! The runner is this file, for the programs inside the namespaces are this same executable, started with `client`. As
//! root every case runs twice, the second time as an ordinary user (uid 65534).
#![expect(clippy::print_stdout, reason = "a test runner prints")]
#![expect(clippy::disallowed_methods, reason = "real processes, real time")]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails by panicking; clippy knows only functions marked as tests"
)]

mod cases;
mod client;
mod servers;
mod world;

use std::os::unix::process::CommandExt;
use std::panic::catch_unwind;
use std::process::{Command, ExitCode};

const NOBODY: u32 = 65534;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if let Some(("client", script)) = args
        .split_first()
        .map(|(first, rest)| (first.as_str(), rest))
    {
        client::run(script);
        return ExitCode::SUCCESS;
    }
    let filter = args.iter().find(|arg| !arg.starts_with('-'));
    let is_root = rustix::process::geteuid().is_root();
    let mut failed = 0;
    for (name, case) in cases::ALL {
        if filter.is_none_or(|filter| name.contains(filter.as_str())) {
            let passed = catch_unwind(case).is_ok();
            failed += u32::from(!passed);
            let who = if is_root { "root" } else { "an ordinary user" };
            println!(
                "test {name} as {who} ... {}",
                if passed { "ok" } else { "FAILED" }
            );
        }
    }
    if is_root {
        let mut again = Command::new("/proc/self/exe");
        again.args(&args).uid(NOBODY).gid(NOBODY).current_dir("/");
        let status = again.status().expect("start the tests as an ordinary user");
        failed += u32::from(!status.success());
    }
    if failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
