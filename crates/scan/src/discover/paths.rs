//! From the table's paths to paths of a machine.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use super::machine::Home;
use crate::clients::{Os, Place};

/// A place's path for one home: a directory that is certain, and the components below it, which may hold `*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern {
    pub(super) base: PathBuf,
    pub(super) rest: Vec<&'static str>,
}

/// The patterns of `place` in one home; none where the place is not in homes.
pub(super) fn in_home(place: &'static Place, home: &Home, os: Os) -> Vec<Pattern> {
    let mut found = Vec::new();
    if let Some((base, rest)) = place
        .path
        .strip_prefix('{')
        .and_then(|path| path.split_once('}'))
    {
        found.extend(home_base(base, home, os).map(|base| pattern(base, rest)));
    }
    if let Some(relocation) = &place.relocation {
        let named = home.variables.iter();
        let set = named.filter(|(name, _)| name == relocation.variable);
        found.extend(set.map(|(_, path)| pattern(path.clone(), relocation.path)));
    }
    found
}

/// The pattern of `place` below the system's root; none where the place is not there.
pub(super) fn in_system(place: &'static Place, root: &Path) -> Option<Pattern> {
    let rest = place.path.strip_prefix("{system}")?;
    Some(pattern(root.to_owned(), rest))
}

/// The components of `place` below a project's directory; none where the place is not in projects. True where directories above count
/// too.
pub(super) fn in_project(place: &'static Place) -> Option<(Vec<&'static str>, bool)> {
    let above = place.path.strip_prefix("{ancestors}");
    let rest = above.or_else(|| place.path.strip_prefix("{project}"))?;
    Some((components(rest), above.is_some()))
}

fn home_base(base: &str, home: &Home, os: Os) -> Option<PathBuf> {
    let config = || {
        let named = home
            .variables
            .iter()
            .find(|(name, _)| name == "XDG_CONFIG_HOME");
        named.map_or_else(|| home.path.join(".config"), |(_, path)| path.clone())
    };
    match (base, os) {
        ("home", _) => Some(home.path.clone()),
        ("config", _) | ("appdata", Os::Linux) => Some(config()),
        ("appdata", Os::Macos) => Some(home.path.join("Library").join("Application Support")),
        ("appdata", Os::Windows) => {
            let named = home.variables.iter().find(|(name, _)| name == "APPDATA");
            Some(named.map_or_else(
                || home.path.join("AppData").join("Roaming"),
                |(_, path)| path.clone(),
            ))
        }
        _ => None,
    }
}

/// Moves the leading components without `*` into the base.
fn pattern(mut base: PathBuf, path: &'static str) -> Pattern {
    let mut rest = components(path);
    while rest
        .first()
        .is_some_and(|component| !component.contains('*'))
    {
        base.push(rest.remove(0));
    }
    Pattern { base, rest }
}

fn components(path: &'static str) -> Vec<&'static str> {
    path.split('/')
        .filter(|component| !component.is_empty())
        .collect()
}

/// A name as its system compares it: Windows and macOS do not tell upper from lower case.
pub(super) fn folded(name: &str, os: Os) -> Cow<'_, str> {
    match os {
        Os::Linux => Cow::Borrowed(name),
        Os::Macos | Os::Windows => Cow::Owned(name.to_lowercase()),
    }
}

/// Whether `name` is what `pattern` says, `*` standing for any characters.
pub(super) fn matches(pattern: &str, name: &str, os: Os) -> bool {
    let (pattern, name) = (folded(pattern, os), folded(name, os));
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or("");
    let Some(mut rest) = name.strip_prefix(first) else {
        return false;
    };
    let Some(last) = parts.next_back() else {
        return rest.is_empty();
    };
    for part in parts {
        match rest.split_once(part) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_any_characters() {
        for (pattern, name, yes) in [
            ("mcp.json", "mcp.json", true),
            ("mcp.json", "MCP.json", false),
            ("mcp.json", "mcp.json.bak", false),
            ("*", "anything", true),
            ("*.json", "a.json", true),
            ("*.json", ".json", true),
            ("*.json", "json", false),
            ("a*b*c", "a1b2c", true),
            ("a*b*c", "acb", false),
            ("a*a", "a", false),
            ("", "", true),
        ] {
            assert_eq!(matches(pattern, name, Os::Linux), yes, "{pattern} {name}");
        }
        assert!(matches("mcp.json", "MCP.JSON", Os::Windows));
        assert!(matches("Claude", "claude", Os::Macos));
    }
}
