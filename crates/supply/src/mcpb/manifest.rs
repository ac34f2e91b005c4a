//! A bundle's manifest: what it would start, and with which words and variables.

use interlock_launch::{Request, excerpt, hidden_char, judge};
use serde_json::Value;

use super::settings::separated;
use crate::locked::TreePath;
use crate::registry::{Notes, Place, absorb, hidden_in_prose, rules};

/// Whether a whole manifest is given, whose required fields are all there, or a part of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Whole {
    /// Every required field counts.
    Yes,
    /// What is there counts.
    No,
}

/// Versions of the format that are understood.
const VERSIONS: &[&str] = &["0.1", "0.2", "0.3", "0.4"];

/// Where a bundle is thought to be unpacked while its launch is judged.
pub(super) const BUNDLE: &str = "/opt/bundle";

/// Judges a manifest.
pub(crate) fn judge_manifest(manifest: &Value, whole: Whole, notes: &mut Notes) {
    judge_head(manifest, whole, notes);
    let Some(server) = manifest.get("server") else {
        return notes.note(rules::MISSING_FIELD, "a manifest has a `server`");
    };
    let Some(kind) = Kind::of(server) else {
        return notes.note(
            rules::WRONG_TYPE,
            "a bundle's server is `node`, `python`, `binary` or `uv`",
        );
    };
    let entry = server.get("entry_point").and_then(Value::as_str);
    match entry {
        Some(entry) => judge_path(entry, notes),
        None => notes.note(rules::MISSING_FIELD, "a server has an `entry_point`"),
    }
    let Some(config) = server.get("mcp_config") else {
        if kind != Kind::Uv {
            notes.note(rules::MISSING_FIELD, "a server has a `mcp_config`");
        }
        return;
    };
    let declared = |platform| Declared {
        kind,
        entry,
        platform,
    };
    declared(None).judge(config, config, notes);
    let overrides = config.get("platform_overrides").and_then(Value::as_object);
    for (platform, change) in overrides.into_iter().flatten() {
        if !matches!(platform.as_str(), "darwin" | "win32" | "linux") {
            notes.note(
                rules::UNKNOWN_FIELD,
                format!("`{}` is no platform", excerpt(platform)),
            );
        }
        declared(Some(platform)).judge(change, config, notes);
    }
}

fn judge_head(manifest: &Value, whole: Whole, notes: &mut Notes) {
    let text = |key: &str| manifest.get(key).and_then(Value::as_str);
    match text("manifest_version").or_else(|| text("dxt_version")) {
        Some(version) if VERSIONS.contains(&version) => {}
        Some(version) => {
            notes.note(
                rules::UNKNOWN_SCHEMA,
                format!("manifests of version `{}` are not known", excerpt(version)),
            );
        }
        None if whole == Whole::Yes => {
            notes.note(rules::MISSING_FIELD, "a manifest has a `manifest_version`")
        }
        None => {}
    }
    for key in ["name", "version"] {
        if whole == Whole::Yes && text(key).is_none() {
            notes.note(rules::MISSING_FIELD, format!("a manifest has a `{key}`"));
        }
    }
    for key in ["name", "display_name", "description", "long_description"] {
        let hidden = |text: &str| match key {
            "name" => hidden_char(text, true),
            _ => hidden_in_prose(text),
        };
        if text(key).and_then(hidden).is_some() {
            notes.note(
                rules::HIDDEN_CHARACTER,
                format!("`{key}` has characters that nobody sees"),
            );
        }
    }
    for key in ["icon"] {
        if let Some(path) = text(key).filter(|path| !path.starts_with("https://")) {
            judge_path(path, notes);
        }
    }
}

