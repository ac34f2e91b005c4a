//! What a wheel says about itself: METADATA (core metadata), `entry_points.txt`.

use super::{
    name::Name,
    requirement::{Requirement, RequirementError},
    version::{Specifiers, Version},
};
use crate::registry::readme_claim;

/// Why metadata was refused.
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
pub enum MetadataError {
    /// No name or version, or not those of the file's name.
    #[error("its metadata is of another package or version")]
    OtherPackage,
    /// A requirement that cannot be read or followed.
    #[error("its metadata is refused")]
    Requirement(#[from] RequirementError),
    /// Not text.
    #[error("its metadata is not UTF-8")]
    NotText,
}

/// The part of METADATA that decides what else is needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metadata {
    /// What it needs, conditions included.
    pub requires: Vec<Requirement>,
    /// Which interpreters it is for.
    pub requires_python: Option<Specifiers>,
}

impl Metadata {
    /// Reads METADATA of `name` in `version`.
    ///
    /// # Errors
    /// When it is of another package, or a requirement in it cannot be followed.
    pub fn parse(raw: &[u8], name: &Name, version: &Version) -> Result<Self, MetadataError> {
        let text = std::str::from_utf8(raw).map_err(|_| MetadataError::NotText)?;
        let (mut own_name, mut own_version) = (None, None);
        let mut found = Self {
            requires: Vec::new(),
            requires_python: None,
        };
        for (field, value) in headers(text) {
            match field.to_ascii_lowercase().as_str() {
                "name" => own_name = Name::new(&value).ok(),
                "version" => own_version = value.parse::<Version>().ok(),
                "requires-dist" => found.requires.push(Requirement::parse(&value)?),
                // A wrong one is as none, as for installers: the interpreter is judged by the index as well.
                "requires-python" => found.requires_python = value.parse().ok(),
                _ => {}
            }
        }
        if own_name.as_ref() == Some(name) && own_version.as_ref() == Some(version) {
            Ok(found)
        } else {
            Err(MetadataError::OtherPackage)
        }
    }
}

/// What a package claims about its own origin. Nobody vouches for it. Untrusted text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Claims {
    /// The repository that it names.
    pub repository: Option<String>,
    /// The entry of the MCP Registry that it says it belongs to (`mcp-name:` in its README).
    pub mcp_name: Option<String>,
}

impl Claims {
    /// Reads METADATA.
    #[must_use]
    pub fn of(text: &str) -> Self {
        // The labels that well-known metadata has for it, the more exact ones first.
        const LABELS: [&str; 6] = [
            "source",
            "sourcecode",
            "repository",
            "github",
            "code",
            "homepage",
        ];
        let mut best: Option<(usize, String)> = None;
        for (field, value) in headers(text) {
            let (label, address) = match field.to_ascii_lowercase().as_str() {
                "project-url" => value.split_once(',').unwrap_or_default(),
                "home-page" => ("homepage", value.as_str()),
                _ => continue,
            };
            let plain = |c: &char| c.is_ascii_alphanumeric();
            let label: String = label.to_ascii_lowercase().chars().filter(plain).collect();
            let Some(rank) = LABELS.iter().position(|known| *known == label) else {
                continue;
            };
            if best.as_ref().is_none_or(|(found, _)| rank < *found) {
                best = Some((rank, address.trim().to_owned()));
            }
        }
        Self {
            repository: best.map(|(_, address)| address),
            mcp_name: readme_claim(text).map(str::to_owned),
        }
    }
}

/// The fields before the first empty line; a line that begins with a blank goes on with the one before, also where it has nothing but
/// blanks: licences are written like that, in front of what a package needs.
pub(super) fn headers(text: &str) -> Vec<(&str, String)> {
    let mut all: Vec<(&str, String)> = Vec::new();
    for line in text.lines() {
        if line.is_empty() {
            break;
        }
        match (line.starts_with([' ', '\t']), all.last_mut()) {
            (true, Some((_, value))) => {
                value.push(' ');
                value.push_str(line.trim());
            }
            _ => {
                if let Some((field, value)) = line.split_once(':') {
                    all.push((field.trim(), value.trim().to_owned()));
                }
            }
        }
    }
    all
}

/// A command of a package: the function that it calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryPoint {
    /// Its name.
    pub command: String,
    /// The module, with dots.
    pub module: String,
    /// The function in it, with dots.
    pub function: String,
}

impl EntryPoint {
    /// The commands in `entry_points.txt`, in its order. Lines that are no plain `name = module:function` name no command:
    /// text from a package never becomes code here.
    #[must_use]
    pub fn commands(text: &str) -> Vec<Self> {
        let mut section = "";
        let mut found = Vec::new();
        for line in text.lines().map(str::trim) {
            if let Some(name) = line
                .strip_prefix('[')
                .and_then(|rest| rest.strip_suffix(']'))
            {
                section = name.trim();
            } else if section == "console_scripts" && !line.starts_with(['#', ';']) {
                found.extend(Self::parse(line));
            }
        }
        found
    }

