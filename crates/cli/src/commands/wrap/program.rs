//! How clients are told to start Interlock.

use std::path::PathBuf;

use interlock_scan::wrap::Writing;

use crate::exit::{Exit, Failure};

/// An absolute path for a person's own files, and the bare name for a project's.
///
/// # Errors
/// When there is no such path, or a client would fill something into it.
pub fn writing(chosen: Option<&str>, without_headers: bool) -> Result<Writing, Failure> {
    let own = match chosen {
        Some(chosen) => chosen.to_owned(),
        None => installed()?.to_string_lossy().into_owned(),
    };
    let name = own.rsplit('/').next().unwrap_or_default();
    let failure = |what: &str| {
        Err(
            Failure::new(Exit::Usage, format!("`{}` {what}", own.escape_debug()))
                .next("name a plain absolute path with `--interlock PATH`"),
        )
    };
    if !matches!(name, "interlock" | "interlock.exe") {
        return failure(
            "would not be recognised as Interlock again, because it is not called `interlock`",
        );
    }
    if own.contains(['$', '{', '%', '\n', '\r', '\0']) {
        return failure("has characters in it that clients replace");
    }
    Ok(Writing {
        own,
        shared: "interlock".to_owned(),
        without_headers,
    })
}

/// This program, by the name under which `PATH` finds it where that leads here: that name outlives an update.
fn installed() -> Result<PathBuf, Failure> {
    let own = std::env::current_exe()
        .and_then(std::fs::canonicalize)
        .map_err(|error| {
            Failure::new(Exit::Internal, "this program does not find itself")
                .because(&error)
                .next("name it with `--interlock PATH`")
        })?;
    let path = std::env::var_os("PATH").unwrap_or_default();
    let named = std::env::split_paths(&path).map(|directory| directory.join("interlock"));
    let same = |candidate: &PathBuf| {
        candidate.is_absolute() && std::fs::canonicalize(candidate).is_ok_and(|real| real == own)
    };
    Ok(named.into_iter().find(same).unwrap_or(own))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_clients_would_change_is_not_written() {
        for (path, fits) in [
            ("/usr/local/bin/interlock", true),
            ("interlock", true),
            ("/opt/${HOME}/interlock", false),
            ("/opt/100%/interlock", false),
            ("/opt/bin/lock", false),
        ] {
            assert_eq!(writing(Some(path), false).is_ok(), fits, "{path}");
        }
    }
}
