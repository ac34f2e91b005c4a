//! Starting a server: the one function that does, and what it makes of an approval.
//!
//! [`contain`] (or [`plan`], for those who start it on another thread) takes the proof of approval and the proof of the record by value, so neither can serve twice and
//! nothing else in this crate can start a process. What the server may touch comes from the approval alone; the
//! caller adds the values that an approval only names: secrets and variables of its own environment.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use interlock_audit::{AppendError, Event, OpenError, Receipt};
use interlock_launch::{
    Approved, BaseProfile, Changed, ContentMount, Danger, HeaderValue, HostPort, Launch, LayerName,
    SecretError, SecretStore,
};
use interlock_sandbox::egress::{self, EgressRules, Rule, RuleError, StartError};
use interlock_sandbox::{
    Access, Confined, Feature, Kernel, Layer, Limits, Mount, Mounted, Network, Plan, PlanError,
    Profile, SpawnError, Stdio3, runtime,
};
use interlock_sdk::http::client::UrlError;
use thiserror::Error;

use crate::clock::Now;
use crate::egress_log::{EgressLog, Heard};
use crate::journal::Journal;
use crate::outcome::Exit;
use crate::relay::driver::{Pipes, Process};
use crate::remote::{Connection, Link};
use crate::upstream::Upstream;

/// What the machine and the user add to an approval.
pub struct Surroundings<'a> {
    /// What this kernel can enforce.
    pub kernel: &'a Kernel,
    /// Where granted secrets are.
    pub secrets: &'a SecretStore,
    /// A variable of the caller's environment, for those that are granted by name.
    pub variable: &'a dyn Fn(&str) -> Option<OsString>,
    /// An empty directory of Interlock's own. It covers what a server must not see of a directory that it sees.
    pub empty: &'a Path,
    /// The audit log's directory: connections are recorded from a thread of their own.
    pub audit: &'a Path,
}

