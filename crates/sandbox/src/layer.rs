//! The layers of the sandbox: what each is for, and the record of what was really applied.
//!
//! A layer is a unit that a kernel may lack. A profile requires all of them but those it names in
//! `allow_missing`; nothing else ever weakens a launch.

use std::fmt;

/// One kernel mechanism that the default profile relies on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Layer {
    /// User, mount, PID, network, IPC, UTS and cgroup namespaces, and a new root in them.
    Namespaces,
    /// A fresh `/proc` that shows only the server's own processes (`hidepid`).
    /// Allowed missing, `/proc` is an empty directory.
    Proc,
    /// No further user namespaces inside (`max_user_namespaces` is zero).
    NestedNamespaces,
    /// Landlock: files by path (ABI 3 and later).
    Landlock,
    /// Landlock's scopes: abstract sockets and signals (ABI 6 and later).
    LandlockScope,
    /// The system call filter.
    Seccomp,
    /// A memory and process limit over the whole tree, by cgroup.
    /// Where no cgroup is delegated, the reaper watches memory itself, so this one is never required.
    Cgroup,
}

impl Layer {
    /// Every layer, in the order in which they are reported.
    pub const ALL: [Layer; 7] = [
        Layer::Namespaces,
        Layer::Proc,
        Layer::NestedNamespaces,
        Layer::Landlock,
        Layer::LandlockScope,
        Layer::Seccomp,
        Layer::Cgroup,
    ];

    /// The stable kebab-case name: the value of `--danger-allow-missing`.
    pub fn name(self) -> &'static str {
        match self {
            Layer::Namespaces => "namespaces",
            Layer::Proc => "proc",
            Layer::NestedNamespaces => "nested-namespaces",
            Layer::Landlock => "landlock",
            Layer::LandlockScope => "landlock-scope",
            Layer::Seccomp => "seccomp",
            Layer::Cgroup => "cgroup",
        }
    }

    /// The layer of that name.
    pub fn from_name(name: &str) -> Option<Layer> {
        Layer::ALL.into_iter().find(|layer| layer.name() == name)
    }

    /// Whether a launch fails without it, unless it is allowed missing.
    pub fn is_required(self) -> bool {
        !matches!(self, Layer::Cgroup)
    }

    /// What an attacker gains where this layer is missing, for people.
    pub fn purpose(self) -> &'static str {
        match self {
            Layer::Namespaces => "hides the host's files, processes, network and IPC",
            Layer::Proc => "shows the server its own processes only",
            Layer::NestedNamespaces => "keeps kernel code behind user namespaces out of reach",
            Layer::Landlock => "checks every file access a second time, by path",
            Layer::LandlockScope => "cuts abstract sockets and signals to the outside",
            Layer::Seccomp => "refuses system calls that no server needs",
            Layer::Cgroup => "limits the memory and processes of the whole tree",
        }
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How the memory of the whole tree is limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemoryLimit {
    /// By the kernel: a cgroup of version 2.
    Cgroup,
    /// By the reaper, which adds up the tree's memory and kills it above the limit.
    Watched,
    /// Of each process alone: there is no cgroup, and `/proc` was allowed to be missing.
    EachProcess,
}

/// What was really applied to one confined tree. For the audit log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enforced {
    /// The layers in force.
    pub layers: Vec<Layer>,
    /// The Landlock ABI that the rules were written for; 0 where Landlock is missing.
    pub landlock_abi: u32,
    /// The user that the server is to the kernel outside (never 0 for a privileged launcher).
    pub outer_uid: u32,
    /// How memory is limited.
    pub memory: MemoryLimit,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        for layer in Layer::ALL {
            assert_eq!(Layer::from_name(layer.name()), Some(layer));
        }
        assert_eq!(Layer::from_name("Seccomp"), None);
    }

    #[test]
    fn only_the_cgroup_is_optional() {
        let optional: Vec<_> = Layer::ALL
            .into_iter()
            .filter(|l| !l.is_required())
            .collect();
        assert_eq!(optional, [Layer::Cgroup]);
    }
}
