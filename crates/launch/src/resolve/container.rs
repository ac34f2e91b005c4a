//! A container: the image from the store, its own program, and the grants in the places that the request gives them.
//!
//! No engine is involved. What an engine's options would have given is not given: mounts and variables are places for what the
//! approval grants, and isolation is Interlock's own.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use super::content::{LockedPackage, TreeRole};
use super::error::ResolveError;
use super::flow::Flow;
use super::image;
use super::launch::InImage;
use super::mounted::{self, Place};
use super::package::ImageConfig;
use super::program::{self, Found};
use crate::guarded::shown;
use crate::judge::{ContainerRef, MountRef, image_repository};

/// Where programs are looked up when neither the image nor the request says so: as engines do.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

impl Flow<'_, '_, '_> {
    /// Resolves to the program of the stored image.
    pub(super) fn container(&mut self, container: &ContainerRef) -> Result<(), ResolveError> {
        if let Some((what, instead)) = container.obstacle() {
            return Err(ResolveError::Unsupported { what, instead });
        }
        let shown = described(container);
        let locked = self.prior.package;
        let locked = locked.ok_or_else(|| ResolveError::PackageMissing {
            package: shown.clone(),
        })?;
        check_same(container, locked)?;
        let located = self.resolver.store.image(locked)?;
        let root = std::fs::canonicalize(&located.root)
            .map_err(|source| missing(&located.root, source))?;
        let files = std::fs::canonicalize(&located.files)
            .map_err(|source| missing(&located.files, source))?;
        self.tree(&root, TreeRole::Image, &[])?;
        let given = std::mem::take(&mut self.draft.env);
        self.draft.env = variables(container, &located.config, given);
        let words = words(container, &located.config);
        let workdir = container
            .workdir
            .as_deref()
            .unwrap_or(&located.config.workdir);
        let workdir = image::settle(&files, &Path::new("/").join(workdir));
        let places = places(container, &files)?;
        let program = self.in_image(&files, &workdir, &words, &shown, &places)?;
        self.mounted_code(&files, &workdir, &words, &places)?;
        self.draft.argv = words;
        let is_mounted = mounted::over(&places, &workdir).any(|(_, host)| host.is_dir());
        let is_there = is_mounted || image::on_host(&files, &workdir).is_dir();
        if let Some(named) = container.workdir.as_deref().filter(|_| !is_there) {
            return Err(ResolveError::Unsupported {
                what: format!(
                    "`-w {}`, which is no directory there,",
                    named.escape_debug()
                ),
                instead: "name a directory that the image has or that is mounted",
            });
        }
        if is_there && workdir != Path::new("/") {
            self.draft.cwd = Some(program::text(&workdir)?);
        }
        self.draft.package = Some(locked.clone());
        self.draft.image = Some(InImage {
            places,
            root: files,
            program,
        });
        Ok(())
    }

    /// Finds the program of an image and digests it; gives its path inside.
    fn in_image(
        &mut self,
        files: &Path,
        workdir: &Path,
        words: &[String],
        image: &str,
        places: &[Place],
    ) -> Result<PathBuf, ResolveError> {
        let first = words.first().filter(|word| !word.is_empty());
        let first = first.ok_or_else(|| ResolveError::Unsupported {
            what: format!("`{image}`, which starts nothing by itself,"),
            instead: "name the program after the image",
        })?;
        let search = self.draft.env.get("PATH").map_or(PATH, String::as_str);
        let candidates: Vec<PathBuf> = if first.contains('/') {
            vec![workdir.join(first)]
        } else {
            let directories = search.split(':').filter(|path| path.starts_with('/'));
            directories
                .map(|path| Path::new(path).join(first))
                .collect()
        };
        refuse_mounted(files, &candidates, places)?;
        let found = candidates.into_iter().find_map(|path| {
            let followed = image::follow(files, &path)?;
            let real = image::on_host(files, &followed);
            // Its own name stays, as programs look at it; only what leads up again is followed.
            let leads_up = path.components().any(|part| part == Component::ParentDir);
            let inside = if leads_up { followed } else { plain(&path) };
            program::is_executable(&real).then_some((inside, real))
        });
        let (inside, real) = found.ok_or_else(|| ResolveError::Unsupported {
            what: format!(
                "`{}`, which is no program in `{image}`,",
                first.escape_debug()
            ),
            instead: "name a program that the image has",
        })?;
        let found = Found {
            path: real.clone(),
            real,
        };
        let looked = self.draft.file(&found, self.resolver, self.prior)?;
        self.draft.program = Some(looked.record);
        Ok(inside)
    }
}

