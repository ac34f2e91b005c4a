//! The stages of a start, and how a failure in a new process reaches the supervisor: as eight bytes.

use std::os::fd::BorrowedFd;

use rustix::io::Errno;

use crate::layer::Layer;

macro_rules! stages {
    ($($name:ident: $text:literal, $layer:expr;)*) => {
        /// What was being done.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Stage {
            $(#[doc = $text] $name,)*
        }

        impl Stage {
            pub(crate) const ALL: &[Stage] = &[$(Stage::$name),*];

            /// In words, to follow "could not".
            pub(crate) fn text(self) -> &'static str {
                match self { $(Stage::$name => $text,)* }
            }

            /// The layer that it belongs to; `None` where no layer is to blame.
            pub(crate) fn layer(self) -> Option<Layer> {
                match self { $(Stage::$name => $layer,)* }
            }
        }
    };
}

stages! {
    Signals: "reset the signals", None;
    Life: "tie the server to its supervisor", None;
    Maps: "write the user map of the new namespace", Some(Layer::Namespaces);
    Root: "make a new root file system", Some(Layer::Namespaces);
    Private: "make the private directories", Some(Layer::Namespaces);
    Layout: "lay out the file system", None;
    Mount: "mount", None;
    Changed: "mount, because it changed while starting,", None;
    Proc: "mount a fresh /proc", Some(Layer::Proc);
    Pivot: "change to the new root", Some(Layer::Namespaces);
    HostName: "set the host name", Some(Layer::Namespaces);
    Network: "make a network namespace", Some(Layer::Namespaces);
    Egress: "set up the private network", Some(Layer::Namespaces);
    Identity: "give up the root identity", None;
    UserNamespace: "make a user namespace", Some(Layer::Namespaces);
    NestedNamespaces: "forbid nested user namespaces", Some(Layer::NestedNamespaces);
    Privileges: "give up privileges", None;
    Fork: "fork the server", None;
    Session: "start a session", None;
    Streams: "connect the standard streams", None;
    Limits: "set a resource limit", None;
    Landlock: "lock the file system", Some(Layer::Landlock);
    LandlockPath: "lock a path", Some(Layer::Landlock);
    WorkingDirectory: "change to the working directory", None;
    Seccomp: "install the system call filter", Some(Layer::Seccomp);
    Exec: "execute", None;
}

/// A failed stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) stage: Stage,
    /// Which of several, where a stage has several.
    pub(crate) item: u16,
    pub(crate) errno: Errno,
}

/// What a failure is as bytes.
pub(crate) const FAILURE_SIZE: usize = 8;

impl Failure {
    pub(crate) fn new(stage: Stage, item: usize, errno: Errno) -> Failure {
        Failure {
            stage,
            item: u16::try_from(item).unwrap_or(u16::MAX),
            errno,
        }
    }

    fn encode(self) -> [u8; FAILURE_SIZE] {
        let [a, b] = (self.stage as u16).to_ne_bytes();
        let [c, d] = self.item.to_ne_bytes();
        let [e, f, g, h] = self.errno.raw_os_error().to_ne_bytes();
        [a, b, c, d, e, f, g, h]
    }

    pub(crate) fn decode(bytes: [u8; FAILURE_SIZE]) -> Option<Failure> {
        let [a, b, c, d, e, f, g, h] = bytes;
        let stage = *Stage::ALL.get(usize::from(u16::from_ne_bytes([a, b])))?;
        let errno = Errno::from_raw_os_error(i32::from_ne_bytes([e, f, g, h]));
        Some(Failure {
            stage,
            item: u16::from_ne_bytes([c, d]),
            errno,
        })
    }

    /// Sends it. When that fails nobody listens any more.
    pub(crate) fn report(self, to: BorrowedFd<'_>) {
        let _ = rustix::io::write(to, &self.encode());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_survive_the_trip() {
        for stage in Stage::ALL {
            let failure = Failure::new(*stage, 513, Errno::NOSPC);
            assert_eq!(Failure::decode(failure.encode()), Some(failure));
        }
        assert_eq!(Failure::decode([0xff; 8]), None);
    }

    #[test]
    fn every_stage_has_words() {
        for stage in Stage::ALL {
            assert!(stage.text().starts_with(char::is_lowercase), "{stage:?}");
        }
    }
}
