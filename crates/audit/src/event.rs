//! What is recorded: the event types, each with the fields that its record carries.
//!
//! Events borrow; nothing here allocates. Names and fields are a stable format: what an older
//! Interlock wrote, a newer one reads. Secrets never belong in an event: environment variables are
//! named, not quoted, and arguments of tool calls are digests unless someone asked for the text.

use crate::render;

/// A SHA-256 digest or an Ed25519 public key, recorded as hexadecimal.
pub type Digest = [u8; 32];

/// A value that a record can carry. `key` is the field's name with its punctuation: `,"name":`.
trait Field {
    fn write(&self, key: &'static str, out: &mut Vec<u8>);
}

impl Field for &str {
    fn write(&self, key: &'static str, out: &mut Vec<u8>) {
        out.extend_from_slice(key.as_bytes());
        render::string(self, out);
    }
}

impl Field for u64 {
    fn write(&self, key: &'static str, out: &mut Vec<u8>) {
        out.extend_from_slice(key.as_bytes());
        render::number(*self, out);
    }
}

impl Field for i64 {
    fn write(&self, key: &'static str, out: &mut Vec<u8>) {
        out.extend_from_slice(key.as_bytes());
        if *self < 0 {
            out.push(b'-');
        }
        render::number(self.unsigned_abs(), out);
    }
}

impl Field for bool {
    fn write(&self, key: &'static str, out: &mut Vec<u8>) {
        out.extend_from_slice(key.as_bytes());
        out.extend_from_slice(if *self { b"true" } else { b"false" });
    }
}

impl Field for Digest {
    fn write(&self, key: &'static str, out: &mut Vec<u8>) {
        out.extend_from_slice(key.as_bytes());
        out.push(b'"');
        render::hex(self, out);
        out.push(b'"');
    }
}

impl Field for [u8; 64] {
    fn write(&self, key: &'static str, out: &mut Vec<u8>) {
        out.extend_from_slice(key.as_bytes());
        out.push(b'"');
        render::hex(self, out);
        out.push(b'"');
    }
}

impl<S: AsRef<str>> Field for &[S] {
    fn write(&self, key: &'static str, out: &mut Vec<u8>) {
        out.extend_from_slice(key.as_bytes());
        out.push(b'[');
        for (index, item) in self.iter().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            render::string(item.as_ref(), out);
        }
        out.push(b']');
    }
}

/// What is absent is left out.
impl<T: Field> Field for Option<T> {
    fn write(&self, key: &'static str, out: &mut Vec<u8>) {
        if let Some(value) = self {
            value.write(key, out);
        }
    }
}

