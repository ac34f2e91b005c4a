//! Text for the kernel: without NUL, paths absolute.

use std::ffi::{CString, OsStr};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Component, Path};

use super::PlanError;

/// A string that ends in NUL and has none within.
pub(super) fn of(text: &OsStr) -> Result<CString, PlanError> {
    CString::new(text.as_bytes()).map_err(|_| PlanError::Nul(text.to_string_lossy().into_owned()))
}

/// The same of a path.
pub(super) fn of_path(path: &Path) -> Result<CString, PlanError> {
    of(path.as_os_str())
}

/// `NAME=value`.
pub(super) fn variable(name: &OsStr, value: &OsStr) -> Result<CString, PlanError> {
    if name.is_empty() || name.as_bytes().contains(&b'=') {
        return Err(PlanError::VariableName(name.to_string_lossy().into_owned()));
    }
    let mut text = name.to_os_string();
    text.push("=");
    text.push(value);
    // The value may be a secret: an error names the variable alone.
    CString::new(text.as_bytes()).map_err(|_| PlanError::Nul(name.to_string_lossy().into_owned()))
}

/// A path inside is absolute and has nothing to resolve.
pub(super) fn check_inside_path(path: &Path) -> Result<(), PlanError> {
    let plain = path
        .components()
        .all(|part| matches!(part, Component::RootDir | Component::Normal(_)));
    if path.is_absolute() && plain {
        Ok(())
    } else {
        Err(PlanError::NotAbsolute(path.to_path_buf()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_inside_are_absolute_and_plain() {
        for (path, good) in [
            ("/", true),
            ("/a/b", true),
            ("a", false),
            ("/a/../b", false),
            ("", false),
        ] {
            assert_eq!(check_inside_path(Path::new(path)).is_ok(), good, "{path}");
        }
    }

    #[test]
    fn variables_have_names() {
        assert_eq!(
            variable("A".as_ref(), "b=c".as_ref()).unwrap().as_c_str(),
            c"A=b=c"
        );
        for name in ["", "A=B", "A\0"] {
            assert!(variable(name.as_ref(), "x".as_ref()).is_err(), "{name:?}");
        }
    }

    #[test]
    fn a_bad_value_is_not_repeated() {
        let error = variable("TOKEN".as_ref(), "hunter2\0".as_ref()).unwrap_err();
        assert_eq!(error.to_string(), "`TOKEN` contains a NUL byte");
    }
}
