//! The file system of an image in the place of the host's.
//!
//! The new root stays ours: a small one in memory, as for every server. Each name of the image's root is mounted into it by
//! itself. Where something else is to be laid over a directory of the image (a grant, `/home/mcp`, `/etc/hosts`), that directory is
//! taken apart: made in memory, with each of its names mounted or linked. So nothing of the image has to be written, no mount
//! point has to be in it, and where the two disagree the sandbox's own parts win. No link of the image is followed.

use std::fs;
use std::ops::Bound;
use std::path::{Path, PathBuf};

use super::layout::{Layout, LayoutError, Node, host_source};
use crate::profile::Access;

/// Names in directories that are taken apart: the new root has room for 4,096.
const MOST: usize = 2000;

/// What every sandbox has of its own, whatever an image has there.
const OWN: [&str; 4] = ["/proc", "/dev", "/sys", "/run"];

impl Layout {
    /// Lays an image under everything that is laid out already.
    pub(super) fn add_image(&mut self, root: &Path) -> Result<(), LayoutError> {
        let real = fs::canonicalize(root).map_err(|source| missing(root, source))?;
        let mut left = MOST;
        let mut open = vec![(real, PathBuf::from("/"))];
        while let Some((host, inside)) = open.pop() {
            for (name, kind) in names(&host, &inside, left)? {
                left = left.saturating_sub(1);
                let (host, inside) = (host.join(&name), inside.join(&name));
                if let Some(more) = self.add_name(host, inside, kind)? {
                    open.push(more);
                }
            }
        }
        Ok(())
    }

    /// Lays out one name of an image; gives it back where it is a directory to take apart.
    fn add_name(
        &mut self,
        host: PathBuf,
        inside: PathBuf,
        kind: fs::FileType,
    ) -> Result<Option<(PathBuf, PathBuf)>, LayoutError> {
        let own = OWN.iter().any(|path| inside == Path::new(path));
        if own || self.nodes.contains_key(&inside) {
            return Ok(None);
        }
        if self.has_below(&inside) {
            // A file or a link there gives way to the directory that is needed.
            if !kind.is_dir() {
                return Ok(None);
            }
            self.put(&inside, Node::Directory);
            return Ok(Some((host, inside)));
        }
        if kind.is_symlink() {
            let target = fs::read_link(&host).map_err(|source| missing(&host, source))?;
            self.put(&inside, Node::Link(target));
        } else if let Some(source) = host_source(&host, false) {
            self.put(
                &inside,
                Node::Mount {
                    source,
                    access: Access::ReadExec,
                    is_dir: kind.is_dir(),
                    device: false,
                },
            );
        }
        Ok(None)
    }

    /// Whether anything is laid out below a path.
    fn has_below(&self, path: &Path) -> bool {
        let after = (Bound::Excluded(path), Bound::Unbounded);
        let next = self.nodes.range::<Path, _>(after).next();
        next.is_some_and(|(known, _)| known.starts_with(path))
    }
}

/// The names in a directory of an image: files, directories and links; there is nothing else in a stored one.
fn names(
    host: &Path,
    inside: &Path,
    left: usize,
) -> Result<Vec<(PathBuf, fs::FileType)>, LayoutError> {
    let mut names = Vec::new();
    for entry in fs::read_dir(host).map_err(|source| missing(host, source))? {
        let entry = entry.map_err(|source| missing(host, source))?;
        let kind = entry.file_type().map_err(|source| missing(host, source))?;
        if names.len() >= left {
            return Err(LayoutError::Crowded {
                path: inside.to_path_buf(),
                most: MOST,
            });
        }
        if kind.is_dir() || kind.is_file() || kind.is_symlink() {
            names.push((PathBuf::from(entry.file_name()), kind));
        }
    }
    names.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(names)
}

