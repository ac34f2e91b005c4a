//! What a path's shape alone says: temporary, relative, a stream, a secret's place, a directory of programs.
//!
//! No file is looked at. Separators of both families are understood, because a config is read on any machine.

use crate::text;

/// The last component, whatever the separator.
pub(crate) fn base_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// Everything before the last separator; empty for a bare name.
pub(crate) fn parent(path: &str) -> &str {
    path.rfind(['/', '\\'])
        .and_then(|at| path.get(..at))
        .unwrap_or("")
}

/// Whether the text has a separator, so that it is a path and not a name to look up.
pub(crate) fn is_path(text: &str) -> bool {
    text.contains(['/', '\\'])
}

/// Whether a path means the same file from every directory. A leading variable or `~` counts: a client or a
/// person fills it in with an absolute path.
pub(crate) fn is_absolute(path: &str) -> bool {
    path.starts_with(['/', '~', '$', '<', '%', '{', '['])
        || is_windows_absolute(path)
        || path.starts_with("\\\\")
}

fn is_windows_absolute(path: &str) -> bool {
    matches!(path.as_bytes(), [drive, b':', b'/' | b'\\', ..] if drive.is_ascii_alphabetic())
}

/// Whether a path names another machine.
pub(crate) fn is_network(path: &str) -> bool {
    path.starts_with("\\\\") || (path.starts_with("//") && path.len() > 2)
}

/// Whether the text is an address with a scheme (`https://`, `data:`, `file:` …), not a Windows drive.
pub(crate) fn is_url(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else {
        return false;
    };
    let word = scheme.len() > 1
        && scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'));
    word && (rest.starts_with("//")
        || matches!(
            scheme.to_ascii_lowercase().as_str(),
            "data" | "file" | "blob" | "javascript"
        ))
}

/// Lower case, `/` as separator, `.` and empty components dropped, `..` resolved: for comparison only.
pub(crate) fn components(path: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for part in path.split(['/', '\\']) {
        match part {
            "" | "." => {}
            ".." => {
                out.pop();
            }
            _ => out.push(part.to_ascii_lowercase()),
        }
    }
    out
}

/// Whether a path lies in a directory where everyone, or any program, may leave files.
pub(crate) fn is_temporary(path: &str) -> bool {
    let parts = components(path);
    let named = |name: &str| {
        matches!(
            name,
            "tmp" | "temp" | "%temp%" | "%tmp%" | "$tmpdir" | "${tmpdir}" | "shm"
        ) || name.strip_prefix("tmp").is_some_and(is_random)
            || name.strip_prefix("tmp.").is_some_and(is_random)
    };
    parts.iter().any(|part| named(part))
        || starts_with(&parts, &["var", "folders"])
        || starts_with(&parts, &["private", "var", "folders"])
        || starts_with(&parts, &["run", "user"])
}

/// What `mkdtemp` and its kin put after a prefix: eight letters, or six to twelve with a digit or `_` among them.
fn is_random(suffix: &str) -> bool {
    (6..=12).contains(&suffix.len())
        && suffix
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'_')
        && (suffix.len() == 8 || suffix.bytes().any(|b| b.is_ascii_digit() || b == b'_'))
}

/// Whether a program lies where anyone may put one: in a temporary directory, or in one directory of it. Deeper
/// down it is a build tree, whose owner is checked when it is resolved.
pub(crate) fn is_dropped_program(path: &str) -> bool {
    is_temporary(path) && components(path).len() <= 3
}

fn starts_with(parts: &[String], prefix: &[&str]) -> bool {
    parts.len() >= prefix.len() && parts.iter().zip(prefix).all(|(a, b)| a == b)
}

/// Whether reading the path reads a stream or another process, not a file.
pub(crate) fn is_stream(path: &str) -> bool {
    let parts = components(path);
    path == "-"
        || parts.iter().any(|part| part == "proc")
        || parts.iter().zip(parts.iter().skip(1)).any(|(a, b)| {
            a == "dev"
                && matches!(
                    b.as_str(),
                    "stdin" | "fd" | "tty" | "stdout" | "tcp" | "udp" | "shm"
                )
        })
        || matches!(path.to_ascii_lowercase().as_str(), "con" | "conin$" | "nul")
        || path.starts_with("\\\\.\\")
}

