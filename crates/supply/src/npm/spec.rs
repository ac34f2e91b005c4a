//! What a dependency asks for: a range, a tag, an exact version, another package; or what is refused.

use super::name::{PackageName, Version};
use nodejs_semver::Range;

/// Why a dependency specification was refused.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SpecError {
    /// Git, a web address, a directory: no registry vouches for these bytes.
    #[error("`{0}` is not from a registry; git, URL and file dependencies are refused")]
    NotRegistry(String),
    /// The alias names no package.
    #[error("`{0}` is not an alias of a package")]
    Alias(String),
    /// Not a range and not a tag.
    #[error("`{0}` is neither a version range nor a tag")]
    Malformed(String),
}

/// Which versions of which package.
#[derive(Debug, Clone)]
pub struct Spec {
    /// The package when it is another than the dependency's own name.
    pub alias: Option<PackageName>,
    /// Which versions.
    pub wanted: Wanted,
}

/// Which versions.
#[derive(Debug, Clone)]
pub enum Wanted {
    /// Exactly this one.
    Exact(Version),
    /// Any that satisfies.
    Range {
        /// As written.
        text: String,
        /// Parsed.
        range: Range,
    },
    /// The one that the tag points to.
    Tag(String),
}

impl Spec {
    /// Reads a specification as it stands in a package's `dependencies`.
    ///
    /// # Errors
    /// When it does not name versions in a registry.
    pub fn parse(text: &str) -> Result<Self, SpecError> {
        let text = text.trim();
        if let Some(target) = text.strip_prefix("npm:") {
            let (name, rest) = match target.char_indices().skip(1).find(|(_, c)| *c == '@') {
                Some((at, _)) => (target.get(..at), target.get(at + 1..)),
                None => (Some(target), Some("")),
            };
            let alias = PackageName::new(name.unwrap_or_default());
            let alias = alias.map_err(|_| SpecError::Alias(text.into()))?;
            return Ok(Self {
                alias: Some(alias),
                wanted: Wanted::parse(rest.unwrap_or_default())?,
            });
        }
        Ok(Self {
            alias: None,
            wanted: Wanted::parse(text)?,
        })
    }
}

impl Wanted {
    fn parse(text: &str) -> Result<Self, SpecError> {
        let text = text.trim();
        if text.len() > 4096
            || text.contains([':', '/', '\\'])
            || text.starts_with(['.', '~']) && is_path(text)
        {
            return Err(SpecError::NotRegistry(text.into()));
        }
        if let Ok(version) = text.trim_start_matches(['=', 'v', ' ']).parse() {
            return Ok(Self::Exact(version));
        }
        let spoken = if text.is_empty() { "*" } else { text };
        if let Ok(range) = Range::parse(spoken) {
            return Ok(Self::Range {
                text: spoken.into(),
                range,
            });
        }
        let plain = |c: char| {
            c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '!' | '~' | '(' | ')')
        };
        if text.chars().all(plain) {
            Ok(Self::Tag(text.into()))
        } else {
            Err(SpecError::Malformed(text.into()))
        }
    }

    /// Whether an already chosen version does. A tag is satisfied by what it points to only.
    #[must_use]
    pub fn admits(&self, version: &Version, tagged: impl FnOnce(&str) -> bool) -> bool {
        match self {
            Self::Exact(exact) => exact.semver() == version.semver(),
            Self::Range { range, text } => text == "*" || range.satisfies(version.semver()),
            Self::Tag(tag) => tagged(tag),
        }
    }
}

/// `./x`, `../x`, `~/x`: with the slash excluded already, only the bare directories are left.
fn is_path(text: &str) -> bool {
    matches!(text, "." | ".." | "~")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn specifications() {
        for (text, expected) in [
            ("", "range *"),
            ("*", "range *"),
            ("^1.2.3", "range ^1.2.3"),
            (" >=1 <3 || 5.x ", "range >=1 <3 || 5.x"),
            ("1.x", "range 1.x"),
            ("~1.2", "range ~1.2"),
            ("1.2.3 - 2", "range 1.2.3 - 2"),
            ("1.2.3", "exact 1.2.3"),
            ("=1.2.3", "exact 1.2.3"),
            ("v1.2.3", "exact 1.2.3"),
            ("1.2.3-beta.1", "exact 1.2.3-beta.1"),
            ("latest", "tag latest"),
            ("next-13", "tag next-13"),
            ("npm:other@^2", "other range ^2"),
            ("npm:@s/other@2.0.0", "@s/other exact 2.0.0"),
            ("npm:@s/other", "@s/other range *"),
            ("npm:", "alias"),
            ("npm:../x@1", "alias"),
            ("npm:a@file:x", "refused"),
            ("git+ssh://git@host/x.git", "refused"),
            ("github:a/b", "refused"),
            ("a/b", "refused"),
            ("https://host/x.tgz", "refused"),
            ("file:../x", "refused"),
            ("./x", "refused"),
            ("workspace:*", "refused"),
            ("link:../x", "refused"),
            ("..", "refused"),
            ("a b", "malformed"),
            ("la\u{202e}test", "malformed"),
        ] {
            let shown = match Spec::parse(text) {
                Ok(Spec { alias, wanted }) => {
                    let wanted = match wanted {
                        Wanted::Exact(version) => format!("exact {version}"),
                        Wanted::Range { text, .. } => format!("range {text}"),
                        Wanted::Tag(tag) => format!("tag {tag}"),
                    };
                    alias.map_or(wanted.clone(), |alias| format!("{alias} {wanted}"))
                }
                Err(SpecError::NotRegistry(_)) => "refused".into(),
                Err(SpecError::Alias(_)) => "alias".into(),
                Err(SpecError::Malformed(_)) => "malformed".into(),
            };
            assert_eq!(shown, expected, "{text:?}");
        }
    }
}
