//! Fetching the package that a request names, before it can be shown what would run.
//!
//! The version is chosen now; the whole dependency tree is fetched by integrity and unpacked without running anything.

use std::io::{IsTerminal as _, Write as _};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use interlock_launch::{Class, Ecosystem, Judgement, LockedPackage, PackageRef};
use interlock_supply::lockfile::OriginLock;
use interlock_supply::npm::{self, Config, Locked, Locker, PackageName, Registry, Wish};
use interlock_supply::{LockedTree, Progress, Store, TreeDigest};

use super::build::{self, Sources};
use super::hint;
use super::image;
use super::lacking;
use super::origin::{self, Ask, Source, Told};
use super::rules::Rules;
use super::{fetched, git, python};
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::launching;
use crate::show::counted;
use crate::size;
use crate::terminal::visible;

/// A package in the store, and what a person should know about it.
pub struct Fetched {
    /// What the approval fixes.
    pub locked: LockedPackage,
    /// Remarks for a person.
    pub remarks: Vec<String>,
    /// Where it came from, as a lock keeps it.
    pub origin: Option<OriginLock>,
    /// The tree, with what the request starts of it; the store's record may be of another request.
    pub tree: Option<LockedTree>,
}

impl Fetched {
    /// A tree in the store: what is to be said of its bytes, then of where they came from.
    pub fn of(tree: &LockedTree, mut remarks: Vec<String>, told: Told) -> Self {
        remarks.extend(told.lines);
        Self {
            locked: LockedPackage::from(tree),
            remarks,
            origin: told.origin,
            tree: Some(tree.clone()),
        }
    }

    /// Whether something of it was built from sources.
    pub fn was_built(&self, packages: &Store) -> bool {
        let digest = TreeDigest::parse(&self.locked.tree).ok();
        let tree = digest.and_then(|digest| packages.recorded(&digest));
        tree.is_some_and(|tree| tree.built().next().is_some())
    }
}

/// The package that a judged request names.
///
/// # Errors
/// When it names something else.
pub fn asked(judgement: &Judgement) -> Result<&PackageRef, Failure> {
    match &judgement.class {
        Class::Package(package) => Ok(package),
        _ => Err(Failure::new(Exit::Refused, "the source is no package")),
    }
}

/// Fetches the package of a judged request, when it names one.
///
/// # Errors
/// When it cannot be had, or does not come from a registry that Interlock can verify.
pub fn fetch(
    context: &Context,
    packages: &Store,
    judgement: &Judgement,
    image_archive: Option<&Path>,
    sources: Sources,
) -> Result<Option<Fetched>, Failure> {
    let package = match &judgement.class {
        Class::Package(package) => package,
        Class::Container(image) => {
            return image::fetch(context, packages, image, image_archive).map(Some);
        }
        _ => return Ok(None),
    };
    match package.ecosystem {
        _ if package.repository().is_some() => {
            git::fetch(context, packages, package, sources).map(Some)
        }
        Ecosystem::Npm => fetch_npm(context, packages, package).map(Some),
        Ecosystem::PyPi => python::fetch(context, packages, package, sources).map(Some),
        Ecosystem::Binary | Ecosystem::Mcpb => fetched::fetch(context, packages, package).map(Some),
        other => Err(unverifiable(other.as_str())),
    }
}

/// A kind of package that nothing here can fetch by its bytes.
pub fn unverifiable(kind: &str) -> Failure {
    let what =
        format!("packages from {kind} cannot be verified yet, so this launch cannot be approved");
    Failure::new(Exit::Refused, what).next("install the server and approve its own program")
}

fn fetch_npm(
    context: &Context,
    packages: &Store,
    package: &PackageRef,
) -> Result<Fetched, Failure> {
    let failed = |error: &(dyn std::error::Error + 'static)| {
        let what = format!("the package {} was not fetched", visible(&package.name));
        hint::with_next(
            Failure::new(Exit::Refused, what).because(error),
            error,
            package,
        )
    };
    let rules = Rules::read(context)?;
    let config =
        Config::for_user(&|name| std::env::var(name).ok()).map_err(|error| failed(&error))?;
    let config = config.reaching(&context.reach(&rules.policy));
    let registry = Registry::new(config, context.global.offline).holding(rules.hold.clone());
    let bar = Bar::new(context);
    let locker = Locker {
        registry: &registry,
        store: packages,
        host: &launching::host(context, packages),
        progress: &bar,
    };
    let locked = locker.lock(&wish(package)?);
    bar.finish();
    let locked = locked.map_err(|error| match error.young() {
        Some(young) => failed(&error).next(young.next()),
        None => failed(&error),
    })?;
    let mut remarks = remarks(&locked);
    remarks.extend(lacking::told(context, packages, &locked.tree));
    let source = Source::Npm(registry);
    remarks.extend(source.passed_over(&locked.tree, Sources::Refused));
    let told = origin::judge(context, &rules, packages, &source, &locked.tree, Ask::Again)?;
    Ok(Fetched::of(&locked.tree, remarks, told))
}

