//! A user with a home of their own, the test server in it, and `interlock` as they would run it.

use std::ffi::OsStr;
use std::fs;
use std::io::Write as _;
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};
use serde_json::Value;
use tempfile::TempDir;

use crate::client::Client;

pub(crate) const PASSPHRASE: &str = "correct horse battery\n";

/// Vouches for the homes of these tests, as the demonstration does: whoever runs them may have a key of their own.
static VOUCHER: LazyLock<fs::File> = LazyLock::new(|| {
    let memory = memfd_create("interlock-places", MemfdFlags::ALLOW_SEALING).unwrap();
    let mut file = fs::File::from(memory);
    file.write_all(b"interlock places are what the environment says\n")
        .unwrap();
    let all = SealFlags::SEAL | SealFlags::SHRINK | SealFlags::GROW | SealFlags::WRITE;
    fcntl_add_seals(&file, all).unwrap();
    file
});

/// A home below a temporary directory, deep enough that programs in it are not refused as dropped there by anyone.
pub(crate) struct World {
    root: TempDir,
    pub(crate) home: PathBuf,
}

/// What a command said and how it ended.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Said {
    #[track_caller]
    pub(crate) fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:#?}");
        self
    }

    /// Standard output as JSON Lines.
    pub(crate) fn json(&self) -> Vec<Value> {
        let lines = self.out.lines();
        lines
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}

/// The words that approve a launch as `test`, with the passphrase from standard input.
pub(crate) fn approving<'a>(launch: &[&'a str]) -> Vec<&'a str> {
    let words = ["approve", "--name", "test", "--passphrase-fd", "0", "--"];
    [&words, launch].concat()
}

/// Fails unless `text` has all of `parts`.
#[track_caller]
pub(crate) fn has(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "`{part}` is not in:\n{text}");
    }
}

/// Waits until it is so, or fails: nothing in these tests waits longer than it must.
#[track_caller]
pub(crate) fn until(what: &str, within: Duration, mut so: impl FnMut() -> bool) {
    let deadline = Instant::now() + within;
    while !so() {
        assert!(Instant::now() < deadline, "not within {within:?}: {what}");
        std::thread::park_timeout(Duration::from_millis(5));
    }
}

impl World {
    /// A user who has not run `interlock init`.
    pub(crate) fn without_key() -> Self {
        let root = tempfile::tempdir().unwrap();
        // The server is another user outside, so the way to its program is open.
        fs::set_permissions(root.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let home = root.path().canonicalize().unwrap().join("home/user");
        fs::create_dir_all(home.join("servers/bin")).unwrap();
        fs::create_dir_all(home.join("data")).unwrap();
        let world = Self { root, home };
        world.write_program("server", include_str!("../data/server.sh"));
        world
    }

    /// A user with an approver's key.
    pub(crate) fn new() -> Self {
        let world = Self::without_key();
        world
            .with_passphrase(&["init", "--passphrase-fd", "0"])
            .expect(0);
        world
    }

    /// A user with a server approved as `test`.
    pub(crate) fn approved(mode: &str, grants: &[&str]) -> Self {
        let world = Self::new();
        world.approve(grants, &[mode]).expect(0);
        world
    }

    pub(crate) fn write_program(&self, name: &str, text: &str) {
        let program = self.program(name);
        fs::write(&program, text).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    }

    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.home.join("servers/bin").join(name)
    }

    pub(crate) fn server(&self) -> String {
        self.program("server").to_str().unwrap().to_owned()
    }

    pub(crate) fn path(&self, inside: &str) -> String {
        self.home.join(inside).to_str().unwrap().to_owned()
    }

    pub(crate) fn ledger(&self) -> PathBuf {
        self.home.join(".local/state/interlock/approvals/ledger")
    }

    pub(crate) fn audit(&self) -> PathBuf {
        self.home.join(".local/state/interlock/audit")
    }

