//! A server and everything it starts: streams, exit, and that nothing of it outlives anybody.
#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test waits for processes, with a deadline, and ends where it cannot go on"
)]

use std::fs;
use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::time::{Duration, Instant};

use interlock_sandbox::{
    Access, Confined, Exit, Feature, HOME, INSIDE_ID, Kernel, Layer, Limits, Network, Plan,
    Profile, SpawnError, Stdio, Stdio3,
};

fn shell(script: &str) -> Profile {
    Profile::new("/bin/sh").arg("-c").arg(script)
}

fn plan(profile: Profile) -> Plan {
    profile.plan(&Kernel::assume()).unwrap()
}

#[track_caller]
fn start(profile: Profile) -> Confined {
    plan(profile)
        .spawn(Stdio3::default())
        .unwrap_or_else(|error| panic!("{error}: {:?}", std::error::Error::source(&error)))
}

fn read_all(fd: OwnedFd) -> String {
    let mut text = String::new();
    fs::File::from(fd).read_to_string(&mut text).unwrap();
    text
}

/// What a script prints and how it ends.
#[track_caller]
fn run(profile: Profile) -> (String, Exit) {
    let mut confined = start(profile);
    drop(confined.stdin.take());
    let output =
        read_all(confined.stdout.take().unwrap()) + &read_all(confined.stderr.take().unwrap());
    (output, confined.wait().unwrap())
}

#[track_caller]
fn check(script: &str, expected: &str) {
    let (output, exit) = run(shell(script));
    assert_eq!(
        (output.trim_end(), exit),
        (expected, Exit::Code(0)),
        "{script}"
    );
}

#[test]
fn streams_are_connected() {
    let mut confined = start(shell("read line; echo \"got $line\"; echo oops >&2"));
    fs::File::from(confined.stdin.take().unwrap())
        .write_all(b"hello\n")
        .unwrap();
    assert_eq!(read_all(confined.stdout.take().unwrap()), "got hello\n");
    assert_eq!(read_all(confined.stderr.take().unwrap()), "oops\n");
    assert_eq!(confined.wait().unwrap(), Exit::Code(0));
    assert_eq!(confined.try_wait().unwrap(), Some(Exit::Code(0)));
}

#[test]
fn given_streams_are_used() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("out");
    let stdout = Stdio::Fd(fs::File::create(&path).unwrap().into());
    let stdio = Stdio3 {
        stdin: Stdio::Null,
        stdout,
        stderr: Stdio::Null,
    };
    let mut confined = plan(shell("cat; echo done")).spawn(stdio).unwrap();
    assert_eq!(confined.wait().unwrap(), Exit::Code(0));
    assert_eq!(fs::read_to_string(path).unwrap(), "done\n");
}

#[test]
fn the_exit_is_told() {
    for (script, expected) in [
        ("exit 7", Exit::Code(7)),
        ("kill -SEGV $$", Exit::Signal(11)),
    ] {
        assert_eq!(run(shell(script)).1, expected, "{script}");
    }
}

#[test]
fn the_environment_is_exact() {
    let (output, _) = run(Profile::new("/usr/bin/env").env("TOKEN", "x y"));
    let mut lines: Vec<&str> = output.lines().collect();
    lines.sort_unstable();
    let expected = [
        "HOME=/home/mcp",
        "LANG=C.UTF-8",
        "PATH=/usr/local/bin:/usr/bin:/bin",
        "TMPDIR=/tmp",
        "TOKEN=x y",
        "USER=mcp",
    ];
    assert_eq!(lines, expected);
}