/// Puts a tree that a lock names into the store: exactly those bytes, or none. What a person should know about it besides what
/// [`proposed`] says.
///
/// # Errors
/// When a package of it cannot be had, or anything is not as locked.
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
    match tree.ecosystem {
        interlock_supply::Ecosystem::Npm => {}
        interlock_supply::Ecosystem::Pypi => {
            let remarks = python::install(context, packages, judgement, tree, sources)?;
            return as_recorded(packages, judgement, tree).map(|()| remarks);
        }
        interlock_supply::Ecosystem::Binary | interlock_supply::Ecosystem::Mcpb => {
            return fetched::install(context, packages, judgement, tree);
        }
        interlock_supply::Ecosystem::Git => {
            let remarks = git::install(context, packages, judgement, tree, sources)?;
            return as_recorded(packages, judgement, tree).map(|()| remarks);
        }
    }
    let config =
        Config::for_user(&|name| std::env::var(name).ok()).map_err(|error| failed(&error))?;
    let config = config.reaching(&context.reach(&Rules::read(context)?.policy));
    let registry = Registry::new(config, context.global.offline);
    let bar = Bar::new(context);
    let locker = Locker {
        registry: &registry,
        store: packages,
        host: &launching::host(context, packages),
        progress: &bar,
    };
    let wish = wish(asked(judgement)?)?;
    let beside = wish.packages.get(1..).unwrap_or_default();
    let installed = locker.install_for(tree, beside);
    bar.finish();
    installed.map_err(|error| failed(&error))?;
    let asked = npm::is_asked_for(packages, tree, &wish);
    asked.map_err(|error| asks_otherwise(tree).because(&error))?;
    Ok(lacking::told(context, packages, tree))
}

/// What a person should know about a tree that somebody else locked. Nothing of it was chosen here, so all of it is shown.
pub fn proposed(tree: &LockedTree) -> Vec<String> {
    let mut remarks = sizes(tree);
    remarks.extend(build::told(tree));
    remarks.extend(tree.packages.iter().map(|package| {
        let own = format!("{}@{}", package.name, package.version);
        format!(
            "has {} in {}",
            visible(&own),
            visible(package.path.as_str())
        )
    }));
    remarks
}

/// Where a tree that a lock names came from, judged as for a single approval.
///
/// # Errors
/// When what is known of its origin speaks against it, or a requirement is not met.
pub fn provenance(
    context: &Context,
    packages: &Store,
    tree: &LockedTree,
    ask: Ask,
) -> Result<Told, Failure> {
    let rules = Rules::read(context)?;
    match Source::of(context, &rules, tree.ecosystem)? {
        Some(source) => origin::judge(context, &rules, packages, &source, tree, ask),
        None if tree.ecosystem == interlock_supply::Ecosystem::Git => {
            origin::of_repository(context, &rules, packages, tree, ask)
        }
        None => origin::of_no_registry(&rules, tree),
    }
}

/// Whether this program's own record of what is in the store says what a lock says. What starts of a Python tree or a repository is read
/// from its packages, as several requests may have one tree.
pub fn is_recorded(packages: &Store, tree: &LockedTree) -> bool {
    use interlock_supply::Ecosystem as Kind;
    let record = packages.recorded(&tree.digest);
    record.is_some_and(|record| match tree.ecosystem {
        Kind::Pypi | Kind::Git => record.is_of_same_bytes(tree),
        Kind::Npm | Kind::Binary | Kind::Mcpb => record == *tree,
    })
}

/// The bytes may be there from before: then the record of them has to say what the lock says, and they have to be what the lock's source
/// asks for. Nobody is asked, and nothing is written.
///
/// # Errors
/// When they are something else.
pub fn as_recorded(
    packages: &Store,
    judgement: &Judgement,
    tree: &LockedTree,
) -> Result<(), Failure> {
    if !is_recorded(packages, tree) {
        let (name, version) = (&tree.name, &tree.version);
        let what = format!("the lock describes {name}@{version} otherwise than it is stored");
        return Err(Failure::new(Exit::Refused, what).next(ANEW));
    }
    let other = || asks_otherwise(tree);
    match tree.ecosystem {
        interlock_supply::Ecosystem::Npm => {
            let asked = npm::is_asked_for(packages, tree, &wish(asked(judgement)?)?);
            asked.map_err(|error| other().because(&error))
        }
        interlock_supply::Ecosystem::Pypi => {
            let asked = python::is_asked_for(packages, asked(judgement)?, tree)?;
            asked.map_err(|error| other().because(&error))
        }
        interlock_supply::Ecosystem::Git => {
            let same = git::is_asked_for(packages, asked(judgement)?, tree)?;
            if same { Ok(()) } else { Err(other()) }
        }
        interlock_supply::Ecosystem::Binary | interlock_supply::Ecosystem::Mcpb => Ok(()),
    }
}

