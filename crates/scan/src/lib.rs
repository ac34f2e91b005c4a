//! Configurations of MCP clients: found on a machine or in a repository, read, judged, rewritten.
//!
//! The way through the crate: a [`Machine`] names homes, projects and the system's root; [`discover`] looks where the table
//! [`CLIENTS`] says that clients keep their files, reads each one as a [`Document`] (a tree that knows where in the text everything
//! stands) and takes the [`Server`]s out of it by the place's [`Shape`]. What a strict reader would refuse and the client would not is a
//! [`Problem`], never an error: a file that cannot be read is a finding about that file.
//!
//! [`judge_files`] looks for everything in the table of [`rules`] and gives [`Finding`]s; a [`Report`](report::Report) is what of them is
//! told, as text, a table, JSON or SARIF.
//!
//! [`fix`] puts right what can be put right alone.
//!
//! It starts no process, connects to nothing, reads no clock and no environment, and prints nothing.

mod advisories;
mod baseline;
mod clients;
mod discover;
mod document;
mod finding;
mod ignore;
mod listeners;
mod rules;
mod server;

pub mod edit;
pub mod fix;
pub mod report;
pub mod wrap;

pub use advisories::{Advisories, AdvisoriesError, Advisory, Matched, Range};
pub use baseline::{Baseline, BaselineError};
pub use clients::{
    AnyOf, CLIENTS, Client, CommandForm, Expansion, Fields, Layout, Os, Place, Relocation, Root,
    Scope, Shape, SwitchField, SwitchRule, client,
};
pub use discover::{
    ConfigFile, Content, Discovery, Home, Limits, Machine, Meta, Progress, Skipped, Unreadable,
    discover, known_projects, read_place, read_text, watched,
};
pub use document::{
    Document, Format, LARGEST_FILE, Member, Node, Problem, ProblemKind, Span, Strength, Value,
};
pub use finding::{Confidence, Finding, Location, Position, Region, Severity};
pub use fix::Fix;
pub use ignore::{IgnoreFile, IgnoreFileError, Ignores, Inline};
pub use listeners::{HELLO, Listener, judge_listener, listeners};
pub use rules::{
    Base, Context, JudgedFile, JudgedServer, Judgements, Rule, Standing, judge_files,
    judge_skipped, judge_tools, rule_of, rules,
};
pub use server::{
    Effect, Header, Kind, Local, Remote, Server, Switch, SwitchKind, Text, Transport, Variable,
};
