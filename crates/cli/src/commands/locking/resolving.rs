//! From a server as declared in a lock to its content: judged, fetched, resolved. Nothing is started.

use interlock_launch::{
    Class, Danger, Decision, Judgement, Launch, Ledger, LockedPackage, Prior, Profile, Request,
    judge,
};
use interlock_supply::LockedTree;
use interlock_supply::lockfile::{Base, Content, OriginLock, Server};

use crate::commands::approve::build::Sources;
use crate::commands::approve::{git, image, package, refuse_what_cannot_be_approved};
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::launching::{Machine, resolve};

/// Whether versions may move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Versions {
    /// What is locked stays; only what is not locked yet is chosen.
    Keep,
    /// The newest that the source allows.
    Move,
}

/// A server of a lock, made concrete on this machine.
pub struct Resolved {
    /// The request that it stands for.
    pub request: Request,
    /// What judging says of it.
    pub judgement: Judgement,
    /// Its grants, checked.
    pub profile: Profile,
    /// What an approval would keep of its package.
    pub package: Option<LockedPackage>,
    /// What would run.
    pub launch: Launch,
    /// The same for the lock.
    pub content: Content,
    /// Remarks for a person.
    pub remarks: Vec<String>,
}

/// Resolves one server.
///
/// # Errors
/// When its grants cannot be given, its request cannot be approved, or its bytes cannot be had.
pub fn server(
    context: &Context,
    machine: &Machine,
    ledger: &Ledger,
    base: &Base,
    server: &Server,
    (versions, sources): (Versions, Sources),
) -> Result<Resolved, Failure> {
    let profile = profile(context, base, server)?;
    let request = server.request(base);
    let judgement = judge(&request);
    refuse_what_cannot_be_approved(&judgement, &profile, context.style())?;
    let keep = versions == Versions::Keep;
    // Where nothing moves, the option of one server is none for the others of the lock.
    let asks = !keep || profile.accepts(Danger::BuildSdists);
    let sources = if asks { sources } else { Sources::Refused };
    let locked = server.content.tree.as_ref().filter(|_| keep);
    let image = server.content.image.as_ref().filter(|_| keep);
    let bytes = match (locked, image) {
        (Some(tree), _) if server.content.is_foreign() => return Err(foreign(server, tree)),
        (Some(tree), _) => {
            says_that_it_was_built(tree, &profile)?;
            let packages = &machine.packages;
            let more = package::install(context, packages, &judgement, tree, sources)?;
            let remarks = package::proposed(tree).into_iter().chain(more);
            Bytes {
                package: Some(LockedPackage::from(tree)),
                tree: Some(tree.clone()),
                remarks: remarks.collect(),
                // Whether it holds is for the caller to ask.
                origin: server.content.origin.clone(),
            }
        }
        (None, Some(image)) => {
            let facts = image::install(context, &machine.packages, &judgement, image)?;
            Bytes {
                package: Some(LockedPackage::from(image)),
                remarks: image::remarks(image, &facts, true),
                origin: server.content.origin.clone(),
                ..Bytes::default()
            }
        }
        (None, None) => {
            let bytes = fetched(context, machine, &judgement, sources);
            bytes.map_err(|failure| if asks { failure } else { unasked(failure) })?
        }
    };
    let Bytes {
        package,
        tree,
        remarks,
        origin,
    } = bytes;
    let prior = Prior {
        package: package.as_ref(),
        writes: profile.writes(),
        danger: profile.danger(),
    };
    let launch = resolve(context, &machine.packages, ledger, None, &request, prior);
    let launch = launch.map_err(|error| {
        let what = "this launch leads to nothing that could be approved";
        Failure::new(Exit::Refused, what).because(&error)
    })?;
    let content = Content {
        origin,
        ..Content::of(launch.record(), tree.as_ref(), base, &machine.packages)
    };
    Ok(Resolved {
        request,
        judgement,
        profile,
        package,
        launch,
        content,
        remarks,
    })
}

