//! One sandbox's network: a process in new namespaces, and the supervisor that serves it.

use std::ffi::CString;
use std::io::Read;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::{Duration, Instant};

use interlock_sandbox::egress::{
    EgressEvent, EgressRules, Handle, Rule, Settings, Sink, Verdict, inside, prepare, start_with,
};
use interlock_sys::process::{Ended, Exec, Namespaces, Process, clone_process};
use rustix::mount::{MountPropagationFlags, mount_bind, mount_change};
use rustix::pipe::{PipeFlags, pipe_with};
use tempfile::TempDir;

/// What a case prepares.
pub(crate) struct World {
    rules: EgressRules,
    pub(crate) settings: Settings,
    directory: Arc<TempDir>,
}

/// A program that runs, and what was told of it.
pub(crate) struct Running {
    process: Process,
    output: std::fs::File,
    pub(crate) handle: Option<Handle>,
    events: Receiver<EgressEvent>,
    _directory: Arc<TempDir>,
}

impl World {
    /// Rules as `approve` takes them; with a leading `!`, dangerous ones.
    pub(crate) fn new(rules: &[String]) -> Self {
        let rules = rules.iter().map(|text| match text.strip_prefix('!') {
            Some(text) => Rule::danger_parse(text).unwrap(),
            None => Rule::parse(text).unwrap(),
        });
        Self::with(EgressRules::new(rules.collect()).unwrap())
    }

    pub(crate) fn with(rules: EgressRules) -> Self {
        let directory = Arc::new(TempDir::new().unwrap());
        let settings = Settings {
            hosts: directory.path().join("hosts"),
            resolv_conf: directory.path().join("resolv.conf"),
            ..Settings::default()
        };
        Self {
            rules,
            settings,
            directory,
        }
        .hosts("127.0.0.1 a.example b.example\n")
    }

    pub(crate) fn hosts(self, text: &str) -> Self {
        std::fs::write(self.directory.path().join("hosts"), text).unwrap();
        self
    }

    pub(crate) fn resolv_conf(self, text: &str) -> Self {
        std::fs::write(self.directory.path().join("resolv.conf"), text).unwrap();
        self
    }

    /// Starts the program inside, told to a channel.
    pub(crate) fn start(&self, script: &[String]) -> Running {
        let (sender, events) = sync_channel(4096);
        self.start_with(script, sender, events)
    }

    pub(crate) fn start_with(
        &self,
        script: &[String],
        sink: impl Sink,
        events: Receiver<EgressEvent>,
    ) -> Running {
        let (inside, outside) = prepare(self.rules.clone()).unwrap();
        let (output, output_inside) = pipe_with(PipeFlags::CLOEXEC).unwrap();
        let program = CString::new("/proc/self/exe").unwrap();
        let args = ["egress", "client"]
            .into_iter()
            .chain(script.iter().map(String::as_str));
        let exec = Exec::new(
            program,
            args.map(|arg| CString::new(arg).unwrap()).collect(),
            vec![],
        );
        let inner = self.directory.path().join("resolv.conf.inside");
        std::fs::write(&inner, inside::RESOLV_CONF).unwrap();
        let resolv_conf = CString::new(inner.to_str().unwrap()).unwrap();
        let namespaces = Namespaces::USER.and(Namespaces::ALL_BUT_USER);
        let process = clone_process(namespaces, None, &mut || {
            if let Err(step) = inside::set_up(&inside) {
                return step.errno;
            }
            let private = MountPropagationFlags::PRIVATE | MountPropagationFlags::REC;
            let configured = mount_change("/", private)
                .and_then(|()| mount_bind(resolv_conf.as_c_str(), c"/etc/resolv.conf"))
                .and_then(|()| rustix::stdio::dup2_stdout(&output_inside));
            if configured.is_ok() {
                exec.run();
            }
            126
        });
        let process = process.expect("clone with namespaces: user namespaces must be enabled");
        drop((inside, output_inside));
        let handle = start_with(outside, self.settings.clone(), sink).unwrap();
        Running {
            process,
            output: output.into(),
            handle: Some(handle),
            events,
            _directory: self.directory.clone(),
        }
    }

    /// Runs the program and compares its lines and the events told, `Closed` ones excepted.
    #[track_caller]
    pub(crate) fn check(&self, steps: &[(String, &str)], events: &[&str]) {
        let script: Vec<String> = steps.iter().map(|(command, _)| command.clone()).collect();
        let running = self.start(&script);
        let (lines, told) = running.finish(events.len());
        let expected: Vec<&str> = steps.iter().map(|(_, expected)| *expected).collect();
        assert_eq!(lines, expected, "{script:?}");
        let mut told: Vec<String> = told
            .iter()
            .filter(|e| e.verdict != Verdict::Closed)
            .map(describe)
            .collect();
        // Look-ups, connections and refusals come through different sockets, whose order is nobody's promise.
        told.sort();
        let mut events = events.to_vec();
        events.sort_unstable();
        assert_eq!(told, events, "{script:?}");
    }
}

impl Running {
    /// Waits for the end; the lines, and what was told by the time that `at_least` events had come.
    pub(crate) fn finish(mut self, at_least: usize) -> (Vec<String>, Vec<EgressEvent>) {
        let mut text = String::new();
        self.output.read_to_string(&mut text).unwrap();
        assert_eq!(
            self.process.wait(true),
            Ok(Some(Ended::Exited(0))),
            "{text}"
        );
        let mut told = self.told(at_least);
        drop(self.handle.take());
        told.extend(self.events.try_iter());
        (text.lines().map(str::to_owned).collect(), told)
    }

    /// Waits until so many events (`Closed` ones excepted) have come.
    pub(crate) fn told(&self, at_least: usize) -> Vec<EgressEvent> {
        let deadline = Instant::now() + Duration::from_secs(10);
        let mut told: Vec<EgressEvent> = Vec::new();
        while told.iter().filter(|e| e.verdict != Verdict::Closed).count() < at_least {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.events.recv_timeout(left) {
                Ok(event) => told.push(event),
                Err(_) => break,
            }
        }
        told
    }
}

/// `verdict transport [name] [address] [port]`
pub(crate) fn describe(event: &EgressEvent) -> String {
    let mut text = format!("{} {}", event.verdict.as_str(), event.transport.as_str());
    let parts = [
        event.name.clone(),
        event.addr.map(|addr| addr.to_string()),
        event.port.map(|port| port.to_string()),
    ];
    for part in parts.into_iter().flatten() {
        text = text + " " + &part;
    }
    text
}
