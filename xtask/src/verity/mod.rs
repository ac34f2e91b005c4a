//! The store on file systems that keep files from changing (fs-verity), in a virtual machine with Debian's kernel.
//!
//! A kernel without it cannot test it, and below a file system nothing may be changed on a machine that is in use. `crates/supply/examples/verity`
//! says what has to hold; here is what it needs: a machine, its disks, and what is done to a disk while the machine is off.

mod machine;
mod modules;

use std::fs;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::run::{cargo, root, run};
use machine::{Boot, Machine};

/// What of Debian's has to be there.
const PACKAGES: &str = "qemu-system-x86 linux-image-amd64 busybox-static e2fsprogs btrfs-progs";

/// Which kernel, and where its modules are.
pub struct Options {
    pub kernel: Option<PathBuf>,
    pub modules: Option<PathBuf>,
    pub cost: bool,
}

/// A file system: what it is called, how a disk with it is made, and whether it keeps files from changing.
struct Kind {
    name: &'static str,
    system: &'static str,
    make: &'static [&'static str],
    seals: bool,
}

const KINDS: [Kind; 3] = [
    Kind {
        name: "ext4-verity",
        system: "ext4",
        make: &["mkfs.ext4", "-q", "-F", "-b", "4096", "-O", "verity"],
        seals: true,
    },
    Kind {
        name: "ext4",
        system: "ext4",
        make: &["mkfs.ext4", "-q", "-F", "-b", "4096"],
        seals: false,
    },
    Kind {
        name: "btrfs",
        system: "btrfs",
        make: &["mkfs.btrfs", "-q", "-f"],
        seals: true,
    },
];

const DISK: u64 = 512 << 20;

pub fn verity(options: &Options) -> Result<(), String> {
    if std::env::consts::ARCH != "x86_64" {
        return Err("the virtual machine is an x86_64 one: run it there".to_owned());
    }
    cargo(&[
        "build",
        "--package",
        "interlock-supply",
        "--example",
        "verity",
    ])?;
    let chosen = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    let target = root().join(chosen.unwrap_or_else(|| PathBuf::from("target")));
    let place = target.join("verity");
    fs::create_dir_all(&place).map_err(|e| format!("{}: {e}", place.display()))?;
    let program = target.join("debug/examples/verity");
    let (kernel, modules) = kernel(options)?;
    let machine = Machine::new(&place, &kernel, &modules, &program).map_err(install)?;
    for kind in &KINDS {
        let disk = disk(&place, kind)?;
        let boot = |what| Boot {
            what,
            disk: &disk,
            system: kind.system,
            seals: kind.seals,
        };
        if options.cost {
            machine.run(&boot("cost"))?;
            continue;
        }
        machine.run(&boot("use"))?;
        if kind.system == "ext4" {
            let said = machine.run(&boot("keep"))?;
            change_from_outside(&disk, &said)?;
            machine.run(&boot("look"))?;
        }
        machine.run_until(&boot("fill"), "filling: 1")?;
        machine.run(&boot("refill"))?;
    }
    println!("verity: all as it has to be");
    Ok(())
}

fn install(problem: String) -> String {
    format!("{problem}; `apt-get install {PACKAGES}` has what is needed")
}

/// The kernel that was named, or the newest that is installed.
fn kernel(options: &Options) -> Result<(PathBuf, PathBuf), String> {
    if let (Some(kernel), Some(modules)) = (&options.kernel, &options.modules) {
        return Ok((kernel.clone(), modules.clone()));
    }
    let installed =
        fs::read_dir("/lib/modules").map_err(|e| install(format!("/lib/modules: {e}")))?;
    let versions: Vec<String> = installed
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|version| Path::new(&format!("/boot/vmlinuz-{version}")).exists())
        .collect();
    let version = modules::newest(versions);
    let version = version.ok_or_else(|| install("no kernel is installed".to_owned()))?;
    Ok((
        format!("/boot/vmlinuz-{version}").into(),
        format!("/lib/modules/{version}").into(),
    ))
}

fn disk(place: &Path, kind: &Kind) -> Result<PathBuf, String> {
    let path = place.join(format!("{}.img", kind.name));
    let failed = |e: std::io::Error| format!("{}: {e}", path.display());
    let file = fs::File::create(&path).map_err(failed)?;
    file.set_len(DISK).map_err(failed)?;
    let (program, arguments) = kind.make.split_first().ok_or("nothing makes it")?;
    let path_text = path.display().to_string();
    let arguments = [arguments, &[path_text.as_str()]].concat();
    run(program, &arguments).map_err(install)?;
    Ok(path)
}

/// Takes the seal from the file that the machine named and changes a byte of it, as whoever has the disk can: times stay as they are.
fn change_from_outside(disk: &Path, said: &str) -> Result<(), String> {
    let marked = said.lines().find_map(|line| line.strip_prefix("marked: "));
    let marked = marked.ok_or("the machine named no file")?.trim();
    let block = debugfs(disk, &["-R", &format!("bmap {marked} 0")])?;
    let block: u64 = block
        .trim()
        .parse()
        .map_err(|_| format!("debugfs said `{block}`"))?;
    // Extents, and nothing else.
    debugfs(disk, &["-w", "-R", &format!("sif {marked} flags 0x80000")])?;
    let failed = |e: std::io::Error| format!("{}: {e}", disk.display());
    let image = fs::File::options().write(true).open(disk).map_err(failed)?;
    image.write_all_at(b"X", block * 4096 + 100).map_err(failed)
}

fn debugfs(disk: &Path, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new("debugfs").args(arguments).arg(disk).output();
    let output = output.map_err(|e| install(format!("`debugfs` did not start: {e}")))?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