/// Last components of directories that hold installed programs, lower case.
const PROGRAM_DIRECTORIES: &[&str] = &[
    "bin",
    "sbin",
    "scripts",
    "shims",
    "nodejs",
    "installs",
    "current",
    "links",
    "cmd",
    "python",
    "games",
    "system32",
    "tools",
    "default",
    "windowsapps",
    "dotnet",
    "docker",
    "bun",
    "deno",
    "uv",
    "npm",
    "jbang",
    "go",
    "java",
    "program files",
];

/// Whether a launcher named by path is where launchers are installed, so that its name can be believed. (Its bytes
/// are checked when it is resolved.)
pub(crate) fn is_program_place(path: &str) -> bool {
    if is_temporary(path) || is_network(path) || !is_absolute(path) {
        return false;
    }
    if text::is_placeholder_path(path) {
        return true;
    }
    let parts = components(parent(path));
    let windows_install = parts
        .iter()
        .any(|p| p.starts_with("program files") || p.starts_with("python3") || p == "windows");
    windows_install
        || parts
            .last()
            .is_some_and(|last| PROGRAM_DIRECTORIES.contains(&last.as_str()))
        || parts.iter().any(|p| {
            matches!(
                p.as_str(),
                ".nvm" | ".volta" | "cellar" | "nix" | ".cargo" | ".bun" | ".deno"
            )
        })
}

/// Components that mark where credentials, keys and a person's private records are kept, lower case.
const SECRET_PARTS: &[&str] = &[
    ".ssh",
    ".aws",
    ".gnupg",
    ".kube",
    ".docker",
    ".azure",
    ".gcloud",
    "gcloud",
    ".password-store",
    ".netrc",
    ".npmrc",
    ".pypirc",
    ".git-credentials",
    ".gitconfig",
    ".vault-token",
    ".terraform.d",
    ".oci",
    ".config",
    ".mozilla",
    ".thunderbird",
    "keychains",
    ".bash_history",
    ".zsh_history",
    ".bashrc",
    ".zshrc",
    ".profile",
    ".bash_profile",
    ".claude",
    ".claude.json",
    ".cursor",
    ".codex",
    ".codeium",
    "credentials",
    "id_rsa",
    "id_ed25519",
    "id_ecdsa",
    "id_dsa",
    "shadow",
    "gshadow",
    "sudoers",
    "sudoers.d",
    ".pgpass",
    ".my.cnf",
    ".local",
    ".cargo",
    ".kaggle",
    ".huggingface",
    ".electrum",
    ".bitcoin",
    ".ethereum",
    "wallets",
    ".1password",
    ".bw",
    "user data",
    ".envrc",
    ".pki",
    ".step",
    ".op",
];

/// Whether a path is, or lies in, a place of secrets.
pub(crate) fn is_secret(path: &str) -> bool {
    components(path)
        .iter()
        .any(|part| SECRET_PARTS.contains(&part.as_str()))
}

/// Top-level directories that hold the system or everyone's data.
const SYSTEM_ROOTS: &[&str] = &[
    "etc", "root", "proc", "sys", "dev", "boot", "bin", "sbin", "lib", "lib64", "usr", "var",
    "run", "system", "library", "private", "windows", "snap", "efi", "volumes", "cores",
];

/// Whether giving a path away gives the machine away: the root, a system directory, all homes, a socket.
pub(crate) fn is_machine(path: &str) -> bool {
    let mut parts = components(path);
    if parts
        .first()
        .is_some_and(|p| p.len() == 2 && p.ends_with(':'))
    {
        parts.remove(0);
    }
    if parts.last().is_some_and(|last| {
        last.ends_with(".sock") || last.ends_with(".socket") || last == "docker_engine"
    }) {
        return true;
    }
    match parts.as_slice() {
        [] => true,
        [one]
            if matches!(
                one.as_str(),
                "home" | "users" | "mnt" | "media" | "host" | "opt" | "srv" | "tmp"
            ) =>
        {
            path.starts_with('/') || path.contains(':')
        }
        [first, ..] if path.starts_with('/') || path.contains(':') => {
            SYSTEM_ROOTS.contains(&first.as_str())
                && !starts_with(&parts, &["var", "lib", "mcp"])
                && !is_data_below_system(&parts)
        }
        _ => false,
    }
}

