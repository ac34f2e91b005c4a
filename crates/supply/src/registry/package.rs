//! One package of an entry: its name, version, digest and registry, and the launch that a client would make of it.

use interlock_launch::{Judgement, Reason, Request, Severity, excerpt, judge};
use serde_json::Value;

use super::brand::{is_brand, resembles_scope};
use super::identifier::{judge_identifier, judge_started};
use super::input::{Input, MOST_PRESETS, inputs};
use super::known::{KnownKind, known};
use super::remote::{self, judge_transport};
use super::version::{is_exact, is_release_tag};
use super::{Notes, rules};

/// Where a package stands: in an entry, whose fields are all required, or named alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// In `packages` of a server.json.
    Entry,
    /// A reference by itself.
    Alone,
}

/// A kind of registry: its own addresses, and the programs that run what it serves.
struct Kind {
    name: &'static str,
    bases: &'static [&'static str],
    runtimes: &'static [&'static str],
}

const KINDS: &[Kind] = &[
    Kind {
        name: "npm",
        bases: &["https://registry.npmjs.org"],
        runtimes: &[
            "npx", "npm", "pnpm", "pnpx", "yarn", "bun", "bunx", "node", "deno",
        ],
    },
    Kind {
        name: "pypi",
        bases: &["https://pypi.org", "https://pypi.org/simple"],
        runtimes: &["uvx", "uv", "pipx", "python", "python3"],
    },
    Kind {
        name: "oci",
        bases: &[
            "https://docker.io",
            "https://registry-1.docker.io",
            "https://ghcr.io",
            "https://quay.io",
            "https://mcr.microsoft.com",
            "https://public.ecr.aws",
            "https://gcr.io",
        ],
        runtimes: &["docker", "podman", "nerdctl"],
    },
    Kind {
        name: "nuget",
        bases: &[
            "https://api.nuget.org",
            "https://api.nuget.org/v3/index.json",
        ],
        runtimes: &["dnx", "dotnet"],
    },
    Kind {
        name: "mcpb",
        bases: &["https://github.com", "https://gitlab.com"],
        runtimes: &["node", "python", "python3", "uv", "binary"],
    },
];

/// Fields of a package that are texts, and those that are lists.
const TEXTS: &[&str] = &[
    "registryType",
    "registryBaseUrl",
    "identifier",
    "version",
    "runtimeHint",
    "fileSha256",
];
const LISTS: &[&str] = &[
    "runtimeArguments",
    "packageArguments",
    "environmentVariables",
];

/// Judges one package.
pub(super) fn judge_package(package: &Value, place: Place, notes: &mut Notes) {
    let text = |key: &str| package.get(key).and_then(Value::as_str);
    judge_shape(package, notes);
    let (Some(registry), Some(identifier)) = (text("registryType"), text("identifier")) else {
        return notes.note(
            rules::MISSING_FIELD,
            "a package has `registryType` and `identifier`",
        );
    };
    let Some(kind) = KINDS.iter().find(|kind| kind.name == registry) else {
        let what = format!("`{}` is no kind of registry", excerpt(registry));
        return notes.note(rules::UNKNOWN_REGISTRY, what);
    };
    judge_base(kind, text("registryBaseUrl"), notes);
    if let Some(hint) = text("runtimeHint")
        && !kind.runtimes.contains(&hint)
    {
        let what = format!("`{}` does not run packages of `{registry}`", excerpt(hint));
        notes.note(rules::RUNTIME_MISMATCH, what);
    }
    judge_version(registry, identifier, text("version"), place, notes);
    judge_digest(registry, text("fileSha256"), place, notes);
    judge_identifier(registry, identifier, notes);
    judge_identity(registry, identifier, text("version"), notes);
    if let Some(transport) = package.get("transport") {
        judge_transport(transport, package, notes);
    }
    judge_inputs(package, notes);
    judge_redirection(package, notes);
    for number in 0..alternatives(package) {
        let request = request(registry, identifier, package, number);
        let judged = judge(&request);
        judge_started(registry, identifier, &judged.class, notes);
        absorb(judged, place, notes);
    }
}

