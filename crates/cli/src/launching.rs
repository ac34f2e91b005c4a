//! What starting a server needs of this machine and user, gathered once for `run`, `approve`, `diff` and `check`.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use interlock_gateway::{Clock as _, Now, SystemClock};
use interlock_launch::{
    DigestCache, Entry, EnvRecord, Launch, Ledger, PackageRef, Prior, Request, RequestRecord,
    ResolveError, Resolver, SecretStore, judge,
};
use interlock_sandbox::Kernel;
use interlock_supply::npm::node_version;
use interlock_supply::{Host, Store};

use crate::context::Context;
use crate::exit::{Exit, Failure};

/// Owned parts of a `gateway::Setting`.
pub struct Machine {
    /// The packages.
    pub packages: Store,
    /// What this kernel can enforce.
    pub kernel: Kernel,
    /// Granted secrets.
    pub secrets: SecretStore,
    /// An empty directory of Interlock's own.
    pub empty: PathBuf,
    /// This attempt's name in the audit log.
    pub session: String,
}

impl Machine {
    /// Opens everything.
    ///
    /// # Errors
    /// When the store or the state directory cannot be used.
    pub fn open(context: &Context) -> Result<Self, Failure> {
        let packages = Store::open(context.places.store()).map_err(|error| {
            Failure::new(Exit::Refused, "the package store cannot be used")
                .because(&error)
                .next("interlock doctor")
        })?;
        let empty = context.places.state().join("empty");
        std::fs::create_dir_all(&empty).map_err(|error| {
            let what = format!("`{}` cannot be made", empty.display());
            Failure::new(Exit::Refused, what)
                .because(&error)
                .next("interlock doctor")
        })?;
        Ok(Self {
            packages,
            kernel: Kernel::assume(),
            secrets: SecretStore::new(&context.places),
            empty,
            session: session_name(SystemClock.now()),
        })
    }
}

/// Unique on this machine: the process and the moment.
fn session_name(now: Now) -> String {
    let since = now
        .wall
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default();
    format!("{:x}-{:x}", std::process::id(), since.as_micros())
}

/// A variable of this process's own environment.
pub fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

/// Where programs are looked up by name: first where the approved ones were found, so that a client with another `PATH`
/// starts the same; then this process's `PATH`. What is found must match the approval anyway.
pub fn search_path(entry: Option<&Entry>) -> Vec<PathBuf> {
    let approved = entry.into_iter().flat_map(|entry| {
        let launch = entry.launch();
        let files = launch.program.iter().chain(&launch.chain);
        files
            .filter_map(|file| Path::new(&file.path).parent().map(Path::to_owned))
            .collect::<Vec<_>>()
    });
    let path = std::env::var_os("PATH").unwrap_or_default();
    let own: Vec<PathBuf> = std::env::split_paths(&path)
        .filter(|directory| directory.is_absolute())
        .collect();
    let usual = ["/usr/local/bin", "/usr/bin", "/bin"].map(PathBuf::from);
    approved.chain(own).chain(usual).collect()
}

/// A request as it is typed: a bundle's path is made absolute, because a request means the same from everywhere.
pub fn typed(command: &str, args: &[String]) -> Request {
    let word = |command: &str| -> Option<String> {
        let path = command.strip_prefix("mcpb:")?;
        let (path, pin) = match path.rfind("#sha256=") {
            Some(at) => path.split_at(at),
            None => (path, ""),
        };
        let real = std::fs::canonicalize(path).ok()?;
        Some(format!("mcpb:{}{pin}", real.to_str()?))
    };
    let command = word(command).unwrap_or_else(|| command.to_owned());
    Request::new(command, args.iter().map(String::as_str))
}

/// The request of an approval, to ask for it again by name. Values that carry no code are not part of an approval;
/// such variables are passed on by name.
pub fn request_of(record: &RequestRecord) -> Request {
    let mut request = Request::new(
        record.command.as_str(),
        record.args.iter().map(String::as_str),
    );
    let code = |variable: &EnvRecord| Some((variable.name.clone(), variable.value.clone()?));
    request.env = record.env.iter().filter_map(code).collect();
    request.cwd.clone_from(&record.cwd);
    request
}

/// The interpreter that a Python package is fetched for and started with: its real path.
///
/// # Errors
/// When there is none.
pub fn python(
    context: &Context,
    packages: &Store,
    package: &PackageRef,
) -> Result<PathBuf, ResolveError> {
    of_this_machine(context, packages, |resolver| resolver.python(package))
}

/// The machine that packages of npm are chosen for: with the version of the node that they are started with, where that is known.
pub fn host(context: &Context, packages: &Store) -> Host {
    let node = of_this_machine(context, packages, |resolver| resolver.node().ok());
    Host::current(node.and_then(|node| node_version(&node)))
}

/// What a resolver finds that no server's entry has anything to say to.
fn of_this_machine<T>(
    context: &Context,
    packages: &Store,
    find: impl FnOnce(&Resolver<'_>) -> T,
) -> T {
    let mut cache = DigestCache::open(&context.places, context.now());
    find(&Resolver {
        search: &search_path(None),
        store: packages,
        places: &context.places,
        cache: &mut cache,
    })
}

/// Resolves a request to content, as `prior` fixed it. Starts nothing and uses no network.
///
/// # Errors
/// When something that the request names is not there, or cannot be approved.
pub fn resolve(
    context: &Context,
    packages: &Store,
    ledger: &Ledger,
    entry: Option<&Entry>,
    request: &Request,
    prior: Prior<'_>,
) -> Result<Launch, ResolveError> {
    let mut cache = DigestCache::open(&context.places, context.now());
    ledger.teach(&mut cache);
    let mut resolver = Resolver {
        search: &search_path(entry),
        store: packages,
        places: &context.places,
        cache: &mut cache,
    };
    resolver.resolve(request, &judge(request), prior)
}
