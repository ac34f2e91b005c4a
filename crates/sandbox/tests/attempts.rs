//! Every file in `attempts/` is one thing that a hostile server tries. Each is made for real inside the default profile with one
//! writable directory granted, by a launcher that is root and by one that is an ordinary user, and must be stopped. A control
//! shows that the harness can tell: outside the sandbox the same files succeed.
//!
//! A new attempt is a new file. Run one with `cargo test -p interlock-sandbox --test attempts -- NAME`.
#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test starts its launchers and its control, says what it did, and ends where it cannot go on"
)]

mod support;

use std::fs;
use std::os::fd::AsFd as _;
use std::path::PathBuf;

use interlock_sandbox::{Access, Kernel, Limits, Profile, Stdio, Stdio3};
use support::{ORDINARY, Outside};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [mode, program, rest @ ..] = arguments.as_slice()
        && mode == "launch"
    {
        return launch(program, rest);
    }
    if arguments.iter().any(|argument| argument == "--list") {
        return;
    }
    let wanted: Vec<&String> = arguments
        .iter()
        .filter(|argument| !argument.starts_with('-'))
        .collect();
    let attempts: Vec<Attempt> = read_attempts()
        .into_iter()
        .filter(|a| wanted.is_empty() || wanted.iter().any(|w| a.name.contains(*w)))
        .collect();
    support::serve();
    let mut failed = Vec::new();
    if rustix::process::geteuid().is_root() {
        failed.extend(contained(0, &attempts));
        failed.extend(contained(ORDINARY, &attempts));
        failed.extend(control(ORDINARY, &attempts));
    } else {
        println!("not root: the half of these tests that launches as root is not run");
        let user = rustix::process::geteuid().as_raw();
        failed.extend(contained(user, &attempts));
        failed.extend(control(user, &attempts));
    }
    support::clean_up();
    println!("{} attempts, {} unexpected", attempts.len(), failed.len());
    for failure in &failed {
        println!("  {failure}");
    }
    std::process::exit(i32::from(!failed.is_empty()));
}

struct Attempt {
    name: String,
    judged_outside: bool,
    open_without_sandbox: bool,
}

fn read_attempts() -> Vec<Attempt> {
    let mut found: Vec<Attempt> = fs::read_dir(support::attempts())
        .unwrap()
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().to_str()?.strip_suffix(".py")?.to_owned();
            let text = fs::read_to_string(entry.path()).ok()?;
            (name != "attempt").then(|| Attempt {
                name,
                judged_outside: text.contains("# judged: outside"),
                open_without_sandbox: text.contains("# control: open"),
            })
        })
        .collect();
    found.sort_by(|a, b| a.name.cmp(&b.name));
    assert!(found.len() >= 130, "only {} attempts", found.len());
    found
}

/// The attempts that were not stopped, or were not made at all.
fn contained(user: u32, attempts: &[Attempt]) -> Vec<String> {
    let outside = Outside::new(user);
    support::call_back(outside.path("rw"));
    let made = attempts.iter().map(|attempt| {
        let launcher = outside.path("launcher");
        let script = outside.path("fixture").join(format!("{}.py", attempt.name));
        let mut command = outside.command(launcher);
        command.args(["launch", "/usr/bin/python3"]).arg(script);
        (attempt, judge(&outside, attempt, &mut command))
    });
    made.filter_map(|(attempt, verdict)| match verdict {
        Verdict::Stopped => None,
        other => Some(format!("uid {user}: {}: {other:?}", attempt.name)),
    })
    .collect()
}

/// The attempts that fail although nothing stops them: then the harness could not tell.
fn control(user: u32, attempts: &[Attempt]) -> Vec<String> {
    let outside = Outside::new(user);
    let open = attempts
        .iter()
        .filter(|attempt| attempt.open_without_sandbox);
    let made = open.map(|attempt| {
        let mut command = outside.command("/usr/bin/python3");
        command.arg(outside.path("fixture").join(format!("{}.py", attempt.name)));
        (attempt, judge(&outside, attempt, &mut command))
    });
    made.filter_map(|(attempt, verdict)| match verdict {
        Verdict::Succeeded(_) => None,
        other => Some(format!("without sandbox: {}: {other:?}", attempt.name)),
    })
    .collect()
}

#[derive(Debug)]
#[expect(dead_code, reason = "shown when it is unexpected")]
enum Verdict {
    Stopped,
    Succeeded(String),
    NotMade(String),
}

fn judge(outside: &Outside, attempt: &Attempt, command: &mut std::process::Command) -> Verdict {
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let damage = outside.damage();
    outside.reset();
    if !text.starts_with("READY") {
        return Verdict::NotMade(format!("{text}{}", String::from_utf8_lossy(&output.stderr)));
    }
    let said_open = !attempt.judged_outside && text.lines().any(|line| line.starts_with("OPEN"));
    if said_open || !damage.is_empty() {
        return Verdict::Succeeded(format!("{text} {damage:?}"));
    }
    Verdict::Stopped
}

/// Runs a program in the default profile: what `interlock run` does once it has decided.
fn launch(program: &str, arguments: &[String]) {
    let path = |name: &str| PathBuf::from(std::env::var_os(name).unwrap());
    let mut profile = Profile::new(program)
        .grant(path("FIXTURE"), Access::ReadExec)
        .grant(path("RWDIR"), Access::Write);
    for argument in arguments {
        profile = profile.arg(argument);
    }
    for name in ["REALHOME", "VICTIM", "RWDIR", "HOSTNAME_OUTSIDE"] {
        profile = profile.env(name, std::env::var_os(name).unwrap());
    }
    profile.limits = Limits {
        memory_bytes: 1 << 30,
        ..Limits::default()
    };
    let own = |fd: std::os::fd::BorrowedFd<'_>| Stdio::Fd(fd.try_clone_to_owned().unwrap());
    let stdio = Stdio3 {
        stdin: own(std::io::stdin().as_fd()),
        stdout: own(std::io::stdout().as_fd()),
        stderr: own(std::io::stderr().as_fd()),
    };
    let plan = profile
        .plan(&Kernel::assume())
        .unwrap_or_else(|error| panic!("{error}"));
    let mut confined = plan
        .spawn(stdio)
        .unwrap_or_else(|error| panic!("{error}: {:?}", std::error::Error::source(&error)));
    eprintln!("{}", confined.wait().unwrap());
}
