//! What the outside looks like to an attempt: a home with secrets, a victim, listeners, and a look at what was changed.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::os::unix::net::{SocketAddr, UnixDatagram, UnixListener};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

/// The ordinary user that attempts are made as when the tests run as root. Needs no account.
pub(crate) const ORDINARY: u32 = 54_321;
/// In the launcher's environment, never in the server's.
pub(crate) const SECRET: &str = "topsecret_value";

/// A directory with everything that an attempt looks for, owned by the user that launches.
pub(crate) struct Outside {
    _directory: tempfile::TempDir,
    pub(crate) base: PathBuf,
    pub(crate) user: u32,
    victim: Child,
}

impl Outside {
    pub(crate) fn new(user: u32) -> Outside {
        let directory = tempfile::Builder::new()
            .prefix("interlock-attempts-")
            .tempdir_in("/tmp")
            .unwrap();
        let base = fs::canonicalize(directory.path()).unwrap();
        fs::set_permissions(&base, fs::Permissions::from_mode(0o755)).unwrap();
        for made in ["home/.ssh", "home/.aws", "rw", "fixture/pkg"] {
            fs::create_dir_all(base.join(made)).unwrap();
        }
        fs::copy(std::env::current_exe().unwrap(), base.join("launcher")).unwrap();
        copy_attempts(&base.join("fixture"));
        build_helper(&base.join("fixture"));
        let victim = victim(&base, user);
        let outside = Outside {
            _directory: directory,
            base,
            user,
            victim,
        };
        outside.reset();
        outside
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.base.join(name)
    }

    /// Puts everything back as it was.
    pub(crate) fn reset(&self) {
        fs::write(self.path("home/.ssh/id_rsa"), "PRIVATE KEY").unwrap();
        fs::write(self.path("home/.aws/credentials"), "AKIA").unwrap();
        fs::write(self.path("home/.bashrc"), "# rc\n").unwrap();
        fs::write(self.path("fixture/pkg/server.py"), "# package\n").unwrap();
        fs::set_permissions(
            self.path("fixture/pkg/server.py"),
            fs::Permissions::from_mode(0o644),
        )
        .unwrap();
        fs::write("/tmp/mcp_hostsecret", "host").unwrap();
        for gone in ["home/x", "signalled", "home/.config/systemd/user/x.service"] {
            let _ = fs::remove_file(self.path(gone));
        }
        let _ = fs::remove_dir_all(self.path("rw"));
        fs::create_dir(self.path("rw")).unwrap();
        let _ = fs::remove_file("/dev/shm/mcp_esc");
        for owned in [
            "home",
            "home/.ssh",
            "home/.ssh/id_rsa",
            "home/.aws",
            "home/.aws/credentials",
            "home/.bashrc",
        ] {
            self.give(owned);
        }
        for owned in ["rw", "fixture", "fixture/pkg", "fixture/pkg/server.py"] {
            self.give(owned);
        }
    }

    fn give(&self, name: &str) {
        if rustix::process::geteuid().is_root() {
            chown(self.path(name), Some(self.user), Some(self.user)).unwrap();
        }
    }

    /// A command that runs as the launching user with its secrets in the environment.
    pub(crate) fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("HOST_SECRET", SECRET)
            .env("REALHOME", self.path("home"))
            .env("VICTIM", self.victim.id().to_string())
            .env("RWDIR", self.path("rw"))
            .env("FIXTURE", self.path("fixture"))
            .env(
                "HOSTNAME_OUTSIDE",
                rustix::system::uname().nodename().to_str().unwrap(),
            )
            .env("PATH", "/usr/bin:/bin")
            .current_dir("/")
            .stdin(Stdio::null());
        if rustix::process::geteuid().is_root() && self.user != 0 {
            command.uid(self.user).gid(self.user);
        }
        command
    }

    /// What an attempt changed out here.
    pub(crate) fn damage(&self) -> Vec<&'static str> {
        let changed = |name: &str, expected: &str| {
            fs::read_to_string(self.path(name)).map_or(true, |content| content != expected)
        };
        let mode = |path: &Path| fs::symlink_metadata(path).map_or(0, |metadata| metadata.mode());
        let package = self.path("fixture/pkg/server.py");
        let planted = fs::read_dir(self.path("rw"))
            .unwrap()
            .flatten()
            .any(|entry| {
                let mode = mode(&entry.path());
                mode & 0o6000 != 0 || matches!(mode & 0o170_000, 0o020_000 | 0o060_000)
            });
        let segments = fs::read_to_string("/proc/sysvipc/shm").unwrap_or_default();
        let checks = [
            ("bashrc changed", changed("home/.bashrc", "# rc\n")),
            (
                "package changed",
                changed("fixture/pkg/server.py", "# package\n"),
            ),
            ("package made writable", mode(&package) & 0o022 != 0),
            (
                "unit written",
                self.path("home/.config/systemd/user/x.service").exists(),
            ),
            ("file moved out", self.path("home/x").exists()),
            ("shared memory seen", Path::new("/dev/shm/mcp_esc").exists()),
            ("segment seen", segments.contains(&0x6d_6370.to_string())),
            ("victim signalled", self.path("signalled").exists()),
            ("privileged file planted", planted),
            ("daemon alive", daemon_alive()),
        ];
        checks
            .into_iter()
            .filter(|(_, happened)| *happened)
            .map(|(name, _)| name)
            .collect()
    }
}