/// What every private memory of a process holds; nothing where this user may not look.
fn memory_of(pid: i32) -> Vec<u8> {
    use std::os::unix::fs::FileExt as _;
    let Ok(memory) = fs::File::open(format!("/proc/{pid}/mem")) else {
        return Vec::new();
    };
    let maps = fs::read_to_string(format!("/proc/{pid}/maps")).unwrap_or_default();
    let mut all = Vec::new();
    for line in maps.lines().filter(|line| line.contains(" rw-p ")) {
        let (range, _) = line.split_once(' ').unwrap();
        let (start, end) = range.split_once('-').unwrap();
        let number = |text| u64::from_str_radix(text, 16).unwrap();
        let (start, end) = (number(start), number(end));
        let mut bytes = vec![0; usize::try_from(end - start).unwrap()];
        if memory.read_exact_at(&mut bytes, start).is_ok() {
            all.extend(bytes);
        }
    }
    all
}

#[test]
fn process_1_does_not_know_the_servers_secrets() {
    let secret = ["hidden", "in", "memory"].join("-");
    let has = |pid| {
        memory_of(pid)
            .windows(secret.len())
            .any(|bytes| bytes == secret.as_bytes())
    };
    let mut confined = start(Profile::new("/usr/bin/cat").env("TOKEN", &secret));
    // It forgets while the server starts.
    wait_until("process 1 has forgotten", || !has(confined.pid()));
    assert!(
        has(i32::try_from(std::process::id()).unwrap()),
        "it is looked for where it is"
    );
    drop(confined.stdin.take());
    assert_eq!(confined.wait().unwrap(), Exit::Code(0));
}

#[test]
fn the_view_is_private() {
    check("id -u; id -un; pwd", &format!("{INSIDE_ID}\nmcp\n{HOME}"));
    check(
        "ls /; ls /..",
        &["bin\ndev\netc\nhome\nlib\nlib64\nproc\nrun\nsbin\ntmp\nusr\nvar"; 2].join("\n"),
    );
    check("umask; ls -A ~ /tmp /dev/shm | grep -v :", "0022");
    check(
        "cat /proc/1/cmdline /proc/1/environ 2>/dev/null | wc -c",
        "0",
    );
    check("grep -c . /proc/net/dev; hostname", "3\nmcp");
    check("cat /proc/sys/user/max_user_namespaces", "0");
}

#[test]
fn grants_are_what_they_say() {
    let directory = tempfile::tempdir().unwrap();
    let path = fs::canonicalize(directory.path()).unwrap();
    for name in ["r", "w"] {
        fs::create_dir(path.join(name)).unwrap();
        fs::write(path.join(name).join("file"), name).unwrap();
    }
    let script = format!(
        "cd {}; cat r/file w/file; echo new > w/new && cat w/new; (echo x > r/x) 2>/dev/null || echo refused; ls",
        path.display()
    );
    let profile = shell(&script)
        .grant(path.join("r"), Access::Read)
        .grant(path.join("w"), Access::Write);
    let (output, exit) = run(profile);
    assert_eq!(output, "rwnew\nrefused\nr\nw\n");
    assert_eq!(exit, Exit::Code(0));
    let (made, given) = (
        fs::metadata(path.join("w/new")).unwrap(),
        fs::metadata(path.join("w")).unwrap(),
    );
    use std::os::unix::fs::MetadataExt as _;
    assert_eq!(
        made.uid(),
        given.uid(),
        "what it makes belongs to the owner of the directory"
    );
}

#[test]
fn private_directories_are_gone_after_it() {
    let name = format!("/tmp/private-of-{}", std::process::id());
    let script = format!("echo x > ~/a && echo y > {name} && cat ~/a {name}");
    check(&script, "x\ny");
    assert!(!Path::new(&name).exists());
    check("ls ~ /tmp | grep -v : ; true", "");
}

#[test]
fn a_working_directory_is_entered() {
    let mut profile = shell("pwd");
    profile.cwd = Some("/usr/share".into());
    assert_eq!(run(profile).0, "/usr/share\n");
}

#[test]
fn a_program_that_is_not_there_is_the_callers_error() {
    let error = plan(Profile::new("/usr/bin/no-such-program"))
        .spawn(Stdio3::default())
        .unwrap_err();
    assert!(matches!(error, SpawnError::Exec { .. }), "{error:?}");
    assert_eq!(
        error.to_string(),
        "`/usr/bin/no-such-program` could not be executed inside the sandbox"
    );
    assert_eq!(error.layer(), None);
}

