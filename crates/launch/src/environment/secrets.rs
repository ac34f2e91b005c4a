//! Secrets in plain text: in variables, in arguments, in addresses. Noted with their first letters only.

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
    "_pat",
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
fn is_secret_value(value: &str) -> bool {
    let bare = value.strip_prefix("Bearer ").unwrap_or(value);
    let known = SECRET_PREFIXES.iter().any(|prefix| {
        bare.strip_prefix(prefix).is_some_and(|rest| {
            rest.len() >= 12
                && !text::has_variable(rest)
                && !rest.contains("...")
                && !rest.contains('*')
        })
    });
    known
        || (bare.len() >= 8
            && !text::is_placeholder(value)
            && !value.contains(' ')
            && bare
                .bytes()
                .any(|b| b.is_ascii_digit() || b.is_ascii_punctuation()))
}

fn is_known_secret(value: &str) -> bool {
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

fn names_secret(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    SECRET_NAMES.iter().any(|part| lower.contains(part))
}

pub(super) fn judge_secret(name: &str, value: &str, case: &mut Case<'_>) {
    if is_known_secret(value)
        || (names_secret(name) && is_secret_value(value))
        || url_password(value).is_some()
    {
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

/// The password of `scheme://user:password@host`, when it is no hint.
fn url_password(value: &str) -> Option<&str> {
    let authority = value.split_once("://")?.1.split('/').next()?;
    let password = authority.rsplit_once('@')?.0.split_once(':')?.1;
    (password.len() >= 4
        && !text::is_placeholder(password)
        && !matches!(
            password.to_ascii_lowercase().as_str(),
            "password" | "pass" | "secret" | "postgres"
        ))
    .then_some(password)
}

/// Notes secrets among arguments: by their own look, after an option that names one, in an address.
pub(crate) fn judge_secret_args(args: &[String], case: &mut Case<'_>) {
    let mut before = "";
    for arg in args {
        let (option, value) = match arg.split_once(['=', ':']) {
            Some((option, value)) if option.starts_with('-') || names_secret(option) => {
                (option, value.trim())
            }
            _ => (before, arg.as_str()),
        };
        let named = (option.starts_with('-') || names_secret(option))
            && names_secret(option)
            && !value.starts_with('-')
            && is_secret_value(value);
        if named || is_known_secret(value) || is_known_secret(arg) || url_password(arg).is_some() {
            case.note(
                rules::SECRET_IN_ARGS,
                format!(
                    "an argument holds a secret, which every process can read: {}",
                    text::mask(value)
                ),
            );
        }
        before = arg;
    }
}
