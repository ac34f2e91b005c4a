//! A user in a temporary directory, with a key, an approval of the test server, and a client on a socket.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::fd::AsFd as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use interlock_audit::{Log, Options};
use interlock_gateway::{
    Client, Clock as _, Inventory, InventoryError, Journal, Learned, Local, NotStarted, Observer,
    Report, Setting, Signals, Surroundings, SystemClock, Unapproved, Wanted, admit, inventory,
    launch, learn, record_approval, run,
};
use interlock_launch::key::KeyFile;
use interlock_launch::{
    Approval, DigestCache, Grants, Known, Ledger, LedgerEdit, NoPackages, Places, Prior, Profile,
    Request, Resolver, Secret, SecretStore, ToolDefinition, judge,
};
use interlock_sandbox::Kernel;
use interlock_wire::{Limits, tools};
use tempfile::TempDir;

pub(crate) const ADD: &str =
    r#"{"name":"add","description":"adds numbers","inputSchema":{"type":"object"}}"#;

pub(crate) struct World {
    dir: TempDir,
    root: PathBuf,
    places: Places,
    secrets: SecretStore,
    known: Known,
    kernel: Kernel,
    pub(crate) unapproved: Arc<Mutex<Vec<String>>>,
}

struct Told(Arc<Mutex<Vec<String>>>);

impl Observer for Told {
    fn unapproved(&mut self, tool: Unapproved<'_>) {
        let definition = String::from_utf8_lossy(tool.definition).into_owned();
        self.0.lock().unwrap().push(definition);
    }
}

/// The client's end of a conversation.
pub(crate) struct Talk {
    writer: UnixStream,
    reader: BufReader<UnixStream>,
}

impl Talk {
    pub(crate) fn send(&mut self, line: &str) {
        self.writer
            .write_all(format!("{line}\n").as_bytes())
            .unwrap();
    }

    /// The next line; empty at the end.
    pub(crate) fn receive(&mut self) -> String {
        let mut line = String::new();
        self.reader.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    pub(crate) fn ask(&mut self, line: &str) -> String {
        self.send(line);
        self.receive()
    }

    pub(crate) fn greet(&mut self) {
        let welcome = self.ask(INITIALIZE);
        assert!(welcome.contains("2025-11-25"), "{welcome}");
        self.send(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#);
    }

    pub(crate) fn close(&self) {
        self.writer.shutdown(std::net::Shutdown::Write).unwrap();
    }
}

pub(crate) const INITIALIZE: &str = r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"tests","version":"1"}}}"#;

pub(crate) fn call(id: u64, tool: &str) -> String {
    format!(
        r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/call","params":{{"name":"{tool}","arguments":{{}}}}}}"#
    )
}

/// What came of a run.
pub(crate) struct Ran {
    pub(crate) report: Report,
    pub(crate) stderr: String,
    pub(crate) took: Duration,
    pub(crate) events: Vec<serde_json::Value>,
}

impl Ran {
    pub(crate) fn event(&self, name: &str) -> &serde_json::Value {
        let found = self.events.iter().find(|event| event["event"] == name);
        found.unwrap_or_else(|| panic!("no `{name}` among {:?}", self.names()))
    }

    pub(crate) fn names(&self) -> Vec<&str> {
        self.events
            .iter()
            .filter_map(|event| event["event"].as_str())
            .collect()
    }
}