/// Why an approved server was not started.
#[derive(Debug, Error)]
pub enum ContainError {
    /// A granted secret cannot be had.
    #[error("a granted secret cannot be given to the server")]
    Secret(#[from] SecretError),
    /// A granted host is not one that the sandbox can serve.
    #[error("a granted host cannot be served")]
    Egress(#[from] RuleError),
    /// A layer that the approval lets go is none.
    #[error("`{0}` is no layer of the sandbox: run `interlock doctor` for their names")]
    Layer(String),
    /// This machine cannot give what the profile requires.
    #[error("the sandbox cannot give what the profile requires")]
    Plan(#[from] PlanError),
    /// The sandbox could not be set up, or the program not executed.
    #[error("the server could not be started")]
    Spawn(#[from] SpawnError),
    /// Its network could not be served.
    #[error("the server's network could not be set up")]
    Network(#[from] StartError),
    /// The audit log cannot be opened.
    #[error("the audit log cannot be opened: run `interlock doctor`")]
    Log(#[from] OpenError),
    /// It was not recorded.
    #[error("the audit log cannot be written: run `interlock doctor`")]
    Record(#[from] AppendError),
    /// What was approved is no longer what the server would be started from. Nothing was started.
    #[error(transparent)]
    Changed(#[from] Changed),
    /// What was approved is no longer what the server was started from. It was ended before anybody spoke to it.
    #[error(transparent)]
    Overtaken(Changed),
    /// The approved address is none that can be connected to.
    #[error("the approved address cannot be used")]
    Address(#[source] UrlError),
    /// A variable that fills a header is not set.
    #[error(
        "the variable `{0}`, which fills a header, is not set or empty where `interlock` was started"
    )]
    Variable(String),
    /// A secret that fills a header has nothing in it.
    #[error(
        "the secret `{0}`, which fills a header, is empty: set it again with `interlock secret set {0}`"
    )]
    Empty(String),
    /// A secret that fills a header has bytes that no header can have.
    #[error(
        "the value for the header `{0}` cannot be sent: set its secret again with `interlock secret set`"
    )]
    Header(String),
    /// A remote server has no network of its own that could be refused.
    #[error("a remote server cannot be learned from: approve it without `--learn`")]
    Learn,
    /// There is nothing to start.
    #[error("the approval names no program")]
    NoProgram,
    /// This process has no thread or descriptor left for a connection.
    #[error("the connection could not be set up")]
    Link(#[source] io::Error),
    /// The sandbox did not give its pipes.
    #[error("the server's pipes are missing")]
    Pipes,
}

impl ContainError {
    /// The step that failed, as the audit log names it.
    #[must_use]
    pub fn stage(&self) -> &'static str {
        match self {
            Self::Secret(_) => "secrets",
            Self::Egress(_) | Self::Layer(_) | Self::Plan(_) => "plan",
            Self::Spawn(_) | Self::Pipes | Self::Link(_) => "spawn",
            Self::Address(_) | Self::Variable(_) | Self::Empty(_) | Self::Header(_) => "address",
            Self::Learn | Self::NoProgram => "plan",
            Self::Network(_) => "egress",
            Self::Changed(_) | Self::Overtaken(_) => "changed",
            Self::Record(_) | Self::Log(_) => "record",
        }
    }
}

/// A contained server. Dropping it ends its whole tree.
pub(crate) struct Running {
    confined: Confined,
    /// Serves its network for as long as it lives.
    _egress: Option<egress::Handle>,
}

/// How the network is served.
pub(crate) enum Reach {
    /// What was granted.
    Granted,
    /// Nothing; what is asked for is told.
    Learn(Heard),
}

/// An approved and recorded launch made concrete for this kernel. Nothing runs yet.
pub(crate) struct Planned {
    approved: Approved,
    receipt: Receipt,
    means: Means,
}

/// How a server is reached.
enum Means {
    /// By starting it.
    Tree {
        plan: Box<Plan>,
        sink: Option<Box<EgressLog>>,
    },
    /// By connecting to it.
    Remote(Box<Connection>),
}

/// Starts an approved and recorded server, contained: [`plan`] and [`Planned::start`] at once.
pub(crate) fn contain(
    approved: Approved,
    receipt: Receipt,
    reach: Reach,
    around: &Surroundings<'_>,
    journal: &mut Journal,
    now: Now,
) -> Result<(Upstream, Pipes), ContainError> {
    plan(approved, receipt, reach, around, journal, now)?.start(journal, now)
}

/// Works out everything that the start needs.
pub(crate) fn plan(
    approved: Approved,
    receipt: Receipt,
    reach: Reach,
    around: &Surroundings<'_>,
    journal: &Journal,
    now: Now,
) -> Result<Planned, ContainError> {
    if let Some(connection) = Connection::of(&approved, around)? {
        return match reach {
            Reach::Granted => Ok(Planned {
                approved,
                receipt,
                means: Means::Remote(Box::new(connection)),
            }),
            Reach::Learn(_) => Err(ContainError::Learn),
        };
    }
    let profile = profile(&approved, &reach, around)?;
    let sink = match profile.network {
        Network::None => None,
        Network::Egress(_) => Some(EgressLog::open(
            around.audit,
            journal.session(),
            reach,
            now,
        )?),
    };
    let plan = profile.plan(around.kernel)?;
    Ok(Planned {
        approved,
        receipt,
        means: Means::Tree {
            plan: Box::new(plan),
            sink: sink.map(Box::new),
        },
    })
}

impl Planned {
    /// Starts it. There is no other way to start a server. The server ends with the thread that calls this, so that must be
    /// the one that stays with it.
    pub(crate) fn start(
        self,
        journal: &mut Journal,
        now: Now,
    ) -> Result<(Upstream, Pipes), ContainError> {
        let Self {
            approved,
            receipt,
            means,
        } = self;
        if let Means::Tree { plan, .. } = &means {
            mounts_what_was_digested(plan, approved.launch())?;
        }
        record_weakenings(&approved, journal, now);
        let recorded = journal.commit(now)?;
        // The proofs end here: one launch each.
        drop((receipt, recorded));
        let (plan, sink) = match means {
            Means::Tree { plan, sink } => (plan, sink),
            Means::Remote(connection) => {
                let (link, pipes) = Link::start(*connection).map_err(ContainError::Link)?;
                record_connection(approved.launch(), journal, now);
                return Ok((Upstream::Remote(link), pipes));
            }
        };
        let mut confined = plan.spawn(Stdio3::default())?;
        let egress = match (confined.egress.take(), sink) {
            (Some(prepared), Some(sink)) => Some(egress::start(prepared, *sink)?),
            _ => None,
        };
        // It runs, and nobody has spoken to it: if anything it was started from is not what was approved, it ends here.
        let unchanged = approved.launch().check_unchanged();
        unchanged.map_err(ContainError::Overtaken)?;
        let pipes = Pipes {
            stdin: confined.stdin.take().ok_or(ContainError::Pipes)?,
            stdout: confined.stdout.take().ok_or(ContainError::Pipes)?,
            stderr: confined.stderr.take().ok_or(ContainError::Pipes)?,
        };
        record_start(&confined, approved.launch(), journal, now);
        let running = Running {
            confined,
            _egress: egress,
        };
        Ok((Upstream::Tree(Box::new(running)), pipes))
    }
}

/// A path that was digested may lead to something else by now. The sandbox mounts what the plan has seen, so that must be
/// the very file or directory that was digested.
fn mounts_what_was_digested(plan: &Plan, launch: &Launch) -> Result<(), Changed> {
    // Of an image each name of its root is mounted for itself, as the plan has seen it. If nothing of it is otherwise than when it was
    // digested, the plan, which came after that, has seen what was digested; the kernel is given these very files.
    if launch.image().is_some() {
        launch.check_unchanged()?;
    }
    for seen in launch.identities() {
        let mut same_path = plan.mounted().filter(|mounted| mounted.path == seen.path);
        let differs =
            |mounted: Mounted<'_>| (mounted.device, mounted.inode) != (seen.device, seen.inode);
        if same_path.any(differs) {
            return Err(seen.changed());
        }
    }
    Ok(())
}

fn record_weakenings(approved: &Approved, journal: &mut Journal, now: Now) {
    for danger in approved.profile().danger() {
        let option = format!("--danger-{danger}");
        journal.announce(now, |session| Event::DangerUsed {
            session: Some(session),
            option: &option,
            value: None,
        });
    }
    for layer in approved.profile().allow_missing() {
        journal.announce(now, |session| Event::DangerUsed {
            session: Some(session),
            option: "--danger-allow-missing",
            value: Some(layer.as_str()),
        });
    }
    let headers = approved.launch().remote().map(|address| &address.headers);
    let sent = headers
        .into_iter()
        .flatten()
        .filter_map(|header| match &header.value {
            HeaderValue::Secret { name, .. } => Some(name),
            HeaderValue::Variable { .. } | HeaderValue::Text(_) => None,
        });
    for secret in approved.profile().secrets().iter().chain(sent) {
        journal.announce(now, |session| Event::SecretGiven {
            session,
            secret: secret.as_str(),
        });
    }
}

fn record_start(confined: &Confined, launch: &Launch, journal: &mut Journal, now: Now) {
    let program = launch.program().unwrap_or_default();
    let program = program.to_string_lossy();
    let layers: Vec<&str> = confined
        .enforced()
        .layers
        .iter()
        .map(|layer| layer.name())
        .collect();
    journal.tell(now, |session| Event::LaunchStarted {
        session,
        pid: u64::try_from(confined.pid()).unwrap_or_default(),
        program: &program,
        layers: &layers,
    });
}

/// The same of a server that is connected to: it has no process here, and no layer that could contain it.
fn record_connection(launch: &Launch, journal: &mut Journal, now: Now) {
    let address = launch.remote().map_or("", |address| &address.url);
    journal.tell(now, |session| Event::LaunchStarted {
        session,
        pid: 0,
        program: address,
        layers: &[],
    });
}

/// The sandbox's profile of an approval: content to execute, grants, and the environment.
fn profile(
    approved: &Approved,
    reach: &Reach,
    around: &Surroundings<'_>,
) -> Result<Profile, ContainError> {
    let (launch, grants) = (approved.launch(), approved.profile());
    let mut profile = match launch.image() {
        Some(image) => Profile::in_root(&image.root, &image.program),
        None => Profile::new(launch.program().ok_or(ContainError::NoProgram)?),
    };
    profile.args = launch.argv().iter().map(OsString::from).collect();
    for mount in launch.mounts() {
        profile.mounts.extend(content(&mount, around.empty));
    }
    for path in grants.reads() {
        granted(&mut profile, launch, path.as_path(), Access::Read);
    }
    for path in grants.writes() {
        granted(&mut profile, launch, path.as_path(), Access::Write);
    }
    profile.cwd = launch.cwd().map(Path::to_owned);
    if let Some(cwd) = grants.cwd() {
        let seen = profile
            .mounts
            .iter()
            .any(|m| cwd.as_path().starts_with(&m.inside));
        if !seen {
            profile
                .mounts
                .push(Mount::same(cwd.as_path(), Access::Read));
        }
        profile.cwd = Some(cwd.as_path().to_owned());
    }
    profile.env = environment(approved, around)?;
    profile.limits = limits(grants.limits());
    profile.network = network(approved, reach)?;
    for name in grants.allow_missing() {
        profile.allow_missing.insert(layer(name)?);
    }
    if grants.base() == BaseProfile::Browser {
        profile = profile.feature(Feature::Browser);
    }
    Ok(profile)
}

/// A granted path: where it is on the host, or in an image where the request wants it.
fn granted(profile: &mut Profile, launch: &Launch, path: &Path, access: Access) {
    let places = match launch.image() {
        Some(image) => image.place(path),
        None => vec![path.to_owned()],
    };
    profile
        .mounts
        .extend(places.into_iter().map(|inside| Mount {
            inside,
            ..Mount::same(path, access)
        }));
}

/// A digested path for executing, with what is not digested in it covered.
fn content(mount: &ContentMount, empty: &Path) -> Vec<Mount> {
    let mut mounts = vec![Mount::same(&mount.path, Access::ReadExec)];
    for hidden in &mount.hidden {
        let cover = match hidden.symlink_metadata() {
            Ok(found) if found.is_dir() => empty.to_owned(),
            Ok(found) if found.is_file() => PathBuf::from("/dev/null"),
            _ => continue,
        };
        mounts.push(Mount {
            host: cover,
            inside: hidden.clone(),
            access: Access::Read,
            required: true,
        });
    }
    mounts
}

/// Fixed variables, then what was declared, what is granted by name, and secrets. A later one wins.
fn environment(
    approved: &Approved,
    around: &Surroundings<'_>,
) -> Result<Vec<(OsString, OsString)>, ContainError> {
    let mut env = runtime::environment();
    let mut set = |name: &str, value: OsString| {
        env.retain(|(known, _)| known != OsStr::new(name));
        env.push((name.into(), value));
    };
    set(
        crate::hash_seed::VARIABLE,
        crate::hash_seed::of(approved).into(),
    );
    for (name, value) in approved.launch().env() {
        set(name, value.into());
    }
    for name in approved.profile().env() {
        if let Some(value) = (around.variable)(name.as_str()) {
            set(name.as_str(), value);
        }
    }
    for name in approved.profile().secrets() {
        let secret = around.secrets.get(name)?;
        let value = OsStr::from_bytes(secret.reveal()).to_owned();
        set(name.variable().as_str(), value);
    }
    Ok(env)
}

fn limits(granted: &interlock_launch::Limits) -> Limits {
    let narrow = |value: u64| u32::try_from(value).unwrap_or(u32::MAX);
    Limits {
        memory_bytes: granted.memory_bytes,
        processes: narrow(granted.processes),
        open_files: narrow(granted.open_files),
        file_bytes: granted.file_bytes,
        tmp_bytes: granted.tmp_bytes,
        cpu_seconds: Some(granted.cpu_seconds).filter(|seconds| *seconds > 0),
        ..Limits::default()
    }
}

fn network(approved: &Approved, reach: &Reach) -> Result<Network, ContainError> {
    if let Reach::Learn(_) = reach {
        return Ok(Network::Egress(EgressRules::learn()));
    }
    let granted = approved.profile().net();
    if granted.is_empty() {
        return Ok(Network::None);
    }
    let private = approved.profile().accepts(Danger::PrivateNetwork);
    let rules = granted.iter().map(|host| rule(host, private));
    let rules = rules.collect::<Result<_, _>>()?;
    Ok(Network::Egress(EgressRules::new(rules)?))
}

/// What was accepted for a private name or address is not lent to the public names beside it.
fn rule(granted: &HostPort, private_accepted: bool) -> Result<Rule, RuleError> {
    let text = granted.to_string();
    let is_private = granted.danger() == Some(Danger::PrivateNetwork);
    match is_private && private_accepted {
        true => Rule::danger_parse(&text),
        false => Rule::parse(&text),
    }
}

fn layer(name: &LayerName) -> Result<Layer, ContainError> {
    Layer::from_name(name.as_str()).ok_or_else(|| ContainError::Layer(name.as_str().to_owned()))
}

impl Running {
    /// Ends the tree and waits until nothing of it is left.
    pub(crate) fn finish(mut self) -> Exit {
        // It may be gone already.
        let _gone = self.confined.kill();
        self.confined.wait().map_or(Exit::Unknown, ended)
    }
}

impl Process for Running {
    fn ended(&self) -> BorrowedFd<'_> {
        self.confined.as_fd()
    }

    fn exit(&mut self) -> Option<Exit> {
        match self.confined.try_wait() {
            Ok(exit) => exit.map(ended),
            Err(_) => Some(Exit::Unknown),
        }
    }

    fn terminate(&mut self) {
        // If it cannot be asked it is killed in a moment.
        let _asked = self.confined.terminate();
    }

    fn kill(&mut self) {
        // Dropping it kills again.
        let _killed = self.confined.kill();
    }
}

fn ended(exit: interlock_sandbox::Exit) -> Exit {
    match exit {
        interlock_sandbox::Exit::Code(code) => Exit::Code(code),
        interlock_sandbox::Exit::Signal(signal) => Exit::Signal(signal),
        interlock_sandbox::Exit::OutOfMemory => Exit::OutOfMemory,
        interlock_sandbox::Exit::Killed => Exit::Killed,
        _ => Exit::Unknown,
    }
}
