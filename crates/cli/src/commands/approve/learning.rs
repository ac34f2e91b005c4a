//! What `approve --learn` proposes from a run with nothing granted: hosts that the server looked up, and paths that it was
//! given or complained about. Nothing is granted by itself.
//!
//! Which paths it tried and missed silently is not seen: the kernel tells that to a tracer only, and a server under a
//! tracer is not the server that will run.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use interlock_gateway::{Asked, Learned};
use interlock_launch::{Profile, ServerName};

use crate::terminal::{complain, visible};

/// Tells what could be granted, as options.
pub fn propose(name: &ServerName, profile: &Profile, arguments: &[String], learned: &Learned) {
    let said = match &learned.inventory {
        Ok(inventory) => inventory.diagnostics.as_str(),
        Err(unlisted) => unlisted.diagnostics.as_str(),
    };
    let paths = paths(arguments, said, profile, Path::exists);
    if learned.hosts.is_empty() && paths.is_empty() {
        complain("it asked for no host, and spoke of no path that is there");
        return;
    }
    complain("it asked for these; grant what it needs and nothing else, for example:");
    for path in paths {
        complain(&format!(
            "  interlock approve {name} --read {}",
            visible(&path.to_string_lossy())
        ));
    }
    for Asked { host, port } in &learned.hosts {
        let port = port.map_or("PORT".to_owned(), |port| port.to_string());
        complain(&format!(
            "  interlock approve {name} --net {}:{port}",
            visible(host)
        ));
    }
}

/// Places that every sandbox has its own of, or that a server has no business with by a mere mention.
const OWN: [&str; 6] = ["/proc", "/dev", "/sys", "/tmp", "/usr", "/etc"];

/// Absolute paths among the arguments and in what the server wrote to stderr that exist here and are not granted.
fn paths(
    arguments: &[String],
    said: &str,
    profile: &Profile,
    exists: impl Fn(&Path) -> bool,
) -> BTreeSet<PathBuf> {
    let given = arguments.iter().flat_map(|argument| {
        let value = argument
            .split_once('=')
            .map_or(argument.as_str(), |(_, value)| value);
        [argument.as_str(), value]
    });
    let mentioned = said.split(|c: char| c.is_whitespace() || "'\"`,;()[]<>".contains(c));
    let granted = || profile.reads().iter().chain(profile.writes());
    given
        .chain(mentioned)
        .map(|word| Path::new(word.trim_end_matches([':', '.'])))
        .filter(|path| path.is_absolute() && path.components().count() > 2)
        .filter(|path| !OWN.iter().any(|own| path.starts_with(own)))
        .filter(|path| !granted().any(|grant| grant.covers(path)))
        .filter(|path| exists(path))
        .map(Path::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use interlock_launch::{Grants, Places};

    use super::*;

    fn check(arguments: &[&str], said: &str, expected: &[&str]) {
        let home = Path::new("/home/u");
        let own = home.join("own");
        let places = Places::new(home, &own.join("c"), &own.join("d"), &own.join("s"), 1000);
        let grants = Grants {
            reads: vec!["/srv/granted".parse().unwrap()],
            ..Grants::default()
        };
        let profile = Profile::new(grants, &places).unwrap();
        let arguments: Vec<String> = arguments.iter().map(|&text| text.to_owned()).collect();
        let found = paths(&arguments, said, &profile, |path| !path.ends_with("absent"));
        let expected: Vec<PathBuf> = expected.iter().map(PathBuf::from).collect();
        assert_eq!(Vec::from_iter(found), expected, "{arguments:?} {said}");
    }

    #[test]
    fn paths_that_are_there_are_proposed() {
        check(&["/srv/data"], "", &["/srv/data"]);
        check(&["--db=/srv/data.db", "-v"], "", &["/srv/data.db"]);
        check(
            &["/srv/absent", "relative/path", "https://a.example/x"],
            "",
            &[],
        );
        check(
            &[],
            "Error: ENOENT: no such file, open '/srv/a b'",
            &["/srv/a"],
        );
        check(
            &[],
            "cannot open /srv/notes.txt: missing",
            &["/srv/notes.txt"],
        );
    }

    #[test]
    fn what_is_granted_or_nobodys_business_is_not() {
        check(
            &[
                "/srv/granted/inside",
                "/etc/passwd",
                "/proc/1/environ",
                "/",
                "/srv",
            ],
            "",
            &[],
        );
    }
}
