//! Which files a call of `wrap` or `unwrap` is about.

use std::collections::HashSet;
use std::path::PathBuf;

use interlock_scan::wrap::Record;
use interlock_scan::{
    CLIENTS, Client, ConfigFile, Home, Limits, Machine, Os, Place, Scope, client, discover,
};

use crate::commands::scan::{directory, relocations};
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::options::Rewrite;

/// A file of a client.
pub struct Found {
    /// The client.
    pub client: &'static Client,
    /// The entry of the table that it was found by.
    pub place: &'static Place,
    /// Where it is.
    pub path: PathBuf,
}

/// The user's own files, or those of the projects that are named.
///
/// # Errors
/// When a client, a system or a directory is named that is none.
pub fn find(context: &Context, options: &Rewrite) -> Result<Vec<Found>, Failure> {
    check_clients(&options.client)?;
    let machine = machine(context, options)?;
    let mut found: Vec<Found> = Vec::new();
    let mut taken: HashSet<PathBuf> = HashSet::new();
    for file in discover(&machine, &Limits::default(), &mut |_| {}).files {
        if !is_meant(&file, options, &machine) {
            continue;
        }
        let real = std::fs::canonicalize(&file.path).unwrap_or_else(|_| file.path.clone());
        // A project's link is refused later on: it must not stand for the file that it names.
        let refused = file.place.in_project() && real != file.path;
        if refused || taken.insert(real) {
            found.push(Found {
                client: file.client,
                place: file.place,
                path: file.path,
            });
        }
    }
    Ok(found)
}

/// The client and place that a record is about.
pub fn place_of(record: &Record) -> Option<(&'static Client, &'static Place)> {
    let client = client(&record.client)?;
    let place = client
        .places
        .iter()
        .find(|place| place.path == record.place)?;
    Some((client, place))
}

fn is_meant(file: &ConfigFile, options: &Rewrite, machine: &Machine) -> bool {
    let named = options
        .client
        .iter()
        .any(|name| name == file.client.id || file.also.iter().any(|client| client.id == name));
    let wanted = named || options.client.is_empty();
    let scope = match file.scope {
        Scope::User | Scope::Local | Scope::Agent => true,
        // Not the files above a project, which are of other projects too.
        Scope::Project => machine
            .projects
            .iter()
            .any(|project| file.path.starts_with(project)),
        // A server's configuration: only for somebody who asks for it.
        Scope::Framework => named,
        Scope::Managed | Scope::Plugin | Scope::Extension | Scope::Devcontainer => false,
    };
    wanted && scope && !file.servers.is_empty()
}

fn check_clients(names: &[String]) -> Result<(), Failure> {
    for name in names {
        if client(name).is_none() {
            let known: Vec<&str> = CLIENTS.iter().map(|client| client.id).collect();
            let what = format!("`{}` is no client", name.escape_debug());
            return Err(
                Failure::new(Exit::Usage, what).next(format!("choose from {}", known.join(", ")))
            );
        }
    }
    Ok(())
}

fn machine(context: &Context, options: &Rewrite) -> Result<Machine, Failure> {
    let os = match options.os.as_deref() {
        None => Os::host(),
        Some(name) => Os::named(name).ok_or_else(|| {
            let what = format!("`{}` is no system", name.escape_debug());
            Failure::new(Exit::Usage, what).next("choose from linux, macos, windows")
        })?,
    };
    if options.project.is_empty() {
        return Ok(match &options.home {
            Some(home) => Machine::home_only(directory(home)?, os),
            None => own_machine(context, os),
        });
    }
    let projects = options
        .project
        .iter()
        .map(|path| directory(path))
        .collect::<Result<_, _>>()?;
    Ok(Machine {
        os,
        root: None,
        homes: Vec::new(),
        projects,
    })
}

/// This user's home, with what the environment says about where files are.
pub fn own_machine(context: &Context, os: Os) -> Machine {
    let home = Home {
        path: context.places.home().to_owned(),
        user: None,
        variables: relocations(),
    };
    Machine {
        os,
        root: None,
        homes: vec![home],
        projects: Vec::new(),
    }
}