/// What is mounted can be read, not executed.
fn refuse_mounted(
    files: &Path,
    candidates: &[PathBuf],
    places: &[Place],
) -> Result<(), ResolveError> {
    for path in candidates {
        let inside = image::settle(files, path);
        let mut over = mounted::over(places, &inside);
        if over.any(|(_, host)| program::is_executable(&host)) {
            return Err(ResolveError::Unsupported {
                what: format!("the program `{}`, which is mounted,", shown(path)),
                instead: "build it into the image, or start it with an interpreter of the image",
            });
        }
        if program::is_executable(&image::on_host(files, &inside)) {
            break;
        }
    }
    Ok(())
}

/// The image as a person asked for it.
fn described(container: &ContainerRef) -> String {
    let tag = container.tag.as_ref().map(|tag| format!(":{tag}"));
    let digest = container.digest.as_ref().map(|digest| format!("@{digest}"));
    let parts = [Some(container.image.clone()), tag, digest];
    let text: String = parts.into_iter().flatten().collect();
    text.escape_debug().to_string()
}

/// A locked image must be the one that the request names: the same repository, and the same tag or digest in it.
fn check_same(container: &ContainerRef, locked: &LockedPackage) -> Result<(), ResolveError> {
    let name = image_repository(&container.image).map(|(host, path)| format!("{host}/{path}"));
    let asked = container.digest.as_ref().or(container.tag.as_ref());
    let asked = asked.map_or("latest", String::as_str);
    let same = locked.ecosystem == "oci" && name.as_ref() == Some(&locked.name);
    if same && asked == locked.version {
        return Ok(());
    }
    Err(ResolveError::OtherPackage {
        locked: format!("{} {}", locked.name, locked.version),
        asked: described(container),
    })
}

/// The program and its arguments: another entry point takes the image's arguments with it, and an empty one leaves none.
fn words(container: &ContainerRef, config: &ImageConfig) -> Vec<String> {
    let (entrypoint, cmd) = match &container.entrypoint {
        Some(program) if program.is_empty() => (Vec::new(), Vec::new()),
        Some(program) => (vec![program.clone()], Vec::new()),
        None => (config.entrypoint.clone(), config.cmd.clone()),
    };
    let args = match container.args.is_empty() {
        true => cmd,
        false => container.args.clone(),
    };
    entrypoint.into_iter().chain(args).collect()
}

/// The image's variables, then the request's: those that it names for the container, not those that it means for the engine.
fn variables(
    container: &ContainerRef,
    config: &ImageConfig,
    given: BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    let mut env: BTreeMap<String, String> = config.env.iter().cloned().collect();
    for (name, value) in &container.env {
        if let Some(value) = value.as_ref().or_else(|| given.get(name)) {
            env.insert(name.clone(), value.clone());
        }
    }
    if container.engine == "oci" {
        env.extend(given);
    }
    env
}

/// Where what the request mounts is seen, if it is granted.
fn places(container: &ContainerRef, files: &Path) -> Result<Vec<Place>, ResolveError> {
    let mounts = container.mounts.iter();
    let place = |mount: &MountRef| {
        let source = Path::new(mount.source.as_deref().unwrap_or_default());
        let host =
            std::fs::canonicalize(source).map_err(|source_error| missing(source, source_error))?;
        let inside = image::settle(files, &plain(&Path::new("/").join(&mount.target)));
        Ok((host, inside))
    };
    mounts.map(place).collect()
}

/// An absolute path without `.` and `..`.
fn plain(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::from("/"), |mut at, part| {
        match part {
            Component::ParentDir => {
                at.pop();
            }
            Component::Normal(name) => at.push(name),
            _ => {}
        }
        at
    })
}

fn missing(path: &Path, source: std::io::Error) -> ResolveError {
    ResolveError::NotFound {
        path: shown(path),
        source,
    }
}
