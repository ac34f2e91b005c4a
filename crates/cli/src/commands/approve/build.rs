//! Building a source archive, in a sandbox of its own, before anybody is asked whether to start what comes out.
//!
//! The user's interpreter runs the program in `build.py`, which runs the project's build backend. It sees the interpreter, the
//! system's programs and libraries, the sources and the tree of what the build needs, all of it read-only, and has no network.
//! What it writes, it writes into a file system in memory that ends with it; the wheel comes back through its standard output.
//! So there is no directory of this machine that a build could fill, leave something in, or be killed half way in.

use std::ffi::OsString;
use std::fs::File;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::Duration;

use interlock_audit::Receipt;
use interlock_sandbox::{Access, Confined, Exit, Kernel, Limits, Mount, Profile, Stdio, Stdio3};
use interlock_supply::pypi::{Broken, Task};
use interlock_supply::{Ecosystem, LockedTree};

use super::compile::parts;
use crate::exit::Failure;
use crate::show::counted;
use crate::terminal::visible;

const PROGRAM: &str = include_str!("build.py");
/// Where a build sees its sources and its tools: the same everywhere, because some write it into what they make.
const PLACES: [&str; 2] = ["/build/source", "/build/tools"];
/// How backends are told a version that they would ask Git for: setuptools-scm and hatch-vcs, PDM, pbr, and those of Poetry and uv.
const VERSION: [&str; 5] = [
    "SETUPTOOLS_SCM_PRETEND_VERSION",
    "PDM_BUILD_SCM_VERSION",
    "PBR_VERSION",
    "POETRY_DYNAMIC_VERSIONING_BYPASS",
    "UV_DYNAMIC_VERSIONING_BYPASS",
];
/// The one time that files are made at: 1 January 2020.
const EPOCH: &str = "1577836800";
/// What a hook may give back at most. The sandbox bounds what a build takes; this bounds what is taken from it.
struct Mode {
    name: &'static str,
    bytes: u64,
    parts: usize,
}
const REQUIRES: Mode = Mode {
    name: "requires",
    bytes: 1 << 20,
    parts: 1000,
};
const WHEEL: Mode = Mode {
    name: "wheel",
    bytes: 512 << 20,
    parts: 8,
};
/// So much of what a failed build said is told: bytes, and lines.
const TOLD: (usize, usize) = (8 << 10, 12);

/// How a failure tells what would let something be built.
pub const ALLOWING: &str = "add `--danger-build-sdists`";

/// A failure that the option would mend, with the very command that has it in the option's place.
pub fn with_command(mut failure: Failure, command: impl FnOnce() -> String) -> Failure {
    if let Some(next) = failure.next.take_if(|next| next.contains(ALLOWING)) {
        failure.next = Some(next.replace(ALLOWING, &command()));
    }
    failure
}

/// Whether source archives may be built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sources {
    /// No: what is there as sources only is refused.
    Refused,
    /// Somebody said so: `--danger-build-sdists`.
    DangerBuilt,
}

impl Sources {
    /// As the option says.
    pub fn of(danger_build_sdists: bool) -> Self {
        if danger_build_sdists {
            Self::DangerBuilt
        } else {
            Self::Refused
        }
    }
}

/// Builds one thing with one interpreter. Nobody has it who did not take the build on record first.
pub struct ContainedBuild {
    python: PathBuf,
    _recorded: Receipt,
    limits: Limits,
    /// How long one run may take.
    time: Duration,
}

impl ContainedBuild {
    /// With the interpreter at this real path. `recorded`: that the build is in the audit log.
    pub fn new(python: PathBuf, recorded: Receipt) -> Self {
        const MIB: u64 = 1 << 20;
        let limits = Limits {
            memory_bytes: 4096 * MIB,
            tmp_bytes: 2048 * MIB,
            tmp_files: 200_000,
            cpu_seconds: Some(1800),
            ..Limits::default()
        };
        Self {
            python,
            _recorded: recorded,
            limits,
            time: Duration::from_secs(1800),
        }
    }

    fn profile(&self, mode: &str, task: &Task<'_>) -> Profile {
        let words = ["-s", "-S", "-B", "-W", "ignore", "-X", "utf8", "-c"];
        let own = words.into_iter().chain([PROGRAM, mode, task.backend]);
        let more = task.backend_path.iter().map(String::as_str);
        let mut profile = own
            .chain(more)
            .fold(Profile::new(&self.python), |profile, word| {
                profile.arg(OsString::from(word))
            });
        let [source, tools] = PLACES;
        for (host, inside, access) in [
            (task.source, source, Access::Read),
            (task.tools, tools, Access::ReadExec),
        ] {
            profile.mounts.push(Mount {
                host: host.to_owned(),
                inside: inside.into(),
                access,
                required: true,
            });
        }
        profile.limits = self.limits;
        let path = format!("{tools}/python/scripts:/usr/local/bin:/usr/bin:/bin");
        for name in VERSION {
            if let Some(version) = task.version {
                profile = profile.env(name, version);
            }
        }
        profile
            .env("PATH", path)
            .env("PYTHONPATH", format!("{tools}/python/site"))
            .env("PYTHONHASHSEED", "0")
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("PYTHONNOUSERSITE", "1")
            .env("SOURCE_DATE_EPOCH", EPOCH)
            .env("TZ", "UTC")
    }

