//! What programs of the usual kinds need from the host: the data behind `Profile::new`.
//!
//! Looks at files to find an interpreter's prefix; grants nothing that is not code or a library.

use std::ffi::OsString;
use std::fs;
use std::io::Read as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use crate::profile::{Access, Feature, HOME, Limits, Mount, TMPDIR, USER};

/// How many interpreters and links are followed from a script.
const MAX_CHAIN: usize = 8;

/// The system's programs and libraries. `/bin`, `/lib` and their like follow from it; `/etc` is synthetic.
pub fn system() -> Vec<Mount> {
    vec![Mount::same("/usr", Access::ReadExec)]
}

/// The fixed environment: what a program may expect everywhere.
pub fn environment() -> Vec<(OsString, OsString)> {
    [
        ("PATH", "/usr/local/bin:/usr/bin:/bin"),
        ("HOME", HOME),
        ("TMPDIR", TMPDIR),
        ("LANG", "C.UTF-8"),
        ("USER", USER),
    ]
    .into_iter()
    .map(|(name, value)| (name.into(), value.into()))
    .collect()
}

/// The program itself, every link and interpreter on the way to the file that the kernel loads, and a Python's
/// standard library or virtual environment. What lies under `/usr` is there already.
pub fn of_program(program: &Path) -> Vec<Mount> {
    let mut mounts = Vec::new();
    let mut next = Some(program.to_path_buf());
    for _ in 0..MAX_CHAIN {
        let Some(path) = next.take() else { break };
        let Ok(real) = fs::canonicalize(&path) else {
            break;
        };
        if let Some(environment) = virtual_environment(&path) {
            if let Some(base) = base_of_environment(&environment) {
                mounts.extend(python_prefix(&base));
            }
            mounts.push(Mount::same(environment, Access::ReadExec));
        } else if path != real {
            mounts.push(Mount {
                host: real.clone(),
                inside: path.clone(),
                access: Access::ReadExec,
                required: true,
            });
        }
        mounts.push(Mount::same(&real, Access::ReadExec));
        if let Some(prefix) = real.parent().and_then(Path::parent) {
            mounts.extend(python_prefix(prefix));
        }
        next = interpreter(&real);
    }
    mounts.retain(|mount| !(mount.host.starts_with("/usr") && mount.inside == mount.host));
    mounts
}

/// The virtual environment that `DIR/bin/python` belongs to.
fn virtual_environment(path: &Path) -> Option<PathBuf> {
    let directory = path.parent()?.parent()?;
    directory
        .join("pyvenv.cfg")
        .is_file()
        .then(|| directory.to_path_buf())
}

/// The prefix of the Python that made a virtual environment, from the `home = PREFIX/bin` in its configuration.
fn base_of_environment(environment: &Path) -> Option<PathBuf> {
    let text = fs::read_to_string(environment.join("pyvenv.cfg")).ok()?;
    let home = text.lines().find_map(|line| {
        let (name, value) = line.split_once('=')?;
        (name.trim() == "home").then(|| value.trim().to_owned())
    })?;
    let home = fs::canonicalize(home).ok()?;
    home.parent().map(Path::to_path_buf)
}

/// `lib` and `bin` of a prefix that really holds a Python's standard library. Nothing else makes a whole directory
/// visible: `~/.local` has a `bin` and a `lib`, too.
fn python_prefix(prefix: &Path) -> Vec<Mount> {
    let library = prefix.join("lib");
    let holds_python = fs::read_dir(&library).is_ok_and(|entries| {
        entries.flatten().any(|entry| {
            entry.file_name().as_bytes().starts_with(b"python")
                && entry.path().join("os.py").is_file()
        })
    });
    if !holds_python {
        return Vec::new();
    }
    [prefix.join("bin"), library]
        .into_iter()
        .map(|path| Mount::same(path, Access::ReadExec))
        .collect()
}

/// The interpreter in the first line of a script: the kernel's 256 bytes of it.
fn interpreter(file: &Path) -> Option<PathBuf> {
    let mut head = Vec::with_capacity(256);
    fs::File::open(file)
        .ok()?
        .take(256)
        .read_to_end(&mut head)
        .ok()?;
    let line = head.strip_prefix(b"#!")?.split(|b| *b == b'\n').next()?;
    let text = std::str::from_utf8(line).ok()?;
    let path = PathBuf::from(text.split_ascii_whitespace().next()?);
    path.is_absolute().then_some(path)
}

