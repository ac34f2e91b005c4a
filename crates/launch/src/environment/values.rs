//! Variables whose value decides: paths, search paths, certificates, programs by name.

use crate::judge::{Case, paths, rules};
use crate::text;

pub(super) fn java_opts(name: &str, value: &str, case: &mut Case<'_>) {
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

/// Where temporary files and sockets lie: worth a word wherever that is.
pub(super) fn place(name: &str, _value: &str, case: &mut Case<'_>) {
    case.note(
        rules::NOTED_VARIABLE,
        format!("the variable `{}`", text::excerpt(name)),
    );
}

pub(super) fn uv_python(name: &str, value: &str, case: &mut Case<'_>) {
    if paths::is_path(value) && !paths::is_program_place(value) {
        case.note(
            rules::CODE_VARIABLE,
            format!("`{name}` would start `{}`", text::excerpt(value)),
        );
    }
}

/// Libraries beside the script of a bundle are part of the bundle: the same variable in front, or a relative path.
/// Anything else puts code of another place in front of the server's.
pub(super) fn library_path(name: &str, value: &str, case: &mut Case<'_>) {
    let bundled = value.split(';').all(|entry| {
        let variable = entry
            .strip_prefix("${")
            .and_then(|rest| rest.split_once('}'));
        let rest = variable.map_or(entry, |(_, rest)| rest);
        let own = variable.is_some_and(|(variable, _)| {
            !variable.to_ascii_uppercase().contains("TMP") && !variable.eq_ignore_ascii_case("HOME")
        }) || (!entry.is_empty() && !paths::is_absolute(entry))
            || (text::is_placeholder_path(entry) && !entry.starts_with(['$', '~']));
        let several = variable.is_none() && entry.contains(':') && !entry.contains(":\\");
        own && !several && !rest.contains("..") && !paths::is_temporary(entry)
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

pub(super) fn search_path(name: &str, value: &str, case: &mut Case<'_>) {
    let separator = if value.contains(';') || value.contains(":\\") {
        ';'
    } else {
        ':'
    };
    // VS Code writes `${env:PATH}`; its colon separates nothing.
    let joined = value.replace("${env:", "${env_");
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

pub(super) fn home(name: &str, value: &str, case: &mut Case<'_>) {
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

pub(super) fn install_place(name: &str, value: &str, case: &mut Case<'_>) {
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

pub(super) fn ca_bundle(name: &str, value: &str, case: &mut Case<'_>) {
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
pub(super) fn program_name(name: &str, value: &str, case: &mut Case<'_>) {
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

pub(super) fn shell(name: &str, value: &str, case: &mut Case<'_>) {
    let known = crate::grammar::is_shell(paths::base_name(value)) && paths::is_program_place(value);
    if !known && !text::is_variable(value) {
        case.note(
            rules::CODE_VARIABLE,
            format!("`{name}` is a program that others run"),
        );
    }
}

pub(super) fn windows_place(name: &str, value: &str, case: &mut Case<'_>) {
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

pub(super) fn tls_switch(name: &str, value: &str, case: &mut Case<'_>) {
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

pub(super) fn docker_host(name: &str, value: &str, case: &mut Case<'_>) {
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
