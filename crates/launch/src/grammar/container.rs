//! docker, podman and nerdctl: `run IMAGE`, and docker's own MCP gateway. Every other command of an engine is refused.
//! `oci:IMAGE ARGS` is Interlock's own word for an image, as `interlock.lock` writes it.

use super::container_options::{GATEWAY, RUN, env_file, mounts};
use super::dispatch::{Call, classify, starts_others};
use super::names::plain_name;
use super::options::{Region, Slot, read};
use crate::environment;
use crate::judge::{Case, Class, ContainerRef, rules};
use crate::text;

/// `docker run …`, `docker container run …`, `docker mcp gateway run …`.
pub(crate) fn engine(call: &Call<'_>, case: &mut Case<'_>) -> Class {
    let words: Vec<&str> = call.args.iter().take(3).map(String::as_str).collect();
    let rest = |count: usize| call.args.get(count..).unwrap_or(&[]);
    match words.as_slice() {
        ["run", ..] => run(call, rest(1), case),
        ["container", "run", ..] => run(call, rest(2), case),
        ["mcp", "gateway", "run"] if call.name == "docker" => gateway(call, rest(3), case),
        [option, ..] if option.starts_with('-') => case.unknown(
            rules::READS_SETTINGS,
            format!("`{}` points the engine elsewhere", text::excerpt(option)),
        ),
        [command, ..] => case.unknown(
            rules::UNKNOWN_LAUNCHER,
            format!(
                "`{} {}` starts no server of its own",
                call.name,
                text::excerpt(command)
            ),
        ),
        [] => case.unknown(
            rules::NO_PROGRAM,
            format!("`{}` is given nothing to start", call.name),
        ),
    }
}

/// The scheme of an image in the place of a command.
pub(crate) const SCHEME: &str = "oci:";

/// `oci:IMAGE ARGS`: the image's own program, with these arguments instead of the image's.
pub(crate) fn image(reference: &str, args: &[String], case: &mut Case<'_>) -> Class {
    let Some(image) = parse_image(reference, case) else {
        return Class::Unknown;
    };
    if let Some(class) = judge_program(&image.name, None, args, case) {
        return class;
    }
    Class::Container(ContainerRef {
        engine: "oci".to_owned(),
        args: args.to_vec(),
        ..image.into()
    })
}

impl From<Image> for ContainerRef {
    fn from(image: Image) -> Self {
        Self {
            engine: String::new(),
            image: image.name,
            tag: image.tag,
            digest: image.digest,
            entrypoint: None,
            workdir: None,
            platform: None,
            env_files: Vec::new(),
            mounts: Vec::new(),
            env: Vec::new(),
            options: Vec::new(),
            args: Vec::new(),
        }
    }
}

fn run(call: &Call<'_>, args: &[String], case: &mut Case<'_>) -> Class {
    let region = read(&RUN, args, case);
    if region.unknown {
        return Class::Unknown;
    }
    let Some((reference, args)) = region.rest.split_first() else {
        return case.unknown(
            rules::NO_PROGRAM,
            format!("`{} run` is given no image", call.name),
        );
    };
    let mounts = mounts(&region, case);
    let env = environment(&region, case);
    let owned = |slot: Slot| region.last(slot).map(str::to_owned);
    for file in region.all(Slot::EnvFile) {
        env_file(file, case);
    }
    let Some(image) = parse_image(reference, case) else {
        return Class::Unknown;
    };
    let entrypoint = region.last(Slot::Entrypoint);
    if let Some(list) = entrypoint.filter(|program| program.starts_with('[')) {
        return case.unknown(
            rules::UNKNOWN_OPTION,
            format!("the entry point `{}` is a list", text::excerpt(list)),
        );
    }
    if let Some(class) = judge_program(&image.name, entrypoint, args, case) {
        return class;
    }
    Class::Container(ContainerRef {
        engine: call.name.to_owned(),
        entrypoint: entrypoint.map(str::to_owned),
        workdir: owned(Slot::Workdir),
        platform: owned(Slot::Platform),
        env_files: region.all(Slot::EnvFile).map(str::to_owned).collect(),
        mounts,
        env,
        args: args.to_vec(),
        options: region.kept,
        ..image.into()
    })
}

