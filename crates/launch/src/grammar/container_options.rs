//! Options of `docker run`, from its reference (Docker 28), with those that podman 5 and nerdctl 2 add.

use super::mount;
use super::options::{
    Arity, Effect, GNU, Opt, OptionTable, Slot, flags, judged, row, takes, values,
};
use crate::judge::{Case, paths, rules};
use crate::text;

static PLAIN: &[Opt] = &[
    flags(&[
        "-i",
        "--interactive",
        "-t",
        "--tty",
        "--rm",
        "--init",
        "-q",
        "--quiet",
        "--read-only",
        "--no-healthcheck",
        "--sig-proxy",
        "--disable-content-trust",
        "--replace",
        "--tls-verify",
    ]),
    values(&[
        "--name",
        "-h",
        "--hostname",
        "--pull",
        "-l",
        "--label",
        "-m",
        "--memory",
        "--memory-swap",
        "--memory-reservation",
        "--memory-swappiness",
        "--kernel-memory",
        "--cpus",
        "--cpu-shares",
        "-c",
        "--cpu-period",
        "--cpu-quota",
        "--cpuset-cpus",
        "--cpuset-mems",
        "--pids-limit",
        "--ulimit",
        "--shm-size",
        "--stop-signal",
        "--stop-timeout",
        "--restart",
        "--domainname",
        "--dns",
        "--dns-search",
        "--dns-option",
        "--dns-opt",
        "--add-host",
        "--network-alias",
        "--net-alias",
        "--ip",
        "--ip6",
        "--mac-address",
        "--expose",
        "-a",
        "--attach",
        "--detach-keys",
        "--blkio-weight",
        "--oom-score-adj",
        "--isolation",
        "--annotation",
        "--tz",
        "--timeout",
        "--arch",
        "--os",
        "--variant",
        "--image-volume",
        "--umask",
        "--cap-drop",
        "--retry",
        "--retry-delay",
        "--sdnotify",
    ]),
    takes(Slot::Volume, &["-v", "--volume"]),
    takes(Slot::Mount, &["--mount"]),
    takes(Slot::Env, &["-e", "--env"]),
    takes(Slot::Entrypoint, &["--entrypoint"]),
    takes(Slot::Workdir, &["-w", "--workdir"]),
    takes(Slot::Platform, &["--platform"]),
    takes(Slot::EnvFile, &["--env-file"]),
    row(Arity::Value, Effect::Fine, &["--tmpfs"]),
];

static JUDGED: &[Opt] = &[
    judged(network, &["--network", "--net"]),
    judged(
        namespace,
        &["--pid", "--ipc", "--uts", "--cgroupns", "--userns"],
    ),
    judged(capability, &["--cap-add"]),
    judged(security, &["--security-opt"]),
    judged(user, &["-u", "--user"]),
    judged(port, &["-p", "--publish"]),
    judged(env_file, &["--label-file"]),
    judged(log_driver, &["--log-driver"]),
    judged(gpus, &["--gpus"]),
];

static REFUSED: &[Opt] = &[
    row(
        Arity::Flag,
        Effect::Noted(rules::CONTAINER_PRIVILEGE),
        &[
            "--privileged",
            "--oom-kill-disable",
            "--rootfs",
            "--env-host",
        ],
    ),
    row(
        Arity::Value,
        Effect::Noted(rules::CONTAINER_PRIVILEGE),
        &[
            "--group-add",
            "--cgroup-parent",
            "--runtime",
            "--sysctl",
            "--uidmap",
            "--gidmap",
            "--subuidname",
            "--subgidname",
            "--seccomp-policy",
            "--hooks-dir",
            "--pod",
            "--systemd",
            "--cgroup-conf",
            "--cgroups",
            "--storage-opt",
            "--cpu-rt-period",
            "--cpu-rt-runtime",
        ],
    ),
    row(
        Arity::Value,
        Effect::Noted(rules::CONTAINER_DEVICE),
        &[
            "--device",
            "--device-cgroup-rule",
            "--device-read-bps",
            "--device-read-iops",
            "--device-write-bps",
            "--device-write-iops",
        ],
    ),
    row(
        Arity::Value,
        Effect::Noted(rules::HOST_MOUNT),
        &[
            "--volumes-from",
            "--volume-driver",
            "--secret",
            "--chrootdirs",
            "--link",
        ],
    ),
    row(
        Arity::Flag,
        Effect::Noted(rules::HOST_MOUNT),
        &["--use-api-socket"],
    ),
    row(
        Arity::Value,
        Effect::Noted(rules::WRITES_FILES),
        &[
            "--cidfile",
            "--pidfile",
            "--conmon-pidfile",
            "--log-opt",
            "--decryption-key",
            "--authfile",
            "--signature-policy",
        ],
    ),
    row(
        Arity::Flag,
        Effect::Noted(rules::PUBLISHED_PORT),
        &["-P", "--publish-all"],
    ),
    row(
        Arity::Flag,
        Effect::Noted(rules::UNKNOWN_OPTION),
        &["-d", "--detach"],
    ),
    row(
        Arity::Value,
        Effect::Noted(rules::UNKNOWN_OPTION),
        &[
            "--health-cmd",
            "--health-interval",
            "--health-retries",
            "--health-timeout",
            "--health-start-period",
            "--health-start-interval",
        ],
    ),
];

/// `docker run`.
pub(crate) static RUN: OptionTable = OptionTable {
    style: GNU,
    rows: &[PLAIN, JUDGED, REFUSED],
};