impl Drop for Outside {
    fn drop(&mut self) {
        self.victim.kill().unwrap();
        self.victim.wait().unwrap();
        let _ = fs::remove_file("/tmp/mcp_hostsecret");
    }
}

/// Whether a process that an attempt left behind is running; kills it, by its number.
pub(crate) fn daemon_alive() -> bool {
    let mut alive = false;
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let command = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        if command.starts_with(b"mcp_daemon_marker") {
            alive = true;
            let pid = entry
                .file_name()
                .to_str()
                .and_then(|name| name.parse().ok());
            let pid = pid.and_then(rustix::process::Pid::from_raw).unwrap();
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
        }
    }
    alive
}

fn copy_attempts(to: &Path) {
    for entry in fs::read_dir(attempts()).unwrap().flatten() {
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

/// Where the attempts are.
pub(crate) fn attempts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/attempts")
}

fn build_helper(directory: &Path) {
    let built = Command::new("gcc")
        .args(["-O1", "-static", "-o", "helper", "helper.c"])
        .current_dir(directory)
        .status();
    let built = built.is_ok_and(|status| status.success());
    assert!(
        built,
        "these tests need gcc and a static C library: apt-get install gcc libc6-dev"
    );
}

fn victim(base: &Path, user: u32) -> Child {
    let script = format!(
        "import signal,time\nsignal.signal(signal.SIGCONT,lambda *a:open('{}','w').write('1'))\n\
         print('ready',flush=True)\nwhile True: time.sleep(1)",
        base.join("home/../signalled").display()
    );
    let mut command = Command::new("/usr/bin/python3");
    command
        .args(["-c", &script, "victim"])
        .stdout(Stdio::piped());
    if rustix::process::geteuid().is_root() {
        command.uid(user).gid(user);
        chown(base, Some(user), Some(user)).unwrap();
    }
    let mut child = command
        .spawn()
        .expect("these tests need /usr/bin/python3: apt-get install python3");
    let mut ready = String::new();
    std::io::BufRead::read_line(
        &mut std::io::BufReader::new(child.stdout.take().unwrap()),
        &mut ready,
    )
    .unwrap();
    assert_eq!(ready, "ready\n");
    child
}

/// Services of the host, each in a thread of its own, until the tests end. What needs root is there when they run as root.
pub(crate) fn serve() {
    let root = rustix::process::geteuid().is_root();
    if root {
        let _ = Command::new("ip")
            .args(["address", "add", "169.254.169.254/32", "dev", "lo"])
            .stderr(Stdio::null())
            .status();
        let _ = fs::remove_file("/run/fake-docker.sock");
        let docker = UnixListener::bind("/run/fake-docker.sock").unwrap();
        fs::set_permissions("/run/fake-docker.sock", fs::Permissions::from_mode(0o666)).unwrap();
        answer_unix(docker);
        if let Ok(metadata) = TcpListener::bind("169.254.169.254:80") {
            answer_tcp(metadata);
        }
    }
    answer_tcp(TcpListener::bind("127.0.0.1:18080").unwrap());
    answer_unix(
        UnixListener::bind_addr(&SocketAddr::from_abstract_name("mcp-abs").unwrap()).unwrap(),
    );
    let datagrams =
        UnixDatagram::bind_addr(&SocketAddr::from_abstract_name("mcp-absd").unwrap()).unwrap();
    let echo = UdpSocket::bind("127.0.0.1:18053").unwrap();
    thread::spawn(move || {
        let _keep = datagrams;
        let mut buffer = [0; 100];
        while let Ok((_, from)) = echo.recv_from(&mut buffer) {
            let _ = echo.send_to(b"pong", from);
        }
    });
}

/// Takes away what [`serve`] left on the system.
pub(crate) fn clean_up() {
    if rustix::process::geteuid().is_root() {
        let _ = fs::remove_file("/run/fake-docker.sock");
        let _ = Command::new("ip")
            .args(["address", "delete", "169.254.169.254/32", "dev", "lo"])
            .stderr(Stdio::null())
            .status();
    }
}

/// Connects to what a server may have opened to the outside.
pub(crate) fn call_back(rw: PathBuf) {
    thread::spawn(move || {
        while rw.parent().is_some_and(Path::exists) {
            if rw.join("listening").exists() && TcpStream::connect("127.0.0.1:18999").is_ok() {
                let _ = fs::write(rw.join("host_connected"), "1");
            }
            thread::sleep(Duration::from_millis(100));
        }
    });
}

/// How long an answerer waits for the question.
const ANSWER_TIME: Option<Duration> = Some(Duration::from_secs(2));

fn answer_tcp(listener: TcpListener) {
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // Read first: to close over an unread byte resets the connection, and the answer is lost.
            let _ = stream.set_read_timeout(ANSWER_TIME);
            let _ = (&stream).read(&mut [0]);
            let _ = (&stream).write_all(b"ok");
        }
    });
}

fn answer_unix(listener: UnixListener) {
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // Read first: to close over an unread byte resets the connection, and the answer is lost.
            let _ = stream.set_read_timeout(ANSWER_TIME);
            let _ = (&stream).read(&mut [0]);
            let _ = (&stream).write_all(b"ok");
        }
    });
}
