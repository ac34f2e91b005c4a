//! Fetching a package of the Python package index: for one interpreter, as wheels, nothing of it run; source archives only where
//! somebody lets them be built.

use std::path::PathBuf;

use interlock_launch::{Judgement, PackageRef};
use interlock_supply::git::PythonWish;
use interlock_supply::pypi::{
    self, BuildError, Compiler, Config, DangerBuilder, Index, LockError, Locked, Locker, Name,
    Python, Requirement, Seen, Wish,
};
use interlock_supply::{LockedTree, Store};

use super::admission::Admission;
use super::build::{self, ALLOWING, Sources};
use super::compile::Contained;
use super::hint;
use super::origin::{self, Ask, Source};
use super::package::{Bar, Fetched, asked};
use super::rules::Rules;
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::launching;
use crate::show::counted;
use crate::size;
use crate::terminal::visible;

/// Resolves the request's package for its interpreter and puts the tree into the store.
///
/// # Errors
/// When there is no such interpreter, or the package cannot be had as wheels.
pub fn fetch(
    context: &Context,
    packages: &Store,
    package: &PackageRef,
    sources: Sources,
) -> Result<Fetched, Failure> {
    let failed = |error: &(dyn std::error::Error + 'static)| {
        let what = format!("the package {} was not fetched", visible(&package.name));
        hint::with_next(
            Failure::new(Exit::Refused, what).because(error),
            error,
            package,
        )
    };
    let wish = wish(package)?;
    let rules = Rules::read(context)?;
    let work = |locker: &Locker<'_>| locker.lock(&wish);
    let (locked, index) =
        with_locker(context, packages, (package, sources), work, &rules, &failed)?;
    let mut remarks = remarks(&locked);
    let source = Source::Pypi(index);
    let sources = Sources::of(may_build(package, sources));
    remarks.extend(source.passed_over(&locked.tree, sources));
    let told = origin::judge(context, &rules, packages, &source, &locked.tree, Ask::Again)?;
    Ok(Fetched::of(&locked.tree, remarks, told))
}

/// Puts a tree that a lock names into the store: exactly those bytes, or none. What a person should know about its packages.
///
/// # Errors
/// When it was locked for another interpreter, or a package of it cannot be had.
pub fn install(
    context: &Context,
    packages: &Store,
    judgement: &Judgement,
    tree: &LockedTree,
    sources: Sources,
) -> Result<Vec<String>, Failure> {
    let failed = |error: &(dyn std::error::Error + 'static)| {
        let what = format!("the locked {}@{} was not fetched", tree.name, tree.version);
        let failure = Failure::new(Exit::Refused, what).because(error);
        hint::with_ground(failure, error, "the registry")
    };
    let package = asked(judgement)?;
    let wish = wish(package)?;
    let rules = Rules::read(context)?;
    let work = |locker: &Locker<'_>| locker.install(&wish, tree);
    with_locker(context, packages, (package, sources), work, &rules, &failed)?;
    let beside = wish.requirements.get(1..).unwrap_or_default();
    Ok(of_packages(packages, tree, beside))
}

/// Whether a lock's tree, which is in the store, is what a request asks for.
///
/// # Errors
/// When the request names no packages of the index.
pub(super) fn is_asked_for(
    packages: &Store,
    package: &PackageRef,
    tree: &LockedTree,
) -> Result<Result<(), LockError>, Failure> {
    Ok(pypi::is_asked_for(packages, tree, &wish(package)?))
}

/// The interpreter that a package is for, as trees name it; none where there is no such one.
pub(super) fn target(context: &Context, packages: &Store, package: &PackageRef) -> Option<String> {
    let path = launching::python(context, packages, package).ok()?;
    Python::inspect(&path).ok().map(|python| python.to_string())
}

