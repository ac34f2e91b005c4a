//! Locks npm packages into a store and shows what came out; with `locate`, verifies a tree again.
//!
//! `cargo run --example lock -- STORE PACKAGE[@SPEC] [COMMAND]`

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a tool for people"
)]

use interlock_supply::{
    Host, Silent, Store,
    npm::{Config, Locker, PackageName, Registry, Wish},
};
use std::{error::Error, path::Path, time::Instant};

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if let Err(error) = run(&args) {
        eprint!("error: {error}");
        let mut cause = error.source();
        while let Some(error) = cause {
            eprint!(": {error}");
            cause = error.source();
        }
        eprintln!();
        std::process::exit(1);
    }
}

fn run(args: &[String]) -> Result<(), Box<dyn Error>> {
    let (Some(store), Some(package)) = (args.first(), args.get(1)) else {
        return Err("usage: lock STORE PACKAGE[@SPEC] [COMMAND]".into());
    };
    let (name, spec) = match package.char_indices().skip(1).find(|(_, c)| *c == '@') {
        Some((at, _)) => (package.get(..at), package.get(at + 1..)),
        None => (Some(package.as_str()), Some("")),
    };
    let wish = Wish {
        packages: vec![(
            PackageName::new(name.unwrap_or_default())?,
            spec.unwrap_or_default().into(),
        )],
        command: args.get(2).cloned(),
    };
    let env = |name: &str| std::env::var(name).ok();
    let registry = Registry::new(Config::for_user(&env)?, env("OFFLINE").is_some());
    let store = Store::open(Path::new(store))?;
    let host = Host::current(env("NODE_VERSION").and_then(|version| version.parse().ok()));
    let begin = Instant::now();
    let locked = Locker {
        registry: &registry,
        store: &store,
        host: &host,
        progress: &Silent,
    }
    .lock(&wish)?;
    let took = begin.elapsed();
    if env("JSON").is_some() {
        println!("{}", serde_json::to_string_pretty(&locked.tree)?);
    }
    let tree = &locked.tree;
    eprintln!(
        "{}@{}: {} packages, {} files, {} bytes, {} in {took:?}",
        tree.name,
        tree.version,
        tree.packages.len(),
        tree.files,
        tree.bytes,
        tree.digest
    );
    for package in tree.needs_install_script() {
        eprintln!(
            "  install script: {}@{} at {}",
            package.name, package.version, package.path
        );
    }
    for skipped in &locked.skipped {
        eprintln!(
            "  left out: {} (optional, for {}): {}",
            skipped.name, skipped.by, skipped.why
        );
    }
    for peer in interlock_supply::npm::Wants::of(&store, tree).unmet_peers() {
        eprintln!("  peer: {peer:?}");
    }
    for (package, why) in &locked.deprecated {
        eprintln!("  deprecated: {package}: {}", why.escape_default());
    }
    for package in &locked.contradictions {
        eprintln!("  registry and archive differ: {package}");
    }
    if let Some(count) = env("LOOP").and_then(|count| count.parse::<u32>().ok()) {
        let looks = (0..count).map(|_| {
            let begin = Instant::now();
            store.locate(tree).map(|_| begin.elapsed())
        });
        let mut times: Vec<_> = looks.collect::<Result<_, _>>()?;
        times.sort();
        eprintln!(
            "  looks: least {:?}, median {:?}",
            times.first(),
            times.get(times.len() / 2)
        );
    }
    for round in ["first", "second", "third"] {
        let begin = Instant::now();
        let located = store.locate(tree)?;
        eprintln!("  {round} look: {:?}", begin.elapsed());
        if round == "third" {
            println!(
                "{}\t{:?}\t{}",
                located.entry.display(),
                located.interpreter,
                located.interpreter_args.join(" ")
            );
        }
        std::thread::sleep(std::time::Duration::from_millis(150));
    }
    Ok(())
}
