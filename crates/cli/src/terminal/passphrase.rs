//! The approver's passphrase: typed at the terminal without echo, or read from a descriptor that
//! automation passes. Never from the environment, an argument, or standard input by accident.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::{AsFd as _, RawFd};

use rustix::io::Errno;
use rustix::process::{PidfdFlags, PidfdGetfdFlags, getpid, pidfd_getfd, pidfd_open};
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use zeroize::Zeroizing;

use crate::exit::{Exit, Failure};

/// No passphrase is longer.
const MOST_BYTES: usize = 4096;

/// The terminal that controls this process, whatever its standard streams are.
const TERMINAL: &str = "/dev/tty";

/// A passphrase; wiped when dropped.
pub type Passphrase = Zeroizing<String>;

/// Where the passphrase comes from.
#[derive(Debug, Clone, Copy)]
pub enum PassphraseSource {
    /// The controlling terminal.
    Terminal,
    /// An open descriptor (`--passphrase-fd`).
    Descriptor(RawFd),
}

impl PassphraseSource {
    /// From the option's value.
    pub fn from_option(descriptor: Option<RawFd>) -> Self {
        descriptor.map_or(Self::Terminal, Self::Descriptor)
    }

    /// Reads it once.
    ///
    /// # Errors
    /// Without a terminal, on an unreadable descriptor, or when it is empty.
    pub fn read(self, prompt: &str) -> Result<Passphrase, Failure> {
        let passphrase = match self {
            Self::Terminal => from_terminal(prompt)?,
            Self::Descriptor(descriptor) => from_descriptor(descriptor)?,
        };
        if passphrase.is_empty() {
            return Err(Failure::new(Exit::Usage, "the passphrase is empty"));
        }
        Ok(passphrase)
    }

    /// Reads a new one: at the terminal twice, since a slip would lock the key for good.
    ///
    /// # Errors
    /// As [`Self::read`], or when the two differ.
    pub fn read_new(self) -> Result<Passphrase, Failure> {
        let first = self.read("new passphrase: ")?;
        if matches!(self, Self::Terminal) && *first != *self.read("the same again: ")? {
            return Err(Failure::new(Exit::Usage, "the two passphrases differ"));
        }
        Ok(first)
    }
}

fn from_terminal(prompt: &str) -> Result<Passphrase, Failure> {
    ask_silently(prompt).map_err(|error| {
        Failure::new(Exit::Refused, "no terminal to ask for the passphrase")
            .because(&error)
            .next("run this at a terminal, or pass the passphrase with `--passphrase-fd N`")
    })
}

/// Echo goes off before the prompt is shown: who answers the moment it appears must not see the answer either.
fn ask_silently(prompt: &str) -> std::io::Result<Passphrase> {
    let mut terminal = File::options().read(true).write(true).open(TERMINAL)?;
    let silence = Silence::new(terminal.try_clone()?)?;
    terminal.write_all(prompt.as_bytes())?;
    let mut text = Zeroizing::new(String::with_capacity(MOST_BYTES));
    // The kernel hands over one edited line a read; a whole one ends with the line's end.
    let mut chunk = Zeroizing::new([0; MOST_BYTES]);
    let read = terminal.read(chunk.as_mut_slice())?;
    let line = std::str::from_utf8(chunk.get(..read).unwrap_or_default())
        .map_err(|_| std::io::Error::other("the passphrase is not UTF-8"))?;
    text.push_str(line.trim_end_matches(['\n', '\r']));
    drop(silence);
    terminal.write_all(b"\n")?;
    Ok(text)
}

/// A terminal whose echo is off, until this is dropped.
struct Silence {
    terminal: File,
    before: Termios,
}

impl Silence {
    fn new(terminal: File) -> std::io::Result<Self> {
        let before = tcgetattr(&terminal)?;
        let mut silent = before.clone();
        silent
            .local_modes
            .remove(LocalModes::ECHO | LocalModes::ECHONL);
        silent.local_modes.insert(LocalModes::ICANON);
        // What was typed before the question was no answer to it.
        tcsetattr(&terminal, OptionalActions::Flush, &silent)?;
        Ok(Self { terminal, before })
    }
}

impl Drop for Silence {
    fn drop(&mut self) {
        let _ = tcsetattr(&self.terminal, OptionalActions::Now, &self.before);
    }
}

fn from_descriptor(descriptor: RawFd) -> Result<Passphrase, Failure> {
    let unreadable = |error: &std::io::Error| {
        Failure::new(
            Exit::Usage,
            format!("no passphrase on descriptor {descriptor}"),
        )
        .because(error)
        .next("open it for reading, for example `--passphrase-fd 3 3<FILE`")
    };
    let file = duplicate(descriptor).map_err(|error| unreadable(&error))?;
    let mut text = Zeroizing::new(String::new());
    file.take(MOST_BYTES as u64)
        .read_to_string(&mut text)
        .map_err(|error| unreadable(&error))?;
    let end = text.trim_end_matches(['\n', '\r']).len();
    text.truncate(end);
    Ok(text)
}

/// The same open file. Opened again by its name in `/proc` a pipe of another user's, such as `sudo -u`'s caller, would
/// be refused, and a socket always.
fn duplicate(descriptor: RawFd) -> std::io::Result<File> {
    if descriptor == 0 {
        return Ok(File::from(std::io::stdin().as_fd().try_clone_to_owned()?));
    }
    let own = pidfd_open(getpid(), PidfdFlags::empty())?;
    match pidfd_getfd(own, descriptor, PidfdGetfdFlags::empty()) {
        Ok(file) => Ok(File::from(file)),
        Err(Errno::BADF) => Err(Errno::BADF.into()),
        // Some containers forbid it.
        Err(_) => File::open(format!("/proc/self/fd/{descriptor}")),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Seek as _;
    use std::os::fd::AsRawFd as _;

    use super::*;

    fn check(content: &str, expected: Option<&str>) {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(content.as_bytes()).unwrap();
        file.rewind().unwrap();
        let read = PassphraseSource::Descriptor(file.as_raw_fd()).read("");
        assert_eq!(
            read.ok().as_deref().map(String::as_str),
            expected,
            "{content:?}"
        );
    }

    #[test]
    fn a_descriptor_gives_one_passphrase() {
        check("correct horse\n", Some("correct horse"));
        check("correct horse", Some("correct horse"));
        check("", None);
        check("\n", None);
    }

    #[test]
    fn a_closed_descriptor_is_an_error() {
        assert_eq!(
            PassphraseSource::Descriptor(987).read("").unwrap_err().exit,
            Exit::Usage
        );
    }
}
