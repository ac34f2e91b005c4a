//! Projects that clients know of, because somebody opened them there.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::file::ConfigFile;
use crate::server::SwitchKind;

/// The directories of projects that the files of clients name: Claude Code's `projects`, and folders that Codex, Copilot CLI and Gemini
/// CLI trust. They are where the files said; nobody has looked whether they are there.
#[must_use]
pub fn known_projects(files: &[ConfigFile]) -> Vec<PathBuf> {
    let named: BTreeSet<PathBuf> = files.iter().flat_map(named_by).collect();
    named.into_iter().collect()
}

fn named_by(file: &ConfigFile) -> Vec<PathBuf> {
    let Some(root) = file.document().and_then(|document| document.root()) else {
        return Vec::new();
    };
    let trusts = |switch: &crate::server::Switch| switch.kind == SwitchKind::TrustedFolder;
    let whole = file.switches.iter().any(trusts) && file.place.shape.id == "gemini-folders";
    let keys = root.get("projects").or(whole.then_some(root));
    let keys = keys
        .into_iter()
        .flat_map(|map| map.members())
        .map(|member| member.key.as_str());
    let listed = ["trusted_folders", "trustedFolders"]
        .iter()
        .filter_map(|key| root.get(key));
    let listed = listed
        .flat_map(|list| list.elements())
        .filter_map(|folder| folder.as_text());
    keys.chain(listed)
        .map(Path::new)
        // The root of the system is no project, and a relative path means nothing here.
        .filter(|path| path.is_absolute() && path.parent().is_some())
        .map(Path::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clients::client;
    use crate::discover::read_text;

    fn check(id: &str, end: &str, text: &str, expected: &[&str]) {
        let client = client(id).unwrap();
        let place = client
            .places
            .iter()
            .find(|place| place.path.ends_with(end))
            .unwrap();
        let file = read_text(client, place, Path::new("/home/me/file"), text.as_bytes());
        let expected: Vec<&Path> = expected.iter().map(Path::new).collect();
        assert_eq!(known_projects(&[file]), expected);
    }

    #[test]
    fn projects_are_those_that_files_name() {
        check(
            "claude-code",
            "{home}/.claude.json",
            r#"{"projects":{"/b":{},"/a":{"mcpServers":{}},"relative":{},"/":{}}}"#,
            &["/a", "/b"],
        );
        check(
            "codex",
            ".codex/config.toml",
            "[projects.\"/a\"]\ntrust_level = \"trusted\"\n",
            &["/a"],
        );
        check(
            "copilot-cli",
            ".copilot/config.json",
            r#"{"trusted_folders":["/a", 7]}"#,
            &["/a"],
        );
        check(
            "gemini-cli",
            "trustedFolders.json",
            r#"{"/a":"TRUST_FOLDER"}"#,
            &["/a"],
        );
        check(
            "gemini-cli",
            "{home}/.gemini/settings.json",
            r#"{"/a":{}}"#,
            &[],
        );
        check("claude-code", "{home}/.claude.json", "[]", &[]);
        check("claude-code", "{home}/.claude.json", "{", &[]);
    }
}
