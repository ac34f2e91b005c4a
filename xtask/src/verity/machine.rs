//! A virtual machine that starts one program and ends: a kernel, and a file system in memory with what the program needs.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::modules;

/// What the machine's own disk, its clock and these file systems need.
const MODULES: [&str; 8] = [
    "virtio_pci",
    "virtio_blk",
    "virtio-rng",
    "crc32c_generic",
    "xxhash_generic",
    "blake2b_generic",
    "ext4",
    "btrfs",
];

/// The first process. `what`, `fs` and `kind` come from the kernel's command line.
const INIT: &str = r#"#!/bin/busybox sh
/bin/busybox mkdir -p /proc /sys /dev /tmp /mnt /etc
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mount -t tmpfs -o mode=1777 tmp /tmp
for module in $(cat /modules/order); do insmod /modules/$module; done
ip link set lo up
echo 'root:x:0:0::/:/bin/sh' > /etc/passwd
echo 'user:x:1000:1000::/:/bin/sh' >> /etc/passwd
mount -t $fs -o noatime,commit=1 /dev/vda /mnt && chown 1000 /mnt && chmod 666 /dev/vda
timeout 900 su user -c "RUST_BACKTRACE=0 /verity $what /mnt /dev/vda $kind" 2>&1
echo "verdict: $?"
umount /mnt
sync
poweroff -f
"#;

pub(super) struct Machine {
    kernel: PathBuf,
    memory: PathBuf,
}

pub(super) struct Boot<'a> {
    pub(super) what: &'static str,
    pub(super) disk: &'a Path,
    pub(super) system: &'static str,
    pub(super) seals: bool,
}

impl Machine {
    /// Packs what the machine needs into a file in `place`.
    pub(super) fn new(
        place: &Path,
        kernel: &Path,
        modules: &Path,
        program: &Path,
    ) -> Result<Self, String> {
        let mut archive = Archive::default();
        archive.put("init", 0o755, INIT.as_bytes());
        archive.file("bin/busybox", Path::new("/bin/busybox"))?;
        archive.file("verity", program)?;
        for library in libraries(program)? {
            archive.file(library.trim_start_matches('/'), Path::new(&library))?;
        }
        let mut order = String::new();
        let list = modules.join("modules.dep");
        let list = fs::read_to_string(&list).map_err(|e| format!("{}: {e}", list.display()))?;
        for path in modules::load_order(&list, &MODULES) {
            let name = modules::plain(path.rsplit('/').next().unwrap_or_default());
            let bytes = modules::unpacked(&modules.join(&path))?;
            archive.put(&format!("modules/{name}"), 0o644, &bytes);
            order.push_str(name);
            order.push('\n');
        }
        archive.put("modules/order", 0o644, order.as_bytes());
        let memory = place.join("memory.cpio");
        fs::write(&memory, archive.finish()).map_err(|e| format!("{}: {e}", memory.display()))?;
        Ok(Self {
            kernel: kernel.to_owned(),
            memory,
        })
    }

    /// Runs to the end; gives what was said. An error when the program in it failed.
    pub(super) fn run(&self, boot: &Boot<'_>) -> Result<String, String> {
        let mut running = self.start(boot)?;
        let said = running.listen(|line| line.starts_with("verdict: "))?;
        let verdict = said.lines().find_map(|line| line.strip_prefix("verdict: "));
        let shown = format!("`{}` on {}", boot.what, boot.disk.display());
        match verdict.map(str::trim) {
            Some("0") => {
                // Until it has written everything to its disk.
                running.0.wait().map_err(|e| e.to_string())?;
                Ok(said)
            }
            Some(_) => Err(format!("{shown} failed")),
            None => Err(super::install(format!("{shown} ended without a word"))),
        }
    }

    /// Runs until a line begins like that, and takes the power away.
    pub(super) fn run_until(&self, boot: &Boot<'_>, line: &str) -> Result<(), String> {
        let mut running = self.start(boot)?;
        let is_it = |said: &str| said.starts_with(line) || said.starts_with("verdict: ");
        let said = running.listen(is_it)?;
        // In the middle of the work that this line tells of.
        std::thread::sleep(std::time::Duration::from_millis(300));
        drop(running);
        let last = said.lines().last();
        match last.is_some_and(|last| last.starts_with(line)) {
            true => Ok(()),
            false => Err(format!("`{}` ended before the power went", boot.what)),
        }
    }