/// Declares an enum of events once: the variants, their recorded names and how they are written.
macro_rules! events {
    (
        $(#[$meta:meta])* $vis:vis enum $Enum:ident<$life:lifetime> {
            $( $(#[$doc:meta])* $Variant:ident = $name:literal {
                $( $(#[$field_doc:meta])* $field:ident: $Type:ty ),* $(,)?
            } ),* $(,)?
        }
    ) => {
        $(#[$meta])*
        $vis enum $Enum<$life> {
            $( $(#[$doc])* $Variant { $( $(#[$field_doc])* $field: $Type ),* } ),*
        }

        impl $Enum<'_> {
            /// The name that the record carries, for example `tool-call`.
            #[must_use]
            $vis const fn name(&self) -> &'static str {
                match self { $( Self::$Variant { .. } => $name ),* }
            }

            /// Appends `"event":"NAME"` and the fields.
            pub(crate) fn write(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(b"\"event\":\"");
                out.extend_from_slice(self.name().as_bytes());
                out.push(b'"');
                match self {
                    $( Self::$Variant { $( $field ),* } => {
                        $( Field::write($field, concat!(",\"", stringify!($field), "\":"), out); )*
                    } ),*
                }
            }

            /// Every name, in the order of declaration.
            #[cfg(test)]
            pub(crate) const NAMES: &'static [&'static str] = &[$( $name ),*];
        }
    };
}

events! {
    /// One thing that happened, or is about to.
    ///
    /// `session` is the gateway's id of one attempt to run one server, from the request to the exit.
    #[derive(Debug, Clone, Copy, PartialEq)]
    #[non_exhaustive]
    pub enum Event<'a> {
        /// Somebody asked for a launch. Recorded before anything is judged.
        LaunchRequested = "launch-requested" {
            /// The attempt.
            session: &'a str,
            /// The server's name in the request, if it has one.
            name: Option<&'a str>,
            /// The program, exactly as asked for.
            command: &'a str,
            /// Its arguments, exactly as asked for.
            args: &'a [String],
            /// The names of the variables that the request sets; never their values.
            env: &'a [String],
            /// The working directory asked for.
            cwd: Option<&'a str>,
            /// Where the request came from: a file, a client.
            origin: Option<&'a str>,
        },
        /// What was decided about it. The receipt of an `approved` decision is what lets a launch go ahead.
        LaunchDecision = "launch-decision" {
            /// The attempt.
            session: &'a str,
            /// `approved`, `needs-approval`, `refused` or `invalid`.
            decision: &'a str,
            /// The reason codes.
            reasons: &'a [&'a str],
            /// The fingerprint of content and grants, where the launch could be resolved.
            fingerprint: Option<Digest>,
            /// Who approved: `user` or `administrator`, with the approval's name.
            approval: Option<&'a str>,
        },
        /// The server's process runs, contained by these layers.
        LaunchStarted = "launch-started" {
            /// The attempt.
            session: &'a str,
            /// The process id as the supervisor sees it.
            pid: u64,
            /// The real path of the program.
            program: &'a str,
            /// The layers that the kernel enforced.
            layers: &'a [&'a str],
        },
        /// An approved launch did not come to run.
        LaunchFailed = "launch-failed" {
            /// The attempt.
            session: &'a str,
            /// The step that failed: `resolve`, `plan`, `spawn`, …
            stage: &'a str,
            /// What it said.
            error: &'a str,
        },
        /// The server spoke MCP.
        Handshake = "handshake" {
            /// The attempt.
            session: &'a str,
            /// The protocol revision that was agreed on.
            version: &'a str,
            /// How the client calls itself.
            client: Option<&'a str>,
            /// How the server calls itself.
            server: Option<&'a str>,
            /// Microseconds from the start of the process.
            micros: u64,
        },
        /// The server did not speak MCP in time, or spoke something else, and was killed.
        HandshakeFailed = "handshake-failed" {
            /// The attempt.
            session: &'a str,
            /// A reason code: `timeout`, `not-mcp`, `exited`, …
            reason: &'a str,
            /// Microseconds from the start of the process.
            micros: u64,
        },
        /// A tool is about to be called. Its receipt is what lets the call be forwarded.
        ToolCall = "tool-call" {
            /// The session.
            session: &'a str,
            /// The id of the JSON-RPC request, as JSON text.
            call: &'a str,
            /// The tool's name.
            tool: &'a str,
            /// SHA-256 over the arguments' bytes as forwarded.
            args_sha256: Digest,
            /// The arguments themselves, only when someone asked for them.
            args: Option<&'a str>,
        },
        /// How a call ended.
        ToolOutcome = "tool-outcome" {
            /// The session.
            session: &'a str,
            /// The id of the JSON-RPC request, as JSON text.
            call: &'a str,
            /// Whether the server reported success.
            ok: bool,
            /// The code of a JSON-RPC error.
            code: Option<i64>,
            /// Microseconds from forwarding the call to its answer.
            micros: u64,
        },
        /// A call that was not forwarded.
        ToolRefused = "tool-refused" {
            /// The session.
            session: &'a str,
            /// The id of the JSON-RPC request, as JSON text.
            call: &'a str,
            /// The tool's name.
            tool: &'a str,
            /// A reason code.
            reason: &'a str,
        },
        /// A tool that was taken out of a list, because its definition is not the one approved.
        ToolWithheld = "tool-withheld" {
            /// The session.
            session: &'a str,
            /// The tool's name.
            tool: &'a str,
            /// A reason code: `changed`, `new`, …
            reason: &'a str,
            /// The digest that was approved.
            pinned: Option<Digest>,
            /// The digest that the server sent.
            seen: Digest,
        },
        /// A message that was not forwarded.
        Rejected = "rejected" {
            /// The session.
            session: &'a str,
            /// `client-to-server` or `server-to-client`.
            direction: &'a str,
            /// The reason code.
            code: &'a str,
            /// The message's size.
            bytes: u64,
            /// What exactly was wrong.
            detail: Option<&'a str>,
        },
        /// The server asked for a connection or a name.
        Egress = "egress" {
            /// The session.
            session: &'a str,
            /// The name, or the address where no name was used.
            host: &'a str,
            /// The port; zero for a name that was only looked up.
            port: u64,
            /// The real address that the connection went to, or was refused for.
            addr: Option<&'a str>,
            /// `allowed` or `denied`.
            verdict: &'a str,
            /// A reason code of a denial.
            reason: Option<&'a str>,
        },
        /// A granted connection ended.
        EgressClosed = "egress-closed" {
            /// The session.
            session: &'a str,
            /// The name.
            host: &'a str,
            /// The port.
            port: u64,
            /// Bytes from the server to the network.
            sent: u64,
            /// Bytes from the network to the server.
            received: u64,
            /// Microseconds it was open.
            micros: u64,
        },
        /// Something that weakens a default was used.
        DangerUsed = "danger-used" {
            /// The session, where there is one.
            session: Option<&'a str>,
            /// The option, for example `--danger-allow-missing`.
            option: &'a str,
            /// Its value.
            value: Option<&'a str>,
        },
        /// A secret was handed to a server.
        SecretGiven = "secret-given" {
            /// The session.
            session: &'a str,
            /// The secret's name; never its value.
            secret: &'a str,
        },
        /// A person approved a launch.
        Approved = "approved" {
            /// The approval's name.
            name: &'a str,
            /// What was approved.
            fingerprint: Digest,
            /// The approver's public key.
            key: Digest,
            /// The sequence number of the ledger that carries it.
            ledger: u64,
            /// The grants, as their options.
            grants: &'a [String],
        },
        /// A person revoked an approval.
        Revoked = "revoked" {
            /// The approval's name.
            name: &'a str,
            /// What had been approved.
            fingerprint: Option<Digest>,
            /// The approver's public key.
            key: Digest,
            /// The sequence number of the ledger without it.
            ledger: u64,
        },
        /// A server was started once, and its tools are about to be pinned as they are.
        ToolsPinned = "tools-pinned" {
            /// The approval's name.
            name: &'a str,
            /// The tools' names.
            tools: &'a [String],
        },
        /// A ledger was written, in the place of the one before. This is what raises the log's
        /// [`Memory`](crate::Memory) of the ledger; `approved` and `revoked` are recorded before.
        LedgerWritten = "ledger-written" {
            /// Its sequence number.
            ledger: u64,
            /// The approver's public key.
            key: Digest,
        },
        /// An attempt to approve or revoke that came to nothing.
        ApprovalFailed = "approval-failed" {
            /// The approval's name.
            name: &'a str,
            /// A reason code: `declined`, `wrong-passphrase`, `not-a-terminal`, …
            reason: &'a str,
        },
        /// A key was made.
        KeyCreated = "key-created" {
            /// What it is for: `approver`, …
            purpose: &'a str,
            /// The public key.
            key: Digest,
        },
        /// A package was fetched into the store.
        PackageFetched = "package-fetched" {
            /// The package and its exact version.
            package: &'a str,
            /// The registry's integrity text that it was verified against.
            integrity: &'a str,
            /// Its size.
            bytes: u64,
        },
        /// A server wrote lines that are not messages; they were kept from the client.
        StrayOutput = "stray-output" {
            /// The session.
            session: &'a str,
            /// `stdout` or `stderr`.
            stream: &'a str,
            /// How many lines since the last such record.
            lines: u64,
            /// How many bytes since the last such record.
            bytes: u64,
        },
        /// The server is gone, with its whole process tree.
        Exit = "exit" {
            /// The session.
            session: &'a str,
            /// Its exit code.
            code: Option<i64>,
            /// The signal that ended it.
            signal: Option<i64>,
            /// Why it ended: `client-closed`, `exited`, `killed`, …
            reason: &'a str,
            /// Microseconds it ran.
            micros: u64,
        },
    }
}

