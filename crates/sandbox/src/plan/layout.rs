//! The file system that the server sees, as a list of steps in the order in which they are done.
//!
//! Parents come before children, so that a grant below another one is mounted over it. Mount points are made in the
//! new root alone: where a parent is mounted from the host, the point must exist there.

use std::collections::BTreeMap;
use std::ffi::CString;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use interlock_sys::mount::MountFlags;

use super::etc::{self, Entry};
use super::{PlanError, text};
use crate::profile::{Access, HOME, Limits, Mount, TMPDIR};

/// Why the file system cannot be laid out.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LayoutError {
    /// A required path is not there, or cannot be looked at.
    #[error("`{}` cannot be granted", path.display())]
    Missing {
        /// The path on the host.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A mount point lies in a directory of the host that has no such entry.
    #[error("`{}` cannot be mounted: the directory above is mounted from the host and has no such entry", .0.display())]
    NoMountPoint(PathBuf),
    /// A place that the sandbox makes itself.
    #[error("nothing can be mounted at `{}`", .0.display())]
    Reserved(PathBuf),
    /// A mount below a directory of an image in which too much lies beside it.
    #[error("nothing can be mounted in `{}`: more than {most} names would have to be laid out beside it", path.display())]
    Crowded {
        /// The directory, as it is called inside.
        path: PathBuf,
        /// How many names there may be.
        most: usize,
    },
}

/// One step towards the new root. Paths are relative to it.
#[derive(Debug)]
pub(crate) enum Step {
    /// Make a directory.
    Directory(CString),
    /// Make a file.
    File(CString, Vec<u8>),
    /// Make a symbolic link: what it says, then where it is.
    Link(CString, CString),
    /// Mount something.
    Mount(Bind),
}

impl Step {
    /// Where it is, for messages.
    pub(crate) fn path(&self) -> &CString {
        match self {
            Step::Directory(path) | Step::File(path, _) | Step::Link(_, path) => path,
            Step::Mount(bind) => &bind.target,
        }
    }
}

/// A mount.
#[derive(Debug)]
pub(crate) struct Bind {
    pub(crate) source: BindSource,
    pub(crate) target: CString,
    /// Whether an empty file is the mount point; `None` where it exists already.
    pub(crate) point: Option<Point>,
    pub(crate) flags: MountFlags,
}

/// What a mount point is made as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Point {
    File,
    Directory,
}

/// Where a mount comes from.
#[derive(Debug)]
pub(crate) enum BindSource {
    /// The host. Device and inode are compared once more after it is opened.
    Host {
        path: CString,
        device: u64,
        inode: u64,
        owner: Option<(u32, u32)>,
    },
    /// A directory of the private file system.
    Private(CString),
    /// A fresh `/proc`.
    Proc,
}

const READ_EXEC: MountFlags = MountFlags {
    read_only: true,
    no_exec: false,
    no_dev: true,
};

/// The laid-out file system, by path inside.
pub(crate) struct Layout {
    pub(super) nodes: BTreeMap<PathBuf, Node>,
}

pub(super) enum Node {
    Directory,
    File(Vec<u8>),
    Link(PathBuf),
    Mount {
        source: Source,
        access: Access,
        is_dir: bool,
        device: bool,
    },
}

pub(super) enum Source {
    Host {
        path: PathBuf,
        device: u64,
        inode: u64,
        owner: (u32, u32),
        granted: bool,
        /// A file whose owner may read and execute no more than everybody.
        open_file: bool,
    },
    Private(&'static str),
    Proc,
}

impl Layout {
    /// Lays out the fixed parts, and the mounts of a profile: over the host's own system, or over `root`.
    pub(super) fn new(
        root: Option<&Path>,
        mounts: &[Mount],
        egress: bool,
    ) -> Result<Layout, PlanError> {
        let mut layout = Layout {
            nodes: BTreeMap::new(),
        };
        layout.add_fixed();
        match root {
            None => {
                layout.add_etc(etc::entries(egress));
                layout.add_aliases();
            }
            Some(root) => layout.add_etc(etc::of_image(root, egress)),
        }
        for mount in mounts {
            layout.add_mount(mount, root.is_some())?;
        }
        if let Some(root) = root {
            layout.add_image(root)?;
        }
        layout.add_parents()?;
        Ok(layout)
    }

    fn add_fixed(&mut self) {
        let private = [(HOME, "home"), (TMPDIR, "tmp"), ("/dev/shm", "shm")];
        for (path, name) in private {
            self.put(
                path,
                Node::Mount {
                    source: Source::Private(name),
                    access: Access::Write,
                    is_dir: true,
                    device: false,
                },
            );
        }
        self.put(
            "/proc",
            Node::Mount {
                source: Source::Proc,
                access: Access::Read,
                is_dir: true,
                device: false,
            },
        );
        for name in ["null", "zero", "full", "urandom"] {
            let path = Path::new("/dev").join(name);
            if let Some(source) = host_source(&path, false) {
                self.put(
                    path,
                    Node::Mount {
                        source,
                        access: Access::Write,
                        is_dir: false,
                        device: true,
                    },
                );
            }
        }
        let links = [
            ("/dev/random", "urandom"),
            ("/dev/fd", "/proc/self/fd"),
            ("/dev/stdin", "/proc/self/fd/0"),
            ("/dev/stdout", "/proc/self/fd/1"),
            ("/dev/stderr", "/proc/self/fd/2"),
            ("/etc/mtab", "/proc/self/mounts"),
            ("/var/tmp", "../tmp"),
            ("/var/run", "../run"),
        ];
        for (path, target) in links {
            self.put(path, Node::Link(target.into()));
        }
        self.put("/run", Node::Directory);
    }