fn judge_path(path: &str, notes: &mut Notes) {
    let inside = path.strip_prefix("${__dirname}/").unwrap_or(path);
    let inside = inside.strip_prefix("./").unwrap_or(inside);
    if let Err(error) = TreePath::new(inside) {
        notes.note(rules::UNSAFE_PATH, format!("`{}`: {error}", excerpt(path)));
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Node,
    Python,
    Binary,
    Uv,
}

impl Kind {
    fn of(server: &Value) -> Option<Self> {
        match server.get("type").and_then(Value::as_str)? {
            "node" => Some(Self::Node),
            "python" => Some(Self::Python),
            "binary" => Some(Self::Binary),
            "uv" => Some(Self::Uv),
            _ => None,
        }
    }

    /// Whether a command is one that this kind of server starts with.
    fn starts_with(self, command: &str, platform: Option<&str>) -> bool {
        let command = match platform {
            Some(WINDOWS) => of_windows(command),
            _ => command.to_owned(),
        };
        match (self, command.as_str()) {
            (Self::Node, "node") | (Self::Uv, "uv") => true,
            (Self::Python, name) => matches!(name, "python" | "python3" | "uv"),
            _ => false,
        }
    }
}

/// What manifests call Windows.
const WINDOWS: &str = "win32";

/// A program of Windows by the name that it has elsewhere: its ending and its case say nothing there, and `py` is its launcher of Python.
fn of_windows(command: &str) -> String {
    let lower = command.to_ascii_lowercase();
    match lower.strip_suffix(".exe").unwrap_or(&lower) {
        "py" => "python".to_owned(),
        name => name.to_owned(),
    }
}

/// What the manifest declares, which its configuration must do.
struct Declared<'a> {
    kind: Kind,
    entry: Option<&'a str>,
    /// Of what a platform changes, the platform.
    platform: Option<&'a str>,
}

impl Declared<'_> {
    /// Judges a configuration, or what a platform changes in it.
    fn judge(&self, config: &Value, base: &Value, notes: &mut Notes) {
        let field = |key: &str| config.get(key).or_else(|| base.get(key));
        let Some(command) = field("command").and_then(Value::as_str) else {
            return notes.note(rules::MISSING_FIELD, "a configuration has a `command`");
        };
        let command = &self.plain(command);
        let texts = |value: &Value| match value {
            Value::Array(list) => list.iter().all(Value::is_string),
            Value::Object(map) => map.values().all(Value::is_string),
            _ => false,
        };
        for key in ["args", "env"] {
            if field(key).is_some_and(|value| !texts(value)) {
                notes.note(rules::WRONG_TYPE, format!("`{key}` consists of texts"));
            }
        }
        let list = field("args").and_then(Value::as_array);
        let args: Vec<String> = list
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .map(|word| self.plain(word))
            .collect();
        let map = field("env").and_then(Value::as_object);
        let env: Vec<(String, String)> = map
            .into_iter()
            .flatten()
            .map(|(name, value)| (name.clone(), self.plain(value.as_str().unwrap_or_default())))
            .collect();
        self.judge_command(command, &args, notes);
        let placed = |text: &str| text.replace("${__dirname}", BUNDLE);
        let request = Request {
            // A library path inside the bundle is the bundle's own.
            env: env
                .into_iter()
                .filter(|(name, value)| !(is_place_list(name) && is_inside(value)))
                .collect(),
            ..Request::new(placed(command), args.iter().map(|word| placed(word)))
        };
        absorb(judge(&request), Place::Entry, notes);
    }

    /// A text with the separators of paths as they are here. What Windows finds in the bundle may have its own.
    fn plain(&self, text: &str) -> String {
        let text = separated(text);
        let inside = text.starts_with("${__dirname}\\");
        match self.platform {
            Some(WINDOWS) if inside => text.replace('\\', "/"),
            _ => text,
        }
    }

    fn judge_command(&self, command: &str, args: &[String], notes: &mut Notes) {
        let inside = command.strip_prefix("${__dirname}/");
        let fits = match (self.kind, inside) {
            // Each platform has a program of its own in the bundle.
            (Kind::Binary, Some(path)) => self.is_entry(path) || self.platform.is_some(),
            (Kind::Binary, None) => self.is_entry(command),
            (_, Some(_)) => false,
            (kind, None) => kind.starts_with(command, self.platform),
        };
        if !fits {
            let text = format!(
                "`{}` is not what the declared kind of server starts with",
                excerpt(command)
            );
            notes.note(rules::RUNTIME_MISMATCH, text);
        }
        // What uv is told to put beside the server it fetches when the server starts.
        if command == "uv" && args.iter().any(|word| word.starts_with("--with")) {
            let text = "its arguments would fetch other packages when it starts";
            notes.note(rules::RUNTIME_MISMATCH, text);
        }
        if let Some(path) = inside {
            judge_path(path, notes);
        }
        for word in args {
            if let Some(path) = word.strip_prefix("${__dirname}/") {
                judge_path(path, notes);
            }
        }
        let interpreted = matches!(self.kind, Kind::Node | Kind::Python);
        let names_entry = args
            .iter()
            .any(|word| self.is_entry(word.strip_prefix("${__dirname}/").unwrap_or(word)));
        if fits && interpreted && !names_entry && !args.iter().any(|word| word == "-m") {
            notes.note(
                rules::RUNTIME_MISMATCH,
                "the arguments do not name the declared entry point",
            );
        }
    }

    fn is_entry(&self, path: &str) -> bool {
        let plain = |path: &str| {
            path.trim_start_matches("./")
                .trim_end_matches(".exe")
                .to_owned()
        };
        self.entry.is_some_and(|entry| plain(entry) == plain(path))
    }
}