/// What to do about a lock that does not fit.
const ANEW: &str = "interlock lock --update NAME";

fn asks_otherwise(tree: &LockedTree) -> Failure {
    let (name, version) = (&tree.name, &tree.version);
    let what = format!("the lock's source asks for something else than its {name}@{version}");
    Failure::new(Exit::Refused, what).next(ANEW)
}

fn wish(package: &PackageRef) -> Result<Wish, Failure> {
    let mut wanted = vec![(
        package.name.clone(),
        package.spec.clone().unwrap_or_default(),
    )];
    wanted.extend(package.with.iter().map(|text| split(text)));
    let packages = wanted.into_iter().map(|(name, spec)| {
        let name = PackageName::new(name.as_str()).map_err(|error| {
            Failure::new(
                Exit::Refused,
                format!("{} is no package's name", visible(&name)),
            )
            .because(&error)
        })?;
        Ok((name, spec))
    });
    Ok(Wish {
        packages: packages.collect::<Result<_, Failure>>()?,
        command: package.bin.clone(),
    })
}

/// `name@spec`, where a scope's `@` does not count.
fn split(text: &str) -> (String, String) {
    let scope = usize::from(text.starts_with('@'));
    match text.get(scope..).and_then(|rest| rest.split_once('@')) {
        Some((name, spec)) => (format!("{}{name}", "@".repeat(scope)), spec.to_owned()),
        None => (text.to_owned(), String::new()),
    }
}

/// What a person should know about a tree of the npm registry's packages.
pub fn remarks(locked: &Locked) -> Vec<String> {
    let mut remarks = sizes(&locked.tree);
    for package in &locked.contradictions {
        remarks.push(format!(
            "the registry and the archive of {} disagree",
            visible(package)
        ));
    }
    remarks
}

/// How much there is, and what it may miss.
pub fn sizes(tree: &LockedTree) -> Vec<String> {
    let mut remarks = vec![format!(
        "{}, {}, {}",
        counted(tree.packages.len(), "package"),
        counted(tree.files, "file"),
        size::shown(tree.bytes)
    )];
    for package in tree.needs_install_script() {
        remarks.push(format!(
            "{}@{} has an install script, which was not run; the server may miss what it would have made",
            package.name, package.version
        ));
    }
    remarks
}

/// One line on a terminal, rewritten as archives arrive; nothing elsewhere.
pub struct Bar {
    shown: bool,
    what: &'static str,
    expected: AtomicU64,
    done: AtomicU64,
    bytes: AtomicU64,
}

impl Bar {
    /// Shown where a person looks.
    pub fn new(context: &Context) -> Self {
        Self::of(context, "packages")
    }

    /// The same, of other things than packages.
    pub fn of(context: &Context, what: &'static str) -> Self {
        let wanted = !context.global.no_progress && !context.global.quiet;
        Self {
            shown: wanted && std::io::stderr().is_terminal(),
            what,
            expected: AtomicU64::new(0),
            done: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
        }
    }

    fn draw(&self) {
        if self.shown {
            let (done, expected) = (
                self.done.load(Ordering::Relaxed),
                self.expected.load(Ordering::Relaxed),
            );
            let bytes = size::shown(self.bytes.load(Ordering::Relaxed));
            let _ = write!(
                std::io::stderr().lock(),
                "\r\x1b[Kfetching {done}/{expected} {}, {bytes}",
                self.what
            );
        }
    }

    /// Clears the line.
    pub fn finish(&self) {
        if self.shown {
            let _ = write!(std::io::stderr().lock(), "\r\x1b[K");
        }
    }
}

impl Progress for Bar {
    fn archive_expected(&self, _name: &str, _bytes: Option<u64>) {
        self.expected.fetch_add(1, Ordering::Relaxed);
        self.draw();
    }

    fn archive_bytes(&self, bytes: u64) {
        let before = self.bytes.fetch_add(bytes, Ordering::Relaxed);
        // A layer may be large: every megabyte is told.
        if before >> 20 != (before + bytes) >> 20 {
            self.draw();
        }
    }

    fn building(&self, name: &str) {
        if self.shown {
            let name = visible(name);
            let _ = write!(
                std::io::stderr().lock(),
                "\r\x1b[Kbuilding {name} in the sandbox"
            );
        }
    }

    fn archive_done(&self, _name: &str, _already_stored: bool) {
        self.done.fetch_add(1, Ordering::Relaxed);
        self.draw();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_specs_are_split_at_the_right_at() {
        for (text, name, spec) in [
            ("a", "a", ""),
            ("a@1", "a", "1"),
            ("@s/a", "@s/a", ""),
            ("@s/a@^2", "@s/a", "^2"),
        ] {
            assert_eq!(split(text), (name.to_owned(), spec.to_owned()), "{text}");
        }
    }
}
