//! Mounts of containers: which host paths may be asked for at all.

use crate::judge::{Case, MountRef, paths, rules};
use crate::text;

/// `-v [source:]target[:options]`; a source without a separator is a named volume.
pub(crate) fn volume(value: &str, case: &mut Case<'_>) -> Option<MountRef> {
    let parts = split_volume(value);
    let found = match parts.as_slice() {
        [target] => MountRef {
            source: None,
            target: (*target).to_owned(),
            read_only: false,
        },
        [source, target] => MountRef {
            source: Some((*source).to_owned()),
            target: (*target).to_owned(),
            read_only: false,
        },
        [source, target, options] => {
            judge_options(options, case);
            MountRef {
                source: Some((*source).to_owned()),
                target: (*target).to_owned(),
                read_only: options.split(',').any(|o| o == "ro"),
            }
        }
        _ => {
            case.note(
                rules::HOST_MOUNT,
                format!(
                    "`{}` is not a mount that is understood",
                    text::excerpt(value)
                ),
            );
            return None;
        }
    };
    if let Some(source) = &found.source {
        judge_source(
            source,
            paths::is_path(source) || source.starts_with(['.', '~', '$', '%']),
            case,
        );
    }
    Some(found)
}

/// Splits at colons, but not at a Windows drive's and not inside `${…}`.
fn split_volume(value: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut start = 0;
    let mut depth = 0_i32;
    for (at, byte) in value.bytes().enumerate() {
        match byte {
            b'{' | b'<' => depth += 1,
            b'}' | b'>' => depth -= 1,
            b':' if depth <= 0 => {
                let part = value.get(start..at).unwrap_or("");
                let drive = part.len() == 1
                    && part.bytes().all(|b| b.is_ascii_alphabetic())
                    && value
                        .get(at + 1..)
                        .is_some_and(|rest| rest.starts_with(['\\', '/']));
                // `c:/x:/y` starts with a drive; `c:/y` alone is a volume called `c`.
                let more = value
                    .get(at + 1..)
                    .is_some_and(|rest| rest.contains(':') || rest.starts_with('\\'));
                if !(drive && more && start == 0) {
                    parts.push(part);
                    start = at + 1;
                }
            }
            _ => {}
        }
    }
    parts.push(value.get(start..).unwrap_or(""));
    parts
}

/// Mount options that change who may do what on the host.
fn judge_options(options: &str, case: &mut Case<'_>) {
    for option in options.split(',') {
        let plain = [
            "ro",
            "rw",
            "z",
            "Z",
            "cached",
            "delegated",
            "consistent",
            "nocopy",
            "noexec",
            "nosuid",
            "nodev",
            "rprivate",
            "private",
            "rslave",
            "slave",
            "U",
            "exec",
            "bind",
            "rbind",
        ];
        if !plain.contains(&option) {
            case.note(
                rules::HOST_MOUNT,
                format!("the mount option `{}`", text::excerpt(option)),
            );
        }
    }
}

/// `--mount type=bind,src=…,dst=…,readonly`.
pub(crate) fn mount(value: &str, case: &mut Case<'_>) -> Option<MountRef> {
    let (mut kind, mut source, mut target, mut read_only) =
        ("volume".to_owned(), None, String::new(), false);
    for field in value.split(',') {
        let (key, field_value) = field.split_once('=').unwrap_or((field, ""));
        match key.trim().to_ascii_lowercase().as_str() {
            "type" => kind = field_value.to_ascii_lowercase(),
            "src" | "source" => source = Some(field_value.to_owned()),
            "dst" | "target" | "destination" => target = field_value.to_owned(),
            "ro" | "readonly" => read_only = !matches!(field_value, "false" | "0"),
            "rw" | "consistency" | "volume-nocopy" | "tmpfs-size" | "tmpfs-mode"
            | "volume-label" | "volume-subpath" | "relabel" | "bind-recursive"
            | "bind-create-src" => {}
            "bind-propagation" => judge_options(field_value, case),
            _ => case.note(
                rules::HOST_MOUNT,
                format!("the mount field `{}`", text::excerpt(field)),
            ),
        }
    }
    match kind.as_str() {
        "bind" => judge_source(source.as_deref().unwrap_or("/"), true, case),
        "volume" => judge_source(
            source.as_deref().unwrap_or("volume"),
            source.as_deref().is_some_and(paths::is_path),
            case,
        ),
        "tmpfs" | "cache" if source.is_none() => {}
        _ => case.note(
            rules::HOST_MOUNT,
            format!("a mount of type `{}`", text::excerpt(&kind)),
        ),
    }
    Some(MountRef {
        source,
        target,
        read_only,
    })
}

