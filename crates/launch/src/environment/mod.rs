//! The variables that a request sets: which load code, which redirect trust, which are only worth knowing.
//!
//! One table of families, first match wins; names are folded to upper case, because Windows does and because
//! npm and pip do everywhere. A variable that is in no row is the server's own business.

mod addresses;
mod families;
mod secrets;
mod values;

use families::{Meaning, meaning};
use secrets::judge_secret;

use crate::judge::{Case, paths, rules};
use crate::text;

pub(crate) use addresses::secret_beside_path;
pub use addresses::secret_of_url;
pub(crate) use secrets::judge_secret_args;
pub use secrets::{secret_of_argument, secret_of_variable};

/// Judges one variable of the request.
pub(crate) fn judge_variable(name: &str, value: &str, case: &mut Case<'_>) {
    if let Some(problem) = name_problem(name) {
        return case.note(
            rules::BAD_VARIABLE_NAME,
            format!("the variable `{}` {problem}", text::excerpt(name)),
        );
    }
    if let Some(hidden) = text::hidden_char(value, true) {
        case.note(
            rules::HIDDEN_CHARACTER,
            format!(
                "the value of `{}` contains {}",
                text::excerpt(name),
                hidden.escape_unicode()
            ),
        );
    }
    if value.trim_start().starts_with("() {") {
        case.note(
            rules::CODE_VARIABLE,
            format!("`{}` is a shell function", text::excerpt(name)),
        );
    }
    judge_meaning(name, value, case);
    judge_secret(name, value, case);
}

/// Judges a variable that is set inside a container: what it loads is the image's, but what it says is the request's.
pub(crate) fn judge_inside(name: &str, value: &str, case: &mut Case<'_>) {
    let upper = name.to_ascii_uppercase();
    let fine_inside = matches!(
        upper.as_str(),
        "PATH" | "HOME" | "JAVA_OPTS" | "DOCKER_HOST" | "TZ"
    ) && !paths::is_temporary(value);
    if let Some(problem) = name_problem(name) {
        return case.note(
            rules::BAD_VARIABLE_NAME,
            format!("the variable `{}` {problem}", text::excerpt(name)),
        );
    }
    if !fine_inside {
        judge_meaning(name, value, case);
    }
    judge_secret(name, value, case);
}

fn judge_meaning(name: &str, value: &str, case: &mut Case<'_>) {
    match meaning(&folded(name)) {
        None | Some(Meaning::Fine | Meaning::Kept) => {}
        Some(Meaning::Always(rule)) => {
            case.note(rule, format!("the variable `{}`", text::excerpt(name)))
        }
        Some(Meaning::Judged(judge)) => judge(name, value, case),
    }
}

/// Whether a variable of this name can load code or redirect trust. Wider than what judging refuses: such a variable is
/// not granted without a danger option, and its value is part of the fingerprint.
pub(crate) fn carries_code(name: &str) -> bool {
    match meaning(&folded(name)) {
        None | Some(Meaning::Fine) => false,
        Some(Meaning::Kept | Meaning::Judged(_)) => true,
        Some(Meaning::Always(rule)) => rule == rules::CODE_VARIABLE || rule == rules::PROXY,
    }
}

fn folded(name: &str) -> String {
    name.to_ascii_uppercase().replace('-', "_")
}

/// Names that systems read differently, or not at all.
fn name_problem(name: &str) -> Option<&'static str> {
    if name.is_empty() {
        return Some("has no name");
    }
    if name.contains(['=', '\0']) {
        return Some("is read differently by different systems");
    }
    if text::hidden_char(name, false).is_some() || !name.is_ascii() || name.contains(' ') {
        return Some("has letters that variables do not have");
    }
    let plain = name
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-' | b'(' | b')'));
    let starts = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    (!plain || !starts).then_some("is not a name that a program would look up")
}

