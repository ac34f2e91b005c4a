//! Secrets in plain text: in variables, in arguments, in addresses. Noted with their first letters only.

use super::addresses::secret_of_url;
use crate::judge::{Case, rules};
use crate::text;

/// Parts of the names of variables and options that hold secrets, lower case.
const SECRET_NAMES: &[&str] = &[
    "token",
    "secret",
    "password",
    "passwd",
    "api_key",
    "apikey",
    "api-key",
    "access_key",
    "access-key",
    "private_key",
    "credential",
    "auth",
    "bearer",
    "connection_string",
    "_key",
    "-key",
    "pwd",
];
/// How well-known secrets begin.
const SECRET_PREFIXES: &[&str] = &[
    "ghp_",
    "gho_",
    "ghu_",
    "ghs_",
    "github_pat_",
    "glpat-",
    "sk-",
    "sk_live_",
    "sk_test_",
    "rk_live_",
    "pk_live_",
    "xoxb-",
    "xoxp-",
    "xoxa-",
    "xapp-",
    "AKIA",
    "ASIA",
    "AIza",
    "ya29.",
    "ntn_",
    "secret_",
    "eyJ",
    "npm_",
    "pypi-",
    "dop_v1_",
    "hf_",
    "sntrys_",
    "sbp_",
    "lin_api_",
    "figd_",
    "fc-",
    "tvly-",
    "BSA",
    "shpat_",
    "dckr_pat_",
    "glsa_",
    "SG.",
    "key-",
    "-----BEGIN",
    "Bearer ",
    "Basic ",
    "xai-",
    "gsk_",
    "r8_",
    "pat-",
    "ATATT",
    "ctx7sk",
];

/// Whether a value is a real secret rather than a hint where one goes.
pub(super) fn is_secret_value(value: &str) -> bool {
    let bare = value.strip_prefix("Bearer ").unwrap_or(value);
    let hint = value.to_ascii_lowercase().contains("your") || is_a_name(bare) || is_a_path(value);
    let known = SECRET_PREFIXES.iter().any(|prefix| {
        bare.strip_prefix(prefix).is_some_and(|rest| {
            rest.len() >= 12
                && !text::has_variable(rest)
                && !rest.contains("...")
                && !rest.contains('*')
        })
    });
    !hint
        && (known
            || (bare.len() >= 8
                && !text::is_placeholder(value)
                && !value.contains(' ')
                && bare
                    .bytes()
                    .any(|b| b.is_ascii_digit() || b.is_ascii_punctuation())))
}

/// How paths begin. What begins with a single `/` may be a secret in base64 as well.
const PATH_STARTS: &[&str] = &[
    "~/", "./", "../", "/home/", "/Users/", "/root/", "/etc/", "/var/", "/run/", "/opt/", "/srv/",
    "/usr/", "/tmp/", "/mnt/",
];

/// Whether a value says in which file or directory a secret is, and is none itself.
fn is_a_path(value: &str) -> bool {
    let drive = value
        .split_once(":\\")
        .is_some_and(|(drive, _)| drive.len() == 1);
    let last = value.rsplit('/').next().unwrap_or(value);
    drive
        || PATH_STARTS.iter().any(|start| value.starts_with(start))
        || (value.starts_with('/') && last.contains('.'))
}

/// Whether a value is the name of a variable: some hosts take the name where others take the value, and LiteLLM says where it looks.
fn is_a_name(value: &str) -> bool {
    let looked_up = value.strip_prefix("os.environ/");
    looked_up.is_some_and(|name| !name.is_empty() && !name.contains('/'))
        || value.contains('_') && value.bytes().all(|b| b.is_ascii_uppercase() || b == b'_')
}

pub(super) fn is_known_secret(value: &str) -> bool {
    let hint = value.to_ascii_lowercase().contains("your");
    !hint
        && SECRET_PREFIXES.iter().any(|prefix| {
            value.strip_prefix(prefix).is_some_and(|rest| {
                rest.len() >= 16
                    && !rest.contains(['.', '*', '<', '$', ' '])
                    && rest
                        .bytes()
                        .any(|b| b.is_ascii_digit() || b.is_ascii_uppercase())
            })
        })
}

pub(super) fn names_secret(name: &str) -> bool {
    // Whoever wrote something is no secret, and who may do something is one.
    let lower = name.to_ascii_lowercase();
    let lower = lower.replace("authori", "auth").replace("author", "");
    // `PAT` is a personal access token where it is a word of its own, and the beginning of `PATH` where it is not.
    let mut words = lower.split(|c: char| !c.is_ascii_alphanumeric());
    SECRET_NAMES.iter().any(|part| lower.contains(part)) || words.any(|word| word == "pat")
}

