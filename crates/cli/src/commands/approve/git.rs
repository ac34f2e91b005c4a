//! Fetching a repository at a commit: what a branch or tag stands for is looked up once and shown; what is kept is the commit.

use interlock_launch::{Ecosystem, Judgement, PackageRef};
use interlock_supply::git::{
    self, Checkout, ObjectId, Project, RemoteError, Repository, Resolved, Runner, Standing, Wish,
    stored_as, stored_before,
};
use interlock_supply::npm::{self, Config, LockError, Locker, Registry};
use interlock_supply::pypi;
use interlock_supply::{FetchError, LockedTree, Store, TreePath};

use super::build::Sources;
use super::hint;
use super::lacking;
use super::origin::{self, Ask};
use super::package::{self, Bar, Fetched};
use super::python;
use super::rules::Rules;
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::launching;
use crate::terminal::visible;

/// So many things that are not in a checkout are told one by one.
const TOLD: usize = 20;

/// Fetches the commit that a request names, or the one that its branch or tag stands for now, and puts its tree into the store.
///
/// # Errors
/// When the commit, or what it depends on, cannot be had or is refused.
pub fn fetch(
    context: &Context,
    packages: &Store,
    package: &PackageRef,
    sources: Sources,
) -> Result<Fetched, Failure> {
    let (at, name) = asked(package)?;
    let (rules, host) = (Rules::read(context)?, host(context)?);
    let mut remarks = Vec::new();
    let commit = match name.as_deref().and_then(ObjectId::parse) {
        Some(commit) => {
            remarks.push(standing(&host, &at, &commit));
            commit
        }
        None => {
            let found = resolve(&host, &at, package)?;
            remarks.push(found.told(&at));
            if !found.is_own() {
                remarks.push(standing(&host, &at, &found.commit));
            }
            found.commit
        }
    };
    let wish = wish(package, at, commit)?;
    remarks.insert(0, format!("from {} at commit {}", wish.at, wish.commit));
    if host.is_offline()
        && let Some(tree) = before(context, packages, package, sources, &wish)?
    {
        // Nothing of it was chosen now, so all of it is shown.
        remarks.extend(package::proposed(&tree));
        remarks.extend(of_python(packages, &tree, &wish));
        remarks.extend(lacking::told(context, packages, &tree));
        return fetched(context, &rules, packages, &tree, remarks);
    }
    let checkout = checked_out(context, &host, packages, &wish)?;
    let tree = match checkout.project() {
        Project::Node => {
            let work = |locker: &Locker<'_>| locker.lock_checkout(&checkout);
            let locked = with_npm(context, &rules, packages, &wish, work)?;
            remarks.extend(package::remarks(&locked));
            remarks.extend(lacking::told(context, packages, &locked.tree));
            locked.tree
        }
        Project::Python => {
            let asked = (package, sources);
            let work = |locker: &pypi::Locker<'_>| locker.lock_checkout(&checkout);
            let locked = with_pypi(context, &rules, packages, &wish, asked, work)?;
            remarks.extend(python::remarks(&locked));
            locked.tree
        }
        Project::File | Project::Unknown => {
            let tree = checkout.lock_file(packages);
            let tree = tree.map_err(|error| failed(&wish, &error))?;
            remarks.extend(package::sizes(&tree));
            tree
        }
    };
    remarks.extend(left_out(&checkout));
    fetched(context, &rules, packages, &tree, remarks)
}

/// A tree of the store that is what a request asks for: for its interpreter, and with nothing built unless that was said again.
fn before(
    context: &Context,
    packages: &Store,
    package: &PackageRef,
    sources: Sources,
    wish: &Wish,
) -> Result<Option<LockedTree>, Failure> {
    let fits = |tree: &LockedTree| {
        let allowed = sources == Sources::DangerBuilt || tree.built().next().is_none();
        let is_here =
            |target: &String| python::target(context, packages, package) == Some(target.clone());
        allowed && tree.target.as_ref().is_none_or(is_here)
    };
    stored_before(packages, wish, fits).map_err(|error| failed(wish, &error))
}

/// Whether a lock's tree, which is in the store, is what a request asks for.
///
/// # Errors
/// When the request names no commit, or the store cannot be read.
pub fn is_asked_for(
    packages: &Store,
    package: &PackageRef,
    tree: &LockedTree,
) -> Result<bool, Failure> {
    let (at, name) = asked(package)?;
    let Some(commit) = name.as_deref().and_then(ObjectId::parse) else {
        return Ok(false);
    };
    let wish = wish(package, at, commit)?;
    let found = stored_as(packages, &wish, &tree.digest);
    Ok(found.map_err(|error| failed(&wish, &error))?.as_ref() == Some(tree))
}

fn fetched(
    context: &Context,
    rules: &Rules,
    packages: &Store,
    tree: &LockedTree,
    remarks: Vec<String>,
) -> Result<Fetched, Failure> {
    let told = origin::of_repository(context, rules, packages, tree, Ask::Again)?;
    Ok(Fetched::of(tree, remarks, told))
}