#[test]
fn a_swapped_file_is_not_mounted() {
    let directory = tempfile::tempdir().unwrap();
    let path = fs::canonicalize(directory.path()).unwrap().join("granted");
    fs::create_dir(&path).unwrap();
    let plan = plan(shell("true").grant(&path, Access::Read));
    fs::rename(&path, path.with_extension("old")).unwrap();
    std::os::unix::fs::symlink("/etc", &path).unwrap();
    let error = plan.spawn(Stdio3::default()).unwrap_err();
    assert!(error.to_string().contains("granted"), "{error}");
}

#[test]
fn what_was_applied_is_told() {
    let confined = start(shell("true"));
    let enforced = confined.enforced();
    for layer in Layer::ALL.into_iter().filter(|layer| layer.is_required()) {
        assert!(enforced.layers.contains(&layer), "{layer}");
    }
    assert_ne!(enforced.outer_uid, 0);
}

#[test]
fn a_layer_that_may_be_missing_is_still_applied_where_it_is_there() {
    let mut profile = shell("grep Seccomp: /proc/self/status");
    profile.allow_missing.extend(Layer::ALL);
    assert_eq!(run(profile).0, "Seccomp:\t2\n");
}

#[test]
fn above_its_memory_the_tree_is_killed() {
    // Each process stays below the limit; together they do not.
    let script = "import os,time\nfor _ in range(4):\n if os.fork()==0:\n  \
                  b=b'x'*(60<<20);time.sleep(30)\nos.wait()";
    let mut profile = Profile::new("/usr/bin/python3").arg("-c").arg(script);
    profile.limits = Limits {
        memory_bytes: 128 << 20,
        ..Limits::default()
    };
    let mut confined = start(profile);
    assert_eq!(confined.wait().unwrap(), Exit::OutOfMemory);
}

#[test]
fn a_browser_has_unix_sockets_of_its_own() {
    let script = "import socket;a=socket.socket(socket.AF_UNIX);a.bind('/tmp/s');a.listen();\
                  b=socket.socket(socket.AF_UNIX);b.connect('/tmp/s');print('ok')";
    let python = |profile: Profile| run(profile.arg("-c").arg(script)).0;
    assert_eq!(
        python(Profile::new("/usr/bin/python3").feature(Feature::Browser)),
        "ok\n"
    );
    assert!(python(Profile::new("/usr/bin/python3")).contains("PermissionError"));
}

#[test]
fn no_network_is_no_network() {
    let profile = Profile {
        network: Network::None,
        ..shell("cat /etc/resolv.conf; cat /proc/net/route | wc -l")
    };
    assert_eq!(run(profile).0, "0\n");
}

/// The processes whose command line has this word.
fn alive(word: &str) -> usize {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    processes
        .filter(|entry| {
            let command = fs::read(entry.path().join("cmdline")).unwrap_or_default();
            command
                .split(|b| *b == 0)
                .any(|argument| argument == word.as_bytes())
        })
        .count()
}

#[track_caller]
fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !holds() {
        assert!(Instant::now() < deadline, "{what}");
        std::thread::yield_now();
    }
}

/// A tree that defends itself: a daemon in a session of its own that ignores every signal it can.
fn stubborn(seconds: &str) -> Profile {
    shell(&format!(
        "(trap '' TERM HUP INT; setsid sleep {seconds} </dev/null >/dev/null 2>&1 &) ; trap '' TERM; echo up; sleep {seconds}; true"
    ))
}

fn start_stubborn(seconds: &str) -> Confined {
    let mut confined = start(stubborn(seconds));
    let mut line = [0; 3];
    fs::File::from(confined.stdout.take().unwrap())
        .read_exact(&mut line)
        .unwrap();
    wait_until("two sleepers", || alive(seconds) >= 2);
    confined
}

#[test]
fn dropping_ends_the_tree() {
    let confined = start_stubborn("71.001");
    drop(confined);
    assert_eq!(alive("71.001"), 0);
}