/// What is not of the type that the format says is read as absent by some and as something else by others.
fn judge_shape(package: &Value, notes: &mut Notes) {
    let wrong = |keys: &[&'static str], fits: fn(&Value) -> bool| -> Vec<&'static str> {
        let there = |key: &&&str| {
            package
                .get(**key)
                .is_some_and(|value| !value.is_null() && !fits(value))
        };
        keys.iter().filter(there).copied().collect()
    };
    for key in wrong(TEXTS, Value::is_string) {
        notes.note(rules::WRONG_TYPE, format!("a package's `{key}` is a text"));
    }
    for key in wrong(LISTS, Value::is_array) {
        notes.note(rules::WRONG_TYPE, format!("a package's `{key}` is a list"));
    }
    for key in wrong(&["transport"], Value::is_object) {
        notes.note(
            rules::WRONG_TYPE,
            format!("a package's `{key}` is an object"),
        );
    }
}

/// A publisher does not decide where the names that a container looks up lead. That the host itself has a name is no harm.
fn judge_redirection(package: &Value, notes: &mut Notes) {
    let words: Vec<Vec<String>> = inputs(package, "runtimeArguments")
        .iter()
        .map(|input| {
            let name = input.text("name").map(str::to_owned);
            name.into_iter().chain(input.presets()).collect()
        })
        .collect();
    for input in words {
        let redirects = input
            .iter()
            .any(|word| word == "--add-host" || word.starts_with("--add-host="));
        let elsewhere = input
            .iter()
            .find(|word| word.contains(':') && !word.ends_with(":host-gateway"));
        if let Some(word) = elsewhere.filter(|_| redirects) {
            let text = format!("`{}` decides where a name leads", excerpt(word));
            notes.note(rules::REDIRECTS_NAMES, text);
        }
    }
}

fn judge_base(kind: &Kind, base: Option<&str>, notes: &mut Notes) {
    let Some(base) = base else { return };
    // Scheme and host have no case.
    let plain = base.trim_end_matches('/');
    if !kind.bases.iter().any(|own| own.eq_ignore_ascii_case(plain)) {
        let text = format!(
            "packages of `{}` would come from `{}`, which is not their registry",
            kind.name,
            excerpt(base)
        );
        notes.note(rules::FOREIGN_REGISTRY, text);
    }
}

fn judge_version(
    registry: &str,
    identifier: &str,
    version: Option<&str>,
    place: Place,
    notes: &mut Notes,
) {
    if registry == "oci" {
        return judge_image(identifier, version, notes);
    }
    match version {
        Some(version) if is_exact(registry, version) => {}
        Some(version) => {
            let text = format!(
                "`{}` is no exact version; what it means changes",
                excerpt(version)
            );
            notes.note(rules::FLOATING_VERSION, text);
        }
        // A bundle is named by its address and digest.
        None if registry == "mcpb" => {}
        None if place == Place::Entry => {
            notes.note(
                rules::FLOATING_VERSION,
                "no version is named, so the newest would run",
            );
        }
        None => notes.note(rules::UNPINNED, "no version is named; approval fixes one"),
    }
}

/// An image is named by digest, or by a tag that names a release; the tag is resolved at approval.
fn judge_image(identifier: &str, version: Option<&str>, notes: &mut Notes) {
    if let Some((_, digest)) = identifier.split_once('@') {
        if !is_digest(digest) {
            notes.note(
                rules::BAD_DIGEST,
                format!("`{}` is no digest of an image", excerpt(digest)),
            );
        }
        return;
    }
    let last = identifier.rsplit('/').next().unwrap_or(identifier);
    let tag = last.split_once(':').map(|(_, tag)| tag).or(version);
    match tag {
        Some(tag) if is_release_tag(tag) => {
            notes.note(
                rules::MOVABLE_TAG,
                format!(
                    "the tag `{}` can be moved; approval fixes its digest",
                    excerpt(tag)
                ),
            );
        }
        Some(tag) => notes.note(
            rules::FLOATING_VERSION,
            format!("the tag `{}` names no release", excerpt(tag)),
        ),
        None => notes.note(
            rules::FLOATING_VERSION,
            "an image without tag or digest means another one each day",
        ),
    }
}

fn judge_digest(registry: &str, digest: Option<&str>, place: Place, notes: &mut Notes) {
    match digest {
        Some(digest) if crate::Sha256::parse(digest).is_err() => {
            notes.note(
                rules::BAD_DIGEST,
                format!("`{}` is no SHA-256 in hexadecimal", excerpt(digest)),
            );
        }
        None if registry == "mcpb" && place == Place::Entry => {
            notes.note(
                rules::NO_DIGEST,
                "a bundle needs `fileSha256`, else its address decides what runs",
            );
        }
        _ => {}
    }
}

pub(super) fn is_digest(text: &str) -> bool {
    text.strip_prefix("sha256:")
        .is_some_and(|hex| crate::Sha256::parse(hex).is_ok())
}

pub(super) fn judge_identity(
    registry: &str,
    identifier: &str,
    version: Option<&str>,
    notes: &mut Notes,
) {
    if registry == "mcpb" {
        return judge_bundle_address(identifier, notes);
    }
    let scope = identifier
        .strip_prefix('@')
        .and_then(|rest| rest.split_once('/'))
        .map(|(scope, _)| scope);
    if let Some(scope) = scope.filter(|_| registry == "npm")
        && let Some(brand) = resembles_scope(scope)
    {
        let text = format!(
            "the scope `@{}` reads like `{brand}`, whose it is not",
            excerpt(scope)
        );
        notes.note(rules::SCOPE_SQUAT, text);
    }
    if let Some(found) = known(registry, identifier, version) {
        let (rule, what) = match found.kind {
            KnownKind::Malicious => (rules::MALICIOUS, "was published to do harm"),
            KnownKind::Vulnerable => (rules::VULNERABLE, "has a known hole"),
            KnownKind::Archived => (rules::ARCHIVED, "is archived: nobody mends it"),
        };
        notes.note(
            rule,
            format!(
                "`{}` {} {what} ({})",
                excerpt(identifier),
                found.versions,
                found.source
            ),
        );
    }
}

fn judge_bundle_address(address: &str, notes: &mut Notes) {
    remote::judge_address(address, remote::Wanted::Download, notes);
    let host = address
        .strip_prefix("https://")
        .and_then(|rest| rest.split('/').next());
    if host.is_some_and(|host| !matches!(host, "github.com" | "gitlab.com")) {
        let text = format!(
            "the bundle is at `{}`, not among a forge's releases",
            excerpt(address)
        );
        notes.note(rules::UNUSUAL_HOST, text);
    }
}

fn judge_inputs(package: &Value, notes: &mut Notes) {
    for key in LISTS {
        for input in inputs(package, key) {
            input.judge_presets(notes);
        }
    }
    for variable in inputs(package, "environmentVariables") {
        let name = variable.text("name").unwrap_or_default();
        judge_secrecy(name, &variable, notes);
    }
}

/// A secret is marked as one, and comes from the user.
pub(super) fn judge_secrecy(name: &str, input: &Input<'_>, notes: &mut Notes) {
    let upper = name.to_ascii_uppercase();
    let secret = [
        "TOKEN",
        "SECRET",
        "PASSWORD",
        "API_KEY",
        "APIKEY",
        "PRIVATE_KEY",
        "ACCESS_KEY",
        "AUTHORIZATION",
    ];
    let sounds_secret = secret.iter().any(|part| upper.contains(part));
    let preset = input.presets();
    let literal = preset
        .iter()
        .any(|value| !value.contains('{') && !value.is_empty());
    if input.flag("isSecret") && literal {
        notes.note(
            rules::SECRET_PRESET,
            format!("`{}` is a secret that the publisher chose", excerpt(name)),
        );
    } else if sounds_secret && !input.flag("isSecret") && !literal {
        notes.note(
            rules::SECRET_UNMARKED,
            format!(
                "`{}` sounds like a secret and is not marked as one",
                excerpt(name)
            ),
        );
    }
}

fn alternatives(package: &Value) -> usize {
    LISTS
        .iter()
        .flat_map(|key| inputs(package, key))
        .map(|input| input.presets().len())
        .max()
        .unwrap_or(1)
        .clamp(1, MOST_PRESETS)
}

/// The launch that a client makes of a package, with one choice of presets.
fn request(registry: &str, identifier: &str, package: &Value, number: usize) -> Request {
    let words = |key: &str| -> Vec<String> {
        inputs(package, key)
            .iter()
            .flat_map(|input| input.words(number))
            .collect()
    };
    let (runtime, own) = (words("runtimeArguments"), words("packageArguments"));
    let version = package.get("version").and_then(Value::as_str);
    let versioned = version.map_or_else(
        || identifier.to_owned(),
        |version| format!("{identifier}@{version}"),
    );
    let env: Vec<(String, String)> = inputs(package, "environmentVariables")
        .iter()
        .filter_map(|input| Some((input.text("name")?.to_owned(), input.alternative(number))))
        .filter(|(name, value)| !is_own_endpoint(name, value))
        .collect();
    let mut args: Vec<String> = Vec::new();
    let hint = package.get("runtimeHint").and_then(Value::as_str);
    let command = match registry {
        "npm" | "pypi" => {
            let command = runner(registry, hint, &runtime);
            if command == "npx" {
                args.push("-y".to_owned());
            }
            let module = runtime.iter().any(|word| word == "-m");
            args.extend(runtime);
            if !(command.starts_with("python") && module) {
                args.push(versioned);
            }
            command
        }
        "oci" => {
            container(&mut args, runtime, &env, identifier);
            "docker"
        }
        "nuget" => {
            args.push(versioned);
            args.push("--yes".to_owned());
            args.extend(runtime);
            args.push("--".to_owned());
            "dnx"
        }
        // What a bundle starts is in its manifest; here only what is handed to it counts.
        _ => {
            args.extend(runtime);
            args.push("/opt/bundle/server/index.js".to_owned());
            "node"
        }
    };
    args.extend(own);
    Request {
        env,
        ..Request::new(command, args)
    }
}

/// The program that a client starts: the one that the entry hints at where the runtime's arguments have its own word for running
/// a package, else the usual one.
fn runner<'a>(registry: &str, hint: Option<&'a str>, runtime: &[String]) -> &'a str {
    let first = runtime.first().map(String::as_str);
    match (registry, hint, first) {
        ("npm", Some(hint @ "npm"), Some("exec" | "x")) => hint,
        ("npm", Some(hint @ ("pnpm" | "yarn")), Some("dlx")) => hint,
        ("npm", Some(hint @ "bun"), Some("x")) => hint,
        ("npm", _, _) => "npx",
        (_, Some(hint @ "pipx"), Some("run")) => hint,
        (_, Some(hint @ "uv"), Some("tool" | "run")) => hint,
        (_, Some(hint @ ("python" | "python3")), Some("-m" | "-c")) => hint,
        _ => "uvx",
    }
}