    fn parse(line: &str) -> Option<Self> {
        let (command, target) = line.split_once('=')?;
        // Extras may follow in brackets; they were for older installers.
        let target = target.split('[').next()?.trim();
        let (module, function) = target.split_once(':')?;
        let (command, module, function) = (command.trim(), module.trim(), function.trim());
        let named = !command.is_empty()
            && command.len() <= 100
            && !command.starts_with(['.', '-'])
            && command
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
        (named && is_path(module) && is_path(function)).then(|| Self {
            command: command.into(),
            module: module.into(),
            function: function.into(),
        })
    }
}

/// Identifiers with dots between them. ASCII: whatever Python would do to other letters is not needed.
fn is_path(text: &str) -> bool {
    let identifier = |part: &str| {
        part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
            && part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
    };
    text.len() <= 300 && text.split('.').all(identifier)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Metadata, MetadataError> {
        let version = "1.0".parse().unwrap();
        Metadata::parse(text.as_bytes(), &Name::new("my-server").unwrap(), &version)
    }

    #[test]
    fn fields() {
        let text = "Metadata-Version: 2.1\nName: My_Server\nVersion: 1.0.0\nRequires-Python: >=3.10\n\
            Requires-Dist: mcp>=1.2\nrequires-dist: httpx ;\n  extra == 'web'\nSummary: x\n\nRequires-Dist: not-read\n";
        let found = parse(text).unwrap();
        let requires: Vec<String> = found.requires.iter().map(ToString::to_string).collect();
        assert_eq!(requires, ["mcp>=1.2", "httpx"]);
        assert!(found.requires[1].marker.is_some());
        assert!(
            !found
                .requires_python
                .unwrap()
                .admit(&"3.9".parse().unwrap())
        );
    }

    #[test]
    fn a_line_of_blanks_ends_nothing() {
        for blanks in ["        ", "\t", " \r"] {
            let text = format!(
                "Name: my-server\nVersion: 1.0\nLicense: Copyright\n  All\n{blanks}\n  Rest\n\
                 Requires-Dist: mcp>=1.2\n\nRequires-Dist: not-read\n"
            );
            let requires = parse(&text).unwrap().requires;
            let requires: Vec<String> = requires.iter().map(ToString::to_string).collect();
            assert_eq!(requires, ["mcp>=1.2"], "{blanks:?}");
        }
    }

    #[test]
    fn refused() {
        let with = |line: &str| format!("Name: my-server\nVersion: 1.0\n{line}\n");
        for text in [
            "",
            "Name: my-server\n",
            "Name: other\nVersion: 1.0\n",
            "Name: my-server\nVersion: 1.1\n",
        ] {
            assert_eq!(parse(text), Err(MetadataError::OtherPackage), "{text}");
        }
        for line in [
            "Requires-Dist: a @ https://h/a.whl",
            "Requires-Dist: ???",
            "Requires-Dist: a; x == 'y'",
        ] {
            assert!(
                matches!(parse(&with(line)), Err(MetadataError::Requirement(_))),
                "{line}"
            );
        }
        assert!(
            parse(&with("Requires-Python: ~3"))
                .unwrap()
                .requires_python
                .is_none()
        );
        let name = Name::new("a").unwrap();
        assert_eq!(
            Metadata::parse(b"\xff", &name, &"1".parse().unwrap()),
            Err(MetadataError::NotText)
        );
    }

    #[test]
    fn claims() {
        for (text, repository, mcp_name) in [
            ("Name: a\n", None, None),
            ("Home-page: https://h\n", Some("https://h"), None),
            (
                "Project-URL: Homepage, https://h\nProject-URL: Source Code, https://github.com/a/b\nProject-URL: Docs, https://d\n",
                Some("https://github.com/a/b"),
                None,
            ),
            ("Project-URL: Repository\n", None, None),
            (
                "Name: a\n\n# A\n<!-- mcp-name: io.github.a/b -->\n",
                None,
                Some("io.github.a/b"),
            ),
        ] {
            let found = Claims::of(text);
            assert_eq!(found.repository.as_deref(), repository, "{text}");
            assert_eq!(found.mcp_name.as_deref(), mcp_name, "{text}");
        }
    }

    #[test]
    fn commands() {
        let text = "[gui_scripts]\ng = g:main\n[console_scripts]\n# c = c:main\na = a.b:main\nb.c-d=b:Class.run [extra]\n\
            bad = a;import os:main\nbad = a:main()\n../bad = a:main\n-c = a:main\nbad = a\nbad = 1a:main\n[x]\ny = y:main\n";
        let found: Vec<String> = EntryPoint::commands(text)
            .iter()
            .map(|e| format!("{} {}:{}", e.command, e.module, e.function))
            .collect();
        assert_eq!(found, ["a a.b:main", "b.c-d b:Class.run"]);
    }
}
