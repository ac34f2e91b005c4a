//! The variables that a request sets: which load code, which redirect trust, which are only worth knowing.
//!
//! One table of families, first match wins; names are folded to upper case, because Windows does and because
//! npm and pip do everywhere. A variable that is in no row is the server's own business.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::grammar::{judge_java_options, judge_node_options, judge_registry, judge_warnings};
use crate::judge::{Case, Rule, paths, rules};
use crate::text;

/// What a variable means.
#[derive(Clone, Copy)]
enum Meaning {
    /// Nothing that matters.
    Fine,
    /// A reason whatever its value.
    Always(Rule),
    /// Its value decides.
    Judged(ValueJudge),
}

/// Judges a variable by its name and value.
type ValueJudge = fn(&str, &str, &mut Case<'_>);

/// The families, in the order of the data file.
static FAMILIES: LazyLock<Families> =
    LazyLock::new(|| Families::read(include_str!("../data/environment.txt")));

/// The data file, ready to be asked. Where several rows have a name, the first counts.
#[derive(Default)]
struct Families {
    exact: HashMap<&'static str, (usize, Meaning)>,
    prefixes: Vec<(&'static str, usize, Meaning)>,
    suffixes: Vec<(&'static str, usize, Meaning)>,
}

impl Families {
    fn read(data: &'static str) -> Self {
        let mut families = Families::default();
        let rows = data
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with('#'));
        for (order, row) in rows.enumerate() {
            let mut words = row.split(' ');
            let Some(meaning) = words.next().and_then(meaning_of) else {
                continue;
            };
            for name in words {
                match (name.strip_suffix('*'), name.strip_prefix('*')) {
                    (Some(prefix), _) => families.prefixes.push((prefix, order, meaning)),
                    (None, Some(suffix)) => families.suffixes.push((suffix, order, meaning)),
                    (None, None) => {
                        families.exact.entry(name).or_insert((order, meaning));
                    }
                }
            }
        }
        families
    }

    fn find(&self, name: &str) -> Option<Meaning> {
        let exact = self.exact.get(name).copied();
        let prefixes = self
            .prefixes
            .iter()
            .filter(|(prefix, ..)| name.starts_with(prefix))
            .map(|(_, order, meaning)| (*order, *meaning));
        let suffixes = self
            .suffixes
            .iter()
            .filter(|(suffix, ..)| name.ends_with(suffix))
            .map(|(_, order, meaning)| (*order, *meaning));
        exact
            .into_iter()
            .chain(prefixes)
            .chain(suffixes)
            .min_by_key(|(order, _)| *order)
            .map(|(_, meaning)| meaning)
    }
}

/// The words of the data file.
fn meaning_of(word: &str) -> Option<Meaning> {
    Some(match word {
        "fine" => Meaning::Fine,
        "code" => Meaning::Always(rules::CODE_VARIABLE),
        "proxy" => Meaning::Always(rules::PROXY),
        "endpoint" => Meaning::Always(rules::ENDPOINT),
        "noted" => Meaning::Always(rules::NOTED_VARIABLE),
        _ => Meaning::Judged(judge_of(word)?),
    })
}

fn judge_of(word: &str) -> Option<ValueJudge> {
    Some(match word {
        "node-options" => |_, value, case| judge_node_options(value, case),
        "java-options" => |_, value, case| judge_java_options(value, case),
        "warnings-filter" => |_, value, case| judge_warnings(value, case),
        "registry" => |_, value, case| judge_registry(value, case),
        "java-opts" => java_opts,
        "interpreter" => uv_python,
        "library-path" => library_path,
        "search-path" => search_path,
        "home" => home,
        "install-place" => install_place,
        "ca-bundle" => ca_bundle,
        "program-name" => program_name,
        "shell" => shell,
        "windows-place" => windows_place,
        "tls-switch" => tls_switch,
        "docker-host" => docker_host,
        _ => return None,
    })
}

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
    let folded = name.to_ascii_uppercase().replace('-', "_");
    match FAMILIES.find(&folded) {
        None | Some(Meaning::Fine) => {}
        Some(Meaning::Always(rule)) => {
            case.note(rule, format!("the variable `{}`", text::excerpt(name)))
        }
        Some(Meaning::Judged(judge)) => judge(name, value, case),
    }
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

fn java_opts(name: &str, value: &str, case: &mut Case<'_>) {
    let loads = [
        "-javaagent",
        "-agentlib",
        "-agentpath",
        "OnError",
        "OnOutOfMemoryError",
        "bootclasspath",
        "-XX:Flags",
        "-XX:VMOptionsFile",
    ];
    if loads.iter().any(|part| value.contains(part)) {
        case.note(
            rules::CODE_VARIABLE,
            format!("`{name}` loads code into the JVM"),
        );
    } else {
        case.note(rules::NOTED_VARIABLE, format!("`{name}` sets JVM options"));
    }
}

fn uv_python(name: &str, value: &str, case: &mut Case<'_>) {
    if paths::is_path(value) && !paths::is_program_place(value) {
        case.note(
            rules::CODE_VARIABLE,
            format!("`{name}` would start `{}`", text::excerpt(value)),
        );
    }
}

/// Libraries beside the script of a bundle are part of the bundle: the same variable in front, or a relative path.
/// Anything else puts code of another place in front of the server's.
fn library_path(name: &str, value: &str, case: &mut Case<'_>) {
    let bundled = value.split(';').all(|entry| {
        let variable = entry
            .strip_prefix("${")
            .and_then(|rest| rest.split_once('}'));
        let rest = variable.map_or(entry, |(_, rest)| rest);
        let own = variable.is_some_and(|(variable, _)| {
            !variable.to_ascii_uppercase().contains("TMP") && !variable.eq_ignore_ascii_case("HOME")
        }) || (!entry.is_empty() && !paths::is_absolute(entry))
            || (text::is_placeholder_path(entry) && !entry.starts_with(['$', '~']));
        own && !rest.contains("..")
            && !paths::is_temporary(entry)
            && !(variable.is_none() && entry.contains(':') && !entry.contains(":\\"))
    });
    let relative_needs_no_cwd = value.starts_with("${") || case.cwd.is_none();
    if bundled && relative_needs_no_cwd {
        case.note(
            rules::NOTED_VARIABLE,
            format!("`{name}` adds the bundle's own libraries"),
        );
    } else {
        case.note(
            rules::CODE_VARIABLE,
            format!(
                "`{name}` puts `{}` in front of the server's own libraries",
                text::excerpt(value)
            ),
        );
    }
}

fn search_path(name: &str, value: &str, case: &mut Case<'_>) {
    let separator = if value.contains(';') || value.contains(":\\") {
        ';'
    } else {
        ':'
    };
    let joined = text::has_variable(value)
        .then(|| value.replace("${env:", "${env_"))
        .unwrap_or_else(|| value.to_owned());
    let believable = joined.split(separator).all(|entry| {
        text::is_variable(entry)
            || paths::is_program_place(&format!("{entry}/x"))
            || (text::is_placeholder_path(entry)
                && paths::is_absolute(entry)
                && !paths::is_temporary(entry))
    });
    let rule = if believable {
        rules::SEARCH_PATH_SET
    } else {
        rules::SEARCH_PATH
    };
    case.note(
        rule,
        format!(
            "`{name}` decides where programs are found: `{}`",
            text::excerpt(value)
        ),
    );
}

fn home(name: &str, value: &str, case: &mut Case<'_>) {
    let whole = text::is_variable(value)
        || (text::is_placeholder_path(value)
            && !paths::is_temporary(value)
            && !value.starts_with('$'));
    if whole {
        case.note(rules::NOTED_VARIABLE, format!("`{name}` is set"));
    } else {
        case.note(
            rules::HOME_OVERRIDE,
            format!("programs read settings, and so code, from `{name}`"),
        );
    }
}

fn install_place(name: &str, value: &str, case: &mut Case<'_>) {
    let odd = paths::is_temporary(value)
        || paths::is_network(value)
        || (!paths::is_absolute(value) && paths::is_path(value) && value.contains(".."));
    let rule = if odd {
        rules::CODE_VARIABLE
    } else {
        rules::NOTED_VARIABLE
    };
    case.note(
        rule,
        format!("`{name}` points at `{}`", text::excerpt(value)),
    );
}

fn ca_bundle(name: &str, value: &str, case: &mut Case<'_>) {
    let somewhere = (paths::is_absolute(value) || text::is_placeholder(value))
        && !paths::is_temporary(value)
        && !paths::is_network(value);
    let rule = if somewhere {
        rules::CA_BUNDLE
    } else {
        rules::TRUST_VARIABLE
    };
    case.note(rule, format!("`{name}` adds certificates that are trusted"));
}

/// A program by its plain name is a choice; a path, options or shell syntax are a command.
fn program_name(name: &str, value: &str, case: &mut Case<'_>) {
    let plain = value
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
        || text::is_variable(value);
    if !plain || (name.eq_ignore_ascii_case("BROWSER") && crate::grammar::is_shell(value)) {
        case.note(
            rules::CODE_VARIABLE,
            format!(
                "`{}` is a command that other programs run",
                text::excerpt(name)
            ),
        );
    }
}

fn shell(name: &str, value: &str, case: &mut Case<'_>) {
    let known = crate::grammar::is_shell(paths::base_name(value)) && paths::is_program_place(value);
    if !known && !text::is_variable(value) {
        case.note(
            rules::CODE_VARIABLE,
            format!("`{name}` is a program that others run"),
        );
    }
}

fn windows_place(name: &str, value: &str, case: &mut Case<'_>) {
    let lower = value.to_ascii_lowercase().replace('/', "\\");
    let usual = matches!(
        lower.trim_end_matches('\\'),
        "c:\\windows" | "c:" | "c:\\windows\\system32\\cmd.exe" | "d:\\windows"
    ) || text::is_variable(value);
    if !usual {
        case.note(
            rules::CODE_VARIABLE,
            format!("`{name}` decides where Windows finds its own programs"),
        );
    }
}

fn tls_switch(name: &str, value: &str, case: &mut Case<'_>) {
    let harmless = match name.to_ascii_uppercase().as_str() {
        "GIT_SSL_NO_VERIFY" => matches!(value, "0" | "false" | ""),
        _ => matches!(value, "1" | "true"),
    };
    if !harmless {
        case.note(
            rules::TRUST_VARIABLE,
            format!(
                "`{}` turns the verification of certificates off",
                text::excerpt(name)
            ),
        );
    }
}

fn docker_host(name: &str, value: &str, case: &mut Case<'_>) {
    let local = value.starts_with("unix://") && !paths::is_temporary(value)
        || value.starts_with("npipe://")
        || text::is_variable(value)
        || value == "default";
    let rule = if local {
        rules::NOTED_VARIABLE
    } else {
        rules::CODE_VARIABLE
    };
    case.note(
        rule,
        format!("`{name}` chooses the engine that starts containers"),
    );
}

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
    SECRET_PREFIXES.iter().any(|prefix| {
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

fn judge_secret(name: &str, value: &str, case: &mut Case<'_>) {
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
    fn every_row_of_the_data_has_a_meaning() {
        let rows = include_str!("../data/environment.txt").lines();
        for row in rows.filter(|row| !row.is_empty() && !row.starts_with('#')) {
            let word = row.split(' ').next().unwrap_or_default();
            assert!(meaning_of(word).is_some(), "{row}");
            assert_eq!(row, row.trim_end(), "{row}");
            assert!(
                row.split(' ')
                    .skip(1)
                    .all(|name| name.to_ascii_uppercase() == name),
                "{row}"
            );
        }
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