/// Whether a variable names the service that the server is for: an address over TLS of which the grammars say no more than that,
/// and not that of a well-known publisher moved to another's host.
fn is_own_endpoint(name: &str, value: &str) -> bool {
    let Some(rest) = value.strip_prefix("https://") else {
        return false;
    };
    let host = rest.split(['/', ':', '?', '#', '@']).next();
    let host = host.unwrap_or_default().to_ascii_lowercase();
    let moved = name
        .to_ascii_lowercase()
        .split('_')
        .any(|word| is_brand(word) && !host.contains(word));
    let alone = Request {
        env: vec![(name.to_owned(), value.to_owned())],
        ..Request::new("npx", ["-y", "x@1.0.0"])
    };
    let reasons = judge(&alone).reasons;
    let endpoint = |reason: &Reason| reason.code == "endpoint-override";
    !moved && !value.contains('@') && reasons.iter().all(endpoint)
}

fn container(args: &mut Vec<String>, runtime: Vec<String>, env: &[(String, String)], image: &str) {
    let whole = runtime.first().is_some_and(|word| word == "run");
    if !whole {
        args.extend(["run", "-i", "--rm"].map(str::to_owned));
    }
    args.extend(runtime);
    for (name, _) in env {
        args.extend(["-e".to_owned(), name.clone()]);
    }
    // Some publishers write the image as the last of the runtime's arguments.
    if args.last().is_none_or(|last| last != image) {
        args.push(image.to_owned());
    }
}

/// Takes over what the grammars of all launches say.
pub(crate) fn absorb(judged: Judgement, place: Place, notes: &mut Notes) {
    for reason in judged.reasons {
        // In an entry a version is required, and judged above.
        let said = reason.severity == Severity::Info && place == Place::Entry;
        // What a person may give away, a publisher may not take.
        let severity = match reason.code {
            "wide-mount" if place == Place::Entry => Severity::Refusal,
            _ => reason.severity,
        };
        if !said {
            notes.add(Reason {
                text: format!("as a launch: {}", reason.text),
                severity,
                ..reason
            });
        }
    }
}
