//! Where Interlock keeps its files, from the XDG base directory specification.
//!
//! Read once at the start and passed on; nothing else in this crate looks at these variables.

use std::ffi::OsString;
use std::path::PathBuf;

use interlock_launch::Places;

use crate::exit::{Exit, Failure};

/// The directories of this user, from the environment of this process.
///
/// # Errors
/// When `HOME` is not set to an absolute path.
pub fn from_environment() -> Result<Places, Failure> {
    from(
        |name| std::env::var_os(name),
        rustix::process::getuid().as_raw(),
    )
}

fn from(variable: impl Fn(&str) -> Option<OsString>, uid: u32) -> Result<Places, Failure> {
    let absolute = |name: &str| {
        variable(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    let home = absolute("HOME").ok_or_else(|| {
        Failure::new(Exit::Usage, "`HOME` is not set to an absolute path")
            .next("set `HOME` to your home directory and try again")
    })?;
    let base = |name: &str, default: &str| {
        absolute(name)
            .unwrap_or_else(|| home.join(default))
            .join("interlock")
    };
    let config = base("XDG_CONFIG_HOME", ".config");
    let store = base("XDG_DATA_HOME", ".local/share").join("store");
    let state = base("XDG_STATE_HOME", ".local/state");
    Ok(Places::new(&home, &config, &store, &state, uid))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn places(variables: &[(&str, &str)]) -> Result<Places, Failure> {
        let find = |name: &str| {
            variables
                .iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| value.into())
        };
        from(find, 1000)
    }

    #[test]
    fn defaults_lie_below_home() {
        let found = places(&[("HOME", "/home/u")]).unwrap();
        assert_eq!(found.config(), Path::new("/home/u/.config/interlock"));
        assert_eq!(
            found.store(),
            Path::new("/home/u/.local/share/interlock/store")
        );
        assert_eq!(found.state(), Path::new("/home/u/.local/state/interlock"));
    }

    #[test]
    fn relative_values_are_ignored_as_the_specification_says() {
        let found = places(&[("HOME", "/h"), ("XDG_CONFIG_HOME", "x")]).unwrap();
        assert_eq!(found.config(), Path::new("/h/.config/interlock"));
        let found = places(&[("HOME", "/h"), ("XDG_STATE_HOME", "/s")]).unwrap();
        assert_eq!(found.state(), Path::new("/s/interlock"));
    }

    #[test]
    fn without_a_home_nothing_is_guessed() {
        for variables in [&[][..], &[("HOME", "relative")]] {
            let Err(failure) = places(variables) else {
                panic!("{variables:?} was accepted")
            };
            assert_eq!(failure.exit, Exit::Usage);
        }
    }
}
