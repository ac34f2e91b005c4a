//! Fetching the image of a container, and what its request proposes to grant.
//!
//! An engine's options give nothing here: what the request mounts and which variables it passes on become grants like any others, in
//! the places that it wants, shown before a person agrees.

use std::path::{Path, PathBuf};

use interlock_launch::{Class, ContainerRef, Judgement, LockedPackage, MountRef, Request};
use interlock_supply::oci::{
    Archive, Facts, ImageError, ImageLimits, LockedImage, Locker, Platform, Reference, Registry,
    Source,
};
use interlock_supply::{Store, Trust};

use super::origin;
use super::package::{Bar, Fetched};
use super::rules::Rules;
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::options::Grants;
use crate::show::counted;
use crate::size;
use crate::terminal::visible;

/// Fetches what a request's image is now, from its registry or from an archive.
///
/// # Errors
/// When it cannot be had, is not what its digests say, or is known to be bad.
pub fn fetch(
    context: &Context,
    packages: &Store,
    container: &ContainerRef,
    archive: Option<&Path>,
) -> Result<Fetched, Failure> {
    let failed = |error: &dyn std::error::Error| unfetched(&container.image, error);
    let image = reference(container)?;
    let (locked, facts) = match archive {
        None if context.global.offline => stored(packages, &image).ok_or_else(|| {
            let what = format!(
                "the image {} is not in the store",
                visible(&container.image)
            );
            Failure::new(Exit::Refused, what).next("run this once without `--offline`")
        })?,
        None => with(context, packages, &registry(context)?, |it| it.lock(&image))
            .map_err(|error| failed(&error))?,
        Some(path) => {
            let source = Archive::open(path).map_err(|error| failed(&error))?;
            with(context, packages, &source, |it| it.lock(&image))
                .map_err(|error| failed(&error))?
        }
    };
    let mut remarks = remarks(&locked, &facts);
    remarks.extend(origin::judge_image(context, &locked)?);
    remarks.extend(ignored(container));
    Ok(Fetched {
        locked: LockedPackage::from(&locked),
        remarks,
        origin: None,
    })
}

/// Puts an image that a lock names into the store: exactly those bytes, or none.
///
/// # Errors
/// When it cannot be had, or anything is not as locked.
pub fn install(
    context: &Context,
    packages: &Store,
    judgement: &Judgement,
    locked: &LockedImage,
) -> Result<Facts, Failure> {
    let failed = |error: &dyn std::error::Error| unfetched(&locked.name, error);
    let Class::Container(container) = &judgement.class else {
        return Err(Failure::new(Exit::Refused, "the source is no image"));
    };
    let image = reference(container)?;
    let registry = registry(context)?;
    with(context, packages, &registry, |it| {
        it.install(&image, locked)
    })
    .map_err(|error| failed(&error))
}

fn unfetched(image: &str, error: &dyn std::error::Error) -> Failure {
    let what = format!("the image {} was not fetched", visible(image));
    Failure::new(Exit::Refused, what).because(error)
}

fn reference(container: &ContainerRef) -> Result<Reference, Failure> {
    let failed = |error: &dyn std::error::Error| unfetched(&container.image, error);
    let image = Reference::of(container).map_err(|error| failed(&error))?;
    let platform = Platform::here();
    platform
        .agrees(container.platform.as_deref())
        .map_err(|error| failed(&error))?;
    Ok(image)
}

fn registry(context: &Context) -> Result<Registry, Failure> {
    let policy = Rules::read(context)?.policy;
    let trust = Trust {
        offline: context.global.offline,
        ..Trust::default()
    };
    Ok(Registry::new(policy.image_mirrors(), &trust))
}