/// Judges all variables of a request, and that no two are the same.
pub(crate) fn judge_all(env: &[(String, String)], case: &mut Case<'_>) {
    for (at, (name, value)) in env.iter().enumerate() {
        let twin = env
            .iter()
            .take(at)
            .any(|(other, _)| other.eq_ignore_ascii_case(name));
        if twin {
            case.note(
                rules::DUPLICATE_VARIABLE,
                format!("the variable `{}` is set twice", text::excerpt(name)),
            );
        }
        judge_variable(name, value, case);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, value: &str, expected: &str) {
        let mut case = Case::new(None);
        judge_variable(name, value, &mut case);
        let codes: Vec<_> = case.codes().collect();
        assert_eq!(codes.join(","), expected, "{name}={value}");
    }

    #[test]
    fn families() {
        for (name, value, expected) in [
            ("API_URL", "x", ""),
            ("GITHUB_HOST", "x", ""),
            ("LD_PRELOAD", "/x.so", "code-bearing-variable"),
            (
                "node_options",
                "--import=data:text/javascript,1",
                "preloads-code",
            ),
            ("NODE_OPTIONS", "--max-old-space-size=4096", ""),
            ("NODE_OPTIONS", "--require /x", "preloads-code"),
            ("npm_config_call", "x", "code-bearing-variable"),
            ("NPM-CONFIG-CALL", "x", "code-bearing-variable"),
            (
                "npm_config_registry",
                "http://127.0.0.1:9/",
                "registry-override",
            ),
            ("npm_config_registry", "https://registry.npmjs.org", ""),
            ("PYTHONPATH", "/tmp/x", "code-bearing-variable"),
            ("PYTHONPATH", "${__dirname}/server/lib", "noted-variable"),
            ("PYTHONPATH", "${HOME}/x", "code-bearing-variable"),
            ("PYTHONPATH", "server/lib", "noted-variable"),
            ("PYTHONUNBUFFERED", "1", ""),
            ("PYTHONWARNINGS", "ignore", ""),
            ("PYTHONWARNINGS", "all:0:antigravity.x:0:0", "preloads-code"),
            ("BROWSER", "touch x #%s", "code-bearing-variable"),
            ("BROWSER", "chrome", ""),
            ("PATH", "/tmp/abc/bin", "search-path-override"),
            ("PATH", "/usr/local/bin:/usr/bin:/bin", "search-path-set"),
            ("PATH", "bin:/usr/bin", "search-path-override"),
            ("HOME", "/home/me", "home-override"),
            ("HOME", "${HOME}", "noted-variable"),
            (
                "NODE_EXTRA_CA_CERTS",
                "{your CA certificate file path}.pem",
                "extra-ca-bundle",
            ),
            ("NODE_EXTRA_CA_CERTS", "/tmp/ca.pem", "trust-override"),
            ("NODE_TLS_REJECT_UNAUTHORIZED", "0", "trust-override"),
            ("https_proxy", "http://h", "proxy-override"),
            ("ANTHROPIC_BASE_URL", "http://h", "endpoint-override"),
            ("UV_PYTHON", "3.11", ""),
            ("UV_PYTHON", "/tmp/abc/py", "code-bearing-variable"),
            ("BASH_FUNC_ls%%", "() { x; }", "bad-variable-name"),
            ("A=B", "x", "bad-variable-name"),
            ("", "x", "bad-variable-name"),
            ("X", "a\u{0}b", "hidden-character"),
            ("KEY_PEM", "-----BEGIN X\nabc\n", ""),
            (
                "GITHUB_TOKEN",
                "ghp_EXAMPLEEXAMPLEEXAMPLEEXAMPLEEXAMPLE0",
                "secret-in-env",
            ),
            ("GITHUB_TOKEN", "<YOUR_TOKEN>", ""),
            (
                "DATABASE_URI",
                "postgresql://username:password@localhost/db",
                "",
            ),
            (
                "DATABASE_URI",
                "postgresql://u:hunter22@localhost/db",
                "secret-in-env",
            ),
            ("JAVA_TOOL_OPTIONS", "-Xmx512m", ""),
            ("JAVA_TOOL_OPTIONS", "-javaagent:/x.jar", "preloads-code"),
            ("SystemRoot", "C:\\Windows", ""),
        ] {
            check(name, value, expected);
        }
    }
}