impl Event<'_> {
    /// Whether a batch that carries the event authorises one more tool call.
    pub(crate) const fn announces_call(&self) -> bool {
        matches!(self, Self::ToolCall { .. })
    }
}

events! {
    /// What the log says about itself.
    #[derive(Debug, Clone, Copy, PartialEq)]
    pub(crate) enum Own<'a> {
        /// The first record of every file: which one it is, and what came before it.
        Segment = "segment" {
            /// The version of the log's format.
            format: u64,
            /// The file's number, from 1.
            segment: u64,
            /// The hash of the last record of the file before; zeros in the first file.
            prev: Digest,
            /// The log's public key.
            key: Digest,
        },
        /// A signature over the record before this one.
        Checkpoint = "checkpoint" {
            /// The log's public key.
            key: Digest,
            /// The signature over the sequence number and hash of the record before.
            sig: [u8; 64],
        },
        /// Something was found broken when the log was taken up again.
        Recovered = "recovered" {
            /// `torn-record` is what a crash leaves. Everything else is a finding.
            problem: &'a str,
            /// The bytes that were cut off, or lost as far as is known.
            bytes: u64,
            /// SHA-256 over the bytes that were cut off.
            sha256: Option<Digest>,
            /// The sequence number that the signed head had promised.
            expected_seq: Option<u64>,
            /// The hash that the signed head had promised.
            expected_hash: Option<Digest>,
        },
    }
}

#[cfg(test)]
#[path = "event_tests.rs"]
mod tests;
