//! A home of the demonstration's own: fake secrets, a listener, a daemon's socket, and `interlock` itself to run in it.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::DirBuilderExt as _;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::exit::{Exit, Failure};
use crate::places;

/// Protects nothing: the key dies with the demonstration.
const PASSPHRASE: &str = "a passphrase for ten seconds\n";
/// What the caller's environment and the fake key hold; the hostile server looks for it everywhere.
pub const SECRET: &str = "topsecret-demo-value";

/// What one `interlock` command said.
pub struct Said {
    /// Its exit code.
    pub code: i32,
    /// Both streams, in that order.
    pub text: String,
}

/// The demonstration's surroundings; removed when dropped.
pub struct World {
    /// The directory that stands for a home.
    pub home: PathBuf,
    /// This program.
    pub binary: PathBuf,
    /// A service on the loopback interface that nobody granted.
    pub loopback: TcpListener,
    /// A daemon's socket.
    pub daemon: PathBuf,
    _daemon: UnixListener,
    /// Says to the processes that inherit it that this home is meant.
    voucher: fs::File,
}

fn failed(what: &str, error: &std::io::Error) -> Failure {
    Failure::new(
        Exit::Internal,
        format!("the demonstration could not {what}"),
    )
    .because(error)
}

impl World {
    /// Makes everything.
    ///
    /// # Errors
    /// When the temporary directory cannot be written.
    pub fn new() -> Result<Self, Failure> {
        let home = std::env::temp_dir().join(format!("interlock-demo-{}", std::process::id()));
        let made = fs::DirBuilder::new().mode(0o700).create(&home);
        made.map_err(|error| failed("make a directory", &error))?;
        let home = home
            .canonicalize()
            .map_err(|error| failed("find its directory", &error))?;
        populate(&home).map_err(|error| failed("fill its directory", &error))?;
        let daemon = home.join("docker.sock");
        Ok(Self {
            binary: std::env::current_exe().map_err(|error| failed("find itself", &error))?,
            loopback: TcpListener::bind("127.0.0.1:0").map_err(|error| failed("listen", &error))?,
            _daemon: UnixListener::bind(&daemon).map_err(|error| failed("listen", &error))?,
            daemon,
            voucher: places::voucher().map_err(|error| failed("vouch for its home", &error))?,
            home,
        })
    }

    /// `interlock` with these words, in this world.
    pub fn command(&self, words: &[&str]) -> Command {
        #[expect(
            clippy::disallowed_methods,
            reason = "the demonstration plays the client, which starts `interlock`"
        )]
        let mut command = Command::new(&self.binary);
        command
            .args(words)
            .env_clear()
            .env("HOME", &self.home)
            .env("DEMO_API_KEY", SECRET)
            .env(
                places::VOUCHER_VARIABLE,
                self.voucher.as_raw_fd().to_string(),
            );
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command
    }

    /// Runs `interlock` to its end, with the passphrase on standard input.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn interlock(&self, words: &[&str]) -> Result<Said, Failure> {
        let mut command = self.command(words);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command
            .spawn()
            .map_err(|error| failed("start itself", &error))?;
        if let Some(mut input) = child.stdin.take() {
            // A command that needs no passphrase may have closed it already.
            let _ = input.write_all(PASSPHRASE.as_bytes());
        }
        let output = child
            .wait_with_output()
            .map_err(|error| failed("wait for itself", &error))?;
        let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.push_str(&String::from_utf8_lossy(&output.stderr));
        Ok(Said {
            code: output.status.code().unwrap_or(-1),
            text,
        })
    }

    /// Approves a launch under a name.
    ///
    /// # Errors
    /// With what was said when it is not approved.
    pub fn approve(&self, name: &str, grants: &[&str], launch: &[&str]) -> Result<Said, Failure> {
        let mut words = vec!["approve", "--name", name, "--passphrase-fd", "0"];
        words.extend(grants);
        words.push("--");
        words.extend(launch);
        let said = self.interlock(&words)?;
        if said.code != 0 {
            let what = format!("the demonstration's server {name} could not be approved");
            let mut failure = Failure::new(Exit::Internal, what).next("interlock doctor");
            failure.causes = said.text.lines().map(str::to_owned).collect();
            return Err(failure);
        }
        Ok(said)
    }

    /// The audit log's directory.
    pub fn audit(&self) -> PathBuf {
        self.home.join(".local/state/interlock/audit")
    }

    /// A copy of the audit log with one bit of one record changed.
    ///
    /// # Errors
    /// When it cannot be copied.
    pub fn edited_audit(&self) -> Result<PathBuf, Failure> {
        let copy = self.home.join("copy-of-audit");
        copy_with_a_flipped_bit(&self.audit(), &copy)
            .map_err(|error| failed("copy the audit log", &error))?;
        Ok(copy)
    }
}

fn populate(home: &Path) -> std::io::Result<()> {
    fs::create_dir_all(home.join(".ssh"))?;
    fs::write(home.join(".ssh/id_ed25519"), SECRET)?;
    fs::write(home.join(".bashrc"), "# nothing yet\n")?;
    fs::create_dir_all(home.join(".cursor"))?;
    fs::write(home.join(".cursor/mcp.json"), "{\"mcpServers\":{}}\n")?;
    fs::create_dir_all(home.join("data"))?;
    fs::write(home.join("data/words.txt"), "granted for reading\n")
}

fn copy_with_a_flipped_bit(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::DirBuilder::new().mode(0o700).create(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let mut bytes = Vec::new();
        fs::File::open(entry.path())?.read_to_end(&mut bytes)?;
        let middle = bytes.len() / 2;
        let is_records = entry
            .path()
            .extension()
            .is_some_and(|extension| extension == "jsonl");
        if let (true, Some(byte)) = (is_records, bytes.get_mut(middle)) {
            *byte ^= 1;
        }
        fs::write(to.join(entry.file_name()), bytes)?;
    }
    Ok(())
}

impl Drop for World {
    fn drop(&mut self) {
        // Stored packages are read-only directories; what cannot be removed is in the temporary directory anyway.
        let _ = make_writable(&self.home);
        let _ = fs::remove_dir_all(&self.home);
    }
}

fn make_writable(directory: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(directory, fs::Permissions::from_mode(0o700))?;
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            make_writable(&entry.path())?;
        }
    }
    Ok(())
}
