//! What is looked through: this user's own files, everybody's, a home somewhere else, or a repository.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use interlock_scan::{Base, CLIENTS, ConfigFile, Home, Machine, Os, Skipped, Unreadable, client};

use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::options::{Global, Scan};

/// What is looked through, and what is wanted of it.
pub struct Looked {
    /// The machine.
    pub machine: Machine,
    /// The homes and projects, with their owners.
    pub bases: Vec<Base>,
    /// This user's own files on this machine: approvals and variables are those of the files.
    pub own: bool,
    /// Only these files.
    only: Vec<PathBuf>,
}

impl Looked {
    /// Whether a file is asked for.
    pub fn wants(&self, file: &ConfigFile, clients: &[String]) -> bool {
        let ids = std::iter::once(file.client).chain(file.also.iter().copied());
        let client = clients.is_empty()
            || ids
                .map(|client| client.id)
                .any(|id| clients.iter().any(|name| name == id));
        client && (self.only.is_empty() || self.only.contains(&file.path))
    }

    /// Files that were named and that no client reads: nothing is known of what is in them.
    pub fn unread(&self, files: &[ConfigFile]) -> Vec<Skipped> {
        let unread = |path: &&PathBuf| files.iter().all(|file| file.path != **path);
        let skipped = |path: &PathBuf| Skipped {
            path: path.clone(),
            reason: Unreadable::NoClient,
        };
        self.only.iter().filter(unread).map(skipped).collect()
    }

    /// Variables that put a client's files where this program cannot know: a relative path counts from wherever the client is started.
    pub fn elsewhere(&self) -> Vec<Skipped> {
        let set = relocating().into_iter().filter(|_| self.own);
        let relative = set.filter_map(|name| {
            let path = PathBuf::from(std::env::var_os(name)?);
            let leads = path.is_relative() && !path.as_os_str().is_empty();
            leads.then(|| Skipped {
                path,
                reason: Unreadable::Relative(name.to_owned()),
            })
        });
        relative.collect()
    }
}

/// What the options say.
///
/// # Errors
/// When a path, a client or a system is named that is none.
pub fn looked(global: &Global, options: &Scan) -> Result<Looked, Failure> {
    for name in &options.client {
        if client(name).is_none() {
            let known: Vec<&str> = CLIENTS.iter().map(|client| client.id).collect();
            let what = format!("`{}` is no client", name.escape_debug());
            return Err(
                Failure::new(Exit::Usage, what).next(format!("choose from {}", known.join(", ")))
            );
        }
    }
    let os = system(options)?;
    if !options.path.is_empty() {
        return repositories(options, os);
    }
    if let Some(home) = &options.home {
        let home = directory(home)?;
        return Ok(of_machine(Machine::home_only(home, os), false));
    }
    let context = Context::new(global)?;
    let mut machine = Machine::host(Home {
        path: context.places.home().to_owned(),
        user: None,
        variables: relocations(),
    });
    machine.os = os;
    if options.all_users {
        machine.homes.extend(other_homes(context.places.home()));
    }
    Ok(of_machine(machine, true))
}

fn system(options: &Scan) -> Result<Os, Failure> {
    let Some(name) = &options.os else {
        return Ok(Os::host());
    };
    Os::named(name).ok_or_else(|| {
        let what = format!("`{}` is no system", name.escape_debug());
        Failure::new(Exit::Usage, what).next("choose from linux, macos, windows")
    })
}

fn of_machine(machine: Machine, own: bool) -> Looked {
    let homes = machine.homes.iter().map(|home| &home.path);
    let directories = homes.chain(&machine.projects);
    let bases = directories.filter_map(|path| {
        let owner = std::fs::metadata(path).ok()?.uid();
        Some(Base {
            path: path.clone(),
            owner,
        })
    });
    Looked {
        bases: bases.collect(),
        machine,
        own,
        only: Vec::new(),
    }
}

/// Directories are repositories; a file stands for itself, in the repository that it is in.
fn repositories(options: &Scan, os: Os) -> Result<Looked, Failure> {
    let mut machine = Machine {
        os,
        root: None,
        homes: Vec::new(),
        projects: Vec::new(),
    };
    let mut only = Vec::new();
    for path in &options.path {
        let real = std::fs::canonicalize(path).map_err(|error| {
            let what = format!("`{}` cannot be scanned", path.display());
            Failure::new(Exit::Usage, what).because(&error)
        })?;
        let project = if real.is_dir() {
            real
        } else {
            project_of(&real, &mut only)
        };
        if !machine.projects.contains(&project) {
            machine.projects.push(project);
        }
    }
    Ok(Looked {
        only,
        ..of_machine(machine, false)
    })
}