fn gateway(call: &Call<'_>, args: &[String], case: &mut Case<'_>) -> Class {
    let region = read(&GATEWAY, args, case);
    if region.unknown || !region.rest.is_empty() {
        return case.unknown(
            rules::UNKNOWN_OPTION,
            "`docker mcp gateway run` takes no further words",
        );
    }
    case.note(
        rules::BROAD_PERMISSIONS,
        "the gateway starts containers of its own catalog",
    );
    Class::Container(ContainerRef {
        engine: call.name.to_owned(),
        image: String::new(),
        tag: None,
        digest: None,
        entrypoint: None,
        workdir: None,
        platform: None,
        env_files: Vec::new(),
        mounts: Vec::new(),
        env: Vec::new(),
        options: region.kept,
        args: ["mcp", "gateway", "run"]
            .iter()
            .map(|word| (*word).to_owned())
            .collect(),
    })
}

/// Variables for the container: judged like any others, because they load code in there just as well.
fn environment(region: &Region<'_>, case: &mut Case<'_>) -> Vec<(String, Option<String>)> {
    region
        .all(Slot::Env)
        .map(|entry| match entry.split_once('=') {
            Some((name, value)) => {
                environment::judge_inside(name, value, case);
                (name.to_owned(), Some(value.to_owned()))
            }
            None => (entry.to_owned(), None),
        })
        .collect()
}

struct Image {
    name: String,
    tag: Option<String>,
    digest: Option<String>,
}

/// Registries with many users, by the whole host or its end.
const REGISTRIES: &[&str] = &[
    "docker.io",
    "ghcr.io",
    "quay.io",
    "gcr.io",
    "mcr.microsoft.com",
    "public.ecr.aws",
    "registry.gitlab.com",
    "registry.k8s.io",
    "nvcr.io",
    "icr.io",
    "docker.elastic.co",
    "cgr.dev",
    "lscr.io",
    "registry.redhat.io",
    "registry.access.redhat.com",
    "docker.n8n.io",
    "registry.hub.docker.com",
    "index.docker.io",
    "docker.pkg.github.com",
    "registry.suse.com",
    "public.registry.jetbrains.space",
    "localhost",
];
const REGISTRY_SUFFIXES: &[&str] = &[
    ".gcr.io",
    ".pkg.dev",
    ".amazonaws.com",
    ".azurecr.io",
    ".icr.io",
    ".docker.com",
    ".docker.io",
];
/// Domains that never name a host of the internet (RFC 2606, RFC 6761), and hidden services.
const RESERVED: &[&str] = &[
    ".invalid",
    ".test",
    ".example",
    ".onion",
    ".localhost",
    ".local",
];

fn parse_image(reference: &str, case: &mut Case<'_>) -> Option<Image> {
    if text::is_variable(reference) {
        return Some(Image {
            name: reference.to_owned(),
            tag: None,
            digest: None,
        });
    }
    let (rest, digest) = reference
        .split_once('@')
        .map_or((reference, None), |(rest, digest)| (rest, Some(digest)));
    let last = rest.rfind('/').map_or(0, |at| at + 1);
    let colon = rest
        .get(last..)
        .and_then(|name| name.find(':'))
        .map(|at| at + last);
    let (name, tag) = match colon {
        Some(at) => (rest.get(..at)?, rest.get(at + 1..)),
        None => (rest, None),
    };
    let plain = |text: &str, extra: &[u8]| {
        !text.is_empty()
            && text.bytes().all(|b| {
                b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-') || extra.contains(&b)
            })
    };
    let name_is_plain = text::has_variable(name)
        || (plain(name, b"/:")
            && !name.starts_with(['.', '/', '-'])
            && !name.contains("//")
            && !name.contains(".."));
    let digest_is_plain = digest.is_none_or(|digest| {
        digest
            .strip_prefix("sha256:")
            .is_some_and(|hex| hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_hexdigit()))
    });
    if !name_is_plain
        || !digest_is_plain
        || !tag.is_none_or(|tag| plain(tag, b"") || text::has_variable(tag))
    {
        let rule = if reference.is_ascii() {
            rules::BAD_IMAGE
        } else {
            rules::LOOK_ALIKE
        };
        case.note(rule, format!("`{}` is no image", text::excerpt(reference)));
        return None;
    }
    judge_host(name, case);
    if digest.is_none() {
        super::package::note_version(false, reference, case);
    }
    Some(Image {
        name: name.to_owned(),
        tag: tag.map(str::to_owned),
        digest: digest.map(str::to_owned),
    })
}

