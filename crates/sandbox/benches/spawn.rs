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

use interlock_sandbox::{Kernel, Layer, Plan, Profile, Stdio3};

const ROUNDS: usize = 300;
const WARM: usize = 10;

fn main() {
    let directory = tempfile::tempdir().unwrap();
    let program = build(directory.path());
    let kernel = Kernel::assume();
    let plan = Profile::new(&program).plan(&kernel).unwrap();
    let mut ways: Vec<Way<'_>> = vec![
        Way::new("plain", || first_byte_of(&mut Command::new(&program))),
        Way::new("planned before: spawn alone", || {
            let start = Instant::now();
            first_byte_in(&plan, start)
        }),
        Way::new("profile, plan and spawn", || {
            let start = Instant::now();
            let plan = Profile::new(&program).plan(&kernel).unwrap();
            first_byte_in(&plan, start)
        }),
    ];
    if Path::new("/usr/bin/bwrap").exists() {
        ways.push(Way::new("bubblewrap", || {
            first_byte_of(&mut bubblewrap(&program))
        }));
    }
    // Side by side, so that a load on the machine weighs on all of them alike.
    for round in 0..ROUNDS + WARM {
        for way in &mut ways {
            let took = (way.once)();
            if round >= WARM {
                way.times.push(took);
            }
        }
    }
    if kernel.has(Layer::Cgroup) {
        println!("(with a cgroup)");
    }
    let medians: Vec<u128> = ways.iter_mut().map(Way::report).collect();
    if let [_, _, ours, theirs] = medians.as_slice() {
        println!("ours takes {} % of bubblewrap", ours * 100 / theirs.max(&1));
    }
}

/// One way to start the program.
struct Way<'a> {
    name: &'static str,
    once: Box<dyn FnMut() -> Duration + 'a>,
    times: Vec<Duration>,
}

impl<'a> Way<'a> {
    fn new(name: &'static str, once: impl FnMut() -> Duration + 'a) -> Way<'a> {
        Way {
            name,
            once: Box::new(once),
            times: Vec::new(),
        }
    }

    /// Prints it; returns the median in microseconds.
    fn report(&mut self) -> u128 {
        self.times.sort_unstable();
        let at = |share: usize| self.times[(self.times.len() - 1) * share / 100].as_micros();
        let (name, median, low, high) = (self.name, at(50), at(10), at(90));
        println!("{name:<32} median {median:>6} µs   p10 {low:>6}   p90 {high:>6}");
        median
    }
}

fn first_byte_in(plan: &Plan, start: Instant) -> Duration {
    let confined = plan.spawn(Stdio3::default()).unwrap();
    first_byte(confined.stdout.as_ref().unwrap());
    let took = start.elapsed();
    drop(confined);
    took
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
