//! The store on file systems that keep files from changing (fs-verity), and on one that does not, with a real kernel: started by
//! `cargo xtask verity` in a virtual machine, as a user without rights, on a disk of its own that this user may write to below the
//! file system. One word says what is to be seen.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, prints what it saw, and measures"
)]

mod machine;
#[path = "../../tests/support/mod.rs"]
mod support;

use interlock_launch::Verity;
use interlock_supply::Store;
use machine::{Disk, MARKER, MOST_READ, Stand, files_below, read_by, replace};
use std::{fs, path::Path, time::Instant};
use support::{cleaned, package::Package};

/// A kernel that has none of it.
const NONE: Verity = Verity {
    // Said like this it is said once, as on a file system that cannot.
    seal: |_| Err(rustix::io::Errno::OPNOTSUPP.into()),
    measure: |_| None,
};

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [what, directory, device, kind] = words.as_slice() else {
        panic!("started by `cargo xtask verity`");
    };
    let disk = Disk {
        directory: directory.into(),
        device: device.into(),
        seals: kind == "seals",
    };
    match what.as_str() {
        "use" => used(&disk),
        "keep" => keep(&disk),
        "look" => look(&disk),
        "fill" => fill(&disk),
        "refill" => refill(&disk),
        "cost" => cost(&disk),
        other => panic!("nothing is called {other}"),
    }
}

/// A package with files of every kind: large, small, empty, executable, and one that is found on the disk by how it begins.
fn packages() -> Vec<Package> {
    let marked = format!("{MARKER}{}", "// one more line\n".repeat(512));
    vec![
        Package::new("app", "1.0.0")
            .field("dependencies", serde_json::json!({ "lib": "1" }))
            .file("marked.js", &marked)
            .file("big.js", &"0123456789abcde\n".repeat(256 << 10))
            .file("empty.js", ""),
        Package::new("lib", "1.0.0"),
        Package::new("other", "1.0.0").field("dependencies", serde_json::json!({ "lib": "1" })),
    ]
}

/// Enough to be in the middle of it.
const FEW: usize = 12;

fn used(disk: &Disk) {
    let mut stand = Stand::new(disk, "used", &packages());
    stand.lock();
    every_file_is_sealed(disk, &stand);
    stand.world.store.locate(stand.tree()).unwrap();
    stand.approve();
    untouched_is_not_read(&stand);
    another_link(disk, &stand);
    a_byte_below_the_file_system(disk, &stand);
    a_repair(disk, &mut stand);
    a_file_in_its_place(disk, &stand);
    stand.world.lock("other").unwrap();
    cleaned(&stand.world.store, &[stand.tree().digest].into(), None);
    stand.world.store.locate(stand.tree()).unwrap_err();
}

fn every_file_is_sealed(disk: &Disk, stand: &Stand) {
    let files = files_below(&stand.root());
    assert!(files.len() >= 7);
    let mut sealed = 0;
    for path in &files {
        let file = fs::File::open(path).unwrap();
        let has_bytes = file.metadata().unwrap().len() > 0;
        let measured = machine::measure(&file);
        assert_eq!(measured.is_some(), disk.seals && has_bytes, "{path:?}");
        sealed += u32::from(measured.is_some());
    }
    let written = machine::written_by_its_owner(&stand.file("big.js"));
    assert_eq!(written.is_err(), disk.seals, "{written:?}");
    println!(
        "saw: {sealed} of {} files sealed, writing as owner: {written:?}",
        files.len()
    );
}

fn untouched_is_not_read(stand: &Stand) {
    let (located, _) = read_by(|| stand.world.store.locate(stand.tree()).unwrap());
    let (resolved, launch) = read_by(|| stand.resolve().unwrap());
    stand.admit(launch).unwrap();
    assert!(located < MOST_READ && resolved < MOST_READ);
    println!("saw: untouched: {located} bytes read by the store, {resolved} by a start");
}

fn another_link(disk: &Disk, stand: &Stand) {
    fs::hard_link(stand.file("big.js"), disk.directory.join("one-more")).unwrap();
    let (resolved, launch) = read_by(|| stand.resolve().unwrap());
    stand.admit(launch).unwrap();
    let (located, _) = read_by(|| stand.world.store.locate(stand.tree()).unwrap());
    assert_eq!(resolved < MOST_READ, disk.seals);
    assert_eq!(located < MOST_READ, disk.seals);
    println!("saw: with another link: {located} bytes read by the store, {resolved} by a start");
}