fn judge_host(name: &str, case: &mut Case<'_>) {
    let Some((first, _)) = name.split_once('/') else {
        return;
    };
    if !first.contains(['.', ':']) && first != "localhost" {
        return;
    }
    let host = first
        .split(':')
        .next()
        .unwrap_or(first)
        .to_ascii_lowercase();
    let numeric = host.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        || (host == "localhost" && first.contains(':'));
    if numeric || RESERVED.iter().any(|suffix| host.ends_with(suffix)) {
        return case.note(
            rules::REGISTRY_OVERRIDE,
            format!("the image comes from `{}`", text::excerpt(first)),
        );
    }
    let known = REGISTRIES.contains(&host.as_str())
        || REGISTRY_SUFFIXES
            .iter()
            .any(|suffix| host.ends_with(suffix));
    if !known {
        case.note(
            rules::IMAGE_REGISTRY,
            format!("the image comes from `{}`", text::excerpt(first)),
        );
    }
}

/// Images that are a system or an interpreter: what follows them is a command line.
const GENERAL_IMAGES: &[&str] = &[
    "alpine",
    "busybox",
    "ubuntu",
    "debian",
    "fedora",
    "centos",
    "archlinux",
    "rockylinux",
    "almalinux",
    "amazonlinux",
    "oraclelinux",
    "opensuse",
    "node",
    "python",
    "ruby",
    "golang",
    "rust",
    "php",
    "perl",
    "openjdk",
    "eclipse-temurin",
    "amazoncorretto",
    "bash",
    "docker",
    "nginx",
    "httpd",
    "gcc",
    "maven",
    "gradle",
    "kalilinux/kali-rolling",
    "photon",
    "oven/bun",
    "denoland/deno",
    "curlimages/curl",
    "alpine/git",
    "alpine/curl",
    "nicolaka/netshoot",
    "ghcr.io/astral-sh/uv",
    "redis",
    "postgres",
    "mysql",
    "mongo",
    "buildpack-deps",
    "cirrusci/flutter",
    "mcr.microsoft.com/playwright",
    "mcr.microsoft.com/powershell",
    "mcr.microsoft.com/dotnet/sdk",
    "mcr.microsoft.com/dotnet/runtime",
    "mcr.microsoft.com/azure-cli",
    "google/cloud-sdk",
    "amazon/aws-cli",
    "bitnami/kubectl",
    "hashicorp/terraform",
];

/// The program that a container is told to run instead of its own, when there is one.
fn judge_program(
    image: &str,
    entrypoint: Option<&str>,
    args: &[String],
    case: &mut Case<'_>,
) -> Option<Class> {
    let short = image.strip_prefix("docker.io/").unwrap_or(image);
    let general = GENERAL_IMAGES.contains(&short.strip_prefix("library/").unwrap_or(short));
    let (program, args) = match (entrypoint, args.split_first()) {
        (Some(""), Some((first, rest))) => (first.as_str(), rest),
        (Some(""), None) => {
            return Some(case.unknown(
                rules::NO_PROGRAM,
                "without an entry point, a program has to follow the image",
            ));
        }
        (Some(program), _) => (program, args),
        (None, Some((first, rest))) if general || super::is_shell(&plain_name(first)) => {
            (first.as_str(), rest)
        }
        (None, None) if general => {
            return Some(case.unknown(
                rules::NO_PROGRAM,
                format!("`{}` is a system, not a server", text::excerpt(image)),
            ));
        }
        _ => return None,
    };
    case.note(
        rules::IMAGE_PROGRAM,
        format!("the container is told to run `{}`", text::excerpt(program)),
    );
    if !starts_others(&plain_name(program)) {
        return None;
    }
    let outer = case.cwd.take();
    let inner = classify(program, args, case);
    case.cwd = outer;
    match inner {
        Class::InlineCode => Some(Class::InlineCode),
        Class::Unknown => Some(Class::Unknown),
        _ => None,
    }
}
