//! How a run ended, as a value: what people are told and which exit code follows is decided once.

use std::fmt;

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The client went away, or we were asked to stop, and the server's tree is gone.
    Done {
        /// How the server's first process ended.
        server: Exit,
    },
    /// Nothing was started: the launch is not approved, or the approval does not fit.
    Refused,
    /// Nothing was started: this machine cannot give what the profile requires.
    NotContained,
    /// The server ended by itself while the client was still there.
    ServerEnded {
        /// How it ended.
        server: Exit,
    },
    /// The server did not speak MCP: too late, or something else. It was killed.
    NotMcp {
        /// What was wrong with what it said.
        why: NotMcp,
    },
    /// The audit log could not be written: nothing more was let through.
    Unrecorded,
}

/// Why a server failed the handshake gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotMcp {
    /// Nothing that is MCP came in time.
    Silent,
    /// What came is no MCP.
    Foreign,
}

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// It exited with this code.
    Code(i32),
    /// This signal ended it.
    Signal(i32),
    /// Its tree used more memory than granted.
    OutOfMemory,
    /// It was killed, by us or from outside.
    Killed,
    /// There was no process: the connection to a remote server is closed.
    Disconnected,
    /// It was not seen to end.
    Unknown,
}

impl Outcome {
    /// The exit code of the command line's contract: 0 done, 3 refused, 4 not containable, 5 the server
    /// failed, 70 our own fault.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Done { .. }
            | Self::ServerEnded {
                server: Exit::Code(0),
            } => 0,
            Self::Refused => 3,
            Self::NotContained => 4,
            Self::ServerEnded { .. } | Self::NotMcp { .. } => 5,
            Self::Unrecorded => 70,
        }
    }
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => write!(f, "exit code {code}"),
            Self::Signal(signal) => write!(f, "signal {signal}"),
            Self::OutOfMemory => f.write_str("a kill above its memory limit"),
            Self::Killed => f.write_str("a kill"),
            Self::Disconnected => f.write_str("a closed connection"),
            Self::Unknown => f.write_str("an unknown end"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_codes_are_the_contract() {
        let ended = |server| Outcome::ServerEnded { server };
        for (outcome, expected) in [
            (
                Outcome::Done {
                    server: Exit::Code(0),
                },
                0,
            ),
            (
                Outcome::Done {
                    server: Exit::Signal(9),
                },
                0,
            ),
            (Outcome::Refused, 3),
            (Outcome::NotContained, 4),
            (ended(Exit::Code(0)), 0),
            (ended(Exit::Code(1)), 5),
            (ended(Exit::Signal(11)), 5),
            (ended(Exit::Unknown), 5),
            (
                Outcome::NotMcp {
                    why: NotMcp::Silent,
                },
                5,
            ),
            (
                Outcome::NotMcp {
                    why: NotMcp::Foreign,
                },
                5,
            ),
            (Outcome::Unrecorded, 70),
        ] {
            assert_eq!(outcome.exit_code(), expected, "{outcome:?}");
        }
    }

    #[test]
    fn an_end_is_told_in_words() {
        assert_eq!(Exit::Code(3).to_string(), "exit code 3");
        assert_eq!(Exit::Signal(9).to_string(), "signal 9");
        assert_eq!(Exit::Unknown.to_string(), "an unknown end");
    }
}
