//! Fetching the image of a container, and what its request proposes to grant.
//!
//! An engine's options give nothing here: what the request mounts and which variables it passes on become grants like any others, in
//! the places that it wants, shown before a person agrees.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use interlock_launch::{
    Class, ContainerRef, Judgement, LockedPackage, MountRef, Request, is_sensitive,
};
use interlock_supply::Store;
use interlock_supply::lockfile::OriginLock;
use interlock_supply::oci::{
    Archive, Facts, ImageError, ImageLimits, LockedImage, Locker, Logins, Platform, Reference,
    Registry, Source,
};
use interlock_supply::provenance::ImageEvidence;

use super::attached::{self, Asked};
use super::hint;
use super::origin::Told;
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
    let failed = |error: &(dyn std::error::Error + 'static)| unfetched(&container.image, error);
    let image = reference(container)?;
    let registry = registry(context)?;
    let (locked, facts) = match archive {
        None if context.global.offline => stored(packages, &image)?,
        None => with(context, packages, &registry, |it| it.lock(&image))
            .map_err(|error| failed(&error))?,
        Some(path) => {
            let source = Archive::open(path).map_err(|error| failed(&error))?;
            with(context, packages, &source, |it| it.lock(&image))
                .map_err(|error| failed(&error))?
        }
    };
    let mut remarks = match archive {
        Some(path) => vec![format!(
            "from the archive {}; the registry was not asked",
            shown(path)
        )],
        None => Vec::new(),
    };
    remarks.extend(self::remarks(&locked, &facts, archive.is_none()));
    let asked = Asked {
        registry: archive.is_none().then_some(&registry),
        image: &image,
        index: facts.index,
    };
    let evidence = attached::evidence(context, packages, &asked, &locked)?;
    let told = attached::judge(
        &Rules::read(context)?,
        &evidence,
        &locked,
        &facts.built_from,
        None,
    )?;
    remarks.extend(told.lines);
    remarks.extend(ignored(container));
    Ok(Fetched {
        locked: LockedPackage::from(&locked),
        remarks,
        origin: told.origin,
        tree: None,
    })
}

/// What is attached to an image that a lock names, kept or asked for again. `said`: what the lock says of its origin.
///
/// # Errors
/// When the configuration cannot be read, or what was found cannot be kept.
pub fn evidence(
    context: &Context,
    packages: &Store,
    judgement: &Judgement,
    locked: &LockedImage,
    said: Option<&OriginLock>,
) -> Result<ImageEvidence, Failure> {
    let Class::Container(container) = &judgement.class else {
        return Err(Failure::new(Exit::Refused, "the source is no image"));
    };
    let asked = Asked {
        registry: Some(&registry(context)?),
        image: &reference(container)?,
        index: said.and_then(|said| said.index),
    };
    attached::evidence(context, packages, &asked, locked)
}