/// Puts a tree that a lock names into the store: exactly those bytes, of exactly that commit, or none. What a person should know
/// about the commit.
///
/// # Errors
/// When the commit cannot be had, or the tree is not what it makes.
pub fn install(
    context: &Context,
    packages: &Store,
    judgement: &Judgement,
    tree: &LockedTree,
    sources: Sources,
) -> Result<Vec<String>, Failure> {
    let package = package::asked(judgement)?;
    let (at, name) = asked(package)?;
    let Some(commit) = name.as_deref().and_then(ObjectId::parse) else {
        let what = "a lock names a repository at a commit, and this one names none";
        return Err(Failure::new(Exit::Refused, what).next("interlock lock --update NAME"));
    };
    let host = host(context)?;
    let mut remarks = vec![standing(&host, &at, &commit)];
    let wish = wish(package, at, commit)?;
    // The record beside a stored tree was written by this program, from the commit itself.
    let before = stored_as(packages, &wish, &tree.digest);
    let before = before.map_err(|error| failed(&wish, &error))?;
    if before.as_ref() == Some(tree) && packages.examine(&tree.digest, tree.name.as_str()).is_ok() {
        remarks.extend(of_python(packages, tree, &wish));
        remarks.extend(lacking::told(context, packages, tree));
        return Ok(remarks);
    }
    let checkout = checked_out(context, &host, packages, &wish)?;
    match checkout.project() {
        Project::Node => {
            let work = |locker: &Locker<'_>| locker.install_checkout(tree, &checkout);
            with_npm(context, &Rules::read(context)?, packages, &wish, work)?;
        }
        Project::Python => {
            let asked = (package, sources);
            let work = |locker: &pypi::Locker<'_>| locker.install_checkout(tree, &checkout);
            with_pypi(
                context,
                &Rules::read(context)?,
                packages,
                &wish,
                asked,
                work,
            )?;
        }
        Project::File | Project::Unknown => {
            let installed = checkout.install_file(packages, tree);
            installed.map_err(|error| failed(&wish, &error))?;
        }
    }
    remarks.extend(of_python(packages, tree, &wish));
    remarks.extend(lacking::told(context, packages, tree));
    Ok(remarks)
}

/// What was seen in the packages of a project of Python; nothing of another kind.
fn of_python(packages: &Store, tree: &LockedTree, wish: &Wish) -> Vec<String> {
    let beside = match &wish.runner {
        Runner::Python(python) => python.beside.as_slice(),
        Runner::Own | Runner::Node => &[],
    };
    python::of_packages(packages, tree, beside)
}

/// The commit that the branch or tag which a package's repository is named at stands for now, or its first branch; with a word on it.
///
/// # Errors
/// When the repository cannot be asked, or has no such name.
pub fn commit_of(context: &Context, package: &PackageRef) -> Result<(ObjectId, String), Failure> {
    let (at, _) = asked(package)?;
    let found = resolve(&host(context)?, &at, package)?;
    let told = found.told(&at);
    Ok((found.commit, told))
}

fn resolve(host: &git::Host, at: &Repository, package: &PackageRef) -> Result<Resolved, Failure> {
    let found = host.resolve(at, package.spec.as_deref());
    found.map_err(|error| unresolved(&error, at, package))
}

fn unresolved(error: &RemoteError, at: &Repository, package: &PackageRef) -> Failure {
    let word = match package.ecosystem {
        Ecosystem::Git => "git:ADDRESS#COMMIT",
        _ => "git+ADDRESS@COMMIT",
    };
    let (what, next) = match error {
        RemoteError::Fetch { .. } if hint::is_unreachable(error) => (
            format!("the host of {at} could not be reached"),
            format!(
                "try again when it can be, through the proxy in `HTTPS_PROXY` where there is one; a commit that is in the store is had with \
                 `--offline`: `{word}`"
            ),
        ),
        RemoteError::Fetch { source, .. } => {
            let next = match source {
                FetchError::Offline => format!(
                    "without `--offline`, or name a commit that is in the store, with all of its digits: `{word}`"
                ),
                FetchError::NotFound | FetchError::Denied(_) => {
                    "check how the address is written; what nobody sees without a login cannot be had"
                        .to_owned()
                }
                _ => String::new(),
            };
            (unknown(at), next)
        }
        _ => (
            unknown(at),
            format!(
                "name a branch or a tag that is there, or a commit with all of its digits: `{word}`"
            ),
        ),
    };
    let failure = Failure::new(Exit::Refused, what).because(error);
    if next.is_empty() {
        return failure;
    }
    failure.next(next)
}

fn unknown(at: &Repository) -> String {
    format!("which commit of {at} is meant cannot be found out")
}

