//! What `sbom` and `advisories` look at: the project's lock, or without one the user's approvals.

use interlock_launch::Entry;
use interlock_supply::lockfile::Server;
use interlock_supply::oci::LockedImage;
use interlock_supply::{LockedTree, Store, TreeDigest};

use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::launching::Machine;
use crate::terminal::visible;

use super::project::Project;

/// One server with everything known about its bytes.
pub struct Subject {
    /// Its name.
    pub name: String,
    /// Where it comes from, as text.
    pub source: String,
    /// Its package's tree.
    pub tree: Option<LockedTree>,
    /// Its image.
    pub image: Option<LockedImage>,
    /// Other files and their SHA-256.
    pub files: Vec<(String, String)>,
}

/// The servers of these names, or all, and what they are the servers of.
///
/// # Errors
/// When a name is nowhere, or what a name stands for cannot be told.
pub fn named(context: &Context, names: &[String]) -> Result<(String, Vec<Subject>), Failure> {
    let subjects = match Project::find(context)? {
        Some(project) => {
            let all = project.lock.server.iter();
            let all: Vec<Subject> = all
                .map(|(name, server)| locked(name.as_str(), server))
                .collect::<Result<_, _>>()?;
            (project.title(), all)
        }
        None => (String::new(), Vec::new()),
    };
    let in_lock = |name: &String| subjects.1.iter().any(|subject| subject.name == *name);
    if !subjects.1.is_empty() && names.iter().all(in_lock) {
        let (title, all) = subjects;
        return Ok((title, only(all, names)));
    }
    let machine = Machine::open(context)?;
    let ledger = context.ledger(&context.known()?)?;
    let all: Vec<Subject> = ledger
        .entries()
        .map(|entry| approved(&machine.packages, entry))
        .collect::<Result<_, _>>()?;
    if let Some(name) = names
        .iter()
        .find(|name| all.iter().all(|it| it.name != **name))
    {
        let what = format!("nothing is locked or approved under {}", visible(name));
        return Err(Failure::new(Exit::Usage, what).next("interlock list"));
    }
    Ok(("interlock approvals".to_owned(), only(all, names)))
}

fn only(mut all: Vec<Subject>, names: &[String]) -> Vec<Subject> {
    all.retain(|subject| names.is_empty() || names.contains(&subject.name));
    all.sort_by(|a, b| a.name.cmp(&b.name));
    all
}

/// Of a package that is declared and not locked nothing can be said, and saying nothing would look well.
fn locked(name: &str, server: &Server) -> Result<Subject, Failure> {
    if server.source.is_package() && server.content.is_empty() {
        let what = format!("{} is declared in the lock and not locked", visible(name));
        return Err(Failure::new(Exit::Findings, what).next("interlock lock"));
    }
    let files = server.content.files.iter();
    Ok(Subject {
        name: name.to_owned(),
        source: server.source.to_string(),
        tree: server.content.tree.clone(),
        image: server.content.image.clone(),
        files: files
            .map(|file| (file.path.to_string(), file.sha256.to_string()))
            .collect(),
    })
}

/// The list of packages of an approval is in the store; without it nothing can be said, and saying nothing would look well.
fn approved(store: &Store, entry: &Entry) -> Result<Subject, Failure> {
    let launch = entry.launch();
    let unknown = || {
        let what = format!("the packages of `{}` are not in the store", entry.name());
        let next = format!("interlock approve {}", entry.name());
        Failure::new(Exit::Findings, what).next(next)
    };
    let mut image = None;
    let tree = match &launch.package {
        None => None,
        Some(package) if package.ecosystem == "oci" => {
            let digest = TreeDigest::parse(&package.tree).ok();
            let recorded = digest.and_then(|digest| store.recorded_image(&digest));
            image = Some(recorded.ok_or_else(unknown)?);
            None
        }
        Some(package) => {
            let digest = TreeDigest::parse(&package.tree).ok();
            let recorded = digest.and_then(|digest| store.recorded(&digest));
            Some(recorded.ok_or_else(unknown)?)
        }
    };
    let files = launch.program.iter().chain(&launch.chain);
    Ok(Subject {
        name: entry.name().to_string(),
        source: interlock_launch::command_line(&launch.request),
        tree,
        image,
        files: files
            .map(|file| (file.path.clone(), file.sha256.to_string()))
            .collect(),
    })
}