    /// `interlock WORDS`, in this home, with nothing else of our environment but `PATH`.
    pub(crate) fn command<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(&self, words: I) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_interlock"));
        command.args(words);
        self.settle(&mut command);
        command
    }

    /// A shell that runs `script` with `$INTERLOCK` set.
    pub(crate) fn shell(&self, script: &str) -> Command {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]);
        self.settle(&mut command);
        command.env("INTERLOCK", env!("CARGO_BIN_EXE_interlock"));
        command
    }

    fn settle(&self, command: &mut Command) {
        command.env_clear().env("HOME", &self.home);
        command.env("INTERLOCK_PLACES_FD", VOUCHER.as_raw_fd().to_string());
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.current_dir(&self.home).stdin(Stdio::null());
    }

    pub(crate) fn interlock(&self, words: &[&str]) -> Said {
        said(&mut self.command(words), b"")
    }

    pub(crate) fn with_input(&self, words: &[&str], input: &[u8]) -> Said {
        said(&mut self.command(words), input)
    }

    pub(crate) fn with_passphrase(&self, words: &[&str]) -> Said {
        self.with_input(words, PASSPHRASE.as_bytes())
    }

    /// Approves the test server as `test`.
    pub(crate) fn approve(&self, grants: &[&str], arguments: &[&str]) -> Said {
        let server = self.server();
        let mut words = vec!["approve", "--name", "test", "--passphrase-fd", "0"];
        words.extend(grants);
        words.extend(["--", server.as_str()]);
        words.extend(arguments);
        self.with_passphrase(&words)
    }

    /// A client of `interlock run WORDS`.
    pub(crate) fn run(&self, words: &[&str]) -> Client {
        Client::start(self.command(["run"].iter().chain(words)))
    }

    /// All records of the audit log so far.
    pub(crate) fn events(&self) -> Vec<Value> {
        let shown = self.interlock(&["audit", "show", "--format", "json"]);
        shown.expect(0).json()
    }

    pub(crate) fn event_names(&self) -> Vec<String> {
        let names = self.events();
        let names = names.iter().filter_map(|event| event["event"].as_str());
        names.map(str::to_owned).collect()
    }

    #[track_caller]
    pub(crate) fn event(&self, name: &str) -> Value {
        let mut events = self.events();
        events.retain(|event| event["event"] == name);
        events
            .pop()
            .unwrap_or_else(|| panic!("no `{name}` among {:?}", self.event_names()))
    }

    /// Processes of this machine that execute something of this home.
    pub(crate) fn processes(&self) -> Vec<String> {
        let needle = self.home.to_str().unwrap();
        let processes = fs::read_dir("/proc").unwrap().flatten();
        processes
            .filter_map(|entry| fs::read(entry.path().join("cmdline")).ok())
            .map(|line| String::from_utf8_lossy(&line).replace('\0', " "))
            .filter(|line| line.contains(needle))
            .collect()
    }

    /// Fails when any process of this home is still there after two seconds.
    #[track_caller]
    pub(crate) fn nothing_is_left(&self) {
        until("no process is left", Duration::from_secs(2), || {
            self.processes().is_empty()
        });
    }

    /// The names of all files and directories of this world.
    pub(crate) fn every_name(&self) -> Vec<PathBuf> {
        let mut names = Vec::new();
        let mut open = vec![self.root.path().to_owned()];
        while let Some(directory) = open.pop() {
            for entry in fs::read_dir(directory).unwrap().flatten() {
                if entry.path().is_dir() {
                    open.push(entry.path());
                }
                names.push(entry.path());
            }
        }
        names.sort();
        names
    }

    /// Everything in the world's files and records that is text, for looking what must not be there.
    pub(crate) fn every_file(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut found = Vec::new();
        collect(self.root.path(), &mut found);
        found
    }
}

fn collect(directory: &Path, found: &mut Vec<(PathBuf, Vec<u8>)>) {
    for entry in fs::read_dir(directory).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, found);
        } else if let Ok(bytes) = fs::read(&path) {
            found.push((path, bytes));
        }
    }
}

/// Runs a command to its end.
pub(crate) fn said(command: &mut Command, input: &[u8]) -> Said {
    if !input.is_empty() {
        command.stdin(Stdio::piped());
    }
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let pipe = child.stdin.take();
    let output = std::thread::scope(|scope| {
        // A command that does not want its input may have closed it already.
        scope.spawn(move || pipe.map(|mut pipe| pipe.write_all(input)));
        child.wait_with_output().unwrap()
    });
    Said {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}