fn a_byte_below_the_file_system(disk: &Disk, stand: &Stand) {
    let path = stand.file("marked.js");
    disk.change_below(&path);
    stand.world.store.locate(stand.tree()).unwrap();
    let read = fs::read(&path);
    println!(
        "saw: a byte changed on the disk: reading gives {:?}",
        read.as_ref().map(Vec::len)
    );
    assert_eq!(
        read.is_err(),
        disk.seals || disk.checks_itself(),
        "{read:?}"
    );
    let report = stand.world.store.verify().unwrap();
    assert_eq!(
        (report.damaged_trees.len(), report.damaged_packages.len()),
        (1, 1)
    );
    match stand.resolve_knowing_nothing() {
        Ok(launch) => drop(stand.admit(launch).unwrap_err()),
        Err(error) => println!("saw: resolution says {error}"),
    }
}

fn a_repair(disk: &Disk, stand: &mut Stand) {
    stand.lock();
    assert!(stand.world.store.verify().unwrap().is_clean());
    every_file_is_sealed(disk, stand);
    stand.admit(stand.resolve().unwrap()).unwrap();
    stand.approve();
    println!("saw: the damaged package was fetched again and approved bytes start");
}

fn a_file_in_its_place(disk: &Disk, stand: &Stand) {
    let path = stand.file("marked.js");
    let good = fs::read(&path).unwrap();
    replace(&path, &good);
    let (resolved, launch) = read_by(|| stand.resolve().unwrap());
    stand.admit(launch).unwrap();
    assert!(
        resolved > MOST_READ,
        "an unsealed file is read, and all with it"
    );
    stand.world.store.locate(stand.tree()).unwrap();
    let mut bad = good;
    bad[100] ^= 1;
    replace(&path, &bad);
    let located = stand.world.store.locate(stand.tree()).unwrap_err();
    stand.admit(stand.resolve().unwrap()).unwrap_err();
    println!(
        "saw: another file in its place on {:?}: {located}",
        disk.directory
    );
}

/// What the next start of the machine looks at. Meanwhile the disk is changed from outside.
fn keep(disk: &Disk) {
    let mut stand = Stand::new(disk, "kept", &packages());
    stand.lock();
    stand.world.store.locate(stand.tree()).unwrap();
    stand.approve();
    let path = stand.file("marked.js");
    let path = path.strip_prefix(&disk.directory).unwrap();
    println!("marked: /{}", path.display());
    stand.leave();
}

/// A file is no longer sealed and has another byte; all that `stat` tells is as it was.
fn look(disk: &Disk) {
    let stand = Stand::again(disk, "kept", &packages());
    let located = stand.world.store.locate(stand.tree());
    let admitted = stand.resolve().map(|launch| stand.admit(launch));
    let started = matches!(admitted, Ok(Ok(())));
    println!("saw: unsealed from outside: {located:?}, started: {started}");
    assert_eq!(located.is_err(), disk.seals);
    assert_eq!(started, !disk.seals);
    let report = stand.world.store.verify().unwrap();
    assert_eq!(report.damaged_trees.len(), 1);
}

/// A package with so many dependencies of 38 files each.
fn many(dependencies: usize) -> Vec<Package> {
    let letters = |size: usize, seed: usize| -> String {
        let line = |n: usize| format!("export const value{} = {};\n", n, n * seed);
        let mut text: String = (0..size / 24 + 1).map(line).collect();
        text.truncate(size);
        text
    };
    let names: Vec<String> = (0..dependencies).map(|n| format!("p{n}")).collect();
    let wishes: serde_json::Map<String, serde_json::Value> = names
        .iter()
        .map(|name| (name.clone(), "1".into()))
        .collect();
    let mut packages = vec![Package::new("app", "1.0.0").field("dependencies", wishes.into())];
    for (n, name) in names.iter().enumerate() {
        let mut package = Package::new(name, "1.0.0");
        for m in 0..37 {
            // From some hundred bytes to some ten thousand, most of them small, as in packages.
            let size = 200 + (n * 37 + m * 101) % 3_000 + if m % 9 == 0 { 20_000 } else { 0 };
            package = package.file(&format!("lib/f{m}.js"), &letters(size, n + m));
        }
        packages.push(package);
    }
    packages
}