/// A lock names a repository at a commit: the one that a branch, a tag or nothing stands for now. With a word on it where it was looked up.
///
/// # Errors
/// When the repository cannot be asked, or the server's words cannot say it.
pub fn at_a_commit(
    context: &Context,
    base: &Base,
    server: Server,
) -> Result<(Server, Option<String>), Failure> {
    let judgement = judge(&server.request(base));
    let Class::Package(package) = &judgement.class else {
        return Ok((server, None));
    };
    // What will be refused asks nobody.
    let may = judgement.decision() == Decision::NeedsApproval;
    if !may || package.repository().is_none() || package.commit().is_some() {
        return Ok((server, None));
    }
    let (found, told) = git::commit_of(context, package)?;
    let kept = server.at_commit(&found.to_string()).ok_or_else(|| {
        let what = format!("{} cannot be locked at its commit", server.source);
        Failure::new(Exit::Usage, what).next(format!("name the commit itself, {found}"))
    })?;
    Ok((kept, Some(told)))
}

/// The grants of a server, checked against each other.
///
/// # Errors
/// When they cannot be given.
pub fn profile(context: &Context, base: &Base, server: &Server) -> Result<Profile, Failure> {
    let refused = |error: &dyn std::error::Error| {
        Failure::new(Exit::Refused, "the grants of the lock cannot be given").because(error)
    };
    let grants = server
        .grants
        .to_grants(base)
        .map_err(|error| refused(&error))?;
    Profile::new(grants, &context.places).map_err(|error| refused(&error))
}

/// What was fetched for a server.
#[derive(Default)]
struct Bytes {
    /// What an approval keeps of it.
    package: Option<LockedPackage>,
    /// Its tree, where it is no image.
    tree: Option<LockedTree>,
    remarks: Vec<String>,
    /// Where it came from.
    origin: Option<OriginLock>,
}

/// The package or image that a request names, as it is now.
fn fetched(
    context: &Context,
    machine: &Machine,
    judgement: &Judgement,
    sources: Sources,
) -> Result<Bytes, Failure> {
    let packages = &machine.packages;
    let Some(fetched) = package::fetch(context, packages, judgement, None, sources)? else {
        return Ok(Bytes::default());
    };
    Ok(Bytes {
        package: Some(fetched.locked),
        tree: fetched.tree,
        remarks: fetched.remarks,
        origin: fetched.origin,
    })
}

/// What is to be done about something that would have to be built, of a server that does not ask for that.
fn unasked(failure: Failure) -> Failure {
    let names = |next: &String| next.contains("--danger-build-sdists");
    if !failure.next.as_ref().is_some_and(names) {
        return failure;
    }
    failure.next(
        "choose a version with a wheel, or have this server ask for it: `danger = [\"build-sdists\"]` among its grants in the lock",
    )
}

/// A tree that has something in it that was built from sources is one of a server that asks for that.
fn says_that_it_was_built(tree: &LockedTree, profile: &Profile) -> Result<(), Failure> {
    if tree.built().next().is_none() || profile.accepts(Danger::BuildSdists) {
        return Ok(());
    }
    let what = "the lock has packages that were built from source, and does not say so where it says what it weakens";
    Err(Failure::new(Exit::Refused, what)
        .next("look at who wrote it; to choose anew: interlock lock --update NAME"))
}

/// What a server weakens says whether something of it was built from sources, no more and no less.
pub fn note_what_was_built(server: &mut Server) {
    let tree = server.content.tree.as_ref();
    let built = tree.is_some_and(|tree| tree.built().next().is_some());
    let danger = &mut server.grants.danger;
    danger.retain(|danger| *danger != Danger::BuildSdists);
    if built {
        danger.push(Danger::BuildSdists);
    }
}

fn foreign(server: &Server, tree: &LockedTree) -> Failure {
    let made_for = server
        .content
        .platform
        .as_deref()
        .unwrap_or("another machine");
    let what = format!(
        "`{}@{}` is locked for {made_for}, and this machine is another",
        tree.name, tree.version
    );
    Failure::new(Exit::Refused, what)
        .next("on a machine of this kind: interlock lock --update NAME")
}
