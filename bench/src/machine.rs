//! What the kernel says of processes: which core they may use, what they cost.
//!
//! Processor time and memory are those of a whole tree of processes, read from `/proc`: a relay that hides work in a child or a
//! thread pays for it here.

use std::collections::HashMap;
use std::fs;

use rustix::thread::{CpuSet, sched_setaffinity};

/// Lets this thread, and what it starts from now on, run on one core only. With less than two cores everything shares.
///
/// # Errors
/// When the core does not exist.
pub fn pin(core: usize) -> rustix::io::Result<()> {
    let mut set = CpuSet::new();
    set.set(core);
    sched_setaffinity(None, &set)
}

/// A process and all its descendants, as they are now.
#[derive(Debug)]
pub struct Tree {
    processes: Vec<u32>,
}

impl Tree {
    /// Of the process with this id, which comes first.
    #[must_use]
    pub fn of(root: u32) -> Self {
        let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
        for process in all_processes() {
            if let Some(parent) = parent_of(process) {
                children.entry(parent).or_default().push(process);
            }
        }
        let mut processes = vec![root];
        let mut next = 0;
        while let Some(process) = processes.get(next) {
            let mut more = children.remove(process).unwrap_or_default();
            processes.append(&mut more);
            next += 1;
        }
        Self { processes }
    }

    /// Nanoseconds of processor time that the threads that live have used, user and system.
    #[must_use]
    pub fn cpu_nanos(&self) -> u64 {
        let threads = self.processes.iter().flat_map(|process| {
            let tasks = fs::read_dir(format!("/proc/{process}/task"));
            tasks.into_iter().flatten().flatten()
        });
        threads
            .filter_map(|thread| fs::read_to_string(thread.path().join("schedstat")).ok())
            .filter_map(|text| text.split_whitespace().next()?.parse::<u64>().ok())
            .sum()
    }

    /// Resident KiB of the first process alone.
    #[must_use]
    pub fn root_resident_kib(&self) -> u64 {
        self.processes.first().map_or(0, |root| resident_kib(*root))
    }

    /// Resident KiB of the tree, but the last process, which is the server: what stands before it.
    #[must_use]
    pub fn resident_kib_before_server(&self) -> u64 {
        let before = self
            .processes
            .split_last()
            .map_or(&[][..], |(_, rest)| rest);
        before.iter().map(|process| resident_kib(*process)).sum()
    }

    /// How many processes there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.processes.len()
    }

    /// Never: the root is always in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.processes.is_empty()
    }
}

fn all_processes() -> impl Iterator<Item = u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

fn parent_of(process: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name is in parentheses and may contain anything.
    let (_, after) = stat.rsplit_once(')')?;
    after.split_whitespace().nth(1)?.parse().ok()
}

fn resident_kib(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn a_tree_holds_children_of_children() {
        let mut shell = Command::new("sh")
            .args(["-c", "cat; true"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let until = std::time::Instant::now() + std::time::Duration::from_secs(10);
        while Tree::of(shell.id()).len() < 2 && std::time::Instant::now() < until {
            std::thread::yield_now();
        }
        let tree = Tree::of(shell.id());
        assert_eq!(tree.len(), 2);
        assert!(tree.cpu_nanos() > 0 && tree.root_resident_kib() > 0);
        assert!(tree.resident_kib_before_server() >= tree.root_resident_kib());
        drop(shell.stdin.take());
        shell.kill().unwrap();
        shell.wait().unwrap();
    }
}