static GATEWAY_ROWS: &[Opt] = &[
    flags(&[
        "--verbose",
        "--log-calls",
        "--block-secrets",
        "--verify-signatures",
        "--block-network",
        "--watch",
        "--keep",
        "--dry-run",
        "--enable-all-servers",
        "--long-lived",
        "--debug-dns",
        "--static",
    ]),
    values(&[
        "--servers",
        "--tools",
        "--transport",
        "--port",
        "--cpus",
        "--memory",
        "--profile",
        "--session",
        "--central",
        "--log",
    ]),
    row(
        Arity::Value,
        Effect::Noted(rules::READS_SETTINGS),
        &[
            "--secrets",
            "--config",
            "--registry",
            "--catalog",
            "--tools-config",
            "--additional-catalog",
            "--additional-registry",
            "--additional-config",
            "--additional-tools-config",
            "--interceptor",
            "--oci-ref",
            "--mcp-registry",
        ],
    ),
];
/// `docker mcp gateway run`.
pub(crate) static GATEWAY: OptionTable = OptionTable {
    style: GNU,
    rows: &[GATEWAY_ROWS],
};

fn network(value: &str, case: &mut Case<'_>) {
    let mode = value
        .split([':', ','])
        .next()
        .unwrap_or(value)
        .to_ascii_lowercase();
    if matches!(
        mode.as_str(),
        "host" | "container" | "ns" | "slirp4netns" | "name=host"
    ) || value.contains("host,")
        || value.starts_with("name=host")
    {
        case.note(
            rules::HOST_NAMESPACE,
            format!("the network of `{}`", text::excerpt(value)),
        );
    }
}

fn namespace(value: &str, case: &mut Case<'_>) {
    if !matches!(
        value.to_ascii_lowercase().as_str(),
        "private" | "none" | "shareable" | "" | "auto" | "nomap" | "keep-id"
    ) {
        case.note(
            rules::HOST_NAMESPACE,
            format!("a namespace of `{}`", text::excerpt(value)),
        );
    }
}

/// Capabilities that containers have anyway.
const DEFAULT_CAPABILITIES: &[&str] = &[
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];

fn capability(value: &str, case: &mut Case<'_>) {
    let upper = value.to_ascii_uppercase();
    let name = upper.strip_prefix("CAP_").unwrap_or(&upper);
    if !DEFAULT_CAPABILITIES.contains(&name) {
        case.note(
            rules::CONTAINER_PRIVILEGE,
            format!("the capability `{}`", text::excerpt(value)),
        );
    }
}

fn security(value: &str, case: &mut Case<'_>) {
    let lower = value.to_ascii_lowercase().replace(':', "=");
    if !matches!(
        lower.as_str(),
        "no-new-privileges"
            | "no-new-privileges=true"
            | "seccomp=builtin"
            | "apparmor=docker-default"
    ) {
        case.note(
            rules::CONTAINER_PRIVILEGE,
            format!("the security option `{}`", text::excerpt(value)),
        );
    }
}

fn user(value: &str, case: &mut Case<'_>) {
    let name = value.split(':').next().unwrap_or(value);
    if matches!(name, "0" | "root") {
        case.note(rules::IMAGE_PROGRAM, "runs as root in the container");
    }
}

fn port(value: &str, case: &mut Case<'_>) {
    case.note(
        rules::PUBLISHED_PORT,
        format!("publishes `{}`", text::excerpt(value)),
    );
}

/// Judges a file of variables or labels.
pub(crate) fn env_file(value: &str, case: &mut Case<'_>) {
    let shown = text::excerpt(value);
    if paths::is_secret(value)
        || paths::is_machine(value)
        || paths::is_stream(value)
        || paths::is_network(value)
    {
        return case.note(
            rules::SECRET_FILE,
            format!("the container would be given `{shown}`"),
        );
    }
    if paths::components(value).iter().any(|part| {
        part.contains("secret")
            || part.contains("token")
            || part.ends_with(".pem")
            || part.ends_with(".key")
    }) && !text::is_placeholder_path(value)
    {
        return case.note(
            rules::SECRET_FILE,
            format!("the container would be given `{shown}`"),
        );
    }
    if paths::is_temporary(value) {
        case.note(rules::READS_SETTINGS, format!("anyone may write `{shown}`"));
    }
}

fn log_driver(value: &str, case: &mut Case<'_>) {
    if !matches!(
        value,
        "none" | "json-file" | "local" | "journald" | "k8s-file" | "passthrough"
    ) {
        case.note(
            rules::WRITES_FILES,
            format!("logs go to `{}`", text::excerpt(value)),
        );
    }
}

fn gpus(value: &str, case: &mut Case<'_>) {
    case.note(
        rules::IMAGE_PROGRAM,
        format!("is given the GPUs `{}`", text::excerpt(value)),
    );
}

/// Judges what is mounted: `-v source:target:options` and `--mount key=value,…`.
pub(crate) fn mounts(
    region: &super::options::Region<'_>,
    case: &mut Case<'_>,
) -> Vec<crate::judge::MountRef> {
    let volumes = region
        .all(Slot::Volume)
        .filter_map(|value| mount::volume(value, case))
        .collect::<Vec<_>>();
    let binds = region
        .all(Slot::Mount)
        .filter_map(|value| mount::mount(value, case))
        .collect::<Vec<_>>();
    volumes.into_iter().chain(binds).collect()
}