/// The repository around a file; without one, the directory above the one it is in, since most files have a directory of their client's.
fn project_of(file: &Path, only: &mut Vec<PathBuf>) -> PathBuf {
    only.push(file.to_owned());
    let mut above = file.ancestors().skip(1);
    let repository = above.find(|directory| directory.join(".git").exists());
    let directory = repository.or_else(|| {
        let own = file.parent()?;
        let hidden = own.file_name()?.to_string_lossy().starts_with('.');
        if hidden { own.parent() } else { Some(own) }
    });
    directory.unwrap_or(Path::new("/")).to_owned()
}

/// A directory that a person named.
///
/// # Errors
/// When it is none.
pub fn directory(path: &Path) -> Result<PathBuf, Failure> {
    let real = std::fs::canonicalize(path).and_then(|real| {
        if real.is_dir() {
            Ok(real)
        } else {
            Err(std::io::ErrorKind::NotADirectory.into())
        }
    });
    real.map_err(|error| {
        let what = format!("`{}` cannot be looked through", path.display());
        Failure::new(Exit::Usage, what).because(&error)
    })
}

/// Variables of this process that put clients' files elsewhere.
pub fn relocations() -> Vec<(String, PathBuf)> {
    let value = |name: &str| {
        let path = std::env::var_os(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())?;
        Some((name.to_owned(), path))
    };
    relocating().into_iter().filter_map(value).collect()
}

/// The names of the variables that put clients' files elsewhere.
fn relocating() -> Vec<&'static str> {
    let places = CLIENTS.iter().flat_map(|client| client.places);
    let mut names: Vec<&str> = places
        .filter_map(|place| Some(place.relocation?.variable))
        .collect();
    names.extend(["XDG_CONFIG_HOME", "APPDATA"]);
    names.sort_unstable();
    names.dedup();
    names
}

/// The homes of the other users that the machine knows. One that cannot be entered is reported, not left out.
fn other_homes(own: &Path) -> Vec<Home> {
    let passwd = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    homes_in(&passwd, own)
}

fn homes_in(passwd: &str, own: &Path) -> Vec<Home> {
    let mut homes: Vec<Home> = Vec::new();
    for line in passwd.lines() {
        let mut fields = line.split(':');
        let (Some(user), Some(uid)) = (fields.next(), fields.nth(1)) else {
            continue;
        };
        let Some(home) = fields.nth(2).map(PathBuf::from) else {
            continue;
        };
        let person = uid
            .parse::<u32>()
            .is_ok_and(|uid| uid == 0 || (1000..65_534).contains(&uid));
        let new = home != own && homes.iter().all(|known| known.path != home);
        // One that may not be looked at is there all the same, and is told.
        let there = || {
            let found = std::fs::symlink_metadata(&home);
            found.is_ok_and(|found| found.is_dir() || found.is_symlink())
                || std::fs::symlink_metadata(&home)
                    .is_err_and(|error| error.kind() != std::io::ErrorKind::NotFound)
        };
        if person && new && home.is_absolute() && home != Path::new("/") && there() {
            homes.push(Home {
                path: home,
                user: Some(user.to_owned()),
                variables: Vec::new(),
            });
        }
    }
    homes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_homes_of_people_are_found() {
        let there = tempfile::tempdir().unwrap();
        let path = there.path().to_str().unwrap();
        let passwd = format!(
            "root:x:0:0::/:/bin/sh\ndaemon:x:1:1::{path}:/x\nme:x:1000:1000::/home/own:/x\nyou:x:1001:1:,,:{path}:/bin/sh\nnobody:x:65534:1::{path}:/x\nbroken\n"
        );
        let found = homes_in(&passwd, Path::new("/home/own"));
        let users: Vec<_> = found
            .iter()
            .filter_map(|home| home.user.as_deref())
            .collect();
        assert_eq!(users, ["you"]);
    }

    #[test]
    fn a_file_stands_for_itself_in_its_repository() {
        let there = tempfile::tempdir().unwrap();
        let root = there.path();
        std::fs::create_dir_all(root.join("repo/.git")).unwrap();
        std::fs::create_dir_all(root.join("repo/a/.cursor")).unwrap();
        std::fs::create_dir_all(root.join("plain/.cursor")).unwrap();
        for (file, project) in [
            ("repo/a/.cursor/mcp.json", "repo"),
            ("plain/.cursor/mcp.json", "plain"),
            ("plain/.mcp.json", "plain"),
        ] {
            let mut only = Vec::new();
            assert_eq!(project_of(&root.join(file), &mut only), root.join(project));
            assert_eq!(only, [root.join(file)]);
        }
    }
}