/// Whether giving a real path away gives away secrets or the machine. Homes may really be below `/var`.
#[must_use]
pub fn is_sensitive(path: &str) -> bool {
    let below = path.strip_prefix("/var");
    let path = below
        .filter(|rest| rest.starts_with("/home/"))
        .unwrap_or(path);
    is_secret(path) || is_machine(path)
}

/// The few places below system directories where people keep data.
fn is_data_below_system(parts: &[String]) -> bool {
    [
        &["var", "www"][..],
        &["usr", "src"],
        &["usr", "local", "src"],
        &["volumes"],
        &["usr", "local", "share"],
        &["var", "folders"],
        &["private", "var", "folders"],
        &["private", "tmp"],
        &["var", "tmp"],
    ]
    .iter()
    .any(|prefix| parts.len() > prefix.len() && starts_with(parts, prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn real_paths() {
        check(
            is_sensitive,
            &[
                "/etc",
                "/home/me/.ssh",
                "/var/home",
                "/var/lib",
                "/var/home/me/.aws",
            ],
            &["/home/me/docs", "/var/home/me/docs", "/srv/data"],
        );
    }

    fn check(judge: fn(&str) -> bool, yes: &[&str], no: &[&str]) {
        for path in yes {
            assert!(judge(path), "{path} should be");
        }
        for path in no {
            assert!(!judge(path), "{path} should not be");
        }
    }

    #[test]
    fn addresses_are_not_drives() {
        check(
            is_url,
            &[
                "https://x/y",
                "data:text/javascript,1",
                "file:/x",
                "git+ssh://h/x",
            ],
            &["C:\\x", "c:/x", "npm:pkg", "a:b", "plain", "jsr:@a/b"],
        );
    }

    #[test]
    fn temporary_places() {
        check(
            is_temporary,
            &[
                "/tmp/x",
                "/var/tmp",
                "C:\\Users\\a\\AppData\\Local\\Temp\\x",
                "/build/tmpab12cd/x",
                "/x/../tmp/y",
                "/var/folders/a/b",
            ],
            &[
                "/home/me/x",
                "/opt/templates/x",
                "/srv/tmpl/x",
                "relative/x",
            ],
        );
        check(
            is_dropped_program,
            &["/tmp/server", "/tmp/abc/server"],
            &["/tmp/a/target/debug/server", "/opt/server"],
        );
    }

    #[test]
    fn streams_are_no_files() {
        check(
            is_stream,
            &[
                "-",
                "/dev/stdin",
                "/dev/fd/3",
                "/proc/self/fd/0",
                "proc/self/cwd/x.js",
            ],
            &["/opt/x.js", "process.js", "/home/dev/x.js"],
        );
    }

    #[test]
    fn launchers_are_believed_where_they_are_installed() {
        check(
            is_program_place,
            &[
                "/usr/local/bin/docker",
                "/Users/m/.local/bin/uvx",
                "C:\\Program Files\\nodejs\\node.exe",
                "/path/to/uv",
                "/home/me/.nvm/versions/node/v22/bin/npx",
                "/proj/.venv/bin/python",
            ],
            &[
                "/tmp/x/npx",
                "/tmp/bin/npx",
                "/home/me/npx",
                "./npx",
                "//host/bin/npx",
            ],
        );
    }

    #[test]
    fn what_gives_the_machine_away() {
        check(
            is_machine,
            &[
                "/",
                "C:\\",
                "/etc",
                "/etc/passwd",
                "/var/run/docker.sock",
                "/proc",
                "/home",
                "/x/../etc",
                "//",
                "/Users",
                "/root",
                "/run/user/1000/podman/podman.sock",
            ],
            &[
                "/home/me",
                "/Users/username/Desktop",
                "/data",
                "/srv/data",
                "data",
                "/path/to/x",
                "/var/www/site",
            ],
        );
        check(
            is_secret,
            &["/home/u/.ssh", "~/.aws/credentials", "$HOME/.kube/config"],
            &["/home/u/docs", "/srv/ssh-docs"],
        );
    }
}
