//! From spawn to the first byte of a static program: without a sandbox, in the full default profile, and in bubblewrap where it is
//! installed. Prints medians; the mark for the profile is 1.5 ms.
#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a benchmark measures time, starts what it compares with, and ends where it cannot go on"
)]

use std::fs;
use std::io::Read as _;
use std::path::Path;
use std::process::{Command, Stdio as StdStdio};
use std::time::{Duration, Instant};

use interlock_sandbox::{Kernel, Layer, Profile, Stdio3};

const ROUNDS: usize = 300;

fn main() {
    let directory = tempfile::tempdir().unwrap();
    let program = build(directory.path());
    let kernel = Kernel::assume();
    report("plain", || first_byte_of(&mut Command::new(&program)));
    report("planned before: spawn alone", {
        let plan = Profile::new(&program).plan(&kernel).unwrap();
        move || {
            let start = Instant::now();
            let confined = plan.spawn(Stdio3::default()).unwrap();
            first_byte(confined.stdout.as_ref().unwrap());
            let took = start.elapsed();
            drop(confined);
            took
        }
    });
    report("profile, plan and spawn", || {
        let start = Instant::now();
        let plan = Profile::new(&program).plan(&kernel).unwrap();
        let confined = plan.spawn(Stdio3::default()).unwrap();
        first_byte(confined.stdout.as_ref().unwrap());
        let took = start.elapsed();
        drop(confined);
        took
    });
    if kernel.has(Layer::Cgroup) {
        println!("(with a cgroup)");
    }
    if Path::new("/usr/bin/bwrap").exists() {
        report("bubblewrap", || first_byte_of(&mut bubblewrap(&program)));
    }
}

fn build(directory: &Path) -> std::path::PathBuf {
    let (source, program) = (directory.join("byte.c"), directory.join("byte"));
    fs::write(
        &source,
        "#include <unistd.h>\nint main(void){return write(1,\"x\",1)!=1;}\n",
    )
    .unwrap();
    let built = Command::new("gcc")
        .arg("-O1")
        .arg("-static")
        .arg("-o")
        .arg(&program)
        .arg(&source)
        .status();
    assert!(
        built.is_ok_and(|status| status.success()),
        "needs gcc: apt-get install gcc libc6-dev"
    );
    fs::canonicalize(program).unwrap()
}

fn bubblewrap(program: &Path) -> Command {
    let mut command = Command::new("/usr/bin/bwrap");
    command.args([
        "--unshare-all",
        "--die-with-parent",
        "--new-session",
        "--proc",
        "/proc",
        "--dev",
        "/dev",
    ]);
    command.args(["--ro-bind", "/usr", "/usr", "--tmpfs", "/tmp"]);
    command
        .arg("--ro-bind")
        .arg(program)
        .arg("/program")
        .arg("/program");
    command
}

fn first_byte_of(command: &mut Command) -> Duration {
    let start = Instant::now();
    let mut child = command
        .stdin(StdStdio::null())
        .stdout(StdStdio::piped())
        .spawn()
        .unwrap();
    let mut byte = [0; 1];
    child.stdout.take().unwrap().read_exact(&mut byte).unwrap();
    let took = start.elapsed();
    child.wait().unwrap();
    took
}

fn first_byte(fd: &std::os::fd::OwnedFd) {
    let mut byte = [0; 1];
    assert_eq!(rustix::io::read(fd, &mut byte).unwrap(), 1);
}

fn report(name: &str, mut once: impl FnMut() -> Duration) {
    for _ in 0..10 {
        once();
    }
    let mut times: Vec<Duration> = (0..ROUNDS).map(|_| once()).collect();
    times.sort_unstable();
    let at = |share: usize| times[(times.len() - 1) * share / 100].as_micros();
    println!(
        "{name:<32} median {:>6} µs   p10 {:>6}   p90 {:>6}",
        at(50),
        at(10),
        at(90)
    );
}