/// Where an image that a lock names came from, judged as for a single approval.
///
/// # Errors
/// When the configuration cannot be read, or a requirement is not met.
pub fn provenance(
    context: &Context,
    packages: &Store,
    judgement: &Judgement,
    locked: &LockedImage,
    said: Option<&OriginLock>,
) -> Result<Told, Failure> {
    let evidence = evidence(context, packages, judgement, locked, said)?;
    let facts = packages.image_facts(&locked.digest).unwrap_or_default();
    let rules = Rules::read(context)?;
    attached::judge(&rules, &evidence, locked, &facts.built_from, said)
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
    let failed = |error: &(dyn std::error::Error + 'static)| unfetched(&locked.name, error);
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

fn unfetched(image: &str, error: &(dyn std::error::Error + 'static)) -> Failure {
    let what = format!("the image {} was not fetched", visible(image));
    let failure = Failure::new(Exit::Refused, what).because(error);
    hint::with_ground(failure, error, "its registry")
}

fn reference(container: &ContainerRef) -> Result<Reference, Failure> {
    let failed = |error: &(dyn std::error::Error + 'static)| unfetched(&container.image, error);
    let image = Reference::of(container).map_err(|error| failed(&error))?;
    let platform = Platform::here();
    platform
        .agrees(container.platform.as_deref())
        .map_err(|error| failed(&error))?;
    Ok(image)
}

fn registry(context: &Context) -> Result<Registry, Failure> {
    let policy = Rules::read(context)?.policy;
    let trust = context.trust(&policy);
    let logins = Logins::for_user(&|name| std::env::var(name).ok()).map_err(|error| {
        let what = "the logins for registries of images cannot be read";
        Failure::new(Exit::Refused, what).because(&error)
    })?;
    Ok(Registry::new(policy.image_mirrors(), &trust).with_logins(logins))
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

/// What the store has under this name; the tag may mean another image by now. Where it has meant several, a person says which.
fn stored(packages: &Store, image: &Reference) -> Result<(LockedImage, Facts), Failure> {
    let shown = visible(&image.to_string());
    let named = packages
        .images_named(image)
        .map_err(|error| unfetched(&shown, &error))?;
    let known = named.into_iter().filter_map(|locked| {
        let facts = packages.image_facts(&locked.digest)?;
        Some((locked, facts))
    });
    let mut known: Vec<(LockedImage, Facts)> = known.collect();
    match (known.pop(), known.is_empty()) {
        (Some(only), true) => Ok(only),
        (None, _) => {
            let what = format!("the image {shown} is not in the store");
            Err(Failure::new(Exit::Refused, what).next("run this once without `--offline`"))
        }
        (Some(last), false) => {
            let what = format!("the store has several images that {shown} has stood for");
            let mut failure = Failure::new(Exit::Refused, what);
            let all = known.iter().chain([&last]);
            failure.causes = all
                .map(|(locked, _)| format!("{}@{}", visible(&locked.name), locked.manifest))
                .collect();
            Err(failure.next("name the one that you mean, with its digest instead of the tag"))
        }
    }
}

/// What a person should know about an image. Text of the image is shown escaped.
pub fn remarks(locked: &LockedImage, facts: &Facts, was_asked: bool) -> Vec<String> {
    let mut lines = vec![format!(
        "{}, {}, {}, for {}",
        counted(locked.layers.len(), "layer"),
        counted(locked.files, "file"),
        size::shown(locked.bytes),
        locked.platform
    )];
    if was_asked && locked.version != locked.manifest.to_string() {
        lines.push(format!(
            "{} means this image today: {}; what it means tomorrow does not count",
            visible(&locked.version),
            locked.manifest
        ));
    }
    if let Some(created) = &facts.created {
        lines.push(format!("says that it was made at {}", visible(created)));
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
        // `-p80:80`: a short option takes what is joined to it.
        let is_short = !name.starts_with("--");
        let joined = |word: &String| is_short && word.starts_with(*name) && word != "--";
        let mut options = container.options.iter();
        options.any(|word| is(word) || joined(word))
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
///
/// # Errors
/// When what would be mounted really is a place of secrets or of the system, or is mounted for reading and for writing.
pub fn with_proposed(
    given: &Grants,
    request: &Request,
    judgement: &Judgement,
) -> Result<Grants, Failure> {
    let mut grants = given.clone();
    let Class::Container(container) = &judgement.class else {
        return Ok(grants);
    };
    let given_read: Vec<PathBuf> = given.read.iter().map(|path| real(path)).collect();
    let mut modes: BTreeMap<PathBuf, bool> = BTreeMap::new();
    for MountRef {
        source, read_only, ..
    } in &container.mounts
    {
        let path = source.as_deref().filter(|path| path.starts_with('/'));
        let Some(path) = path.map(PathBuf::from) else {
            continue;
        };
        let own = real(&path);
        judge_real(&path, &own)?;
        let reads = *read_only || given_read.contains(&own);
        if modes.insert(own, reads).is_some_and(|other| other != reads) {
            let what = format!("{} is mounted for reading and for writing", shown(&path));
            return Err(Failure::new(Exit::Refused, what).next("mount it once, or in one mode"));
        }
        if reads {
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
    Ok(grants)
}

/// Where a path really is; itself where it is not, which is said when it is granted.
fn real(path: &Path) -> PathBuf {
    std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

/// Judging has seen the path as it is written; links may lead it elsewhere.
fn judge_real(written: &Path, real: &Path) -> Result<(), Failure> {
    if written == real || !is_sensitive(&real.to_string_lossy()) {
        return Ok(());
    }
    let what = format!(
        "{} is not proposed for mounting: it really is {}, a place of secrets or of the system",
        shown(written),
        shown(real)
    );
    Err(Failure::new(Exit::Refused, what).next("mount a directory with what the server needs"))
}

fn shown(path: &Path) -> String {
    visible(&path.to_string_lossy()).to_string()
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
            let grants = with_proposed(&given, &request, &judged).unwrap();
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
    fn what_really_is_elsewhere_or_two_things_is_not_proposed() {
        let home = tempfile::tempdir().unwrap();
        let home = home.path().canonicalize().unwrap();
        std::fs::create_dir_all(home.join(".ssh")).unwrap();
        std::fs::create_dir_all(home.join("docs")).unwrap();
        for (link, target) in [("keys", ".ssh"), ("machine", "/etc"), ("also", "docs")] {
            std::os::unix::fs::symlink(target, home.join(link)).unwrap();
        }
        let proposed = |words: &str, given: &Grants| {
            let words = words.replace("HOME", home.to_str().unwrap());
            let request = Request::new("docker", words.split(' '));
            with_proposed(given, &request, &judge(&request))
        };
        for (words, expected) in [
            ("run -v HOME/keys:/k mcp/x", "secrets"),
            ("run -v HOME/machine:/k:ro mcp/x", "the system"),
            (
                "run -v HOME/docs:/a -v HOME/also:/b:ro mcp/x",
                "for reading and for writing",
            ),
        ] {
            let error = proposed(words, &Grants::default()).unwrap_err();
            assert!(
                format!("{error:?}").contains(expected),
                "{words}: {error:?}"
            );
        }
        let given = Grants {
            read: vec![home.join("docs")],
            ..Grants::default()
        };
        let narrowed = proposed("run -v HOME/also:/a mcp/x", &given).unwrap();
        assert!(narrowed.write.is_empty());
    }

    #[test]
    fn joined_options_are_noticed() {
        let check = |words: &str, expected: &[&str]| {
            let request = Request::new("docker", words.split(' '));
            let Class::Container(container) = judge(&request).class else {
                panic!("{words}");
            };
            let found = ignored(&container);
            let line = |names: &&str| {
                format!("{names} does nothing here: the grants say what it may reach")
            };
            let expected: Vec<String> = expected.iter().map(line).collect();
            assert_eq!(found, expected, "{words}");
        };
        check("run -p8080:80 mcp/x", &["-p"]);
        check("run -p 8080:80 --user=1000 mcp/x", &["-p, --user"]);
        check("run -u1000 mcp/x", &["-u"]);
        check("run --pull=always mcp/x -p8080:80", &[]);
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