fn missing(path: &Path, source: std::io::Error) -> LayoutError {
    LayoutError::Missing {
        path: path.to_path_buf(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::profile::Mount;

    /// An image with these names: `dir/`, `file`, `link -> target`.
    fn image(names: &[&str]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for name in names {
            let (name, target) = name.split_once(" -> ").unwrap_or((name, ""));
            let path = root.path().join(name.trim_end_matches('/'));
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            if !target.is_empty() {
                symlink(target, path).unwrap();
            } else if name.ends_with('/') {
                fs::create_dir_all(path).unwrap();
            } else {
                fs::write(path, name).unwrap();
            }
        }
        root
    }

    /// How the paths are laid out: `d`irectory, `f`ile of ours, `l`ink, `i`mage, `m`ount of something else.
    fn check(names: &[&str], mounts: &[Mount], expected: &[(&str, char)]) {
        let image = image(names);
        let layout = Layout::new(Some(image.path()), mounts, false).unwrap();
        let real = fs::canonicalize(image.path()).unwrap();
        for (path, kind) in expected {
            let found = match layout.nodes.get(Path::new(path)) {
                None => '-',
                Some(Node::Directory) => 'd',
                Some(Node::File(_)) => 'f',
                Some(Node::Link(_)) => 'l',
                Some(Node::Mount {
                    source: super::super::layout::Source::Host { path, .. },
                    ..
                }) if path.starts_with(&real) => 'i',
                Some(Node::Mount { .. }) => 'm',
            };
            assert_eq!(found, *kind, "{path} of {names:?}");
        }
    }

    #[test]
    fn an_image_is_mounted_name_by_name_and_ours_wins() {
        let names = [
            "usr/bin/node",
            "bin -> usr/bin",
            "app/server.js",
            "etc/ssl/cert.pem",
            "etc/hosts",
            "home/node/.profile",
            "tmp/left",
            "dev/evil",
            "proc/evil",
            "var/tmp -> /etc",
            "entry",
        ];
        let expected = [
            ("/usr", 'i'),
            ("/bin", 'l'),
            ("/app", 'i'),
            ("/entry", 'i'),
            ("/etc", 'd'),
            ("/etc/ssl", 'i'),
            ("/etc/hosts", 'f'),
            ("/home", 'd'),
            ("/home/node", 'i'),
            ("/home/mcp", 'm'),
            ("/tmp", 'm'),
            ("/tmp/left", '-'),
            ("/dev/evil", '-'),
            ("/proc/evil", '-'),
            ("/var", 'd'),
            ("/var/tmp", 'l'),
            // Nothing of the host's system.
            ("/lib64", '-'),
            ("/etc/ld.so.cache", '-'),
        ];
        check(&names, &[], &expected);
    }

    #[test]
    fn a_grant_takes_its_directories_apart() {
        let host = tempfile::tempdir().unwrap();
        let at = |inside: &str| Mount {
            inside: inside.into(),
            ..Mount::same(host.path(), Access::Write)
        };
        check(
            &["app/data/old", "app/server.js", "app/lib/x"],
            &[at("/app/data")],
            &[
                ("/app", 'd'),
                ("/app/data", 'm'),
                ("/app/data/old", '-'),
                ("/app/server.js", 'i'),
                ("/app/lib", 'i'),
            ],
        );
        check(
            &["app/server.js"],
            &[at("/app/new/place"), at("/data")],
            &[("/app/new", 'd'), ("/app/new/place", 'm'), ("/data", 'm')],
        );
        // A link or a file in the way gives way, and is never followed.
        check(
            &["data -> /etc", "srv"],
            &[at("/data/x"), at("/srv/x")],
            &[("/data", 'd'), ("/data/x", 'm'), ("/srv", 'd')],
        );
    }

    #[test]
    fn a_grant_below_usr_is_one_like_any_other() {
        let (image, host) = (image(&["usr/bin/x"]), tempfile::tempdir().unwrap());
        let mount = Mount {
            inside: "/usr/src/app".into(),
            ..Mount::same(host.path(), Access::Write)
        };
        for (root, expected) in [(Some(image.path()), true), (None, false)] {
            let layout = Layout::new(root, std::slice::from_ref(&mount), false).unwrap();
            let found = layout.nodes.get(Path::new("/usr/src/app"));
            let is_granted = matches!(
                found,
                Some(Node::Mount {
                    source: super::super::layout::Source::Host { granted: true, .. },
                    ..
                })
            );
            assert_eq!(is_granted, expected, "{root:?}");
        }
    }

    #[test]
    fn what_does_not_fit_is_an_error() {
        let many: Vec<String> = (0..=MOST).map(|n| format!("app/{n}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let image = image(&many);
        let host = tempfile::tempdir().unwrap();
        let mount = Mount {
            inside: "/app/data".into(),
            ..Mount::same(host.path(), Access::Read)
        };
        assert!(Layout::new(Some(image.path()), &[], false).is_ok());
        let refused = Layout::new(Some(image.path()), &[mount], false);
        assert!(refused.is_err_and(|error| error.to_string().contains("/app")));
        let gone = Layout::new(Some(&image.path().join("no")), &[], false);
        assert!(gone.is_err());
    }
}