    fn add_etc(&mut self, entries: Vec<Entry>) {
        for entry in entries {
            match entry {
                Entry::File { inside, content } => self.put(inside, Node::File(content)),
                Entry::Host { path } => {
                    let is_dir = path.is_dir();
                    if let Some(source) = host_source(&path, false) {
                        self.put(
                            path,
                            Node::Mount {
                                source,
                                access: Access::Read,
                                is_dir,
                                device: false,
                            },
                        );
                    }
                }
            }
        }
    }

    /// In an image, `/usr` is no more the system's than anything else.
    fn add_mount(&mut self, mount: &Mount, in_image: bool) -> Result<(), PlanError> {
        text::check_inside_path(&mount.inside)?;
        if !mount.host.is_absolute() {
            return Err(PlanError::NotAbsolute(mount.host.clone()));
        }
        let reserved = ["/", "/proc", "/dev", "/etc", "/run", "/sys", HOME, TMPDIR];
        let below_proc = ["/proc", "/dev", "/sys"]
            .iter()
            .any(|top| mount.inside.starts_with(top));
        if below_proc || reserved.iter().any(|path| mount.inside == Path::new(path)) {
            return Err(LayoutError::Reserved(mount.inside.clone()).into());
        }
        let real = match fs::canonicalize(&mount.host) {
            Ok(real) => real,
            Err(_) if !mount.required => return Ok(()),
            Err(source) => {
                return Err(LayoutError::Missing {
                    path: mount.host.clone(),
                    source,
                }
                .into());
            }
        };
        let inside = self.through_aliases(&mount.inside);
        let mount = &Mount {
            inside,
            ..mount.clone()
        };
        if self.is_seen_already(&real, mount) {
            return Ok(());
        }
        let metadata = fs::metadata(&real).map_err(|source| LayoutError::Missing {
            path: mount.host.clone(),
            source,
        })?;
        let granted = in_image || !mount.inside.starts_with("/usr");
        let source = source_of(real, &metadata, granted);
        let node = Node::Mount {
            source,
            access: mount.access,
            is_dir: metadata.is_dir(),
            device: false,
        };
        self.put(&mount.inside, node);
        Ok(())
    }

    /// `/bin/sh` is `/usr/bin/sh` where `/bin` is a link: nothing is mounted below a link.
    fn through_aliases(&self, path: &Path) -> PathBuf {
        let alias = path
            .ancestors()
            .find_map(|above| match self.nodes.get(above) {
                Some(Node::Link(target)) => Some(
                    Path::new("/")
                        .join(target)
                        .join(path.strip_prefix(above).ok()?),
                ),
                _ => None,
            });
        alias.unwrap_or_else(|| path.to_path_buf())
    }

    /// Whether a mount above, or the same one, shows this very path with these rights. Reading is part of all of them.
    fn is_seen_already(&self, real: &Path, mount: &Mount) -> bool {
        let above = mount
            .inside
            .ancestors()
            .find_map(|above| match self.nodes.get(above) {
                Some(Node::Mount {
                    source: Source::Host { path, .. },
                    access,
                    ..
                }) => Some((path, *access, mount.inside.strip_prefix(above).ok()?)),
                _ => None,
            });
        let Some((host, access, rest)) = above else {
            return false;
        };
        // A link in between leads to the same place inside when its target is in the same mount.
        let seen = fs::canonicalize(host.join(rest)).is_ok_and(|seen| seen == real);
        let same = seen && real.starts_with(host);
        same && (access == mount.access || (mount.access == Access::Read && !access.writes()))
    }

    /// `/bin` and its like: links on a system that merged them into `/usr`, mounts on one that did not.
    fn add_aliases(&mut self) {
        for path in ["/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"] {
            match fs::read_link(path) {
                Ok(target) => self.put(path, Node::Link(target)),
                Err(_) => {
                    if let Some(source) = host_source(Path::new(path), false) {
                        self.put(
                            path,
                            Node::Mount {
                                source,
                                access: Access::ReadExec,
                                is_dir: true,
                                device: false,
                            },
                        );
                    }
                }
            }
        }
    }

    fn add_parents(&mut self) -> Result<(), LayoutError> {
        let paths: Vec<PathBuf> = self.nodes.keys().cloned().collect();
        for path in paths {
            let needs_point = matches!(self.nodes.get(&path), Some(Node::Mount { .. }));
            if let Some(host) = self.host_path_above(&path) {
                if needs_point && fs::symlink_metadata(&host).is_err() {
                    return Err(LayoutError::NoMountPoint(path));
                }
                continue;
            }
            for parent in path
                .ancestors()
                .skip(1)
                .filter(|parent| *parent != Path::new("/"))
            {
                self.nodes
                    .entry(parent.to_path_buf())
                    .or_insert(Node::Directory);
            }
        }
        Ok(())
    }

