//! What sources say of their build: `pyproject.toml` and, behind the first NUL, `PKG-INFO`. Without a NUL the text is both.
//!
//! What is read is said alike when it is read again; who builds is a module and nothing else, found nowhere but in the sources.

use interlock_supply::TreePath;
use interlock_supply::pypi::{Claims, Metadata, Name, Project, Requirement, Version, is_static};

/// Panics when a promise is broken.
pub(crate) fn run(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let (project, info) = text.split_once('\0').unwrap_or((&text, &text));
    let found = Project::parse(project);
    assert_eq!(found, Project::parse(project));
    if let Ok(found) = found {
        said_alike(&found.requires);
        let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | ':');
        assert!(!found.backend.is_empty() && found.backend.chars().all(plain));
        for path in &found.backend_path {
            assert!(path == "." || TreePath::new(path.as_str()).is_ok());
        }
    }
    metadata(info);
}

fn metadata(text: &str) {
    // What says that the build finds it out is never believed before it, wherever that stands.
    let first = format!("Dynamic: Requires-Dist\nX: y\n{text}");
    assert!(!is_static(&first));
    if is_static(text) {
        assert!(text.to_ascii_lowercase().contains("metadata-version"));
    }
    let claims = Claims::of(text);
    assert_eq!(claims, Claims::of(text));
    let (name, version) = (Name::new("p").unwrap(), "1.0".parse::<Version>().unwrap());
    let parse = || Metadata::parse(text.as_bytes(), &name, &version);
    let found = parse();
    assert_eq!(found, parse());
    if let Ok(found) = found {
        said_alike(&found.requires);
    }
}

/// A requirement as text is that requirement.
fn said_alike(requirements: &[Requirement]) {
    for requirement in requirements {
        let text = requirement.to_string();
        let again = Requirement::parse(&text).unwrap_or_else(|error| panic!("{text:?}: {error}"));
        assert_eq!(again.to_string(), text, "{requirement:?}");
        assert_eq!(again.name, requirement.name);
    }
}