/// The secret that a variable or a header of this name holds in plain text: the whole value, or the password in an address.
/// None where the value is no secret, or only says where one goes.
#[must_use]
pub fn secret_of_variable<'v>(name: &str, value: &'v str) -> Option<&'v str> {
    let whole = is_known_secret(value) || (names_secret(name) && is_secret_value(value));
    whole.then_some(value).or_else(|| secret_of_url(value))
}

/// The secret among an argument, given the argument before it: by its own look, after an option that names one, in an address.
#[must_use]
pub fn secret_of_argument<'a>(before: &str, argument: &'a str) -> Option<&'a str> {
    let (option, value) = match argument.split_once(['=', ':']) {
        Some((option, value)) if option.starts_with('-') || names_secret(option) => {
            (option, value.trim())
        }
        _ if before.starts_with('-') => (before, argument),
        _ => ("", argument),
    };
    let named = names_secret(option) && !value.starts_with('-') && is_secret_value(value);
    if named || is_known_secret(value) {
        return Some(value);
    }
    if is_known_secret(argument) {
        return Some(argument);
    }
    secret_of_url(argument)
}

pub(super) fn judge_secret(name: &str, value: &str, case: &mut Case<'_>) {
    if secret_of_variable(name, value).is_some() {
        case.note(
            rules::SECRET_IN_ENV,
            format!(
                "`{}` holds a secret in plain text: {}",
                text::excerpt(name),
                text::mask(value)
            ),
        );
    }
}

/// Notes secrets among arguments.
pub(crate) fn judge_secret_args(args: &[String], case: &mut Case<'_>) {
    let mut before = "";
    for arg in args {
        if let Some(secret) = secret_of_argument(before, arg) {
            case.note(
                rules::SECRET_IN_ARGS,
                format!(
                    "an argument holds a secret, which every process can read: {}",
                    text::mask(secret)
                ),
            );
        }
        before = arg;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_of_arguments_are_told_from_names_and_images() {
        for (before, argument, secret) in [
            ("--api-key", "0123456789ab", Some("0123456789ab")),
            ("", "--token=0123456789ab", Some("0123456789ab")),
            ("-e", "API_KEY=0123456789ab", Some("0123456789ab")),
            (
                "GITHUB_PERSONAL_ACCESS_TOKEN",
                "ghcr.io/github/github-mcp-server",
                None,
            ),
            ("-e", "GITHUB_PERSONAL_ACCESS_TOKEN", None),
            ("--header", "Authorization: Bearer ${TOKEN}", None),
            ("", "postgresql://u:hunter22@h/db", Some("hunter22")),
            (
                "",
                "https://h/mcp?api_key=0123456789ab&x=1",
                Some("0123456789ab"),
            ),
            ("", "https://h/mcp?page=0123456789ab", None),
            ("", "https://h/mcp?apiKey=YOUR_API_KEY", None),
        ] {
            assert_eq!(
                secret_of_argument(before, argument),
                secret,
                "{before} {argument}"
            );
        }
    }

    #[test]
    fn the_name_of_a_variable_is_no_secret() {
        assert_eq!(secret_of_variable("TOKEN", "COPILOT_MCP_TOKEN"), None);
        assert_eq!(secret_of_variable("API_KEY", "fc-YOUR_API_KEY"), None);
        assert!(secret_of_variable("API_KEY", "fc-0123456789abcdef").is_some());
    }

    #[test]
    fn where_a_secret_is_kept_is_no_secret() {
        for (name, value, secret) in [
            ("MEMORY_FILE_PATH", "/data/memory-1", false),
            ("GITHUB_PAT", "0123456789-abcdef", true),
            ("PAT_GITHUB", "0123456789-abcdef", true),
            (
                "GOOGLE_APPLICATION_CREDENTIALS",
                "/home/me/keys/one.json",
                false,
            ),
            ("TOKEN_FILE", "~/.config/token-1", false),
            ("SSH_KEY", "C:\\Users\\me\\id_1", false),
            ("API_KEY", "os.environ/OPENAI_API_KEY", false),
            ("API_KEY", "os.environ/a/b", true),
            // Base64 may begin like a path.
            (
                "AWS_SECRET_ACCESS_KEY",
                "/9j4AAQSkZJRgABAQEAYABgAAD2wBDAAMCAg",
                true,
            ),
        ] {
            let found = secret_of_variable(name, value).is_some();
            assert_eq!(found, secret, "{name}={value}");
        }
    }
}