/// Does `work` with the interpreter that a package is for and the user's own index; gives the index back.
pub(super) fn with_locker<T>(
    context: &Context,
    packages: &Store,
    (package, sources): (&PackageRef, Sources),
    work: impl FnOnce(&Locker<'_>) -> Result<T, LockError>,
    rules: &Rules,
    failed: &dyn Fn(&(dyn std::error::Error + 'static)) -> Failure,
) -> Result<(T, Index), Failure> {
    let path = launching::python(context, packages, package).map_err(|error| failed(&error))?;
    let python = Python::inspect(&path).map_err(|error| failed(&error))?;
    let config =
        Config::for_user(&|name| std::env::var(name).ok()).map_err(|error| failed(&error))?;
    let config = config.reaching(&context.reach(&rules.policy));
    let index = Index::new(config, context.global.offline).holding(rules.hold.clone());
    let bar = Bar::new(context);
    let admission = may_build(package, sources).then(|| Admission {
        context,
        rules,
        index: &index,
        own: &package.name,
        python: path.clone(),
    });
    let compiler = compiler(package, path);
    let done = work(&Locker {
        index: &index,
        store: packages,
        python: &python,
        progress: &bar,
        compiler: compiler.as_ref().map(|it| it as &dyn Compiler),
        danger_builder: admission.as_ref().map(|it| it as &dyn DangerBuilder),
    });
    bar.finish();
    let done = done.map_err(|error| told_why(&error, package, failed(&error)))?;
    Ok((done, index))
}

/// The interpreter that makes bytecode, before anybody is asked: only one that this machine finds by itself. A request that names
/// a program by its path gets no bytecode, because that program is started by nobody before it is approved.
fn compiler(package: &PackageRef, path: PathBuf) -> Option<Contained> {
    (!names_a_file(package)).then(|| Contained::new(path))
}

/// Whether source archives are built, by the same interpreter: where somebody said so.
fn may_build(package: &PackageRef, sources: Sources) -> bool {
    sources == Sources::DangerBuilt && !names_a_file(package)
}

/// A failure with what a build said, and with what to do next.
fn told_why(error: &LockError, package: &PackageRef, mut failure: Failure) -> Failure {
    match error.build() {
        Some(BuildError::Backend(broken)) => failure.causes.extend(build::said(broken)),
        Some(BuildError::Refused(refusal)) => {
            failure.causes.extend(refusal.causes.iter().cloned());
            failure.next.clone_from(&refusal.next);
        }
        _ => {}
    }
    match (error.young(), next(error, package)) {
        (Some(young), _) => failure.next(young.next()),
        (None, Some(next)) => failure.next(next),
        (None, None) => failure,
    }
}

/// What to do about something that has to be built.
fn next(error: &LockError, package: &PackageRef) -> Option<String> {
    let wheel = match package.repository() {
        Some(_) => "name a release of it on the index",
        None => "choose a version with a wheel",
    };
    match error.build() {
        _ if error.could_be_built() && names_a_file(package) => Some(
            "name a released version of Python instead of a program's path: a program that nobody approved builds nothing"
                .to_owned(),
        ),
        _ if error.could_be_built() => Some(format!(
            "{wheel}, or let the build program of its author run, in a sandbox without network: {ALLOWING}"
        )),
        Some(BuildError::Different { .. } | BuildError::LockedTools(_)) => Some(
            "ask whoever wrote the lock how it was built, or choose anew: interlock lock --update --danger-build-sdists NAME"
                .to_owned(),
        ),
        Some(BuildError::Backend(_)) => Some(format!(
            "{wheel}, or build it yourself and approve its own program"
        )),
        _ => None,
    }
}

fn names_a_file(package: &PackageRef) -> bool {
    let version = package.interpreter_version.as_deref();
    version.is_some_and(|version| version.contains(['/', '\\']))
}

/// What a request says of a repository's project besides where it is.
///
/// # Errors
/// When a name is none, or something beside it is no package of the index.
pub(super) fn of_repository(package: &PackageRef) -> Result<PythonWish, Failure> {
    let name = |text: &String| {
        Name::new(text).map_err(|error| {
            Failure::new(Exit::Refused, format!("{} cannot be used", visible(text))).because(&error)
        })
    };
    let extras = package.extras.iter().map(name);
    let mut extras = extras.collect::<Result<Vec<_>, _>>()?;
    extras.sort();
    extras.dedup();
    let beside = package.with.iter().map(|text| requirement(text));
    Ok(PythonWish {
        name: package.project.name.as_ref().map(name).transpose()?,
        extras,
        beside: beside.collect::<Result<_, _>>()?,
    })
}

fn wish(package: &PackageRef) -> Result<Wish, Failure> {
    if let Some(source) = package.repository() {
        let what = format!("{} is a repository, not the index", visible(source));
        return Err(Failure::new(Exit::Refused, what));
    }
    let mut extras = package.extras.join(",");
    if !extras.is_empty() {
        extras = format!("[{extras}]");
    }
    let spec = package.spec.as_deref().unwrap_or_default();
    let own = format!("{}{extras}{spec}", package.name);
    let all = std::iter::once(own.as_str()).chain(package.with.iter().map(String::as_str));
    Ok(Wish {
        requirements: all.map(requirement).collect::<Result<_, _>>()?,
        command: package.bin.clone(),
    })
}

/// A requirement, also with uv's `NAME@VERSION` and `NAME@latest`.
fn requirement(text: &str) -> Result<Requirement, Failure> {
    if text.contains("://") {
        let what = format!("{} beside what runs cannot be had", visible(text));
        return Err(Failure::new(Exit::Refused, what).next(
            "put a release of it beside, or a server of its own in front: only one repository is built",
        ));
    }
    let text = match text.split_once('@') {
        Some((name, "latest")) => name.to_owned(),
        Some((name, version)) => format!("{name}=={version}"),
        None => text.to_owned(),
    };
    Requirement::parse(&text).map_err(|error| {
        let what = format!("{} names no package of the index", visible(&text));
        Failure::new(Exit::Refused, what).because(&error)
    })
}

/// What a person should know about a tree of packages of Python.
pub(super) fn remarks(locked: &Locked) -> Vec<String> {
    let tree = &locked.tree;
    let mut remarks = vec![format!(
        "{}, {}, {}, for {}",
        counted(tree.packages.len(), "package"),
        counted(tree.files, "file"),
        size::shown(tree.bytes),
        tree.target.as_deref().unwrap_or("any Python")
    )];
    remarks.extend(build::told(tree));
    remarks.extend(told(&locked.seen, tree));
    if let Some(why) = &locked.uncompiled {
        remarks.push(format!(
            "there is no bytecode, so each start takes longer: {}",
            visible(why)
        ));
    }
    remarks
}

/// What was seen in the packages of a tree that is in the store, whoever chose them. `beside` is what was asked for besides its own.
pub(super) fn of_packages(
    packages: &Store,
    tree: &LockedTree,
    beside: &[Requirement],
) -> Vec<String> {
    told(&pypi::seen(packages, tree, beside), tree)
}

fn told(seen: &Seen, tree: &LockedTree) -> Vec<String> {
    let mut remarks = Vec::new();
    if !seen.native.is_empty() {
        let shown: Vec<String> = seen.native.iter().map(|package| visible(package)).collect();
        remarks.push(format!("machine code in {}", shown.join(", ")));
    }
    if let Some(lender) = &seen.lender {
        remarks.push(format!(
            "the command {} is not of {}: it is of {}, which that needs",
            visible(&tree.entry.command),
            tree.name,
            visible(lender)
        ));
    }
    for file in &seen.startup {
        remarks.push(format!(
            "{} would run at every start of Python; it is not run here, and the server may miss it",
            visible(file)
        ));
    }
    remarks
}

#[cfg(test)]
mod tests {
    use interlock_launch::{Class, Request, judge};

    use super::*;

    #[test]
    fn a_program_that_a_request_names_makes_no_bytecode() {
        for (python, expected) in [
            ("3.12", false),
            ("python3.12", false),
            ("./bin/python3.12", true),
            ("/home/user/project/bin/python3.12", true),
        ] {
            let judged = judge(&Request::new("uvx", ["--python", python, "app"]));
            let Class::Package(package) = &judged.class else {
                panic!("{python}: {:?}", judged.reasons);
            };
            assert_eq!(names_a_file(package), expected, "{python}");
            assert_eq!(
                compiler(package, "/x".into()).is_none(),
                expected,
                "{python}"
            );
        }
    }

    #[test]
    fn requirements_of_every_runner() {
        for (text, expected) in [
            ("a", Some("a")),
            ("a@latest", Some("a")),
            ("a@1.2", Some("a==1.2")),
            ("a[x]==1.2", Some("a[x]==1.2")),
            ("mcp<2", Some("mcp<2")),
            ("a@1.2.*", Some("a==1.2.*")),
            ("a@https://h/a.whl", None),
            ("", None),
        ] {
            let found = requirement(text).ok().map(|found| found.to_string());
            assert_eq!(found.as_deref(), expected, "{text}");
        }
    }
}