fn judge_source(source: &str, is_path: bool, case: &mut Case<'_>) {
    if !is_path {
        return;
    }
    let shown = text::excerpt(source);
    if text::has_variable(source) && source.split(['/', '\\']).any(|part| part == "..") {
        return case.note(
            rules::HOST_MOUNT,
            format!("`{shown}` climbs out of what a variable names"),
        );
    }
    if paths::is_machine(source) || paths::is_stream(source) || paths::is_network(source) {
        return case.note(
            rules::HOST_MOUNT,
            format!("`{shown}` gives the machine to the container"),
        );
    }
    if paths::is_secret(source) {
        return case.note(
            rules::HOST_MOUNT,
            format!("`{shown}` holds secrets; read-only is no excuse"),
        );
    }
    if !paths::is_absolute(source) {
        return case.note(
            rules::WIDE_MOUNT,
            format!("`{shown}` is another directory wherever the server starts"),
        );
    }
    if is_home(source) {
        case.note(
            rules::WIDE_MOUNT,
            format!("`{shown}` is a whole home directory"),
        );
    }
}

fn is_home(path: &str) -> bool {
    let parts = paths::components(path);
    matches!(path, "~" | "$HOME" | "${HOME}" | "%USERPROFILE%")
        || (parts.len() == 2
            && parts
                .first()
                .is_some_and(|first| matches!(first.as_str(), "home" | "users")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(read: fn(&str, &mut Case<'_>) -> Option<MountRef>, input: &str, expected: &str) {
        let mut case = Case::new(None);
        let found = read(input, &mut case).map_or(String::from("none"), |m| {
            format!(
                "{} -> {}{}",
                m.source.unwrap_or_default(),
                m.target,
                if m.read_only { " ro" } else { "" }
            )
        });
        let codes: Vec<_> = case.codes().collect();
        assert_eq!(
            format!("{found} {}", codes.join(",")).trim(),
            expected,
            "{input}"
        );
    }

    #[test]
    fn volumes() {
        check(volume, "/:/host", "/ -> /host sensitive-mount");
        check(volume, "data:/data", "data -> /data");
        check(volume, "$HOME/x:/data", "$HOME/x -> /data");
        check(volume, "~:/data", "~ -> /data wide-mount");
        check(volume, "~/.ssh:/k:ro", "~/.ssh -> /k ro sensitive-mount");
        check(
            volume,
            "/var/run/docker.sock:/var/run/docker.sock",
            "/var/run/docker.sock -> /var/run/docker.sock sensitive-mount",
        );
        check(
            volume,
            "//var/run/docker.sock:/x",
            "//var/run/docker.sock -> /x sensitive-mount",
        );
        check(
            volume,
            "C:\\Users\\me\\docs:/data",
            "C:\\Users\\me\\docs -> /data",
        );
        check(volume, "C:\\:/host", "C:\\ -> /host sensitive-mount");
        check(
            volume,
            "${HOME}/../../etc:/x",
            "${HOME}/../../etc -> /x sensitive-mount",
        );
        check(
            volume,
            "/home/me/../../etc:/x",
            "/home/me/../../etc -> /x sensitive-mount",
        );
        check(volume, "/cache", "-> /cache");
        check(volume, "./data:/data", "./data -> /data wide-mount");
        check(
            volume,
            "/data:/data:rshared",
            "/data -> /data sensitive-mount",
        );
        check(volume, "a:b:c:d", "none sensitive-mount");
    }

    #[test]
    fn mounts() {
        check(
            mount,
            "type=bind,src=/Users/username/Desktop,dst=/p,ro",
            "/Users/username/Desktop -> /p ro",
        );
        check(
            mount,
            "type=bind,source=/,target=/h",
            "/ -> /h sensitive-mount",
        );
        check(
            mount,
            "type=volume,src=x,dst=/d,volume-driver=local,volume-opt=device=/",
            "x -> /d sensitive-mount,sensitive-mount",
        );
        check(mount, "type=tmpfs,dst=/t", "-> /t");
        check(
            mount,
            "type=tmpfs,src=/home/me/.ssh,dst=/t",
            "/home/me/.ssh -> /t sensitive-mount",
        );
        check(
            mount,
            "type=npipe,src=\\\\.\\pipe\\docker_engine,dst=x",
            "\\\\.\\pipe\\docker_engine -> x sensitive-mount",
        );
        check(
            mount,
            "type=bind,src=${workspaceFolder},dst=/w",
            "${workspaceFolder} -> /w",
        );
        check(mount, "dst=/x,src=/etc", "/etc -> /x sensitive-mount");
    }
}