fn with<T>(
    context: &Context,
    packages: &Store,
    source: &dyn Source,
    work: impl FnOnce(&Locker<'_>) -> Result<T, ImageError>,
) -> Result<T, ImageError> {
    let bar = Bar::of(context, "layers");
    let done = work(&Locker {
        source,
        store: packages,
        platform: &Platform::here(),
        limits: ImageLimits::default(),
        progress: &bar,
    });
    bar.finish();
    done
}

/// What the store has under this name; the tag may mean another image by now.
fn stored(packages: &Store, image: &Reference) -> Option<(LockedImage, Facts)> {
    let images = packages.images().ok()?.into_iter();
    let mut known = images.filter_map(|(_, image)| image);
    let locked = known.find(|it| it.name == image.name() && it.version == image.version())?;
    let facts = packages.image_facts(&locked.digest)?;
    Some((locked, facts))
}

/// What a person should know about an image. Text of the image is shown escaped.
pub fn remarks(locked: &LockedImage, facts: &Facts) -> Vec<String> {
    let mut lines = vec![format!(
        "{}, {}, {}, for {}",
        counted(locked.layers.len(), "layer"),
        counted(locked.files, "file"),
        size::shown(locked.bytes),
        locked.platform
    )];
    if locked.version != locked.manifest.to_string() {
        lines.push(format!(
            "{} means this image today: {}; what it means tomorrow does not count",
            visible(&locked.version),
            locked.manifest
        ));
    }
    if let Some(created) = &facts.created {
        lines.push(format!("says that it was made at {}", visible(created)));
    }
    if let (Some(source), revision) = &facts.built_from {
        let revision = revision.as_deref().map(|it| format!(" at {}", visible(it)));
        lines.push(format!(
            "says that it is from {}{}, which nobody vouches for",
            visible(source),
            revision.unwrap_or_default()
        ));
    }
    lines.extend(differences(facts));
    lines
}

/// What the image wants of an engine, and does not get here.
fn differences(facts: &Facts) -> Vec<String> {
    let mut lines = Vec::new();
    let list = |all: &[String]| {
        let shown: Vec<String> = all.iter().take(20).map(|it| visible(it)).collect();
        shown.join(", ")
    };
    if let Some(user) = &facts.user {
        lines.push(format!(
            "wants to run as the user {}: it runs as one user without rights, like every server",
            visible(user)
        ));
    }
    if !facts.ports.is_empty() {
        lines.push(format!(
            "listens on {}: nobody can reach that",
            list(&facts.ports)
        ));
    }
    if !facts.volumes.is_empty() {
        lines.push(format!(
            "keeps data in {}: it cannot, unless a directory is mounted there",
            list(&facts.volumes)
        ));
    }
    if facts.devices > 0 {
        lines.push(format!("{} left out", counted(facts.devices, "device")));
    }
    if facts.privileged > 0 {
        lines.push(format!(
            "{} would have run as another user and no longer can",
            counted(facts.privileged, "file")
        ));
    }
    lines
}

/// Options of the engine that people rely on and that do nothing here.
fn ignored(container: &ContainerRef) -> Vec<String> {
    let names = [
        "-p",
        "--publish",
        "-u",
        "--user",
        "--tmpfs",
        "--gpus",
        "--network",
        "--net",
    ];
    let given = |name: &&&str| {
        let long = format!("{name}=");
        let is = |word: &String| word == *name || word.starts_with(&long);
        container.options.iter().any(is)
    };
    let given: Vec<&str> = names.iter().filter(given).copied().collect();
    match given.is_empty() {
        true => Vec::new(),
        false => vec![format!(
            "{} does nothing here: the grants say what it may reach",
            given.join(", ")
        )],
    }
}

/// The grants that were given, and those that the request of a container asks for: what it mounts, and variables that it passes on
/// from the caller. `--read` for a path that it would mount for writing keeps that from being written.
#[must_use]
pub fn with_proposed(given: &Grants, request: &Request, judgement: &Judgement) -> Grants {
    let mut grants = given.clone();
    let Class::Container(container) = &judgement.class else {
        return grants;
    };
    for MountRef {
        source, read_only, ..
    } in &container.mounts
    {
        let path = source.as_deref().filter(|path| path.starts_with('/'));
        let Some(path) = path.map(PathBuf::from) else {
            continue;
        };
        if *read_only || given.read.contains(&path) {
            grants.read.push(path);
        } else {
            grants.write.push(path);
        }
    }
    for (name, value) in &container.env {
        let known = request.env.iter().any(|(set, _)| set == name);
        let secret = given.secret.iter().any(|secret| secret == name);
        if value.is_none() && !known && !secret {
            grants.env.push(name.clone());
        }
    }
    grants
}

#[cfg(test)]
mod tests {
    use interlock_launch::judge;

    use super::*;

    #[test]
    fn what_a_request_mounts_is_proposed() {
        let check = |words: &str, given: Grants, expected: [&[&str]; 3]| {
            let request = Request::new("docker", words.split(' '));
            let judged = judge(&request);
            let grants = with_proposed(&given, &request, &judged);
            let paths = |paths: &[PathBuf]| -> Vec<String> {
                paths
                    .iter()
                    .map(|path| path.display().to_string())
                    .collect()
            };
            assert_eq!(paths(&grants.read), expected[0], "{words}");
            assert_eq!(paths(&grants.write), expected[1], "{words}");
            assert_eq!(grants.env, expected[2], "{words}");
        };
        let none = Grants::default;
        check(
            "run -i --rm -v /srv/a:/data -v /srv/b:/ro:ro -e TOKEN -e X=1 mcp/x",
            none(),
            [&["/srv/b"], &["/srv/a"], &["TOKEN"]],
        );
        check(
            "run --mount type=bind,src=/srv/a,dst=/data,readonly mcp/x",
            none(),
            [&["/srv/a"], &[], &[]],
        );
        let reading = Grants {
            read: vec!["/srv/a".into()],
            secret: vec!["TOKEN".into()],
            ..none()
        };
        check(
            "run -v /srv/a:/data -e TOKEN mcp/x",
            reading,
            [&["/srv/a", "/srv/a"], &[], &[]],
        );
        check("run mcp/x", none(), [&[], &[], &[]]);
    }

    #[test]
    fn text_of_an_image_is_escaped() {
        let facts = Facts {
            created: Some("\u{1b}[2K".into()),
            user: Some("\u{1b}[2K".into()),
            ports: vec!["\u{1b}[2K".into()],
            volumes: vec!["\u{202e}".into()],
            built_from: (Some("\u{1b}".into()), Some("\u{1b}".into())),
            devices: 1,
            privileged: 2,
            ..Facts::default()
        };
        for line in differences(&facts) {
            assert!(!line.contains(['\u{1b}', '\u{202e}']), "{line}");
        }
    }
}
