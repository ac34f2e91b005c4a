//! `interlock-bench --interlock FILE --echo FILE --programs DIR --peers DIR --out FILE [--rounds N] [FILTER]`: everything, side by side.
//!
//! `cargo xtask bench` builds what it needs and calls it.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use interlock_bench::home::Home;
use interlock_bench::relay::{CASES, Subjects};
use interlock_bench::report::Group;
use interlock_bench::{Fallible, check, listen, peers, relay, served, start, stdio};

const PACKAGE: &str = "@modelcontextprotocol/server-filesystem";

fn main() -> ExitCode {
    let outcome = Wanted::from(std::env::args().skip(1)).and_then(|wanted| wanted.run());
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

#[derive(Debug)]
struct Wanted {
    interlock: PathBuf,
    echo: PathBuf,
    programs: PathBuf,
    peers: Option<PathBuf>,
    out: PathBuf,
    rounds: usize,
    filter: String,
}

impl Wanted {
    fn from(mut arguments: impl Iterator<Item = String>) -> Fallible<Self> {
        let mut wanted = Self {
            interlock: PathBuf::new(),
            echo: PathBuf::new(),
            programs: PathBuf::new(),
            peers: None,
            out: PathBuf::from("results.json"),
            rounds: 7,
            filter: String::new(),
        };
        while let Some(argument) = arguments.next() {
            let mut value = || {
                arguments
                    .next()
                    .ok_or(format!("`{argument}` needs a value"))
            };
            match argument.as_str() {
                "--interlock" => wanted.interlock = value()?.into(),
                "--echo" => wanted.echo = value()?.into(),
                "--programs" => wanted.programs = value()?.into(),
                "--peers" => wanted.peers = Some(value()?.into()),
                "--out" => wanted.out = value()?.into(),
                "--rounds" => wanted.rounds = value()?.parse()?,
                _ => wanted.filter = argument,
            }
        }
        Ok(wanted)
    }

    fn wants(&self, name: &str) -> bool {
        name.contains(&self.filter)
    }

    fn run(&self) -> Fallible<()> {
        let mut groups = Vec::new();
        let mut done = |group: Fallible<Group>| -> Fallible<()> {
            let group = group?;
            println!("{}", group.table());
            groups.push(group.json());
            Ok(std::fs::write(
                &self.out,
                serde_json::to_vec_pretty(&groups)?,
            )?)
        };
        self.stdio(&mut done)?;
        self.served(&mut done)?;
        if self.filter.starts_with("stdio") || self.filter.starts_with("http") {
            return Ok(());
        }
        let home = Home::new(&self.interlock)?;
        self.relays(&home, &mut done)?;
        self.starts(&home, &mut done)?;
        if self.wants("check") {
            done(check::measure(&home, 3 * self.rounds))?;
        }
        eprintln!("every round is in {}", self.out.display());
        Ok(())
    }

    fn stdio(&self, done: &mut dyn FnMut(Fallible<Group>) -> Fallible<()>) -> Fallible<()> {
        let cases = || stdio::CASES.iter().filter(|case| self.wants(case.name));
        if cases().next().is_none() && !self.wants(stdio::START) {
            return Ok(());
        }
        let bare = self.program("echo-server")?;
        let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/stdio-conformance");
        let peers = self
            .peers
            .as_deref()
            .map(|peers| (peers, sources.as_path()));
        let subjects = stdio::Subjects::new(Path::new(&bare), &self.echo, peers);
        for case in cases() {
            done(stdio::measure(case, &subjects, self.rounds))?;
        }
        if self.wants(stdio::START) {
            done(stdio::start(&subjects, 20 * self.rounds))?;
        }
        Ok(())
    }

    fn served(&self, done: &mut dyn FnMut(Fallible<Group>) -> Fallible<()>) -> Fallible<()> {
        let subjects = served::Subjects {
            bare: self.program("bare-hyper")?.into(),
            ours: self.echo.with_file_name("http_echo"),
            rmcp: self.http_rmcp(),
        };
        for case in served::CASES.iter().filter(|case| self.wants(case.name)) {
            done(served::measure(case, &subjects, self.rounds))?;
        }
        if self.wants(served::MEMORY) {
            done(served::memory(&subjects))?;
        }
        if self.wants(listen::NAME) {
            done(listen::measure(&subjects.ours, self.rounds))?;
        }
        Ok(())
    }

    /// rmcp's HTTP server, where peers and a case for it are wanted.
    fn http_rmcp(&self) -> Option<PathBuf> {
        let wanted = served::CASES.iter().any(|case| self.wants(case.name));
        let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers");
        let peers = self.peers.as_deref().filter(|_| wanted)?;
        peers::http_rmcp(peers, &sources)
    }

    fn relays(
        &self,
        home: &Home,
        done: &mut dyn FnMut(Fallible<Group>) -> Fallible<()>,
    ) -> Fallible<()> {
        if !CASES.iter().any(|case| self.wants(case.name)) {
            return Ok(());
        }
        let (echo, bare) = (self.program("echo-server")?, self.program("bare-relay")?);
        home.approve("echo", &[], &[&echo])?;
        let peers = match &self.peers {
            Some(directory) => peers::install(directory, Path::new(&echo)),
            None => Vec::new(),
        };
        let subjects = Subjects {
            home,
            echo: &echo,
            bare: &bare,
            peers: &peers,
        };
        for case in CASES.iter().filter(|case| self.wants(case.name)) {
            done(relay::measure(case, &subjects, self.rounds))?;
        }
        Ok(())
    }

    fn starts(
        &self,
        home: &Home,
        done: &mut dyn FnMut(Fallible<Group>) -> Fallible<()>,
    ) -> Fallible<()> {
        if self.wants("start-static") {
            let byte = self.program("byte")?;
            done(start::static_program(Path::new(&byte), 20 * self.rounds))?;
        }
        if self.wants("start-run") {
            let hello = self.program("hello")?;
            home.approve("hello", &[], &[&hello])?;
            let title = "start: spawn to the first byte of a static server that was asked at once";
            let rounds = 20 * self.rounds;
            done(start::handshake(title, &[&hello], home, "hello", rounds))?;
        }
        if self.wants("start-npx") && found("npx") {
            let directory = home.path().display().to_string();
            let served = home.path().join("served");
            std::fs::create_dir_all(&served)?;
            let served = served.display().to_string();
            let command = ["npx", "-y", PACKAGE, &served];
            home.approve("filesystem", &["--read", &served], &command)
                .map_err(|error| format!("{directory}: {error}"))?;
            let title =
                "start: spawn to the answered handshake of the npm file system server, warm";
            done(start::handshake(
                title,
                &command,
                home,
                "filesystem",
                self.rounds,
            ))?;
        }
        Ok(())
    }

    fn program(&self, name: &str) -> Fallible<String> {
        let path = std::fs::canonicalize(self.programs.join(name))
            .map_err(|error| format!("`{name}`: {error}"))?;
        Ok(path.display().to_string())
    }
}

fn found(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|directory| directory.join(program).exists())
}
