//! The synthetic `/etc`: accounts that name nobody of the host, name services, and an allow-list of the host's own files.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags, ResolveFlags, open, openat2};

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

/// What is laid over the `/etc` of an image: its own accounts with the server's among them, and Interlock's name services. All
/// else in there is the image's.
pub(super) fn of_image(root: &Path, egress: bool) -> Vec<Entry> {
    let account = format!("{USER}:x:{INSIDE_ID}:{INSIDE_ID}::{HOME}:/bin/sh\n");
    let group = format!("{USER}:x:{INSIDE_ID}:\n");
    let own = [("passwd", account), ("group", group)];
    let mut entries = synthetic(egress);
    for (name, line) in own {
        let inside = Path::new("/etc").join(name);
        let Some(theirs) = image_file(root, name) else {
            continue;
        };
        let content = with_account(theirs, &line);
        entries.retain(
            |entry| !matches!(entry, Entry::File { inside: known, .. } if *known == inside),
        );
        entries.push(Entry::File { inside, content });
    }
    entries
}

/// The image's list with the server's line at its end, unless it knows that number already.
fn with_account(mut theirs: Vec<u8>, line: &str) -> Vec<u8> {
    let id = INSIDE_ID.to_string();
    let known = theirs
        .split(|byte| *byte == b'\n')
        .any(|line| line.split(|byte| *byte == b':').nth(2) == Some(id.as_bytes()));
    if !known {
        if !theirs.is_empty() && !theirs.ends_with(b"\n") {
            theirs.push(b'\n');
        }
        theirs.extend_from_slice(line.as_bytes());
    }
    theirs
}

/// A small file of an image's `/etc`. No link is followed: it would lead out of the image.
fn image_file(root: &Path, name: &str) -> Option<Vec<u8>> {
    let root = open(
        root,
        OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC,
        Mode::empty(),
    )
    .ok()?;
    let path = Path::new("etc").join(name);
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let within = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
    let file = fs::File::from(openat2(root, &path, flags, Mode::empty(), within).ok()?);
    let size = file.metadata().ok().filter(fs::Metadata::is_file)?.len();
    let mut content = Vec::new();
    let read = file.take(COPY_LIMIT).read_to_end(&mut content);
    (size <= COPY_LIMIT && read.is_ok()).then_some(content)
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
    fn accounts_of_an_image_are_kept_and_no_link_leads_out() {
        let image = tempfile::tempdir().unwrap();
        let etc = image.path().join("etc");
        fs::create_dir(&etc).unwrap();
        for (theirs, expected) in [
            (
                "root:x:0:0::/:/bin/sh",
                "root:x:0:0::/:/bin/sh\nmcp:x:1000:1000::/home/mcp:/bin/sh\n",
            ),
            (
                "node:x:1000:1000::/home/node:/bin/sh\n",
                "node:x:1000:1000::/home/node:/bin/sh\n",
            ),
        ] {
            fs::write(etc.join("passwd"), theirs).unwrap();
            assert_eq!(
                content(&of_image(image.path(), false), "/etc/passwd"),
                expected
            );
        }
        let synthetic = content(&entries(false), "/etc/passwd");
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("passwd"), "secret").unwrap();
        fs::remove_file(etc.join("passwd")).unwrap();
        std::os::unix::fs::symlink(outside.path().join("passwd"), etc.join("passwd")).unwrap();
        assert_eq!(
            content(&of_image(image.path(), false), "/etc/passwd"),
            synthetic
        );
        fs::remove_dir_all(&etc).unwrap();
        std::os::unix::fs::symlink(outside.path(), &etc).unwrap();
        assert_eq!(
            content(&of_image(image.path(), false), "/etc/passwd"),
            synthetic
        );
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