    /// Where a path lies on the host when a directory above it is mounted from there.
    fn host_path_above(&self, path: &Path) -> Option<PathBuf> {
        path.ancestors()
            .skip(1)
            .find_map(|above| match self.nodes.get(above) {
                Some(Node::Mount {
                    source: Source::Host { path: host, .. },
                    ..
                }) => Some(host.join(path.strip_prefix(above).ok()?)),
                _ => None,
            })
    }

    pub(super) fn put(&mut self, path: impl AsRef<Path>, node: Node) {
        self.nodes.insert(path.as_ref().to_path_buf(), node);
    }

    /// The mounts with what may be done in them, for the second lock: path, rights, directory or file.
    pub(super) fn mounts(&self) -> impl Iterator<Item = (&Path, Access, bool)> {
        self.nodes.iter().filter_map(|(path, node)| match node {
            Node::Mount { access, is_dir, .. } => Some((path.as_path(), *access, *is_dir)),
            _ => None,
        })
    }

    /// The steps; a path sorts before everything below it.
    pub(super) fn into_steps(self) -> Vec<Step> {
        let covered: Vec<bool> = self
            .nodes
            .keys()
            .map(|path| self.host_path_above(path).is_some())
            .collect();
        let steps = self.nodes.into_iter().zip(covered);
        steps
            .filter_map(|((path, node), covered)| step(&path, node, covered))
            .collect()
    }
}

fn step(path: &Path, node: Node, covered: bool) -> Option<Step> {
    // Every path was checked when it was put in; one that cannot be text is left out.
    let target = text::of_path(path.strip_prefix("/").ok()?).ok()?;
    Some(match node {
        Node::Directory => Step::Directory(target),
        Node::File(content) => Step::File(target, content),
        Node::Link(to) => Step::Link(text::of_path(&to).ok()?, target),
        Node::Mount {
            source,
            access,
            is_dir,
            device,
        } => {
            let point = if is_dir {
                Point::Directory
            } else {
                Point::File
            };
            Step::Mount(Bind {
                source: bind_source(source, access)?,
                target,
                point: (!covered).then_some(point),
                flags: flags(access, device),
            })
        }
    })
}

fn flags(access: Access, device: bool) -> MountFlags {
    match access {
        // Writing to a device file needs no writable mount.
        _ if device => MountFlags {
            read_only: true,
            no_exec: true,
            no_dev: false,
        },
        Access::ReadExec => READ_EXEC,
        _ => MountFlags {
            read_only: !access.writes(),
            no_exec: !access.executes(),
            no_dev: true,
        },
    }
}

fn bind_source(source: Source, access: Access) -> Option<BindSource> {
    Some(match source {
        Source::Host {
            path,
            device,
            inode,
            owner,
            granted,
            open_file,
        } => BindSource::Host {
            path: text::of_path(&path).ok()?,
            device,
            inode,
            // Translating owners costs a user namespace; what everybody may read needs none.
            owner: (granted && (access.writes() || !open_file)).then_some(owner),
        },
        Source::Private(name) => BindSource::Private(CString::new(name).ok()?),
        Source::Proc => BindSource::Proc,
    })
}

pub(super) fn host_source(path: &Path, granted: bool) -> Option<Source> {
    // Most of these are no links: then their own metadata is all there is to look up.
    let own = fs::symlink_metadata(path).ok()?;
    if !own.is_symlink() {
        return Some(source_of(path.to_path_buf(), &own, granted));
    }
    let real = fs::canonicalize(path).ok()?;
    let metadata = fs::metadata(&real).ok()?;
    Some(source_of(real, &metadata, granted))
}

pub(super) fn source_of(path: PathBuf, metadata: &fs::Metadata, granted: bool) -> Source {
    Source::Host {
        path,
        device: metadata.dev(),
        inode: metadata.ino(),
        owner: (metadata.uid(), metadata.gid()),
        granted,
        open_file: metadata.is_file() && (metadata.mode() >> 6) & !metadata.mode() & 0o5 == 0,
    }
}

/// The new root holds names and small files only.
pub(super) fn root_options() -> Vec<(CString, CString)> {
    vec![
        (c"size".to_owned(), c"4m".to_owned()),
        (c"nr_inodes".to_owned(), c"4096".to_owned()),
        (c"mode".to_owned(), c"0755".to_owned()),
    ]
}

/// HOME, TMPDIR and /dev/shm share one file system, so that the limits are of all three together.
pub(super) fn private_options(limits: &Limits) -> Vec<(CString, CString)> {
    let number = |n: u64| CString::new(n.to_string()).unwrap_or_default();
    vec![
        (c"size".to_owned(), number(limits.tmp_bytes.max(4096))),
        (c"nr_inodes".to_owned(), number(limits.tmp_files.max(16))),
        (c"mode".to_owned(), c"0755".to_owned()),
    ]
}

#[cfg(test)]
mod tests;