impl World {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        // The server is another user outside, so the way to its program is open.
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let root = dir.path().canonicalize().unwrap();
        let home = root.join("home");
        for made in ["home", "empty", "bin"] {
            fs::create_dir_all(root.join(made)).unwrap();
        }
        let uid = fs::metadata(&home).unwrap().uid();
        let places = Places::new(
            &home,
            &home.join(".config/interlock"),
            &home.join(".local/share/interlock/store"),
            &home.join(".local/state/interlock"),
            uid,
        )
        .danger_with_administrator(&root.join("etc"), uid);
        let program = root.join("bin/server");
        fs::write(&program, include_str!("../data/server.sh")).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        Self {
            secrets: SecretStore::new(&places),
            dir,
            root,
            places,
            known: Known::default(),
            kernel: Kernel::assume(),
            unapproved: Arc::default(),
        }
    }

    /// The server in that mode; after `url:`, an address and the words behind it, between bars.
    pub(crate) fn request(&self, mode: &str) -> Request {
        if mode.starts_with("url:") {
            let mut words = mode.split('|');
            return Request::new(words.next().unwrap(), words);
        }
        Request::new(self.root.join("bin/server").to_str().unwrap(), [mode])
    }

    pub(crate) fn program(&self) -> PathBuf {
        self.root.join("bin/server")
    }

    pub(crate) fn keep_secret(&self, name: &str, value: &str) {
        let secret = Secret::new(value.as_bytes().to_vec());
        self.secrets.set(&name.parse().unwrap(), secret).unwrap();
    }

    fn search(&self) -> Vec<PathBuf> {
        vec![PathBuf::from("/usr/bin")]
    }

    /// Approves the server in that mode, with its one tool.
    pub(crate) fn approve(&mut self, mode: &str, grants: Grants) {
        let request = self.request(mode);
        let mut cache = DigestCache::open(&self.places, SystemClock.now().wall);
        let launch = Resolver {
            search: &self.search(),
            store: &NoPackages,
            places: &self.places,
            cache: &mut cache,
        }
        .resolve(&request, &judge(&request), Prior::default())
        .unwrap_or_else(|error| panic!("{error}"));
        let key = KeyFile::new(&self.places).danger_cheap_passphrase();
        let signer = key.create(&Secret::new(b"correct horse".to_vec())).unwrap();
        let mut edit = LedgerEdit::begin(&self.places, &self.known, &signer).unwrap();
        let tool = ToolDefinition {
            name: "add".to_owned(),
            digest: interlock_launch::Digest::from_bytes(tools::digest(ADD.as_bytes()).unwrap()),
            raw: ADD.as_bytes().to_vec(),
        };
        let approval = Approval {
            name: "test".parse().unwrap(),
            launch: &launch,
            profile: Profile::new(grants, &self.places).unwrap(),
            tools: Some(vec![tool]),
            note: None,
        };
        edit.approve(approval, SystemClock.now().wall).unwrap();
        self.known.sequence = edit.commit().unwrap();
    }

    fn ledger(&self) -> Ledger {
        Ledger::load(&self.places, &self.known).unwrap()
    }

    fn audit(&self) -> PathBuf {
        self.root.join("home/audit")
    }

    fn with_setting<T>(&self, timeout: Duration, act: impl FnOnce(&Setting<'_>) -> T) -> T {
        let (ledger, search) = (self.ledger(), self.search());
        act(&Setting {
            ledger: &ledger,
            places: &self.places,
            packages: &NoPackages,
            search: &search,
            kernel: &self.kernel,
            secrets: &self.secrets,
            variable: &|_| None,
            empty: &self.root.join("empty"),
            audit: &self.audit(),
            session: "session-1",
            limits: Limits::default(),
            handshake_timeout: timeout,
            record_arguments: false,
        })
    }

    /// Runs the server in that mode for a client that does as told; the client has closed when it returns.
    pub(crate) fn run(&self, mode: &str, client: impl FnOnce(&mut Talk) + Send) -> Ran {
        self.run_within(mode, Duration::from_secs(30), client)
    }

    pub(crate) fn run_within(
        &self,
        mode: &str,
        timeout: Duration,
        client: impl FnOnce(&mut Talk) + Send,
    ) -> Ran {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let signals = Signals::install().unwrap();
        let diagnostics = tempfile::tempfile().unwrap();
        let mut talk = Talk {
            writer: theirs.try_clone().unwrap(),
            reader: BufReader::new(theirs),
        };
        let began = Instant::now();
        let report = thread::scope(|scope| {
            scope.spawn(move || {
                client(&mut talk);
                talk.close();
            });
            let front = Client {
                input: ours.as_fd(),
                output: ours.as_fd(),
                diagnostics: diagnostics.as_fd(),
                signals: &signals,
            };
            let request = self.request(mode);
            let wanted = Wanted {
                request: &request,
                name: None,
                objection: None,
            };
            let observer = Box::new(Told(Arc::clone(&self.unapproved)));
            let report = self.with_setting(timeout, |setting| {
                run(wanted, setting, observer, &front, &SystemClock)
            });
            ours.shutdown(std::net::Shutdown::Both).unwrap();
            report
        });
        let mut stderr = String::new();
        std::io::Seek::rewind(&mut &diagnostics).unwrap();
        std::io::Read::read_to_string(&mut &diagnostics, &mut stderr).unwrap();
        Ran {
            report,
            stderr,
            took: began.elapsed(),
            events: events(&self.audit()),
        }
    }

    /// Starts the server in that mode for a client of the SDK.
    pub(crate) fn launch(&self, mode: &str) -> Result<Local, NotStarted> {
        let request = self.request(mode);
        let wanted = Wanted {
            request: &request,
            name: Some("test"),
            objection: None,
        };
        let diagnostics = tempfile::tempfile().unwrap().into();
        let observer = Box::new(Told(Arc::clone(&self.unapproved)));
        self.with_setting(Duration::from_secs(30), |setting| {
            launch(wanted, setting, observer, diagnostics, SystemClock)
        })
    }

    /// What was recorded until now.
    pub(crate) fn recorded(&self) -> Vec<String> {
        let names = events(&self.audit()).into_iter();
        names
            .map(|event| event.get("event").unwrap().as_str().unwrap().to_owned())
            .collect()
    }

    /// Admits, records, and hands over to `act`.
    fn prepared<T>(
        &self,
        mode: &str,
        act: impl FnOnce(
            interlock_launch::Approved,
            interlock_audit::Receipt,
            &Surroundings<'_>,
            &mut Journal,
        ) -> T,
    ) -> T {
        let request = self.request(mode);
        let wanted = Wanted {
            request: &request,
            name: None,
            objection: None,
        };
        self.with_setting(Duration::from_secs(30), |setting| {
            let now = SystemClock.now();
            let log = Log::open(&self.audit(), Options::default(), now.wall).unwrap();
            let mut journal = Journal::new(log, "session-2");
            let approved = admit(wanted, setting, now).unwrap_or_else(|error| panic!("{error}"));
            let receipt = record_approval(&approved, &mut journal, now).unwrap();
            let around = Surroundings {
                kernel: &self.kernel,
                secrets: &self.secrets,
                variable: &|_| None,
                empty: setting.empty,
                audit: setting.audit,
            };
            act(approved, receipt, &around, &mut journal)
        })
    }

    pub(crate) fn inventory(&self, mode: &str) -> Result<Inventory, InventoryError> {
        self.prepared(mode, |approved, receipt, around, journal| {
            inventory(approved, receipt, around, journal, &SystemClock)
        })
    }

    /// The same, where something happens to the program between its admission and its start.
    pub(crate) fn inventory_after(
        &self,
        mode: &str,
        act: impl FnOnce(&Path),
    ) -> Result<Inventory, InventoryError> {
        self.prepared(mode, |approved, receipt, around, journal| {
            act(&self.program());
            inventory(approved, receipt, around, journal, &SystemClock)
        })
    }

    pub(crate) fn learn(&self, mode: &str) -> Result<Learned, InventoryError> {
        self.prepared(mode, |approved, receipt, around, journal| {
            learn(approved, receipt, around, journal, &SystemClock)
        })
    }

    /// Processes on this machine whose command line names this world.
    pub(crate) fn survivors(&self) -> Vec<String> {
        let needle = self.dir.path().to_str().unwrap().to_owned();
        let processes = fs::read_dir("/proc").unwrap().flatten();
        processes
            .filter_map(|entry| fs::read(entry.path().join("cmdline")).ok())
            .map(|line| String::from_utf8_lossy(&line).into_owned())
            .filter(|line| line.contains(&needle))
            .collect()
    }
}

/// All records of the log, its own apart.
fn events(audit: &Path) -> Vec<serde_json::Value> {
    let mut files: Vec<PathBuf> = match fs::read_dir(audit) {
        Ok(entries) => entries.map(|entry| entry.unwrap().path()).collect(),
        Err(_) => return Vec::new(),
    };
    files.sort();
    let mut events = Vec::new();
    for file in files {
        let text = String::from_utf8_lossy(&fs::read(file).unwrap()).into_owned();
        let lines = text.lines().filter(|line| line.contains("\"session\":"));
        events.extend(lines.map(|line| serde_json::from_str(line).unwrap()));
    }
    events
}