/// What a feature shows of the host.
pub fn of_feature(feature: Feature) -> Vec<Mount> {
    match feature {
        Feature::Browser => [
            "/etc/chromium",
            "/etc/chromium.d",
            "/etc/fonts",
            "/var/cache/fontconfig",
        ]
        .into_iter()
        .map(|path| Mount::if_present(path, Access::Read))
        .collect(),
    }
}

/// The limits that a feature needs at least.
pub fn widen(feature: Feature, limits: &mut Limits) {
    match feature {
        Feature::Browser => {
            limits.processes = limits.processes.max(1024);
            limits.memory_bytes = limits.memory_bytes.max(4 << 30);
            limits.tmp_bytes = limits.tmp_bytes.max(1 << 30);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn insides(mounts: &[Mount]) -> Vec<&Path> {
        mounts.iter().map(|m| m.inside.as_path()).collect()
    }

    #[test]
    fn a_feature_mounts_nothing_of_the_host_into_an_image() {
        let own = crate::Profile::new("/usr/bin/env").feature(Feature::Browser);
        let mounted =
            |profile: &crate::Profile| insides(&profile.mounts).contains(&Path::new("/etc/fonts"));
        assert!(mounted(&own));
        let image = crate::Profile::in_root("/srv/image", "/bin/x").feature(Feature::Browser);
        assert!(!mounted(&image) && image.features == own.features);
    }

    #[test]
    fn a_program_of_the_system_needs_nothing_more() {
        let real = fs::canonicalize("/usr/bin/env").unwrap();
        assert_eq!(of_program(&real), []);
    }

    #[test]
    fn a_single_file_is_all_that_is_shown_of_its_directory() {
        let directory = tempfile::tempdir().unwrap();
        let directory = fs::canonicalize(directory.path()).unwrap();
        fs::create_dir_all(directory.join("bin")).unwrap();
        fs::create_dir_all(directory.join("lib/secret")).unwrap();
        let file = directory.join("bin/server");
        fs::write(&file, "\x7fELF").unwrap();
        assert_eq!(insides(&of_program(&file)), [file.as_path()]);
    }

    #[test]
    fn a_script_brings_its_interpreter() {
        let directory = tempfile::tempdir().unwrap();
        let directory = fs::canonicalize(directory.path()).unwrap();
        let (script, interpreter) = (directory.join("run"), directory.join("node"));
        fs::write(&interpreter, "\x7fELF").unwrap();
        fs::write(&script, format!("#!{} --flag\n", interpreter.display())).unwrap();
        assert_eq!(
            insides(&of_program(&script)),
            [script.as_path(), interpreter.as_path()]
        );
    }

    #[test]
    fn a_virtual_environment_brings_itself_and_its_python() {
        let directory = tempfile::tempdir().unwrap();
        let directory = fs::canonicalize(directory.path()).unwrap();
        let (prefix, environment) = (directory.join("py"), directory.join("venv"));
        for made in ["py/bin", "py/lib/python3.11", "venv/bin"] {
            fs::create_dir_all(directory.join(made)).unwrap();
        }
        fs::write(prefix.join("bin/python3.11"), "\x7fELF").unwrap();
        fs::write(prefix.join("lib/python3.11/os.py"), "").unwrap();
        fs::write(
            environment.join("pyvenv.cfg"),
            format!("home = {}\nversion = 3.11\n", prefix.join("bin").display()),
        )
        .unwrap();
        std::os::unix::fs::symlink(
            prefix.join("bin/python3.11"),
            environment.join("bin/python"),
        )
        .unwrap();
        let mounts = of_program(&environment.join("bin/python"));
        let seen = insides(&mounts);
        for expected in [prefix.join("bin"), prefix.join("lib"), environment] {
            assert!(
                seen.contains(&expected.as_path()),
                "{expected:?} in {seen:?}"
            );
        }
    }

    #[test]
    fn features_only_widen() {
        let mut limits = Limits {
            processes: 5000,
            ..Limits::default()
        };
        widen(Feature::Browser, &mut limits);
        assert_eq!(limits.processes, 5000);
        assert!(limits.memory_bytes >= 4 << 30);
    }
}
