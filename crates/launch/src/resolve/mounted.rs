//! Code that a request mounts into an image: digested as any other, and never writable by the server.
//!
//! Which words of a command line are code follows from the grammar of the interpreter among them. What an interpreter starts is code
//! whatever stands there, a directory (`node /app`) as well as a name that it completes itself; where a package manager is
//! to find out what starts (`npm start`), the directory that it is started in is. Where there is no interpreter, what could be
//! started itself counts. What code loads by itself from another mount is not seen here.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::content::TreeRole;
use super::error::ResolveError;
use super::flow::Flow;
use super::program::{self, Found};
use super::{image, python};
use crate::grammar::{classify, plain_name, starts_others};
use crate::guarded::shown;
use crate::judge::{Case, Class, ScriptKind};

/// A path of the host, and where it is seen inside.
pub(super) type Place = (PathBuf, PathBuf);

/// What of the host a path inside stands for, where something is mounted over it: the mount's own path, and the whole one.
pub(super) fn over<'p>(
    places: &'p [Place],
    inside: &Path,
) -> impl Iterator<Item = (&'p Path, PathBuf)> {
    places.iter().filter_map(move |(host, place)| {
        let rest = inside.strip_prefix(place).ok()?;
        let whole = match rest.as_os_str().is_empty() {
            true => host.clone(),
            false => host.join(rest),
        };
        Some((host.as_path(), whole))
    })
}

impl Flow<'_, '_, '_> {
    /// Digests what the words of a command line start from what is mounted.
    pub(super) fn mounted_code(
        &mut self,
        files: &Path,
        workdir: &Path,
        words: &[String],
        places: &[Place],
    ) -> Result<(), ResolveError> {
        let mut places = places.to_vec();
        for grant in self.prior.writes {
            let host = grant.as_path();
            if !places.iter().any(|(known, _)| known == host) {
                places.push((host.to_owned(), image::settle(files, host)));
            }
        }
        for word in Words::of(words, workdir, &places).all {
            let inside = image::settle(files, &workdir.join(&word.path));
            for (host, path) in over(&places, &inside) {
                let is_file = fs::symlink_metadata(&path).is_ok_and(|found| !found.is_dir());
                let is_code = match word.role {
                    Role::Start => true,
                    Role::Code => is_file,
                    Role::Data => is_file && starts_itself(&path),
                };
                if is_code {
                    self.mounted(host, &path, &places)?;
                }
            }
        }
        Ok(())
    }

    /// Digests a file or directory of a mount with all around it, and what is mounted in there for reading.
    fn mounted(&mut self, host: &Path, path: &Path, places: &[Place]) -> Result<(), ResolveError> {
        // What an interpreter completes (`/app/server` to `/app/server.js`) is not there under its own name.
        // The directory that it would be in may be a link, all the same.
        let there = path.ancestors().find(|it| fs::symlink_metadata(it).is_ok());
        let real = there.and_then(|there| fs::canonicalize(there).ok());
        let Some(real) = real.filter(|real| real.starts_with(host)) else {
            return Err(ResolveError::Unsupported {
                what: format!("`{}`, a link out of what is mounted,", shown(path)),
                instead: "name the file that it leads to",
            });
        };
        if there == Some(path) && !real.is_dir() {
            self.mounted_file(&real)?;
        }
        let around = places.iter().filter(|(known, _)| known == host);
        let around: Vec<&PathBuf> = around.map(|(_, inside)| inside).collect();
        for (other, inside) in places {
            let is_within = around.iter().any(|place| inside.starts_with(place));
            let is_written = self.prior.writes.iter().any(|grant| grant.covers(other));
            if other == host || (is_within && !is_written) {
                match other.is_dir() {
                    true => self.tree(other, TreeRole::Project, &[])?,
                    false => self.mounted_file(other)?,
                }
            }
        }
        Ok(())
    }

    fn mounted_file(&mut self, real: &Path) -> Result<(), ResolveError> {
        let found = Found {
            path: real.to_owned(),
            real: real.to_owned(),
        };
        let looked = self.draft.file(&found, self.resolver, self.prior)?;
        self.draft.link(looked.record);
        Ok(())
    }
}

/// A word that may name a file.
struct Word {
    path: PathBuf,
    role: Role,
}

/// What a word is, if it leads into a mount.
#[derive(Clone, Copy)]
enum Role {
    /// What is started: code, whatever is there.
    Start,
    /// Code, if it is a file.
    Code,
    /// Code, if it is a file that could be started itself.
    Data,
}

#[derive(Default)]
struct Words {
    all: Vec<Word>,
}

impl Words {
    fn of(words: &[String], workdir: &Path, places: &[Place]) -> Self {
        let mut found = Self::default();
        let interpreter = words
            .iter()
            .position(|word| starts_others(&plain_name(word)));
        let Some((interpreter, args)) = interpreter.and_then(|at| words.get(at..)?.split_first())
        else {
            found.add(words, Role::Data);
            return found;
        };
        let before = words.len() - args.len();
        found.add(words.get(..before).unwrap_or_default(), Role::Code);
        match classify(interpreter, args, &mut Case::new(None)) {
            Class::Script(script) if script.kind == ScriptKind::Module => {
                found.add(&script.options, Role::Code);
                for (_, directory) in over(places, workdir) {
                    let file = python::module_in(&directory, &script.path);
                    let inside = file.and_then(|file| {
                        let rest = file.strip_prefix(&directory).ok()?;
                        Some(workdir.join(rest))
                    });
                    let module = inside.map(|path| Word {
                        path,
                        role: Role::Code,
                    });
                    found.all.extend(module);
                }
                found.add(&script.args, Role::Data);
            }
            Class::Script(script) if script.kind == ScriptKind::Project => {
                let project = script.project.unwrap_or_else(|| ".".to_owned());
                found.add(&[project], Role::Start);
                found.add(args, Role::Code);
            }
            Class::Script(script) => {
                found.add(&[script.path], Role::Start);
                found.add(&script.options, Role::Code);
                found.add(&script.args, Role::Data);
            }
            // A package manager looks for what to start where it is started.
            Class::Package(_) => {
                found.add(&[".".to_owned()], Role::Start);
                found.add(args, Role::Code);
            }
            // What nobody understands may start anything that it is told of, or where it is.
            Class::Unknown => {
                found.add(&[".".to_owned()], Role::Start);
                found.add(args, Role::Start);
            }
            _ => found.add(args, Role::Code),
        }
        found
    }

    /// Each word, and the value of an option that is joined to it.
    fn add(&mut self, words: &[String], role: Role) {
        for word in words {
            let value = word.split_once('=').map(|(_, value)| value);
            let paths = [Some(word.as_str()), value].into_iter().flatten();
            let paths = paths.filter(|path| !path.is_empty());
            self.all.extend(paths.map(|path| Word {
                path: PathBuf::from(path),
                role,
            }));
        }
    }
}

/// Whether a file could be started: by its mode, or by its first line.
fn starts_itself(path: &Path) -> bool {
    if !path.is_file() {
        return false;
    }
    let mut head = [0; 2];
    let read = fs::File::open(path).and_then(|mut file| file.read_exact(&mut head));
    program::is_executable(path) || (read.is_ok() && &head == b"#!")
}
