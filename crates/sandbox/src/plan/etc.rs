//! The synthetic `/etc`: accounts that name nobody of the host, name services, and an allow-list of the host's own files.

use std::fs;
use std::path::{Path, PathBuf};

use crate::egress::inside::{HOSTS, RESOLV_CONF};
use crate::profile::{HOME, INSIDE_ID, USER};

/// Files of the host that programs read and that tell nothing about its users.
const FILES: [&str; 15] = [
    "ld.so.cache",
    "localtime",
    "timezone",
    "mime.types",
    "os-release",
    "debian_version",
    "services",
    "protocols",
    "host.conf",
    "gai.conf",
    "ca-certificates.conf",
    "ssl/openssl.cnf",
    "ssl/cert.pem",
    "pki/tls/openssl.cnf",
    "machine-info",
];

/// Directories of the same kind. Private keys lie beside, never in them.
const DIRECTORIES: [&str; 5] = [
    "alternatives",
    "ssl/certs",
    "pki/tls/certs",
    "pki/ca-trust/extracted",
    "crypto-policies",
];

/// Above this size a file is mounted instead of copied.
const COPY_LIMIT: u64 = 8 << 10;

/// One entry of `/etc`.
#[derive(Debug)]
pub(super) enum Entry {
    /// A file with this content.
    File { inside: PathBuf, content: Vec<u8> },
    /// The host's own, read-only.
    Host { path: PathBuf },
}

/// Everything in `/etc`.
pub(super) fn entries(egress: bool) -> Vec<Entry> {
    let mut entries = synthetic(egress);
    entries.extend(
        FILES
            .iter()
            .filter_map(|name| host_file(&Path::new("/etc").join(name))),
    );
    entries.extend(DIRECTORIES.iter().filter_map(|name| {
        let path = Path::new("/etc").join(name);
        path.is_dir().then_some(Entry::Host { path })
    }));
    entries
}

fn host_file(path: &Path) -> Option<Entry> {
    let size = fs::metadata(path).ok().filter(fs::Metadata::is_file)?.len();
    if size > COPY_LIMIT {
        return Some(Entry::Host {
            path: path.to_path_buf(),
        });
    }
    let content = fs::read(path).ok()?;
    Some(Entry::File {
        inside: path.to_path_buf(),
        content,
    })
}

fn synthetic(egress: bool) -> Vec<Entry> {
    let passwd = format!(
        "root:x:0:0:root:/:/usr/sbin/nologin\n{USER}:x:{INSIDE_ID}:{INSIDE_ID}::{HOME}:/bin/sh\n\
         nobody:x:65534:65534:nobody:/:/usr/sbin/nologin\n"
    );
    let group = format!("root:x:0:\n{USER}:x:{INSIDE_ID}:\nnogroup:x:65534:\n");
    let hosts = if egress { "dns" } else { "" };
    let nsswitch = format!(
        "passwd: files\ngroup: files\nshadow: files\nhosts: files {hosts}\nservices: files\nprotocols: files\n"
    );
    let resolv = if egress { RESOLV_CONF } else { "" };
    [
        ("/etc/passwd", passwd.as_str()),
        ("/etc/group", &group),
        ("/etc/hosts", HOSTS),
        ("/etc/resolv.conf", resolv),
        ("/etc/nsswitch.conf", &nsswitch),
        ("/etc/hostname", "mcp\n"),
    ]
    .into_iter()
    .map(|(path, text)| Entry::File {
        inside: path.into(),
        content: text.into(),
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(entries: &[Entry], wanted: &str) -> String {
        let found = entries.iter().find_map(|entry| match entry {
            Entry::File { inside, content } if inside == Path::new(wanted) => Some(content.clone()),
            _ => None,
        });
        String::from_utf8(found.unwrap()).unwrap()
    }

    #[test]
    fn names_are_resolved_only_with_a_network() {
        let (without, with) = (entries(false), entries(true));
        assert_eq!(content(&without, "/etc/resolv.conf"), "");
        assert_eq!(content(&with, "/etc/resolv.conf"), RESOLV_CONF);
        assert!(!content(&without, "/etc/nsswitch.conf").contains("dns"));
        assert!(content(&with, "/etc/nsswitch.conf").contains("hosts: files dns"));
    }

    #[test]
    fn nobody_of_the_host_is_named() {
        let passwd = content(&entries(false), "/etc/passwd");
        let names: Vec<&str> = passwd
            .lines()
            .filter_map(|line| line.split(':').next())
            .collect();
        assert_eq!(names, ["root", USER, "nobody"]);
    }

    #[test]
    fn nothing_private_is_on_the_list() {
        for name in FILES.iter().chain(&DIRECTORIES) {
            for private in ["shadow", "private", "sudoers", "machine-id", "ssh"] {
                assert!(!name.contains(private), "{name}");
            }
        }
    }
}