    fn run(&self, mode: &Mode, task: &Task<'_>) -> Result<Vec<(String, Vec<u8>)>, Broken> {
        let plan = self.profile(mode.name, task).plan(&Kernel::assume());
        let plan = plan.map_err(|error| error.to_string())?;
        let streams = Stdio3 {
            stdin: Stdio::Null,
            stdout: Stdio::Piped,
            stderr: Stdio::Piped,
        };
        let mut confined = plan.spawn(streams).map_err(|error| error.to_string())?;
        let (Some(out), Some(said)) = (confined.stdout.take(), confined.stderr.take()) else {
            return Err("its output cannot be read".to_owned().into());
        };
        let read = self.read(&confined, mode.bytes, out, said);
        let exit = confined.wait().map_err(|error| error.to_string())?;
        let read = read?;
        match exit {
            _ if read.late => Err(format!(
                "it took longer than {} minutes",
                self.time.as_secs().div_ceil(60)
            )
            .into()),
            Exit::Code(0) => parts(read.out, mode.parts).map_err(|error| error.to_string().into()),
            exit => Err(Broken {
                why: format!("it ended with {exit}"),
                said: last_lines(&read.said),
            }),
        }
    }

    /// Reads both streams to their ends, which is when nothing is left that could write; kills what goes on for too long.
    fn read(
        &self,
        confined: &Confined,
        most: u64,
        out: OwnedFd,
        said: OwnedFd,
    ) -> Result<Ended, Broken> {
        let late = AtomicBool::new(false);
        let (done, over) = sync_channel::<()>(0);
        std::thread::scope(|scope| {
            let late = &late;
            scope.spawn(move || {
                if over.recv_timeout(self.time) == Err(RecvTimeoutError::Timeout) {
                    late.store(true, Ordering::Release);
                    let _ = confined.kill();
                }
            });
            let said = scope.spawn(|| end_of(File::from(said)));
            let mut raw = Vec::new();
            let read = File::from(out).take(most + 1).read_to_end(&mut raw);
            if raw.len() as u64 > most {
                let _ = confined.kill();
            }
            let said = said.join().unwrap_or_default();
            drop(done);
            read.map_err(|error| error.to_string())?;
            if raw.len() as u64 > most {
                return Err(format!("it made more than {} MiB", most >> 20).into());
            }
            Ok((raw, said))
        })
        .map(|(out, said)| Ended {
            out,
            said,
            late: late.load(Ordering::Acquire),
        })
    }
}

/// What a run gave back.
struct Ended {
    out: Vec<u8>,
    /// The end of what it said.
    said: Vec<u8>,
    late: bool,
}

/// The last bytes of a stream.
fn end_of(mut stream: impl Read) -> Vec<u8> {
    let (mut kept, mut buffer) = (Vec::new(), [0; 4096]);
    while let Ok(count) = stream.read(&mut buffer) {
        let Some(data) = buffer.get(..count).filter(|data| !data.is_empty()) else {
            break;
        };
        kept.extend_from_slice(data);
        let old = kept.len().saturating_sub(TOLD.0);
        kept.drain(..old);
    }
    kept
}

/// The last lines of what a failed build said.
fn last_lines(said: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(said);
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    let old = lines.len().saturating_sub(TOLD.1);
    let last = lines.get(old..).unwrap_or_default();
    last.iter().map(|line| line.trim_end().to_owned()).collect()
}

/// The same, escaped, each as a cause of a failure.
pub fn said(broken: &Broken) -> impl Iterator<Item = String> {
    let lines = broken.said.iter();
    lines.map(|line| format!("it said: {}", visible(line)))
}

impl ContainedBuild {
    /// What the backend asks for besides what the project says.
    pub fn requires(&self, task: &Task<'_>) -> Result<Vec<String>, Broken> {
        let found = self.run(&REQUIRES, task)?;
        Ok(found.into_iter().map(|(need, _)| need).collect())
    }

    /// The files that the build left behind.
    pub fn wheel(&self, task: &Task<'_>) -> Result<Vec<(String, Vec<u8>)>, Broken> {
        self.run(&WHEEL, task)
    }
}

/// What a person has to know of a tree with something in it that was built from sources; nothing where there is nothing.
pub fn told(tree: &LockedTree) -> Vec<String> {
    let one = |(package, built): (&interlock_supply::LockedPackage, &interlock_supply::Built)| {
        let own = format!("{}@{}", package.name, package.version);
        let tools = built
            .tools
            .iter()
            .map(|tool| visible(&format!("{}@{}", tool.name, tool.version)));
        let tools: Vec<String> = tools.collect();
        let with = if tools.is_empty() {
            "nothing besides".to_owned()
        } else {
            tools.join(", ")
        };
        let asked: Vec<String> = built.asked.iter().map(|it| visible(it)).collect();
        let asked = if asked.is_empty() {
            String::new()
        } else {
            format!("; it asked for {} itself", asked.join(", "))
        };
        format!(
            "LOOK TWICE: {} was built here from source; its build program ran contained and without network, with {with}{asked}",
            visible(&own)
        )
    };
    let mut lines: Vec<String> = tree.built().map(one).collect();
    if !lines.is_empty() {
        let those = match lines.len() {
            1 => "that wheel".to_owned(),
            count => format!("those {}", counted(count, "wheel")),
        };
        let signed = "what is attested or signed is the archive of sources";
        lines.push(match tree.ecosystem {
            Ecosystem::Git => format!("nobody published {those}"),
            _ => format!("nobody published {those}: {signed}"),
        });
    }
    lines
}

#[cfg(test)]
#[path = "build_tests.rs"]
mod tests;
