//! Paths that lead to credentials, told from addresses and words that merely have such letters in them.

/// Parts of paths under which credentials are kept, lower case.
const PARTS: &[&str] = &[
    ".ssh",
    ".aws",
    ".azure",
    ".gnupg",
    ".kube",
    ".netrc",
    ".npmrc",
    ".pypirc",
    ".pgpass",
    ".my.cnf",
    ".vault-token",
    ".git-credentials",
    ".password-store",
    ".mozilla",
    ".thunderbird",
    ".claude.json",
    "keychains",
    "id_rsa",
    "id_dsa",
    "id_ecdsa",
    "id_ed25519",
    "docker.sock",
    "podman.sock",
    "login.keychain",
    "login.keychain-db",
    "cookies.sqlite",
    "wallet.dat",
    ".bash_history",
    ".zsh_history",
    ".env",
];

/// Runs of parts, lower case. An empty first part is the root.
const RUNS: &[&[&str]] = &[
    &["", "etc", "shadow"],
    &["", "etc", "passwd"],
    &["", "etc", "sudoers"],
    &["", "proc"],
    &[".docker", "config.json"],
    &[".config", "gcloud"],
    &[".config", "gh"],
    &[".config", "google-chrome"],
    &[".config", "chromium"],
];

/// Whether a preset is, or ends in, the path of a place where credentials are kept.
pub(super) fn names_credentials(text: &str) -> bool {
    let lower = text.to_ascii_lowercase().replace('\\', "/");
    lower
        .split(|c: char| c.is_whitespace() || matches!(c, '=' | ',' | ';' | '"' | '\'' | '`'))
        .filter(|word| !word.contains("://") || word.starts_with("file://"))
        .any(is_credential_path)
}

fn is_credential_path(word: &str) -> bool {
    let word = word.strip_prefix("file://").unwrap_or(word);
    // `HOST:INSIDE`, as mounts are written, and `@FILE`, as some options are.
    word.split(':')
        .map(|path| path.trim_start_matches('@'))
        .any(|path| {
            let parts: Vec<&str> = path.split('/').collect();
            let run = |run: &&[&str]| parts.windows(run.len()).any(|found| found == *run);
            parts.iter().any(|part| PARTS.contains(part)) || RUNS.iter().any(run)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_what_only_looks_like_them() {
        for (text, expected) in [
            ("~/.ssh/id_ed25519", true),
            ("${HOME}/.aws/credentials", true),
            ("C:\\Users\\x\\.ssh\\id_rsa", true),
            ("--key=/root/.kube/config", true),
            ("/var/run/docker.sock:/var/run/docker.sock", true),
            ("file:///etc/passwd", true),
            ("@/etc/shadow", true),
            ("/proc/1/environ", true),
            (".env", true),
            ("~/.config/gh/hosts.yml", true),
            ("https://x.openai.azure.com", false),
            ("https://bedrock.us-east-1.aws.example.com", false),
            ("git.sshd.example.com", false),
            ("docs/process/x.md", false),
            ("app.environment", false),
            ("~/notes", false),
            ("info", false),
        ] {
            assert_eq!(names_credentials(text), expected, "{text}");
        }
    }
}