#[test]
fn killing_ends_the_tree() {
    let mut confined = start_stubborn("71.002");
    confined.kill().unwrap();
    assert_eq!(confined.wait().unwrap(), Exit::Killed);
    assert_eq!(alive("71.002"), 0);
}

#[test]
fn the_servers_end_ends_the_tree() {
    let script = "(setsid sleep 71.003 </dev/null >/dev/null 2>&1 &); read line";
    let mut confined = start(shell(script));
    wait_until("a sleeper", || alive("71.003") >= 1);
    drop(confined.stdin.take());
    assert!(matches!(confined.wait().unwrap(), Exit::Code(_)));
    assert_eq!(alive("71.003"), 0);
}

#[test]
fn a_polite_server_is_asked_first() {
    let mut confined = start(shell(
        "trap 'exit 3' TERM; echo up; while :; do sleep 0.05; done",
    ));
    let mut line = [0; 3];
    fs::File::from(confined.stdout.take().unwrap())
        .read_exact(&mut line)
        .unwrap();
    confined.terminate().unwrap();
    assert_eq!(confined.wait().unwrap(), Exit::Code(3));
    confined.terminate().unwrap();
}

#[test]
fn the_supervisors_death_ends_the_tree() {
    // A copy of this process is the supervisor; it is killed as hard as can be.
    let plan = plan(stubborn("71.004"));
    let (reader, writer) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC).unwrap();
    let supervisor = interlock_sys::process::clone_process(
        interlock_sys::process::Namespaces::NONE,
        None,
        &mut || {
            let null = || Stdio::Null;
            let Ok(confined) = plan.spawn(Stdio3 {
                stdin: null(),
                stdout: null(),
                stderr: null(),
            }) else {
                return 1;
            };
            let _ = rustix::io::write(&writer, b"x");
            loop {
                std::hint::black_box(&confined);
                std::thread::park();
            }
        },
    )
    .unwrap();
    let mut byte = [0; 1];
    assert_eq!(rustix::io::read(&reader, &mut byte).unwrap(), 1);
    wait_until("two sleepers", || alive("71.004") >= 2);
    supervisor.kill().unwrap();
    supervisor.wait(true).unwrap();
    wait_until("none left", || alive("71.004") == 0);
}

#[test]
fn many_at_once_do_not_disturb_each_other() {
    let plan = plan(shell("echo $$"));
    let running: Vec<Confined> = (0..8)
        .map(|_| plan.spawn(Stdio3::default()).unwrap())
        .collect();
    for mut confined in running {
        assert_eq!(read_all(confined.stdout.take().unwrap()), "3\n");
        assert_eq!(confined.wait().unwrap(), Exit::Code(0));
    }
}

#[test]
fn granted_names_are_reached_and_others_are_not() {
    use interlock_sandbox::egress::{self, EgressRules, Rule};
    use std::net::TcpListener;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let _ = (&stream).write_all(b"served");
        }
    });
    let script = format!(
        "import socket\ns=socket.create_connection(('127.0.0.1',{port}),5);print(s.recv(9).decode())\n\
         try: socket.getaddrinfo('example.org',443)\nexcept OSError as e: print('unknown')\n\
         try: socket.create_connection(('127.0.0.1',{port}+1),1)\nexcept OSError as e: print('refused')"
    );
    let rules = EgressRules::new(vec![Rule::parse(&format!("127.0.0.1:{port}")).unwrap()]).unwrap();
    let profile = Profile::new("/usr/bin/python3").arg("-c").arg(script);
    let mut confined = start(Profile {
        network: Network::Egress(rules),
        ..profile
    });
    let outside = confined.egress.take().unwrap();
    let _serving = egress::start(outside, |_: &egress::EgressEvent| Ok(())).unwrap();
    assert_eq!(
        read_all(confined.stdout.take().unwrap()),
        "served\nunknown\nrefused\n"
    );
    assert_eq!(confined.wait().unwrap(), Exit::Code(0));
}
