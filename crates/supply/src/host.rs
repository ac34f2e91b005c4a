//! The machine a tree is resolved for: packages may be limited to systems, processors and C libraries.

use serde::{Deserialize, Serialize};

/// A C library, in npm's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Libc {
    /// The GNU C library.
    Glibc,
    /// musl.
    Musl,
}

/// What decides whether a package may be installed here; in npm's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// `process.platform`, for example `linux`.
    pub os: String,
    /// `process.arch`, for example `x64`.
    pub cpu: String,
    /// The C library that node is linked with, where the system has several.
    pub libc: Option<Libc>,
    /// Version of the node that will run the tree, when known: newer releases that say they need
    /// a newer node are then passed over, as npm does.
    pub node: Option<crate::npm::Version>,
}

impl Host {
    /// The machine this code was built for, with the given node. The C library is glibc where its
    /// loader exists and musl otherwise: node itself is a glibc program wherever both are present.
    #[must_use]
    pub fn current(node: Option<crate::npm::Version>) -> Self {
        let os = match std::env::consts::OS {
            "macos" => "darwin",
            "windows" => "win32",
            other => other,
        };
        let cpu = match std::env::consts::ARCH {
            "x86_64" => "x64",
            "aarch64" => "arm64",
            "x86" => "ia32",
            "powerpc64" => "ppc64",
            other => other,
        };
        let libc = (os == "linux").then(|| {
            let loaders = [
                "/lib64/ld-linux-x86-64.so.2",
                "/lib/ld-linux-aarch64.so.1",
                "/lib/ld-linux-armhf.so.3",
                "/lib/ld64.so.2",
                "/lib/ld64.so.1",
                "/lib/ld-linux-riscv64-lp64d.so.1",
                "/lib/ld-linux.so.2",
            ];
            let glibc = loaders
                .iter()
                .any(|path| std::path::Path::new(path).exists());
            if glibc { Libc::Glibc } else { Libc::Musl }
        });
        Self {
            os: os.into(),
            cpu: cpu.into(),
            libc,
            node,
        }
    }

    /// The kind of machine in one word: `linux-x64-glibc`.
    #[must_use]
    pub fn name(&self) -> String {
        let libc = self.libc.map(|libc| match libc {
            Libc::Glibc => "-glibc",
            Libc::Musl => "-musl",
        });
        format!("{}-{}{}", self.os, self.cpu, libc.unwrap_or_default())
    }

    /// Whether a package's `os`, `cpu` and `libc` lists admit this machine (npm-install-checks).
    #[must_use]
    pub fn admits(&self, os: &[String], cpu: &[String], libc: &[String]) -> bool {
        let libc_ok = libc.is_empty()
            || self.os == "linux"
                && match self.libc {
                    Some(Libc::Glibc) => listed(libc, "glibc"),
                    Some(Libc::Musl) => listed(libc, "musl"),
                    None => false,
                };
        listed(os, &self.os) && listed(cpu, &self.cpu) && libc_ok
    }
}

/// npm's list rule: `any` admits all; `!x` excludes x; when there is any positive entry, one has to match.
fn listed(list: &[String], value: &str) -> bool {
    if list.is_empty() || list.len() == 1 && list.first().is_some_and(|only| only == "any") {
        return true;
    }
    let mut positive = false;
    let mut matched = false;
    for item in list {
        match item.strip_prefix('!') {
            Some(excluded) if excluded == value => return false,
            Some(_) => {}
            None => {
                positive = true;
                matched |= item == value;
            }
        }
    }
    matched || !positive
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn platform_lists() {
        let host = Host {
            os: "linux".into(),
            cpu: "x64".into(),
            libc: Some(Libc::Glibc),
            node: None,
        };
        let list = |text: &str| {
            text.split(',')
                .filter(|s| !s.is_empty())
                .map(String::from)
                .collect::<Vec<_>>()
        };
        for (os, cpu, libc, expected) in [
            ("", "", "", true),
            ("linux", "x64", "glibc", true),
            ("linux,darwin", "x64,arm64", "", true),
            ("darwin", "", "", false),
            ("!win32", "", "", true),
            ("!linux", "", "", false),
            ("any", "any", "", true),
            ("", "arm64", "", false),
            ("", "!x64", "", false),
            ("linux", "x64", "musl", false),
            ("!win32,linux", "", "", true),
            ("!win32,darwin", "", "", false),
        ] {
            assert_eq!(
                host.admits(&list(os), &list(cpu), &list(libc)),
                expected,
                "{os}|{cpu}|{libc}"
            );
        }
    }
}
