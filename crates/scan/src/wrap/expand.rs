//! What a client makes of `${VAR}` in a value before it starts anything: Interlock sees the result, so approving ahead of the first
//! start needs it too.

use crate::clients::Expansion;

/// Something that only the client knows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is filled in by the client: start the server once from there, and approve what `interlock` then names"
)]
pub struct Unresolved(pub String);

/// A value as the client hands it on, for what variables of the environment decide; `variable` looks one up.
///
/// # Errors
/// When something else decides it (a workspace folder, a typed input), or the variable is not set here.
pub fn expand(
    how: Expansion,
    value: &str,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<String, Unresolved> {
    let (open, close) = match how {
        Expansion::None => return Ok(value.to_owned()),
        Expansion::Braces | Expansion::Editor => ("${", "}"),
        Expansion::Opencode => ("{", "}"),
        Expansion::Secrets => ("${{", "}}"),
        Expansion::Shell => return shell(value, variable),
        Expansion::OsEnviron => return whole(value, variable),
    };
    let mut out = String::with_capacity(value.len());
    let mut rest = value;
    while let Some((before, after)) = rest.split_once(open) {
        let Some((name, behind)) = after.split_once(close) else {
            break;
        };
        let written = format!("{open}{name}{close}");
        out.push_str(before);
        match resolve(how, name, &variable) {
            Some(text) => out.push_str(&text),
            // To opencode any other braces are just braces.
            None if how == Expansion::Opencode
                && !name.starts_with("env:")
                && !name.starts_with("file:") =>
            {
                out.push_str(&written);
            }
            None => return Err(Unresolved(written)),
        }
        rest = behind;
    }
    out.push_str(rest);
    Ok(out)
}

fn resolve(
    how: Expansion,
    name: &str,
    variable: &impl Fn(&str) -> Option<String>,
) -> Option<String> {
    match how {
        Expansion::Braces => match name.split_once(":-") {
            Some((name, default)) => Some(variable(name).unwrap_or_else(|| default.to_owned())),
            None => variable(name),
        },
        Expansion::Editor => match name {
            "userHome" => variable("HOME"),
            "pathSeparator" | "/" => Some("/".to_owned()),
            _ => name.strip_prefix("env:").and_then(variable),
        },
        Expansion::Opencode => name.strip_prefix("env:").and_then(variable),
        _ => None,
    }
}

/// `os.environ/NAME` as the whole value.
fn whole(value: &str, variable: impl Fn(&str) -> Option<String>) -> Result<String, Unresolved> {
    match value.strip_prefix("os.environ/") {
        Some(name) => variable(name).ok_or_else(|| Unresolved(value.to_owned())),
        None => Ok(value.to_owned()),
    }
}

/// `$NAME` and `${NAME}`.
fn shell(value: &str, variable: impl Fn(&str) -> Option<String>) -> Result<String, Unresolved> {
    let mut parts = value.split('$');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let braced = part.strip_prefix('{').and_then(|part| part.split_once('}'));
        let end = part
            .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .unwrap_or(part.len());
        let (name, rest) = braced
            .or_else(|| part.split_at_checked(end))
            .unwrap_or((part, ""));
        if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
            out.push('$');
            out.push_str(part);
            continue;
        }
        let text = variable(name).ok_or_else(|| Unresolved(format!("${name}")))?;
        out.push_str(&text);
        out.push_str(rest);
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(how: Expansion, value: &str, expected: Result<&str, &str>) {
        let variable = |name: &str| match name {
            "HOME" => Some("/home/me".to_owned()),
            "TOKEN" => Some("t$k".to_owned()),
            _ => None,
        };
        let expected = expected
            .map(str::to_owned)
            .map_err(|written| Unresolved(written.to_owned()));
        assert_eq!(expand(how, value, variable), expected, "{how:?} {value}");
    }

    #[test]
    fn variables_are_filled_in_as_each_client_does() {
        check(Expansion::None, "${HOME}", Ok("${HOME}"));
        check(Expansion::Braces, "${HOME}/x", Ok("/home/me/x"));
        check(Expansion::Braces, "${NONE:-/tmp}/$HOME", Ok("/tmp/$HOME"));
        check(Expansion::Braces, "${NONE}", Err("${NONE}"));
        check(Expansion::Braces, "${open", Ok("${open"));
        check(
            Expansion::Editor,
            "${env:HOME}${userHome}",
            Ok("/home/me/home/me"),
        );
        check(
            Expansion::Editor,
            "${workspaceFolder}/x",
            Err("${workspaceFolder}"),
        );
        check(Expansion::Editor, "${input:key}", Err("${input:key}"));
        check(Expansion::Shell, "$HOME/${TOKEN}", Ok("/home/me/t$k"));
        check(Expansion::Shell, "$HOME/$TOKEN", Ok("/home/me/t$k"));
        check(Expansion::Shell, "$NONE", Err("$NONE"));
        check(Expansion::Shell, "5$ $1", Ok("5$ $1"));
        check(
            Expansion::Opencode,
            "{env:HOME} {\"a\":1}",
            Ok("/home/me {\"a\":1}"),
        );
        check(Expansion::Opencode, "{file:x}", Err("{file:x}"));
        check(
            Expansion::Secrets,
            "${{ secrets.A }}",
            Err("${{ secrets.A }}"),
        );
        check(Expansion::OsEnviron, "os.environ/HOME", Ok("/home/me"));
        check(
            Expansion::OsEnviron,
            "os.environ/NONE",
            Err("os.environ/NONE"),
        );
        check(Expansion::OsEnviron, "$HOME", Ok("$HOME"));
    }
}