    fn start(&self, boot: &Boot<'_>) -> Result<Running, String> {
        let kind = if boot.seals { "seals" } else { "plain" };
        println!(
            "verity: `{}` on {} ({kind})",
            boot.what,
            boot.disk.display()
        );
        let words = format!(
            "console=ttyS0 quiet panic=-1 what={} fs={} kind={kind}",
            boot.what, boot.system
        );
        let drive = format!("file={},format=raw,if=virtio", boot.disk.display());
        // Were this program killed, which runs no `drop`, the kernel would end the machine.
        Command::new("setpriv")
            .args(["--pdeathsig", "KILL", "qemu-system-x86_64"])
            .args(["-cpu", "max", "-m", "1024", "-smp", "2", "-display", "none"])
            .args(["-no-reboot", "-nodefaults", "-serial", "stdio"])
            .args([
                "-device",
                "virtio-rng-pci",
                "-drive",
                &drive,
                "-append",
                &words,
            ])
            .arg("-kernel")
            .arg(&self.kernel)
            .arg("-initrd")
            .arg(&self.memory)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map(Running)
            .map_err(|e| super::install(format!("`setpriv` did not start: {e}")))
    }
}

/// A machine that is on. It is off, and has let go of its disk, when this is dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Running {
    /// Shows what the machine says until one line is the last of interest.
    fn listen(&mut self, is_last: impl Fn(&str) -> bool) -> Result<String, String> {
        let output = self.0.stdout.as_mut().ok_or("no output")?;
        let mut said = String::new();
        for line in BufReader::new(output).split(b'\n') {
            let line = line.map_err(|e| e.to_string())?;
            let line = String::from_utf8_lossy(&line).trim_end().to_owned();
            println!("  {line}");
            said.push_str(&line);
            said.push('\n');
            if is_last(&line) {
                break;
            }
        }
        Ok(said)
    }
}

/// The libraries that a program loads, and its loader.
fn libraries(program: &Path) -> Result<Vec<String>, String> {
    let output = Command::new("ldd").arg(program).output();
    let output = output.map_err(|e| format!("`ldd` did not start: {e}"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let words = text.split_whitespace();
    Ok(words
        .filter(|word| word.starts_with('/'))
        .map(str::to_owned)
        .collect())
}

/// An archive that a kernel unpacks into memory (cpio, `newc`).
#[derive(Default)]
struct Archive {
    bytes: Vec<u8>,
    directories: BTreeSet<String>,
}

impl Archive {
    fn file(&mut self, name: &str, from: &Path) -> Result<(), String> {
        let bytes = fs::read(from).map_err(|e| format!("{}: {e}", from.display()))?;
        self.put(name, 0o755, &bytes);
        Ok(())
    }

    fn put(&mut self, name: &str, mode: u32, bytes: &[u8]) {
        for (at, _) in name.match_indices('/') {
            let directory = name.get(..at).unwrap_or_default().to_owned();
            if self.directories.insert(directory.clone()) {
                self.entry(&directory, 0o040_755, &[]);
            }
        }
        self.entry(name, 0o100_000 | mode, bytes);
    }

    fn entry(&mut self, name: &str, mode: u32, bytes: &[u8]) {
        let fields = [
            0,
            mode as usize,
            0,
            0,
            1,
            0,
            bytes.len(),
            0,
            0,
            0,
            0,
            name.len() + 1,
            0,
        ];
        self.bytes.extend(b"070701");
        for field in fields {
            self.bytes.extend(format!("{field:08x}").bytes());
        }
        self.bytes.extend(name.bytes());
        self.bytes.push(0);
        self.pad();
        self.bytes.extend(bytes);
        self.pad();
    }

    fn pad(&mut self) {
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
    }

    fn finish(mut self) -> Vec<u8> {
        self.entry("TRAILER!!!", 0, &[]);
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Says two words and waits for more.
    fn running() -> (Running, std::process::ChildStdin) {
        let mut command = Command::new("sh");
        command.args(["-c", "echo one; echo two; cat"]);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let input = child.stdin.take().unwrap();
        (Running(child), input)
    }

    #[test]
    fn whatever_becomes_of_the_one_who_listens_the_machine_is_off() {
        let (mut machine, _input) = running();
        assert_eq!(machine.listen(|line| line == "one").unwrap(), "one\n");
        let process = PathBuf::from(format!("/proc/{}", machine.0.id()));
        assert!(process.exists());
        drop(machine);
        assert!(!process.exists());
    }
}