/// Variables that are lists of places, which may be in the bundle.
fn is_place_list(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    matches!(
        name.as_str(),
        "LD_LIBRARY_PATH" | "PYTHONPATH" | "NODE_PATH" | "PATH"
    )
}

/// Every part of a path list is in the bundle.
fn is_inside(value: &str) -> bool {
    value
        .split([':', ';'])
        .all(|part| is_below(part, "${__dirname}"))
}

/// One place, in the directory and with nothing in it that anybody reads as more than a name.
pub(super) fn is_below(part: &str, root: &str) -> bool {
    let Some(rest) = part.strip_prefix(root) else {
        return false;
    };
    let Some(rest) = rest.strip_prefix('/') else {
        return rest.is_empty();
    };
    !rest.contains(['$', ' ', ':', ';']) && TreePath::new(rest.trim_end_matches('/')).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(server: Value, expected: &[&str]) {
        let mut notes = Notes::default();
        let manifest =
            json!({"manifest_version": "0.4", "name": "x", "version": "1.0.0", "server": server});
        judge_manifest(&manifest, Whole::Yes, &mut notes);
        assert_eq!(notes.codes(), expected, "{manifest}");
    }

    #[test]
    fn the_command_is_that_of_the_declared_kind() {
        let node = |command: &str, args: Value| json!({"type": "node", "entry_point": "server/index.js", "mcp_config": {"command": command, "args": args}});
        check(node("node", json!(["${__dirname}/server/index.js"])), &[]);
        check(
            node(
                "node",
                json!(["${__dirname}/server/index.js", "${user_config.dir}"]),
            ),
            &[],
        );
        check(
            node("node", json!(["${__dirname}/other.js"])),
            &["runtime-mismatch"],
        );
        check(
            node("node", json!(["${__dirname}/../x.js"])),
            &["unsafe-path", "runtime-mismatch"],
        );
        check(
            json!({"type": "binary", "entry_point": "bin/x", "mcp_config": {"command": "${__dirname}/bin/x"}}),
            &[],
        );
        check(
            json!({"type": "python", "entry_point": "server/main.py", "mcp_config": {"command": "python",
                "args": ["${__dirname}/server/main.py"], "env": {"PYTHONPATH": "${__dirname}/server/lib"}}}),
            &[],
        );
        check(json!({"type": "uv", "entry_point": "src/server.py"}), &[]);
        let changed = |kind: &str, command: &str, change: Value| {
            json!({"type": kind, "entry_point": "bin/x", "mcp_config":
            {"command": command, "args": ["${__dirname}/bin/x"], "platform_overrides": change}})
        };
        let binary = |change: Value| changed("binary", "${__dirname}/bin/x", change);
        for (server, expected) in [
            (
                changed("node", "node", json!({"win32": {"command": "node.exe"}})),
                &[][..],
            ),
            (
                changed(
                    "python",
                    "python3",
                    json!({"win32": {"command": "python.exe"}}),
                ),
                &[],
            ),
            (
                changed("python", "python3", json!({"win32": {"command": "py"}})),
                &[],
            ),
            (
                changed("python", "python", json!({"win32": {"command": "py.exe"}})),
                &[],
            ),
            (
                changed(
                    "python",
                    "python",
                    json!({"win32": {"command": "Python.EXE"}}),
                ),
                &[],
            ),
            (
                changed("python", "python", json!({"linux": {"command": "py.exe"}})),
                &["runtime-mismatch"],
            ),
            (
                changed("node", "node", json!({"win32": {"command": "py.exe"}})),
                &["runtime-mismatch"],
            ),
            (
                changed("node", "node", json!({"darwin": {"command": "node.exe"}})),
                &["runtime-mismatch"],
            ),
            (
                changed("node", "node.exe", json!({})),
                &["runtime-mismatch"],
            ),
            (
                binary(
                    json!({"win32": {"command": "${__dirname}/bin/x-win.exe"}, "darwin": {"command": "${__dirname}/bin/x-mac"},
                    "linux": {"command": "${__dirname}/bin/x-linux"}}),
                ),
                &[],
            ),
            (
                binary(json!({"darwin": {"command": "${__dirname}/../x"}})),
                &["unsafe-path"],
            ),
            (
                binary(json!({"darwin": {"command": "/usr/bin/x"}})),
                &["runtime-mismatch"],
            ),
        ] {
            check(server, expected);
        }
        check(json!({"type": "ruby", "entry_point": "x"}), &["wrong-type"]);
    }

    #[test]
    fn separators_of_paths_are_read_as_what_they_stand_for() {
        let python = |args: Value, env: Value, change: Value| {
            json!({"type": "python", "entry_point": "server/main.py", "mcp_config":
            {"command": "python", "args": args, "env": env, "platform_overrides": change}})
        };
        let entry = json!(["${__dirname}${/}server${pathSeparator}main.py"]);
        let windows = |word: &str| json!({"win32": {"command": "py.exe", "args": ["-3", word]}});
        for (args, env, change, expected) in [
            (
                &entry,
                json!({"PYTHONPATH": "${__dirname}${/}server${/}lib"}),
                windows("${__dirname}\\server\\main.py"),
                &[][..],
            ),
            (
                &json!(["${__dirname}${/}..${/}main.py"]),
                json!({}),
                json!({}),
                &["unsafe-path", "runtime-mismatch"],
            ),
            (
                &entry,
                json!({}),
                windows("${__dirname}\\..\\main.py"),
                &["unsafe-path", "runtime-mismatch"],
            ),
            (
                &entry,
                json!({"PYTHONPATH": "${__dirname}${/}..${/}lib"}),
                json!({}),
                &["code-bearing-variable"],
            ),
            // Only Windows has the other kind.
            (
                &json!(["${__dirname}\\server\\main.py"]),
                json!({}),
                json!({}),
                &["runtime-mismatch"],
            ),
        ] {
            check(python(args.clone(), env, change), expected);
        }
        check(
            json!({"type": "binary", "entry_point": "bin/x", "mcp_config": {"command": "${__dirname}${/}bin${/}x"}}),
            &[],
        );
    }

    #[test]
    fn other_programs_and_loaders_are_refused() {
        for server in [
            json!({"type": "node", "entry_point": "i.js", "mcp_config": {"command": "bash", "args": ["-c", "x"]}}),
            json!({"type": "node", "entry_point": "i.js", "mcp_config": {"command": "node", "args": ["-e", "x"]}}),
            json!({"type": "binary", "entry_point": "bin/x", "mcp_config": {"command": "/bin/sh", "args": ["-c", "x"]}}),
            json!({"type": "node", "entry_point": "i.js", "mcp_config": {"command": "node", "args": ["${__dirname}/i.js"],
                "platform_overrides": {"win32": {"command": "powershell"}}}}),
            json!({"type": "node", "entry_point": "i.js", "mcp_config": {"command": "node", "args": ["${__dirname}/i.js"],
                "env": {"NODE_OPTIONS": "--require /tmp/x.js"}}}),
            json!({"type": "node", "entry_point": "i.js", "mcp_config": {"command": "node", "args": ["${__dirname}/i.js"],
                "env": {"LD_PRELOAD": "${__dirname}/a.so"}}}),
            json!({"type": "node", "entry_point": "i.js", "mcp_config": {"command": "node", "args": ["${__dirname}/i.js"],
                "env": {"LD_LIBRARY_PATH": "${__dirname}/lib:/srv/lib"}}}),
            json!({"type": "node", "entry_point": "../i.js", "mcp_config": {"command": "node", "args": ["../i.js"]}}),
        ] {
            let mut notes = Notes::default();
            let manifest =
                json!({"manifest_version": "0.3", "name": "x", "version": "1", "server": server});
            judge_manifest(&manifest, Whole::Yes, &mut notes);
            let review = notes.review(String::new());
            assert_eq!(
                review.decision(),
                interlock_launch::Decision::Refused,
                "{manifest} {review:?}"
            );
        }
    }
}
