//! Where Interlock keeps its files: the XDG base directories of the user whom the kernel knows.
//!
//! `HOME` and `XDG_…` can come from a client's config, and with them a whole prepared directory: another key, other
//! approvals, another log. So they are believed only where that cannot approve anything: where root keeps the user's
//! public key, or where the user has no key of their own to be replaced.

use std::ffi::OsString;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use interlock_launch::Places;
use rustix::fs::SealFlags;

use crate::exit::{Exit, Failure};

/// Names the descriptor with which the demonstration and tests vouch for directories of their own.
pub const VOUCHER_VARIABLE: &str = "INTERLOCK_PLACES_FD";
/// What it holds.
const VOUCHER: &str = "interlock places are what the environment says\n";

/// The directories of this user.
///
/// # Errors
/// When there is no home directory, or the environment leads to other approvals than the user's own.
pub fn from_environment() -> Result<Places, Failure> {
    let uid = rustix::process::getuid().as_raw();
    let asked = from(|name| std::env::var_os(name), uid)?;
    let Some(own) = home_of(
        uid,
        &std::fs::read_to_string("/etc/passwd").unwrap_or_default(),
    ) else {
        return Ok(asked);
    };
    let own = usual(&own, uid);
    if same(&asked, &own) || !replaces(&own) || is_vouched_for() {
        return Ok(asked);
    }
    let what = "`HOME` or an `XDG_…` variable leads to other approvals than your own";
    Err(Failure::new(Exit::Refused, what).next(format!(
        "unset them; or have root keep your public key, after which they may say anything: \
         sudo install -D -m 0644 {} {}",
        own.public_key().display(),
        own.administrator_anchor().display()
    )))
}

/// Whether believing other directories would put another key in the place of the user's.
fn replaces(own: &Places) -> bool {
    own.public_key().exists() && !own.administrator_anchor().exists()
}

fn same(one: &Places, other: &Places) -> bool {
    one.config() == other.config() && one.state() == other.state() && one.store() == other.store()
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
    let base = |name: &str, default: &str| absolute(name).unwrap_or_else(|| home.join(default));
    let config = base("XDG_CONFIG_HOME", CONFIG);
    let data = base("XDG_DATA_HOME", DATA);
    let state = base("XDG_STATE_HOME", STATE);
    Ok(below(&home, [config, data, state], uid))
}

const CONFIG: &str = ".config";
const DATA: &str = ".local/share";
const STATE: &str = ".local/state";

/// The places of a home whose variables say nothing.
fn usual(home: &Path, uid: u32) -> Places {
    below(home, [CONFIG, DATA, STATE].map(|base| home.join(base)), uid)
}

fn below(home: &Path, bases: [PathBuf; 3], uid: u32) -> Places {
    let [config, data, state] = bases.map(|base| base.join("interlock"));
    Places::new(home, &config, &data.join("store"), &state, uid)
}

/// The home directory in the text of `/etc/passwd`; none where the user is known elsewhere, for example to LDAP.
fn home_of(uid: u32, passwd: &str) -> Option<PathBuf> {
    let fields = passwd
        .lines()
        .map(|line| line.split(':').collect::<Vec<_>>());
    let mut own = fields.filter(|fields| fields.get(2).and_then(|id| id.parse().ok()) == Some(uid));
    own.next()?
        .get(5)
        .map(PathBuf::from)
        .filter(|home| home.is_absolute())
}

/// Whether our parent process handed us a sealed descriptor that says so. A config can set variables and arguments of
/// a process, never its descriptors.
fn is_vouched_for() -> bool {
    let number = std::env::var(VOUCHER_VARIABLE)
        .ok()
        .and_then(|text| text.parse::<u32>().ok());
    let Some(number) = number.filter(|number| *number > 2) else {
        return false;
    };
    let path = format!("/proc/self/fd/{number}");
    let is_memory =
        std::fs::read_link(&path).is_ok_and(|link| link.starts_with("/memfd:interlock-places"));
    let Ok(mut file) = std::fs::File::open(&path) else {
        return false;
    };
    let sealed =
        rustix::fs::fcntl_get_seals(&file).is_ok_and(|seals| seals.contains(SealFlags::WRITE));
    let mut text = String::new();
    is_memory && sealed && file.read_to_string(&mut text).is_ok() && text == VOUCHER
}

/// A descriptor that vouches for directories of our own to the processes that inherit it.
///
/// # Errors
/// When the kernel gives no memory file.
pub fn voucher() -> std::io::Result<std::fs::File> {
    use std::io::Write as _;
    // Inherited on purpose: no `CLOEXEC`.
    let memory =
        rustix::fs::memfd_create("interlock-places", rustix::fs::MemfdFlags::ALLOW_SEALING)?;
    let mut file = std::fs::File::from(memory);
    file.write_all(VOUCHER.as_bytes())?;
    let all = SealFlags::SEAL | SealFlags::SHRINK | SealFlags::GROW | SealFlags::WRITE;
    rustix::fs::fcntl_add_seals(&file, all)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
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

    #[test]
    fn the_kernel_knows_who_we_are() {
        let passwd = "root:x:0:0:root:/root:/bin/bash\nu:x:1000:1000::/home/u:/bin/sh\nbroken\n";
        for (uid, home) in [(0, Some("/root")), (1000, Some("/home/u")), (7, None)] {
            assert_eq!(home_of(uid, passwd).as_deref(), home.map(Path::new));
        }
    }

    #[test]
    fn only_a_key_of_ones_own_can_be_replaced() {
        let home = tempfile::tempdir().unwrap();
        let (etc, own) = (home.path().join("etc"), home.path().join("own"));
        let uid = rustix::process::getuid().as_raw();
        let places = usual(&own, uid);
        let places = places.danger_with_administrator(&etc, uid);
        assert!(!replaces(&places), "there is no key yet");
        std::fs::create_dir_all(places.config()).unwrap();
        std::fs::write(places.public_key(), "key").unwrap();
        assert!(replaces(&places), "the user's own key could be replaced");
        std::fs::create_dir_all(etc.join("approvers")).unwrap();
        std::fs::write(places.administrator_anchor(), "key").unwrap();
        assert!(!replaces(&places), "root keeps the key");
    }
}