fn entries(directory: &Path) -> usize {
    fs::read_dir(directory).unwrap().count()
}

/// Fills a store until the power goes.
fn fill(disk: &Disk) {
    let packages = many(FEW);
    for round in 0.. {
        let mut stand = Stand::new(disk, "filled", &packages);
        let packages = stand.world.store.root().join("packages");
        std::thread::scope(|scope| {
            let locking = scope.spawn(|| stand.lock());
            while !locking.is_finished() && entries(&packages) < FEW / 2 {
                std::thread::yield_now();
            }
            // So their names are on the disk; their bytes are where something waited for that.
            let names = fs::File::open(&packages).unwrap();
            names.sync_all().unwrap();
            println!("filling: {round}: half of the packages are there");
            locking.join().unwrap();
        });
        stand.leave();
        fs::rename(
            disk.directory.join("filled"),
            disk.directory.join(format!("f{round}")),
        )
        .unwrap();
    }
}

fn refill(disk: &Disk) {
    // The first round had ended: the power took nothing of it.
    all_is_there(disk, &Stand::again(disk, "f0", &many(FEW)));
    let mut stand = Stand::again_unlocked(disk, "filled", &many(FEW));
    let packages = stand.world.store.root().join("packages");
    let before = entries(&packages);
    assert!(before > 0, "the power went before anything was there");
    let left = files_below(&packages);
    let empty = left.iter().filter(|path| is_empty(path)).count();
    stand.lock();
    all_is_there(disk, &stand);
    let report = cleaned(&stand.world.store, &[].into(), None);
    let left = left.len();
    println!(
        "saw: after the power went: {before} shards of packages were there, {empty} of {left} files empty; {report:?}"
    );
}

fn is_empty(path: &Path) -> bool {
    fs::metadata(path).unwrap().len() == 0
}

/// Every package with every file, none of them empty, and each sealed where that is possible.
fn all_is_there(disk: &Disk, stand: &Stand) {
    let report = stand.world.store.verify().unwrap();
    assert!(report.is_clean(), "{report:?}");
    assert_eq!(
        (report.trees, report.packages),
        (1, FEW as u64 + 1),
        "{report:?}"
    );
    let files = files_below(&stand.root());
    assert!(files.len() >= FEW * 38, "{} files", files.len());
    for path in files {
        assert!(!is_empty(&path), "{path:?} is empty");
        let file = fs::File::open(&path).unwrap();
        assert_eq!(machine::measure(&file).is_some(), disk.seals, "{path:?}");
    }
}

/// How long the same takes with and without.
fn cost(disk: &Disk) {
    let packages = many(100);
    let mut times = [(0.0, 0.0, 0.0, 0), (0.0, 0.0, 0.0, 0)];
    for round in 0..4 {
        let with = round % 2;
        let mut stand = Stand::new(disk, &format!("cost{round}"), &packages);
        if with == 0 {
            let store = Store::open(stand.world.store.root()).unwrap();
            stand.world.store = store.with_verity(NONE);
            stand.verity = NONE;
        }
        let timed = |work: &mut dyn FnMut()| {
            let began = Instant::now();
            work();
            began.elapsed().as_secs_f64()
        };
        let locked = timed(&mut || stand.lock());
        stand.world.store.locate(stand.tree()).unwrap();
        stand.approve();
        let located = timed(&mut || drop(stand.world.store.locate(stand.tree()).unwrap()));
        let resolved = timed(&mut || drop(stand.resolve().unwrap()));
        let of = &mut times[with];
        *of = (
            of.0 + locked,
            of.1 + located,
            of.2 + resolved,
            files_below(&stand.root()).len(),
        );
        println!(
            "cost: round {round}: locked {locked:.2} s, size {} KiB",
            stand.world.store.size().unwrap() >> 10
        );
    }
    let [without, with] = times;
    println!(
        "cost: {} files; with seals to without: installed {:.2}, looked at by the store {:.2}, by a start {:.2}",
        with.3,
        with.0 / without.0,
        with.1 / without.1,
        with.2 / without.2
    );
}