/// Whose a commit is that was named by its hash alone: a host may serve what anybody pushed to a fork.
fn standing(host: &git::Host, at: &Repository, commit: &ObjectId) -> String {
    let unseen = "LOOK TWICE: no branch or tag of this repository was seen to contain this commit";
    if host.is_offline() {
        return format!("{unseen} (--offline)");
    }
    match host.standing(at, commit) {
        Ok(Some(Standing::Named(name))) => {
            format!("{} is at that commit, as the host says", visible(&name))
        }
        Ok(Some(Standing::InFirst)) => {
            "that commit is in the history of its first branch, as the host says".to_owned()
        }
        Ok(Some(Standing::InOther)) => {
            "that commit is in the history of a branch or tag, but not of the first branch, as the host says".to_owned()
        }
        Ok(None) => format!("{unseen}; it may be anybody's who has a fork of it"),
        Err(error) => format!("{unseen}: {error}"),
    }
}

fn host(context: &Context) -> Result<git::Host, Failure> {
    Ok(git::Host::new(
        &context.trust(&Rules::read(context)?.policy),
    ))
}

/// The repository of a request, and what it names in it: a commit, a branch, a tag, or nothing.
fn asked(package: &PackageRef) -> Result<(Repository, Option<String>), Failure> {
    let source = package.source.as_deref().unwrap_or_default();
    Ok((repository(source)?, package.spec.clone()))
}

fn repository(address: &str) -> Result<Repository, Failure> {
    Repository::new(address).map_err(|error| {
        let what = format!("{} cannot be fetched", visible(address));
        Failure::new(Exit::Refused, what).because(&error)
    })
}

fn wish(package: &PackageRef, at: Repository, commit: ObjectId) -> Result<Wish, Failure> {
    // Runners name a command; Interlock's own word names a file or a directory.
    let (part, command, runner) = match package.ecosystem {
        Ecosystem::Npm => (None, package.bin.clone(), Runner::Node),
        Ecosystem::PyPi => {
            let runner = Runner::Python(python::of_repository(package)?);
            let directory = package.project.directory.as_deref();
            (directory, package.bin.clone(), runner)
        }
        _ => (package.bin.as_deref(), None, Runner::Own),
    };
    if let (Runner::Own | Runner::Node, Some(beside)) = (&runner, package.with.first()) {
        let what = format!("{} beside a repository cannot be had", visible(beside));
        return Err(Failure::new(Exit::Refused, what).next("name the repository alone"));
    }
    let entry = part.map(TreePath::new).transpose().map_err(|error| {
        let what = format!("{} names no file", visible(part.unwrap_or_default()));
        Failure::new(Exit::Refused, what).because(&error)
    })?;
    Ok(Wish {
        at,
        commit,
        entry,
        command,
        runner,
    })
}

fn checked_out(
    context: &Context,
    host: &git::Host,
    packages: &Store,
    wish: &Wish,
) -> Result<Checkout, Failure> {
    let bar = Bar::new(context);
    let checkout = host.fetch(packages, wish, &bar);
    bar.finish();
    checkout.map_err(|error| failed(wish, &error))
}

fn with_npm<T>(
    context: &Context,
    rules: &Rules,
    packages: &Store,
    wish: &Wish,
    work: impl FnOnce(&Locker<'_>) -> Result<T, LockError>,
) -> Result<T, Failure> {
    let config = Config::for_user(&|name| std::env::var(name).ok());
    let config = config.map_err(|error| failed(wish, &error))?;
    let config = config.reaching(&context.reach(&rules.policy));
    let registry = Registry::new(config, context.global.offline).holding(rules.hold.clone());
    let bar = Bar::new(context);
    let done = work(&npm::Locker {
        registry: &registry,
        store: packages,
        host: &launching::host(context, packages),
        progress: &bar,
    });
    bar.finish();
    done.map_err(|error| failed(wish, &error))
}

fn left_out(checkout: &Checkout) -> Vec<String> {
    let all = checkout.left_out();
    let mut told: Vec<String> = all.iter().take(TOLD).cloned().collect();
    if let Some(more) = all.len().checked_sub(TOLD).filter(|more| *more > 0) {
        told.push(format!("and {more} more that are not there"));
    }
    told
}

/// The same with the index of Python's packages, and with what builds where that was asked for.
fn with_pypi<T>(
    context: &Context,
    rules: &Rules,
    packages: &Store,
    wish: &Wish,
    asked: (&PackageRef, Sources),
    work: impl FnOnce(&pypi::Locker<'_>) -> Result<T, pypi::LockError>,
) -> Result<T, Failure> {
    let failed = |error: &(dyn std::error::Error + 'static)| failed(wish, error);
    let done = python::with_locker(context, packages, asked, work, rules, &failed)?;
    Ok(done.0)
}

fn failed(wish: &Wish, error: &(dyn std::error::Error + 'static)) -> Failure {
    let what = format!("commit {} of {} cannot be used", wish.commit, wish.at);
    let failure = Failure::new(Exit::Refused, what).because(error);
    hint::with_ground(failure, error, "its host")
}
