//! A home directory of its own, with an approver's key and approvals made by the product itself.

use std::ffi::OsStr;
use std::io::{Seek, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::Fallible;

/// Where this run's approvals, audit log and package store are.
#[derive(Debug)]
pub struct Home {
    directory: TempDir,
    interlock: PathBuf,
}

impl Home {
    /// Makes one, with a key.
    ///
    /// # Errors
    /// When `interlock init` fails.
    pub fn new(interlock: &Path) -> Fallible<Self> {
        let home = Self {
            directory: TempDir::new()?,
            interlock: interlock.to_owned(),
        };
        home.with_passphrase(&["init", "--passphrase-fd", "0"])?;
        Ok(home)
    }

    /// Approves a command under a name.
    ///
    /// # Errors
    /// When it is not approved; with what `interlock approve` said.
    pub fn approve(&self, name: &str, options: &[&str], command: &[&str]) -> Fallible<()> {
        let mut arguments = vec!["approve", "--name", name, "--passphrase-fd", "0"];
        arguments.extend(options);
        arguments.push("--");
        arguments.extend(command);
        self.with_passphrase(&arguments)
    }

    /// `interlock` with this home and nothing else of ours but the path.
    #[must_use]
    pub fn command<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Command {
        let mut command = Command::new(&self.interlock);
        command.args(arguments).env_clear();
        command.env("HOME", self.directory.path());
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    fn with_passphrase(&self, arguments: &[&str]) -> Fallible<()> {
        let mut passphrase = tempfile::tempfile()?;
        passphrase.write_all(b"not a secret: the key is thrown away\n")?;
        passphrase.rewind()?;
        let mut command = self.command(arguments);
        command
            .stdin(passphrase)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let output = command.output()?;
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        Err(format!(
            "`interlock {}`: {}\n{said}",
            arguments.join(" "),
            output.status
        )
        .into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_command_is_told_with_its_words() {
        let error = Home::new(Path::new("/bin/false")).unwrap_err().to_string();
        assert!(
            error.contains("init") && error.contains("exit status: 1"),
            "{error}"
        );
        Home::new(Path::new("/bin/true")).unwrap();
    }

    #[test]
    fn commands_see_this_home_alone() {
        let home = Home::new(Path::new("/bin/true")).unwrap();
        let command = home.command(&["run", "echo"]);
        let names: Vec<_> = command
            .get_envs()
            .filter_map(|(name, value)| value.and(name.to_str()))
            .collect();
        assert_eq!(names, ["HOME", "PATH"]);
    }
}
